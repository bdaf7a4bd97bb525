/**
 * One decision: from an observation and a memory to an action, with a trace that explains it.
 *
 * The stages run in the order of policies.md 12: validate, demand, packing, policy with its bounds, guards, removal.
 * Pure: the daemon, the simulator and the replay run this same function.
 */
import type { PodView } from './cluster-view.ts';
import { emptyDecision, type CoreMemory, type Decision } from './decision.ts';
import { countWorkers, type Counted } from './count.ts';
import type { Fleet } from './fleet.ts';
import { masterUnseen } from './guard.ts';
import { drawLedger, EMPTY_LEDGER, type Ledger } from './ledger.ts';
import type { Observation } from './observation.ts';
import { describePins } from './pins.ts';
import { decideCount, noteMove, type Verdict } from './policy.ts';
import { freshAt, type Reading } from './reading.ts';
import { planRemoval, type Action, type RemovalPlan } from './removal.ts';
import { EMPTY_REPORT } from './removal-report.ts';
import {
  costsChanged,
  rememberEmpty,
  rememberPins,
  rememberPods,
  rememberQuiet,
  type RemovalMemory,
} from './removal-memory.ts';
import { GUARDS, type Guards } from './removal-guards.ts';
import type { Rules } from './rules.ts';
import type { MasterView } from './spark-view.ts';
import { blockersOf, checkVictims, keptByCalendar, stillEmptied, type Scene } from './stages.ts';
import { newTrace, traceLine } from './trace.ts';
import { workersOf } from './victims.ts';
import { expect, withoutPods } from './verify.ts';
import type { WantedInput, WorkersWanted } from './wanted.ts';
import { fitsWithout } from './without.ts';

/**
 * Decides once. Pass the returned memory into the next call; after an action that was carried out, pass it through
 * {@link noteApplied} first. Deciding twice from the same memory is allowed: that is how a plan is checked against
 * fresher readings before it is carried out. `guards` are all of them, save in the test that takes them out one by one.
 */
export function decide(
  observation: Observation,
  memory: CoreMemory,
  rules: Rules,
  guards: Guards = GUARDS,
): { readonly decision: Decision; readonly memory: CoreMemory } {
  const trace = newTrace();
  const target = freshAt(observation.target, observation.nowMs);
  if (!target.known) {
    trace.add('observe', `the worker controller is unknown: ${target.reason}`);
    const blind = { ...memory, policy: { ...memory.policy, peaks: [], knownSinceMs: undefined, mostNeeded: 0 } };
    return { decision: emptyDecision('target-unknown', target.reason, trace), memory: blind };
  }
  const pods = withDisruptions(freshAt(observation.pods, observation.nowMs), observation);
  const checked = checkVictims(memory, pods, observation.nowMs, trace);
  const emptiedAtMs = stillEmptied(checked.memory.emptiedAtMs, target);
  const remembered = { ...checked.memory, emptiedAtMs };
  const scene = {
    observation,
    rules,
    trace,
    target: target.value,
    pods,
    newWrongVictims: checked.newWrongVictims,
    guards,
  };
  const master = freshAt(observation.master, observation.nowMs);
  if (!master.known) {
    trace.add('observe', `the master is unknown: ${master.reason}`);
    return withoutMaster(
      scene,
      { ...remembered, guard: masterUnseen(remembered.guard) },
      'master-unknown',
      master.reason,
    );
  }
  if (master.value.status !== 'ALIVE') {
    const sentence = `the master is ${master.value.status}: only the one that is ALIVE is listened to`;
    trace.add('observe', sentence);
    return withoutMaster(scene, { ...remembered, guard: masterUnseen(remembered.guard) }, 'master-not-alive', sentence);
  }
  return decideWithMaster(scene, master.value, remembered);
}

/**
 * Notes that an action was carried out, or that nobody knows whether it was. Growth and shrink feed the budget of
 * reversals; a shrink is verified later.
 */
export function noteApplied(
  memory: CoreMemory,
  action: Action,
  pods: readonly PodView[],
  nowMs: number,
  nowEpochMs: number,
): CoreMemory {
  if (action.kind === 'replace') return { ...memory, expectation: withoutPods(memory.expectation, action.pods) };
  // A mark is the shrink: the count that follows it, maybe much later, is not another one.
  if (action.kind === 'mark') {
    // R24: a worker whose node goes is no surplus, and growth in its place reverses nothing.
    if (action.pods.every(({ disruption }) => disruption !== undefined)) return memory;
    return { ...memory, policy: noteMove(memory.policy, 'shrink', nowEpochMs) };
  }
  if (action.kind === 'choose' || action.kind === 'release') {
    return { ...memory, removal: costsChanged(memory.removal, action.pods, nowMs) };
  }
  if (action.kind !== 'resize') return memory;
  const emptiedAtMs = action.to === 0 ? nowMs : undefined;
  if (action.direction === 'grow') {
    return { ...memory, emptiedAtMs, policy: noteMove(memory.policy, 'grow', nowEpochMs) };
  }
  const wasMarked = action.victims.length > 0 && action.victims.every((pod) => pod.markedAtEpochMs !== undefined);
  const policy = wasMarked ? memory.policy : noteMove(memory.policy, 'shrink', nowEpochMs);
  const expectation = action.victims.length > 0 ? expect(pods, action.victims, nowMs) : memory.expectation;
  return { ...memory, emptiedAtMs, policy, expectation };
}

/** R24: pods on nodes that are about to go. Where nobody knows of the nodes, only what the pods themselves say. */
function withDisruptions(
  pods: Reading<readonly PodView[]>,
  { leavingNodes, nowMs }: Observation,
): Reading<readonly PodView[]> {
  const nodes = leavingNodes && freshAt(leavingNodes, nowMs);
  if (!pods.known || !nodes?.known || nodes.value.size === 0) return pods;
  const value = pods.value.map((pod) => {
    const disruption = pod.disruption ?? nodes.value.get(pod.nodeName ?? '');
    return disruption === undefined ? pod : { ...pod, disruption };
  });
  return { ...pods, value };
}

function decideWithMaster(
  scene: Scene,
  master: MasterView,
  memory: CoreMemory,
): { decision: Decision; memory: CoreMemory } {
  const { observation, trace, pods } = scene;
  const counted = countWorkers(scene, master, memory);
  const { fleet, demands, wanted, serving, verdict } = counted;

  const blockers = blockersOf(scene, counted.memory.guard, master, fleet, demands, memory);
  for (const blocker of blockers) trace.add('guard', blocker);
  const { nowMs } = observation;
  const remembered = pods.known ? rememberPods(memory.removal, fleet, nowMs) : memory.removal;
  const removalMemory = rememberQuiet(remembered, observation.applications, nowMs);
  const ledger = ledgerOf(scene, fleet, verdict.desired < serving, removalMemory);
  const context = { removalMemory, blockers, wantedInput: counted.wantedInput, wanted, serving, memory, ledger };
  const plan = act(scene, fleet, master, verdict, context);
  const { report } = plan;
  if (ledger.pinnedSinceMs.size > 0) {
    trace.addLater(() =>
      describePins(report.pins, report.standings.idle).map((sentence) => traceLine('removal', sentence)),
    );
  }
  trace.add('action', plan.sentence, { action: plan.action.kind });

  const decision = decisionOf(scene, counted, plan, blockers);
  const removal = rememberEmpty(rememberPins(removalMemory, ledger.pinnedSinceMs), plan.leaving, nowMs);
  return { decision, memory: { ...counted.memory, removal } };
}

/** What was decided, with all that explains it. */
function decisionOf(
  { target, newWrongVictims, trace }: Scene,
  { fleet, verdict, wantedInput, wanted, floor, calendar, hold, observed, demands }: Counted,
  plan: RemovalPlan,
  blockers: Decision['blockers'],
): Decision {
  return {
    action: plan.action,
    reason: verdict.reason,
    sentence: plan.action.kind === 'none' ? verdict.sentence : `${verdict.sentence}; ${plan.sentence}`,
    wantedWorkers: wanted.wanted,
    plannedWorkers: target.plannedWorkers,
    observedWorkers: observed,
    unlistedWorkers: wantedInput.newcomers.length,
    floorWorkers: floor,
    calendar,
    hold,
    desiredWorkers: verdict.desired,
    demands,
    infeasible: wanted.infeasible,
    starved: wanted.starved,
    blockers,
    leaving: plan.leaving,
    disrupted: disruptedPods(fleet),
    newWrongVictims,
    report: plan.report,
    trace,
  };
}

function disruptedPods(fleet: Fleet): Decision['disrupted'] {
  return fleet.doomed.map(({ pod: { name, disruption = '' } }) => ({ name, why: disruption }));
}

interface ActContext {
  readonly removalMemory: RemovalMemory;
  readonly blockers: readonly string[];
  readonly wantedInput: WantedInput;
  readonly wanted: WorkersWanted;
  readonly serving: number;
  readonly memory: CoreMemory;
  readonly ledger: Ledger;
}

/** What is kept where; asked only while somebody may have to go, and ages of pins count only while it is. */
function ledgerOf(scene: Scene, fleet: Fleet, tooMany: boolean, memory: RemovalMemory): Ledger {
  const { observation, rules, guards } = scene;
  const some = tooMany || fleet.leaving.length + fleet.chosen.length + fleet.doomed.length > 0;
  if (rules.paused || !some) return EMPTY_LEDGER;
  const { applications, nowMs } = observation;
  const { moveCachedBlocks, pinAgeLimitMs, quietMs } = rules;
  const { pinnedSinceMs, quietSinceMs } = memory;
  const limits = { moveCachedBlocks, pinAgeLimitMs, pinnedSinceMs, quietMs, quietSinceMs, nowMs, guards };
  return drawLedger(applications, limits);
}

/** Growth first: it never waits for a removal (I3). */
function act(scene: Scene, fleet: Fleet, master: MasterView, verdict: Verdict, context: ActContext): RemovalPlan {
  const { observation, rules, target, guards } = scene;
  if (rules.paused) return { action: { kind: 'none' }, sentence: 'paused', leaving: [], report: EMPTY_REPORT };
  const { nowMs } = observation;
  const { ledger } = context;
  const removal = planRemoval({
    context: {
      nowMs,
      nowEpochMs: observation.nowEpochMs,
      heartbeatFreshMs: rules.heartbeatFreshMs,
      fleet,
      driverWorkerIds: workersOf(master.drivers),
      workerSelves: observation.workerSelves,
      seenReady: context.removalMemory.seenReady,
      shared: context.removalMemory.shared,
      guards,
    },
    memory: context.removalMemory,
    rules,
    planned: target.plannedWorkers,
    existingPods: target.existingPods,
    target,
    desired: verdict.desired,
    spareIdleWorkers: context.wanted.spareIdleWorkers,
    spareArrivingWorkers: context.wanted.spareArrivingWorkers,
    blockers: context.blockers,
    markAbility: observation.markAbility,
    ledger,
    stillFits: fitsWithout(context.wantedInput, ledger),
    holdBack: context.memory.wrongVictims > 0,
  });
  if (verdict.desired <= context.serving) return removal;
  // Pods on their way out still count as replicas; a full cluster gets its new ones as they are replaced.
  const leaving = target.plannedWorkers - context.serving;
  // R21: a worker that is drained takes nothing new, so it does not count against max while its drain is not late.
  const serveNobody = removal.leaving.filter(({ phase }) => phase === 'draining').length;
  const most = Math.max(rules.maxWorkers + Math.min(serveNobody, leaving), target.plannedWorkers);
  const to = Math.min(verdict.desired + leaving, most);
  if (to <= target.plannedWorkers) return removal;
  const from = target.plannedWorkers;
  return {
    ...removal,
    action: { kind: 'resize', direction: 'grow', from, to, victims: [] },
    sentence: `the count goes from ${from} to ${to}`,
  };
}

/** Without the master's word only the lower bound is kept: unknown may grow, never shrink (R11). */
function withoutMaster(
  scene: Scene,
  memory: CoreMemory,
  reason: 'master-unknown' | 'master-not-alive',
  why: string,
): { decision: Decision; memory: CoreMemory } {
  const { observation, rules, target, trace } = scene;
  const { nowMs, nowEpochMs } = observation;
  const planned = target.plannedWorkers;
  const calendar = keptByCalendar(scene, memory);
  const input = {
    wanted: 0,
    floor: 0,
    calendar,
    restart: undefined,
    serving: planned,
    planned,
    certain: false,
    nowMs,
    nowEpochMs,
  };
  const { verdict, memory: policy } = decideCount(input, memory.policy, rules);
  const empty = emptyDecision(reason, why, trace);
  const from = target.plannedWorkers;
  const belowMin = reason === 'master-unknown' && verdict.desired > from;
  const action: Action = belowMin
    ? { kind: 'resize', direction: 'grow', from, to: verdict.desired, victims: [] }
    : { kind: 'none' };
  if (belowMin) trace.add('action', verdict.sentence);
  const decision: Decision = {
    ...empty,
    action,
    ...(belowMin ? { reason: verdict.reason, sentence: verdict.sentence } : {}),
    plannedWorkers: from,
    floorWorkers: calendar?.workers ?? 0,
    calendar,
    desiredWorkers: verdict.desired,
    blockers: [why],
    newWrongVictims: scene.newWrongVictims,
    trace,
  };
  return { decision, memory: { ...memory, policy } };
}
