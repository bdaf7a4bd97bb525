/**
 * Passes that are left out since nothing changed but the time: what they would have seen, and what they would have left in
 * the memory. A test plays runs with and without leaving them out and compares every figure.
 */
import { countWorkers } from '../core/count.ts';
import { decide } from '../core/decide.ts';
import type { PodView } from '../core/cluster-view.ts';
import type { CoreMemory, Decision } from '../core/decision.ts';
import type { Fleet } from '../core/fleet.ts';
import type { Observation } from '../core/observation.ts';
import { longestHoldMs, type PolicyMemory } from '../core/policy.ts';
import type { Reading } from '../core/reading.ts';
import { GUARDS } from '../core/removal-guards.ts';
import { rememberPods, rememberQuiet } from '../core/removal-memory.ts';
import type { Rules } from '../core/rules.ts';
import { allDemands, type Scene } from '../core/stages.ts';
import { newTrace } from '../core/trace.ts';
import { isBound } from './ours-holdings.ts';
import { nobodyCanGo } from './ours-timers.ts';

/** The same readings, taken so much later, at a later time; the pods were listed when they were listed. */
export function laterBy(of: Observation, { nowMs, podsAtMs, readsHoldings }: Later): Observation {
  const byMs = nowMs - of.nowMs;
  const later = <T>(reading: Reading<T>): Reading<T> =>
    reading.known ? { ...reading, takenAtMs: reading.takenAtMs + byMs } : reading;
  return {
    ...of,
    nowMs,
    nowEpochMs: of.nowEpochMs + byMs,
    master: later(of.master),
    workerSelves: new Map(Array.from(of.workerSelves, ([id, self]) => [id, later(self)])),
    target: later(of.target),
    pods: of.pods.known ? { ...of.pods, takenAtMs: podsAtMs } : of.pods,
    applications: of.applications.map((one) => ({
      ...one,
      gauges: later(one.gauges),
      // What is kept on workers grows old where nobody reads it.
      holdings: readsHoldings ? later(one.holdings) : one.holdings,
    })),
  };
}

/** When passes were left out for the last time, when the pods were listed then, and whether holdings were read. */
export interface Later {
  readonly nowMs: number;
  readonly podsAtMs: number;
  readonly readsHoldings: boolean;
}

/**
 * What a pass over readings that were decided on before would leave in the memory; `memory` is from the pass before. The
 * demands are remembered: what was read last has lasted, so nothing hangs on when it was read again.
 */
export function memoryLater(later: Later, of: Observation, memory: CoreMemory, rules: Rules): CoreMemory {
  const { nowMs, podsAtMs, readsHoldings } = later;
  const pinsGrowOld = !readsHoldings && memory.removal.pinnedSinceMs.size > 0;
  if (memory.expectation !== undefined || pinsGrowOld) return decidedMemory(laterBy(of, later), memory, rules);
  const { listing } = memory;
  // What is kept on workers grows old where nobody reads it.
  const seenAtMs = readsHoldings ? of.nowMs : nowMs;
  return {
    ...memory,
    policy: peakLater(memory.policy, nowMs, rules),
    foresight: { ...memory.foresight, bursts: burstsLater(memory.foresight.bursts, nowMs) },
    // Whoever has just come is in the next list, so that one is no longer the same.
    listing: of.pods.known ? { ...listing, listedAtMs: podsAtMs } : listing,
    removal: rememberQuiet(memory.removal, of.applications, nowMs, seenAtMs),
  };
}

/** What the core makes of the gauges, and what it remembers of them; undefined while the target cannot be read. */
export function demandsOf(
  observation: Observation,
  memory: CoreMemory,
  rules: Rules,
): ReturnType<typeof allDemands> | undefined {
  const scene = sceneOf(observation, rules);
  return scene && allDemands(scene, memory, memory.lastShape);
}

/**
 * A pass that needs no second half: the pass before found nobody to go, and nobody may go now either. The pods are those that
 * were `listed` then, or such as keep their workers too, and applications hold what they held, or have got more executors where
 * nobody could go. Undefined where that is not sure; then all of it has to be decided.
 */
export function recount(
  before: Decision,
  listed: readonly PodView[] | undefined,
  observation: Observation,
  memory: CoreMemory,
  rules: Rules,
): { readonly decision: Decision; readonly memory: CoreMemory } | undefined {
  if (memory.expectation !== undefined || !nobodyCanGo(before) || before.report.lackRoom) return undefined;
  if (!observation.pods.known) return undefined;
  const scene = sceneOf(observation, rules);
  if (scene === undefined || !observation.master.known) return undefined;
  const counted = countWorkers(scene, observation.master.value, memory);
  const { fleet, verdict, wanted, floor, demands } = counted;
  const decision = {
    ...before,
    reason: verdict.reason,
    desiredWorkers: verdict.desired,
    wantedWorkers: wanted.wanted,
    plannedWorkers: scene.target.plannedWorkers,
    floorWorkers: floor,
    demands,
  };
  // Workers in use are kept by what applications hold there; others may go as far as the missing executors need none.
  const idleMayGo = fleet.idleWorkers.length > 0 && wanted.spareIdleWorkers > 0;
  const mayGo = idleMayGo || wanted.spareArrivingWorkers > 0;
  if (!counted.certain || mayGo || !nobodyCanGo(decision)) return undefined;
  const { nowMs, applications } = observation;
  if (observation.pods.value !== listed && !othersStay(fleet, listed ?? [], applications)) return undefined;
  const removal = rememberQuiet(rememberPods(counted.memory.removal, fleet, nowMs), applications, nowMs);
  return { decision, memory: { ...counted.memory, removal } };
}

/** Whether nobody who is in use may go by a newer list of pods, as nobody might by what was `listed` before. */
function othersStay(
  { serving }: Fleet,
  listed: readonly PodView[],
  applications: Observation['applications'],
): boolean {
  const before = new Set(listed);
  const all = applications.map(({ holdings }) => (holdings.known ? holdings.value : undefined));
  return serving.every(({ pod, alive }) => before.has(pod) || alive.every(({ host }) => isBound(host, all)));
}

function sceneOf(observation: Observation, rules: Rules): Scene | undefined {
  const { target, pods } = observation;
  if (!target.known) return undefined;
  return { observation, rules, trace: newTrace(), target: target.value, pods, newWrongVictims: [], guards: GUARDS };
}

function decidedMemory(observation: Observation, memory: CoreMemory, rules: Rules): CoreMemory {
  const { decision, memory: decided } = decide(observation, memory, rules);
  if (decision.action.kind !== 'none') throw new Error(`a pass was skipped that had to act: ${decision.sentence}`);
  return decided;
}

/** The newest peak is what is wanted still. */
function peakLater(policy: PolicyMemory, nowMs: number, rules: Rules): PolicyMemory {
  const newest = policy.peaks.at(-1);
  if (newest === undefined) return policy;
  const edgeMs = nowMs - longestHoldMs(rules);
  const older = policy.peaks.slice(0, -1).filter(({ atMs }) => atMs > edgeMs);
  return { ...policy, peaks: [...older, { ...newest, atMs: nowMs }] };
}

/** Short work that was there is there still. */
function burstsLater(bursts: CoreMemory['foresight']['bursts'], nowMs: number): typeof bursts {
  return bursts.open === undefined ? bursts : { ...bursts, lastMs: nowMs };
}
