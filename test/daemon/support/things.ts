/** Plain values to build observations from. */
import type { PodView, TargetView } from '../../../src/core/cluster-view.ts';
import { resources } from '../../../src/core/resources.ts';
import type { Rules } from '../../../src/core/rules.ts';
import type {
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  MasterView,
} from '../../../src/core/spark-view.ts';
import type { GaugeSample } from '../../../src/spark/ports.ts';

export const WORKER_SHAPE = resources(4, 8192, {});
export const TARGET_UID = 'rc-uid';

/** Short holds, so that a test needs few passes of a second each. */
export const RULES: Rules = {
  minWorkers: 1,
  maxWorkers: 10,
  holdMs: 5_000,
  burstMs: 0,
  growStepWorkers: 0,
  deadBandWorkers: 0,
  headroomWorkers: 0,
  reversalsPerHour: 10,
  policy: 'hysteresis',
  placement: 'spread',
  removalMode: 'auto',
  moveCachedBlocks: false,
  pinAgeLimitMs: 0,
  externalShuffleService: true,
  drainDeadlineMs: 600_000,
  onDrainDeadline: 'wait',
  maxDrainingWorkers: 5,
  quietMs: 0,
  learnsHold: false,
  skipsLate: true,
  dropsUnused: false,
  waitWorth: 0,
  floorShare: 0,
  stepsAhead: false,
  settleMs: 1_000,
  heartbeatFreshMs: 60_000,
  paused: false,
  workerShape: undefined,
};

export const SETTINGS: ApplicationSettings = {
  dynamicAllocation: true,
  executorCores: WORKER_SHAPE.cores,
  executorMemoryMiB: WORKER_SHAPE.memoryMiB,
  coresMax: undefined,
  minExecutors: 0,
  maxExecutors: undefined,
  taskCpus: 1,
  shuffleMode: 'none',
  decommission: true,
  storageDecommission: true,
  movesShuffle: true,
  movesCachedBlocks: true,
  retainedEndedExecutors: undefined,
  otherProfiles: [],
};

export const EMPTY_PAGE: ApplicationPage = {
  executorLimit: 0,
  grantedExecutors: 0,
  coresMax: undefined,
  executors: [],
  uiAddress: undefined,
};

export function gaugesOf(targetExecutors: number | undefined, ageMs = 0): GaugeSample {
  const gauges = {
    numberTargetExecutors: targetExecutors,
    numberMaxNeededExecutors: targetExecutors,
    numberAllExecutors: undefined,
    numberExecutorsPendingToRemove: 0,
    numberDecommissioningExecutors: 0,
  };
  return { answer: { kind: 'gauges', gauges }, ageMs };
}

export function application(id: string, grantedCores = 0): ApplicationView {
  return {
    id,
    name: 'job',
    state: 'RUNNING',
    startedAtEpochMs: 0,
    grantedCores,
    memoryPerExecutorMiB: WORKER_SHAPE.memoryMiB,
    customPerExecutor: {},
  };
}

export function masterView(more: Partial<MasterView> = {}): MasterView {
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

export function podView(name: string, more: Partial<PodView> = {}): PodView {
  return {
    name,
    uid: `uid-${name}`,
    revision: '1',
    ownerUid: TARGET_UID,
    addresses: [],
    hostname: undefined,
    subdomain: undefined,
    phase: 'Running',
    ready: true,
    scheduled: true,
    terminating: false,
    createdAtEpochMs: 0,
    restarts: 0,
    chosenAtEpochMs: undefined,
    markedAtEpochMs: undefined,
    deletionCost: 0,
    ...more,
  };
}

export function targetView(more: Partial<TargetView> = {}): TargetView {
  return {
    name: 'rc/workers',
    uid: TARGET_UID,
    plannedWorkers: 1,
    existingPods: 1,
    readyPods: 1,
    revision: '7',
    workerShape: WORKER_SHAPE,
    podOwnerUids: [TARGET_UID],
    removal: 'by-cost',
    unsettled: undefined,
    ...more,
  };
}
