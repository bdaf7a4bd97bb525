/**
 * A tiny cluster for walking every interleaving: what is true of it, as plain values without any clock. Ages are counted
 * in ticks and stop at a most, so that the states are finite; a tick is as long as the settle time and the hold.
 */
import type { CoreMemory } from '../../../../src/core/decision.ts';
import type { Action } from '../../../../src/core/removal.ts';
import type { Rules } from '../../../../src/core/rules.ts';
import type { ApplicationSettings } from '../../../../src/core/spark-view.ts';
import type { PodView, TargetView } from '../../../../src/core/cluster-view.ts';

export const TICK_MS = 10_000;
/** Nothing in the scenes asks for a longer time than this. */
export const OLDEST_TICKS = 6;

export interface Executor {
  readonly app: number;
  /** `booked` at the master; `running`, so that the worker's page shows it; `listed` by its application, a tick later. */
  stage: 'booked' | 'running' | 'listed';
  tasks: boolean;
  /** Shuffle blocks that the application needs. */
  blocks: boolean;
  cached: boolean;
  /** Told to decommission: takes no tasks, hands on its blocks, ends. */
  leaving: boolean;
  /** Booked by the master on a worker that starts nothing any more. */
  readonly phantom: boolean;
}

export interface Worker {
  /** As the master lists it; undefined while it does not. */
  listed: 'ALIVE' | 'DECOMMISSIONED' | undefined;
  /** Its own process was told to decommission, and never forgets. */
  flagged: boolean;
  /** Executors that the master booked there when it was marked: frozen from then on. */
  frozen: number;
  executors: Executor[];
  /** Applications whose shuffle an external service keeps there. */
  kept: number[];
  driver: boolean;
  /** Its page as it was read last, while it cannot be read afresh. */
  page: { executors: number; age: number } | undefined;
}

export interface Pod {
  readonly slot: number;
  /** So that a pod and its successor are told apart. */
  readonly generation: number;
  readonly foreign: boolean;
  life: 'pending' | 'ready' | 'ending';
  /** Its node is about to go. */
  cordoned: boolean;
  chosenAge: number | undefined;
  markedAge: number | undefined;
  cost: number;
  /** What the controller knows of the cost. */
  seenCost: number;
  /** Changed since the daemon looked: a write against what it saw is refused. */
  changed: boolean;
  /** The daemon lowered the count by it. */
  lowered: boolean;
  workers: Worker[];
}

export interface Application {
  wants: number;
  job: 'none' | 'apart' | 'shuffling';
  /** Whether the master lists it. */
  seen: boolean;
  /** Whether its driver tells what it holds. */
  readable: boolean;
}

/** What the daemon is about to write: the decision, and how far it has come. */
export interface Pending {
  readonly action: Exclude<Action, { kind: 'none' }>;
  readonly step: number;
  /** The pods as they were seen. */
  readonly seen: readonly PodView[];
}

export interface State {
  planned: number;
  /** Somebody else set the count since the daemon looked. */
  countChanged: boolean;
  /** Somebody else lowered the count, or took a pod: who goes then is not our doing. */
  othersLowered: boolean;
  /** Pods that went instead of those we lowered the count by, and that the daemon has not noticed. */
  wrong: number;
  pods: Pod[];
  /** The master refused to mark, and the daemon knows. */
  refused: boolean;
  /** Pods made so far, modulo 4. */
  born: number;
  apps: Application[];
  memory: CoreMemory;
  /** What the Lease holds: that wrong pods went. */
  note: number;
  pending: Pending | undefined;
  /** How many more faults, and changes of demand, may happen on this path. */
  faults: number;
  changes: number;
  /** Who was harmed by the step that led here. */
  harm: string | undefined;
}

/** What does not change in a scene. */
export interface Scene {
  readonly name: string;
  readonly rules: Rules;
  readonly settings: readonly Partial<ApplicationSettings>[];
  /** Executors that fit on one worker. */
  readonly roomPerWorker: 1 | 2;
  readonly removal: TargetView['removal'];
  readonly marks: boolean;
  /** Cached blocks that one executor's storage holds. */
  readonly storage: number;
  /** All pods have the address of the first: they share a node's network. */
  readonly oneAddress: boolean;
  /** Blocks that find no other executor go to the fallback storage. */
  readonly fallback: boolean;
  readonly faults: readonly Fault[];
  readonly changes: readonly Change[];
  readonly start: State;
}

export type Fault =
  | 'restart-master'
  | 'partition'
  | 'old-page'
  | 'unread'
  | 'lost-annotation'
  | 'others-grow'
  | 'others-shrink'
  | 'others-mark'
  | 'cordon'
  | 'kill';

export type Change = 'job' | 'apart' | 'more' | 'fewer';

export const FIRST = 0;

export function worker(more: Partial<Worker> = {}): Worker {
  const quiet = { flagged: false, frozen: 0, executors: [], kept: [], driver: false, page: undefined };
  return { listed: 'ALIVE', ...quiet, ...more };
}

export function pod(slot: number, more: Partial<Pod> = {}): Pod {
  return {
    slot,
    generation: 0,
    foreign: false,
    life: 'ready',
    cordoned: false,
    chosenAge: undefined,
    markedAge: undefined,
    cost: 0,
    seenCost: 0,
    changed: false,
    lowered: false,
    workers: [worker()],
    ...more,
  };
}

/** An executor that runs, is listed and holds nothing. */
export function executor(app: number, more: Partial<Executor> = {}): Executor {
  return { app, stage: 'listed', tasks: false, blocks: false, cached: false, leaving: false, phantom: false, ...more };
}

export function copyOf(state: State): State {
  return {
    ...state,
    pods: state.pods.map((one) => ({
      ...one,
      workers: one.workers.map((each) => ({
        ...each,
        executors: each.executors.map((running) => ({ ...running })),
        kept: [...each.kept],
      })),
    })),
    apps: state.apps.map((app) => ({ ...app })),
  };
}

export function uidOf({ slot, generation }: Pick<Pod, 'slot' | 'generation'>): string {
  return `uid-${slot}-${generation}`;
}

/** Executors that the master books for an application. */
export function serving(
  state: State,
  app: number,
): { readonly pod: Pod; readonly worker: Worker; readonly one: Executor }[] {
  return state.pods.flatMap((each) =>
    each.workers
      .filter(({ listed }) => listed === 'ALIVE')
      .flatMap((work) =>
        work.executors
          .filter((one) => one.app === app && !one.leaving)
          .map((one) => ({ pod: each, worker: work, one })),
      ),
  );
}

/** Two states are one if nothing that matters tells them apart. */
export function keyOf(state: State): string {
  const { memory, pending } = state;
  const { policy, guard, removal, expectation } = memory;
  return JSON.stringify([
    state.planned,
    [
      state.refused,
      state.born,
      state.countChanged,
      state.othersLowered,
      state.wrong,
      state.note,
      state.faults,
      state.changes,
    ],
    state.pods,
    state.apps,
    [policy.peaks.map(({ atMs, workers }) => [atMs, workers]), policy.knownSinceMs, memory.wrongVictims],
    [guard.suspicion, guard.registeredSinceMs, guard.lastSeen?.applicationIds],
    [
      [...removal.seenReady],
      [...removal.decommissionedAtMs],
      [...removal.costs].map(([uid, one]) => [uid, one.cost, one.sinceMs]),
      [...removal.shared],
      [...removal.bookedAtMs],
    ],
    expectation && [expectation.atMs, expectation.chosen, [...expectation.before.keys()]],
    pending && [pending.step, pending.action.kind, uidsOf(pending.action)],
  ]);
}

export function uidsOf(action: Action): readonly string[] {
  if (action.kind === 'none') return [];
  return (action.kind === 'resize' ? action.victims : action.pods).map(({ uid }) => uid);
}
