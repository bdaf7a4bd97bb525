/**
 * The first half of a pass: from what was observed to the count that should serve. The removal is planned by it, and plays
 * no part in it.
 */
import type { CoreMemory, Decision } from './decision.ts';
import type { ApplicationDemand } from './demand.ts';
import { buildFleet, type Fleet } from './fleet.ts';
import { foresee } from './foresight.ts';
import { watchMaster } from './guard.ts';
import { LastMade } from './kept.ts';
import { newcomers, watchListing } from './newcomers.ts';
import type { Verdict } from './policy.ts';
import { servingWorkers } from './removal.ts';
import { restartCost, watchRestarts } from './restart.ts';
import { fitCount, resourcesKey, type Resources } from './resources.ts';
import type { MasterView, WorkerView } from './spark-view.ts';
import { allDemands, applyPolicy, keptByCalendar, shapeOf, tracePacking, type Scene } from './stages.ts';
import { traceLine } from './trace.ts';
import { withoutUnused } from './unused.ts';
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
  readonly calendar: Decision['calendar'];
  /** All that is remembered but what belongs to the removal, which is as it was. */
  readonly memory: CoreMemory;
}

/** Demand, packing, foresight and policy with its bounds, told in the trace. Pure. */
export function countWorkers(scene: Scene, master: MasterView, memory: CoreMemory): Counted {
  const { observation, rules, trace, target, pods, guards } = scene;
  const fleet = buildFleet(master, pods.known ? pods.value : [], target, guards);
  const listing = watchListing(memory.listing, pods, fleet);
  const came = newcomers(listing, pods, fleet);
  const { observed, serving } = whoIsThere(scene, fleet, came);
  const workerShape = shapeOf(fleet, target, memory, rules);
  const all = allDemands(scene, memory, workerShape);
  const { demands, memory: unused } = takenDemands(scene, fleet, workerShape, all.demands, memory);
  const wantedInput = {
    demands,
    drivers: master.drivers,
    fleet,
    podsKnown: pods.known,
    newcomers: came,
    servingWorkers: serving,
    workerShape,
    placement: rules.placement,
  };
  const packed = pack(wantedInput);
  tracePacking(trace, packed, workerShape);
  const certain = demands.every((one) => one.certain);
  const starts = pods.known ? watchRestarts(memory.restart, fleet, observation.nowEpochMs) : memory.restart;
  const restart = restartCost(starts);
  const ahead = foresee(
    { demands, wanted: packed, workerShape, restart, certain, rules, nowMs: observation.nowMs, trace },
    memory.foresight,
  );
  const { wanted } = ahead;
  const calendar = keptByCalendar(scene, memory);
  const floor = Math.max(ahead.floor, calendar?.workers ?? 0);

  const guard = watchMaster(memory.guard, master, fleet, observation.nowMs, rules.holdMs, pods.known);
  const seen = { wanted: wanted.wanted, floor: ahead.floor, calendar, restart, serving, certain };
  const { verdict, memory: judged, hold } = applyPolicy(scene, memory, demands, seen);
  trace.add('policy', verdict.sentence, { reason: verdict.reason, desiredWorkers: verdict.desired });
  const remembered = {
    ...memory,
    policy: judged.policy,
    original: judged.original,
    demands: all.memory,
    unused,
    guard,
    lastShape: workerShape,
    foresight: ahead.memory,
    restart: starts,
    listing,
  };
  const counts = { wantedInput, wanted, floor, calendar, hold, observed, serving, verdict };
  return { ...counts, fleet, demands, certain, memory: remembered };
}

const packings = new LastMade<WorkersWanted>();

/** The fleet tells of the master and of the pods, so what else there is of the input is the key. */
function pack(input: WantedInput): WorkersWanted {
  const { fleet, newcomers, servingWorkers, workerShape, placement, demands } = input;
  const key = [fleet, servingWorkers, workerShape, placement, newcomers.length, ...newcomers, ...demands];
  return packings.get(key, () => workersWanted(input));
}

/** What of the demand counts: all, but for what nobody takes. */
function takenDemands(
  { observation, rules, trace }: Scene,
  fleet: Fleet,
  workerShape: Resources | undefined,
  all: readonly ApplicationDemand[],
  memory: CoreMemory,
): ReturnType<typeof withoutUnused> {
  const nothingIsUnused = fleet.idleWorkers.length + memory.unused.size === 0;
  if (!rules.dropsUnused || nothingIsUnused) return { demands: all, memory: memory.unused };
  // Looked for once a pass, however many applications wait: in a full cluster none is found.
  let idleSizes: readonly Resources[] | undefined;
  const hasRoom = (shape: Resources): boolean =>
    (idleSizes ??= sizesOfIdle(fleet)).some((total) => fitCount(shape, total) > 0);
  const taken = withoutUnused({ demands: all, hasRoom, workerShape, nowMs: observation.nowMs }, memory.unused);
  taken.demands.forEach((one, index) => {
    if (one !== all[index]) trace.add('demand', one.sentence, { executors: one.executors, heldExecutors: one.held });
  });
  return taken;
}

/** The sizes of the idle workers of ours that serve, each once. */
function sizesOfIdle({ idleWorkers }: Fleet): readonly Resources[] {
  const sizes = new Map<string, Resources>();
  for (const { total } of idleWorkers) sizes.set(resourcesKey(total), total);
  return [...sizes.values()];
}

/** Workers ALIVE at the master and those that serve. */
function whoIsThere(
  scene: Scene,
  fleet: Fleet,
  came: readonly WorkerView[],
): { readonly observed: number; readonly serving: number } {
  const { trace, target } = scene;
  const observed = fleet.aliveWorkers;
  const serving = servingWorkers(target.plannedWorkers, fleet);
  const { plannedWorkers, existingPods } = target;
  trace.addLater(() => {
    const facts = { observedWorkers: observed, plannedWorkers, existingPods, servingWorkers: serving };
    return [traceLine('observe', `${observed} workers registered, ${plannedWorkers} planned`, facts)];
  });
  if (came.length > 0) {
    const sentence = `${came.length} workers have registered since the pods were listed: ours, as far as ours are on their way`;
    trace.add('observe', sentence, { unlistedWorkers: came.length });
  }
  return { observed, serving };
}
