import { expect } from 'chai';
import fc from 'fast-check';
import { bestOf, halvesOf } from '../../src/lab/tuning.ts';

describe('lab: tuning', () => {
  const costs: Readonly<Record<string, readonly number[]>> = {
    a: [4, 4],
    b: [1, 5],
    c: [3, 3],
    d: [0, NaN],
    e: [2, 4],
  };
  const cost = (choice: string, seed: number): number => costs[choice]?.[seed] ?? NaN;

  const cases = [
    { title: 'the lowest mean', choices: ['a', 'b'], best: 'b' },
    { title: 'the first of equals', choices: ['c', 'b', 'e'], best: 'c' },
    { title: 'never what has no cost', choices: ['d', 'a'], best: 'a' },
    { title: 'the only one, whatever it costs', choices: ['d'], best: 'd' },
  ];
  for (const { title, choices, best } of cases) {
    it(`takes ${title}`, () => {
      expect(bestOf(choices, [0, 1], cost).best).to.equal(best);
    });
  }

  it('tells the score of each choice', () => {
    const scores = bestOf(['a', 'b', 'd'], [0, 1], cost).scores.map(({ choice, score }) => [choice, score]);
    expect(scores).to.deep.equal([
      ['a', 4],
      ['b', 3],
      ['d', Infinity],
    ]);
  });

  it('needs choices and seeds', () => {
    expect(() => bestOf([], [1], cost)).to.throw(RangeError);
    expect(() => bestOf(['a'], [], cost)).to.throw(RangeError);
  });

  it('trains on seeds that nothing is reported on', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 50 }), (seeds) => {
        const { training, reporting } = halvesOf(seeds);
        expect([...training, ...reporting]).to.have.members(seeds);
        expect(training.filter((seed) => reporting.includes(seed))).to.deep.equal([]);
        expect(training.length - reporting.length).to.be.within(0, 1);
      }),
    );
  });
});
