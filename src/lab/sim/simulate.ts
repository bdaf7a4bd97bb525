/** The simulator: a workload, a controller and a cluster, played in simulated time. Pure: the same in, the same out. */
import type { Workload } from '../workload.ts';
import { Driver, type DriverEvents } from './driver.ts';
import { Kernel } from './kernel.ts';
import { Master } from './master.ts';
import { LATENCIES, NO_FAULTS, type SimulationOptions } from './options.ts';
import { Pods } from './pods.ts';
import { randomStream } from './random.ts';
import { Recorder } from './recorder.ts';
import type { RunResult } from './result.ts';
import type { Means, Settings } from './world.ts';

/** A cluster under control: what a controller may look at and act on. */
export interface Site extends Means {
  readonly pods: Pods;
  readonly master: Master;
  /** Drivers of the applications that run, in the order in which they came. */
  readonly drivers: readonly Driver[];
}

/** Who sets the count: our own daemon, somebody else's policy, or nobody. */
export interface Controller {
  readonly name: string;
  /** Called once, at the start; everything later by way of the site's kernel. */
  attach(site: Site): void;
}

/** The count stays as it is at the start. */
export const NO_CONTROLLER: Controller = { name: 'none', attach: () => undefined };

const PROGRESS_EVENTS = 1 << 17;
const RELEASE_WAIT_MS = 600_000;
/** A workload that cannot end, as where an executor fits no worker, must not run for ever. */
const LONGEST_MS = 30 * 86_400_000;

/**
 * Plays a workload until its last application has ended, or until `untilMs`: 30 days if absent.
 *
 * Times in the result are milliseconds of simulated time. Throws where a part of the simulator breaks its own rules
 * (cores booked twice), never for what a workload or a policy does.
 */
export function simulate(workload: Workload, controller: Controller, options: SimulationOptions): RunResult {
  const run = new Run(workload, settingsOf(options));
  controller.attach(run);
  const endedAtMs = run.play();
  return run.recorder.result({
    workload: workload.name,
    controller: controller.name,
    seed: options.seed,
    endedAtMs,
    jobsInAll: run.jobsInAll,
    events: run.kernel.events,
  });
}

function settingsOf(options: SimulationOptions): Settings {
  return {
    ...options,
    initialWorkers: options.initialWorkers ?? options.minWorkers,
    placement: options.placement ?? 'spread',
    releaseWaitMs: options.releaseWaitMs ?? RELEASE_WAIT_MS,
    latencies: { ...LATENCIES, ...options.latencies },
    faults: { ...NO_FAULTS, ...options.faults },
  };
}

class Run implements Site, DriverEvents {
  readonly kernel = new Kernel();
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly pods: Pods;
  readonly master: Master;
  readonly drivers: Driver[] = [];
  readonly jobsInAll: number;
  readonly #applications: number;
  #ended = 0;
  #running = 0;
  #neededCores = 0;
  #neededMemoryMiB = 0;
  readonly #needs = new Map<Driver, number>();

  constructor(workload: Workload, settings: Settings) {
    this.settings = settings;
    this.recorder = new Recorder(settings.minWorkers, settings.maxWorkers);
    this.jobsInAll = workload.applications.reduce((sum, { jobs }) => sum + jobs.length, 0);
    this.#applications = workload.applications.length;
    this.master = new Master(this);
    this.pods = new Pods(this, {
      started: (pod) => {
        this.master.register(pod);
      },
      ending: (pod) => {
        if (pod.worker !== undefined) this.master.workerGone(pod.worker);
      },
      lowered: () => {
        for (const driver of this.drivers) driver.dag.released();
      },
    });
    this.recorder.initial(settings.initialWorkers);
    this.pods.initial(settings.initialWorkers);
    for (const application of workload.applications) {
      this.kernel.at(application.arrivesAtMs, () => {
        this.drivers.push(new Driver(application, this, this.master, this));
      });
    }
  }

  random(purpose: string): ReturnType<typeof randomStream> {
    return randomStream(this.settings.seed, purpose);
  }

  /** Returns when it ended. */
  play(): number {
    const { kernel } = this;
    const untilMs = this.settings.untilMs ?? LONGEST_MS;
    while (this.#ended < this.#applications) {
      const nextMs = kernel.nextMs();
      if (nextMs === undefined || nextMs > untilMs) return untilMs;
      kernel.step();
      if (kernel.events % PROGRESS_EVENTS === 0) this.#tellProgress();
    }
    return kernel.nowMs;
  }

  needChanged(driver: Driver): void {
    const { spec } = driver;
    const caps = Math.min(
      spec.allocation?.maxExecutors ?? Infinity,
      Math.floor((spec.coresMax ?? Infinity) / spec.executorCores),
    );
    const executors = Math.min(driver.neededExecutors(), caps);
    const more = executors - (this.#needs.get(driver) ?? 0);
    this.#needs.set(driver, executors);
    this.#neededCores += more * spec.executorCores;
    this.#neededMemoryMiB += more * spec.executorMemoryMiB;
    const { workerCores, workerMemoryMiB } = this.settings;
    const workers = Math.ceil(Math.max(this.#neededCores / workerCores, this.#neededMemoryMiB / workerMemoryMiB));
    this.recorder.demand(workers, this.kernel.nowMs);
  }

  runningChanged(by: number): void {
    this.#running += by;
    this.recorder.running(this.#running, this.kernel.nowMs);
  }

  finished(driver: Driver): void {
    this.drivers.splice(this.drivers.indexOf(driver), 1);
    this.#needs.delete(driver);
    this.#ended += 1;
  }

  #tellProgress(): void {
    this.settings.onProgress?.({
      simulatedMs: this.kernel.nowMs,
      events: this.kernel.events,
      jobsEnded: this.recorder.jobsEnded,
      jobsInAll: this.jobsInAll,
    });
  }
}
