import { expect } from 'chai';
import fc from 'fast-check';
import { FAMILIES, familyNamed } from '../../src/lab/families/families.ts';
import type { Workload } from '../../src/lab/workload.ts';
import { taskHours, workloadProblems } from './support/workloads.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function made(name: string, seed: number): Workload {
  const family = familyNamed(name);
  if (family === undefined) throw new Error(`no family ${name}`);
  return family.make(seed);
}

const jobsOf = (workload: Workload) => workload.applications.flatMap(({ jobs }) => jobs);

describe('built-in workloads', () => {
  it('are those of the plan, each with its kind and a sentence', () => {
    expect(FAMILIES.map(({ name, kind }) => `${name}: ${kind}`)).to.deep.equal([
      'step: batch',
      'ramp: batch',
      'saw: batch',
      'impulses: interactive',
      'wide-narrow-wide: batch',
      'var-notebook: interactive',
      'poisson-sessions: interactive',
      'nightly-etl: batch',
      'micro-batches: interactive',
      'adversary: adversary',
    ]);
    for (const { sentence } of FAMILIES) expect(sentence).to.match(/^[A-Z].*[a-z]\.$/);
    expect(familyNamed('no such')).to.equal(undefined);
  });

  for (const { name } of FAMILIES) {
    const make = (seed: number): Workload => made(name, seed);

    it(`${name}: sound for every seed, the same for the same, another for another`, () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const workload = make(seed);
          expect(workloadProblems(workload)).to.deep.equal([]);
          expect(make(seed)).to.deep.equal(workload);
          expect(make(seed + 1)).to.not.deep.equal(workload);
        }),
        { numRuns: 10 },
      );
    });

    it(`${name}: of a size that 20 workers of 4 cores can do in about an hour`, () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const hours = taskHours(make(seed));
          expect(hours).to.be.greaterThan(0.05);
          expect(hours / 80).to.be.lessThan(1);
        }),
        { numRuns: 10 },
      );
    });
  }
});

describe('what makes a family itself', () => {
  it('wide-narrow-wide: the last stage reads the wide and the narrow one', () => {
    for (const { stages } of jobsOf(made('wide-narrow-wide', 3))) {
      const [wide, narrow, last] = stages;
      expect(narrow?.taskMs.length).to.equal(2);
      expect(narrow?.parents).to.deep.equal([wide?.id]);
      expect(last?.parents).to.deep.equal([wide?.id, narrow?.id]);
      expect(Math.min(wide?.taskMs.length ?? 0, last?.taskMs.length ?? 0)).to.be.at.least(140);
    }
  });

  it('var-notebook: every question reads the shuffle of the first job, and prices are kept', () => {
    const [first, ...questions] = jobsOf(made('var-notebook', 3));
    expect(first?.stages[0]?.cachedMiB).to.equal(512);
    expect(questions.length).to.be.at.least(18);
    for (const { stages } of questions) expect(stages[0]?.parents).to.deep.equal([first?.stages[0]?.id]);
  });

  it('poisson-sessions: many applications, whose pauses have a heavy tail', () => {
    const pauses: number[] = [];
    let applications = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      const workload = made('poisson-sessions', seed);
      applications += workload.applications.length;
      for (const { start } of jobsOf(workload)) if (start.kind === 'after-previous') pauses.push(start.thinkMs / 1_000);
    }
    pauses.sort((a, b) => a - b);
    const median = pauses[Math.floor(pauses.length / 2)] ?? 0;
    expect(applications / 20).to.be.within(8, 16);
    expect(median).to.be.within(10, 17);
    expect((pauses[Math.floor(pauses.length * 0.99)] ?? 0) / median).to.be.greaterThan(20);
    expect(pauses.at(-1)).to.equal(900);
  });

  it('adversary: every job but the first waits for a release', () => {
    const [first, ...rest] = jobsOf(made('adversary', 3)).map(({ start }) => start);
    expect(first?.kind).to.equal('after-previous');
    expect(rest.every((start) => start.kind === 'after-release' && start.delayMs === 1_000)).to.equal(true);
  });

  it('ramp: one worker more every 20 to 30 s', () => {
    const starts = jobsOf(made('ramp', 3)).map(({ start }) => (start.kind === 'at' ? start.atMs : NaN));
    const gaps = starts.slice(1).map((ms, index) => ms - (starts[index] ?? 0));
    expect(Math.min(...gaps)).to.be.at.least(19_999);
    expect(Math.max(...gaps)).to.be.at.most(30_001);
  });
});
