/** How many workers Dask's scheduler finds right, and whom it would close (policies.md 5). */
import type { PeerObservation, PeerWorker } from '../peer.ts';
import { ceil, presentWorkers } from './signals.ts';

/**
 * `adaptive_target`: workers for the work at hand to last `targetDurationMs`, more where their memory is short.
 *
 * Spark's task-seconds stand for Dask's occupancy, slots for its threads, stored blocks for its stored bytes.
 */
export function adaptiveTarget(observation: PeerObservation, targetDurationMs: number): number {
  const workers = presentWorkers(observation);
  const tasks = sum(observation.applications.map(({ runningTasks, pendingTasks }) => runningTasks + pendingTasks));
  const taskSeconds = sum(observation.applications.map(({ taskSecondsLeft }) => taskSecondsLeft));
  const threads = Math.min(ceil((taskSeconds * 1000) / targetDurationMs), tasks);
  const cpu =
    workers.length > 0 ? ceil((threads / sum(workers.map(({ slots }) => slots))) * workers.length) : Math.min(1, tasks);
  const stored = sum(workers.map(({ storedMiB }) => storedMiB));
  const memory = stored > MEMORY_SHARE * workers.length * observation.workerMemoryMiB ? 2 * workers.length : 0;
  const target = Math.max(memory, cpu);
  if (target >= workers.length) return target;
  return workers.length - workersToClose(workers, undefined, observation.workerMemoryMiB).length;
}

const MEMORY_SHARE = 0.6;
/** Those who stay must have this many times the memory of what is stored. */
const MEMORY_RATIO = 2;

/**
 * `workers_to_close`, in the order in which they go: idle before busy, fewer stored bytes first.
 *
 * @param howMany undefined: as many idle ones as the memory of the others allows, and none while all work.
 */
export function workersToClose(
  workers: readonly PeerWorker[],
  howMany: number | undefined,
  workerMemoryMiB: number,
): readonly PeerWorker[] {
  const isBusy = ({ busySlots }: PeerWorker): boolean => busySlots > 0;
  if (howMany === undefined && workers.every(isBusy)) return [];
  const order = [...workers].sort((a, b) => Number(isBusy(a)) - Number(isBusy(b)) || a.storedMiB - b.storedMiB);
  if (howMany !== undefined) return order.slice(0, Math.max(0, howMany));
  const stored = sum(workers.map(({ storedMiB }) => storedMiB));
  const idle = order.filter((one) => !isBusy(one));
  return idle.filter((_, index) => (workers.length - index - 1) * workerMemoryMiB >= MEMORY_RATIO * stored);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
