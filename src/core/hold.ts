/**
 * How long a surplus has to last: ski rental, with what a restart costs here, and with the gaps seen so far.
 *
 * Holding for exactly as long as a restart costs is at most twice as dear as knowing the future (policies.md 12). Once gaps
 * have been seen, the hold is the one that would have cost least over them.
 */
import { LastMade } from './kept.ts';
import type { RestartCost } from './restart.ts';
import type { Rules } from './rules.ts';

/** Workers that were not needed for a while, and then again. */
export interface Gap {
  /** Infinity where it was longer than any hold. */
  readonly gapMs: number;
  readonly workers: number;
}

/** Shorter ones are pauses between two stages; no hold is as short. */
export const SHORTEST_HOLD_MS = 5_000;
/** Gaps that are remembered. */
export const GAPS_KEPT = 32;

/**
 * As much as is taken for granted before anything is seen: two gaps a little shorter than a restart costs, so that the
 * first hold is what a restart costs.
 */
const PRIOR_GAPS = 2;
const PRIOR_SHARE = 0.9;

/**
 * The hold in milliseconds, from {@link SHORTEST_HOLD_MS} to `rules.holdMs`. That longest one holds where the hold is fixed,
 * and until a restart has been measured.
 */
export function holdMsBy(rules: Rules, gaps: readonly Gap[], restart: RestartCost | undefined): number {
  if (!rules.learnsHold || restart === undefined) return rules.holdMs;
  const { costMs } = restart;
  return learned.get([gaps, costMs, rules.holdMs], () => bestHoldMs(gaps, costMs, rules.holdMs));
}

/** A new list comes with each new gap. */
const learned = new LastMade<number>();

function bestHoldMs(gaps: readonly Gap[], costMs: number, longestMs: number): number {
  const usual = gaps.length === 0 ? 1 : gaps.reduce((sum, { workers }) => sum + workers, 0) / gaps.length;
  const prior = Array.from({ length: PRIOR_GAPS }, () => ({ gapMs: PRIOR_SHARE * costMs, workers: usual }));
  const seen = [...gaps, ...prior];
  const within = (ms: number): number => Math.max(SHORTEST_HOLD_MS, Math.min(ms, longestMs));
  let best = { holdMs: longestMs, costMs: Infinity };
  // Only a hold that just covers some gap can be the best; many cover to the same one.
  const candidates = new Set([SHORTEST_HOLD_MS, costMs, ...gaps.map(({ gapMs }) => gapMs + COVER_MS)].map(within));
  for (const holdMs of candidates) {
    const cost = costOfAll(seen, holdMs, costMs);
    if (cost < best.costMs || (cost === best.costMs && holdMs < best.holdMs)) best = { holdMs, costMs: cost };
  }
  return best.holdMs;
}

/** So that a gap as long as the last one is covered: readings come once a second. */
const COVER_MS = 1_000;

/** What these gaps would have cost with this hold, in worker-milliseconds. */
function costOfAll(gaps: readonly Gap[], holdMs: number, restartMs: number): number {
  let sum = 0;
  for (const { gapMs, workers } of gaps) sum += workers * (gapMs <= holdMs ? gapMs : holdMs + restartMs);
  return sum;
}
