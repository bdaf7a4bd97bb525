/** Which figures a report shows first, and how a figure is written. */
import type { Summary } from '../measure/cell.ts';
import type { MetricKey, Unit } from '../measure/metrics.ts';
import type { Estimate } from '../measure/statistics.ts';
import type { Study } from '../study/study.ts';
import type { WorkloadKind } from '../workload.ts';

export interface Column {
  readonly key: MetricKey;
  readonly head: string;
  /** The worst of the seeds stands beside the mean. */
  readonly worst?: boolean;
}

const COST: readonly Column[] = [
  { key: 'workerHours', head: 'worker-hours' },
  { key: 'saved', head: 'saved' },
  { key: 'overBoundAtOwn', head: 'over bound' },
];

const HARM: readonly Column[] = [
  { key: 'reversals', head: 'reversals/h' },
  { key: 'tasksKilled', head: 'killed', worst: true },
  { key: 'neededBlocksLost', head: 'needed blocks lost', worst: true },
  { key: 'unfinished', head: 'not ended', worst: true },
];

const JOB_TIME: readonly Column[] = [
  { key: 'completionMean', head: 'job time', worst: true },
  { key: 'completionP95', head: 'p95' },
];

const WAIT: readonly Column[] = [
  { key: 'addedWaitP50', head: 'added wait', worst: true },
  { key: 'addedWaitP95', head: 'p95' },
];

/** Batch is judged by job times, interactive work by what each job had to wait longer; bounds only where there are any. */
export function columnsFor({ kind, rows }: Study): readonly Column[] {
  const bounded = rows.some(({ cell }) => cell.boundsExact !== undefined);
  const cost = COST.filter(({ key }) => bounded || key !== 'overBoundAtOwn');
  return [...(kind === 'interactive' ? WAIT : JOB_TIME), ...cost, ...HARM];
}

/** What a workload is judged by beside its cost. */
export function serviceMetric(kind: WorkloadKind): MetricKey {
  return kind === 'interactive' ? 'addedWaitP95' : 'completionMean';
}

const DIGITS: Readonly<Record<Unit, number>> = {
  ratio: 2,
  share: 0,
  seconds: 1,
  'worker-hours': 2,
  count: 1,
  'per hour': 1,
};

/** "1.04", "35 %", "12.3 s": a figure with its unit, where that is not told by its name. */
export function written(value: number, unit: Unit): string {
  // -0.001 is shown as 0.
  const digits = DIGITS[unit];
  const text = (unit === 'share' ? 100 * value : value).toFixed(digits);
  const zero = Number(text) === 0 ? (0).toFixed(digits) : text;
  if (unit === 'share') return `${zero} %`;
  return unit === 'seconds' ? `${zero} s` : zero.replace(/\.0$/, '');
}

/** "1.04 (1.02 to 1.07)"; no interval where all seeds agree. */
export function estimated({ mean, low, high }: Estimate, unit: Unit): string {
  const [least, most] = [written(low, unit), written(high, unit)];
  return least === most ? written(mean, unit) : `${written(mean, unit)} (${least} to ${most})`;
}

/** The mean, and the worst of the seeds where it is another; "–" where there is nothing of the kind. */
export function withWorst(summary: Summary | undefined, unit: Unit, worst: boolean): string {
  if (summary === undefined) return '–';
  const [usual, extreme] = [written(summary.mean, unit), written(summary.worst, unit)];
  return worst && extreme !== usual ? `${usual}, worst ${extreme}` : usual;
}
