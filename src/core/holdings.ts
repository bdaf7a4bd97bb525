/** What an application keeps on its workers beside running work: plain data, as its driver tells it. */

/** One executor of an application, active or ended; the driver itself is left out. */
export interface ExecutorHolding {
  readonly id: string;
  /** Host it registered, without port: the host of its worker. */
  readonly host: string;
  readonly active: boolean;
  readonly activeTasks: number;
  /** Shuffle bytes its tasks ever wrote: never falls, so it says "may hold". */
  readonly shuffleWriteBytes: number;
  /** Cached blocks, with their memory and disk. */
  readonly rddBlocks: number;
  readonly memoryUsedBytes: number;
  readonly diskUsedBytes: number;
  /** Storage memory in all. */
  readonly maxMemoryBytes: number;
}

/**
 * What the application's running jobs may do with shuffle data.
 *
 * `idle`: no job runs. `apart`: each running job is one stage that reads no shuffle and, as far as its finished tasks
 * show, writes none. `shuffling`: everything else.
 */
export type JobActivity = 'idle' | 'apart' | 'shuffling';

export interface ApplicationHoldings {
  readonly executors: readonly ExecutorHolding[];
  readonly activity: JobActivity;
}

/** Spark lists this many ended executors at most unless it was told otherwise (spark.md 9.2). */
export const DEFAULT_RETAINED_ENDED_EXECUTORS = 100;
