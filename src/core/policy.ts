/**
 * Hysteresis: from workers wanted to the count that should be set.
 *
 * Growth is immediate. A shrink follows the largest count wanted during the whole hold, so that a gap shorter than the
 * hold moves nothing; the hold is a longer one while the hour's budget of reversals is spent. Bounds come last and beat
 * everything but pause and unknown (R11).
 */
import type { CalendarFloor } from './calendar.ts';
import { GAPS_KEPT, holdMsBy, SHORTEST_HOLD_MS, type Gap } from './hold.ts';
import type { RestartCost } from './restart.ts';
import type { Rules } from './rules.ts';

const HOUR_MS = 3_600_000;
/** A growth so soon after a shrink shows that the shrink was a mistake; later it is demand that comes and goes. */
const REGRET_MS = 60_000;

export interface PolicyMemory {
  /** Counts wanted inside the hold, each with the time it was last wanted; times rise, counts fall. */
  readonly peaks: readonly { readonly atMs: number; readonly workers: number }[];
  /** Since when demand has been known without a gap; unseen time proves nothing. */
  readonly knownSinceMs: number | undefined;
  /** When this process first knew the demand; what it has not lived through it has not learned from. */
  readonly firstKnownMs: number | undefined;
  readonly lastMove: 'grow' | 'shrink' | undefined;
  /** When the last shrink was, on the wall clock, since it outlives the process. */
  readonly lastShrinkAtEpochMs: number | undefined;
  /** When growths soon followed a shrink, on the wall clock. */
  readonly reversalsAtEpochMs: readonly number[];
  /** Gaps in which workers were not needed, the newest last. */
  readonly gaps: readonly Gap[];
  /** Most workers needed since demand has been known: those above were never given up. */
  readonly mostNeeded: number;
}

export const NEW_POLICY_MEMORY: PolicyMemory = {
  peaks: [],
  knownSinceMs: undefined,
  firstKnownMs: undefined,
  lastMove: undefined,
  lastShrinkAtEpochMs: undefined,
  reversalsAtEpochMs: [],
  gaps: [],
  mostNeeded: 0,
};

export type PolicyReason =
  | 'steady'
  | 'demand'
  | 'floor'
  | 'calendar'
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
  /** Workers kept ready beyond that, for demand that is to be expected; 0 for none. */
  readonly floor: number;
  /** What the calendar keeps; undefined for nothing, and where a count of zero set by hand is not to be overridden. */
  readonly calendar: CalendarFloor | undefined;
  /** What a restart takes; undefined as long as none was seen. */
  readonly restart: RestartCost | undefined;
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
 * Times are milliseconds; counts are whole workers. `holdMs` is the hold that applies now.
 */
export function decideCount(
  input: PolicyInput,
  memory: PolicyMemory,
  rules: Rules,
): { readonly verdict: Verdict; readonly memory: PolicyMemory; readonly holdMs: number } {
  const next = observe(input, memory, rules);
  const holdMs = holdMsOf(input, next, rules);
  return { verdict: judge(input, next, rules, holdMs), memory: next, holdMs };
}

/** Notes a change of the count that was carried out, so that the budget of reversals can be kept. */
export function noteMove(memory: PolicyMemory, move: 'grow' | 'shrink', nowEpochMs: number): PolicyMemory {
  const kept = memory.reversalsAtEpochMs.filter((atMs) => nowEpochMs - atMs < HOUR_MS);
  if (move === 'shrink') {
    return { ...memory, lastMove: move, lastShrinkAtEpochMs: nowEpochMs, reversalsAtEpochMs: kept };
  }
  const sinceMs = nowEpochMs - (memory.lastShrinkAtEpochMs ?? -Infinity);
  const reversed = memory.lastMove === 'shrink' && sinceMs < REGRET_MS;
  return { ...memory, lastMove: move, reversalsAtEpochMs: reversed ? [...kept, nowEpochMs] : kept };
}

/** Growths that soon followed a shrink, in the last hour. */
export function reversalsLastHour(memory: PolicyMemory, nowEpochMs: number): number {
  return memory.reversalsAtEpochMs.filter((atMs) => nowEpochMs - atMs < HOUR_MS).length;
}

/**
 * The hold that applies now, in milliseconds; the longest there is while the budget of reversals is spent. A learned hold
 * counts once this process has known the demand for the longest: a restart makes no shrink come sooner.
 */
export function holdMsOf(
  input: Pick<PolicyInput, 'restart' | 'nowMs' | 'nowEpochMs'>,
  memory: PolicyMemory,
  rules: Rules,
): number {
  if (isSpent(input, memory, rules)) return longestHoldMs(rules);
  const isNew = input.nowMs - (memory.firstKnownMs ?? input.nowMs) < rules.holdMs;
  return isNew ? rules.holdMs : holdMsBy(rules, memory.gaps, input.restart);
}

/** What the hold can be at most: of a fixed one twice as much, of a learned one as much as it starts with. */
export function longestHoldMs({ holdMs, learnsHold }: Rules): number {
  return learnsHold ? holdMs : 2 * holdMs;
}

/** A shrink that has begun goes on: to stop half way saves no reversal. */
function isSpent({ nowEpochMs }: Pick<PolicyInput, 'nowEpochMs'>, memory: PolicyMemory, rules: Rules): boolean {
  return memory.lastMove !== 'shrink' && reversalsLastHour(memory, nowEpochMs) >= rules.reversalsPerHour;
}

function neededBy(input: PolicyInput, rules: Rules): number {
  return Math.max(expectedBy(input, rules), input.calendar?.workers ?? 0);
}

/** What is needed but for the calendar: it says nothing of how demand comes and goes. */
function expectedBy({ wanted, floor }: PolicyInput, { headroomWorkers }: Rules): number {
  return Math.max(wanted + headroomWorkers, floor);
}

function observe(input: PolicyInput, memory: PolicyMemory, rules: Rules): PolicyMemory {
  if (!input.certain) return { ...memory, peaks: [], knownSinceMs: undefined, mostNeeded: 0 };
  const edgeMs = input.nowMs - longestHoldMs(rules);
  const needed = neededBy(input, rules);
  const expected = Math.min(expectedBy(input, rules), rules.maxWorkers);
  // Kept falling: an earlier peak that is not higher than this one can never again be the largest in the hold.
  const peaks = memory.peaks.filter((peak) => peak.atMs > edgeMs && peak.workers > needed);
  return {
    ...memory,
    peaks: [...peaks, { atMs: input.nowMs, workers: needed }],
    knownSinceMs: memory.knownSinceMs ?? input.nowMs,
    firstKnownMs: memory.firstKnownMs ?? input.nowMs,
    gaps: gapsUntil(input.nowMs, expected, memory),
    mostNeeded: Math.max(memory.mostNeeded, expected),
  };
}

/** The gaps that end now, since more is needed than before, with those before them. */
function gapsUntil(nowMs: number, needed: number, { peaks, gaps, mostNeeded }: PolicyMemory): readonly Gap[] {
  let below = peaks.at(-1)?.workers ?? needed;
  if (needed <= below) return gaps;
  const ended: Gap[] = [];
  const end = (workers: number, gapMs: number): void => {
    const upTo = Math.min(workers, needed);
    if (upTo > below && gapMs >= SHORTEST_HOLD_MS) ended.push({ gapMs, workers: upTo - below });
    below = Math.max(below, upTo);
  };
  for (const peak of peaks.toReversed()) end(peak.workers, nowMs - peak.atMs);
  // What was needed once and is in no peak was not for longer than any hold.
  end(mostNeeded, Infinity);
  return ended.length === 0 ? gaps : [...gaps, ...ended].slice(-GAPS_KEPT);
}

function judge(input: PolicyInput, memory: PolicyMemory, rules: Rules, holdMs: number): Verdict {
  const { serving } = input;
  if (rules.paused) return stay(serving, 'paused', 'paused: the count is kept as it is');
  const needed = neededBy(input, rules);
  if (input.planned === 0 && input.wanted === 0 && input.calendar === undefined) {
    return stay(0, 'zero-by-hand', 'no workers are planned and nothing needs one; min is kept once something does');
  }
  if (serving < rules.minWorkers && needed <= rules.minWorkers) {
    return { desired: rules.minWorkers, reason: 'below-min', sentence: `${serving} is below min ${rules.minWorkers}` };
  }
  if (needed > serving && serving <= rules.maxWorkers) return growTo(needed, input, rules);
  if (!input.certain) {
    return stay(serving, 'unknown-demand', 'something the demand is made of is unknown: the count is not lowered');
  }
  return shrinkFrom(input, memory, rules, holdMs);
}

function growTo(needed: number, input: PolicyInput, rules: Rules): Verdict {
  const { serving } = input;
  const byCalendar = expectedBy(input, rules) < needed ? input.calendar : undefined;
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
      sentence: `${byCalendar?.sentence ?? `demand needs ${needed}`}, at most ${rules.growStepWorkers} a step`,
    };
  }
  if (byCalendar !== undefined) {
    return { desired, reason: 'calendar', sentence: `${byCalendar.sentence}, ${serving} serve` };
  }
  if (input.wanted + rules.headroomWorkers < needed) {
    return { desired, reason: 'floor', sentence: `${needed} workers are kept ready, ${serving} serve` };
  }
  return { desired, reason: 'demand', sentence: `demand needs ${needed} workers, ${serving} serve` };
}

function shrinkFrom(input: PolicyInput, memory: PolicyMemory, rules: Rules, holdMs: number): Verdict {
  const { serving } = input;
  if (serving > rules.maxWorkers) {
    return { desired: rules.maxWorkers, reason: 'above-max', sentence: `${serving} is above max ${rules.maxWorkers}` };
  }
  const spent = isSpent(input, memory, rules);
  const within = memory.peaks.filter(({ atMs }) => atMs > input.nowMs - holdMs);
  const now = Math.max(neededBy(input, rules), rules.minWorkers);
  const floor = Math.max(now, ...within.map(({ workers }) => workers));
  if (now >= serving) {
    const byCalendar = Math.max(expectedBy(input, rules), rules.minWorkers) < serving ? input.calendar : undefined;
    return stay(serving, 'steady', byCalendar?.sentence ?? `${serving} workers serve what is wanted`);
  }
  if (serving - now <= rules.deadBandWorkers) {
    return stay(
      serving,
      'dead-band',
      `surplus of ${serving - now} is within the dead band of ${rules.deadBandWorkers}`,
    );
  }
  const seenMs = input.nowMs - (memory.knownSinceMs ?? input.nowMs);
  const held = spent ? 'reversal-budget' : 'surplus-held';
  const why = spent ? `, longer since ${reversalsLastHour(memory, input.nowEpochMs)} shrinks were soon reversed` : '';
  if (seenMs < holdMs) {
    const sentence = `surplus of ${serving - now}: known for ${seconds(seenMs)}, hold is ${seconds(holdMs)}${why}`;
    return stay(serving, held, sentence);
  }
  if (floor >= serving || serving - floor <= rules.deadBandWorkers) {
    return stay(serving, held, `${floor} workers were wanted within the hold of ${seconds(holdMs)}${why}`);
  }
  return {
    desired: floor,
    reason: 'surplus',
    sentence: `no more than ${floor} workers were wanted for ${seconds(holdMs)}, ${serving} serve`,
  };
}

function stay(desired: number, reason: PolicyReason, sentence: string): Verdict {
  return { desired, reason, sentence };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
