/** Jobs and their stages: the driver's DAG scheduler, for one application. */
import type { ApplicationSpec, JobSpec } from '../workload.ts';
import { StageRun } from './stage-run.ts';
import type { Means } from './world.ts';

/** DAGScheduler waits this long before it submits again what a failed fetch showed to be missing. */
const RESUBMIT_MS = 200;

export interface DagEvents {
  /** Tasks of this stage are to run: its first attempt, or what of it is missing. */
  submit(stage: StageRun): void;
  /** A job began or ended. */
  jobsChanged(): void;
  /** All jobs are over. */
  finished(): void;
}

interface JobProgress {
  readonly spec: JobSpec;
  readonly stages: readonly StageRun[];
  state: 'to-come' | 'active' | 'ended';
  ended: (atMs: number) => void;
}

export class Dag {
  readonly #spec: ApplicationSpec;
  readonly #means: Means;
  readonly #events: DagEvents;
  readonly #jobs: readonly JobProgress[];
  readonly #stages = new Map<number, StageRun>();
  readonly #active: JobProgress[] = [];
  /** A job that waits for the count's being lowered. */
  #awaitsRelease: { readonly index: number; readonly delayMs: number } | undefined;
  #endedJobs = 0;

  constructor(spec: ApplicationSpec, means: Means, events: DagEvents) {
    this.#spec = spec;
    this.#means = means;
    this.#events = events;
    const read = new Set(spec.jobs.flatMap(({ stages }) => stages.flatMap(({ parents }) => parents)));
    let rank = 0;
    this.#jobs = spec.jobs.map((job) => ({
      spec: job,
      stages: job.stages.map((stage) => {
        const parents = stage.parents.flatMap((id) => this.#stages.get(id) ?? []);
        const run = new StageRun(stage, rank, parents, read.has(stage.id));
        rank += 1;
        this.#stages.set(stage.id, run);
        return run;
      }),
      state: 'to-come',
      ended: () => undefined,
    }));
  }

  /** The application has started: its jobs come as they are to. */
  start(): void {
    const { kernel } = this.#means;
    for (const [index, { spec }] of this.#jobs.entries()) {
      if (spec.start.kind !== 'at') continue;
      kernel.at(spec.start.atMs, () => {
        this.#begin(index);
      });
    }
    if (this.#jobs.length > 0) this.#next(0);
    else
      kernel.after(0, () => {
        this.#events.finished();
      });
  }

  /** The cluster's count was lowered. */
  released(): void {
    const awaited = this.#awaitsRelease;
    if (awaited === undefined) return;
    this.#awaitsRelease = undefined;
    this.#means.kernel.after(awaited.delayMs, () => {
      this.#begin(awaited.index);
    });
  }

  /** Jobs that run. */
  activeJobs(): readonly (readonly StageRun[])[] {
    return this.#active.map(({ stages }) => stages);
  }

  /** All its tasks have ended well. */
  stageEnded(stage: StageRun): void {
    stage.state = 'complete';
    if (!stage.completedOnce) {
      stage.completedOnce = true;
      for (const parent of stage.parents) parent.openReaders -= 1;
    }
    this.#means.kernel.after(this.#means.settings.latencies.stageGapMs, () => {
      this.#advance();
    });
  }

  /** Of a stage that runs a fetch failed: it is submitted again, after what is missing of its parents. */
  fetchFailed(stage: StageRun): void {
    if (stage.state !== 'running') return;
    stage.state = 'waiting';
    this.#means.recorder.counters.stagesRerun += 1;
    this.#means.kernel.after(RESUBMIT_MS, () => {
      this.#advance();
    });
  }

  /** Stages that run now and read this one. */
  activeReaders(of: StageRun): StageRun[] {
    const stages = this.#active.flatMap((job) => job.stages);
    return stages.filter((stage) => stage.state === 'running' && stage.parents.includes(of));
  }

  #next(index: number): void {
    const start = this.#jobs[index]?.spec.start;
    if (start === undefined) return;
    const { kernel, settings } = this.#means;
    if (start.kind === 'after-previous') {
      kernel.after(start.thinkMs, () => {
        this.#begin(index);
      });
    } else if (start.kind === 'after-release') {
      const awaited = { index, delayMs: start.delayMs };
      this.#awaitsRelease = awaited;
      // Who never releases would wait for ever.
      kernel.after(settings.releaseWaitMs, () => {
        if (this.#awaitsRelease === awaited) this.released();
      });
    }
  }

  #begin(index: number): void {
    const job = this.#jobs[index];
    if (job?.state !== 'to-come') return;
    job.state = 'active';
    this.#active.push(job);
    this.#events.jobsChanged();
    const { kernel, recorder, settings } = this.#means;
    job.ended = recorder.jobSubmitted(this.#spec.id, job.spec.id, kernel.nowMs);
    kernel.after(settings.latencies.stageGapMs, () => {
      this.#advance();
    });
  }

  /** Submits what can run now, and ends the jobs that are through. */
  #advance(): void {
    for (const job of [...this.#active]) {
      if (job.state !== 'active') continue;
      for (const stage of job.stages) if (!stage.completedOnce) this.#ensure(stage);
      if (job.stages.every((stage) => stage.completedOnce)) this.#end(job);
    }
  }

  /** Whether the stage's output is there; if not, it or what it needs first is submitted. */
  #ensure(stage: StageRun): boolean {
    if (stage.isAvailable() && stage.completedOnce) return true;
    if (stage.state === 'running') return false;
    let ready = true;
    for (const parent of stage.parents) ready = this.#ensure(parent) && ready;
    if (!ready) return false;
    const { counters } = this.#means.recorder;
    if (stage.completedOnce) counters.stagesRerun += 1;
    counters.mapTasksRerun += stage.takeLost();
    const tasks = stage.begin();
    if (tasks === 0 && stage.runningTasks === 0) this.stageEnded(stage);
    else this.#events.submit(stage);
    return false;
  }

  #end(job: JobProgress): void {
    job.state = 'ended';
    this.#active.splice(this.#active.indexOf(job), 1);
    this.#endedJobs += 1;
    this.#events.jobsChanged();
    job.ended(this.#means.kernel.nowMs);
    if (this.#endedJobs === this.#jobs.length) this.#events.finished();
    else this.#next(this.#jobs.indexOf(job) + 1);
  }
}
