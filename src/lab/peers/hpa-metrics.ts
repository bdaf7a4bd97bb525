/** The HPA's first half: from a metric to a recommendation (policies.md 3, step 2). */

/** `current` tests the closed interval; `older` tests |1 - ratio|, which in doubles rejects a ratio of exactly 1.1. */
export type ToleranceTest = 'current' | 'older';

export interface Tolerance {
  readonly share: number;
  readonly test: ToleranceTest;
}

export function isWithin(ratio: number, { share, test }: Tolerance): boolean {
  if (test === 'older') return Math.abs(1 - ratio) <= share;
  return 1 - share <= ratio && ratio <= 1 + share;
}

/**
 * An external metric with an AverageValue target: the whole of the metric over the target, rounded up.
 *
 * @param current replicas set; @param existing replicas in the status, which the average is taken over.
 */
export function averageValue(
  metric: { readonly usage: number; readonly target: number },
  current: number,
  existing: number,
  tolerance: Tolerance,
): number {
  if (isWithin(metric.usage / (metric.target * existing), tolerance)) return current;
  return Math.ceil(metric.usage / metric.target);
}

export interface CpuUsage {
  /** Of each ready pod: what it uses over what it requests. */
  readonly shares: readonly number[];
  /** Pods that are there and not ready. */
  readonly unready: number;
}

/**
 * CPU utilisation against a target share: ready pods × ratio, rounded up. Pods that are not ready count as idle where
 * it would grow, and if that turns it round, nothing happens. Undefined where no pod shows any CPU: the metric fails.
 */
export function cpuUtilisation(
  usage: CpuUsage,
  target: number,
  current: number,
  tolerance: Tolerance,
): number | undefined {
  const ready = usage.shares.length;
  if (ready === 0) return undefined;
  const used = usage.shares.reduce((sum, share) => sum + share, 0);
  const ratio = used / ready / target;
  if (usage.unready === 0 || ratio <= 1)
    return isWithin(ratio, tolerance) ? current : Math.ceil(rounded(ratio * ready));
  const pods = ready + usage.unready;
  const again = used / pods / target;
  if (isWithin(again, tolerance) || again < 1) return current;
  const recommended = Math.ceil(rounded(again * pods));
  return recommended < current ? current : recommended;
}

/** The real one calculates with whole millicores, and does not see the last digits of a double. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
