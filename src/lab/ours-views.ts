/** The simulated world as Spark and Kubernetes would show it: the core's own views, made anew only where something changed. */
import type { PodView, TargetView } from '../core/cluster-view.ts';
import { resources, type Resources } from '../core/resources.ts';
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
import type { Driver } from './sim/driver.ts';
import type { Site } from './sim/simulate.ts';
import type { Pod, Worker } from './sim/world.ts';

/** The wall clock at the start of the simulation. */
export const START_EPOCH_MS = 1_700_000_000_000;
const OWNER_UID = 'workers';
const HEARTBEAT_MS = 15_000;

/** A worker as the master shows it. */
interface ShownWorker {
  readonly worker: Worker;
  readonly version: number;
  /** From here on its heartbeat is another one. */
  readonly untilMs: number;
  readonly view: WorkerView;
}

/** Makes views and keeps them for as long as they are true. */
export class Views {
  readonly #site: Site;
  /** As they were shown last, in the master's order. */
  #workers: readonly ShownWorker[] = [];
  readonly #byId = new Map<string, Worker>();
  /** What each worker offers. */
  readonly #total: Resources;
  readonly #pods = new WeakMap<Pod, { readonly version: number; readonly view: PodView }>();
  readonly #applications = new WeakMap<Driver, ApplicationView>();

  constructor(site: Site) {
    const { workerCores, workerMemoryMiB } = site.settings;
    this.#site = site;
    this.#total = resources(workerCores, workerMemoryMiB);
  }

  master(): MasterView {
    const { master, drivers } = this.#site;
    this.#workers = this.#shown(master.workers);
    return {
      url: 'spark://master:7077',
      status: 'ALIVE',
      workers: this.#workers.map(({ view }) => view),
      applications: drivers.map((driver) => this.#application(driver)),
      completedApplicationIds: [...master.completedIds],
      drivers: [],
    };
  }

  /** The worker that was shown as this. */
  workerOf({ id }: WorkerView): Worker | undefined {
    return this.#byId.get(id);
  }

  pods(): readonly PodView[] {
    return this.#site.pods.list.map((pod) => this.#pod(pod));
  }

  target(): TargetView {
    const { pods } = this.#site;
    return {
      name: 'rc/workers',
      uid: OWNER_UID,
      plannedWorkers: pods.planned,
      existingPods: pods.live,
      readyPods: pods.ready,
      revision: String(pods.revision),
      workerShape: this.#total,
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

  /** Workers that came are last in the list, and those before one that was taken off it stand where they stood. */
  #shown(workers: readonly Worker[]): readonly ShownWorker[] {
    const before = this.#workers;
    let skipped = 0;
    return workers.map((worker, nth) => {
      while (nth + skipped < before.length && before[nth + skipped]?.worker !== worker) skipped += 1;
      const known = before[nth + skipped];
      if (known === undefined) this.#byId.set(worker.id, worker);
      const holds = known?.version === worker.version && this.#site.kernel.nowMs < known.untilMs;
      return holds ? known : this.#show(worker);
    });
  }

  #show(worker: Worker): ShownWorker {
    const { nowMs } = this.#site.kernel;
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
      total: this.#total,
      used: resources(workerCores - worker.freeCores, workerMemoryMiB - worker.freeMemoryMiB),
      lastHeartbeatAtEpochMs: START_EPOCH_MS + heartbeatAtMs,
    };
    return { worker, version: worker.version, untilMs, view };
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
  const pace = new Map<string, { tasks: number; totalMs: number }>();
  for (const { id, endedTasks, endedTaskMs } of driver.registered.values())
    pace.set(String(id), { tasks: endedTasks, totalMs: endedTaskMs });
  return pace;
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
