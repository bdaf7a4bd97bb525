/** The simulated world as Spark and Kubernetes would show it: the core's own views, made anew only where something changed. */
import type { PodView, TargetView } from '../core/cluster-view.ts';
import type { ApplicationHoldings, ExecutorHolding, JobActivity } from '../core/holdings.ts';
import { resources } from '../core/resources.ts';
import type {
  AllocationGauges,
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  MasterView,
  TaskPace,
  WorkerSelfView,
  WorkerView,
} from '../core/spark-view.ts';
import { storageMiB } from './sim/blocks.ts';
import type { Driver } from './sim/driver.ts';
import type { Site } from './sim/simulate.ts';
import type { Executor, Pod, Worker } from './sim/world.ts';

/** The wall clock at the start of the simulation. */
export const START_EPOCH_MS = 1_700_000_000_000;
const OWNER_UID = 'workers';
const HEARTBEAT_MS = 15_000;
const MIB = 1_048_576;

/** Makes views and keeps them for as long as they are true. */
export class Views {
  readonly #site: Site;
  readonly #workers = new WeakMap<
    Worker,
    { readonly version: number; readonly untilMs: number; readonly view: WorkerView }
  >();
  readonly #shown = new WeakMap<WorkerView, Worker>();
  readonly #pods = new WeakMap<Pod, { readonly version: number; readonly view: PodView }>();
  readonly #applications = new WeakMap<Driver, ApplicationView>();

  constructor(site: Site) {
    this.#site = site;
  }

  master(): MasterView {
    const { master, drivers } = this.#site;
    return {
      url: 'spark://master:7077',
      status: 'ALIVE',
      workers: master.workers.map((worker) => this.#worker(worker)),
      applications: drivers.map((driver) => this.#application(driver)),
      completedApplicationIds: [...master.completedIds],
      drivers: [],
    };
  }

  /** The worker that was shown as this. */
  workerOf(view: WorkerView): Worker | undefined {
    return this.#shown.get(view);
  }

  pods(): readonly PodView[] {
    return this.#site.pods.list.map((pod) => this.#pod(pod));
  }

  target(): TargetView {
    const { pods, settings } = this.#site;
    return {
      name: 'rc/workers',
      uid: OWNER_UID,
      plannedWorkers: pods.planned,
      existingPods: pods.live,
      readyPods: pods.ready,
      revision: String(pods.revision),
      workerShape: resources(settings.workerCores, settings.workerMemoryMiB),
      podOwnerUids: [OWNER_UID],
      removal: 'by-cost',
      unsettled: undefined,
    };
  }

  #application(driver: Driver): ApplicationView {
    const { spec } = driver;
    const grantedCores = driver.grantedExecutors * spec.executorCores;
    const known = this.#applications.get(driver);
    if (known?.grantedCores === grantedCores) return known;
    const view: ApplicationView = {
      id: spec.id,
      name: spec.id,
      // WAITING until the first executor is launched, never again after (spark.md 3.3).
      state: known?.state === 'RUNNING' || grantedCores > 0 ? 'RUNNING' : 'WAITING',
      startedAtEpochMs: START_EPOCH_MS + driver.startedAtMs,
      grantedCores,
      memoryPerExecutorMiB: spec.executorMemoryMiB,
      customPerExecutor: {},
    };
    this.#applications.set(driver, view);
    return view;
  }

  #worker(worker: Worker): WorkerView {
    const { nowMs } = this.#site.kernel;
    const known = this.#workers.get(worker);
    if (known?.version === worker.version && nowMs < known.untilMs) return known.view;
    const beats = Math.floor(((worker.diedAtMs ?? nowMs) - worker.registeredAtMs) / HEARTBEAT_MS);
    const heartbeatAtMs = worker.registeredAtMs + beats * HEARTBEAT_MS;
    const untilMs = worker.diedAtMs === undefined ? heartbeatAtMs + HEARTBEAT_MS : Infinity;
    const { workerCores, workerMemoryMiB } = this.#site.settings;
    const view: WorkerView = {
      id: worker.id,
      host: worker.host,
      port: 7078,
      webUiAddress: `http://${worker.host}:8081`,
      state: worker.state,
      total: resources(workerCores, workerMemoryMiB),
      used: resources(workerCores - worker.freeCores, workerMemoryMiB - worker.freeMemoryMiB),
      lastHeartbeatAtEpochMs: START_EPOCH_MS + heartbeatAtMs,
    };
    this.#workers.set(worker, { version: worker.version, untilMs, view });
    this.#shown.set(view, worker);
    return view;
  }

  #pod(pod: Pod): PodView {
    const known = this.#pods.get(pod);
    if (known?.version === pod.version) return known.view;
    const started = pod.readyAtMs !== undefined;
    const view: PodView = {
      name: pod.name,
      uid: pod.uid,
      revision: String(pod.version),
      ownerUid: OWNER_UID,
      addresses: started ? [pod.host] : [],
      hostname: undefined,
      subdomain: undefined,
      phase: started ? 'Running' : 'Pending',
      ready: started && !pod.terminating,
      scheduled: true,
      terminating: pod.terminating,
      createdAtEpochMs: START_EPOCH_MS + pod.createdAtMs,
      restarts: 0,
      chosenAtEpochMs: pod.chosenAtMs === undefined ? undefined : START_EPOCH_MS + pod.chosenAtMs,
      markedAtEpochMs: pod.markedAtMs === undefined ? undefined : START_EPOCH_MS + pod.markedAtMs,
      deletionCost: pod.deletionCost,
    };
    this.#pods.set(pod, { version: pod.version, view });
    return view;
  }
}

/** The allocation gauges; undefined for an application without dynamic allocation, whose driver publishes none. */
export function gaugesOf(driver: Driver): AllocationGauges | undefined {
  if (driver.allocation === undefined) return undefined;
  return {
    numberTargetExecutors: driver.allocation.target,
    numberMaxNeededExecutors: driver.neededExecutors(),
    numberAllExecutors: driver.registered.size,
    numberExecutorsPendingToRemove: driver.leavingExecutors('killed'),
    numberDecommissioningExecutors: driver.leavingExecutors('drained'),
  };
}

/** The master's page of the application. */
export function pageOf(driver: Driver): ApplicationPage {
  return {
    executorLimit: Number.isFinite(driver.executorLimit) ? driver.executorLimit : 'unlimited',
    grantedExecutors: driver.grantedExecutors,
    coresMax: driver.spec.coresMax ?? 'unlimited',
    executors: [],
    uiAddress: undefined,
  };
}

/** The worker's own page: the truth, also after a decommission. */
export function selfOf(worker: Worker): WorkerSelfView {
  let cores = 0;
  let memoryMiB = 0;
  for (const { driver } of worker.executors) {
    cores += driver.spec.executorCores;
    memoryMiB += driver.spec.executorMemoryMiB;
  }
  return { id: worker.id, used: resources(cores, memoryMiB), executorCount: worker.executors.length };
}

/** How long tasks took, as the driver's `/executors` tells: those of executors that are there. */
export function paceOf(driver: Driver): TaskPace {
  return new Map(
    Array.from(driver.registered.values(), ({ id, endedTasks, endedTaskMs }) => [
      String(id),
      { tasks: endedTasks, totalMs: endedTaskMs },
    ]),
  );
}

/** What the driver's REST tells of executors, jobs and active stages. */
export function holdingsOf(driver: Driver): ApplicationHoldings {
  const most = storageMiB(driver.spec) * MIB;
  const active = Array.from(driver.registered.values(), (one) => holdingOf(one, most, true));
  const executors = active.concat(endedHoldings(driver, most));
  return { executors, activity: activityOf(driver) };
}

interface Ended {
  readonly newest: Executor;
  readonly holdings: ExecutorHolding[];
}

const ended = new WeakMap<Driver, Ended>();

/** Of those that have ended nothing changes any more, and new ones come last. */
function endedHoldings(driver: Driver, maxMemoryBytes: number): ExecutorHolding[] {
  const newest = driver.ended.at(-1);
  if (newest === undefined) return [];
  const known = ended.get(driver);
  if (known?.newest === newest) return known.holdings;
  const before = known === undefined ? -1 : driver.ended.lastIndexOf(known.newest);
  const fresh = driver.ended.slice(before + 1).map((one) => holdingOf(one, maxMemoryBytes, false));
  const holdings = [...(known?.holdings ?? []), ...fresh].slice(-driver.ended.length);
  ended.set(driver, { newest, holdings });
  return holdings;
}

function holdingOf(executor: Executor, maxMemoryBytes: number, active: boolean): ExecutorHolding {
  return {
    id: String(executor.id),
    host: executor.worker.host,
    active,
    activeTasks: executor.tasks.length,
    shuffleWriteBytes: Math.ceil(executor.writtenMiB * MIB),
    rddBlocks: executor.cachedMiB > 0 ? 1 : 0,
    memoryUsedBytes: Math.ceil(executor.cachedMiB * MIB),
    diskUsedBytes: 0,
    maxMemoryBytes,
  };
}

/** As the daemon reads it: `apart` is one stage that reads no shuffle and, by its finished tasks, writes none. */
function activityOf(driver: Driver): JobActivity {
  const jobs = driver.dag.activeJobs();
  if (jobs.length === 0) return 'idle';
  const apart = jobs.every(([only, ...others]) => {
    if (only === undefined || others.length > 0) return false;
    return only.parents.length === 0 && !only.keepsOutput && only.tasksDone() > 0;
  });
  return apart ? 'apart' : 'shuffling';
}

/** The application's own settings, which never change. */
export function settingsOf({ spec }: Driver): ApplicationSettings {
  const { allocation, canDrain } = spec;
  const kept = canDrain ? 'decommission' : 'external-service';
  return {
    dynamicAllocation: allocation !== undefined,
    executorCores: spec.executorCores,
    executorMemoryMiB: spec.executorMemoryMiB,
    coresMax: spec.coresMax,
    minExecutors: allocation?.minExecutors ?? 0,
    maxExecutors: allocation?.maxExecutors,
    taskCpus: spec.taskCpus,
    shuffleMode: allocation?.shuffleTracking === true ? 'tracking' : allocation === undefined ? 'none' : kept,
    decommission: canDrain,
    storageDecommission: canDrain,
    movesShuffle: canDrain,
    movesCachedBlocks: canDrain,
    retainedEndedExecutors: undefined,
    otherProfiles: [],
  };
}
