import { expect } from 'chai';
import { familyNamed } from '../../src/lab/families/families.ts';
import { METRICS } from '../../src/lab/measure/metrics.ts';
import { estimated, withWorst, written } from '../../src/lab/report/columns.ts';
import { frontOf } from '../../src/lab/report/front.ts';
import { renderHtml } from '../../src/lab/report/html.ts';
import { jsonOf } from '../../src/lab/report/json.ts';
import { renderTable } from '../../src/lab/report/table.ts';
import { POLICIES } from '../../src/lab/study/policies.ts';
import { runStudy, type Study, type StudyOptions } from '../../src/lab/study/study.ts';

const cluster = { minWorkers: 1, maxWorkers: 20, workerCores: 4, workerMemoryMiB: 8_192 };

function study(name: string, policies: readonly string[], more: Partial<StudyOptions> = {}): Study {
  const family = familyNamed(name);
  if (family === undefined) throw new Error(`no family ${name}`);
  return runStudy({
    workloadOf: (seed) => family.make(seed),
    seeds: [1, 2],
    policies: POLICIES.filter((one) => policies.includes(one.name)),
    cluster,
    bounds: false,
    ...more,
  });
}

const figures = (of: Study, policy: string) => {
  const row = of.rows.find((one) => one.policy === policy);
  if (row === undefined) throw new Error(`no ${policy}`);
  return row.cell.figures;
};

describe('a study', () => {
  it('measures every policy by static-max, seed by seed', () => {
    const made = study('impulses', ['static-max', 'static-mean', 'ours', 'original-g3']);
    expect(made.rows.map(({ policy }) => policy)).to.deep.equal(['static-max', 'static-mean', 'ours', 'original-g3']);
    expect(made.reference).to.equal('ours');
    expect(figures(made, 'static-max').completionMean).to.include({ mean: 1, low: 1, high: 1, worst: 1, seeds: 2 });
    expect(figures(made, 'static-max').saved?.mean).to.equal(0);
    expect(figures(made, 'ours').saved?.mean).to.be.greaterThan(0.1);
    expect(figures(made, 'static-mean').workerHours?.mean).to.be.lessThan(figures(made, 'ours').workerHours?.mean ?? 0);
    expect(made.rows.find(({ policy }) => policy === 'ours')?.against).to.equal(undefined);
    const against = made.rows.find(({ policy }) => policy === 'static-max')?.against;
    expect(against?.workerHours?.low).to.be.greaterThan(0);
  });

  it('is the same again, and needs static-max in no list', () => {
    const strip = ({ rows }: Study) => rows.map(({ policy, cell }) => ({ policy, cell }));
    const once = study('impulses', ['ours']);
    expect(strip(once)).to.deep.equal(strip(study('impulses', ['ours'])));
    expect(once.rows.map(({ policy }) => policy)).to.deep.equal(['ours']);
  });

  it('is measured by the clairvoyant, who is never dearer than static-max', () => {
    const made = study('impulses', ['static-max', 'ours'], { bounds: true, seeds: [1] });
    for (const policy of ['static-max', 'ours']) {
      expect(figures(made, policy).overBoundAtOwn?.mean).to.be.greaterThan(1);
      expect(figures(made, policy).overBoundAtStaticMax?.mean).to.be.greaterThan(1);
    }
    expect(made.rows[0]?.cell.boundsExact).to.equal(false);
  });

  it('tells how far it is', () => {
    const seen: string[] = [];
    study('impulses', ['static-max', 'ours'], {
      onProgress: ({ runsDone, runsInAll, policy, seed }) => seen.push(`${runsDone}/${runsInAll} ${policy} ${seed}`),
    });
    expect([...new Set(seen)]).to.deep.equal(['0/4 static-max 1', '1/4 ours 1', '2/4 static-max 2', '3/4 ours 2']);
  });

  it('refuses to be of nothing', () => {
    expect(() => study('impulses', ['ours'], { seeds: [] })).to.throw('a study needs seeds and policies');
    expect(() => study('impulses', [])).to.throw('a study needs seeds and policies');
  });
});

describe('reports of a study', () => {
  const batch = study('step', ['static-max', 'ours', 'original-g3'], { seeds: [1] });

  it('a table: a line for each policy, a star on the Pareto front', () => {
    const lines = renderTable(batch).split('\n');
    expect(lines[0]).to.equal('step (batch), 1 seed, 1 to 20 workers of 4 cores and 8192 MiB');
    for (const { policy } of batch.rows) {
      const line = lines.find((one) => one.includes(`│ ${policy} `)) ?? '';
      expect(line.startsWith('│ *')).to.equal(frontOf(batch).has(policy));
    }
    expect(lines.join()).to.contain('job time').and.not.contain('added wait').and.not.contain('over bound');
    expect(renderTable({ ...batch, kind: 'interactive' })).to.contain('added wait');
  });

  it('JSON: all figures, and nothing that JSON has no word for', () => {
    const made = jsonOf(batch, undefined);
    const text = JSON.stringify(made);
    expect(JSON.parse(text)).to.have.nested.property('policies[1].figures.workerHours.mean').above(0);
    expect(text).to.not.match(/null/);
  });

  it('a page: it needs nothing from elsewhere, runs nothing, and has a picture for each policy and one for all', () => {
    const page = renderHtml({ study: batch, logs: undefined, command: 'elastic-worker simulate --workload step' });
    expect(page.match(/<svg /g)).to.have.length(batch.rows.length + 1);
    expect(page).to.not.match(/<script|<link|<img|@import|url\((?!#)|src=|href="http/i);
    for (const key of ['completionMean', 'apiWrites'] as const) expect(page).to.contain(METRICS[key].label);
    expect(page).to.not.contain('What was read');
  });

  it('a page: names from logs stay text', () => {
    const evil = '<script>alert("1")</script>';
    const log = { log: evil, applicationId: evil, sparkVersion: evil, finished: false, bytes: 1, lines: 1 };
    const logs = [{ ...log, jobs: 1, stages: 1, tasks: 1, leftOut: [{ what: evil, count: 1 }] }];
    const page = renderHtml({ study: { ...batch, workload: evil }, logs, command: evil });
    expect(page).to.not.contain('<script');
    expect(page).to.contain('&lt;script&gt;alert(&quot;1&quot;)');
  });
});

describe('figures as they are written', () => {
  const cases: readonly [text: string, expected: string][] = [
    [written(1.239, 'ratio'), '1.24'],
    [written(0.256, 'share'), '26 %'],
    [written(-0.001, 'share'), '0 %'],
    [written(12.34, 'seconds'), '12.3 s'],
    [written(3, 'count'), '3'],
    [written(3.25, 'count'), '3.3'],
    [estimated({ mean: 1, low: 0.9, high: 1.1 }, 'ratio'), '1.00 (0.90 to 1.10)'],
    [estimated({ mean: 1, low: 1, high: 1.001 }, 'ratio'), '1.00'],
    [withWorst(undefined, 'count', true), '–'],
    [withWorst({ mean: 1, low: 0, high: 2, worst: 4, seeds: 3 }, 'count', true), '1, worst 4'],
    [withWorst({ mean: 1, low: 0, high: 2, worst: 4, seeds: 3 }, 'count', false), '1'],
  ];
  for (const [text, expected] of cases) {
    it(expected, () => {
      expect(text).to.equal(expected);
    });
  }
});
