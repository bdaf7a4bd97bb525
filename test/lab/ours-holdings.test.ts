/** What applications of a simulated world hold: as a driver would list it, and when one reading is as good as the next. */
import { expect } from 'chai';
import type { ApplicationHoldings } from '../../src/core/holdings.ts';
import { holdingsChange, holdingsOf, isBound, keepsTheSame } from '../../src/lab/ours-holdings.ts';
import type { Driver } from '../../src/lab/sim/driver.ts';
import type { Executor } from '../../src/lab/sim/world.ts';
import { holding } from '../core/support/holdings.ts';
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

describe('laboratory: an application that keeps its workers', () => {
  const reading = { parents: [{}], keepsOutput: false, tasksDone: () => 0 };

  /** A driver with executors that are there and that are over, by id; one writes as many MiB as its id. */
  function driverOf(registered: readonly number[], ended: readonly number[], jobs: unknown = [[reading]]): Driver {
    const driver = {
      spec: application('a', []),
      registered: new Map(registered.map((id) => [id, executor(id)])),
      ended: ended.map(executor),
      dag: { activeJobs: () => jobs },
    };
    return driver as unknown as Driver;
  }

  const before = holdingsOf(driverOf([1, 2], [8, 9]));

  it('is not looked at anew, whatever its executors write and run', () => {
    const now = driverOf([1, 2], [8, 9]);
    for (const one of now.registered.values()) one.writtenMiB += 5;
    expect(keepsTheSame(before, now)).to.equal(true);
    expect(holdingsChange(before, holdingsOf(now)).kind).to.equal('nothing');
    expect(keepsTheSame(holdingsOf(driverOf([1], [])), driverOf([1], []))).to.equal(true);
  });

  for (const [what, now] of [
    ['an executor came', driverOf([1, 2, 3], [8, 9])],
    ['one is another one', driverOf([1, 3], [8, 9])],
    ['one is over', driverOf([1], [8, 9, 2])],
    ['one is gone', driverOf([1], [8, 9])],
    ['one came, and the list drops one that was over', driverOf([1, 2, 3], [9])],
    ['one came and is over, and the list drops another', driverOf([1, 2], [9, 10])],
    ['no job runs any more', driverOf([1, 2], [8, 9], [])],
    ['a job reads no shuffle', driverOf([1, 2], [8, 9], [[{ ...reading, parents: [], tasksDone: () => 1 }]])],
  ] as const) {
    it(`is looked at anew where ${what}`, () => {
      expect(keepsTheSame(before, now)).to.equal(false);
    });
  }

  it('is looked at anew where nothing was written, or no job ran', () => {
    expect(keepsTheSame(holdingsOf(driverOf([0], [])), driverOf([0], []))).to.equal(false);
    expect(keepsTheSame(holdingsOf(driverOf([1, 2], [8, 9], [])), driverOf([1, 2], [8, 9]))).to.equal(false);
  });
});

describe('laboratory: what an application holds', () => {
  const over = holding(9, { active: false });
  const shuffling: ApplicationHoldings = { executors: [holding(1), holding(2), over], activity: 'shuffling' };
  const idle: ApplicationHoldings = { ...shuffling, activity: 'idle' };
  const kindOf = (before: ApplicationHoldings | undefined, now: ApplicationHoldings): string =>
    holdingsChange(before, now).kind;

  it('is as good as before while a job may read it, whatever its executors write and run meanwhile', () => {
    expect(kindOf(shuffling, shuffling)).to.equal('nothing');
    const executors = [holding(1, { shuffleWriteBytes: 9, activeTasks: 3 }), holding(2, { rddBlocks: 1 }), over];
    expect(kindOf(shuffling, { ...shuffling, executors })).to.equal('nothing');
  });

  it('is as good as before where no job runs and all is equal', () => {
    expect(kindOf(idle, { ...idle, executors: [holding(1), holding(2), over] })).to.equal('nothing');
  });

  for (const more of [
    { activeTasks: 1 },
    { shuffleWriteBytes: 9 },
    { rddBlocks: 1 },
    { memoryUsedBytes: 1 },
    { diskUsedBytes: 1 },
  ]) {
    it(`is another where no job runs and ${Object.keys(more).join()} differs`, () => {
      expect(kindOf(idle, { ...idle, executors: [holding(1), holding(2, more), over] })).to.equal('otherwise');
    });
  }

  it('has more where executors came to what a job may read, and says where', () => {
    const executors = [holding(1), holding(3), holding(2), holding(4), over];
    expect(holdingsChange(shuffling, { ...shuffling, executors })).to.deep.equal({
      kind: 'joined',
      hosts: ['10.0.0.3', '10.0.0.4'],
    });
    expect(kindOf(idle, { ...idle, executors })).to.equal('otherwise');
  });

  for (const [what, executors] of [
    ['an executor is another one', [holding(1), holding(2, { id: '3' }), over]],
    ['one is elsewhere', [holding(1), holding(2, { host: '10.0.0.3' }), over]],
    ['one is over', [holding(1), over, holding(2, { active: false })]],
    ['one is gone', [holding(1), over]],
    ['one that was over is told of no more', [holding(1), holding(2)]],
    ['one came and is over', [holding(1), holding(2), over, holding(3, { active: false })]],
  ] as const) {
    it(`is another where ${what}`, () => {
      for (const before of [shuffling, idle]) expect(kindOf(before, { ...before, executors })).to.equal('otherwise');
    });
  }

  it('is another where it was not known, what runs is another, or nothing was written', () => {
    expect(kindOf(undefined, shuffling)).to.equal('otherwise');
    expect(kindOf(shuffling, idle)).to.equal('otherwise');
    expect(kindOf(idle, shuffling)).to.equal('otherwise');
    expect(kindOf(shuffling, { ...shuffling, activity: 'apart' })).to.equal('otherwise');
    const unwritten = { ...shuffling, executors: [1, 2].map((n) => holding(n, { shuffleWriteBytes: 0 })) };
    const more = { ...unwritten, executors: [...unwritten.executors, holding(3, { shuffleWriteBytes: 0 })] };
    expect(kindOf(unwritten, more)).to.equal('otherwise');
    expect(kindOf(unwritten, { ...unwritten, executors: [1, 2].map((n) => holding(n)) })).to.equal('otherwise');
  });

  it('binds a worker where a job may read it, and where nobody tells of an executor there', () => {
    const elsewhere: ApplicationHoldings = { executors: [holding(3)], activity: 'idle' };
    expect(isBound('10.0.0.1', [idle, undefined, shuffling])).to.equal(true);
    expect(isBound('10.0.0.1', [elsewhere, undefined])).to.equal(true);
    expect(isBound('10.0.0.9', [idle])).to.equal(true);
    expect(isBound('10.0.0.1', [elsewhere, idle])).to.equal(false);
    const unwritten: ApplicationHoldings = {
      executors: [holding(1, { shuffleWriteBytes: 0 })],
      activity: 'shuffling',
    };
    expect(isBound('10.0.0.1', [unwritten])).to.equal(false);
  });
});
