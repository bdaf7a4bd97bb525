/**
 * Workers that have registered since the pods were listed. Pods are listed less often than the master is asked (R5), so until
 * the next list nobody knows which pod such a worker lives in: it looks like somebody else's, and its pod like one that is still
 * on its way. Counted as both it would be room twice, and pods on their way would look spare that are not.
 */
import type { PodView } from './cluster-view.ts';
import { isAlive, type Fleet } from './fleet.ts';
import type { Reading } from './reading.ts';
import type { WorkerView } from './spark-view.ts';

export interface ListingMemory {
  /** When the pods were listed; monotonic milliseconds. */
  readonly listedAtMs: number;
  /** Workers, by id, that matched no pod when the list was new: these are somebody else's. */
  readonly strangers: ReadonlySet<string>;
}

export const NEW_LISTING_MEMORY: ListingMemory = { listedAtMs: -Infinity, strangers: new Set() };

/**
 * Brings the memory up to date with the pods as they were listed last. A pod has its address before its worker registers, so
 * who matches no pod of a list that has just come is none of ours.
 */
export function watchListing(memory: ListingMemory, pods: Reading<readonly PodView[]>, fleet: Fleet): ListingMemory {
  if (!pods.known || pods.takenAtMs === memory.listedAtMs) return memory;
  return { listedAtMs: pods.takenAtMs, strangers: new Set(fleet.foreignWorkers.map(({ id }) => id)) };
}

/**
 * ALIVE workers that match no pod, and did not either when the pods were listed because they were not there. None while the
 * pods are unknown: then no worker matches any.
 */
export function newcomers(
  { strangers }: ListingMemory,
  pods: Reading<readonly PodView[]>,
  { foreignWorkers }: Fleet,
): readonly WorkerView[] {
  if (!pods.known) return [];
  return foreignWorkers.filter((worker) => isAlive(worker) && !strangers.has(worker.id));
}
