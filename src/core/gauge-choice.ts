/**
 * Which source's gauges count for an application, where there are several.
 *
 * - **Trusted** is a reading that is complete (both gauges that the demand is made of, as whole numbers that could be true)
 *   and fresh: not older than three of its source's own periods (R4), and not from the future.
 * - **In time** is a trusted reading of at most two periods; one that is older has missed its turn. The freshest wins,
 *   measured so: in time beats late. Seconds would not do, for a source that is read each second would always beat one that
 *   renews each ten, whatever the order of preference.
 * - Among equals **preference** decides. A preferred source that comes back has to be in time for three of its own periods
 *   without a break first, so that one that comes and goes does not take the demand along.
 * - **A switch changes nothing by itself.** For three periods of the new source the demand is at least what the old one
 *   said last; and a number that the new one already said while the old one was trusted does not raise it: that is a
 *   standing disagreement, which is reported, and no news. What the new source says beyond that is news, and counts at
 *   once, so that growth never waits for a switch (R12).
 */
import { compareStatements, NO_AGREEMENT_YET, statementOf, type AgreementMemory } from './gauge-agreement.ts';
import { ageMs, freshAt, STALE_AFTER_PERIODS, unknown, type Known, type Reading } from './reading.ts';
import { describeError, type OperatingError } from './result.ts';
import type { AllocationGauges, GaugesAnswer } from './spark-view.ts';

/** A reading older than this many of its source's periods is late: one has been missed. */
const LATE_AFTER_PERIODS = 2;
/** A preferred source takes over again after so many of its own periods in time. */
const RETURN_AFTER_PERIODS = 3;
/** More executors than this is no demand but a broken number. */
export const MOST_EXECUTORS = 10_000_000;

/** The newest of one source for one application. */
export interface GaugeCandidate {
  readonly source: string;
  readonly good: Known<GaugesAnswer> | undefined;
  /** The last attempt's failure. */
  readonly error: OperatingError | undefined;
}

export type SourceState = 'in-use' | 'ready' | 'late' | 'stale' | 'unusable' | 'absent' | 'failed' | 'unread';

/** How one source stands with one application. */
export interface SourceView {
  readonly source: string;
  readonly state: SourceState;
  /** Why it does not count, or what went wrong last; undefined where all is well. */
  readonly why: string | undefined;
  readonly numbers: DemandNumbers | undefined;
  readonly ageMs: number | undefined;
}

/** The two gauges that the demand is made of. */
export interface DemandNumbers {
  readonly target: number;
  readonly needed: number;
}

export interface GaugeChoice {
  readonly reading: Reading<GaugesAnswer>;
  readonly inUse: string | undefined;
  /** In order of preference. */
  readonly sources: readonly SourceView[];
  /** What each trusted source says, where they differ by more than the tolerance; undefined where they agree. */
  readonly disagreement: string | undefined;
}

/** What is remembered of an application's sources from one look to the next. */
export interface ChoiceMemory {
  readonly inUse: string | undefined;
  /** What counted last, and when the reading was taken that it came from. */
  readonly last: (DemandNumbers & { readonly takenAtMs: number }) | undefined;
  /** What each source said when the newest reading of the one in use came in. */
  readonly saidThen: ReadonlyMap<string, DemandNumbers>;
  /** When the first reading was taken of those with which each source has been in time without a break. */
  readonly inTimeSinceMs: ReadonlyMap<string, number>;
  /** After a switch: what the old source said last, and how long it still counts. */
  readonly carried: (DemandNumbers & { readonly takenAtMs: number; readonly untilMs: number }) | undefined;
  readonly agreement: AgreementMemory;
}

export const NO_CHOICE_YET: ChoiceMemory = {
  inUse: undefined,
  last: undefined,
  saidThen: new Map(),
  inTimeSinceMs: new Map(),
  carried: undefined,
  agreement: NO_AGREEMENT_YET,
};

/** A candidate that may count. */
interface Trusted {
  readonly source: string;
  readonly good: Known<GaugesAnswer>;
  readonly gauges: AllocationGauges;
  readonly numbers: DemandNumbers;
  readonly inTime: boolean;
}

/**
 * Chooses. Pure; to be asked at least once a pass, since it notices by being asked who is in time.
 *
 * @param candidates in order of preference.
 * @param tolerance executors by which trusted sources may differ before it is reported.
 */
export function chooseGauges(
  candidates: readonly GaugeCandidate[],
  memory: ChoiceMemory,
  nowMs: number,
  tolerance: number,
): { readonly choice: GaugeChoice; readonly memory: ChoiceMemory } {
  const [only] = candidates;
  // Nearly everybody has one source, some have a thousand applications, and there is nothing to choose.
  if (only !== undefined && candidates.length === 1 && isSettledOn(only.source, memory)) {
    return theOnlyOne(only, memory, nowMs);
  }
  const judged = candidates.map((one) => ({ one, judgement: judge(one, nowMs) }));
  const trusted = judged.flatMap(({ judgement }) => (judgement.trusted === undefined ? [] : [judgement.trusted]));
  const inTimeSinceMs = sinceWhenInTime(trusted, memory.inTimeSinceMs);
  const chosen = pick(trusted, memory.inUse, inTimeSinceMs);
  const sources = judged.map(({ one, judgement }) => viewOf(one, judgement, chosen?.source, nowMs));
  const statements = trusted.map(({ source, numbers, good }) => statementOf(source, numbers.target, good));
  const { differ, memory: agreement } = compareStatements(statements, memory.agreement, nowMs, tolerance);
  if (chosen === undefined) {
    const reading = whatIsLeft(judged.map(({ judgement }) => judgement));
    const choice = { reading, inUse: undefined, sources, disagreement: differ };
    return { choice, memory: { ...memory, inTimeSinceMs, agreement } };
  }
  const carried = carriedNow(chosen, memory, nowMs);
  const counted = carry(chosen, carried, memory.saidThen);
  const reading = carried === undefined ? chosen.good : readingOf(chosen, counted);
  const isNews = memory.inUse !== chosen.source || memory.last?.takenAtMs !== counted.takenAtMs;
  // While what the old source said is carried on, what the new one said at the switch stays what news is told by.
  const saidThen =
    isNews && carried === undefined
      ? new Map(trusted.map(({ source, numbers }) => [source, numbers] as const))
      : memory.saidThen;
  return {
    choice: { reading, inUse: chosen.source, sources, disagreement: differ },
    memory: { inUse: chosen.source, last: counted, saidThen, inTimeSinceMs, carried, agreement },
  };
}

/** Whether there is a reading that could be trusted now, whichever would be chosen. */
export function isAnyTrusted(candidates: readonly GaugeCandidate[], nowMs: number): boolean {
  return candidates.some((one) => judge(one, nowMs).trusted !== undefined);
}

function sinceWhenInTime(trusted: readonly Trusted[], before: ChoiceMemory['inTimeSinceMs']): typeof before {
  const inTime = trusted.filter((one) => one.inTime);
  if (inTime.length === before.size && inTime.every(({ source }) => before.has(source))) return before;
  return new Map(inTime.map(({ source, good }) => [source, before.get(source) ?? good.takenAtMs] as const));
}

function readingOf(
  { good, gauges }: Trusted,
  { target, needed, takenAtMs }: DemandNumbers & { readonly takenAtMs: number },
): Known<GaugesAnswer> {
  const counted = { ...gauges, numberTargetExecutors: target, numberMaxNeededExecutors: needed };
  return { ...good, takenAtMs, value: { kind: 'gauges', gauges: counted } };
}

/** Whether nothing of another source is still carried on. */
function isSettledOn(source: string, { inUse, carried }: ChoiceMemory): boolean {
  return inUse === undefined || (inUse === source && carried === undefined);
}

/** What it said is remembered all the same: the list of sources may change while the daemon runs. */
function theOnlyOne(only: GaugeCandidate, memory: ChoiceMemory, nowMs: number): ReturnType<typeof chooseGauges> {
  const judgement = judge(only, nowMs);
  const { trusted } = judgement;
  const reading = trusted?.good ?? whatIsLeft([judgement]);
  const sources = [viewOf(only, judgement, trusted?.source, nowMs)];
  const choice = { reading, inUse: trusted?.source, sources, disagreement: undefined };
  if (trusted === undefined || trusted.good.takenAtMs === memory.last?.takenAtMs) return { choice, memory };
  const last = { ...trusted.numbers, takenAtMs: trusted.good.takenAtMs };
  return { choice, memory: { ...NO_CHOICE_YET, inUse: trusted.source, last } };
}

interface Judgement {
  readonly trusted?: Trusted;
  readonly state: Exclude<SourceState, 'in-use'>;
  readonly why?: string;
  /** Handed on where nothing is trusted: a full answer without allocation gauges. */
  readonly absent?: Known<GaugesAnswer>;
}

function judge({ source, good, error }: GaugeCandidate, nowMs: number): Judgement {
  if (good === undefined) {
    return error === undefined
      ? { state: 'unread', why: 'no source has been read yet' }
      : { state: 'failed', why: describeError(error) };
  }
  const fresh = freshAt(good, nowMs);
  if (!fresh.known) return whyNotFresh(good, error, fresh.reason, nowMs);
  if (good.value.kind === 'absent') {
    return { state: 'absent', why: `${source} has no allocation gauges of it`, absent: good };
  }
  const { gauges } = good.value;
  const { numberTargetExecutors: target, numberMaxNeededExecutors: needed } = gauges;
  if (!isCount(target)) return { state: 'unusable', why: whyNoCount(source, 'numberTargetExecutors', target) };
  if (!isCount(needed)) return { state: 'unusable', why: whyNoCount(source, 'numberMaxNeededExecutors', needed) };
  const inTime = nowMs - good.takenAtMs <= LATE_AFTER_PERIODS * good.periodMs;
  const trusted = { source, good, gauges, numbers: { target, needed }, inTime };
  return { state: inTime ? 'ready' : 'late', trusted, ...(error !== undefined && { why: describeError(error) }) };
}

/** A failing source is best told by its failure. */
function whyNotFresh(
  good: Known<GaugesAnswer>,
  error: OperatingError | undefined,
  reason: string,
  nowMs: number,
): Judgement {
  if (error !== undefined) return { state: 'failed', why: describeError(error) };
  const age = ageMs(good, nowMs);
  if (age >= 0) return { state: 'stale', why: reason };
  const aheadSec = Math.round(-age / 1000);
  return { state: 'stale', why: `${good.source} answered with a time ${aheadSec} s in the future: compare the clocks` };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= MOST_EXECUTORS;
}

function whyNoCount(source: string, gauge: string, value: number | undefined): string {
  return value === undefined ? `${source}: ${gauge} is missing` : `${source}: ${gauge} is ${value}, which is no count`;
}

function pick(
  trusted: readonly Trusted[],
  before: string | undefined,
  inTimeSinceMs: ReadonlyMap<string, number>,
): Trusted | undefined {
  const best = trusted.find(({ inTime }) => inTime) ?? trusted[0];
  const inUse = trusted.find(({ source }) => source === before);
  if (inUse?.inTime !== true) return best;
  const preferred = trusted.slice(0, trusted.indexOf(inUse));
  const back = preferred.find(({ source, good }) => {
    const sinceMs = inTimeSinceMs.get(source);
    return sinceMs !== undefined && good.takenAtMs - sinceMs >= RETURN_AFTER_PERIODS * good.periodMs;
  });
  return back ?? inUse;
}

/** What the old source said last, for as long as it still counts. */
function carriedNow(chosen: Trusted, memory: ChoiceMemory, nowMs: number): ChoiceMemory['carried'] {
  const { inUse, last, carried } = memory;
  if (inUse !== undefined && inUse !== chosen.source && last !== undefined) {
    return { ...last, untilMs: nowMs + STALE_AFTER_PERIODS * chosen.good.periodMs };
  }
  return carried !== undefined && nowMs < carried.untilMs ? carried : undefined;
}

function carry(
  { source, numbers, good }: Trusted,
  carried: ChoiceMemory['carried'],
  saidThen: ReadonlyMap<string, DemandNumbers>,
): DemandNumbers & { readonly takenAtMs: number } {
  if (carried === undefined) return { ...numbers, takenAtMs: good.takenAtMs };
  const before = saidThen.get(source);
  const counts = (which: keyof DemandNumbers): number => {
    const isNews = before === undefined || numbers[which] > before[which];
    return isNews ? Math.max(numbers[which], carried[which]) : carried[which];
  };
  // It rests on both readings; an older time than the last one's would look like a reading out of order.
  const takenAtMs = Math.max(good.takenAtMs, carried.takenAtMs);
  return { target: counts('target'), needed: counts('needed'), takenAtMs };
}

/** Nothing is trusted: a full answer without gauges still says something, everything else is unknown. */
function whatIsLeft(judgements: readonly Judgement[]): Reading<GaugesAnswer> {
  const absent = judgements.find((one) => one.absent !== undefined)?.absent;
  const others = judgements.filter(({ state }) => state !== 'absent' && state !== 'unread');
  if (absent !== undefined && others.length === 0) return absent;
  const whys = (others.length > 0 ? others : judgements).flatMap(({ why }) => why ?? []);
  return unknown(whys.length === 0 ? 'no source has been read yet' : [...new Set(whys)].join('; '));
}

function viewOf(
  { source, good }: GaugeCandidate,
  { state, why, trusted }: Judgement,
  inUse: string | undefined,
  nowMs: number,
): SourceView {
  return {
    source,
    state: source === inUse ? 'in-use' : state,
    why,
    numbers: trusted?.numbers,
    ageMs: good === undefined ? undefined : nowMs - good.takenAtMs,
  };
}
