import { expect } from 'chai';
import fc from 'fast-check';
import { isOlder, newerOf } from '../../src/kube/revisions.ts';

const number = fc.bigInt({ min: 1n, max: 2n ** 70n });

describe('resource versions', () => {
  it('are ordered as whole numbers of any length', () => {
    fc.assert(fc.property(number, number, (a, b) => isOlder(String(a), String(b)) === a < b));
  });

  it('are not compared where one is no such number', () => {
    for (const odd of [undefined, '', '0', '01', '1e3', '-1', 'abc']) {
      expect(isOlder(odd, '5')).to.equal(false);
      expect(isOlder('5', odd)).to.equal(false);
      expect(newerOf('5', odd)).to.equal('5');
    }
  });

  it('newerOf is the largest, in whatever order they come', () => {
    fc.assert(fc.property(number, number, (a, b) => newerOf(String(a), String(b)) === String(a > b ? a : b)));
    expect(newerOf(undefined, '5')).to.equal('5');
  });
});
