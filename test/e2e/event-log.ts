/**
 * What a driver's event log says about lost and repeated work. Pure: lines in, report out.
 *
 * The log is in the order of the driver's listener, not strictly by time: the end of a task that went down with its
 * executor may follow the executor's removal. So tasks are matched to executors at the end, not while reading.
 */
import * as v from 'valibot';

/** A task attempt that did not succeed. */
export interface TaskFailure {
  readonly stageId: number;
  readonly stageAttempt: number;
  readonly partition: number;
  readonly executorId: string;
  readonly atMs: number;
  /** Spark's word: "ExecutorLostFailure", "FetchFailed", "TaskKilled", "ExceptionFailure", "Resubmitted" … */
  readonly reason: string;
  /** Spark's sentence, if it gave one. */
  readonly detail: string;
}

export interface RemovedExecutor {
  readonly executorId: string;
  readonly host: string;
  readonly addedMs: number;
  readonly removedMs: number;
  /** Like "Executor decommission: worker decommissioned". */
  readonly reason: string;
  /** Tasks it was running when it went; each had to run again elsewhere. */
  readonly tasksLost: number;
}

export interface StageRepeat {
  readonly name: string;
  /** As "stage.attempt", in order. */
  readonly runs: readonly string[];
}

export interface EventLogReport {
  readonly appId: string;
  readonly sparkVersion: string;
  /** The log has its last line: the application stopped its context. */
  readonly ended: boolean;
  readonly jobsSucceeded: number;
  readonly jobsFailed: number;
  /** Task attempts that started. */
  readonly tasksStarted: number;
  readonly tasksSucceeded: number;
  /** Attempts that ended otherwise, except "Resubmitted", which Spark says of successful ones whose output is lost. */
  readonly failures: readonly TaskFailure[];
  readonly resubmitted: number;
  readonly fetchFailures: number;
  readonly executorsAdded: number;
  readonly executorsRemoved: readonly RemovedExecutor[];
  /** Sum of `tasksLost`. */
  readonly tasksKilled: number;
  /** Removed executors with `tasksLost` above 0. */
  readonly executorsLostWithWork: number;
  /**
   * Map tasks that succeeded although the same partition of the same shuffle had succeeded before. A later job over
   * an old shuffle gets a new stage number, so stages are recognised by their last RDD and name, not by number.
   */
  readonly mapTasksRepeated: number;
  /** Stages tried again, and map stages that ran again under a new number. */
  readonly stagesRunTwice: readonly StageRepeat[];
}

const StageInfo = v.object({
  'Stage ID': v.number(),
  'Stage Attempt ID': v.number(),
  'Stage Name': v.string(),
  'RDD Info': v.array(v.object({ 'RDD ID': v.number() })),
});

const TaskInfo = v.object({
  'Task ID': v.number(),
  Index: v.number(),
  'Partition ID': v.optional(v.number()),
  'Executor ID': v.string(),
  'Finish Time': v.number(),
});

const TaskEndReason = v.object({
  Reason: v.string(),
  'Loss Reason': v.optional(v.string()),
  'Kill Reason': v.optional(v.string()),
  Message: v.optional(v.string()),
  Description: v.optional(v.string()),
});

const LogEvent = v.variant('Event', [
  v.object({ Event: v.literal('SparkListenerLogStart'), 'Spark Version': v.string() }),
  v.object({ Event: v.literal('SparkListenerApplicationStart'), 'App ID': v.string() }),
  v.object({ Event: v.literal('SparkListenerApplicationEnd') }),
  v.object({ Event: v.literal('SparkListenerJobEnd'), 'Job Result': v.object({ Result: v.string() }) }),
  v.object({ Event: v.literal('SparkListenerStageSubmitted'), 'Stage Info': StageInfo }),
  v.object({
    Event: v.literal('SparkListenerExecutorAdded'),
    Timestamp: v.number(),
    'Executor ID': v.string(),
    'Executor Info': v.object({ Host: v.string() }),
  }),
  v.object({
    Event: v.literal('SparkListenerExecutorRemoved'),
    Timestamp: v.number(),
    'Executor ID': v.string(),
    'Removed Reason': v.string(),
  }),
  v.object({ Event: v.literal('SparkListenerTaskStart'), 'Task Info': TaskInfo }),
  v.object({
    Event: v.literal('SparkListenerTaskEnd'),
    'Stage ID': v.number(),
    'Stage Attempt ID': v.number(),
    'Task Type': v.string(),
    'Task End Reason': TaskEndReason,
    'Task Info': TaskInfo,
  }),
]);

type LogEvent = v.InferOutput<typeof LogEvent>;
type TaskEnd = Extract<LogEvent, { Event: 'SparkListenerTaskEnd' }>;

const KNOWN_EVENTS = new Set<string>(LogEvent.options.map((option) => option.entries.Event.literal));

interface Log {
  appId: string;
  sparkVersion: string;
  ended: boolean;
  jobsSucceeded: number;
  jobsFailed: number;
  readonly stages: Map<string, v.InferOutput<typeof StageInfo>>;
  readonly added: Map<string, { readonly host: string; readonly atMs: number }>;
  readonly removed: Map<string, { readonly reason: string; readonly atMs: number }>;
  /** Executor of each started task. */
  readonly starts: Map<number, string>;
  readonly ends: TaskEnd[];
}

/** Reads the lines of one event log. A cut last line (a log still being written) is left out. */
export function analyseEventLog(lines: Iterable<string>): EventLogReport {
  const log: Log = {
    appId: '',
    sparkVersion: '',
    ended: false,
    jobsSucceeded: 0,
    jobsFailed: 0,
    stages: new Map(),
    added: new Map(),
    removed: new Map(),
    starts: new Map(),
    ends: [],
  };
  for (const line of lines) {
    const event = parseLine(line);
    if (event !== undefined) note(log, event);
  }
  return reportOf(log);
}

const Named = v.object({ Event: v.string() });

function parseLine(line: string): LogEvent | undefined {
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch {
    return undefined;
  }
  return KNOWN_EVENTS.has(v.parse(Named, body).Event) ? v.parse(LogEvent, body) : undefined;
}

function note(log: Log, event: LogEvent): void {
  switch (event.Event) {
    case 'SparkListenerLogStart':
      log.sparkVersion = event['Spark Version'];
      return;
    case 'SparkListenerApplicationStart':
      log.appId = event['App ID'];
      return;
    case 'SparkListenerApplicationEnd':
      log.ended = true;
      return;
    case 'SparkListenerJobEnd':
      if (event['Job Result'].Result === 'JobSucceeded') log.jobsSucceeded += 1;
      else log.jobsFailed += 1;
      return;
    case 'SparkListenerStageSubmitted':
      log.stages.set(
        runKey(event['Stage Info']['Stage ID'], event['Stage Info']['Stage Attempt ID']),
        event['Stage Info'],
      );
      return;
    case 'SparkListenerExecutorAdded':
      log.added.set(event['Executor ID'], { host: event['Executor Info'].Host, atMs: event.Timestamp });
      return;
    case 'SparkListenerExecutorRemoved':
      // A drained executor is removed a second time when its worker goes ("worker lost"); the first reason is the true one.
      if (!log.removed.has(event['Executor ID']))
        log.removed.set(event['Executor ID'], { reason: event['Removed Reason'], atMs: event.Timestamp });
      return;
    case 'SparkListenerTaskStart':
      log.starts.set(event['Task Info']['Task ID'], event['Task Info']['Executor ID']);
      return;
    case 'SparkListenerTaskEnd':
      log.ends.push(event);
  }
}

function reportOf(log: Log): EventLogReport {
  const unsuccessful = log.ends.filter((end) => end['Task End Reason'].Reason !== 'Success');
  const failures = unsuccessful.map(failureOf);
  const executorsRemoved = removedExecutors(log);
  const { mapTasksRepeated, stagesRunTwice } = repeats(log);
  return {
    appId: log.appId,
    sparkVersion: log.sparkVersion,
    ended: log.ended,
    jobsSucceeded: log.jobsSucceeded,
    jobsFailed: log.jobsFailed,
    tasksStarted: log.starts.size,
    tasksSucceeded: log.ends.length - unsuccessful.length,
    failures: failures.filter(({ reason }) => reason !== 'Resubmitted'),
    resubmitted: failures.filter(({ reason }) => reason === 'Resubmitted').length,
    fetchFailures: failures.filter(({ reason }) => reason === 'FetchFailed').length,
    executorsAdded: log.added.size,
    executorsRemoved,
    tasksKilled: executorsRemoved.reduce((sum, { tasksLost }) => sum + tasksLost, 0),
    executorsLostWithWork: executorsRemoved.filter(({ tasksLost }) => tasksLost > 0).length,
    mapTasksRepeated,
    stagesRunTwice,
  };
}

function failureOf(end: TaskEnd): TaskFailure {
  const reason = end['Task End Reason'];
  return {
    stageId: end['Stage ID'],
    stageAttempt: end['Stage Attempt ID'],
    partition: partitionOf(end),
    executorId: end['Task Info']['Executor ID'],
    atMs: end['Task Info']['Finish Time'],
    reason: reason.Reason,
    detail: reason['Loss Reason'] ?? reason['Kill Reason'] ?? reason.Message ?? reason.Description ?? '',
  };
}

function removedExecutors(log: Log): RemovedExecutor[] {
  const lost = new Map<string, number>();
  const count = (executorId: string): unknown => lost.set(executorId, (lost.get(executorId) ?? 0) + 1);
  const ended = new Set(log.ends.map((end) => end['Task Info']['Task ID']));
  for (const end of log.ends)
    if (end['Task End Reason'].Reason === 'ExecutorLostFailure') count(end['Task Info']['Executor ID']);
  // A task without an end, on an executor that is gone: its stage was over, or the log was cut.
  for (const [taskId, executorId] of log.starts) if (!ended.has(taskId)) count(executorId);
  return [...log.removed].map(([executorId, { reason, atMs }]) => ({
    executorId,
    host: log.added.get(executorId)?.host ?? '',
    addedMs: log.added.get(executorId)?.atMs ?? atMs,
    removedMs: atMs,
    reason,
    tasksLost: lost.get(executorId) ?? 0,
  }));
}

function repeats(log: Log): Pick<EventLogReport, 'mapTasksRepeated' | 'stagesRunTwice'> {
  const done = new Set<string>();
  const runs = new Map<string, Set<string>>();
  let mapTasksRepeated = 0;
  for (const end of log.ends) {
    const stage = stageKey(log, end);
    const run = runKey(end['Stage ID'], end['Stage Attempt ID']);
    runs.set(stage, (runs.get(stage) ?? new Set()).add(run));
    if (end['Task Type'] !== 'ShuffleMapTask' || end['Task End Reason'].Reason !== 'Success') continue;
    const task = `${stage}/${partitionOf(end)}`;
    if (done.has(task)) mapTasksRepeated += 1;
    done.add(task);
  }
  const stagesRunTwice = [...runs]
    .filter(([, each]) => each.size > 1)
    .map(([, each]) => ({ name: nameOf(log, each), runs: [...each].sort() }));
  return { mapTasksRepeated, stagesRunTwice };
}

/** Same key = same work: for a map stage its last RDD and name, for a result stage its number. */
function stageKey(log: Log, end: TaskEnd): string {
  const info = log.stages.get(runKey(end['Stage ID'], end['Stage Attempt ID']));
  if (info === undefined || end['Task Type'] !== 'ShuffleMapTask') return `stage ${end['Stage ID']}`;
  const lastRdd = Math.max(...info['RDD Info'].map((rdd) => rdd['RDD ID']));
  return `rdd ${lastRdd} ${info['Stage Name']}`;
}

function nameOf(log: Log, runs: ReadonlySet<string>): string {
  const [first = ''] = runs;
  return log.stages.get(first)?.['Stage Name'] ?? '';
}

function runKey(stageId: number, attempt: number): string {
  return `${stageId}.${attempt}`;
}

function partitionOf(end: TaskEnd): number {
  return end['Task Info']['Partition ID'] ?? end['Task Info'].Index;
}
