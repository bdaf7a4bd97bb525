/** The simulated world in the core's own views: executors that are over, as a driver lists them. */
import { expect } from 'chai';
import { holdingsOf } from '../../src/lab/ours-views.ts';
import type { Driver } from '../../src/lab/sim/driver.ts';
import type { Executor } from '../../src/lab/sim/world.ts';
import { application } from './sim/support.ts';

const RETAINED = 100;

function executor(id: number): Executor {
  const worker = { host: `10.0.0.${id}` };
  return { id, worker, tasks: [], writtenMiB: id, cachedMiB: 0 } as unknown as Executor;
}

describe('laboratory: executors that are over', () => {
  it('are listed after those that are there, the newest last, as many as the driver keeps', () => {
    const ended: Executor[] = [];
    const registered = new Map([[999, executor(999)]]);
    const driver = { spec: application('a', []), registered, ended, dag: { activeJobs: () => [] } };
    const listed = (): readonly string[] =>
      holdingsOf(driver as unknown as Driver).executors.map(({ id, active, host }) => `${id} ${active} ${host}`);
    const here = '999 true 10.0.0.999';
    expect(listed()).to.deep.equal([here]);
    for (const more of [1, 2, 0, 60, 50, 250]) {
      for (let count = 0; count < more; count += 1) ended.push(executor(ended.length + 1_000 * more));
      ended.splice(0, ended.length - RETAINED);
      expect(listed()).to.deep.equal([here, ...ended.map(({ id }) => `${id} false 10.0.0.${id}`)]);
    }
  });
});
