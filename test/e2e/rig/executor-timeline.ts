/** From a driver's event log: which executor was where, what it ran and what it had written, at any moment. Pure. */
import * as v from 'valibot';

interface Task {
  readonly startMs: number;
  /** Infinity while there is no end of it. */
  readonly endMs: number;
  readonly shuffleBytes: number;
}

interface Executor {
  readonly host: string;
  readonly addedMs: number;
  readonly removedMs: number;
  readonly tasks: readonly Task[];
}

export interface HostMoment {
  readonly executors: number;
  /** Executors there had written shuffle. */
  readonly heldShuffle: boolean;
  readonly tasksRunning: number;
}

export interface ExecutorTimeline {
  /** What this application had at a host at a moment (epoch milliseconds). */
  at(host: string, atMs: number): HostMoment;
}

const Info = v.object({
  'Task ID': v.number(),
  'Executor ID': v.string(),
  'Launch Time': v.number(),
  'Finish Time': v.number(),
});
const Written = v.object({ 'Shuffle Bytes Written': v.number() });
const Event = v.variant('Event', [
  v.object({
    Event: v.literal('SparkListenerExecutorAdded'),
    Timestamp: v.number(),
    'Executor ID': v.string(),
    'Executor Info': v.object({ Host: v.string() }),
  }),
  v.object({ Event: v.literal('SparkListenerExecutorRemoved'), Timestamp: v.number(), 'Executor ID': v.string() }),
  v.object({ Event: v.literal('SparkListenerApplicationEnd'), Timestamp: v.number() }),
  v.object({ Event: v.literal('SparkListenerTaskStart'), 'Task Info': Info }),
  v.object({
    Event: v.literal('SparkListenerTaskEnd'),
    'Task Info': Info,
    'Task Metrics': v.optional(v.object({ 'Shuffle Write Metrics': v.optional(Written) })),
  }),
]);
const KNOWN = new Set<string>(Event.options.map((option) => option.entries.Event.literal));
const Named = v.object({ Event: v.string() });

/** Reads the lines of one event log. A cut last line is left out. */
export function executorTimeline(lines: Iterable<string>): ExecutorTimeline {
  const executors = new Map<string, { host: string; addedMs: number; removedMs: number }>();
  const tasks = new Map<number, Task & { readonly executorId: string }>();
  for (const line of lines) {
    const event = parseLine(line);
    if (event === undefined) continue;
    if (event.Event === 'SparkListenerExecutorAdded') {
      const { Host: host } = event['Executor Info'];
      executors.set(event['Executor ID'], { host, addedMs: event.Timestamp, removedMs: Infinity });
    } else if (event.Event === 'SparkListenerExecutorRemoved') {
      const executor = executors.get(event['Executor ID']);
      if (executor !== undefined) executor.removedMs = Math.min(executor.removedMs, event.Timestamp);
    } else if (event.Event === 'SparkListenerApplicationEnd') {
      // Executors that go with their application are not told of one by one.
      for (const executor of executors.values()) executor.removedMs = Math.min(executor.removedMs, event.Timestamp);
    } else {
      const info = event['Task Info'];
      const ended = event.Event === 'SparkListenerTaskEnd';
      const metrics = ended ? event['Task Metrics'] : undefined;
      tasks.set(info['Task ID'], {
        executorId: info['Executor ID'],
        startMs: info['Launch Time'],
        endMs: ended ? info['Finish Time'] : Infinity,
        shuffleBytes: metrics?.['Shuffle Write Metrics']?.['Shuffle Bytes Written'] ?? 0,
      });
    }
  }
  const all = [...executors].map(([id, executor]): Executor => {
    const own = [...tasks.values()].filter(({ executorId }) => executorId === id);
    return { ...executor, tasks: own };
  });
  return { at: (host, atMs) => momentOf(all, host, atMs) };
}

function parseLine(line: string): v.InferOutput<typeof Event> | undefined {
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch {
    return undefined;
  }
  return KNOWN.has(v.parse(Named, body).Event) ? v.parse(Event, body) : undefined;
}

function momentOf(all: readonly Executor[], host: string, atMs: number): HostMoment {
  const there = all.filter((one) => one.host === host && one.addedMs <= atMs && atMs < one.removedMs);
  const tasks = there.flatMap((one) => one.tasks);
  return {
    executors: there.length,
    heldShuffle: tasks.some(({ endMs, shuffleBytes }) => endMs <= atMs && shuffleBytes > 0),
    tasksRunning: tasks.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs).length,
  };
}
