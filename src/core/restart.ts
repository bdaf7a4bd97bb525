/**
 * What it costs to take a worker away and to want it again, measured on this very cluster: how long a worker takes to start,
 * and how long to leave. Pods are paid for meanwhile and do nothing.
 */
import type { Fleet } from './fleet.ts';
import { LastMade } from './kept.ts';

/** The newest times are kept, so many of each. */
const KEPT = 20;

/** From a worker's registration until an executor there runs tasks: a JVM starts and registers (2 to 3 s on real Sparks). */
const EXECUTOR_START_MS = 2_500;

export interface RestartMemory {
  /** From a pod's creation to its worker's registration, in milliseconds, the newest last. */
  readonly startsMs: readonly number[];
  /** From the mark to the pod's end, the newest last. */
  readonly removalsMs: readonly number[];
  /** Pods seen without a worker, by UID, with the time of their creation. */
  readonly starting: ReadonlyMap<string, number>;
  /** Marked pods, by UID, with the time of their mark. */
  readonly marked: ReadonlyMap<string, number>;
}

export const NEW_RESTART_MEMORY: RestartMemory = {
  startsMs: [],
  removalsMs: [],
  starting: new Map(),
  marked: new Map(),
};

/** Times beyond this are no start and no removal that says anything of the next: an image pull, a clock that is wrong. */
const LONGEST_MS = 30 * 60_000;

/**
 * Brings the memory up to date with the pods seen now. A start counts once a pod that was seen without its worker has one,
 * so workers that were there before the daemon do not count.
 */
export function watchRestarts(memory: RestartMemory, fleet: Fleet, nowEpochMs: number): RestartMemory {
  const before = memory.starting;
  if (areTheSame(memory, fleet)) return memory;
  const starting = new Map(
    fleet.unregistered.map(({ pod: { uid, createdAtEpochMs } }) => [uid, before.get(uid) ?? createdAtEpochMs]),
  );
  const marked = new Map(
    fleet.leaving.flatMap(({ pod: { uid, markedAtEpochMs } }) =>
      markedAtEpochMs === undefined ? [] : [[uid, markedAtEpochMs]],
    ),
  );
  const gone = [...memory.marked].flatMap(([uid, atMs]) => (marked.has(uid) ? [] : [nowEpochMs - atMs]));
  return {
    startsMs: kept(memory.startsMs, startedNow(before, fleet, nowEpochMs)),
    removalsMs: kept(memory.removalsMs, gone),
    starting,
    marked,
  };
}

/** Whether the same pods are on their way as before, so that none has come and none has gone. */
function areTheSame({ starting, marked }: RestartMemory, { unregistered, leaving }: Fleet): boolean {
  if (unregistered.length !== starting.size) return false;
  for (const { pod } of unregistered) if (!starting.has(pod.uid)) return false;
  let known = 0;
  for (const { pod } of leaving) {
    if (pod.markedAtEpochMs === undefined) continue;
    if (marked.get(pod.uid) !== pod.markedAtEpochMs) return false;
    known += 1;
  }
  return known === marked.size;
}

/** How long those took that have a worker now. */
function startedNow(before: RestartMemory['starting'], { pods }: Fleet, nowEpochMs: number): readonly number[] {
  const started: number[] = [];
  for (const { pod, workers } of before.size === 0 ? [] : pods) {
    const createdAtEpochMs = workers.length === 0 ? undefined : before.get(pod.uid);
    if (createdAtEpochMs !== undefined) started.push(nowEpochMs - createdAtEpochMs);
  }
  return started;
}

function kept(before: readonly number[], more: readonly number[]): readonly number[] {
  const sane = more.filter((ms) => ms >= 0 && ms <= LONGEST_MS);
  return sane.length === 0 ? before : [...before, ...sane].slice(-KEPT);
}

/** What a restart takes, in milliseconds. */
export interface RestartCost {
  /** Half of the workers were registered sooner than this after their pods were made. */
  readonly startMs: number;
  /** Until work that is asked for now can run on a worker that is asked for now. */
  readonly helpMs: number;
  /** A worker's time that is paid for nothing when it goes and comes again. */
  readonly costMs: number;
}

/** By the medians of what was seen; undefined as long as no worker was seen to start. */
export function restartCost({ startsMs, removalsMs }: RestartMemory): RestartCost | undefined {
  return costs.get([startsMs, removalsMs], () => costBy(startsMs, removalsMs));
}

/** New lists come with each start and each removal. */
const costs = new LastMade<RestartCost | undefined>();

function costBy(startsMs: readonly number[], removalsMs: readonly number[]): RestartCost | undefined {
  const startMs = median(startsMs);
  if (startMs === undefined) return undefined;
  // Until a removal was seen, it is taken to be as long as a start.
  return { startMs, helpMs: startMs + EXECUTOR_START_MS, costMs: startMs + (median(removalsMs) ?? startMs) };
}

/** The lower of the two in the middle; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1];
}
