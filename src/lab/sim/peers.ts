/** Runs somebody else's policy in the simulator: shows it what it would see, and does what it says. */
import type { PeerApplication, PeerObservation, PeerPolicy, PeerWorker } from '../peer.ts';
import { storedMiB } from './blocks.ts';
import type { Driver } from './driver.ts';
import type { Random } from './random.ts';
import type { Controller, Site } from './simulate.ts';
import type { Pod } from './world.ts';

/** A peer's drain that takes longer is ended with what is left (Dataproc's graceful decommission has such a limit). */
const DRAIN_LIMIT_MS = 3_600_000;
const DRAIN_LOOK_MS = 1_000;

/** A peer as a controller of the simulator. */
export function peer<State>(policy: PeerPolicy<State>): Controller {
  return {
    name: policy.name,
    attach: (site) => {
      new PeerController(site, policy).start();
    },
  };
}

/** What comes through a metrics pipeline; counts of pods come from the API server and are of the moment. */
type Sample = Pick<PeerObservation, 'workers' | 'applications' | 'sourceFailed'>;

class PeerController<State> {
  readonly #site: Site;
  readonly #policy: PeerPolicy<State>;
  #state: State;
  readonly #draining = new Set<Pod>();
  readonly #random: Random;

  constructor(site: Site, policy: PeerPolicy<State>) {
    const { minWorkers, maxWorkers, initialWorkers } = site.settings;
    this.#site = site;
    this.#policy = policy;
    this.#random = site.random('writes');
    this.#state = policy.start({ minWorkers, maxWorkers }, initialWorkers);
  }

  start(): void {
    // Its loop falls anywhere within its own period.
    this.#sampleAt(this.#site.random('beat').below(this.#policy.periodMs));
  }

  /** The sample is taken so much before it is decided on. */
  #sampleAt(atMs: number): void {
    const { kernel } = this.#site;
    const { periodMs, signalAgeMs } = this.#policy;
    kernel.at(atMs, () => {
      this.#sampleAt(atMs + periodMs);
      const sample = this.#sample();
      kernel.after(signalAgeMs, () => {
        this.#decide(sample);
      });
    });
  }

  #decide(sample: Sample): void {
    const { pods, settings, kernel } = this.#site;
    const planned = pods.planned - this.#draining.size;
    const live = pods.list.filter((pod) => !pod.terminating && !this.#draining.has(pod));
    const { state, desiredWorkers, victims, drains } = this.#policy.decide(this.#state, {
      nowMs: kernel.nowMs,
      plannedWorkers: planned,
      readyWorkers: live.filter(({ readyAtMs }) => readyAtMs !== undefined).length,
      podNames: live.map(({ name }) => name),
      workerCores: settings.workerCores,
      workerMemoryMiB: settings.workerMemoryMiB,
      ...sample,
    });
    this.#state = state;
    if (desiredWorkers === planned) return;
    const writeMs = Math.max(1, this.#random.duration(settings.latencies.request));
    kernel.after(writeMs, () => {
      this.#write(desiredWorkers, victims, drains);
    });
  }

  #write(desired: number, victims: readonly string[] | undefined, drains: boolean): void {
    const { pods, recorder, settings } = this.#site;
    recorder.counters.apiWrites += 1;
    if (this.#random.next() < settings.faults.writeErrorShare) return;
    if (victims === undefined || desired > pods.planned - this.#draining.size) {
      pods.setReplicas(desired + this.#draining.size);
      return;
    }
    const named = new Set(victims);
    const going = pods.list.filter((pod) => named.has(pod.name) && !pod.terminating && !this.#draining.has(pod));
    if (drains) this.#drain(going);
    else pods.removeNamed(going, desired + this.#draining.size);
  }

  #drain(going: readonly Pod[]): void {
    const { master, kernel } = this.#site;
    for (const pod of going) this.#draining.add(pod);
    master.decommission(going.flatMap(({ worker }) => worker ?? []));
    const untilMs = kernel.nowMs + DRAIN_LIMIT_MS;
    const look = (): void => {
      const left = going.filter((pod) => this.#draining.has(pod));
      const empty = left.filter((pod) => (pod.worker?.executors.length ?? 0) === 0 || kernel.nowMs >= untilMs);
      for (const pod of empty) this.#draining.delete(pod);
      if (empty.length > 0) this.#site.pods.removeNamed(empty, this.#site.pods.planned - empty.length);
      if (empty.length < left.length) kernel.after(DRAIN_LOOK_MS, look);
    };
    kernel.after(DRAIN_LOOK_MS, look);
  }

  #sample(): Sample {
    const { master, drivers, kernel, settings } = this.#site;
    const silent = settings.faults.driversSilent.some(
      ({ fromMs, toMs }) => kernel.nowMs >= fromMs && kernel.nowMs < toMs,
    );
    const alive = master.workers.filter(({ state }) => state === 'ALIVE');
    const workers = alive.map(({ pod, executors, idleSinceMs }): PeerWorker => {
      let busySlots = 0;
      let storedThere = 0;
      for (const executor of executors) {
        busySlots += executor.tasks.length * executor.driver.spec.taskCpus;
        storedThere += storedMiB(executor);
      }
      return {
        pod: pod.name,
        executors: executors.length,
        busySlots,
        slots: settings.workerCores,
        idleMs: idleSinceMs === undefined ? 0 : kernel.nowMs - idleSinceMs,
        storedMiB: storedThere,
      };
    });
    return { workers, applications: silent ? [] : drivers.map(applicationOf), sourceFailed: silent };
  }
}

function applicationOf(driver: Driver): PeerApplication {
  const { spec, pool } = driver;
  return {
    id: spec.id,
    targetExecutors: driver.allocation?.target ?? driver.grantedExecutors,
    maxNeededExecutors: driver.neededExecutors(),
    executors: driver.grantedExecutors,
    executorCores: spec.executorCores,
    executorMemoryMiB: spec.executorMemoryMiB,
    runningTasks: pool.running,
    pendingTasks: pool.waiting,
    taskSecondsLeft: pool.taskMsLeft() / 1000,
  };
}
