/** What the parts of the simulator share: the entities, and the means that all of them use. */
import type { ApplicationSpec } from '../workload.ts';
import type { Kernel } from './kernel.ts';
import type { Faults, Latencies, SimulationOptions } from './options.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';
import type { RunningTask } from './tasks.ts';
import type { StageRun } from './stage-run.ts';

/** The options with every default filled in. */
export interface Settings extends SimulationOptions {
  readonly initialWorkers: number;
  readonly placement: 'spread' | 'packed';
  readonly releaseWaitMs: number;
  readonly latencies: Latencies;
  readonly faults: Faults;
}

/** Time, chance, settings and the record. */
export interface Means {
  readonly kernel: Kernel;
  readonly settings: Settings;
  readonly recorder: Recorder;
  /** A stream of randomness of its own for each purpose. */
  random(purpose: string): Random;
}

/** A worker's pod. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly host: string;
  readonly createdAtMs: number;
  readyAtMs: number | undefined;
  terminating: boolean;
  /** `controller.kubernetes.io/pod-deletion-cost` as it was written, and as the controller still sees it until then. */
  deletionCost: number;
  costBefore: number;
  costSeenAtMs: number;
  /** What our daemon notes on it. */
  chosenAtMs: number | undefined;
  markedAtMs: number | undefined;
  worker: Worker | undefined;
  /** Rises with every change, as a resourceVersion does. */
  version: number;
}

/** A worker as the master lists it. */
export interface Worker {
  readonly id: string;
  readonly host: string;
  readonly pod: Pod;
  readonly registeredAtMs: number;
  state: 'ALIVE' | 'DECOMMISSIONED' | 'DEAD';
  /** The master's books; frozen once it is DECOMMISSIONED (spark.md 8.4). */
  freeCores: number;
  freeMemoryMiB: number;
  /** Executors whose processes are really there: what its own page shows. */
  readonly executors: Executor[];
  /** Executors that ended and whose shuffle an external shuffle service still serves. */
  readonly served: Executor[];
  /** Since when no executor has been there; undefined while one is. */
  idleSinceMs: number | undefined;
  diedAtMs: number | undefined;
  /** Place among the workers with as many free cores. */
  slot: number;
  version: number;
}

export interface Executor {
  readonly id: number;
  readonly driver: ExecutorOwner;
  readonly worker: Worker;
  readonly slots: number;
  /** `draining` takes no tasks and hands on its blocks. */
  state: 'starting' | 'up' | 'draining' | 'gone';
  /** Whether the master still counts it for its application. */
  granted: boolean;
  readonly tasks: RunningTask[];
  /** What its first tasks take longer, one a slot. */
  readonly coldTasksMs: readonly number[];
  startedTasks: number;
  /** Tasks that ended well there, and how long they ran, all together. */
  endedTasks: number;
  endedTaskMs: number;
  /** Since when it has run nothing; means nothing while it runs something. */
  idleSinceMs: number;
  /** Asked to end by its own driver: killed, or drained. */
  removing: 'no' | 'killed' | 'drained';
  /** Map outputs it holds, by stage. */
  readonly outputs: Map<StageRun, number>;
  cachedMiB: number;
  /** All shuffle its own tasks ever wrote. */
  writtenMiB: number;
  /** Place in the list of those with a free slot; -1 if it is not there. */
  freeSlot: number;
}

/** What the master tells an application's driver. */
export interface ExecutorOwner {
  readonly spec: ApplicationSpec;
  /** Executors the master counts for it. */
  grantedExecutors: number;
  /** The target as the master last got it; `Infinity` without dynamic allocation. */
  executorLimit: number;
  launched(worker: Worker): Executor;
  /** Its worker will go: no more tasks, blocks handed on, then it ends. */
  decommission(executor: Executor, by: 'worker' | 'driver'): void;
  /** Its worker is gone. */
  lost(executor: Executor): void;
  /** Nothing serves the shuffle of this ended executor any more. */
  forget(executor: Executor): void;
}
