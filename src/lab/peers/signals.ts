/** What several peers make of an observation. */
import type { PeerApplication, PeerBounds, PeerDecision, PeerObservation, PeerWorker } from '../peer.ts';

/** Which gauge of Spark's allocation manager a user would export: the climbing target, or all that is needed. */
export type Gauge = 'target' | 'max-needed';

/**
 * Workers that the gauges ask for, not rounded: executors over executors per worker, summed over the applications.
 *
 * An executor that fits no worker counts for nothing (policies.md 12, stage 4).
 */
export function neededWorkers(observation: PeerObservation, gauge: Gauge): number {
  return observation.applications.reduce((sum, application) => {
    const executors = gauge === 'target' ? application.targetExecutors : application.maxNeededExecutors;
    const fit = executorsPerWorker(application, observation);
    return fit === 0 ? sum : sum + executors / fit;
  }, 0);
}

function executorsPerWorker(
  { executorCores, executorMemoryMiB }: PeerApplication,
  { workerCores, workerMemoryMiB }: PeerObservation,
): number {
  return Math.floor(Math.min(workerCores / executorCores, workerMemoryMiB / executorMemoryMiB));
}

/** Workers whose pods are still there: what came through the pipeline may be older than the list of pods. */
export function presentWorkers({ workers, podNames }: PeerObservation): readonly PeerWorker[] {
  const there = new Set(podNames);
  return workers.filter(({ pod }) => there.has(pod));
}

/** Above max first, then below min. */
export function clamp(workers: number, { minWorkers, maxWorkers }: PeerBounds): number {
  return Math.max(minWorkers, Math.min(workers, maxWorkers));
}

/** Rounds up, forgiving what a product of floats is too much: 140 × 0.05 is 7, not 7.000000000000001. */
export function ceil(value: number): number {
  return Math.ceil(value - 1e-9);
}

/** Rounds down, forgiving what a product of floats is too little. */
export function floor(value: number): number {
  return Math.floor(value + 1e-9);
}

/** Sets a count and leaves it to Kubernetes who goes. */
export function count<State>(desiredWorkers: number, state: State, why: string): PeerDecision<State> {
  return { desiredWorkers, victims: undefined, drains: false, state, why };
}
