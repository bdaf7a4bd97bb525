/** Chance that is the same every time: equal seeds give equal workloads and equal intervals. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** From `low` up to, not including, `high`. */
  between(low: number, high: number): number;
  /** A whole number from 0 up to, not including, `below`; cheap. */
  below(below: number): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** Gaps of a Poisson process: exponential with this mean. */
  exponential(mean: number): number;
  /** Around this median; `sigma` is the deviation of its logarithm: 0.3 is even, 1 is wild. */
  logNormal(median: number, sigma: number): number;
  /** Heavy-tailed: at least `least`; the smaller `alpha` (above 0), the heavier; never above `most`. */
  pareto(least: number, alpha: number, most: number): number;
}

/** @param seed any whole number; neighbouring seeds are as unlike as others. */
export function newRandom(seed: number): Random {
  const generator = mersenne(seed | 0);
  const next = (): number => uniformFloat64(generator);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    below: (below) => Math.floor(((generator.next() >>> 0) / 2 ** 32) * below),
    between: (low, high) => low + next() * (high - low),
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    exponential: (mean) => -mean * Math.log(1 - next()),
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    pareto: (least, alpha, most) => Math.min(most, least / (1 - next()) ** (1 / alpha)),
  };
}
