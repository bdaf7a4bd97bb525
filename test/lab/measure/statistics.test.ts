import { expect } from 'chai';
import fc from 'fast-check';
import { bootstrapMean, percentile } from '../../../src/lab/measure/statistics.ts';
import { newRandom } from '../../../src/lab/random.ts';

describe('percentile', () => {
  const cases: readonly [samples: readonly number[], share: number, expected: number][] = [
    [[7], 0.5, 7],
    [[7], 0.99, 7],
    [[1, 2], 0.5, 1],
    [[3, 1, 2], 0.5, 2],
    [[4, 3, 2, 1], 0.5, 2],
    [[10, 9, 100], 0.99, 100],
    [Array.from({ length: 100 }, (_, index) => 100 - index), 0.99, 99],
    [Array.from({ length: 200 }, (_, index) => index + 1), 0.99, 198],
    [[5, 1, 9], 1, 9],
  ];
  for (const [samples, share, expected] of cases) {
    it(`p${share * 100} of ${samples.length} samples is ${expected}`, () => {
      expect(percentile(samples, share)).to.equal(expected);
    });
  }

  it('is one of the samples, and the smallest that so many do not exceed', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const value = percentile(all, share);
        const atMost = (limit: number): number => all.filter((one) => one <= limit).length;
        expect(all).to.include(value);
        expect(atMost(value)).to.be.at.least(share * all.length);
        expect(atMost(value - 1)).to.be.below(share * all.length);
      }),
    );
  });

  it('leaves the samples as they are', () => {
    const samples = [3, 1, 2];
    percentile(samples, 0.5);
    expect(samples).to.deep.equal([3, 1, 2]);
  });

  it('refuses to say anything of nothing, or for a share that is none', () => {
    expect(() => percentile([], 0.5)).to.throw('nothing was measured');
    for (const share of [0, 1.1, NaN]) expect(() => percentile([1], share)).to.throw('a share is above 0');
  });
});

describe('bootstrapMean', () => {
  it('is the same for the same seed, and holds the mean', () => {
    const samples = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
    const made = bootstrapMean(samples, 7);
    expect(bootstrapMean(samples, 7)).to.deep.equal(made);
    expect(bootstrapMean(samples, 8)).to.not.deep.equal(made);
    expect(made.mean).to.be.closeTo(52 / 12, 1e-12);
    expect(made.low).to.be.lessThan(made.mean);
    expect(made.high).to.be.greaterThan(made.mean);
  });

  it('covers the true mean about as often as it says', () => {
    const random = newRandom(3);
    let covered = 0;
    for (let round = 0; round < 60; round += 1) {
      const { low, high } = bootstrapMean(
        Array.from({ length: 40 }, () => random.exponential(10)),
        round,
      );
      if (low <= 10 && high >= 10) covered += 1;
    }
    expect(covered).to.be.within(51, 60);
  });

  it('has no width for equal samples, and nothing to say of none', () => {
    expect(bootstrapMean([2, 2, 2], 1)).to.deep.equal({ mean: 2, low: 2, high: 2 });
    expect(() => bootstrapMean([], 1)).to.throw('nothing was measured');
  });
});
