/** Short work, and the floor that is learned from it. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  isShort,
  learnedFloor,
  NEW_BURST_MEMORY,
  watchBursts,
  type Backlog,
  type Burst,
  type BurstMemory,
} from '../../src/core/bursts.ts';
import type { Rules } from '../../src/core/rules.ts';
import { NOW_MS, rules } from './support/builders.ts';

const RESTART = { startMs: 8_000, helpMs: 10_500, costMs: 16_000 };
const RULES = rules({ floorShare: 0.5, waitWorth: 300, maxWorkers: 20 });

const work = (workers: number, taskMs = 5_000, applicationId = 'app-1'): Backlog => ({
  applicationId,
  workers,
  taskMs,
});

/** What is remembered after these backlogs, one pass a second unless `atSec` says otherwise. */
function after(...steps: readonly (readonly [atSec: number, ...backlogs: readonly Backlog[]])[]): BurstMemory {
  return steps.reduce(
    (memory, [atSec, ...backlogs]) => watchBursts(memory, backlogs, RESTART, 20, NOW_MS + atSec * 1_000),
    NEW_BURST_MEMORY,
  );
}

describe('short work', () => {
  const cases: readonly [name: string, backlog: Backlog, short: boolean][] = [
    ['is over before a new worker could help', work(20, 10_500), true],
    ['is not where one task takes longer', work(1, 10_501), false],
    ['is not where max has to go round more than once', work(50, 5_000), false],
    ['is where that takes no longer', work(42, 5_000), true],
    ['is not known where nobody knows the time of a task', { ...work(4), taskMs: undefined }, false],
    ['is none where there is nothing to do', work(0, 1_000), false],
  ];
  for (const [name, backlog, short] of cases) {
    it(name, () => {
      expect(isShort(backlog, RESTART.helpMs, 20)).to.equal(short);
    });
  }
});

describe('bursts', () => {
  it('begin and end with short work, and are as large as they were at most', () => {
    const memory = after([0, work(3)], [1, work(9, 4_000)], [2, work(5, 3_000)], [3]);
    expect(memory.bursts).to.deep.equal([{ gapMs: undefined, workers: 9, taskMs: 4_000 }]);
    expect([memory.open, memory.lastMs]).to.deep.equal([undefined, NOW_MS + 2_000]);
  });

  it('are told apart by the gap since the one before', () => {
    const memory = after([0, work(3)], [1], [61, work(4)], [62, work(4)], [63]);
    expect(memory.bursts.map(({ gapMs }) => gapMs)).to.deep.equal([undefined, 61_000]);
  });

  it('are of all applications together, and of none that is at work for long', () => {
    const memory = after(
      [0, work(3, 2_000, 'a'), work(6, 5_000, 'b'), work(9, 60_000, 'c')],
      [1, work(9, 60_000, 'c')],
    );
    expect(memory.bursts).to.deep.equal([{ gapMs: undefined, workers: 9, taskMs: 4_000 }]);
  });

  it('are remembered, the newest 64', () => {
    const steps = Array.from({ length: 200 }, (_, index): [number, ...Backlog[]] =>
      index % 2 === 0 ? [index, work(1 + (index % 7))] : [index],
    );
    const { bursts } = after(...steps);
    expect(bursts).to.have.length(64);
    expect(bursts.at(-1)?.workers).to.equal(1 + (198 % 7));
  });
});

describe('the learned floor', () => {
  const burst = (workers: number, gapMs: number | undefined = 60_000, taskMs = 4_000): Burst => ({
    gapMs,
    workers,
    taskMs,
  });
  const floor = (bursts: readonly Burst[], more: Partial<Rules> = {}, restart = RESTART) =>
    learnedFloor({ bursts, open: undefined, lastMs: NOW_MS }, { ...RULES, ...more }, restart);
  const workers = (bursts: readonly Burst[], more: Partial<Rules> = {}): number => floor(bursts, more)?.workers ?? 0;
  const keptMs = (bursts: readonly Burst[], more: Partial<Rules> = {}): number =>
    (floor(bursts, more)?.untilMs ?? NOW_MS) - NOW_MS;

  it('is none before a burst was seen, nor where none is to be kept', () => {
    expect(floor([])).to.equal(undefined);
    expect(floor([burst(9)], { floorShare: 0 })).to.equal(undefined);
  });

  it('serves so many of the bursts within a second: ten workers of 4 s take a second longer with eight', () => {
    expect(workers([burst(10), burst(10), burst(10)])).to.equal(8);
    const bursts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((each) => burst(each));
    expect(workers(bursts, { floorShare: 0.5 })).to.equal(4);
    expect(workers(bursts, { floorShare: 0.9 })).to.equal(7);
    expect(workers(bursts, { floorShare: 1 })).to.equal(8);
  });

  it('serves nearly all within the time that a worker takes to start', () => {
    const bursts = [burst(20), ...Array.from({ length: 9 }, () => burst(1))];
    expect(workers(bursts)).to.equal(7);
  });

  it('goes down with the tide: no more than the newest few could use', () => {
    const high = Array.from({ length: 20 }, () => burst(10, 8_000));
    const low = Array.from({ length: 6 }, () => burst(5, 8_000));
    expect(workers([...high, ...low.slice(1)])).to.equal(8);
    expect(workers([...high, ...low])).to.equal(5);
  });

  it('is not busy for too much of the time, or waits would pile up', () => {
    const stream = Array.from({ length: 20 }, () => burst(10, 100, 900));
    expect(workers(stream)).to.equal(13);
  });

  it('is never above max', () => {
    expect(workers([burst(30, 60_000, 6_000)], { maxWorkers: 12 })).to.equal(12);
  });

  it('is kept, before a second burst was seen, for as long as the wait that it spares is worth', () => {
    expect(keptMs([burst(10, undefined)])).to.equal(16_000 + (300 * 10_500) / 8);
    expect(keptMs([burst(10, undefined)], { waitWorth: 0 })).to.equal(16_000);
  });

  it('is kept for as long as the gaps have been, where that is worth it', () => {
    const gaps = [400_000, 420_000, 380_000];
    expect(keptMs(gaps.map((gap) => burst(8, gap)))).to.be.within(433_000, 467_000);
    expect(floor(gaps.map((gap) => burst(20, gap)))).to.equal(undefined);
  });

  it('never changes with the hour, nor asks for less than one worker while it lasts', () => {
    const any = fc.record({
      gapMs: fc.option(fc.integer({ min: 0, max: 900_000 }), { nil: undefined }),
      workers: fc.double({ min: 0.1, max: 40, noNaN: true }),
      taskMs: fc.integer({ min: 1, max: 10_500 }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 64 }), (bursts) => {
        const kept = floor(bursts);
        if (kept === undefined) return;
        expect(kept.workers).to.be.within(0, 20);
        expect(Number.isInteger(kept.workers)).to.equal(true);
        expect(kept.untilMs).to.be.greaterThan(NOW_MS);
      }),
    );
  });
});
