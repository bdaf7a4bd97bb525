/**
 * What is to be expected beside what is wanted now: work that will be over before a new worker could help, bursts that come
 * again, demand that climbs. None of it counts before a start of a worker has been measured here.
 */
import {
  learnedFloor,
  NEW_BURST_MEMORY,
  watchBursts,
  type Backlog,
  type BurstMemory,
  type LearnedFloor,
} from './bursts.ts';
import { NEW_CLIMB_MEMORY, nextStep, watchClimb, type ClimbMemory, type ClimbStep } from './climb.ts';
import type { ApplicationDemand } from './demand.ts';
import { worthwhileWorkers } from './late.ts';
import type { RestartCost } from './restart.ts';
import { fitCount, type Resources } from './resources.ts';
import type { Rules } from './rules.ts';
import type { Trace } from './trace.ts';
import type { WorkersWanted } from './wanted.ts';

export interface ForesightMemory {
  readonly bursts: BurstMemory;
  readonly climb: ClimbMemory;
  /** Since when each application has had executors without room, by its id; monotonic milliseconds. */
  readonly unmetSinceMs: ReadonlyMap<string, number>;
}

export const NEW_FORESIGHT_MEMORY: ForesightMemory = {
  bursts: NEW_BURST_MEMORY,
  climb: NEW_CLIMB_MEMORY,
  unmetSinceMs: new Map(),
};

export interface ForesightInput {
  readonly demands: readonly ApplicationDemand[];
  readonly wanted: WorkersWanted;
  readonly workerShape: Resources | undefined;
  readonly restart: RestartCost | undefined;
  /** False while something the demand is made of is unknown: nothing is learned from that. */
  readonly certain: boolean;
  readonly rules: Rules;
  readonly nowMs: number;
  readonly trace: Trace;
}

export interface Foresight {
  /** Workers wanted, less those that would come too late. */
  readonly wanted: WorkersWanted;
  /** Workers to be kept ready, those wanted included; 0 for none. */
  readonly floor: number;
  readonly memory: ForesightMemory;
}

/** Looks ahead, and says what was made of it. Pure. */
export function foresee(input: ForesightInput, memory: ForesightMemory): Foresight {
  const { demands, workerShape, restart, rules, nowMs, certain } = input;
  if (restart === undefined || workerShape === undefined) return { wanted: input.wanted, floor: 0, memory };
  const backlogs = demands.map((demand) => backlogOf(demand, workerShape));
  const bursts = certain
    ? watchBursts(memory.bursts, backlogs, restart, rules.maxWorkers, nowMs)
    : { ...memory.bursts, open: undefined };
  const unmetSinceMs = unmetSince(input, memory);
  const wanted = withoutLate(input, () => lasting(backlogs, unmetSinceMs, restart, nowMs), restart);
  const climb = certain ? watchClimb(memory.climb, wanted.wanted, nowMs) : NEW_CLIMB_MEMORY;
  const memoryNow = { bursts, climb, unmetSinceMs };
  const { kept, ahead } = expectations(memoryNow, rules, restart, nowMs);
  if (kept !== undefined) input.trace.add('foresight', kept.sentence, { floorWorkers: kept.workers });
  if (ahead !== undefined) {
    const sentence = `demand climbs: ${ahead.workers} workers ahead of it`;
    input.trace.add('foresight', sentence, { aheadWorkers: ahead.workers });
  }
  const floor = Math.max(kept?.workers ?? 0, ahead === undefined ? 0 : wanted.wanted + ahead.workers);
  return { wanted, floor: Math.min(floor, rules.maxWorkers), memory: memoryNow };
}

/** What is to be expected now. */
export function expectations(
  { bursts, climb }: Pick<ForesightMemory, 'bursts' | 'climb'>,
  rules: Rules,
  restart: RestartCost,
  nowMs: number,
): { readonly kept: LearnedFloor | undefined; readonly ahead: ClimbStep | undefined } {
  const floor = learnedFloor(bursts, rules, restart);
  const step = rules.stepsAhead ? nextStep(climb, restart.helpMs) : undefined;
  return {
    kept: floor !== undefined && nowMs <= floor.untilMs ? floor : undefined,
    ahead: step !== undefined && nowMs <= step.untilMs ? step : undefined,
  };
}

/** What an application runs and waits for, in workers. */
function backlogOf({ id, executors, shape, taskMs }: ApplicationDemand, workerShape: Resources): Backlog {
  const fit = fitCount(shape, workerShape);
  return { applicationId: id, workers: fit === 0 || !Number.isFinite(fit) ? 0 : executors / fit, taskMs };
}

function unmetSince({ wanted, nowMs }: ForesightInput, memory: ForesightMemory): ReadonlyMap<string, number> {
  if (wanted.unplacedByOwner.size === 0 && memory.unmetSinceMs.size === 0) return memory.unmetSinceMs;
  return new Map([...wanted.unplacedByOwner.keys()].map((id) => [id, memory.unmetSinceMs.get(id) ?? nowMs]));
}

/** What has waited for as long as a new worker would have taken to help is not over soon, however short its tasks. */
function lasting(
  backlogs: readonly Backlog[],
  unmetSinceMs: ReadonlyMap<string, number>,
  { helpMs }: RestartCost,
  nowMs: number,
): readonly Backlog[] {
  return backlogs.map((one) => {
    const sinceMs = unmetSinceMs.get(one.applicationId);
    return sinceMs !== undefined && nowMs - sinceMs >= helpMs ? { ...one, taskMs: undefined } : one;
  });
}

function withoutLate(
  { wanted, demands, workerShape, rules, trace }: ForesightInput,
  backlogs: () => readonly Backlog[],
  restart: RestartCost,
): WorkersWanted {
  if (wanted.newWorkers === 0 || !rules.skipsLate) return wanted;
  const unplaced = new Map(
    demands.map(({ id, shape }): [string, number] => {
      const fit = workerShape === undefined ? 0 : fitCount(shape, workerShape);
      return [id, fit === 0 ? 0 : (wanted.unplacedByOwner.get(id) ?? 0) / fit];
    }),
  );
  const worth = worthwhileWorkers(backlogs(), unplaced, wanted.newWorkers, rules, restart);
  if (worth === wanted.newWorkers) return wanted;
  const late = wanted.newWorkers - worth;
  trace.add('foresight', `${late} of ${wanted.newWorkers} new workers would come too late to be worth it`, {
    lateWorkers: late,
  });
  // As without them: more demand must not want fewer than less of it, which a fresh packing would have answered.
  return { ...wanted, newWorkers: worth, wanted: Math.max(wanted.wanted - late, wanted.fewest) };
}
