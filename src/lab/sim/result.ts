/** What a run of the simulator tells. Times in milliseconds of simulated time. */

export interface JobRun {
  readonly applicationId: string;
  readonly jobId: number;
  readonly submittedAtMs: number;
  /** Undefined where the run ended first. */
  readonly endedAtMs: number | undefined;
}

/** A value that changes in steps: `values[i]` holds from `atMs[i]` on. Before the first it is 0. */
export interface Steps {
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

export interface Resize {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly direction: 'grow' | 'shrink';
}

/** One time when demand (no more than max) rose above the workers planned. */
export interface Reaction {
  readonly visibleAtMs: number;
  /** The count was next raised; undefined if the demand had gone before. */
  readonly raisedAtMs: number | undefined;
  /** The next worker registered after that. */
  readonly registeredAtMs: number | undefined;
  /** As many workers were registered as the demand needed. */
  readonly fullAtMs: number | undefined;
}

export interface RunResult {
  readonly workload: string;
  readonly controller: string;
  readonly seed: number;
  /** When the last application ended, or the run was cut off. */
  readonly endedAtMs: number;
  readonly jobs: readonly JobRun[];
  readonly unfinishedJobs: number;
  /** Pods × seconds, from a pod's creation until it is gone: what is paid for. */
  readonly workerSeconds: number;
  readonly timelines: {
    /** Workers that all demand needs at least: sums of cores and memory over max needed, beyond max too. */
    readonly demand: Steps;
    /** Replicas set. */
    readonly planned: Steps;
    /** Workers ALIVE at the master. */
    readonly observed: Steps;
    /** Tasks that run. */
    readonly running: Steps;
  };
  readonly tasksEnded: number;
  /** Tasks that ran when their worker was taken away. */
  readonly tasksKilled: number;
  /** Shuffle blocks (one per map task) that went with their worker, and those of them that a later stage still reads. */
  readonly shuffleBlocksLost: number;
  readonly neededBlocksLost: number;
  readonly cachedMiBLost: number;
  readonly shuffleBlocksMoved: number;
  readonly fetchFailures: number;
  /** Map tasks of stages that had been complete, and run again. */
  readonly mapTasksRerun: number;
  /** Stages submitted again after they had been complete, or after a fetch failed. */
  readonly stagesRerun: number;
  /**
   * Pods that ended though others had been named; where nobody names any: pods with executors that ended while an idle one
   * stayed.
   */
  readonly wrongVictims: number;
  /** Writes to the API server. */
  readonly apiWrites: number;
  readonly resizes: readonly Resize[];
  /** Growths that followed a shrink. */
  readonly reversals: number;
  readonly reactions: readonly Reaction[];
  /** Workers missing below the demand (no more than max), and workers registered beyond it (no less than min), × seconds. */
  readonly underProvisionedWorkerSeconds: number;
  readonly overProvisionedWorkerSeconds: number;
  /** Passes of our daemon that were decided, be it the count alone, and that were skipped as nothing could have changed; 0 for peers. */
  readonly passesDecided: number;
  readonly passesSkipped: number;
  readonly events: number;
}
