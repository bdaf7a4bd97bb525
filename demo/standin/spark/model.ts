/** What the stand-in knows of a Spark standalone cluster. Mutable records; times are epoch milliseconds. */
import type { WorldOptions } from '../options.ts';

export type MasterStatus = 'STANDBY' | 'ALIVE' | 'RECOVERING' | 'COMPLETING_RECOVERY';

/** A stage of one job; the stages of a job run one after the other. */
export interface Stage {
  readonly id: number;
  readonly tasks: number;
  readonly taskMs: number;
  /** Its output stays on the executors that made it, and later stages read it. */
  readonly writesShuffle: boolean;
  running: number;
  done: number;
  submittedAtMs: number | undefined;
  completedAtMs: number | undefined;
}

export interface Job {
  readonly id: number;
  readonly stages: readonly Stage[];
  readonly submittedAtMs: number;
  doneAtMs: number | undefined;
}

export interface RunningTask {
  readonly stage: Stage;
  readonly endsAtMs: number;
}

/** Why an executor takes no more work, and since when. */
export interface Leaving {
  readonly because: 'idle' | 'worker-decommissioned';
  readonly sinceMs: number;
}

export interface Executor {
  readonly id: number;
  readonly app: Application;
  readonly worker: Worker;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly launchedAtMs: number;
  readonly registersAtMs: number;
  registered: boolean;
  /** False from the worker's decommission on: the master drops it from the application and never frees it again. */
  knownToMaster: boolean;
  tasks: RunningTask[];
  /** When its last task ended, or it registered. */
  idleSinceMs: number;
  leaving: Leaving | undefined;
  /** Finished tasks whose shuffle output lies here, by stage. */
  readonly outputs: Map<Stage, number>;
  completedTasks: number;
  /** How long they ran, all together. */
  completedTaskMs: number;
  killedTasks: number;
  shuffleTasksWritten: number;
  removed: { readonly atMs: number; readonly reason: string } | undefined;
}

export type WorkerState = 'ALIVE' | 'DEAD' | 'DECOMMISSIONED';

export interface Worker {
  readonly id: string;
  /** Equal to its pod's IP. */
  readonly host: string;
  readonly podUid: string;
  readonly cores: number;
  readonly memoryMiB: number;
  state: WorkerState;
  lastHeartbeatMs: number;
  /** What the master has booked; frozen from a decommission or loss on (spark.md 8.4). */
  bookedCores: number;
  bookedMemoryMiB: number;
  /** What truly runs there. */
  readonly executors: Set<Executor>;
  readonly finished: Executor[];
}

export interface DynamicAllocation {
  readonly minExecutors: number;
  readonly maxExecutors: number;
  readonly initialExecutors: number;
  readonly idleTimeoutMs: number;
  readonly backlogTimeoutMs: number;
  readonly shuffleTracking: boolean;
}

export interface ApplicationSpec {
  readonly name: string;
  /** Unset: an executor takes all free cores of its worker (spark.md 7.3). */
  readonly executorCores?: number;
  readonly executorMemoryMiB: number;
  /** `spark.cores.max`. */
  readonly coresMax?: number;
  /** Without it the application takes all it can get. */
  readonly dynamicAllocation: boolean;
  readonly minExecutors?: number;
  readonly maxExecutors?: number;
  readonly initialExecutors?: number;
  /** Default 60 s, as in Spark. */
  readonly idleTimeoutMs?: number;
  /** Default 1 s, as in Spark. */
  readonly backlogTimeoutMs?: number;
  /** Default true, as in Spark since 3.4: executors that wrote shuffle data never leave by themselves. */
  readonly shuffleTracking?: boolean;
  /** `spark.decommission.enabled` of the application, default true; without it its executors ignore a mark (8.2). */
  readonly decommission?: boolean;
  readonly taskCpus?: number;
}

export interface Application {
  readonly id: string;
  readonly spec: ApplicationSpec;
  readonly dynamic: DynamicAllocation | undefined;
  readonly decommission: boolean;
  readonly taskCpus: number;
  readonly startedAtMs: number;
  /** Loopback address of the driver's own UI. */
  readonly driverHost: string;
  state: 'WAITING' | 'RUNNING' | 'FINISHED';
  finishedAtMs: number | undefined;
  coresAtEnd: number;
  readonly executors: Set<Executor>;
  readonly removedExecutors: Executor[];
  nextExecutorId: number;
  readonly jobs: Job[];
  /** Those of `jobs` that are not done. */
  readonly openJobs: Set<Job>;
  nextStageId: number;
  /** State of the allocation manager (spark.md 6.2). */
  target: number;
  toAdd: number;
  /** When the next backlog round is due; undefined while nothing waits. */
  addAtMs: number | undefined;
  /** True until the first stage: the target is held until then. */
  initializing: boolean;
  readonly counters: { gracefullyDecommissioned: number; killedByDriver: number; exitedUnexpectedly: number };
}

export interface SparkStats {
  /** Tasks that ran when their executor died; they run again. */
  tasksKilled: number;
  /** Finished tasks that ran again because their shuffle output was lost while their job still needed it. */
  tasksRepeated: number;
  /** Executors that died with at least one running task. */
  executorsLostWithWork: number;
}

export interface SparkState {
  readonly options: WorldOptions;
  status: MasterStatus;
  readonly workers: Map<string, Worker>;
  readonly apps: Map<string, Application>;
  nextDriverAddress: number;
  readonly stats: SparkStats;
}

export function sparkState(options: WorldOptions): SparkState {
  return {
    options,
    status: 'ALIVE',
    workers: new Map(),
    apps: new Map(),
    nextDriverAddress: 0,
    stats: { tasksKilled: 0, tasksRepeated: 0, executorsLostWithWork: 0 },
  };
}

/** Applications that have not ended, in order of registration, which is the master's order of scheduling. */
export function activeApps(spark: SparkState): Application[] {
  return [...spark.apps.values()].filter((app) => app.state !== 'FINISHED');
}

/** Executors the master still counts as the application's. */
export function grantedExecutors(app: Application): Executor[] {
  return [...app.executors].filter((executor) => executor.knownToMaster);
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
