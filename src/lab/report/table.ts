/** A study as a table for the terminal. */
import Table from 'cli-table3';
import { METRICS } from '../measure/metrics.ts';
import type { ClusterShape, Study } from '../study/study.ts';
import { columnsFor, serviceMetric, withWorst } from './columns.ts';
import { frontOf } from './front.ts';

/** Ends with a line end. */
export function renderTable(study: Study): string {
  const columns = columnsFor(study);
  const front = frontOf(study);
  const table = new Table({
    head: ['', 'policy', ...columns.map(({ head }) => head)],
    colAligns: ['left', 'left', ...columns.map(() => 'right' as const)],
    // No lines between the rows: one policy is one line.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 1 },
  });
  for (const { policy, cell } of study.rows) {
    table.push([
      front.has(policy) ? '*' : '',
      policy,
      ...columns.map(({ key, worst = false }) => withWorst(cell.figures[key], METRICS[key].unit, worst)),
    ]);
  }
  return `${titleOf(study)}\n${table.toString()}\n${legend(study)}\n`;
}

export function titleOf({ workload, kind, seeds, cluster }: Study): string {
  const runs = seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`;
  return `${workload} (${kind}), ${runs}, ${clusterText(cluster)}`;
}

function clusterText({ minWorkers, maxWorkers, workerCores, workerMemoryMiB }: ClusterShape): string {
  return `${minWorkers} to ${maxWorkers} workers of ${workerCores} cores and ${workerMemoryMiB} MiB`;
}

function legend({ kind }: Study): string {
  const service = METRICS[serviceMetric(kind)].label;
  const what =
    kind === 'interactive'
      ? 'added wait: what half of the jobs (p50), and 19 of 20 (p95), took longer at most than with static-max.'
      : 'job time: over what the same job took with static-max.';
  return `${what} Means over the seeds.\n* no other policy is better in worker-hours and in "${service}" at once.`;
}
