/** One moment of a made-up cluster: who holds what, who wants what, and the answers that master and drivers give. */
import type { ApplicationHoldings, JobActivity } from '../src/core/holdings.ts';
import { add, fitCount, resources, subtract, type Resources } from '../src/core/resources.ts';
import type { MadeApplication, MadeCluster, MadeWorker } from './cluster.ts';
import { driverMetricsText, masterText } from './documents.ts';
import type { Random } from './random.ts';

/** How full the cluster is: share of workers that hold something, and how much is wanted of what is held. */
export interface Load {
  readonly busyWorkers: number;
  /** Factors of the executors held; one is picked for each application. */
  readonly wantedOfHeld: readonly number[];
  /** What the jobs do; one is picked for each application. Left out where nobody asks: nothing may have to go. */
  readonly activities?: readonly JobActivity[];
}

export interface MadeDriver {
  readonly id: string;
  readonly needs: Resources;
  readonly worker: MadeWorker | undefined;
}

export interface Need {
  readonly target: number;
  readonly maxNeeded: number;
  readonly held: number;
}

/** The answers as bytes, as they come from the network. */
export interface Moment {
  readonly masterBody: Buffer;
  readonly driverBodies: readonly { readonly id: string; readonly body: Buffer }[];
  /** What the master's pages say, for those that are asked. */
  readonly needs: ReadonlyMap<string, Need>;
  /** What applications keep on their workers, by application. */
  readonly holdings: ReadonlyMap<string, ApplicationHoldings>;
}

/** Executors that are tried on a worker before it is taken for full. */
const TRIES_PER_WORKER = 8;
const APPLICATIONS_PER_DRIVER = 20;
const DRIVER_NEEDS = resources(1, 2048);

/** Books executors and drivers at random, and writes down what everybody would answer. */
export function makeMoment(cluster: MadeCluster, load: Load, random: Random): Moment {
  const used = new Map<MadeWorker, Resources>();
  const held = new Map<MadeApplication, MadeWorker[]>(cluster.applications.map((application) => [application, []]));
  const drivers = placeDrivers(cluster, used, random);
  for (const worker of cluster.workers) {
    if (worker.state !== 'ALIVE' || !random.chance(load.busyWorkers)) continue;
    for (let tries = 0; tries < TRIES_PER_WORKER; tries += 1) {
      const application = random.pick(cluster.applications);
      if (book(worker, application.shape, used)) held.get(application)?.push(worker);
    }
  }
  const needs = new Map([...held].map(([{ id }, workers]) => [id, needOf(workers.length, load, random)]));
  return {
    masterBody: Buffer.from(masterText(cluster, { used, held, drivers })),
    driverBodies: cluster.applications
      .filter(({ read }) => read === 'driver')
      .map(({ id, settings }) => ({
        id,
        body: Buffer.from(driverMetricsText(id, settings.dynamicAllocation ? needs.get(id) : undefined)),
      })),
    needs,
    holdings: new Map(
      [...held].flatMap(([{ id, read }, workers]) =>
        load.activities === undefined || read !== 'driver'
          ? []
          : [[id, holdingsOf(workers, random.pick(load.activities), random)]],
      ),
    ),
  };
}

/** One executor each of these workers; every fifth has cached something. */
function holdingsOf(workers: readonly MadeWorker[], activity: JobActivity, random: Random): ApplicationHoldings {
  const executors = workers.map(({ host }, number) => {
    const caches = random.chance(0.2);
    return {
      id: String(number),
      host,
      active: true,
      activeTasks: activity === 'idle' ? 0 : random.below(3),
      shuffleWriteBytes: random.below(1_000_000_000),
      rddBlocks: caches ? 8 : 0,
      memoryUsedBytes: caches ? 100_000_000 : 0,
      diskUsedBytes: 0,
      maxMemoryBytes: 1_000_000_000,
    };
  });
  return { executors, activity };
}

/** A few drivers in cluster mode; the last one waits for a worker. */
function placeDrivers(cluster: MadeCluster, used: Map<MadeWorker, Resources>, random: Random): MadeDriver[] {
  const count = Math.floor(cluster.applications.length / APPLICATIONS_PER_DRIVER);
  const alive = cluster.workers.filter(({ state }) => state === 'ALIVE');
  return Array.from({ length: count }, (_, number) => {
    const worker = random.pick(alive);
    const placed = number < count - 1 && book(worker, DRIVER_NEEDS, used);
    return {
      id: `driver-20261124110000-${String(number).padStart(4, '0')}`,
      needs: DRIVER_NEEDS,
      worker: placed ? worker : undefined,
    };
  });
}

function book(worker: MadeWorker, shape: Resources, used: Map<MadeWorker, Resources>): boolean {
  const before = used.get(worker) ?? resources(0, 0);
  if (fitCount(shape, subtract(worker.total, before)) < 1) return false;
  used.set(worker, add(before, shape));
  return true;
}

function needOf(held: number, load: Load, random: Random): Need {
  const target = Math.ceil(held * random.pick(load.wantedOfHeld));
  return { target, maxNeeded: Math.ceil(target * random.pick([1, 1, 2])), held };
}
