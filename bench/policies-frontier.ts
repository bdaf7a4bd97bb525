/** The frontier at equal service: what the cheapest rival takes that serves as well as each of ours, and harms nobody. */
import type { Summary } from '../src/lab/measure/cell.ts';
import { METRICS, type MetricKey } from '../src/lab/measure/metrics.ts';
import { serviceMetric, withWorst } from '../src/lab/report/columns.ts';
import { OWN } from '../src/lab/study/policies.ts';
import type { Study, StudyRow } from '../src/lab/study/study.ts';
import { markdownTable } from './markdown.ts';

/** As well is: job times at most so much longer, or the p95 of the added wait. */
const LONGER_RATIO = 1.01;
const LONGER_SECONDS = 0.1;

const HARM: readonly MetricKey[] = ['tasksKilled', 'neededBlocksLost', 'unfinished'];

export function frontierSection(studies: readonly Study[]): string {
  const rows = studies.flatMap((study) =>
    study.rows.filter(({ policy }) => OWN.has(policy)).map((own) => frontierRow(own, study)),
  );
  const head = ['family', 'ours', 'service', 'worker-hours', 'cheapest rival', 'service', 'worker-hours', 'ours takes'];
  return `## Cost at equal service

Beside each of our profiles the cheapest rival, tuned or not, that serves at least as well (job times not more than 1 % longer;
interactive: p95 of the added wait not more than 0.1 s longer) and in no seed kills a task, loses a needed block or leaves a job
undone.

${markdownTable(head, rows)}`;
}

function frontierRow(own: StudyRow, study: Study): string[] {
  const rival = cheapestAsGood(own, study);
  const [hours, theirs] = [own, rival].map((row) => row?.cell.figures.workerHours);
  return [study.workload, own.policy, ...costAndService(own, study), ...besides(rival, study), taken(hours, theirs)];
}

function besides(rival: StudyRow | undefined, study: Study): string[] {
  return rival === undefined ? ['nobody', '–', '–'] : [rival.policy, ...costAndService(rival, study)];
}

function costAndService({ cell: { figures } }: StudyRow, { kind }: Study): string[] {
  const keys = [serviceMetric(kind), 'workerHours'] as const;
  return keys.map((key) => withWorst(figures[key], METRICS[key].unit, false));
}

/** The rival with the fewest worker-hours of those that serve as well and harm nobody; undefined where there is none. */
export function cheapestAsGood(own: StudyRow, { rows, kind }: Study): StudyRow | undefined {
  const service = serviceMetric(kind);
  const value = (row: StudyRow, key: MetricKey): number => row.cell.figures[key]?.mean ?? Infinity;
  const ours = value(own, service);
  const most = kind === 'interactive' ? ours + LONGER_SECONDS : ours * LONGER_RATIO;
  return rows
    .filter(({ policy }) => !OWN.has(policy))
    .filter((row) => value(row, service) <= most && HARM.every((key) => row.cell.figures[key]?.worst === 0))
    .sort((a, b) => value(a, 'workerHours') - value(b, 'workerHours'))[0];
}

/** "12 % less" than the rival. */
function taken(own: Summary | undefined, rival: Summary | undefined): string {
  if (own === undefined || rival === undefined) return '–';
  const percent = Math.round(100 * (own.mean / rival.mean - 1));
  if (percent === 0) return 'as much';
  return percent < 0 ? `${-percent} % less` : `**${percent} % more**`;
}
