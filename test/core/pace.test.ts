/** How long an application's tasks take now, from totals of those executors that are there. */
import { expect } from 'chai';
import fc from 'fast-check';
import { followPace, NO_PACE, type PaceMemory } from '../../src/core/pace.ts';
import { unknown } from '../../src/core/reading.ts';
import type { TaskPace } from '../../src/core/spark-view.ts';
import { reading } from './support/builders.ts';

type Totals = readonly [tasks: number, totalMs: number];

function paceOf(executors: Readonly<Record<string, Totals>>): TaskPace {
  return new Map(Object.entries(executors).map(([id, [tasks, totalMs]]) => [id, { tasks, totalMs }]));
}

/** After one reading after the other of one executor. */
function after(...totals: readonly Totals[]): PaceMemory {
  return afterAll(...totals.map((one) => ({ '1': one })));
}

function afterAll(...readings: readonly Readonly<Record<string, Totals>>[]): PaceMemory {
  return readings.reduce((memory, executors) => followPace(memory, reading(paceOf(executors))), NO_PACE);
}

describe('pace of tasks', () => {
  it('is unknown until a task has ended and taken time', () => {
    expect([after().taskMs, after([0, 0]).taskMs, after([3, 0]).taskMs]).to.deep.equal([
      ...[undefined, undefined, undefined],
    ]);
  });

  it('is at first the mean of all that have ended', () => {
    expect(after([4, 8_000]).taskMs).to.equal(2_000);
  });

  it('follows the newest: eight more weigh as much as all before', () => {
    expect(after([100, 3_000_000], [108, 3_008_000]).taskMs).to.equal((30_000 + 1_000) / 2);
    expect(after([100, 3_000_000], [108, 3_008_000], [124, 3_024_000]).taskMs).to.be.closeTo(5_833, 1);
  });

  it('stays where nothing is new, or where nothing can be read', () => {
    const memory = after([4, 8_000]);
    expect(followPace(memory, reading(memory.executors))).to.equal(memory);
    expect(followPace(memory, reading(paceOf({ '1': [4, 8_000] })))).to.deep.equal(memory);
    expect(followPace(memory, unknown('silent'))).to.equal(memory);
  });

  it('goes by what has ended on each executor: some leave with their totals, others begin', () => {
    const both = { '1': [30, 60_000], '2': [10, 20_000] } as const;
    expect(afterAll(both, { '2': [10, 20_000] }).taskMs).to.equal(2_000);
    expect(afterAll(both, { '2': [18, 100_000] }).taskMs).to.equal(6_000);
    expect(afterAll(both, {}, { '3': [8, 80_000] }).taskMs, 'all are new').to.equal(6_000);
    expect(afterAll(both, { '3': [8, 80_000] }).taskMs).to.equal(6_000);
  });

  it('lies between the shortest and the longest mean seen', () => {
    const steps = fc.array(
      fc.record({ tasks: fc.integer({ min: 1, max: 50 }), meanMs: fc.integer({ min: 1, max: 90_000 }) }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(steps, (list) => {
        let [tasks, totalMs] = [0, 0];
        const { taskMs = NaN } = after(
          ...list.map((one): Totals => [(tasks += one.tasks), (totalMs += one.tasks * one.meanMs)]),
        );
        const means = list.map(({ meanMs }) => meanMs);
        expect(taskMs).to.be.within(Math.min(...means) - 1e-6, Math.max(...means) + 1e-6);
      }),
    );
  });
});
