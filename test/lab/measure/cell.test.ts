import { expect } from 'chai';
import fc from 'fast-check';
import { cellOf, differences, figuresOf, type RunFigures } from '../../../src/lab/measure/cell.ts';
import type { Measured } from '../../../src/lab/measure/metrics.ts';
import { dominates, paretoFront } from '../../../src/lab/measure/pareto.ts';
import { jobsThatTook, runResult } from '../support/runs.ts';

/** A run of this seed that took so many worker-seconds, where static-max took 1000, and killed a task per 100. */
function measured(seed: number, workerSeconds: number, more: Partial<Measured> = {}): RunFigures {
  const staticMax = runResult({ seed, workerSeconds: 1_000, jobs: jobsThatTook(10) });
  const run = runResult({ seed, workerSeconds, jobs: jobsThatTook(10), tasksKilled: workerSeconds / 100 });
  return figuresOf({ run, staticMax, maxWorkers: 10, ...more });
}

describe('cells', () => {
  it('give the mean, its interval, and the worst, whichever way is worse', () => {
    const cell = cellOf([measured(1, 300), measured(2, 500), measured(3, 400)]);
    expect(cell).to.include({ workload: 'made', policy: 'somebody', seeds: 3, boundsExact: undefined });
    expect(cell.figures.tasksKilled).to.include({ mean: 4, worst: 5, seeds: 3 });
    expect(cell.figures.saved?.mean).to.be.closeTo(0.6, 1e-9);
    expect(cell.figures.saved?.worst).to.be.closeTo(0.5, 1e-9);
    expect(cell.figures.saved?.low).to.be.at.least(0.5).and.below(0.6);
    expect(cell.figures.overBoundAtOwn).to.equal(undefined);
  });

  it('say whether every bound is exact', () => {
    const bound = (exact: boolean) => ({ boundAtOwn: { workerSeconds: 100, exact, reversals: 0 } });
    expect(cellOf([measured(1, 300, bound(true)), measured(2, 300, bound(true))]).boundsExact).to.equal(true);
    expect(cellOf([measured(1, 300, bound(true)), measured(2, 300, bound(false))]).boundsExact).to.equal(false);
  });

  it('have no figure for what no run has, and are nothing without runs', () => {
    expect(cellOf([measured(1, 300)]).figures.reaction).to.equal(undefined);
    expect(() => cellOf([])).to.throw('nothing was measured');
  });
});

describe('paired differences', () => {
  it('let fall out what both runs of a seed share', () => {
    const seeds = [1, 2, 3, 4, 5, 6];
    const ours = seeds.map((seed) => measured(seed, 100 * seed));
    const theirs = seeds.map((seed) => measured(seed, 100 * seed + 200)).reverse();
    const { tasksKilled, reaction } = differences(ours, theirs);
    expect(tasksKilled).to.deep.equal({ mean: -2, low: -2, high: -2 });
    expect(reaction).to.equal(undefined);
  });

  it('need the same seeds', () => {
    expect(() => differences([measured(1, 100)], [measured(2, 100)])).to.throw('no other run with seed 1');
  });
});

describe('Pareto front', () => {
  const points = fc.array(fc.record({ cost: fc.integer({ min: 0, max: 9 }), time: fc.integer({ min: 0, max: 9 }) }));

  it('keeps those that nobody dominates, and only those', () => {
    fc.assert(
      fc.property(points, (all) => {
        const front = paretoFront(all);
        for (const point of all) {
          const beaten = all.some((other) => dominates(other, point));
          expect(front.includes(point)).to.equal(!beaten);
        }
      }),
    );
  });

  it('a table', () => {
    expect(dominates({ cost: 1, time: 2 }, { cost: 1, time: 2 })).to.equal(false);
    expect(dominates({ cost: 1, time: 2 }, { cost: 2, time: 2 })).to.equal(true);
    expect(dominates({ cost: 1, time: 3 }, { cost: 2, time: 2 })).to.equal(false);
  });
});
