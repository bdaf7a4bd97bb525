/** A made-up cluster: who is in it. What happens there at some moment is `moment.ts`. */
import type { PodView, TargetView } from '../src/core/cluster-view.ts';
import { resources, type Resources } from '../src/core/resources.ts';
import type { ApplicationSettings } from '../src/core/spark-view.ts';
import type { Random } from './random.ts';

export interface MadeWorker {
  readonly id: string;
  readonly host: string;
  readonly total: Resources;
  readonly state: 'ALIVE' | 'DEAD' | 'DECOMMISSIONED';
}

export interface MadeApplication {
  readonly id: string;
  readonly name: string;
  readonly shape: Resources;
  /** How its demand can be read: from its driver, only from the master's page, or not at all. */
  readonly read: 'driver' | 'page' | 'nothing';
  readonly settings: ApplicationSettings;
}

export interface MadeCluster {
  readonly workers: readonly MadeWorker[];
  readonly applications: readonly MadeApplication[];
  readonly pods: readonly PodView[];
  readonly target: TargetView;
}

export interface ClusterSize {
  readonly workers: number;
  readonly applications: number;
}

/** Time of the first pass, milliseconds since the epoch. */
export const START_EPOCH_MS = Date.UTC(2026, 10, 24, 12);

const WORKER = resources(16, 60 * 1024);
const GPU_WORKER = resources(32, 240 * 1024, { gpu: 4 });
const TARGET_UID = '5f0c2c1e-0000-4000-8000-000000000000';

/** Workers that are no pods of ours, that died, and pods that wait for a node: shares of all workers. */
const FOREIGN_SHARE = 0.03;
const DEAD_SHARE = 0.005;
const PENDING_SHARE = 0.01;

/** Cores and GiB of executors as people set them; the last one fits no worker of ours. */
const SHAPES: readonly (readonly [cores: number, memoryGiB: number])[] = [
  [1, 1],
  [1, 2],
  [1, 4],
  [1, 6],
  [2, 4],
  [2, 7],
  [2, 8],
  [2, 14],
  [3, 10],
  [4, 8],
  [4, 12],
  [4, 14],
  [4, 20],
  [5, 18],
  [5, 36],
  [8, 16],
  [8, 28],
  [16, 56],
];
const TOO_LARGE = resources(24, 100 * 1024);

export interface ClusterKind {
  /**
   * Share of the applications whose driver does not answer; of these only every second one has a page at the master
   * that says more.
   */
  readonly unreadable: number;
  /** Whether every application's settings let its executors go; else every tenth is without dynamic allocation. */
  readonly everyoneDrains: boolean;
  /** Pods on their way out; every second one's worker is DECOMMISSIONED already. */
  readonly leaving: number;
}

/** Makes up who is there: workers of ours, others, dead ones, pods that wait for a node, and applications of many shapes. */
export function makeCluster(size: ClusterSize, kind: ClusterKind, random: Random): MadeCluster {
  const { leaving } = kind;
  const foreign = Math.floor(size.workers * FOREIGN_SHARE);
  const own = size.workers - foreign;
  const pending = Math.floor(own * PENDING_SHARE);
  const pods = Array.from({ length: own + pending }, (_, number) => makePod(number, number >= own, number < leaving));
  const ownWorkers = pods.slice(0, own).map((pod, number) => ownWorker(pod, number < leaving / 2, random));
  const foreignWorkers = Array.from({ length: foreign }, (_, number) => foreignWorker(number));
  return {
    workers: shuffled([...ownWorkers, ...foreignWorkers, ...deadWorkers(size.workers)], random),
    applications: Array.from({ length: size.applications }, (_, number) => makeApplication(number, kind, random)),
    pods,
    target: {
      name: 'rc/spark-workers',
      uid: TARGET_UID,
      plannedWorkers: pods.length,
      existingPods: pods.length,
      readyPods: own,
      revision: '1',
      workerShape: WORKER,
      podOwnerUids: [TARGET_UID],
      removal: 'by-cost',
      unsettled: undefined,
    },
  };
}

function makePod(number: number, pending: boolean, chosen: boolean): PodView {
  return {
    name: `spark-workers-${number.toString(36).padStart(5, '0')}`,
    uid: `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000001`,
    revision: String(1000 + number),
    ownerUid: TARGET_UID,
    addresses: pending ? [] : [addressOf(number, 16)],
    hostname: undefined,
    subdomain: undefined,
    phase: pending ? 'Pending' : 'Running',
    ready: !pending,
    scheduled: !pending,
    terminating: false,
    createdAtEpochMs: START_EPOCH_MS - 3_600_000 + number * 100,
    restarts: 0,
    chosenAtEpochMs: chosen ? START_EPOCH_MS - 30_000 : undefined,
    markedAtEpochMs: undefined,
    deletionCost: chosen ? -1000 : 0,
  };
}

function addressOf(number: number, second: number): string {
  return `10.${second + Math.floor(number / 65_536)}.${Math.floor(number / 256) % 256}.${number % 256}`;
}

function ownWorker(pod: PodView, decommissioned: boolean, random: Random): MadeWorker {
  const [address = ''] = pod.addresses;
  const id = workerId(address, 7078 + random.below(1000));
  return { id, host: address, total: WORKER, state: decommissioned ? 'DECOMMISSIONED' : 'ALIVE' };
}

function foreignWorker(number: number): MadeWorker {
  const host = addressOf(number, 200);
  return { id: workerId(host, 7078), host, total: GPU_WORKER, state: 'ALIVE' };
}

/** Workers that ended a while ago stay in the master's list. */
function deadWorkers(workers: number): MadeWorker[] {
  return Array.from({ length: Math.floor(workers * DEAD_SHARE) }, (_, number) => {
    const host = addressOf(number, 100);
    return { id: workerId(host, 7078), host, total: WORKER, state: 'DEAD' };
  });
}

function workerId(host: string, port: number): string {
  return `worker-20261124110000-${host}-${port}`;
}

function makeApplication(number: number, kind: ClusterKind, random: Random): MadeApplication {
  const dynamicAllocation = kind.everyoneDrains || random.chance(0.9);
  const wholeWorkers = random.chance(0.03);
  const shape = executorShape(random);
  const unread = random.chance(kind.unreadable);
  return {
    id: `app-20261124110000-${String(number).padStart(4, '0')}`,
    name: `${random.pick(['etl', 'notebook', 'report', 'training'])} ${number}`,
    shape: wholeWorkers ? resources(WORKER.cores, 28 * 1024) : shape,
    read: unread ? random.pick(['page', 'nothing'] as const) : 'driver',
    settings: {
      dynamicAllocation,
      executorCores: wholeWorkers ? undefined : shape.cores,
      executorMemoryMiB: shape.memoryMiB,
      // Without both it would take every core that is added.
      coresMax: dynamicAllocation ? undefined : shape.cores * 40,
      minExecutors: 0,
      maxExecutors: random.chance(0.5) ? 200 : undefined,
      taskCpus: 1,
      shuffleMode: 'tracking',
      decommission: true,
      storageDecommission: true,
      movesShuffle: true,
      movesCachedBlocks: true,
      retainedEndedExecutors: undefined,
      otherProfiles: random.chance(0.02) ? [resources(2, 16 * 1024)] : [],
    },
  };
}

function executorShape(random: Random): Resources {
  if (random.chance(0.01)) return TOO_LARGE;
  const [cores, memoryGiB] = random.pick(SHAPES);
  return resources(cores, memoryGiB * 1024, random.chance(0.02) ? { gpu: 1 } : {});
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
