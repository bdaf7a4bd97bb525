/** The count of the talk's daemon, generation G3: golden vectors, its loop in ours, and where safety stays on. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decideOriginal,
  NEW_ORIGINAL_MEMORY,
  ORIGINAL_TICK_MS,
  ORIGINAL_WINDOW_TICKS,
  originalTick,
  type OriginalMemory,
} from '../../src/core/original.ts';
import type { Verdict } from '../../src/core/policy.ts';
import { frozen } from './support/arbitraries.ts';
import { NOW_MS, rules } from './support/builders.ts';

describe('R13: one tick of the original, generation G3,', () => {
  const cases: { title: string; window: number[]; sum: number; available: number; requested: number | undefined }[] = [
    {
      title: 'golden: asks for nothing where the largest of the window is what there is',
      window: [4, 9, 2],
      sum: 3,
      available: 9,
      requested: undefined,
    },
    {
      title: 'golden: halves after six quiet readings',
      window: [2, 2, 2, 2, 2, 2],
      sum: 2,
      available: 9,
      requested: 5,
    },
    { title: 'goes up at once, all of the way', window: [1], sum: 40, available: 1, requested: 40 },
    {
      title: 'golden of G2, the same in G3: goes down half of the way, rounded down',
      window: [],
      sum: 3,
      available: 10,
      requested: 6,
    },
    {
      title: 'golden of G2, in G3 by its floor: writes nothing at 1 without demand',
      window: [],
      sum: 0,
      available: 1,
      requested: undefined,
    },
    { title: 'goes from 3 to 2 in one step', window: [], sum: 2, available: 3, requested: 2 },
    { title: 'goes from 2 to 1 in one step', window: [], sum: 0, available: 2, requested: 1 },
    { title: 'brings a cluster of 0 back to 1, even without demand', window: [], sum: 0, available: 0, requested: 1 },
    { title: 'follows a peak that is five readings old', window: [7, 1, 1, 1, 1], sum: 1, available: 2, requested: 7 },
    {
      title: 'forgets a peak that is six readings old',
      window: [7, 1, 1, 1, 1, 1],
      sum: 1,
      available: 2,
      requested: 1,
    },
  ];
  for (const { title, window, sum, available, requested } of cases) {
    it(`R13: ${title}`, () => {
      expect(originalTick(frozen(window), sum, available).requested).to.equal(requested);
    });
  }

  it('R13: keeps six readings, the newest last, each at least 1', () => {
    expect(originalTick([1, 2, 3, 4, 5, 6], 0, 9).window).to.deep.equal([2, 3, 4, 5, 6, 1]);
    expect(originalTick([4, 9, 2], 3, 9).window).to.deep.equal([4, 9, 2, 3]);
    expect(ORIGINAL_WINDOW_TICKS).to.equal(6);
  });

  const ways: [number, number, number[]][] = [
    [32, 1, [16, 8, 4, 2, 1]],
    [10, 1, [5, 3, 2, 1]],
    [100, 1, [50, 25, 13, 7, 4, 2, 1]],
    [20, 7, [13, 10, 8, 7]],
    [3, 2, [2]],
  ];
  for (const [from, to, steps] of ways) {
    it(`R13: goes from ${from} to ${to} by ${steps.join(', ')}`, () => {
      const seen: number[] = [];
      let available = from;
      for (let tick = 0; tick < 20; tick += 1) {
        const { requested } = originalTick([], to, available);
        if (requested === undefined) break;
        seen.push(requested);
        available = requested;
      }
      expect(seen).to.deep.equal(steps);
    });
  }

  it('R13: asks for a whole number between what there is and the largest reading, and moves while they differ', () => {
    const window = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 6 });
    fc.assert(
      fc.property(window, fc.nat(500), fc.nat(500), (before, sum, available) => {
        const { window: after, requested } = originalTick(frozen(before), sum, available);
        const largest = Math.max(1, sum, ...before.slice(-5));
        expect(after.length).to.be.at.most(6);
        expect(Math.max(...after)).to.equal(largest);
        if (largest === available) expect(requested).to.equal(undefined);
        else if (largest > available) expect(requested).to.equal(largest);
        else expect(requested).to.be.within(largest, available - 1);
      }),
    );
  });
});

describe('R13: the original in our loop', () => {
  const input = { sumOfTargets: 3, serving: 10, certain: true, calendar: undefined, nowMs: NOW_MS };

  /** One pass a second; what each asked for. */
  function play(
    seconds: number,
    at: (second: number) => { sum: number; serving?: number; certain?: boolean },
    memory = NEW_ORIGINAL_MEMORY,
  ): { verdicts: Verdict[]; memory: OriginalMemory } {
    let now = memory;
    const verdicts: Verdict[] = [];
    for (let second = 0; second < seconds; second += 1) {
      const { sum, serving = 10, certain = true } = at(second);
      const pass = { ...input, sumOfTargets: sum, serving, certain, nowMs: NOW_MS + second * 1_000 };
      const decided = decideOriginal(pass, frozen(now), rules());
      verdicts.push(decided.verdict);
      now = decided.memory;
    }
    return { verdicts, memory: now };
  }

  it('R13: ticks at once, and then every 5 s', () => {
    expect(ORIGINAL_TICK_MS).to.equal(5_000);
    const { memory } = play(31, () => ({ sum: 3 }));
    expect(memory.window.length).to.equal(6);
    expect(play(5, () => ({ sum: 3 })).memory.window).to.deep.equal([3]);
    expect(play(6, () => ({ sum: 3 })).memory.window).to.deep.equal([3, 3]);
    expect(play(1, () => ({ sum: 3 })).memory.nextTickAtMs).to.equal(NOW_MS + 5_000);
  });

  it('R13: what a tick asked for stands until the next one, so that a safe removal has time', () => {
    const { verdicts } = play(6, (second) => ({ sum: second < 5 ? 3 : 40 }));
    expect(verdicts.map(({ desired }) => desired)).to.deep.equal([6, 6, 6, 6, 6, 40]);
    expect(verdicts[0]!.reason).to.equal('original-shrink');
    expect(verdicts[0]!.sentence).to.equal('the original asks for 6 workers, 10 serve');
    expect(verdicts[5]!.reason).to.equal('original-grow');
  });

  it('R13: where a tick asks for nothing the count stays', () => {
    const { verdict } = decideOriginal({ ...input, sumOfTargets: 10 }, NEW_ORIGINAL_MEMORY, rules());
    expect(verdict).to.deep.equal({ desired: 10, reason: 'original-steady', sentence: 'the original asks for 10' });
  });

  const bounds: {
    title: string;
    sum: number;
    serving: number;
    min?: number;
    max?: number;
    desired: number;
    reason: string;
  }[] = [
    { title: 'max caps what it asks for', sum: 40, serving: 1, max: 8, desired: 8, reason: 'original-grow' },
    { title: 'min holds it up', sum: 1, serving: 6, min: 5, desired: 5, reason: 'original-shrink' },
    { title: 'min is brought about', sum: 1, serving: 1, min: 3, desired: 3, reason: 'original-grow' },
    { title: 'max is brought about', sum: 9, serving: 9, max: 4, desired: 4, reason: 'original-shrink' },
    { title: 'at max nothing moves', sum: 40, serving: 8, max: 8, desired: 8, reason: 'original-steady' },
  ];
  for (const { title, sum, serving, min = 0, max = 100, desired, reason } of bounds) {
    it(`R13: ${title}`, () => {
      const bounded = rules({ minWorkers: min, maxWorkers: max });
      const { verdict } = decideOriginal({ ...input, sumOfTargets: sum, serving }, NEW_ORIGINAL_MEMORY, bounded);
      expect(verdict).to.deep.include({ desired, reason });
    });
  }

  it('R13: pause wins over all it asks for, even over max', () => {
    const paused = rules({ paused: true, maxWorkers: 4, minWorkers: 2 });
    for (const sumOfTargets of [0, 3, 40]) {
      const { verdict } = decideOriginal({ ...input, sumOfTargets, certain: false }, NEW_ORIGINAL_MEMORY, paused);
      expect(verdict).to.deep.include({ desired: 10, reason: 'paused' });
    }
  });

  it('R13: while something is unknown it may ask for more, never for less, not even down to max', () => {
    const unsure = { ...input, certain: false };
    const decided = (sumOfTargets: number, maxWorkers = 100): Verdict =>
      decideOriginal({ ...unsure, sumOfTargets }, NEW_ORIGINAL_MEMORY, rules({ maxWorkers })).verdict;
    expect(decided(3)).to.deep.include({ desired: 10, reason: 'unknown-demand' });
    expect(decided(3).sentence).to.include('would ask for 6');
    expect(decided(10, 4)).to.deep.include({ desired: 10, reason: 'unknown-demand' });
    expect(decided(40)).to.deep.include({ desired: 40, reason: 'original-grow' });
    expect(decided(10)).to.deep.include({ desired: 10, reason: 'original-steady' });
  });

  it('R13: what was asked for while something was unknown is forgotten when all is known again', () => {
    const { verdicts } = play(7, (second) => (second < 3 ? { sum: 0, certain: false } : { sum: 10 }));
    expect(verdicts.map(({ desired }) => desired)).to.deep.equal([10, 10, 10, 10, 10, 10, 10]);
  });

  it('R13: unknown time puts nothing into the window', () => {
    const before = play(26, () => ({ sum: 10 })).memory;
    const later = { ...input, nowMs: NOW_MS + 40_000, sumOfTargets: 0 };
    expect(decideOriginal({ ...later, certain: false }, before, rules()).memory).to.equal(before);
    expect(decideOriginal(later, before, rules()).memory.window).to.deep.equal([10, 10, 10, 10, 10, 1]);
  });
});
