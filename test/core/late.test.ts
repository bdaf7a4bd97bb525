/** Growth that would come too late. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Backlog } from '../../src/core/bursts.ts';
import { worthwhileWorkers } from '../../src/core/late.ts';
import { rules } from './support/builders.ts';

const RESTART = { startMs: 8_000, helpMs: 10_000, costMs: 16_000 };
const RULES = rules({ waitWorth: 300, maxWorkers: 20 });

interface Case {
  readonly workers: number;
  readonly taskMs: number | undefined;
  readonly unplaced: number;
  readonly waitWorth?: number;
}

function worth(...cases: readonly Case[]): number {
  const backlogs = cases.map(({ workers, taskMs }, index): Backlog => ({
    applicationId: `app-${index}`,
    workers,
    taskMs,
  }));
  const unplaced = new Map(cases.map((one, index) => [`app-${index}`, one.unplaced]));
  const all = Math.ceil(cases.reduce((sum, one) => sum + one.unplaced, 0));
  return worthwhileWorkers(backlogs, unplaced, all, { ...RULES, ...cases[0] }, RESTART);
}

describe('new workers that are worth it', () => {
  it('none for what those that are there will have worked off by then', () => {
    expect(worth({ workers: 12, taskMs: 5_000, unplaced: 6 })).to.equal(0);
  });

  it('all for what lasts longer than a new worker takes to help', () => {
    expect(worth({ workers: 12, taskMs: 30_000, unplaced: 6 })).to.equal(6);
    expect(worth({ workers: 100, taskMs: 5_000, unplaced: 94 })).to.equal(94);
  });

  it('all where nobody knows how long tasks take', () => {
    expect(worth({ workers: 12, taskMs: undefined, unplaced: 6 })).to.equal(6);
  });

  it('of short work that is not over by then, as many as spare more waiting than they cost', () => {
    // 60 worker-seconds less 10 of the one that is there: the k-th spares 50 / k² s, and costs two restarts of 16 s.
    expect(worth({ workers: 12, taskMs: 5_000, unplaced: 11, waitWorth: 300 })).to.equal(11);
    expect(worth({ workers: 12, taskMs: 5_000, unplaced: 11, waitWorth: 30 })).to.equal(5);
    expect(worth({ workers: 12, taskMs: 5_000, unplaced: 11, waitWorth: 3 })).to.equal(1);
    expect(worth({ workers: 12, taskMs: 5_000, unplaced: 11, waitWorth: 0 })).to.equal(0);
  });

  it('each application for itself: a long one beside a short one gets all it needs', () => {
    const short = { workers: 12, taskMs: 5_000, unplaced: 6 };
    expect(worth(short, { workers: 8, taskMs: 60_000, unplaced: 3 })).to.equal(3);
  });

  it('exactly the number there is where nothing is left out, whatever broken shares come to', () => {
    expect(
      worth({ workers: 2.5, taskMs: 60_000, unplaced: 0.5 }, { workers: 3, taskMs: 60_000, unplaced: 0.25 }),
    ).to.equal(1);
  });

  it('is never more than would take it all, and grows with what waiting is worth', () => {
    const one = fc.record({
      workers: fc.double({ min: 0.25, max: 60, noNaN: true }),
      taskMs: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.nat(1_000), fc.nat(1_000), (some, a, b) => {
        const at = (waitWorth: number): number =>
          worth(...some.map(({ share, ...each }) => ({ ...each, unplaced: share * each.workers, waitWorth })));
        const all = Math.ceil(some.reduce((sum, { share, workers }) => sum + share * workers, 0));
        expect(at(Math.max(a, b))).to.be.within(at(Math.min(a, b)), all);
      }),
    );
  });
});
