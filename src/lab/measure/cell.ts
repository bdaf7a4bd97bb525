/** One workload under one policy over all seeds: means with intervals, the worst beside them, and paired differences. */
import { METRIC_KEYS, METRICS, type Measured, type MetricKey } from './metrics.ts';
import { bootstrapMean, type Estimate } from './statistics.ts';

/** All figures of one run: what is kept of it, however long it was. */
export interface RunFigures {
  readonly workload: string;
  readonly policy: string;
  readonly seed: number;
  /** Undefined where the run has nothing of the kind. */
  readonly figures: Readonly<Record<MetricKey, number | undefined>>;
  /** Whether the bounds are exact; undefined where it was measured by none. */
  readonly boundsExact: boolean | undefined;
}

export function figuresOf(measured: Measured): RunFigures {
  const { run, boundAtOwn, boundAtStaticMax } = measured;
  const bounds = [boundAtOwn, boundAtStaticMax].filter(isThere);
  return {
    workload: run.workload,
    policy: run.controller,
    seed: run.seed,
    figures: byMetric((key) => METRICS[key].of(measured)),
    boundsExact: bounds.length === 0 ? undefined : bounds.every(({ exact }) => exact),
  };
}

/** A figure over the seeds that have it. */
export interface Summary extends Estimate {
  readonly seeds: number;
  readonly worst: number;
}

export interface Cell {
  readonly workload: string;
  readonly policy: string;
  readonly seeds: number;
  readonly figures: Readonly<Record<MetricKey, Summary | undefined>>;
  /** The bounds it was measured by are all reached by some plan; undefined where there is none. */
  readonly boundsExact: boolean | undefined;
}

/** Fixed, so that equal runs give equal intervals. */
const BOOTSTRAP_SEED = 1;

/** Throws where there is no run. */
export function cellOf(runs: readonly RunFigures[]): Cell {
  const [first] = runs;
  if (first === undefined) throw new RangeError('nothing was measured');
  const exact = runs.map(({ boundsExact }) => boundsExact).filter(isThere);
  return {
    workload: first.workload,
    policy: first.policy,
    seeds: runs.length,
    figures: byMetric((key) => summary(runs.map(({ figures }) => figures[key]).filter(isThere), METRICS[key].worse)),
    boundsExact: exact.length === 0 ? undefined : exact.every((one) => one),
  };
}

function summary(values: readonly number[], worse: 'high' | 'low'): Summary | undefined {
  if (values.length === 0) return undefined;
  const worst = values.reduce((a, b) => (worse === 'high' ? Math.max(a, b) : Math.min(a, b)));
  return { ...bootstrapMean(values, BOOTSTRAP_SEED), seeds: values.length, worst };
}

/**
 * How much more one policy has of each figure than another, seed by seed: what both runs of a seed share falls out. An
 * interval without 0 in it tells them apart. Throws where the runs are not of the same seeds.
 */
export function differences(
  runs: readonly RunFigures[],
  others: readonly RunFigures[],
): Readonly<Record<MetricKey, Estimate | undefined>> {
  const theirs = new Map(others.map(({ seed, figures }) => [seed, figures]));
  const pairs = runs.map(({ seed, figures: own }) => {
    const other = theirs.get(seed);
    if (other === undefined) throw new RangeError(`no other run with seed ${seed}`);
    return { own, other };
  });
  return byMetric((key) => {
    const more = pairs
      .map(({ own, other }) => (own[key] === undefined || other[key] === undefined ? undefined : own[key] - other[key]))
      .filter(isThere);
    return more.length === 0 ? undefined : bootstrapMean(more, BOOTSTRAP_SEED);
  });
}

function byMetric<T>(value: (key: MetricKey) => T): Readonly<Record<MetricKey, T>> {
  return Object.fromEntries(METRIC_KEYS.map((key) => [key, value(key)])) as Readonly<Record<MetricKey, T>>;
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
