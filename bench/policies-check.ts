/** A small cut of the laboratory: whether our default still does as well as it is recorded to do. */
import * as v from 'valibot';
import { FAMILIES } from '../src/lab/families/families.ts';
import { METRICS, type MetricKey } from '../src/lab/measure/metrics.ts';
import { serviceMetric, written } from '../src/lab/report/columns.ts';
import { OURS, STATIC_MAX, type LabPolicy } from '../src/lab/study/policies.ts';
import { runStudy } from '../src/lab/study/study.ts';
import { CLUSTER } from './policies.ts';

/** Of the reporting half. */
const SEEDS: readonly number[] = [2, 4, 6, 8];
/** Never, by anybody. */
const HARM: readonly MetricKey[] = ['tasksKilled', 'neededBlocksLost', 'wrongVictims', 'unfinished'];

const Figure = v.object({ mean: v.number(), low: v.number(), high: v.number() });

const Record = v.object({
  command: v.string(),
  seeds: v.array(v.number()),
  families: v.record(v.string(), v.record(v.string(), Figure)),
});

/** Means of our default in each family, with their bootstrap intervals. */
export type PolicyRecord = v.InferOutput<typeof Record>;

/** Where the figures are kept, from the root of the repository. */
export const RECORD_FILE = 'docs/results/policies-check.json';
export const RECORD_COMMAND = 'npm run --silent bench -- policies --record';

/** Throws where the text is no record. */
export function parseRecord(text: string): PolicyRecord {
  return v.parse(v.pipe(v.string(), v.parseJson(), Record), text);
}

/** Plays the cut. Takes some ten seconds on one core. */
export function measureCut(
  policy: LabPolicy = OURS,
  names: readonly string[] = FAMILIES.map(({ name }) => name),
): PolicyRecord {
  const families = FAMILIES.filter(({ name }) => names.includes(name)).map((family) => {
    const { rows } = runStudy({
      workloadOf: (seed) => family.make(seed),
      seeds: SEEDS,
      policies: [STATIC_MAX, policy],
      cluster: CLUSTER,
      bounds: false,
    });
    const figures = rows.find((row) => row.policy === policy.name)?.cell.figures;
    const kept = [serviceMetric(family.kind), 'saved', 'reversals', ...HARM] as const;
    const entries = kept.flatMap((key) => {
      const figure = figures?.[key];
      if (figure === undefined) return [];
      return [[key, { mean: rounded(figure.mean), low: rounded(figure.low), high: rounded(figure.high) }] as const];
    });
    return [family.name, Object.fromEntries(entries)] as const;
  });
  return { command: RECORD_COMMAND, seeds: [...SEEDS], families: Object.fromEntries(families) };
}

/** One sentence for each figure whose mean is worse than the worse end of the recorded interval; harm may not be at all. */
export function fallenBehind(now: PolicyRecord, recorded: PolicyRecord): readonly string[] {
  return Object.entries(now.families).flatMap(([family, figures]) =>
    Object.entries(figures).flatMap(([key, { mean }]) => {
      const metric = METRICS[key as MetricKey];
      const was = recorded.families[family]?.[key];
      if (was === undefined) return [`${family}: ${metric.label} is not recorded; record it with ${RECORD_COMMAND}`];
      const worst = metric.worse === 'high' ? was.high : was.low;
      if (metric.worse === 'high' ? mean <= worst : mean >= worst) return [];
      const [is, before, edge] = [mean, was.mean, worst].map((value) => written(value, metric.unit));
      return [`${family}: ${metric.label} is ${is}, recorded ${before} within ${edge}`];
    }),
  );
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
