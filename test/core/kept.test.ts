/** What was made last is given again for as long as all that it was made of is the same. */
import { expect } from 'chai';
import { LastMade, LastMadeByPlace } from '../../src/core/kept.ts';

describe('what was made last', () => {
  /** Makes things that differ, and counts them. */
  function maker(): () => number {
    let made = 0;
    return () => (made += 1);
  }

  it('is given again for the same key, and made anew for another', () => {
    const last = new LastMade<number>();
    const make = maker();
    const part = {};
    const keys = [[part, 1], [part, 1], [{}, 1], [part, 1], [part, 2], [part], [part, 2, 3], [part, 2, 3]];
    expect(keys.map((key) => last.get(key, make))).to.deep.equal([1, 1, 2, 3, 4, 5, 6, 6]);
  });

  it('is kept for each place of a list, until the list ends before it', () => {
    const last = new LastMadeByPlace<number>();
    const make = maker();
    const all = (): readonly number[] => [0, 1, 2].map((place) => last.get(place, ['same'], make));
    expect(all()).to.deep.equal([1, 2, 3]);
    last.endAt(3);
    expect(all()).to.deep.equal([1, 2, 3]);
    last.endAt(1);
    expect(all()).to.deep.equal([1, 4, 5]);
    expect(last.get(1, ['another'], make)).to.equal(6);
  });
});
