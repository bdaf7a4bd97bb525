/**
 * Plain values of every core type, each with quiet defaults: a test names only what it is about.
 *
 * The defaults tell one small story that fits together: target "rc/spark-workers" (uid "rc"), workers of 4 cores and
 * 8192 MiB, pod "w-1" at address 10.0.0.1 with worker "worker-1" in it, both clocks far from 0.
 */
import type { PodView, TargetView } from '../../../src/core/cluster-view.ts';
import { NEW_CORE_MEMORY, type CoreMemory } from '../../../src/core/decision.ts';
import type { ApplicationDemand } from '../../../src/core/demand.ts';
import { buildFleet, type Fleet } from '../../../src/core/fleet.ts';
import type { ApplicationObservation, Observation } from '../../../src/core/observation.ts';
import { unknown, type Known, type Reading } from '../../../src/core/reading.ts';
import { NEW_REMOVAL_MEMORY, type RemovalMemory } from '../../../src/core/removal-memory.ts';
import { resources, type Resources } from '../../../src/core/resources.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type {
  AllocationGauges,
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  DriverView,
  GaugesAnswer,
  MasterView,
  PlacedExecutor,
  WorkerSelfView,
  WorkerView,
} from '../../../src/core/spark-view.ts';

/** Monotonic clock of every observation, unless a test says otherwise. */
export const NOW_MS = 1_000_000;
/** Wall clock of the same moment. */
export const NOW_EPOCH_MS = Date.UTC(2026, 10, 23, 8, 0, 0);
export const TARGET_UID = 'rc';
/** One worker of ours. */
export const WORKER_SHAPE: Resources = resources(4, 8192);
export const NOTHING: Resources = resources(0, 0);

/** A fresh reading with a period of 1 s. */
export function reading<T>(value: T, more: Partial<Known<T>> = {}): Known<T> {
  return { known: true, value, takenAtMs: NOW_MS, source: 'the-source', periodMs: 1_000, ...more };
}

/** Worker `worker-<n>` in pod `w-<n>`: ALIVE, empty, with a fresh heartbeat. */
export function worker(n: number, more: Partial<WorkerView> = {}): WorkerView {
  return {
    id: `worker-${n}`,
    host: addressOf(n),
    port: 7078,
    webUiAddress: `http://${addressOf(n)}:8081`,
    state: 'ALIVE',
    total: WORKER_SHAPE,
    used: NOTHING,
    lastHeartbeatAtEpochMs: NOW_EPOCH_MS - 1_000,
    ...more,
  };
}

/** A worker that is full. */
export function busyWorker(n: number, more: Partial<WorkerView> = {}): WorkerView {
  return worker(n, { used: more.total ?? WORKER_SHAPE, ...more });
}

/** Workers `from`..`to`, all with the same changes. */
export function workers(from: number, to: number, more: Partial<WorkerView> = {}): WorkerView[] {
  return numbers(from, to).map((n) => worker(n, more));
}

/** Pod `w-<n>` of our target: Running, Ready, an hour old. */
export function pod(n: number, more: Partial<PodView> = {}): PodView {
  return {
    name: `w-${n}`,
    uid: `uid-${n}`,
    revision: `${100 + n}`,
    ownerUid: TARGET_UID,
    addresses: [addressOf(n)],
    hostname: undefined,
    subdomain: undefined,
    phase: 'Running',
    ready: true,
    scheduled: true,
    terminating: false,
    createdAtEpochMs: NOW_EPOCH_MS - 3_600_000,
    restarts: 0,
    chosenAtEpochMs: undefined,
    markedAtEpochMs: undefined,
    deletionCost: 0,
    ...more,
  };
}

/** A pod that has a node but no running container yet. */
export function pendingPod(n: number, more: Partial<PodView> = {}): PodView {
  return pod(n, { phase: 'Pending', ready: false, addresses: [], ...more });
}

/** Pods `from`..`to`, all with the same changes. */
export function pods(from: number, to: number, more: Partial<PodView> = {}): PodView[] {
  return numbers(from, to).map((n) => pod(n, more));
}

/** The controller with so many replicas, all of them existing and Ready. */
export function target(plannedWorkers: number, more: Partial<TargetView> = {}): TargetView {
  return {
    name: 'rc/spark-workers',
    uid: TARGET_UID,
    plannedWorkers,
    existingPods: plannedWorkers,
    readyPods: plannedWorkers,
    revision: '17',
    workerShape: WORKER_SHAPE,
    podOwnerUids: [TARGET_UID],
    removal: 'by-cost',
    unsettled: undefined,
    ...more,
  };
}

export function master(more: Partial<MasterView> = {}): MasterView {
  return {
    url: 'spark://master:7077',
    status: 'ALIVE',
    workers: [],
    applications: [],
    completedApplicationIds: [],
    drivers: [],
    ...more,
  };
}

/** An application that holds nothing, with executors of 1024 MiB. */
export function application(id = 'app-1', more: Partial<ApplicationView> = {}): ApplicationView {
  return {
    id,
    name: 'a job',
    state: 'RUNNING',
    startedAtEpochMs: NOW_EPOCH_MS - 60_000,
    grantedCores: 0,
    memoryPerExecutorMiB: 1024,
    customPerExecutor: {},
    ...more,
  };
}

/** A cluster-mode driver that waits for a worker. */
export function waitingDriver(id = 'driver-1', more: Partial<DriverView> = {}): DriverView {
  return { id, state: 'SUBMITTED', needs: resources(1, 1024), workerId: undefined, ...more };
}

/** A cluster-mode driver that runs on a worker. */
export function runningDriver(workerId: string, id = 'driver-1', more: Partial<DriverView> = {}): DriverView {
  return { id, state: 'RUNNING', needs: resources(1, 1024), workerId, ...more };
}

/** All gauges of a driver; max needed equals the target unless it is given. */
export function gauges(target: number | undefined, more: Partial<AllocationGauges> = {}): GaugesAnswer {
  return {
    kind: 'gauges',
    gauges: {
      numberTargetExecutors: target,
      numberMaxNeededExecutors: target,
      numberAllExecutors: undefined,
      numberExecutorsPendingToRemove: 0,
      numberDecommissioningExecutors: 0,
      ...more,
    },
  };
}

/** What a driver without dynamic allocation answers. */
export const NO_GAUGES: GaugesAnswer = { kind: 'absent' };

/** The master's page of an application, with nothing on it. */
export function page(more: Partial<ApplicationPage> = {}): ApplicationPage {
  return {
    executorLimit: undefined,
    grantedExecutors: undefined,
    coresMax: undefined,
    executors: [],
    uiAddress: undefined,
    ...more,
  };
}

export function placedExecutor(workerId: string, more: Partial<PlacedExecutor> = {}): PlacedExecutor {
  return { id: '0', workerId, cores: 1, memoryMiB: 1024, state: 'RUNNING', ...more };
}

/** Dynamic allocation with executors of 1 core, and no caps. */
export function settings(more: Partial<ApplicationSettings> = {}): ApplicationSettings {
  return {
    dynamicAllocation: true,
    executorCores: 1,
    executorMemoryMiB: 1024,
    coresMax: undefined,
    minExecutors: 0,
    maxExecutors: undefined,
    taskCpus: 1,
    shuffleMode: 'tracking',
    decommission: true,
    storageDecommission: true,
    movesShuffle: true,
    movesCachedBlocks: true,
    retainedEndedExecutors: undefined,
    otherProfiles: [],
    ...more,
  };
}

/** A worker's own page: empty. */
export function workerSelf(n: number, more: Partial<WorkerSelfView> = {}): WorkerSelfView {
  return { id: `worker-${n}`, used: NOTHING, executorCount: 0, ...more };
}

/** Fresh pages of workers that prove them empty, as `Observation.workerSelves`. */
export function emptySelves(...ns: readonly number[]): ReadonlyMap<string, Reading<WorkerSelfView>> {
  return new Map(ns.map((n) => [`worker-${n}`, reading(workerSelf(n))]));
}

/** An application of which only its settings are known; a test adds what it is about. */
export function applicationSeen(more: Partial<ApplicationObservation> = {}): ApplicationObservation {
  return {
    application: application(),
    gauges: unknown('the driver was not asked'),
    page: unknown('the page was not read'),
    settings: reading(settings()),
    holdings: unknown('its executors were not asked for'),
    pace: unknown('its tasks were not asked for'),
    ...more,
  };
}

/** An application with dynamic allocation, no caps, executors of 1 core and this target, which is also max needed. */
export function applicationAsking(
  executors: number,
  more: Partial<ApplicationView> = {},
  moreSettings: Partial<ApplicationSettings> = {},
): ApplicationObservation {
  return applicationSeen({
    application: application(more.id, more),
    gauges: reading(gauges(executors)),
    settings: reading(settings(moreSettings)),
  });
}

/** What `demandOf` returns for an application with executors of 1 core and 1024 MiB. */
export function demand(executors: number, more: Partial<ApplicationDemand> = {}): ApplicationDemand {
  return {
    id: 'app-1',
    name: 'a job',
    executors,
    held: 0,
    targetExecutors: executors,
    shape: resources(1, 1024),
    basis: 'target',
    certain: true,
    takesAll: false,
    taskMs: undefined,
    advice: undefined,
    sentence: 'for the test',
    ...more,
  };
}

/** Shrink after 60 s, no burst filter, no dead band, no headroom, 0 to 100 workers. */
export function rules(more: Partial<Rules> = {}): Rules {
  return {
    minWorkers: 0,
    maxWorkers: 100,
    holdMs: 60_000,
    learnsHold: false,
    skipsLate: true,
    dropsUnused: true,
    burstMs: 0,
    growStepWorkers: 0,
    deadBandWorkers: 0,
    headroomWorkers: 0,
    reversalsPerHour: 4,
    waitWorth: 0,
    floorShare: 0,
    stepsAhead: false,
    policy: 'hysteresis',
    placement: 'spread',
    removalMode: 'idle',
    moveCachedBlocks: false,
    pinAgeLimitMs: 0,
    externalShuffleService: false,
    drainDeadlineMs: 86_400_000,
    onDrainDeadline: 'wait',
    maxDrainingWorkers: 5,
    quietMs: 0,
    settleMs: 2_000,
    heartbeatFreshMs: 60_000,
    paused: false,
    workerShape: undefined,
    ...more,
  };
}

/** What an observation is made of, as plain values; each may be replaced by a reading (stale, unknown). */
export interface ObservationParts {
  readonly nowMs?: number;
  readonly nowEpochMs?: number;
  readonly workers?: readonly WorkerView[];
  readonly drivers?: readonly DriverView[];
  readonly applications?: readonly ApplicationObservation[];
  readonly pods?: readonly PodView[];
  readonly planned?: number;
  readonly workerSelves?: Observation['workerSelves'];
  readonly markAbility?: Observation['markAbility'];
  readonly masterReading?: Reading<MasterView>;
  readonly targetReading?: Reading<TargetView>;
  readonly podsReading?: Reading<readonly PodView[]>;
}

/** Everything read at `nowMs`; planned is the number of pods unless it is given. */
export function observation(parts: ObservationParts = {}): Observation {
  const takenAtMs = parts.nowMs ?? NOW_MS;
  const podList = parts.pods ?? [];
  const applications = parts.applications ?? [];
  const seen = master({
    workers: parts.workers ?? [],
    drivers: parts.drivers ?? [],
    applications: applications.map((one) => one.application),
  });
  return {
    nowMs: takenAtMs,
    nowEpochMs: parts.nowEpochMs ?? NOW_EPOCH_MS + (takenAtMs - NOW_MS),
    master: parts.masterReading ?? reading(seen, { takenAtMs }),
    applications,
    workerSelves: parts.workerSelves ?? new Map(),
    target:
      parts.targetReading ??
      reading(target(parts.planned ?? podList.length, { existingPods: podList.length }), { takenAtMs }),
    pods: parts.podsReading ?? reading(podList, { takenAtMs }),
    markAbility: parts.markAbility ?? 'usable',
  };
}

/** The fleet of these workers and pods under our target. */
export function fleet(workerList: readonly WorkerView[], podList: readonly PodView[]): Fleet {
  return buildFleet(master({ workers: workerList }), podList, target(podList.length));
}

/** A memory with no suspicion of a restart, as it is once a hold has passed since the start. */
export function coreMemory(more: Partial<CoreMemory> = {}): CoreMemory {
  const { guard } = NEW_CORE_MEMORY;
  return { ...NEW_CORE_MEMORY, guard: { ...guard, suspicion: undefined }, ...more };
}

/** The same, that has known all along, for longer than any hold, that so many workers were wanted. */
export function calmMemory(more: Partial<CoreMemory> = {}): CoreMemory {
  const { policy } = NEW_CORE_MEMORY;
  return coreMemory({ policy: { ...policy, knownSinceMs: -Infinity, firstKnownMs: -Infinity }, ...more });
}

/** What a daemon remembers that has seen these pods cost what they cost for long. */
export function knowingCosts(podList: readonly PodView[], more: Partial<RemovalMemory> = {}): RemovalMemory {
  const costs = new Map(podList.map(({ uid, deletionCost: cost }) => [uid, { cost, sinceMs: -Infinity }]));
  return { ...NEW_REMOVAL_MEMORY, costs, ...more };
}

/** Address of pod `w-<n>`. */
export function addressOf(n: number): string {
  return `10.0.${Math.floor(n / 250)}.${n % 250}`;
}

/** Whole numbers from `from` to `to`, both included. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
