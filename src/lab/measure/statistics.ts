/** Percentiles, and how sure a mean is. */
import { newRandom } from '../random.ts';

/**
 * The value that `share` of the samples do not exceed, by nearest rank: always one that was measured, never a mean.
 *
 * @param share above 0, at most 1: 0.99 for p99. Throws where there is nothing measured.
 */
export function percentile(samples: readonly number[], share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`a share is above 0 and at most 1, not ${share}`);
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  if (value === undefined) throw new RangeError('nothing was measured');
  return value;
}

/** Throws where there is nothing measured. */
export function mean(samples: readonly number[]): number {
  if (samples.length === 0) throw new RangeError('nothing was measured');
  return samples.reduce((sum, value) => sum + value, 0) / samples.length;
}

/** A mean, and the interval in which it lies with 95 % confidence. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
const TAIL = 0.025;

/**
 * The percentile bootstrap: the samples are drawn anew, with replacement, 2000 times; equal samples and seeds give equal
 * intervals. One sample gives an interval of no width, which says nothing. Throws where there is none.
 */
export function bootstrapMean(samples: readonly number[], seed: number): Estimate {
  const random = newRandom(seed);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let left = samples.length; left > 0; left -= 1) sum += samples[random.below(samples.length)] ?? 0;
    return sum / samples.length;
  });
  return { mean: mean(samples), low: percentile(means, TAIL), high: percentile(means, 1 - TAIL) };
}
