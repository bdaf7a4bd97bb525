/** The page docs/results/policies.md, from what was measured. */
import { METRICS } from '../src/lab/measure/metrics.ts';
import { columnsFor, serviceMetric, withWorst, type Column } from '../src/lab/report/columns.ts';
import { frontOf } from '../src/lab/report/front.ts';
import { STATIC_MAX } from '../src/lab/study/policies.ts';
import type { SeedHalves } from '../src/lab/tuning.ts';
import { markdownTable } from './markdown.ts';
import { aimsSection } from './policies-aims.ts';
import { frontierSection } from './policies-frontier.ts';
import type { FamilyResult } from './policies.ts';

export interface Provenance {
  readonly command: string;
  readonly commit: string;
  readonly halves: SeedHalves;
}

export function policiesPage(results: readonly FamilyResult[], of: Provenance): string {
  const studies = results.map(({ study }) => study);
  const sections = results.map((one) => familySection(one));
  const before = [introduction(results, of), aimsSection(studies), frontierSection(studies), ablations(results)];
  return `${[...before, ...sections].join('\n\n')}\n`;
}

function introduction(results: readonly FamilyResult[], { command, commit, halves }: Provenance): string {
  const cluster = results[0]?.study.cluster;
  const size =
    cluster === undefined
      ? ''
      : `${cluster.minWorkers} to ${cluster.maxWorkers} workers of ${cluster.workerCores} cores and ${cluster.workerMemoryMiB} MiB`;
  return `# Policies side by side

\`\`\`
${command}
\`\`\`

Commit ${commit}, simulated time only: the same command gives the same figures. ${size}. Each row is ${halves.reporting.length} seeds
(${spanText(halves.reporting)}); each peer's tuning was chosen on ${halves.training.length} others (${spanText(halves.training)}).
What each peer models, and where the model is simpler, stands in [Peers](../reference/peers.md).

- **over bound**: worker-seconds over the least that a clairvoyant needs for the same job end times. That is a lower bound:
  it knows nothing of shuffle that ties a worker down, nor of executors that take time to start, so 1.00 may be out of reach.
- **tuned**: the best of the peer's grid by worker-seconds (over those of static-max) plus what jobs lose (interactive: p95
  of the added wait in minutes; others: share of job time).
- **\\***: no other row of the table has fewer worker-hours and better service at once.`;
}

function spanText(seeds: readonly number[]): string {
  const [first, second] = seeds;
  const last = seeds.at(-1);
  if (first === undefined || last === undefined) return 'none';
  return second === undefined || seeds.length < 3 ? seeds.join(', ') : `${first}, ${second} … ${last}`;
}

/** Ours with all of its mechanisms, and without one at a time: service and cost of each family. */
function ablations(results: readonly FamilyResult[]): string {
  const policies = (results[0]?.ablation.rows ?? [])
    .map(({ policy }) => policy)
    .filter((name) => name !== STATIC_MAX.name);
  const rows = results.map(({ ablation: { workload, kind, rows: all } }) => {
    const cell = (name: string): string => {
      const figures = all.find(({ policy }) => policy === name)?.cell.figures;
      const service = serviceMetric(kind);
      const parts = [service, 'workerHours', 'reversals'] as const;
      return parts.map((key) => withWorst(figures?.[key], METRICS[key].unit, false)).join(' / ');
    };
    return [workload, ...policies.map(cell)];
  });
  return `## Each mechanism, with and without

Job time or p95 of the added wait / worker-hours / reversals an hour, over the same seeds. What each mechanism does stands in
[How the daemon decides](../explanation/how-it-decides.md).

${markdownTable(['family', ...policies], rows)}`;
}

function familySection({ family, study, tuned }: FamilyResult): string {
  const columns = columnsFor(study);
  const front = frontOf(study);
  const rows = study.rows.map(({ policy, cell }) => [
    `${policy}${front.has(policy) ? ' \\*' : ''}`,
    ...columns.map(({ key, worst = false }: Column) => withWorst(cell.figures[key], METRICS[key].unit, worst)),
  ]);
  const chosen = tuned.map(({ name, tuning, tried }) => `- ${name}: \`${tuning}\`, of ${tried}`);
  return [
    `## ${family.name}`,
    `${family.sentence} (${family.kind})`,
    `![Cost against service](policies/${family.name}.svg)`,
    markdownTable(['policy', ...columns.map(({ head }) => head)], rows),
    ['Tunings chosen:', '', ...chosen].join('\n'),
  ].join('\n\n');
}
