/**
 * The first half of a pass: from what was observed to the count that should serve. The removal is planned by it, and plays
 * no part in it.
 */
import type { CoreMemory, Decision } from './decision.ts';
import type { ApplicationDemand } from './demand.ts';
import { buildFleet, type Fleet } from './fleet.ts';
import { foresee } from './foresight.ts';
import { watchMaster } from './guard.ts';
import type { Verdict } from './policy.ts';
import { servingWorkers } from './removal.ts';
import { restartCost, watchRestarts } from './restart.ts';
import type { MasterView } from './spark-view.ts';
import { allDemands, applyPolicy, shapeOf, tracePacking, type Scene } from './stages.ts';
import { workersWanted, type WantedInput, type WorkersWanted } from './wanted.ts';

export interface Counted {
  readonly fleet: Fleet;
  readonly demands: readonly ApplicationDemand[];
  /** False where the demand of some application is not known. */
  readonly certain: boolean;
  readonly wantedInput: WantedInput;
  readonly wanted: WorkersWanted;
  /** Workers kept ready, those wanted included; 0 for none. */
  readonly floor: number;
  /** Workers ALIVE at the master. */
  readonly observed: number;
  /** Workers planned that are not on their way out. */
  readonly serving: number;
  readonly verdict: Verdict;
  readonly hold: Decision['hold'];
  /** All that is remembered but what belongs to the removal, which is as it was. */
  readonly memory: CoreMemory;
}

/** Demand, packing, foresight and policy with its bounds, told in the trace. Pure. */
export function countWorkers(scene: Scene, master: MasterView, memory: CoreMemory): Counted {
  const { observation, rules, trace, target, pods, guards } = scene;
  const fleet = buildFleet(master, pods.known ? pods.value : [], target, guards);
  const { observed, serving } = whoIsThere(scene, fleet, master);
  const workerShape = shapeOf(fleet, target, memory, rules);
  const { demands, memory: demandMemory } = allDemands(scene, memory, workerShape);
  const wantedInput = {
    demands,
    drivers: master.drivers,
    fleet,
    podsKnown: pods.known,
    servingWorkers: serving,
    workerShape,
    placement: rules.placement,
  };
  const packed = workersWanted(wantedInput);
  tracePacking(trace, packed, workerShape);
  const certain = demands.every((one) => one.certain);
  const starts = pods.known ? watchRestarts(memory.restart, fleet.pods, observation.nowEpochMs) : memory.restart;
  const restart = restartCost(starts);
  const ahead = foresee(
    { demands, wanted: packed, workerShape, restart, certain, rules, nowMs: observation.nowMs, trace },
    memory.foresight,
  );
  const { wanted, floor } = ahead;

  const guard = watchMaster(memory.guard, master, fleet, observation.nowMs, rules.holdMs, pods.known);
  const seen = { wanted: wanted.wanted, floor, restart, serving, certain };
  const { verdict, memory: judged, hold } = applyPolicy(scene, memory, demands, seen);
  trace.add('policy', verdict.sentence, { reason: verdict.reason, desiredWorkers: verdict.desired });
  const learnt = {
    demands: demandMemory,
    guard,
    lastShape: workerShape,
    foresight: ahead.memory,
    restart: starts,
  };
  const counts = { wantedInput, wanted, floor, hold, observed, serving };
  return { fleet, demands, certain, ...counts, verdict, memory: { ...memory, ...judged, ...learnt } };
}

/** Workers ALIVE at the master and those that serve. */
function whoIsThere(scene: Scene, fleet: Fleet, master: MasterView): { observed: number; serving: number } {
  const { trace, target } = scene;
  const observed = master.workers.filter((worker) => worker.state === 'ALIVE').length;
  const serving = servingWorkers(target.plannedWorkers, fleet);
  trace.add('observe', `${observed} workers registered, ${target.plannedWorkers} planned`, {
    observedWorkers: observed,
    plannedWorkers: target.plannedWorkers,
    existingPods: target.existingPods,
    servingWorkers: serving,
  });
  return { observed, serving };
}
