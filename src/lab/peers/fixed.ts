/** Counts that never change: what a cluster without an autoscaler costs. */
import type { PeerBounds, PeerPolicy } from '../peer.ts';
import { clamp, count } from './signals.ts';

const LOOK_MS = 60_000;

/** Always max. */
export function staticMax(): PeerPolicy<PeerBounds> {
  return {
    name: 'static-max',
    models: 'replicas set once to the most that is ever wanted',
    periodMs: LOOK_MS,
    signalAgeMs: 0,
    start: (bounds) => bounds,
    decide: (bounds) => count(bounds.maxWorkers, bounds, 'always max'),
  };
}

/** Always the same count, as somebody would set it who knows the mean of the demand (see {@link meanWorkers}). */
export function staticMean(workers: number): PeerPolicy<PeerBounds> {
  return {
    name: 'static-mean',
    models: 'replicas set once to the mean of the demand, known beforehand',
    periodMs: LOOK_MS,
    signalAgeMs: 0,
    start: (bounds) => bounds,
    decide: (bounds) => count(clamp(workers, bounds), bounds, `always ${workers}`),
  };
}

/**
 * The mean over time of a demand in steps, rounded up, at least 1: the count for {@link staticMean}.
 *
 * @param steps `values[i]` workers from `atMs[i]` on, 0 before the first.
 * @param most what of the demand counts at most: max.
 */
export function meanWorkers(
  steps: { readonly atMs: readonly number[]; readonly values: readonly number[] },
  endMs: number,
  most: number,
): number {
  const workerMs = steps.values.reduce((sum, value, index) => {
    const fromMs = steps.atMs[index] ?? endMs;
    const toMs = steps.atMs[index + 1] ?? endMs;
    return sum + Math.min(value, most) * Math.max(0, Math.min(toMs, endMs) - fromMs);
  }, 0);
  return Math.max(1, Math.ceil(workerMs / Math.max(1, endMs)));
}
