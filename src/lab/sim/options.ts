/** What a simulated cluster is like: sizes, latencies, faults. All times in milliseconds. */
import type { Spread } from './random.ts';

export interface SimulationOptions {
  /** Whole number; equal seeds give equal runs. */
  readonly seed: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Workers that are there and registered at the start; `minWorkers` if absent. */
  readonly initialWorkers?: number;
  readonly workerCores: number;
  readonly workerMemoryMiB: number;
  /** How Spark's master places executors; `spread` (Spark's default) if absent. */
  readonly placement?: 'spread' | 'packed';
  /** What of {@link LATENCIES} is different here. */
  readonly latencies?: Partial<Latencies>;
  /** What of {@link NO_FAULTS} goes wrong. */
  readonly faults?: Partial<Faults>;
  /** Times of a recorded run that are played instead of drawn. */
  readonly measured?: MeasuredTimes;
  /** A job that waits for the count to be lowered comes after this long in any case; 10 minutes if absent. */
  readonly releaseWaitMs?: number;
  /** The run ends when the last application has, or here (30 days if absent); what has not ended by then is unfinished. */
  readonly untilMs?: number;
  /** Called every so many events: show it when a run takes long. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What a machine took in one run of one application; whoever comes after the last of a list draws from the latencies. */
export interface MeasuredTimes {
  /** Of the pods that were started in the run, in their order. */
  readonly podStartsMs: readonly number[];
  /** Of the application's executors, in their order. */
  readonly executors: readonly ExecutorTimes[];
}

export interface ExecutorTimes {
  readonly startMs: number;
  /** What the first task on each of its slots took longer than later ones, in the order in which they were launched. */
  readonly coldTasksMs: readonly number[];
}

export interface Latencies {
  /** From a pod's creation to its worker's registration. */
  readonly podStart: Spread;
  /** From a pod's being asked to end to its being gone; its worker serves no more from the beginning. */
  readonly podEnd: Spread;
  /** From the count's being written to the controller's creating or deleting pods. */
  readonly controllerMs: number;
  /** From an annotation's being written to the controller's going by it (kubernetes#126138). */
  readonly controllerCacheMs: number;
  /** From the master's granting an executor to the driver's knowing it. */
  readonly executorStart: Spread;
  /** What the first task on each slot of an executor takes longer than its own time: its launch, classes, Python workers. */
  readonly coldTask: Spread;
  /** From a stage's end, or a job's coming, to its next stage's tasks being there. */
  readonly stageGapMs: number;
  /** One request to the API server or the master. */
  readonly request: Spread;
  /** `spark.storage.decommission.replicationReattemptInterval`: 3 s as the manifests here set it, Spark's own is 30 s. */
  readonly migrationRoundMs: number;
  /** What a drain takes beside its rounds: to be told, to look each second, to end. */
  readonly drainOverhead: Spread;
  /** How fast one executor hands on its blocks, in MiB per second. */
  readonly migrationMiBPerSecond: number;
}

export const LATENCIES: Latencies = {
  podStart: { medianMs: 8_000, sigma: 0.25 },
  podEnd: { medianMs: 1_500, sigma: 0.3 },
  controllerMs: 100,
  controllerCacheMs: 600,
  executorStart: { medianMs: 2_500, sigma: 0.2 },
  coldTask: { medianMs: 0, sigma: 0 },
  stageGapMs: 40,
  request: { medianMs: 30, sigma: 0.4 },
  migrationRoundMs: 3_000,
  drainOverhead: { medianMs: 2_400, sigma: 0.1 },
  migrationMiBPerSecond: 100,
};

/** From `fromMs` up to `toMs` something fails. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Faults {
  /** Share of the pods that stay Pending for ever. */
  readonly neverStartShare: number;
  /** Most pods the namespace's quota allows; what is asked for beyond is not created. */
  readonly quotaPods: number;
  /** Most executors that the master gives to one application, and tells nobody why. */
  readonly mostExecutors: number;
  /** Share of the writes that the API server refuses (429). */
  readonly writeErrorShare: number;
  /** While the drivers do not answer. */
  readonly driversSilent: readonly Outage[];
  /** While the master does not answer (it goes on scheduling). */
  readonly masterSilent: readonly Outage[];
  /** The master refuses to decommission (405). */
  readonly marksRefused: boolean;
}

export const NO_FAULTS: Faults = {
  neverStartShare: 0,
  quotaPods: Infinity,
  mostExecutors: Infinity,
  writeErrorShare: 0,
  driversSilent: [],
  masterSilent: [],
  marksRefused: false,
};

export interface Progress {
  readonly simulatedMs: number;
  readonly events: number;
  readonly jobsEnded: number;
  readonly jobsInAll: number;
}
