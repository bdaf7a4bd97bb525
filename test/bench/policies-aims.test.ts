/** The aims table and the frontier of the page docs/results/policies.md. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { aimsSection, missesAny } from '../../bench/policies-aims.ts';
import { cheapestAsGood, frontierSection } from '../../bench/policies-frontier.ts';
import { WHY_MISSED } from '../../bench/policies-why.ts';
import { FAMILIES } from '../../src/lab/families/families.ts';
import type { Summary } from '../../src/lab/measure/cell.ts';
import { METRIC_KEYS, type MetricKey } from '../../src/lab/measure/metrics.ts';
import type { Study, StudyRow } from '../../src/lab/study/study.ts';
import type { WorkloadKind } from '../../src/lab/workload.ts';
import { runResult } from '../lab/support/runs.ts';

type Figures = Partial<Record<MetricKey, number | { readonly mean: number; readonly worst: number }>>;

const HARMLESS: Figures = { tasksKilled: 0, neededBlocksLost: 0, unfinished: 0, reversalsBeyond: 0 };
const GOOD: Readonly<Record<WorkloadKind, Figures>> = {
  batch: { completionMean: 1.05, completionP95: 1.15, overBoundAtOwn: 1.25, workerHours: 2 },
  interactive: { addedWaitP50: 0.99, addedWaitP95: 8, overBoundAtOwn: 1.5, workerHours: 2 },
  adversary: { completionMean: 3, overBoundAtOwn: 2, workerHours: 2 },
};

function row(policy: string, figures: Figures): StudyRow {
  const summaryOf = (key: MetricKey): Summary | undefined => {
    const figure = figures[key];
    if (figure === undefined) return undefined;
    const { mean, worst } = typeof figure === 'number' ? { mean: figure, worst: figure } : figure;
    return { mean, low: mean, high: mean, worst, seeds: 2 };
  };
  const all = Object.fromEntries(METRIC_KEYS.map((key) => [key, summaryOf(key)])) as StudyRow['cell']['figures'];
  const cell = { workload: 'made', policy, seeds: 2, figures: all, boundsExact: false };
  return { policy, models: policy, cell, against: undefined, sample: runResult() };
}

function study(kind: WorkloadKind, ours: Figures = {}, others: readonly StudyRow[] = [], workload = 'step'): Study {
  const cluster = { minWorkers: 1, maxWorkers: 20, workerCores: 4, workerMemoryMiB: 8_192 };
  const rows = [row('ours', { ...GOOD[kind], ...HARMLESS, ...ours }), ...others];
  return { workload, kind, cluster, seeds: [1, 2], reference: 'ours', rows };
}

describe('the aims of our default policy', () => {
  const cases: { title: string; of: Study; missed: string | undefined }[] = [
    { title: 'batch at the edge', of: study('batch'), missed: undefined },
    { title: 'interactive at the edge', of: study('interactive'), missed: undefined },
    { title: 'the adversary at the edge', of: study('adversary'), missed: undefined },
    { title: 'slow', of: study('batch', { completionMean: 1.07 }), missed: '**1.07**, 0.02 too much' },
    { title: 'slow now and then', of: study('batch', { completionP95: 1.4 }), missed: '**1.40**, 0.25 too much' },
    { title: 'dear', of: study('batch', { overBoundAtOwn: 1.5 }), missed: '**1.50**, 0.25 too much' },
    { title: 'felt', of: study('interactive', { addedWaitP50: 1 }), missed: '**1.0 s**, 0.0 s too much' },
    {
      title: 'longer than a start',
      of: study('interactive', { addedWaitP95: 9 }),
      missed: '**9.0 s**, 1.0 s too much',
    },
    {
      title: 'beaten by the adversary',
      of: study('adversary', { overBoundAtOwn: 3 }),
      missed: '**3.00**, 1.00 too much',
    },
    { title: 'restless', of: study('batch', { reversalsBeyond: 2.5 }), missed: '**2.5**, 0.5 too much' },
    {
      title: 'one task killed in one seed',
      of: study('batch', { tasksKilled: { mean: 0, worst: 1 } }),
      missed: '**1**, 1 too much',
    },
    { title: 'blocks lost', of: study('batch', { neededBlocksLost: 3 }), missed: '**3**, 3 too much' },
    { title: 'not measured', of: { ...study('batch'), rows: [row('ours', HARMLESS)] }, missed: 'not measured' },
    {
      title: 'dominated: as good, and cheaper',
      of: study('batch', {}, [row('keda tuned', { completionMean: 1.05, workerHours: 1.9 })]),
      missed: '**keda tuned**',
    },
    {
      title: 'ours is no rival of itself',
      of: study('batch', {}, [row('ours-saving', { completionMean: 1, workerHours: 1 })]),
      missed: undefined,
    },
    {
      title: 'cheaper and slower dominates nobody',
      of: study('batch', {}, [row('keda', { completionMean: 1.06, workerHours: 1 })]),
      missed: undefined,
    },
  ];
  for (const { title, of, missed } of cases) {
    it(`${title}: ${missed ?? 'reached'}`, () => {
      expect(missesAny(of)).to.equal(missed !== undefined);
      const section = aimsSection([of]);
      if (missed === undefined) expect(/^\| step .*$/m.exec(section)?.[0]).to.not.contain('**');
      else expect(section).to.contain(`| ${missed} |`).and.to.contain(`- **step**: ${WHY_MISSED.step}`);
    });
  }

  it('says nothing of why where nothing is missed', () => {
    expect(aimsSection([study('batch')])).to.not.contain('why');
  });

  it('a miss that nobody has explained is an error', () => {
    const unexplained = study('batch', { completionMean: 2 }, [], 'unheard-of');
    expect(() => aimsSection([unexplained])).to.throw('unheard-of misses an aim: say why in bench/policies-why.ts');
  });

  it('explains built-in families only, in whole sentences', () => {
    expect(FAMILIES.map(({ name }) => name)).to.include.members(Object.keys(WHY_MISSED));
    for (const sentence of Object.values(WHY_MISSED)) expect(sentence).to.match(/^[A-Z].*\.$/);
  });

  it('the page as recorded has the sentence that is kept for each family that misses an aim', async () => {
    const page = await readFile('docs/results/policies.md', 'utf8');
    const text = /## Whether the aims are reached\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
    expect(FAMILIES.filter(({ name }) => !text.includes(`\n| ${name} `))).to.deep.equal([]);
    const missing = FAMILIES.map(({ name }) => name).filter((name) => {
      const line = new RegExp(`^\\| ${name} .*$`, 'm').exec(text)?.[0] ?? '';
      return line.includes('**') && !text.includes(`- **${name}**: ${WHY_MISSED[name]}`);
    });
    expect(missing).to.deep.equal([]);
  });
});

describe('the frontier at equal service', () => {
  const batch = (...others: StudyRow[]): Study => study('batch', { completionMean: 1.02 }, others);
  const rival = (policy: string, completionMean: number, workerHours: number, more: Figures = {}): StudyRow =>
    row(policy, { ...HARMLESS, completionMean, workerHours, ...more });
  const cases: { title: string; of: Study; found: string | undefined; line: string }[] = [
    {
      title: 'nobody serves as well',
      of: batch(rival('a', 1.04, 1)),
      found: undefined,
      line: '| nobody | – | – | – |',
    },
    {
      title: 'the cheapest, within 1 %',
      of: batch(rival('a', 1.01, 3), rival('b', 1.03, 2.5), rival('c', 1, 4)),
      found: 'b',
      line: '| b | 1.03 | 2.50 | 20 % less |',
    },
    {
      title: 'who kills, loses or leaves undone in any seed does not count',
      of: batch(
        rival('a', 1, 1, { tasksKilled: { mean: 0.1, worst: 1 } }),
        rival('b', 1, 1, { neededBlocksLost: 1 }),
        rival('c', 1, 1, { unfinished: 1 }),
        rival('d', 1, 1.6),
      ),
      found: 'd',
      line: '| d | 1.00 | 1.60 | **25 % more** |',
    },
    {
      title: 'ours is no rival, and as much is as much',
      of: batch(rival('ours-saving', 1, 1), rival('a', 1, 2.004)),
      found: 'a',
      line: '| a | 1.00 | 2.00 | as much |',
    },
    {
      title: 'interactive work by the p95 of the added wait, within 0.1 s',
      of: study('interactive', { addedWaitP95: 5 }, [
        row('a', { ...HARMLESS, addedWaitP95: 5.1, workerHours: 4 }),
        row('b', { ...HARMLESS, addedWaitP95: 5.2, workerHours: 3 }),
      ]),
      found: 'a',
      line: '| a | 5.1 s | 4.00 | 50 % less |',
    },
  ];
  for (const { title, of, found, line } of cases) {
    it(title, () => {
      const [own] = of.rows;
      expect(own && cheapestAsGood(own, of)?.policy).to.equal(found);
      expect(frontierSection([of])).to.contain(line);
    });
  }

  it('has a row for each of our profiles', () => {
    const rows = [row('ours', GOOD.batch), row('ours-saving', GOOD.batch), row('ours-speed', GOOD.batch)];
    const section = frontierSection([{ ...study('batch'), rows }]);
    for (const { policy } of rows) expect(section).to.contain(`| step | ${policy} |`);
  });
});
