/** What the daemon sees of the tiny cluster: the readings that `decide` gets, and its memory as time goes by. */
import type { PodView } from '../../../../src/core/cluster-view.ts';
import type { CoreMemory } from '../../../../src/core/decision.ts';
import type { ExecutorHolding } from '../../../../src/core/holdings.ts';
import type { ApplicationObservation, Observation } from '../../../../src/core/observation.ts';
import { unknown, type Reading } from '../../../../src/core/reading.ts';
import { resources, type Resources } from '../../../../src/core/resources.ts';
import type { WorkerSelfView, WorkerView } from '../../../../src/core/spark-view.ts';
import {
  addressOf,
  application,
  gauges,
  master,
  NOW_EPOCH_MS,
  NOW_MS,
  pod as podView,
  reading,
  runningDriver,
  settings,
  target,
  worker as workerView,
} from '../builders.ts';
import {
  OLDEST_TICKS,
  serving,
  TICK_MS,
  uidOf,
  type Executor,
  type Pod,
  type Scene,
  type State,
  type Worker,
} from './world.ts';

const SHUFFLE_BYTES = 1_000_000;

export function appId(index: number): string {
  return `app-${index + 1}`;
}

export function hostOf(scene: Scene, one: Pick<Pod, 'slot'>): string {
  return addressOf(scene.oneAddress ? 1 : one.slot + 1);
}

export function workerId(one: Pod, index: number): string {
  return `worker-${one.slot}-${one.generation}-${index}`;
}

function usedBy(scene: Scene, executors: number): Resources {
  return resources((4 / scene.roomPerWorker) * executors, 1024 * executors);
}

export function podViewOf(scene: Scene, one: Pod): PodView {
  const ago = (ticks: number | undefined): number | undefined =>
    ticks === undefined ? undefined : NOW_EPOCH_MS - ticks * TICK_MS;
  const started = one.life !== 'pending';
  return podView(one.slot, {
    uid: uidOf(one),
    ...(one.foreign && { ownerUid: 'another' }),
    ...(one.cordoned && { disruption: 'its node is cordoned' }),
    addresses: started ? [hostOf(scene, one)] : [],
    phase: started ? 'Running' : 'Pending',
    ready: started,
    terminating: one.life === 'ending',
    chosenAtEpochMs: ago(one.chosenAge),
    markedAtEpochMs: ago(one.markedAge),
    deletionCost: one.cost,
  });
}

/** Everything as it is now, but for pages that cannot be read and applications that do not answer. */
export function observe(scene: Scene, state: State): Observation {
  const workers = state.pods.flatMap((one) =>
    one.workers.map((work, index) => ({ one, work, id: workerId(one, index) })),
  );
  const listed = workers.filter(({ work }) => work.listed !== undefined);
  const seen = state.apps.flatMap((app, index) => (app.seen ? [observeApplication(scene, state, index)] : []));
  const own = state.pods.filter(({ foreign, life }) => !foreign && life !== 'ending').length;
  return {
    nowMs: NOW_MS,
    nowEpochMs: NOW_EPOCH_MS,
    master: reading(
      master({
        workers: listed.map(({ one, work, id }) => workerViewOf(scene, one, work, id)),
        applications: seen.map((each) => each.application),
        drivers: listed.filter(({ work }) => work.driver).map(({ id }) => runningDriver(id)),
      }),
    ),
    applications: seen,
    workerSelves: new Map(listed.map(({ work, id }) => [id, pageOf(scene, work, id)])),
    target: reading(target(state.planned, { existingPods: own, removal: scene.removal, firstOrdinal: 0 })),
    pods: reading(state.pods.map((one) => podViewOf(scene, one))),
    markAbility: markAbilityOf(scene, state),
  };
}

function markAbilityOf({ marks }: Scene, { refused }: State): Observation['markAbility'] {
  if (marks) return 'usable';
  return refused ? 'refused' : 'untried';
}

function workerViewOf(scene: Scene, one: Pod, work: Worker, id: string): WorkerView {
  const booked = work.listed === 'DECOMMISSIONED' ? work.frozen : work.executors.length;
  const used = usedBy(scene, booked + (work.driver ? 1 : 0));
  return workerView(1, { id, host: hostOf(scene, one), state: work.listed ?? 'ALIVE', used });
}

function pageOf(scene: Scene, work: Worker, id: string): Reading<WorkerSelfView> {
  const { executors, age } = work.page ?? { executors: work.executors.filter(isOnPage).length, age: 0 };
  const used = usedBy(scene, executors + (work.driver ? 1 : 0));
  return reading({ id, used, executorCount: executors }, { takenAtMs: NOW_MS - age * TICK_MS, periodMs: TICK_MS });
}

export function isOnPage({ stage, phantom }: Executor): boolean {
  return stage !== 'booked' && !phantom;
}

function observeApplication(scene: Scene, state: State, index: number): ApplicationObservation {
  const { wants, job, readable } = state.apps[index]!;
  const activity = ({ none: 'idle', apart: 'apart', shuffling: 'shuffling' } as const)[job];
  const cores = 4 / scene.roomPerWorker;
  return {
    application: application(appId(index), { grantedCores: serving(state, index).length * cores }),
    gauges: reading(gauges(wants)),
    page: unknown('not read'),
    pace: unknown('not read'),
    settings: reading(settings({ executorCores: cores, ...scene.settings[index] })),
    holdings: readable ? reading({ executors: holdingsOf(scene, state, index), activity }) : unknown('silent'),
  };
}

function holdingsOf(scene: Scene, state: State, app: number): ExecutorHolding[] {
  return state.pods.flatMap((one) =>
    one.workers.flatMap((work) => {
      const active = work.executors.filter((each) => each.app === app && each.stage === 'listed' && !each.phantom);
      const ended = work.kept.includes(app) ? [holding(scene, one, { blocks: true, active: false })] : [];
      return [...active.map((each) => holding(scene, one, { ...each, active: true })), ...ended];
    }),
  );
}

function holding(
  scene: Scene,
  one: Pod,
  held: { readonly active: boolean } & Partial<Pick<Executor, 'blocks' | 'cached' | 'tasks'>>,
): ExecutorHolding {
  return {
    id: `${one.slot}`,
    host: hostOf(scene, one),
    active: held.active,
    activeTasks: held.tasks === true ? 1 : 0,
    shuffleWriteBytes: held.blocks === true ? SHUFFLE_BYTES : 0,
    rddBlocks: held.cached === true ? 1 : 0,
    memoryUsedBytes: held.cached === true ? 1 : 0,
    diskUsedBytes: 0,
    maxMemoryBytes: scene.storage,
  };
}

/** The memory as it is a tick later, told on a clock that stands still; what is long ago is all the same. */
export function aged(memory: CoreMemory): CoreMemory {
  const back = (atMs: number): number => Math.max(atMs - TICK_MS, NOW_MS - OLDEST_TICKS * TICK_MS);
  const maybe = (atMs: number | undefined): number | undefined => (atMs === undefined ? undefined : back(atMs));
  const { policy, guard, removal, expectation } = memory;
  return {
    ...memory,
    policy: {
      ...policy,
      peaks: policy.peaks.map(({ atMs, workers }) => ({ atMs: back(atMs), workers })),
      knownSinceMs: maybe(policy.knownSinceMs),
    },
    guard: { ...guard, registeredSinceMs: maybe(guard.registeredSinceMs) },
    removal: {
      ...removal,
      decommissionedAtMs: new Map([...removal.decommissionedAtMs].map(([uid, atMs]) => [uid, back(atMs)])),
      pinnedSinceMs: new Map(),
      bookedAtMs: new Map([...removal.bookedAtMs].map(([uid, atMs]) => [uid, back(atMs)])),
      costs: new Map([...removal.costs].map(([uid, { cost, sinceMs }]) => [uid, { cost, sinceMs: back(sinceMs) }])),
    },
    expectation: expectation && { ...expectation, atMs: back(expectation.atMs) },
  };
}

/** What no decision of these scenes rests on: the burst filter's readings and the budget of reversals. */
export function withoutHistory(memory: CoreMemory): CoreMemory {
  const demands = memory.demands.map(([id, one]) => [id, { ...one, needs: [] }] as const);
  const policy = { ...memory.policy, lastMove: undefined, reversalsAtEpochMs: [] };
  return { ...memory, demands, policy, wrongVictims: Math.min(1, memory.wrongVictims) };
}
