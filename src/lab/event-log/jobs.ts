/** From what a log told to the jobs of an application: its stage DAG, its task times, and when its jobs come. */
import type { JobSpec, JobStart, StageSpec } from '../workload.ts';
import type { JobRecord, LogRecord, StageRecord } from './record.ts';

const BYTES_PER_MIB = 1024 ** 2;

/** A job that comes so soon after another began belongs to it: a query's parallel parts. */
const TOGETHER_MS = 1_000;

/** Jobs in the order in which they were submitted; `atMs` is counted from `epochMs`. */
export function jobsOf(record: LogRecord, epochMs: number): readonly JobSpec[] {
  const stages = new StageTable(record);
  const used = [...record.jobs.values()]
    .sort((a, b) => a.submittedMs - b.submittedMs || a.id - b.id)
    .map((job) => ({ job, stages: stages.take(job.stageIds) }))
    .filter(({ stages: own }) => own.length > 0);
  record.tally.add('jobs without any task that could be used', record.jobs.size - used.length);
  stages.countOrphans();
  const groups = grouped(used, record);
  return groups.map((group, index) => ({
    id: group.id,
    start: startOf(group, groups.slice(0, index), record.startedMs ?? epochMs, epochMs),
    stages: [...group.stages].sort((a, b) => a.id - b.id),
  }));
}

/** Stages as they are handed out to jobs, each once, with their parents traced to stages handed out before. */
class StageTable {
  readonly #record: LogRecord;
  readonly #kept = new Set<number>();
  readonly #taken = new Set<number>();
  /** The last stage that wrote the shuffle of this work. */
  readonly #writers = new Map<string, number>();

  constructor(record: LogRecord) {
    this.#record = record;
  }

  take(stageIds: readonly number[]): StageSpec[] {
    const specs: StageSpec[] = [];
    for (const id of [...stageIds].sort((a, b) => a - b)) {
      const stage = this.#record.stages.get(id);
      if (stage?.submitted !== true || this.#taken.has(id)) continue;
      this.#taken.add(id);
      const spec = this.#spec(stage);
      if (spec !== undefined) specs.push(spec);
    }
    return specs;
  }

  countOrphans(): void {
    const orphans = [...this.#record.stages.values()].filter((stage) => stage.submitted && !this.#taken.has(stage.id));
    this.#record.tally.add('stages whose job is missing', orphans.length);
  }

  #spec(stage: StageRecord): StageSpec | undefined {
    const { tally } = this.#record;
    const key = workOf(stage);
    // Only some partitions of a shuffle that is there already: its blocks were lost. That is the old cluster's doing.
    if (stage.isMap && stage.tasks < stage.partitions && this.#writers.has(key)) {
      tally.add('stages that computed lost blocks again');
      return undefined;
    }
    const taskMs = this.#times(stage);
    if (taskMs.length === 0) {
      tally.add('stages without any task that ended well');
      return undefined;
    }
    this.#kept.add(stage.id);
    if (stage.isMap) this.#writers.set(key, stage.id);
    if (stage.caches && stage.cachedBytes === 0) tally.add('stages that keep blocks whose size the log does not tell');
    return {
      id: stage.id,
      parents: this.#parents(stage),
      taskMs,
      shuffleWriteMiB: stage.shuffleBytes / BYTES_PER_MIB,
      cachedMiB: stage.cachedBytes / BYTES_PER_MIB,
    };
  }

  /** Those missing are filled in with the median of the others, unless the stage failed: then they never ran. */
  #times(stage: StageRecord): number[] {
    const times = [...stage.taskMs].sort(([a], [b]) => a - b).map(([, ms]) => ms);
    const room = Math.max(0, stage.tasks - times.length);
    times.push(...stage.retriedMs.slice(0, room));
    const missing = stage.tasks - times.length;
    if (missing <= 0 || stage.failed || times.length === 0) return times;
    const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    this.#record.tally.add('tasks without an end in the log, filled in with the median of their stage', missing);
    return [...times, ...Array.from({ length: missing }, () => median)];
  }

  /** A parent that was skipped stands for an earlier stage that wrote the same shuffle under another number. */
  #parents(stage: StageRecord): number[] {
    const traced = new Set<number>();
    for (const id of stage.parents) {
      const parent = this.#record.stages.get(id);
      const writer = this.#kept.has(id) ? id : parent === undefined ? undefined : this.#writers.get(workOf(parent));
      if (writer === undefined) this.#record.tally.add('reads of a shuffle whose writer could not be found');
      else traced.add(writer);
    }
    return [...traced];
  }
}

function workOf(stage: StageRecord): string {
  // Without an RDD there is nothing to tell it by but its own number.
  return stage.lastRdd < 0 ? `stage ${stage.id}` : `rdd ${stage.lastRdd} ${stage.name}`;
}

interface Group {
  readonly id: number;
  readonly submittedMs: number;
  endedMs: number;
  readonly queryId: string | undefined;
  readonly stages: StageSpec[];
}

interface UsedJob {
  readonly job: JobRecord;
  readonly stages: readonly StageSpec[];
}

/** Jobs that overlap and belong together are one: those of one query, and those begun together. */
function grouped(used: readonly UsedJob[], record: LogRecord): readonly Group[] {
  const groups: Group[] = [];
  for (const { job, stages } of used) {
    const endedMs = Math.max(job.submittedMs, job.endedMs ?? record.latestMs);
    const host = groups.find(
      (group) =>
        job.submittedMs < group.endedMs &&
        (job.submittedMs - group.submittedMs <= TOGETHER_MS ||
          (job.queryId !== undefined && job.queryId === group.queryId)),
    );
    if (host === undefined) {
      const { id, submittedMs, queryId } = job;
      groups.push({ id, submittedMs, endedMs, queryId, stages: [...stages] });
      continue;
    }
    host.stages.push(...stages);
    host.endedMs = Math.max(host.endedMs, endedMs);
    record.tally.add('jobs joined to one that they ran beside');
  }
  return groups;
}

/** After the job before it, if that one was the last to end; at its own moment, if it came while others ran. */
function startOf(group: Group, before: readonly Group[], startedMs: number, epochMs: number): JobStart {
  const previous = before.at(-1);
  const freeMs = before.reduce((latest, { endedMs }) => Math.max(latest, endedMs), startedMs);
  const chained = previous === undefined || previous.endedMs === freeMs;
  if (chained && group.submittedMs >= freeMs) return { kind: 'after-previous', thinkMs: group.submittedMs - freeMs };
  return { kind: 'at', atMs: Math.max(0, group.submittedMs - epochMs) };
}
