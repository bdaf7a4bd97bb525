/**
 * What one real run of one application was: from its event log, the work and what Spark made of it; from a timeline of
 * readings, what its gauges showed. For calibration only; whole histories are read elsewhere.
 */
import * as v from 'valibot';
import type { ApplicationSpec, JobSpec, StageSpec } from './workload.ts';

/** A real run in milliseconds since the application's start. */
export interface Recording {
  readonly application: ApplicationSpec;
  readonly jobs: readonly { readonly id: number; readonly submittedAtMs: number; readonly endedAtMs: number }[];
  readonly endedAtMs: number;
  /** In the order in which the master granted them. */
  readonly executors: readonly RecordedExecutor[];
  /** First tasks' launches after the first submission of each stage. */
  readonly stages: readonly { readonly id: number; readonly submittedAtMs: number }[];
  /** Changes of the number of tasks that run or wait. */
  readonly taskChanges: readonly { readonly atMs: number; readonly by: number }[];
}

export interface RecordedExecutor {
  /** When it was asked for; the log tells from 3.4 on. */
  readonly requestedAtMs: number | undefined;
  readonly registeredAtMs: number;
  /**
   * What the first task on each of its slots took longer than later ones of the same stage, from the executor's registration
   * or the stage's submission, whichever came later.
   */
  readonly coldTasksMs: readonly number[];
}

/** One reading of a run; times on a clock of its own. */
export interface TimelineReading {
  readonly atMs: number;
  /** What the master has booked for the application. */
  readonly coresUsed: number;
  /** Registered and not on their way out; undefined where it was not read. */
  readonly aliveWorkers: number | undefined;
  /** Empty while no application published any. */
  readonly gauges: ReadonlyMap<string, number>;
}

const Time = v.number();
const Stage = v.object({ 'Stage ID': v.number(), 'Number of Tasks': v.number(), 'Parent IDs': v.array(v.number()) });
const TaskInfo = v.object({
  Index: v.number(),
  'Launch Time': Time,
  'Executor ID': v.string(),
  'Finish Time': v.optional(Time, 0),
});

const Line = v.variant('Event', [
  v.object({ Event: v.literal('SparkListenerApplicationStart'), Timestamp: Time, 'App ID': v.string() }),
  v.object({ Event: v.literal('SparkListenerApplicationEnd'), Timestamp: Time }),
  v.object({
    Event: v.literal('SparkListenerEnvironmentUpdate'),
    'Spark Properties': v.record(v.string(), v.string()),
  }),
  v.object({
    Event: v.literal('SparkListenerJobStart'),
    'Job ID': v.number(),
    'Submission Time': Time,
    'Stage Infos': v.array(Stage),
  }),
  v.object({ Event: v.literal('SparkListenerJobEnd'), 'Job ID': v.number(), 'Completion Time': Time }),
  v.object({
    Event: v.literal('SparkListenerStageSubmitted'),
    'Stage Info': v.object({ ...Stage.entries, 'Submission Time': Time }),
  }),
  v.object({
    Event: v.literal('SparkListenerExecutorAdded'),
    Timestamp: Time,
    'Executor ID': v.string(),
    'Executor Info': v.object({ 'Request Time': v.optional(Time) }),
  }),
  v.object({
    Event: v.literal('SparkListenerTaskEnd'),
    'Stage ID': v.number(),
    'Task Type': v.string(),
    'Task Info': TaskInfo,
    'Task End Reason': v.object({ Reason: v.string() }),
    'Task Metrics': v.nullish(
      v.object({ 'Shuffle Write Metrics': v.optional(v.object({ 'Shuffle Bytes Written': v.number() })) }),
    ),
  }),
]);
type LogLine = v.InferOutput<typeof Line>;

type TaskEnd = Extract<LogLine, { Event: 'SparkListenerTaskEnd' }>;

interface StageDraft {
  readonly id: number;
  readonly parents: readonly number[];
  readonly taskMs: number[];
  shuffleBytes: number;
}

/** Properties that a recording is read for; others may name machines and folders. */
const PROPERTIES =
  /^spark\.(dynamicAllocation\.|executor\.(cores|memory)$|task\.cpus$|cores\.max$|(storage\.)?decommission\.enabled$)/;

/** An event log's lines with what is read here and nothing else: no paths, no hosts. */
export function usedLines(lines: Iterable<string>): string[] {
  return eventsOf(lines).map((event) => {
    if (event.Event !== 'SparkListenerEnvironmentUpdate') return JSON.stringify(event);
    const properties = Object.entries(event['Spark Properties']).filter(([name]) => PROPERTIES.test(name));
    return JSON.stringify({ ...event, 'Spark Properties': Object.fromEntries(properties) });
  });
}

function eventsOf(lines: Iterable<string>): LogLine[] {
  return [...lines].flatMap((line): LogLine[] => {
    if (line.trim() === '') return [];
    const parsed = v.safeParse(Line, JSON.parse(line));
    return parsed.success ? [parsed.output] : [];
  });
}

/** Reads an event log's lines; those of other events are passed over. Throws where the log names no application. */
export function recordingOf(lines: Iterable<string>): Recording {
  const events = eventsOf(lines);
  const start = events.find((event) => event.Event === 'SparkListenerApplicationStart');
  if (start === undefined) throw new Error('the log has no SparkListenerApplicationStart');
  const since = (epochMs: number): number => epochMs - start.Timestamp;
  const of = <Name extends LogLine['Event']>(name: Name): Extract<LogLine, { Event: Name }>[] =>
    events.filter((event): event is Extract<LogLine, { Event: Name }> => event.Event === name);
  const jobEnds = new Map(of('SparkListenerJobEnd').map((end) => [end['Job ID'], since(end['Completion Time'])]));
  const starts = of('SparkListenerJobStart');
  const submitted = of('SparkListenerStageSubmitted').map((event) => event['Stage Info']);
  const [environment] = of('SparkListenerEnvironmentUpdate');
  const settings = settingsOf(start['App ID'], environment?.['Spark Properties'] ?? {});
  const ends = of('SparkListenerTaskEnd');
  const added = of('SparkListenerExecutorAdded').sort((a, b) => Number(a['Executor ID']) - Number(b['Executor ID']));
  const couldStartAtMs = (task: TaskEnd): number => {
    const executor = added.find((one) => one['Executor ID'] === task['Task Info']['Executor ID']);
    const stage = submitted.find((one) => one['Stage ID'] === task['Stage ID']);
    return Math.max(executor?.Timestamp ?? 0, stage?.['Submission Time'] ?? 0);
  };
  const slots = Math.max(1, Math.floor(settings.executorCores / settings.taskCpus));
  const colds = coldTasks(ends, slots, couldStartAtMs);
  const drafts = draftsOf(ends, submitted, colds);
  const jobs = starts.map((job): JobSpec => ({
    id: job['Job ID'],
    start: { kind: 'at', atMs: since(job['Submission Time']) },
    stages: job['Stage Infos'].flatMap((info) => specOf(drafts.get(info['Stage ID']))).sort((a, b) => a.id - b.id),
  }));
  const end = of('SparkListenerApplicationEnd')[0]?.Timestamp;
  return {
    application: { ...settings, jobs },
    jobs: starts.map((job) => ({
      id: job['Job ID'],
      submittedAtMs: since(job['Submission Time']),
      endedAtMs: jobEnds.get(job['Job ID']) ?? Infinity,
    })),
    endedAtMs: end === undefined ? Infinity : since(end),
    executors: added.map((one) => {
      const requested = one['Executor Info']['Request Time'];
      return {
        requestedAtMs: requested === undefined ? undefined : since(requested),
        registeredAtMs: since(one.Timestamp),
        coldTasksMs: [...colds]
          .filter(([task]) => task['Task Info']['Executor ID'] === one['Executor ID'])
          .map(([, { extraMs }]) => extraMs),
      };
    }),
    stages: submitted.map((stage) => ({ id: stage['Stage ID'], submittedAtMs: since(stage['Submission Time']) })),
    taskChanges: [
      ...submitted.map((stage) => ({ atMs: since(stage['Submission Time']), by: stage['Number of Tasks'] })),
      ...ends.map((task) => ({ atMs: since(task['Task Info']['Finish Time']), by: -1 })),
    ].sort((a, b) => a.atMs - b.atMs),
  };
}

interface ColdTask {
  /** As if it had been like the middle one of its stage's later tasks; its own time where there were none. */
  readonly warmMs: number;
  /** What it took longer, from when it could have started. */
  readonly extraMs: number;
}

/** The first task on each slot of each executor, as launched. */
function coldTasks(
  ends: readonly TaskEnd[],
  slots: number,
  couldStartAtMs: (task: TaskEnd) => number,
): Map<TaskEnd, ColdTask> {
  const firsts = new Set<TaskEnd>();
  const started = new Map<string, number>();
  for (const task of [...ends].sort((a, b) => a['Task Info']['Launch Time'] - b['Task Info']['Launch Time'])) {
    const before = started.get(task['Task Info']['Executor ID']) ?? 0;
    started.set(task['Task Info']['Executor ID'], before + 1);
    if (before < slots) firsts.add(task);
  }
  const warmMs = new Map<number, number[]>();
  for (const task of ends) {
    if (firsts.has(task) || task['Task End Reason'].Reason !== 'Success') continue;
    const stage = task['Stage ID'];
    warmMs.set(stage, [...(warmMs.get(stage) ?? []), durationOf(task)]);
  }
  return new Map(
    Array.from(firsts, (task) => {
      const ownMs = durationOf(task);
      const warm = Math.min(ownMs, Math.round(middle(warmMs.get(task['Stage ID']) ?? []) ?? ownMs));
      return [task, { warmMs: warm, extraMs: task['Task Info']['Finish Time'] - couldStartAtMs(task) - warm }];
    }),
  );
}

function durationOf({ 'Task Info': info }: TaskEnd): number {
  return info['Finish Time'] - info['Launch Time'];
}

/** The middle of the values, or of the two middle ones; undefined of none. */
export function middle(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/** Times of tasks without what was cold about them. */
function draftsOf(
  tasks: readonly TaskEnd[],
  submitted: readonly v.InferOutput<typeof Stage>[],
  colds: ReadonlyMap<TaskEnd, ColdTask>,
): Map<number, StageDraft> {
  const drafts = new Map<number, StageDraft>();
  for (const stage of submitted) {
    const id = stage['Stage ID'];
    drafts.set(id, { id, parents: stage['Parent IDs'], taskMs: [], shuffleBytes: 0 });
  }
  for (const task of tasks) {
    const draft = drafts.get(task['Stage ID']);
    if (draft === undefined || task['Task End Reason'].Reason !== 'Success') continue;
    draft.taskMs[task['Task Info'].Index] = colds.get(task)?.warmMs ?? durationOf(task);
    const written = task['Task Metrics']?.['Shuffle Write Metrics']?.['Shuffle Bytes Written'] ?? 0;
    draft.shuffleBytes += written;
  }
  return drafts;
}

function specOf(draft: StageDraft | undefined): StageSpec[] {
  if (draft === undefined) return [];
  const { id, parents, taskMs, shuffleBytes } = draft;
  return [
    { id, parents, taskMs: Array.from(taskMs, (ms) => ms), shuffleWriteMiB: shuffleBytes / 1024 ** 2, cachedMiB: 0 },
  ];
}

/** The settings that the simulator knows; sizes as Spark writes them in its properties. */
function settingsOf(id: string, properties: Readonly<Record<string, string>>): Omit<ApplicationSpec, 'jobs'> {
  const text = (name: string): string | undefined => properties[`spark.${name}`];
  const number = (name: string, absent: number): number => Number(text(name) ?? absent);
  const backlogMs = millis(text('dynamicAllocation.schedulerBacklogTimeout') ?? '1s');
  const minExecutors = number('dynamicAllocation.minExecutors', 0);
  const most = text('dynamicAllocation.maxExecutors');
  const coresMax = text('cores.max');
  const dynamic = text('dynamicAllocation.enabled') === 'true';
  return {
    id,
    arrivesAtMs: 0,
    executorCores: number('executor.cores', 1),
    executorMemoryMiB: mebibytes(text('executor.memory') ?? '1g'),
    taskCpus: number('task.cpus', 1),
    coresMax: coresMax === undefined ? undefined : Number(coresMax),
    allocation: dynamic
      ? {
          minExecutors,
          maxExecutors: most === undefined ? undefined : Number(most),
          initialExecutors: number('dynamicAllocation.initialExecutors', minExecutors),
          schedulerBacklogMs: backlogMs,
          sustainedBacklogMs: millis(text('dynamicAllocation.sustainedSchedulerBacklogTimeout') ?? `${backlogMs}ms`),
          executorIdleMs: millis(text('dynamicAllocation.executorIdleTimeout') ?? '60s'),
          shuffleTracking: text('dynamicAllocation.shuffleTracking.enabled') !== 'false',
        }
      : undefined,
    canDrain: text('decommission.enabled') === 'true' && text('storage.decommission.enabled') === 'true',
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
const UNITS_MIB: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 };

function millis(text: string): number {
  const [, digits, unit] = /^(\d+)([a-z]*)$/.exec(text) ?? [];
  return Number(digits) * (UNITS_MS[unit ?? ''] ?? 1_000);
}

function mebibytes(text: string): number {
  const [, digits, unit] = /^(\d+)([kmgt]?)b?$/i.exec(text) ?? [];
  return Math.round(Number(digits) * (UNITS_MIB[unit?.toLowerCase() ?? ''] ?? 1));
}

const TimelineLine = v.object({
  t: v.number(),
  coresUsed: v.number(),
  aliveWorkers: v.optional(v.number()),
  gauges: v.record(v.string(), v.number()),
});

/** Reads a timeline: one JSON object a line with `t` in seconds, `coresUsed`, `gauges` and perhaps `aliveWorkers`. */
export function timelineOf(lines: Iterable<string>): readonly TimelineReading[] {
  return [...lines].flatMap((line) => {
    if (line.trim() === '') return [];
    const { t, coresUsed, aliveWorkers, gauges } = v.parse(TimelineLine, JSON.parse(line));
    return [{ atMs: Math.round(t * 1000), coresUsed, aliveWorkers, gauges: new Map(Object.entries(gauges)) }];
  });
}
