/** Whom our daemon asks first in the simulator. */
import { expect } from 'chai';
import fc from 'fast-check';
import { longestWaiting } from '../../src/lab/ours-slot.ts';

describe('laboratory: whoever was read longest ago is read first', () => {
  it('as by sorting them all, those read at the same time in their order', () => {
    const times = fc.array(fc.constantFrom(-Infinity, 1_000, 2_000, 3_000), { maxLength: 12 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 13 }), (list, most) => {
        const all = list.map((takenAtMs, nth) => ({ nth, takenAtMs }));
        const sorted = all.toSorted((a, b) => (a.takenAtMs < b.takenAtMs ? -1 : Number(a.takenAtMs > b.takenAtMs)));
        const asked = longestWaiting(all, most, (one) => one);
        expect(asked).to.deep.equal(all.length <= most ? all : sorted.slice(0, most));
      }),
    );
  });
});
