/** The clairvoyant: what the service that a run gave could have cost, had everything been known beforehand. */
import { exactCost } from './exact.ts';
import { boundedCourse } from './lower-bound.ts';
import type { BoundProblem } from './problem.ts';

export interface Bound {
  /** Worker-seconds from 0 to the horizon. */
  readonly workerSeconds: number;
  /** `exact`: a schedule that costs this exists. `lower-bound`: none costs less; perhaps none costs so little. */
  readonly kind: 'exact' | 'lower-bound';
  /** How often its count grows after it has shrunk: of the course that the bound is made of, not of every cheapest schedule. */
  readonly reversals: number;
}

/**
 * The least worker-seconds that meet the jobs' end times. Small problems are solved; for others, and for those that no
 * schedule of whole tasks meets, it is a bound from below.
 */
export function clairvoyantBound(problem: BoundProblem): Bound {
  const exact = exactCost(problem);
  const { workerSeconds, reversals } = boundedCourse(problem);
  if (exact !== undefined && Number.isFinite(exact)) return { workerSeconds: exact, kind: 'exact', reversals };
  return { workerSeconds, kind: 'lower-bound', reversals };
}
