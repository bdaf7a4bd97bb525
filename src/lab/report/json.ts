/** A study for machines. */
import type { Study } from '../study/study.ts';
import { frontOf } from './front.ts';

/** Plain data: all figures of every policy with intervals and worst, and what was read of the logs. */
export function jsonOf(study: Study, logs: readonly unknown[] | undefined): object {
  const front = frontOf(study);
  const { workload, kind, cluster, seeds, reference, rows } = study;
  return {
    workload,
    kind,
    cluster,
    seeds,
    reference,
    policies: rows.map(({ policy, models, cell, against }) => ({
      policy,
      models,
      onParetoFront: front.has(policy),
      boundsExact: cell.boundsExact,
      figures: cell.figures,
      againstReference: against,
    })),
    logs,
  };
}
