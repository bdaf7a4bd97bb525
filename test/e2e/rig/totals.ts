/** Figures of removals: of one scenario, and of all of a run together. Pure. */
import { countFaults, FAULT_KINDS, type FaultCounts, type FiredFault } from './fault-log.ts';
import type { Removal } from './removals.ts';

export interface RemovalFigures {
  readonly removals: number;
  /** Of these: victims that held shuffle when chosen, ran tasks when chosen, were hit by a fault on their way. */
  readonly heldShuffle: number;
  readonly hadTasks: number;
  readonly withFaults: number;
  readonly faults: FaultCounts;
  /** From surplus since a hold to pod gone, in seconds, one entry a removal. */
  readonly drainSeconds: readonly number[];
  readonly idleSeconds: readonly number[];
  readonly fetchFailures: number;
  readonly stagesRunTwice: number;
  readonly mapTasksRepeated: number;
}

/** What the issue asks of the whole record. */
export const WANTED = { removals: 200, heldShuffle: 100, hadTasks: 50, shareWithFaults: 0.25, eachFault: 5 };

/** Work that was done again. */
export type Repeats = Pick<RemovalFigures, 'fetchFailures' | 'stagesRunTwice' | 'mapTasksRepeated'>;

export function figuresOf(
  removals: readonly Removal[],
  fired: readonly FiredFault[],
  repeats: Repeats,
): RemovalFigures {
  const seconds = (mode: Removal['mode']): number[] =>
    removals.flatMap((one) =>
      one.mode !== mode || one.surplusAtMs === undefined ? [] : [(one.goneAtMs - one.surplusAtMs) / 1000],
    );
  return {
    removals: removals.length,
    heldShuffle: removals.filter(({ heldShuffle }) => heldShuffle).length,
    hadTasks: removals.filter(({ hadTasks }) => hadTasks).length,
    withFaults: removals.filter(({ faults }) => faults.length > 0).length,
    faults: countFaults(fired),
    drainSeconds: seconds('drain'),
    idleSeconds: seconds('idle'),
    ...repeats,
  };
}

/** Sums; the lists of seconds are put together. */
export function addFigures(all: readonly RemovalFigures[]): RemovalFigures {
  const sum = (pick: (one: RemovalFigures) => number): number => all.reduce((total, one) => total + pick(one), 0);
  const faults = FAULT_KINDS.map((kind) => [kind, sum((one) => one.faults[kind] ?? 0)] as const);
  return {
    removals: sum((one) => one.removals),
    heldShuffle: sum((one) => one.heldShuffle),
    hadTasks: sum((one) => one.hadTasks),
    withFaults: sum((one) => one.withFaults),
    faults: Object.fromEntries(faults),
    drainSeconds: all.flatMap((one) => one.drainSeconds),
    idleSeconds: all.flatMap((one) => one.idleSeconds),
    fetchFailures: sum((one) => one.fetchFailures),
    stagesRunTwice: sum((one) => one.stagesRunTwice),
    mapTasksRepeated: sum((one) => one.mapTasksRepeated),
  };
}

/** What the record lacks; empty if it is whole. */
export function missingFrom(total: RemovalFigures): readonly string[] {
  const missing: string[] = [];
  const need = (what: string, found: number, wanted: number): void => {
    if (found < wanted) missing.push(`${what}: ${found}, wanted ${wanted}`);
  };
  need('removals', total.removals, WANTED.removals);
  need('victims that held shuffle', total.heldShuffle, WANTED.heldShuffle);
  need('victims with tasks', total.hadTasks, WANTED.hadTasks);
  need('removals with a fault', total.withFaults, Math.ceil(total.removals * WANTED.shareWithFaults));
  for (const kind of FAULT_KINDS) need(kind, total.faults[kind] ?? 0, WANTED.eachFault);
  return missing;
}

/** Lines for people; none where there were no removals to tell of. */
export function removalLines(figures: RemovalFigures | undefined): readonly string[] {
  if (figures === undefined) return [];
  const { removals, heldShuffle, hadTasks, withFaults, faults } = figures;
  const fired = FAULT_KINDS.flatMap((kind) => {
    const count = faults[kind] ?? 0;
    return count > 0 ? [`${kind} ${count}`] : [];
  });
  return [
    `${removals} removals: ${heldShuffle} held shuffle, ${hadTasks} had tasks, ${withFaults} with a fault`,
    `fetches failed ${figures.fetchFailures}, stages run twice ${figures.stagesRunTwice}, map tasks repeated ${figures.mapTasksRepeated}`,
    ...(fired.length > 0 ? [`faults fired: ${fired.join(', ')}`] : []),
    `surplus since hold to pod gone: drain ${spreadOf(figures.drainSeconds)}, idle ${spreadOf(figures.idleSeconds)}`,
  ];
}

function spreadOf(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const last = sorted.at(-1);
  if (middle === undefined || last === undefined) return '-';
  return `p50 ${middle.toFixed(1)} s, max ${last.toFixed(1)} s (of ${sorted.length})`;
}
