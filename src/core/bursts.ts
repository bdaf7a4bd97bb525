/**
 * Short work: what would be over before a worker that is asked for now could help. Only workers that are there already make
 * it faster, so it is answered by a floor that is learned from the bursts seen, and growth for it is only as large as pays.
 */
import { LastMade } from './kept.ts';
import type { RestartCost } from './restart.ts';
import type { Rules } from './rules.ts';

/** What one application runs and waits for, as far as it can be counted in workers. */
export interface Backlog {
  readonly applicationId: string;
  /** Workers that all its executors would fill; a broken number. */
  readonly workers: number;
  /** Mean time of its tasks in milliseconds; undefined where nobody knows it. */
  readonly taskMs: number | undefined;
}

/** A time in which short work was there. */
export interface Burst {
  /** Since the burst before it ended; undefined for the first. */
  readonly gapMs: number | undefined;
  /** Most workers that it could have used. */
  readonly workers: number;
  readonly taskMs: number;
}

export interface BurstMemory {
  /** The newest last. */
  readonly bursts: readonly Burst[];
  readonly open: Burst | undefined;
  /** When short work was last there; monotonic milliseconds. */
  readonly lastMs: number | undefined;
}

export const NEW_BURST_MEMORY: BurstMemory = { bursts: [], open: undefined, lastMs: undefined };

/** Bursts that are remembered, and gaps that are gone by. */
export const BURSTS_KEPT = 64;
const GAPS_USED = 20;
/** No more workers are kept than the largest of the newest few could have used: load has its tides. */
const NEWEST = 6;
/** A wait of a second is not felt. */
const UNFELT_MS = 1_000;
/** Of the bursts so many are served within the time that a worker takes to start: longer would be no better than nothing. */
const SERVED_SOON = 0.95;
/** Workers that are kept are not busy for more than this share of the time, or waits would pile up. */
const MOST_LOADED = 0.7;
/** A little less than a worker more is left out. */
const SPARED = 0.2;
/** Gaps are covered up to the mean and so many mean deviations. */
const DEVIATIONS = 2;

/** Whether a backlog would be over before a new worker could help, if all workers there may be served it. */
export function isShort({ workers, taskMs }: Backlog, helpMs: number, maxWorkers: number): boolean {
  if (taskMs === undefined || workers <= 0) return false;
  return (workers / Math.min(workers, maxWorkers)) * taskMs <= helpMs;
}

/** Brings the memory up to date with the backlogs of this pass. */
export function watchBursts(
  memory: BurstMemory,
  backlogs: readonly Backlog[],
  { helpMs }: RestartCost,
  maxWorkers: number,
  nowMs: number,
): BurstMemory {
  let workers = 0;
  let workMs = 0;
  for (const one of backlogs) {
    if (!isShort(one, helpMs, maxWorkers)) continue;
    workers += one.workers;
    workMs += one.workers * (one.taskMs ?? 0);
  }
  const { open, lastMs } = memory;
  if (workers > 0) {
    const now = { workers, taskMs: workMs / workers };
    const gapMs = lastMs === undefined ? undefined : nowMs - lastMs;
    const larger = open === undefined ? { ...now, gapMs } : { ...open, ...(workers > open.workers ? now : {}) };
    return { ...memory, open: larger, lastMs: nowMs };
  }
  return open === undefined
    ? memory
    : { ...memory, open: undefined, bursts: [...memory.bursts, open].slice(-BURSTS_KEPT) };
}

/** A floor, until when it holds, and what speaks for it. */
export interface LearnedFloor {
  readonly workers: number;
  /** Monotonic milliseconds, that moment included. */
  readonly untilMs: number;
  readonly sentence: string;
}

/**
 * Workers to be kept for the next burst: so many that `rules.floorShare` of the bursts seen would have waited no more than a
 * second for them, and nearly all no longer than a worker takes to start. They are kept for as long as the gaps have been,
 * where that is worth it: a worker-second that is kept has to be worth less than the wait that it spares. Undefined where
 * nothing is to be kept, whatever the time.
 */
export function learnedFloor(
  { bursts, lastMs }: BurstMemory,
  rules: Rules,
  restart: RestartCost,
): LearnedFloor | undefined {
  if (rules.floorShare <= 0 || bursts.length === 0 || lastMs === undefined) return undefined;
  const learned = floors.get([bursts, rules, restart], () => floorBy(bursts, rules, restart));
  if (learned === undefined) return undefined;
  const { workers, keptMs, sentence } = learned;
  return { workers, untilMs: lastMs + keptMs, sentence };
}

/** A new list comes with each burst. */
const floors = new LastMade<Floor | undefined>();

/** What is kept after each burst, and for how long. */
interface Floor {
  readonly workers: number;
  readonly keptMs: number;
  readonly sentence: string;
}

function floorBy(bursts: readonly Burst[], rules: Rules, restart: RestartCost): Floor | undefined {
  const unfelt = bursts.map((one) => needOf(one, UNFELT_MS));
  const newest = Math.max(...unfelt.slice(-NEWEST));
  const soon = quantile(
    bursts.map((one) => needOf(one, restart.startMs)),
    SERVED_SOON,
  );
  const most = Math.max(Math.min(newest, quantile(unfelt, rules.floorShare)), soon, loadOf(bursts) / MOST_LOADED);
  const workers = Math.min(rules.maxWorkers, Math.ceil(most - SPARED));
  const worthMs = restart.costMs + (rules.waitWorth * restart.helpMs) / workers;
  const gaps = bursts.flatMap(({ gapMs }) => gapMs ?? []).slice(-GAPS_USED);
  const keptMs = keptFor(gaps, worthMs);
  if (keptMs <= 0) return undefined;
  const sentence =
    `${workers} workers are kept for ${Math.round(keptMs / 1000)} s after a burst of short work: ` +
    `${Math.round(100 * rules.floorShare)} % of the last ${bursts.length} would have found them enough`;
  return { workers, keptMs, sentence };
}

/** Workers with which a burst takes so much longer than with all that it could use. */
function needOf({ workers, taskMs }: Burst, waitMs: number): number {
  return (workers * taskMs) / (taskMs + waitMs);
}

/** Workers that were busy on average, from the first burst to the last. */
function loadOf(bursts: readonly Burst[]): number {
  let workMs = 0;
  let passedMs = 0;
  for (const { gapMs, workers, taskMs } of bursts) {
    if (gapMs === undefined) continue;
    workMs += workers * taskMs;
    passedMs += gapMs + taskMs;
  }
  return passedMs === 0 ? 0 : workMs / passedMs;
}

function keptFor(gaps: readonly number[], worthMs: number): number {
  if (gaps.length < 2) return worthMs;
  const mean = meanOf(gaps);
  if (mean > worthMs) return 0;
  return Math.max(worthMs, mean + DEVIATIONS * meanOf(gaps.map((gap) => Math.abs(gap - mean))));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that so many of the values do not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
