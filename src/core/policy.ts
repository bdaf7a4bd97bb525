/**
 * Hysteresis: from workers wanted to the count that should be set.
 *
 * Growth is immediate. A shrink follows the largest count wanted during the whole hold, so that a gap shorter than the
 * hold moves nothing, and it waits while the hour's budget of reversals is spent. Bounds come last and beat everything
 * but pause and unknown (R11).
 */
import type { Rules } from './rules.ts';

const HOUR_MS = 3_600_000;

export interface PolicyMemory {
  /** Counts wanted inside the hold, each with the time it was last wanted; times rise, counts fall. */
  readonly peaks: readonly { readonly atMs: number; readonly workers: number }[];
  /** Since when demand has been known without a gap; unseen time proves nothing. */
  readonly knownSinceMs: number | undefined;
  readonly lastMove: 'grow' | 'shrink' | undefined;
  /** When growths followed a shrink, on the wall clock, since they outlive the process. */
  readonly reversalsAtEpochMs: readonly number[];
}

export const NEW_POLICY_MEMORY: PolicyMemory = {
  peaks: [],
  knownSinceMs: undefined,
  lastMove: undefined,
  reversalsAtEpochMs: [],
};

export type PolicyReason =
  | 'steady'
  | 'demand'
  | 'grow-step'
  | 'below-min'
  | 'above-max'
  | 'at-max'
  | 'surplus-held'
  | 'surplus'
  | 'dead-band'
  | 'reversal-budget'
  | 'unknown-demand'
  | 'zero-by-hand'
  | 'paused'
  | 'original-steady'
  | 'original-grow'
  | 'original-shrink';

export interface Verdict {
  /** Workers that should serve. */
  readonly desired: number;
  readonly reason: PolicyReason;
  readonly sentence: string;
}

export interface PolicyInput {
  /** Workers the demand needs. */
  readonly wanted: number;
  /** Workers planned that are not on their way out. */
  readonly serving: number;
  /** *planned*: replicas set, those on their way out included. */
  readonly planned: number;
  /** False while anything the demand is made of is unknown: may grow, must not shrink. */
  readonly certain: boolean;
  readonly nowMs: number;
  readonly nowEpochMs: number;
}

/**
 * Next count. Pure; pass the returned memory into the next call, whatever was decided.
 *
 * Times are milliseconds; counts are whole workers.
 */
export function decideCount(
  input: PolicyInput,
  memory: PolicyMemory,
  rules: Rules,
): { readonly verdict: Verdict; readonly memory: PolicyMemory } {
  const next = observe(input, memory, rules);
  const verdict = judge(input, next, rules);
  return { verdict, memory: next };
}

/** Notes a change of the count that was carried out, so that the budget of reversals can be kept. */
export function noteMove(memory: PolicyMemory, move: 'grow' | 'shrink', nowEpochMs: number): PolicyMemory {
  const reversed = move === 'grow' && memory.lastMove === 'shrink';
  const kept = memory.reversalsAtEpochMs.filter((atMs) => nowEpochMs - atMs < HOUR_MS);
  return { ...memory, lastMove: move, reversalsAtEpochMs: reversed ? [...kept, nowEpochMs] : kept };
}

/** Growths that followed a shrink in the last hour. */
export function reversalsLastHour(memory: PolicyMemory, nowEpochMs: number): number {
  return memory.reversalsAtEpochMs.filter((atMs) => nowEpochMs - atMs < HOUR_MS).length;
}

function observe(input: PolicyInput, memory: PolicyMemory, rules: Rules): PolicyMemory {
  if (!input.certain) return { ...memory, peaks: [], knownSinceMs: undefined };
  const edgeMs = input.nowMs - rules.holdMs;
  const needed = input.wanted + rules.headroomWorkers;
  // Kept falling: an earlier peak that is not higher than this one can never again be the largest in the hold.
  const peaks = memory.peaks.filter((peak) => peak.atMs > edgeMs && peak.workers > needed);
  return {
    ...memory,
    peaks: [...peaks, { atMs: input.nowMs, workers: needed }],
    knownSinceMs: memory.knownSinceMs ?? input.nowMs,
  };
}

function judge(input: PolicyInput, memory: PolicyMemory, rules: Rules): Verdict {
  const { serving } = input;
  if (rules.paused) return stay(serving, 'paused', 'paused: the count is kept as it is');
  const needed = input.wanted + rules.headroomWorkers;
  if (input.planned === 0 && input.wanted === 0) {
    return stay(0, 'zero-by-hand', 'no workers are planned and nothing needs one; min is kept once something does');
  }
  if (serving < rules.minWorkers && needed <= rules.minWorkers) {
    return { desired: rules.minWorkers, reason: 'below-min', sentence: `${serving} is below min ${rules.minWorkers}` };
  }
  if (needed > serving && serving <= rules.maxWorkers) return growTo(needed, serving, rules);
  if (!input.certain) {
    return stay(serving, 'unknown-demand', 'something the demand is made of is unknown: the count is not lowered');
  }
  return shrinkFrom(input, memory, rules);
}

function growTo(needed: number, serving: number, rules: Rules): Verdict {
  const stepped = rules.growStepWorkers > 0 ? Math.min(needed, serving + rules.growStepWorkers) : needed;
  const desired = Math.max(rules.minWorkers, Math.min(stepped, rules.maxWorkers));
  if (desired <= serving) {
    return stay(serving, 'at-max', `demand needs ${needed} workers, max is ${rules.maxWorkers}`);
  }
  if (desired < needed && desired === rules.maxWorkers) {
    return { desired, reason: 'at-max', sentence: `demand needs ${needed} workers, max is ${rules.maxWorkers}` };
  }
  if (desired < needed) {
    return {
      desired,
      reason: 'grow-step',
      sentence: `demand needs ${needed}, at most ${rules.growStepWorkers} a step`,
    };
  }
  return { desired, reason: 'demand', sentence: `demand needs ${needed} workers, ${serving} serve` };
}

function shrinkFrom(input: PolicyInput, memory: PolicyMemory, rules: Rules): Verdict {
  const { serving } = input;
  if (serving > rules.maxWorkers) {
    return { desired: rules.maxWorkers, reason: 'above-max', sentence: `${serving} is above max ${rules.maxWorkers}` };
  }
  const peak = Math.max(...memory.peaks.map(({ workers }) => workers));
  const floor = Math.max(peak, rules.minWorkers);
  const now = Math.max(input.wanted + rules.headroomWorkers, rules.minWorkers);
  if (now >= serving) return stay(serving, 'steady', `${serving} workers serve what is wanted`);
  if (serving - now <= rules.deadBandWorkers) {
    return stay(
      serving,
      'dead-band',
      `surplus of ${serving - now} is within the dead band of ${rules.deadBandWorkers}`,
    );
  }
  const seenMs = input.nowMs - (memory.knownSinceMs ?? input.nowMs);
  if (seenMs < rules.holdMs) {
    return stay(
      serving,
      'surplus-held',
      `surplus of ${serving - now}: known for ${seconds(seenMs)}, hold is ${seconds(rules.holdMs)}`,
    );
  }
  if (floor >= serving || serving - floor <= rules.deadBandWorkers) {
    return stay(serving, 'surplus-held', `${floor} workers were wanted within the hold of ${seconds(rules.holdMs)}`);
  }
  const spent = reversalsLastHour(memory, input.nowEpochMs);
  if (memory.lastMove !== 'shrink' && spent >= rules.reversalsPerHour) {
    return stay(
      serving,
      'reversal-budget',
      `${spent} reversals in the last hour, budget ${rules.reversalsPerHour}: the hold is longer`,
    );
  }
  return {
    desired: floor,
    reason: 'surplus',
    sentence: `no more than ${floor} workers were wanted for ${seconds(rules.holdMs)}, ${serving} serve`,
  };
}

function stay(desired: number, reason: PolicyReason, sentence: string): Verdict {
  return { desired, reason, sentence };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
