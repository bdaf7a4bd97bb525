/**
 * The burst filter: demand that the present workers would drain before a new one could register does not count.
 *
 * `numberMaxNeededExecutors` shows the whole backlog the moment it exists, also one that lasts 200 ms. Only what has
 * been needed in every reading for `burstMs` counts beyond Spark's own target.
 */

/** Readings of one application's need, oldest first. */
export type NeedHistory = readonly { readonly takenAtMs: number; readonly neededExecutors: number }[];

/** Readings are taken about every `burstMs`; one that comes a little early still closes the window. */
const EARLY_SHARE = 0.1;

/**
 * Appends a reading and drops what the window no longer needs.
 * A reading with the same time as the newest one is the same reading and is not added again; nor is one that tells the same
 * as all there are, once these span the window: whatever comes next, as much has lasted until then.
 */
export function remember(
  history: NeedHistory,
  takenAtMs: number,
  neededExecutors: number,
  burstMs: number,
): NeedHistory {
  if (history.at(-1)?.takenAtMs === takenAtMs || isSteady(history, neededExecutors, burstMs)) return history;
  const edgeMs = takenAtMs - burstMs;
  const firstInside = history.findIndex((sample) => sample.takenAtMs > edgeMs);
  // One reading from before the window stays: it says what was needed when the window opened.
  const kept = firstInside === -1 ? history.slice(-1) : history.slice(Math.max(0, firstInside - 1));
  return [...kept, { takenAtMs, neededExecutors }];
}

/** Whether all readings there are tell of this need, and of the whole window. */
export function isSteady(history: NeedHistory, neededExecutors: number, burstMs: number): boolean {
  for (const sample of history) if (sample.neededExecutors !== neededExecutors) return false;
  return spans(history, burstMs);
}

/** Whether the readings tell of the whole window. */
function spans(history: NeedHistory, burstMs: number): boolean {
  const [oldest] = history;
  const newest = history.at(-1);
  if (oldest === undefined || newest === undefined) return false;
  return newest.takenAtMs - oldest.takenAtMs >= burstMs * (1 - EARLY_SHARE);
}

/**
 * What has been needed in every reading of the last `burstMs`, in executors.
 *
 * @returns 0 while the readings do not yet span the window: what has not lasted does not count.
 */
export function lastingNeed(history: NeedHistory, burstMs: number): number {
  const newest = history.at(-1);
  if (newest === undefined) return 0;
  if (burstMs === 0) return newest.neededExecutors;
  if (!spans(history, burstMs)) return 0;
  return Math.min(...history.map((sample) => sample.neededExecutors));
}
