/**
 * A workload: applications with the jobs they run, as the simulator plays it and as event logs and the built-in families
 * give it. Plain data; times in milliseconds from the start of the simulation, sizes in MiB.
 */

/** A stage of a job: tasks that run in parallel once the stages it reads from are complete. */
export interface StageSpec {
  /** Unique within its application. */
  readonly id: number;
  /**
   * Stages whose shuffle it reads, of this job or of an earlier one of the application: an earlier one's tasks run again
   * only if their blocks were lost.
   */
  readonly parents: readonly number[];
  /** How long each task runs once it has a slot: one entry per task. */
  readonly taskMs: readonly number[];
  /** Shuffle that all its tasks write together; 0 for a result stage. */
  readonly shuffleWriteMiB: number;
  /** Blocks that its tasks leave in the executors' storage memory (`cache()`), together. */
  readonly cachedMiB: number;
}

/** When a job is handed to the driver. */
export type JobStart =
  /** So long after the application's job before it ended (for the first: after the application started). */
  | { readonly kind: 'after-previous'; readonly thinkMs: number }
  /** At a moment of its own, whatever else the application runs then. */
  | { readonly kind: 'at'; readonly atMs: number }
  /** So long after the cluster's count was next lowered, once the job before it has ended: the adversary's. */
  | { readonly kind: 'after-release'; readonly delayMs: number };

export interface JobSpec {
  readonly id: number;
  readonly start: JobStart;
  /** In an order in which parents come first. */
  readonly stages: readonly StageSpec[];
}

/** Spark's dynamic allocation, as the application sets it. */
export interface AllocationSpec {
  readonly minExecutors: number;
  readonly maxExecutors: number | undefined;
  readonly initialExecutors: number;
  readonly schedulerBacklogMs: number;
  readonly sustainedBacklogMs: number;
  readonly executorIdleMs: number;
  readonly shuffleTracking: boolean;
}

export interface ApplicationSpec {
  readonly id: string;
  readonly arrivesAtMs: number;
  readonly executorCores: number;
  readonly executorMemoryMiB: number;
  /** `spark.task.cpus`. */
  readonly taskCpus: number;
  /** `spark.cores.max`; undefined for no limit. */
  readonly coresMax: number | undefined;
  /** Undefined: without dynamic allocation; then it holds `coresMax` for as long as it lives. */
  readonly allocation: AllocationSpec | undefined;
  /** Whether its settings let its executors be decommissioned and hand on their blocks. */
  readonly canDrain: boolean;
  readonly jobs: readonly JobSpec[];
}

/** What kind of user stands behind a family; the aims differ (batch: completion; interactive: added wait). */
export type WorkloadKind = 'batch' | 'interactive' | 'adversary';

export interface Workload {
  /** Of the family or of the file it came from. No policy ever sees it. */
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly applications: readonly ApplicationSpec[];
}

/** Spark's defaults, as the facts on dynamic allocation have them. */
export const DEFAULT_ALLOCATION: AllocationSpec = {
  minExecutors: 0,
  maxExecutors: undefined,
  initialExecutors: 0,
  schedulerBacklogMs: 1_000,
  sustainedBacklogMs: 1_000,
  executorIdleMs: 60_000,
  shuffleTracking: true,
};
