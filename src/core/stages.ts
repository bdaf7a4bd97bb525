/** The stages between what was observed and what is done: each a pure function that appends to the trace. */
import { calendarFloor, type CalendarFloor } from './calendar.ts';
import type { PodView, TargetView } from './cluster-view.ts';
import type { CoreMemory, Decision } from './decision.ts';
import {
  demandOf,
  forgetBeyond,
  NO_DEMAND_MEMORY,
  type ApplicationDemand,
  type DemandContext,
  type DemandMemories,
} from './demand.ts';
import type { Fleet } from './fleet.ts';
import { shrinkBlockers, type GuardMemory } from './guard.ts';
import { LastMade } from './kept.ts';
import type { ApplicationObservation, Observation } from './observation.ts';
import { decideOriginal } from './original.ts';
import { decideCount, type PolicyInput, type Verdict } from './policy.ts';
import type { Known, Reading } from './reading.ts';
import type { Guards } from './removal-guards.ts';
import { isEqual, type Resources } from './resources.ts';
import type { Rules } from './rules.ts';
import type { MasterView } from './spark-view.ts';
import { traceLine, type Trace } from './trace.ts';
import { verify } from './verify.ts';
import type { WorkersWanted } from './wanted.ts';

/** What the stages hand on to each other; built once at the start of a pass. */
export interface Scene {
  readonly observation: Observation;
  readonly rules: Rules;
  readonly trace: Trace;
  readonly target: TargetView;
  readonly pods: Reading<readonly PodView[]>;
  readonly newWrongVictims: readonly string[];
  readonly guards: Guards;
}

/**
 * R6: what a worker of ours offers, as seen; else as the template says; else as set; else as it was last seen. The same object
 * as long as it is the same: much is kept by it.
 */
export function shapeOf(
  fleet: Fleet,
  target: TargetView,
  { lastShape }: CoreMemory,
  rules: Rules,
): Resources | undefined {
  const withWorker = fleet.pods.find(({ alive }) => alive.length > 0);
  const shape = withWorker?.alive[0]?.total ?? target.workerShape ?? rules.workerShape ?? lastShape;
  return shape !== undefined && lastShape !== undefined && isEqual(shape, lastShape) ? lastShape : shape;
}

/** Demand of every application, in the master's order, and what to remember of each. */
export function allDemands(scene: Scene, memory: CoreMemory, workerShape: Resources | undefined): Demands {
  const { observation, rules, trace } = scene;
  const { applications, nowMs } = observation;
  const { burstMs, skipsLate } = rules;
  const context = { nowMs, burstMs, skipsLate, workerShape };
  const key = [applications, memory.demands, nowMs, burstMs, skipsLate, workerShape];
  const made = newest.get(key, () => demandsBy(applications, memory.demands, context));
  trace.addLater(() =>
    made.demands.map(({ sentence, executors, held, basis, certain }) =>
      traceLine('demand', sentence, { executors, heldExecutors: held, basis, certain }),
    ),
  );
  return made;
}

interface Demands {
  readonly demands: readonly ApplicationDemand[];
  readonly memory: DemandMemories;
}

/** Who simulates looks at the demand first, and then often decides by it. */
const newest = new LastMade<Demands>();

function demandsBy(
  applications: readonly ApplicationObservation[],
  before: DemandMemories,
  context: DemandContext,
): Demands {
  let changed: DemandMemories[number][] | undefined;
  const demands = applications.map((observed, place) => {
    const { id } = observed.application;
    const there = before[place];
    const last = there?.[0] === id ? there : before.find(([other]) => other === id);
    const one = demandOf(observed, last?.[1] ?? NO_DEMAND_MEMORY, context, place);
    const after = last?.[1] === one.memory ? last : ([id, one.memory] as const);
    if (after !== there) changed ??= before.slice(0, place);
    changed?.push(after);
    return one.demand;
  });
  forgetBeyond(demands.length);
  const unchanged = before.length === demands.length ? before : before.slice(0, demands.length);
  return { demands, memory: changed ?? unchanged };
}

/** Says what packing found. */
export function tracePacking(trace: Trace, wanted: WorkersWanted, shape: Resources | undefined): void {
  trace.addLater(() => {
    const { wanted: wantedWorkers, newWorkers, spareIdleWorkers, spareArrivingWorkers, unplacedExecutors } = wanted;
    const size = shape === undefined ? 'of unknown size' : `of ${shape.cores} cores and ${shape.memoryMiB} MiB`;
    const facts = { wantedWorkers, newWorkers, spareIdleWorkers, spareArrivingWorkers, unplacedExecutors };
    return [traceLine('packing', `the demand needs ${wantedWorkers} workers ${size}`, facts)];
  });
  for (const { owner, executors, mend } of wanted.infeasible) {
    trace.add('packing', `${executors} executors of ${owner} fit no worker: ${mend}`);
  }
  for (const owner of wanted.starved) {
    trace.add('packing', `more workers would not help ${owner}: another application takes every core first`);
  }
}

/** What the calendar keeps now: nothing where no window is open, nor where somebody set the count to zero. */
export function keptByCalendar(
  { observation, rules, target, trace }: Scene,
  { emptiedAtMs }: CoreMemory,
): CalendarFloor | undefined {
  const floor = calendarFloor(observation.calendar ?? [], observation.nowEpochMs, rules.maxWorkers);
  if (floor === undefined) return undefined;
  const isWish = target.plannedWorkers === 0 && emptiedAtMs === undefined;
  const but = isWish ? '; but the count was set to zero, not by this daemon, and stays until something is wanted' : '';
  trace.add('calendar', floor.sentence + but, { calendarWorkers: floor.workers, untilEpochMs: floor.untilEpochMs });
  return isWish ? undefined : floor;
}

/** When this daemon emptied the cluster; forgotten once a later reading shows that somebody has set another count. */
export function stillEmptied(emptiedAtMs: number | undefined, target: Known<TargetView>): number | undefined {
  if (emptiedAtMs === undefined || (target.value.plannedWorkers > 0 && target.takenAtMs > emptiedAtMs))
    return undefined;
  return emptiedAtMs;
}

/** The count by the policy that is set; ours is kept up to date beside the original, so that switching is smooth. */
export function applyPolicy(
  scene: Scene,
  memory: CoreMemory,
  demands: readonly ApplicationDemand[],
  seen: Pick<PolicyInput, 'wanted' | 'floor' | 'calendar' | 'restart' | 'serving' | 'certain'>,
): { verdict: Verdict; memory: Pick<CoreMemory, 'policy' | 'original'>; hold: Decision['hold'] } {
  const { observation, rules } = scene;
  const { nowMs, nowEpochMs } = observation;
  const { serving, certain, calendar } = seen;
  const planned = scene.target.plannedWorkers;
  const ours = decideCount({ ...seen, planned, nowMs, nowEpochMs }, memory.policy, rules);
  if (rules.policy === 'hysteresis') {
    const hold = { holdMs: ours.holdMs, restart: seen.restart };
    return { verdict: ours.verdict, memory: { policy: ours.memory, original: memory.original }, hold };
  }
  const sumOfTargets = demands.reduce((sum, demand) => sum + (demand.targetExecutors ?? 0), 0);
  const original = decideOriginal({ sumOfTargets, serving, certain, calendar, nowMs }, memory.original, rules);
  return { verdict: original.verdict, memory: { policy: ours.memory, original: original.memory }, hold: undefined };
}

/** Everything that forbids lowering the count now. */
export function blockersOf(
  scene: Scene,
  guard: GuardMemory,
  master: MasterView,
  fleet: Fleet,
  demands: readonly ApplicationDemand[],
  memory: CoreMemory,
): readonly string[] {
  const blockers = [...shrinkBlockers(guard, master, fleet, scene.guards)];
  if (scene.target.unsettled !== undefined) blockers.push(scene.target.unsettled);
  if (!scene.pods.known) blockers.push(`the pods are unknown: ${scene.pods.reason}`);
  for (const demand of demands) if (!demand.certain) blockers.push(`the demand of ${demand.id} is unknown`);
  if (memory.expectation !== undefined) blockers.push('the last shrink is still being verified');
  return blockers;
}

/** Looks who went after the last shrink. */
export function checkVictims(
  memory: CoreMemory,
  pods: Reading<readonly PodView[]>,
  nowMs: number,
  trace: Trace,
): { memory: CoreMemory; newWrongVictims: readonly string[] } {
  if (memory.expectation === undefined || !pods.known) return { memory, newWrongVictims: [] };
  const { pending, wrongVictims, notGone } = verify(memory.expectation, pods.value, pods.takenAtMs, nowMs);
  if (wrongVictims.length > 0) trace.add('removal', `${wrongVictims.join(', ')} ended though not chosen`);
  if (notGone.length > 0) trace.add('removal', `${notGone.join(', ')} were chosen but did not end in time`);
  return {
    memory: { ...memory, expectation: pending, wrongVictims: memory.wrongVictims + wrongVictims.length },
    newWrongVictims: wrongVictims,
  };
}
