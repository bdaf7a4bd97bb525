/** The events of a log that tell its work, with the fields needed of them (spark.md 13.2). */
import * as v from 'valibot';

const RddInfo = v.object({
  'RDD ID': v.number(),
  'Number of Partitions': v.optional(v.number(), 0),
  'Storage Level': v.optional(v.object({ 'Use Memory': v.optional(v.boolean(), false) }), {}),
  'Memory Size': v.optional(v.number(), 0),
});

const StageInfo = v.object({
  'Stage ID': v.number(),
  'Stage Attempt ID': v.optional(v.number(), 0),
  'Stage Name': v.optional(v.string(), ''),
  'Number of Tasks': v.number(),
  'RDD Info': v.optional(v.array(RddInfo), []),
  'Parent IDs': v.optional(v.array(v.number()), []),
  'Failure Reason': v.optional(v.string()),
  'Resource Profile Id': v.optional(v.number(), 0),
});

export type StageInfo = v.InferOutput<typeof StageInfo>;

const Amount = v.object({ Amount: v.number() });

const TaskMetrics = v.object({
  'Shuffle Write Metrics': v.optional(v.object({ 'Shuffle Bytes Written': v.optional(v.number(), 0) })),
  'Updated Blocks': v.optional(
    v.array(
      v.object({ 'Block ID': v.string(), Status: v.object({ 'Memory Size': v.number(), 'Disk Size': v.number() }) }),
    ),
  ),
});

const LogEvent = v.variant('Event', [
  v.object({ Event: v.literal('SparkListenerLogStart'), 'Spark Version': v.string() }),
  v.object({
    Event: v.literal('SparkListenerApplicationStart'),
    'App ID': v.optional(v.string()),
    'App Attempt ID': v.optional(v.string()),
    Timestamp: v.number(),
  }),
  v.object({ Event: v.literal('SparkListenerApplicationEnd'), Timestamp: v.number() }),
  v.object({
    Event: v.literal('SparkListenerEnvironmentUpdate'),
    'Spark Properties': v.optional(v.record(v.string(), v.string()), {}),
  }),
  v.object({
    Event: v.literal('SparkListenerResourceProfileAdded'),
    'Resource Profile Id': v.number(),
    'Executor Resource Requests': v.optional(v.record(v.string(), Amount), {}),
    'Task Resource Requests': v.optional(v.record(v.string(), Amount), {}),
  }),
  v.object({
    Event: v.literal('SparkListenerExecutorAdded'),
    Timestamp: v.number(),
    'Executor Info': v.object({ 'Total Cores': v.number() }),
  }),
  v.object({
    Event: v.literal('SparkListenerJobStart'),
    'Job ID': v.number(),
    'Submission Time': v.number(),
    'Stage Infos': v.optional(v.array(StageInfo), []),
    Properties: v.optional(v.object({ 'spark.sql.execution.id': v.optional(v.string()) })),
  }),
  v.object({
    Event: v.literal('SparkListenerJobEnd'),
    'Job ID': v.number(),
    'Completion Time': v.number(),
    'Job Result': v.optional(v.object({ Result: v.string() })),
  }),
  v.object({ Event: v.literal('SparkListenerStageSubmitted'), 'Stage Info': StageInfo }),
  v.object({ Event: v.literal('SparkListenerStageCompleted'), 'Stage Info': StageInfo }),
  v.object({
    Event: v.literal('SparkListenerTaskEnd'),
    'Stage ID': v.number(),
    'Stage Attempt ID': v.optional(v.number(), 0),
    'Task Type': v.optional(v.string(), ''),
    'Task End Reason': v.object({ Reason: v.string() }),
    'Task Info': v.object({
      Index: v.number(),
      'Partition ID': v.optional(v.number()),
      'Launch Time': v.number(),
      'Finish Time': v.number(),
    }),
    'Task Metrics': v.nullish(TaskMetrics),
  }),
]);

export type LogEvent = v.InferOutput<typeof LogEvent>;
export type EventOf<Name extends LogEvent['Event']> = Extract<LogEvent, { Event: Name }>;

const USED = new Set<string>(LogEvent.options.map((option) => option.entries.Event.literal));

/** Spark writes the event's name first; what comes before it, and the name itself, fit in here. */
const HEAD_BYTES = 256;
const NAME = /^\s*\{\s*"Event"\s*:\s*"([^"]+)"/;

/** An event; `other` for one that tells nothing about work; `unreadable` for what is no event. */
export function parseEvent(line: Buffer): LogEvent | 'other' | 'unreadable' {
  // Most of a log's bytes are in events of no use here: their names alone are looked at.
  const name = NAME.exec(line.toString('latin1', 0, HEAD_BYTES))?.[1];
  if (name !== undefined && !USED.has(name)) return 'other';
  let body: unknown;
  try {
    body = JSON.parse(line.toString('utf8'));
  } catch {
    return 'unreadable';
  }
  const parsed = v.safeParse(LogEvent, body);
  if (parsed.success) return parsed.output;
  return name === undefined && v.is(v.object({ Event: v.string() }), body) ? 'other' : 'unreadable';
}
