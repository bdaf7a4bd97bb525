/**
 * How long an executor takes to hand on its blocks and end (spark.md 8.3, 8.5; measured on 3.5.7, 4.1.0 and 4.3.0).
 *
 * From the mark on a round begins every `migrationRoundMs`. The executor ends once it runs nothing and a round that began
 * after its last task found nothing left to move. Idle with shuffle: the second round, so 5 to 6 s with 3 s between
 * rounds and 32 to 33 s with Spark's 30 s. Idle and empty: the first.
 */

export interface DrainCase {
  readonly markedAtMs: number;
  /** When it ran its last task; before the mark for one that was idle. */
  readonly idleAtMs: number;
  readonly storedMiB: number;
  readonly holdsBlocks: boolean;
  readonly roundMs: number;
  readonly miBPerSecond: number;
  readonly overheadMs: number;
}

/** When its blocks are with others, and when it ends; milliseconds on the same clock. */
export function drainTimes(of: DrainCase): { readonly movedAtMs: number; readonly endsAtMs: number } {
  const { markedAtMs, idleAtMs, roundMs } = of;
  const first = idleAtMs <= markedAtMs ? 0 : Math.floor((idleAtMs - markedAtMs) / roundMs) + 1;
  const firstAtMs = markedAtMs + first * roundMs;
  if (!of.holdsBlocks) return { movedAtMs: firstAtMs, endsAtMs: firstAtMs + of.overheadMs };
  const moveMs = (of.storedMiB / of.miBPerSecond) * 1000;
  const rounds = Math.max(1, Math.ceil(moveMs / roundMs));
  return {
    movedAtMs: Math.round(firstAtMs + Math.min(moveMs, rounds * roundMs)),
    endsAtMs: firstAtMs + rounds * roundMs + of.overheadMs,
  };
}
