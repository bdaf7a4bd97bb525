/** The answers of a made-up cluster, key for key as Spark 4.1.0 gives them. */
import { resources, subtract, type Resources } from '../src/core/resources.ts';
import { START_EPOCH_MS, type MadeApplication, type MadeCluster, type MadeWorker } from './cluster.ts';
import type { MadeDriver, Need } from './moment.ts';

interface Booked {
  readonly used: ReadonlyMap<MadeWorker, Resources>;
  /** The workers of its executors, for each application. */
  readonly held: ReadonlyMap<MadeApplication, readonly MadeWorker[]>;
  readonly drivers: readonly MadeDriver[];
}

/** The master's `/json/`, printed over many lines as Spark does. */
export function masterText(cluster: MadeCluster, { used, held, drivers }: Booked): string {
  const document = {
    url: 'spark://10.0.0.1:7077',
    workers: cluster.workers.map((worker) => workerEntry(worker, used.get(worker) ?? resources(0, 0))),
    activeapps: cluster.applications.map((application) =>
      applicationEntry(application, held.get(application)?.length ?? 0),
    ),
    completedapps: [],
    activedrivers: drivers.map(driverEntry),
    completeddrivers: [],
    status: 'ALIVE',
  };
  return JSON.stringify(document, null, 2);
}

function workerEntry(worker: MadeWorker, used: Resources): object {
  const { id, host, total, state } = worker;
  const free = subtract(total, used);
  return {
    id,
    host,
    port: 7078,
    webuiaddress: `http://${host}:8081`,
    cores: total.cores,
    coresused: used.cores,
    coresfree: free.cores,
    memory: total.memoryMiB,
    memoryused: used.memoryMiB,
    memoryfree: free.memoryMiB,
    resources: addresses(total),
    resourcesused: addresses(used),
    resourcesfree: addresses(free),
    state,
    lastheartbeat: START_EPOCH_MS,
  };
}

function addresses({ custom }: Resources): object {
  const entries = Object.entries(custom).map(([name, amount]) => {
    const list = Array.from({ length: amount }, (_, number) => String(number));
    return [name, { name, addresses: list }];
  });
  return Object.fromEntries(entries) as object;
}

function applicationEntry({ id, name, shape }: MadeApplication, held: number): object {
  const custom = Object.entries(shape.custom).map(([resource, amount]) => ({ name: resource, amount }));
  return {
    id,
    starttime: START_EPOCH_MS - 600_000,
    name,
    cores: held * shape.cores,
    user: 'spark',
    memoryperexecutor: shape.memoryMiB,
    memoryperslave: shape.memoryMiB,
    resourcesperexecutor: custom,
    resourcesperslave: custom,
    submitdate: 'Tue Nov 24 11:50:00 UTC 2026',
    state: held === 0 ? 'WAITING' : 'RUNNING',
    duration: 600_000,
  };
}

function driverEntry({ id, needs, worker }: MadeDriver): object {
  return {
    id,
    starttime: String(START_EPOCH_MS - 600_000),
    state: worker === undefined ? 'SUBMITTED' : 'RUNNING',
    cores: needs.cores,
    memory: needs.memoryMiB,
    resources: [],
    submitdate: 'Tue Nov 24 11:50:00 UTC 2026',
    worker: worker?.id ?? 'None',
    mainclass: 'org.example.Main',
  };
}

const BLOCK_MANAGER = ['disk.diskSpaceUsed', 'memory.maxMem', 'memory.memUsed', 'memory.remainingMem'].map(
  (name) => `BlockManager.${name}_MB`,
);
/** As many further gauges, counters and timers as a real driver publishes: about 11 kB in all. */
const SCHEDULER = Array.from({ length: 70 }, (_, number) => `ExecutorMetrics.OnHeapExecutionMemory${number}`);
const TIMERS = Array.from({ length: 14 }, (_, number) => `LiveListenerBus.listenerProcessingTime.Listener${number}`);
const TIMER = { count: 1234, max: 0.5, mean: 0.01, min: 0.001, p50: 0.01, p75: 0.02, p95: 0.03, p98: 0.04, p99: 0.05 };

/** A driver's `/metrics/json/`; `need` left out for one without dynamic allocation. */
export function driverMetricsText(id: string, need: Need | undefined): string {
  const allocation = Object.entries({
    numberAllExecutors: need?.held,
    numberDecommissioningExecutors: 0,
    numberExecutorsPendingToRemove: 0,
    numberExecutorsToAdd: 1,
    numberMaxNeededExecutors: need?.maxNeeded,
    numberTargetExecutors: need?.target,
  }).map(([name, value]) => [`ExecutorAllocationManager.executors.${name}`, value] as const);
  const plain = [...BLOCK_MANAGER, ...SCHEDULER].map((name, number) => [name, number] as const);
  const gauges = [...plain, ...(need === undefined ? [] : allocation)].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    version: '4.0.0',
    gauges: Object.fromEntries(gauges.map(([name, value]) => [`${id}.driver.${name}`, { value }])),
    counters: {},
    histograms: {},
    meters: {},
    timers: Object.fromEntries(TIMERS.map((name) => [`${id}.driver.${name}`, TIMER])),
  });
}
