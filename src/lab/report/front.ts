/** The policies of a study as points of cost and service. */
import { paretoFront } from '../measure/pareto.ts';
import type { Study } from '../study/study.ts';
import { serviceMetric } from './columns.ts';

export interface PolicyPoint {
  readonly policy: string;
  /** Worker-hours. */
  readonly cost: number;
  /** Job time over static-max, or added wait in seconds. */
  readonly time: number;
}

export function pointsOf(study: Study): readonly PolicyPoint[] {
  const service = serviceMetric(study.kind);
  return study.rows.flatMap(({ policy, cell: { figures } }) => {
    const [cost, time] = [figures.workerHours?.mean, figures[service]?.mean];
    return cost === undefined || time === undefined ? [] : [{ policy, cost, time }];
  });
}

/** Names of the policies that none other beats in cost and service at once. */
export function frontOf(study: Study): ReadonlySet<string> {
  return new Set(paretoFront(pointsOf(study)).map(({ policy }) => policy));
}
