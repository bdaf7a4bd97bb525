/** The parts of the simulator by themselves: order of events, chance, the ramp, drains, ranking. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Allocation } from '../../../src/lab/sim/allocation.ts';
import { drainTimes } from '../../../src/lab/sim/drain.ts';
import { Kernel } from '../../../src/lab/sim/kernel.ts';
import { randomStream } from '../../../src/lab/sim/random.ts';
import { rankForDeletion } from '../../../src/lab/sim/ranking.ts';
import type { Pod } from '../../../src/lab/sim/world.ts';
import { DEFAULT_ALLOCATION } from '../../../src/lab/workload.ts';

describe('simulator: kernel', () => {
  it('lets things happen by time, and equal times in the order they were asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (times) => {
        const kernel = new Kernel();
        const happened: [number, number][] = [];
        for (const [order, atMs] of times.entries()) kernel.at(atMs, () => happened.push([kernel.nowMs, order]));
        while (kernel.step());
        const wanted = times.map((atMs, order): [number, number] => [atMs, order]);
        wanted.sort(([a, i], [b, j]) => a - b || i - j);
        expect(happened).to.deep.equal(wanted);
      }),
    );
  });

  it('does what is due in the past now, never earlier', () => {
    const kernel = new Kernel();
    const seen: number[] = [];
    kernel.at(10, () => {
      kernel.at(3, () => seen.push(kernel.nowMs));
    });
    while (kernel.step());
    expect(seen).to.deep.equal([10]);
    expect(kernel.nextMs()).to.equal(undefined);
  });
});

describe('simulator: chance', () => {
  it('is the same for the same seed and purpose, and another for another', () => {
    const draw = (seed: number, purpose: string): number[] => {
      const random = randomStream(seed, purpose);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(1, 'pods')).to.deep.equal(draw(1, 'pods'));
    expect(draw(1, 'pods')).not.to.deep.equal(draw(2, 'pods'));
    expect(draw(1, 'pods')).not.to.deep.equal(draw(1, 'tasks'));
  });

  it('draws durations around their median', () => {
    const random = randomStream(5, 'durations');
    const drawn = Array.from({ length: 2_001 }, () => random.duration({ medianMs: 8_000, sigma: 0.25 })).sort(
      (a, b) => a - b,
    );
    expect(drawn[1_000]).to.be.within(7_700, 8_300);
    expect(drawn[0]).to.be.greaterThan(2_000);
    expect(randomStream(1, 'x').duration({ medianMs: 300, sigma: 0 })).to.equal(300);
  });
});

/** When the target is what is needed, and all its values, for a backlog that nothing works off. */
function ramp(needed: number, sustainedBacklogMs: number): { fullAtMs: number; targets: number[] } {
  const kernel = new Kernel();
  const targets: number[] = [];
  let fullAtMs = Infinity;
  const allocation = new Allocation({ ...DEFAULT_ALLOCATION, sustainedBacklogMs }, kernel, {
    needed: () => needed,
    registered: () => 0,
    leaving: () => 0,
    timedOut: () => ({ due: [], nextMs: Infinity }),
    request: (target) => {
      targets.push(target);
      if (target === needed) fullAtMs = Math.min(fullAtMs, kernel.nowMs);
    },
    remove: () => undefined,
  });
  allocation.backlogged();
  while (kernel.nowMs < 400_000 && kernel.step());
  return { fullAtMs, targets };
}

describe('simulator: the ramp of dynamic allocation', () => {
  for (const [needed, rounds] of [
    [1, 1],
    [4, 3],
    [10, 4],
    [32, 6],
    [100, 7],
    [500, 9],
  ] as const) {
    it(`is full at ${needed} after ${rounds} rounds (policies.md 1)`, () => {
      expect(ramp(needed, 1_000).fullAtMs).to.be.within(1_000 * rounds, 1_000 * rounds + 100 * rounds);
      expect(ramp(needed, 30_000).fullAtMs).to.be.within(
        1_000 + 30_000 * (rounds - 1),
        1_000 + 30_100 * (rounds - 1) + 100,
      );
    });
  }

  it('climbs 1, 3, 7, 15, 30 as it did on 3.5.7', () => {
    expect(ramp(30, 1_000).targets).to.deep.equal([0, 1, 3, 7, 15, 30]);
  });
});

describe('simulator: drains', () => {
  const IDLE = { markedAtMs: 1_000, idleAtMs: 0, storedMiB: 1, miBPerSecond: 100, overheadMs: 2_400 };

  it('take what was measured: 5 to 6 s at 3 s, 32 to 33 s at 30 s', () => {
    const took = (roundMs: number): number => drainTimes({ ...IDLE, holdsBlocks: true, roundMs }).endsAtMs - 1_000;
    expect(took(3_000)).to.be.within(5_000, 6_000);
    expect(took(30_000)).to.be.within(32_000, 33_000);
  });

  it('end soon where nothing is held, and wait for the round after the last task', () => {
    const empty = { ...IDLE, holdsBlocks: false, roundMs: 30_000 };
    expect(drainTimes(empty).endsAtMs).to.equal(3_400);
    expect(drainTimes({ ...empty, idleAtMs: 5_000 }).endsAtMs).to.equal(33_400);
    expect(drainTimes({ ...empty, idleAtMs: 5_000, holdsBlocks: true }).endsAtMs).to.equal(63_400);
  });

  it('take more rounds where there is much to move', () => {
    const much = drainTimes({ ...IDLE, storedMiB: 1_000, holdsBlocks: true, roundMs: 3_000 });
    expect(much).to.deep.equal({ movedAtMs: 11_000, endsAtMs: 1_000 + 4 * 3_000 + 2_400 });
  });
});

describe('simulator: who is deleted first', () => {
  const pod = (name: string, over: Partial<Pod>): Pod => ({
    name,
    uid: name,
    host: name,
    createdAtMs: 0,
    readyAtMs: 0,
    terminating: false,
    deletionCost: 0,
    costBefore: 0,
    costSeenAtMs: 0,
    chosenAtMs: undefined,
    markedAtMs: undefined,
    worker: undefined,
    version: 0,
    ...over,
  });

  it('goes by readiness, cost, time of being Ready by powers of two, and UID', () => {
    const pods = [
      pod('old-b', { readyAtMs: 0 }),
      pod('old-a', { readyAtMs: 400 }),
      pod('young', { readyAtMs: 90_000 }),
      pod('cheap', { deletionCost: -5 }),
      pod('pending', { readyAtMs: undefined, deletionCost: 100 }),
    ];
    const order = rankForDeletion(pods, 100_000).map(({ name }) => name);
    expect(order).to.deep.equal(['pending', 'cheap', 'young', 'old-a', 'old-b']);
  });

  it('goes by a cost only once the controller has seen it', () => {
    const pods = [pod('a', {}), pod('b', { deletionCost: -9, costSeenAtMs: 500 })];
    expect(rankForDeletion(pods, 499)[0]?.name).to.equal('a');
    expect(rankForDeletion(pods, 500)[0]?.name).to.equal('b');
  });
});
