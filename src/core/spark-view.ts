/** What the daemon knows of a Spark standalone cluster: plain data, as the adapters hand it to the core. */
import type { Resources } from './resources.ts';

/** `status` of the master's `/json/`; anything else it may say is `UNKNOWN`. */
export type MasterStatus = 'ALIVE' | 'STANDBY' | 'RECOVERING' | 'COMPLETING_RECOVERY' | 'UNKNOWN';

export type WorkerState = 'ALIVE' | 'DEAD' | 'DECOMMISSIONED' | 'UNKNOWN';

/** One entry of the master's `workers[]`. */
export interface WorkerView {
  readonly id: string;
  /** The host the worker registered, as the master prints it (IPv6 in brackets); `/workers/kill/` matches on this. */
  readonly host: string;
  readonly port: number;
  readonly webUiAddress: string;
  readonly state: WorkerState;
  readonly total: Resources;
  /** What the master has booked. Frozen once the worker is DECOMMISSIONED (spark.md 8.4). */
  readonly used: Resources;
  /** Milliseconds since the epoch, on the master's clock. */
  readonly lastHeartbeatAtEpochMs: number;
}

/** One entry of the master's `activeapps[]`. */
export interface ApplicationView {
  readonly id: string;
  /** Chosen by the user: hostile input in logs and labels. Not unique. */
  readonly name: string;
  readonly state: string;
  readonly startedAtEpochMs: number;
  /** Cores granted at present, over all executors the master still books for the application. */
  readonly grantedCores: number;
  /** Memory and custom resources of one executor of the default profile; its cores are not in the master's JSON. */
  readonly memoryPerExecutorMiB: number;
  readonly customPerExecutor: Readonly<Record<string, number>>;
}

/** One entry of the master's `activedrivers[]`: a driver submitted in cluster mode. */
export interface DriverView {
  readonly id: string;
  readonly state: string;
  readonly needs: Resources;
  /** Undefined while it waits for a worker. */
  readonly workerId: string | undefined;
}

/** The master's `/json/` as one snapshot. */
export interface MasterView {
  readonly url: string;
  readonly status: MasterStatus;
  readonly workers: readonly WorkerView[];
  /** In the master's order: by registration, which is also its order of scheduling. */
  readonly applications: readonly ApplicationView[];
  readonly completedApplicationIds: readonly string[];
  readonly drivers: readonly DriverView[];
}

/** The allocation gauges of one driver; a gauge that was not published is undefined, never 0. */
export interface AllocationGauges {
  readonly numberTargetExecutors: number | undefined;
  readonly numberMaxNeededExecutors: number | undefined;
  readonly numberAllExecutors: number | undefined;
  readonly numberExecutorsPendingToRemove: number | undefined;
  readonly numberDecommissioningExecutors: number | undefined;
}

/** The names of the gauges, as Spark's ExecutorAllocationManager source registers them. */
export const GAUGE_NAMES = [
  'numberTargetExecutors',
  'numberMaxNeededExecutors',
  'numberAllExecutors',
  'numberExecutorsPendingToRemove',
  'numberDecommissioningExecutors',
] as const satisfies readonly (keyof AllocationGauges)[];

/**
 * What a driver's metrics said of dynamic allocation.
 * `absent` means: the driver answered in full and publishes no allocation gauges at all.
 */
export type GaugesAnswer = { readonly kind: 'gauges'; readonly gauges: AllocationGauges } | { readonly kind: 'absent' };

/** One row of the executor table on the master's page of an application. */
export interface PlacedExecutor {
  readonly id: string;
  readonly workerId: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly state: string;
}

/** What the master's `/app/?appId=` page says; undefined where the page has no such line. */
export interface ApplicationPage {
  /** The target as the master last accepted it; `unlimited` without dynamic allocation. */
  readonly executorLimit: number | 'unlimited' | undefined;
  readonly grantedExecutors: number | undefined;
  readonly coresMax: number | 'unlimited' | undefined;
  readonly executors: readonly PlacedExecutor[];
  /** Where the driver's UI is said to be: hostile input. Undefined where the page has no link. */
  readonly uiAddress: string | undefined;
}

/** How an application keeps shuffle data when executors leave (spark.md 6.1, 9). */
export type ShuffleMode = 'tracking' | 'external-service' | 'decommission' | 'plugin' | 'none';

/** An application's own settings, from its driver; undefined where unset. */
export interface ApplicationSettings {
  readonly dynamicAllocation: boolean;
  /** `spark.executor.cores`; unset means one executor takes a whole worker (spark.md 7.3). */
  readonly executorCores: number | undefined;
  readonly executorMemoryMiB: number | undefined;
  readonly coresMax: number | undefined;
  readonly minExecutors: number;
  readonly maxExecutors: number | undefined;
  readonly taskCpus: number;
  readonly shuffleMode: ShuffleMode;
  /** `spark.decommission.enabled`, as the application's executors see it. */
  readonly decommission: boolean;
  /** `spark.storage.decommission.enabled`: executors hand on their blocks before they end. */
  readonly storageDecommission: boolean;
  /** `spark.storage.decommission.shuffleBlocks.enabled` and `…rddBlocks.enabled`. */
  readonly movesShuffle: boolean;
  readonly movesCachedBlocks: boolean;
  /** `spark.storage.decommission.fallbackStorage.path` is set: shuffle that finds no other executor goes there. */
  readonly fallbackStorage?: boolean;
  /** `spark.ui.retainedDeadExecutors`: how many ended executors its list shows; undefined where unset. */
  readonly retainedEndedExecutors: number | undefined;
  /** `spark.metrics.namespace`, its `${…}` filled in; undefined where unset: then the application's id stands in names. */
  readonly metricsNamespace?: string | undefined;
  /** Executor shapes of resource profiles other than the default one. */
  readonly otherProfiles: readonly Resources[];
}

/** A worker's own `/json/`: the truth about what runs there, also after a decommission (spark.md 3.5). */
export interface WorkerSelfView {
  readonly id: string;
  readonly used: Resources;
  readonly executorCount: number;
}

/** All tasks that have ended on one executor, and their time together. */
export interface ExecutorPace {
  readonly tasks: number;
  readonly totalMs: number;
}

/** How long an application's tasks take: by the ids of the executors that are there. */
export type TaskPace = ReadonlyMap<string, ExecutorPace>;
