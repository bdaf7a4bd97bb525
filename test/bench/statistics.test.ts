import { expect } from 'chai';
import { rounded } from '../../bench/statistics.ts';

describe('rounded', () => {
  it('keeps so many digits after the point', () => {
    expect([rounded(1.2345, 2), rounded(1.235, 0), rounded(0.0004, 3), rounded(80, 1)]).to.deep.equal([1.23, 1, 0, 80]);
  });
});
