/** What our daemon reads of a simulated world: when one reading of what an application holds stands for the next. */
import { expect } from 'chai';
import type { ApplicationHoldings } from '../../src/core/holdings.ts';
import { keepAlike } from '../../src/lab/ours-sources.ts';
import { holding } from '../core/support/holdings.ts';

describe('laboratory: what an application holds is as good as before', () => {
  const before: ApplicationHoldings = { executors: [holding(1), holding(2)], activity: 'shuffling' };
  const now = (change: Partial<ApplicationHoldings>): boolean => keepAlike(before, { ...before, ...change });

  it('while a job may read it, whatever its executors write and run meanwhile', () => {
    expect(keepAlike(before, before)).to.equal(true);
    const executors = [holding(1, { shuffleWriteBytes: 9, activeTasks: 3 }), holding(2, { rddBlocks: 1 })];
    expect(now({ executors })).to.equal(true);
  });

  it('not where an executor is another one, elsewhere or over, nor where there are more or fewer', () => {
    const first = holding(1);
    for (const executors of [
      [first, holding(2, { id: '3' })],
      [first, holding(2, { host: '10.0.0.3' })],
      [first, holding(2, { active: false })],
      [first],
      [first, holding(2), holding(3)],
    ]) {
      expect(now({ executors })).to.equal(false);
    }
  });

  it('not where it was not known, where no job may read it, or nothing was written', () => {
    const unwritten = [1, 2].map((n) => holding(n, { shuffleWriteBytes: 0 }));
    expect(keepAlike(undefined, before)).to.equal(false);
    expect(now({ activity: 'idle' })).to.equal(false);
    expect(now({ activity: 'apart' })).to.equal(false);
    expect(keepAlike({ ...before, activity: 'idle' }, before)).to.equal(false);
    expect(now({ executors: unwritten })).to.equal(false);
    expect(keepAlike({ ...before, executors: unwritten }, before)).to.equal(false);
  });
});
