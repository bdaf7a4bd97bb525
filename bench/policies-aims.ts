/** The aims of our default policy: whether each family reaches those of its kind, how far it is where not, and why. */
import { dominates } from '../src/lab/measure/pareto.ts';
import { METRICS, type MetricKey } from '../src/lab/measure/metrics.ts';
import { written } from '../src/lab/report/columns.ts';
import { pointsOf } from '../src/lab/report/front.ts';
import { LATENCIES } from '../src/lab/sim/options.ts';
import { OURS, OWN } from '../src/lab/study/policies.ts';
import type { Study } from '../src/lab/study/study.ts';
import type { WorkloadKind } from '../src/lab/workload.ts';
import { markdownTable } from './markdown.ts';
import { WHY_MISSED } from './policies-why.ts';

/** A figure that may be at most so much. */
interface Aim {
  readonly metric: MetricKey;
  readonly head: string;
  readonly most: number;
  /** So much itself is too much. */
  readonly below?: boolean;
  /** Of the worst seed, not of the mean. */
  readonly worst?: boolean;
}

const WORKER_START_S = LATENCIES.podStart.medianMs / 1_000;

const OF_KIND: Readonly<Record<WorkloadKind, readonly Aim[]>> = {
  batch: [
    { metric: 'completionMean', head: 'job time', most: 1.05 },
    { metric: 'completionP95', head: 'job time p95', most: 1.15 },
    { metric: 'overBoundAtOwn', head: 'over bound', most: 1.25 },
  ],
  interactive: [
    { metric: 'addedWaitP50', head: 'added wait p50', most: 1, below: true },
    { metric: 'addedWaitP95', head: 'added wait p95', most: WORKER_START_S },
    { metric: 'overBoundAtOwn', head: 'over bound', most: 1.5 },
  ],
  adversary: [{ metric: 'overBoundAtOwn', head: 'over bound', most: 2 }],
};

const OF_ALL: readonly Aim[] = [
  { metric: 'reversalsBeyond', head: 'reversals/h beyond the bound', most: 2 },
  { metric: 'tasksKilled', head: 'killed, worst seed', most: 0, worst: true },
  { metric: 'neededBlocksLost', head: 'needed blocks lost, worst seed', most: 0, worst: true },
];

const KINDS: readonly (readonly [kind: WorkloadKind, title: string])[] = [
  ['batch', 'Batch'],
  ['interactive', 'Interactive'],
  ['adversary', 'Adversary'],
];

/** What became of one aim. */
interface Judged {
  readonly reached: boolean;
  readonly text: string;
}

/** The section of the page. Throws where a family misses an aim and nobody has said why. */
export function aimsSection(studies: readonly Study[]): string {
  const tables = KINDS.flatMap(([kind, title]) => {
    const some = studies.filter((study) => study.kind === kind);
    return some.length === 0 ? [] : [aimsTable(kind, title, some)];
  });
  const reasons = studies.filter(missesAny).map(({ workload }) => `- **${workload}**: ${whyMissed(workload)}`);
  return [
    `## Whether the aims are reached

Ours with its default settings. A figure in **bold** misses its aim, by so much. Reversals are those beyond the ones that the
bound makes too, at ours' own job end times. Nobody dominates ours where no rival, tuned or not, is as good in cost and service
and better in one of them, in the tables of the families below; what a rival kills or loses is not held against it.`,
    ...tables,
    ...(reasons.length === 0 ? [] : [`What is missed, and why:\n\n${reasons.join('\n')}`]),
  ].join('\n\n');
}

/** Whether ours misses any aim of the study's kind. */
export function missesAny(study: Study): boolean {
  return judge(study).some(({ reached }) => !reached);
}

function aimsTable(kind: WorkloadKind, title: string, studies: readonly Study[]): string {
  const aims = [...OF_KIND[kind], ...OF_ALL];
  const head = ['family', ...aims.map(headOf), 'dominated by: nobody'];
  const rows = studies.map((study) => [study.workload, ...judge(study).map(({ text }) => text)]);
  return `${title}:\n\n${markdownTable(head, rows)}`;
}

function headOf({ metric, head, most, below = false }: Aim): string {
  return `${head} ${below ? '<' : '≤'} ${written(most, METRICS[metric].unit)}`;
}

/** In the order of the table's columns. */
function judge(study: Study): readonly Judged[] {
  return [...[...OF_KIND[study.kind], ...OF_ALL].map((aim) => judgeAim(study, aim)), judgeFront(study)];
}

function judgeAim({ rows }: Study, { metric, most, below = false, worst = false }: Aim): Judged {
  const figure = rows.find(({ policy }) => policy === OURS.name)?.cell.figures[metric];
  if (figure === undefined) return { reached: false, text: 'not measured' };
  const value = worst ? figure.worst : figure.mean;
  const { unit } = METRICS[metric];
  if (below ? value < most : value <= most) return { reached: true, text: written(value, unit) };
  return { reached: false, text: `**${written(value, unit)}**, ${written(value - most, unit)} too much` };
}

function judgeFront(study: Study): Judged {
  const points = pointsOf(study);
  const own = points.find(({ policy }) => policy === OURS.name);
  const better = points.filter((one) => own !== undefined && !OWN.has(one.policy) && dominates(one, own));
  if (better.length === 0) return { reached: true, text: 'nobody' };
  return { reached: false, text: `**${better.map(({ policy }) => policy).join(', ')}**` };
}

function whyMissed(family: string): string {
  const why = WHY_MISSED[family];
  if (why === undefined) throw new Error(`${family} misses an aim: say why in bench/policies-why.ts`);
  return why;
}
