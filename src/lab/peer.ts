/** The port of the policies that ours is compared with: each decides purely, from its own state and one observation. */

/** One application as a metrics source shows it. */
export interface PeerApplication {
  readonly id: string;
  /** `numberTargetExecutors`, climbing. */
  readonly targetExecutors: number;
  /** `numberMaxNeededExecutors`, at once. */
  readonly maxNeededExecutors: number;
  /** Executors it holds. */
  readonly executors: number;
  readonly executorCores: number;
  readonly executorMemoryMiB: number;
  /** Tasks running and waiting, and the task-seconds they are together (which only Dask's own scheduler would know). */
  readonly runningTasks: number;
  readonly pendingTasks: number;
  readonly taskSecondsLeft: number;
}

/** One registered worker. */
export interface PeerWorker {
  /** Name of its pod. */
  readonly pod: string;
  readonly executors: number;
  /** Slots that run a task at this moment, of `slots`: what the worker's CPU shows. */
  readonly busySlots: number;
  readonly slots: number;
  /** How long no executor has been there; 0 while one is. */
  readonly idleMs: number;
  /** Shuffle and cached blocks on it. */
  readonly storedMiB: number;
}

/** What a peer sees: counts and names of pods as of now, from the API server; all else is `signalAgeMs` old. */
export interface PeerObservation {
  readonly nowMs: number;
  /** *planned*: replicas set. */
  readonly plannedWorkers: number;
  readonly readyWorkers: number;
  /** Pods that exist, Ready or not. */
  readonly podNames: readonly string[];
  readonly workers: readonly PeerWorker[];
  /** Empty where no source answers; `sourceFailed` tells that apart from no application. */
  readonly applications: readonly PeerApplication[];
  readonly sourceFailed: boolean;
  readonly workerCores: number;
  readonly workerMemoryMiB: number;
}

export interface PeerDecision<State> {
  /** Replicas to set; the same as planned for no write. */
  readonly desiredWorkers: number;
  /** Names of the pods that are to go; undefined where Kubernetes' own ranking picks. */
  readonly victims: readonly string[] | undefined;
  /** Whether its victims are drained (marked, and ended once empty), rather than ended at once. */
  readonly drains: boolean;
  readonly state: State;
  readonly why: string;
}

export interface PeerBounds {
  readonly minWorkers: number;
  readonly maxWorkers: number;
}

/** A policy of somebody else's, after the source that `models` names. */
export interface PeerPolicy<State = unknown> {
  readonly name: string;
  /** What it models: a product, its version or document. */
  readonly models: string;
  readonly periodMs: number;
  /** How old what it sees is, through the metrics pipeline it needs. */
  readonly signalAgeMs: number;
  start(bounds: PeerBounds, initialWorkers: number): State;
  /** Pure: no clock, no randomness. */
  decide(state: State, observation: PeerObservation): PeerDecision<State>;
}
