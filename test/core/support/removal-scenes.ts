/** One step of a removal asked for: who is there, how many should serve, and what is known of each. */
import { EMPTY_LEDGER } from '../../../src/core/ledger.ts';
import { GUARDS } from '../../../src/core/removal-guards.ts';
import type { PodView } from '../../../src/core/cluster-view.ts';
import type { Fleet } from '../../../src/core/fleet.ts';
import type { Reading } from '../../../src/core/reading.ts';
import { planRemoval, type Action, type RemovalInput, type RemovalPlan } from '../../../src/core/removal.ts';
import { NEW_REMOVAL_MEMORY } from '../../../src/core/removal-memory.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type { DriverView, WorkerSelfView, WorkerView } from '../../../src/core/spark-view.ts';
import { workersOf } from '../../../src/core/victims.ts';
import { emptySelves, fleet, NOW_EPOCH_MS, NOW_MS, numbers, pod, rules } from './builders.ts';

/** What the daemon writes on a pod that is to go first. */
export const CHOSEN_COST = -1_000_000;
/** Chosen so long ago that every settle time is over. */
export const LONG_AGO = NOW_EPOCH_MS - 3_600_000;

/** Pod `w-<n>` as the daemon leaves it when it has chosen it, by default long ago. */
export function chosenPod(n: number, more: Partial<PodView> = {}): PodView {
  return pod(n, { chosenAtEpochMs: LONG_AGO, deletionCost: CHOSEN_COST, ...more });
}

/** Pod `w-<n>` chosen and marked. */
export function markedPod(n: number, more: Partial<PodView> = {}): PodView {
  return chosenPod(n, { markedAtEpochMs: LONG_AGO, ...more });
}

export interface RemovalParts extends Partial<Omit<RemovalInput, 'context' | 'rules'>> {
  readonly workers?: readonly WorkerView[];
  readonly pods?: readonly PodView[];
  readonly drivers?: readonly DriverView[];
  readonly selves?: ReadonlyMap<string, Reading<WorkerSelfView>>;
  readonly rules?: Partial<Rules>;
  /** Where a test wants workers at a host that matching them to pods would never bring together. */
  readonly crowdedHosts?: Fleet['crowdedHosts'];
}

/**
 * Asks for the next step. Everything is proven empty, nothing blocks, the master marks, all that are idle or on their way are
 * spare, and planned and existing are the pods that are given, unless a test says otherwise.
 */
export function plan(parts: RemovalParts): RemovalPlan {
  const podList = parts.pods ?? [];
  const built = fleet(parts.workers ?? [], podList);
  const all = { ...built, crowdedHosts: parts.crowdedHosts ?? built.crowdedHosts };
  const memory = parts.memory ?? NEW_REMOVAL_MEMORY;
  return planRemoval({
    planned: podList.length,
    existingPods: podList.length,
    target: { removal: 'by-cost' },
    desired: 0,
    spareIdleWorkers: Infinity,
    spareArrivingWorkers: Infinity,
    blockers: [],
    markAbility: 'usable',
    ledger: EMPTY_LEDGER,
    stillFits: () => true,
    holdBack: false,
    ...parts,
    memory,
    rules: rules(parts.rules),
    context: {
      nowMs: NOW_MS,
      nowEpochMs: NOW_EPOCH_MS,
      heartbeatFreshMs: 60_000,
      fleet: all,
      driverWorkerIds: workersOf(parts.drivers ?? []),
      workerSelves: parts.selves ?? emptySelves(...numbers(1, 9)),
      seenReady: memory.seenReady,
      shared: memory.shared,
      guards: GUARDS,
    },
  });
}

/** An action in a few words: "mark w-1 w-2", "shrink 5 to 4 by w-1", "none". */
export function inWords(action: Action): string {
  const names = (list: readonly PodView[]): string => list.map(({ name }) => name).join(' ');
  if (action.kind === 'none') return 'none';
  if (action.kind !== 'resize') return `${action.kind} ${names(action.pods)}`;
  const by = action.victims.length === 0 ? '' : ` by ${names(action.victims)}`;
  return `${action.direction} ${action.from} to ${action.to}${by}`;
}

/** The next step, in a few words. */
export function next(parts: RemovalParts): string {
  return inWords(plan(parts).action);
}
