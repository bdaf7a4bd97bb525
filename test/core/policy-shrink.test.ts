/** The hold, the dead band and the budget of reversals. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decideCount,
  NEW_POLICY_MEMORY,
  noteMove,
  reversalsLastHour,
  type PolicyInput,
  type PolicyMemory,
  type Verdict,
} from '../../src/core/policy.ts';
import { NOW_EPOCH_MS, NOW_MS, rules } from './support/builders.ts';
import { calm, input, table } from './support/policy-cases.ts';

const HOUR_MS = 3_600_000;
const HOLD_MS = 60_000;

/** Passes, one a second unless `atSec` says otherwise, with the memory handed on. */
function passes(steps: readonly Partial<PolicyInput & { atSec: number }>[]): Verdict[] {
  let memory = NEW_POLICY_MEMORY;
  return steps.map(({ atSec, ...step }, index) => {
    const sinceMs = (atSec ?? index) * 1_000;
    const now = { nowMs: NOW_MS + sinceMs, nowEpochMs: NOW_EPOCH_MS + sinceMs };
    const decided = decideCount(input({ ...now, ...step }), memory, rules());
    memory = decided.memory;
    return decided.verdict;
  });
}

describe('policy: shrinking', () => {
  table([
    { name: 'leads to what is wanted', input: { wanted: 4 }, desired: 4, reason: 'surplus' },
    { name: 'leads to zero', input: { wanted: 0 }, desired: 0, reason: 'surplus' },
    { name: 'keeps the headroom', input: { wanted: 4 }, rules: { headroomWorkers: 3 }, desired: 7, reason: 'surplus' },
    { name: 'does not happen without a surplus', input: { wanted: 10 }, desired: 10, reason: 'steady' },
    {
      name: 'leaves a surplus of the dead band alone',
      input: { wanted: 8 },
      rules: { deadBandWorkers: 2 },
      desired: 10,
      reason: 'dead-band',
    },
    {
      name: 'takes the whole surplus once it is larger than the dead band',
      input: { wanted: 7 },
      rules: { deadBandWorkers: 2 },
      desired: 7,
      reason: 'surplus',
    },
    {
      name: 'leaves alone what the hold would free within the dead band',
      input: { wanted: 2 },
      rules: { deadBandWorkers: 2 },
      memory: calm({ peaks: [{ atMs: NOW_MS - 1, workers: 8 }] }),
      desired: 10,
      reason: 'surplus-held',
    },
    {
      name: 'follows the largest count wanted within the hold',
      input: { wanted: 2 },
      memory: calm({ peaks: [{ atMs: NOW_MS - HOLD_MS + 1, workers: 7 }] }),
      desired: 7,
      reason: 'surplus',
    },
    {
      name: 'forgets a peak exactly as old as the hold',
      input: { wanted: 2 },
      memory: calm({ peaks: [{ atMs: NOW_MS - HOLD_MS, workers: 7 }] }),
      desired: 2,
      reason: 'surplus',
    },
    {
      name: 'waits while a peak within the hold needed them all',
      input: { wanted: 2 },
      memory: calm({ peaks: [{ atMs: NOW_MS - 1, workers: 11 }] }),
      desired: 10,
      reason: 'surplus-held',
    },
    {
      name: 'waits 1 ms before the hold is over',
      input: { wanted: 2 },
      memory: calm({ knownSinceMs: NOW_MS - HOLD_MS + 1 }),
      desired: 10,
      reason: 'surplus-held',
    },
    {
      name: 'begins when the hold is over',
      input: { wanted: 2 },
      memory: calm({ knownSinceMs: NOW_MS - HOLD_MS }),
      desired: 2,
      reason: 'surplus',
    },
    {
      name: 'needs no time to pass where the hold is 0',
      input: { wanted: 2 },
      rules: { holdMs: 0 },
      memory: NEW_POLICY_MEMORY,
      desired: 2,
      reason: 'surplus',
    },
  ]);

  it('begins anew after a pass in which something was unknown: unseen time proves nothing', () => {
    const verdicts = passes([
      { wanted: 2, atSec: 0 },
      { wanted: 2, certain: false, atSec: 30 },
      { wanted: 2, atSec: 31 },
      { wanted: 2, atSec: 60 },
      { wanted: 2, atSec: 90 },
      { wanted: 2, atSec: 91 },
    ]);
    expect(verdicts.map(({ desired }) => desired)).to.deep.equal([10, 10, 10, 10, 10, 2]);
  });

  it('is not moved by a gap in demand that is shorter than the hold', () => {
    const verdicts = passes([
      { wanted: 10, atSec: 0 },
      { wanted: 0, atSec: 10 },
      { wanted: 0, atSec: 59 },
      { wanted: 10, atSec: 60 },
      { wanted: 0, atSec: 65 },
      { wanted: 0, atSec: 119 },
    ]);
    expect(verdicts.map(({ desired }) => desired)).to.deep.equal([10, 10, 10, 10, 10, 10]);
  });

  it('goes down in the steps in which the peaks fall out of the hold', () => {
    const wanted = [9, 7, 7, 3, 3, 3, 3];
    const verdicts = passes(wanted.map((count, index) => ({ wanted: count, atSec: index * 30 })));
    expect(verdicts.map(({ desired }) => desired)).to.deep.equal([10, 10, 7, 7, 3, 3, 3]);
  });

  it('remembers no more peaks than there were falling counts within the hold', () => {
    let memory = NEW_POLICY_MEMORY;
    const peaks: number[] = [];
    for (const wanted of [5, 3, 4, 4, 1, 0]) {
      const nowMs = NOW_MS + peaks.length * 1_000;
      memory = decideCount(input({ wanted, nowMs }), memory, rules()).memory;
      peaks.push(memory.peaks.length);
    }
    expect(peaks).to.deep.equal([1, 2, 2, 2, 3, 4]);
  });
});

describe('policy: the budget of reversals', () => {
  const spent = [NOW_EPOCH_MS - HOUR_MS + 1, NOW_EPOCH_MS - 3, NOW_EPOCH_MS - 2, NOW_EPOCH_MS - 1];
  const surplus = { wanted: 2 };
  /** All ten were needed so long ago, and the two since then. */
  const neededAgo = (agoMs: number): Partial<PolicyMemory> => ({ peaks: [{ atMs: NOW_MS - agoMs, workers: 10 }] });

  table([
    {
      name: 'R12: delays a shrink while it is spent: the hold is twice as long',
      input: surplus,
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'grow', ...neededAgo(2 * HOLD_MS - 1) }),
      desired: 10,
      reason: 'reversal-budget',
    },
    {
      name: 'R12: and no longer than that',
      input: surplus,
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'grow', ...neededAgo(2 * HOLD_MS) }),
      desired: 2,
      reason: 'surplus',
    },
    {
      name: 'R12: a learned hold is as long as at its beginning',
      input: { ...surplus, restart: { startMs: 6_000, helpMs: 8_000, costMs: 10_000 } },
      rules: { learnsHold: true },
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'grow', ...neededAgo(HOLD_MS - 1) }),
      desired: 10,
      reason: 'reversal-budget',
    },
    {
      name: 'R12: delays no growth while it is spent',
      input: { wanted: 11 },
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'shrink' }),
      desired: 11,
      reason: 'demand',
    },
    {
      name: 'R12: delays no correction up to min while it is spent',
      input: { wanted: 0, serving: 1 },
      rules: { minWorkers: 2 },
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'shrink' }),
      desired: 2,
      reason: 'below-min',
    },
    {
      name: 'R11: delays no correction down to max while it is spent',
      input: surplus,
      rules: { maxWorkers: 9 },
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'grow' }),
      desired: 9,
      reason: 'above-max',
    },
    {
      name: 'lets a shrink go on that has begun: stopping half way saves no reversal',
      input: surplus,
      memory: calm({ reversalsAtEpochMs: spent, lastMove: 'shrink', ...neededAgo(HOLD_MS) }),
      desired: 2,
      reason: 'surplus',
    },
    {
      name: 'is there again an hour after the first of them',
      input: surplus,
      memory: calm({
        reversalsAtEpochMs: [NOW_EPOCH_MS - HOUR_MS, ...spent.slice(1)],
        lastMove: 'grow',
        ...neededAgo(HOLD_MS),
      }),
      desired: 2,
      reason: 'surplus',
    },
    {
      name: 'of 0 always takes the longer hold after a growth',
      input: surplus,
      rules: { reversalsPerHour: 0 },
      memory: calm({ lastMove: 'grow', ...neededAgo(HOLD_MS) }),
      desired: 10,
      reason: 'reversal-budget',
    },
  ]);

  it('counts a growth within a minute of a shrink: later it is demand that comes and goes', () => {
    const shrunk = noteMove(NEW_POLICY_MEMORY, 'shrink', NOW_EPOCH_MS);
    expect(reversalsLastHour(noteMove(shrunk, 'grow', NOW_EPOCH_MS + 59_999), NOW_EPOCH_MS + 59_999)).to.equal(1);
    expect(reversalsLastHour(noteMove(shrunk, 'grow', NOW_EPOCH_MS + 60_000), NOW_EPOCH_MS + 60_000)).to.equal(0);
  });

  it('counts a growth that follows a shrink, and nothing else', () => {
    const moves = ['grow', 'shrink', 'shrink', 'grow', 'grow', 'shrink', 'grow'] as const;
    let memory = NEW_POLICY_MEMORY;
    const counts = moves.map((move, index) => {
      memory = noteMove(memory, move, NOW_EPOCH_MS + index);
      return reversalsLastHour(memory, NOW_EPOCH_MS + index);
    });
    expect(counts).to.deep.equal([0, 0, 0, 1, 1, 1, 2]);
    expect(memory.reversalsAtEpochMs).to.deep.equal([NOW_EPOCH_MS + 3, NOW_EPOCH_MS + 6]);
    expect(memory.lastMove).to.equal('grow');
  });

  it('forgets reversals after an hour, whatever the move', () => {
    const memory = { ...NEW_POLICY_MEMORY, reversalsAtEpochMs: [NOW_EPOCH_MS - HOUR_MS, NOW_EPOCH_MS - HOUR_MS + 1] };
    expect(reversalsLastHour(memory, NOW_EPOCH_MS)).to.equal(1);
    expect(noteMove(memory, 'shrink', NOW_EPOCH_MS).reversalsAtEpochMs).to.deep.equal([NOW_EPOCH_MS - HOUR_MS + 1]);
  });
});

describe('policy: a count that follows at once', () => {
  const RULES = rules({ holdMs: HOLD_MS, reversalsPerHour: 2, minWorkers: 1, maxWorkers: 8 });

  /** When the count turned from shrinking to growing, under demand that changes at random. */
  function reversals(steps: readonly { readonly wanted: number; readonly afterMs: number }[]): readonly number[] {
    let memory = NEW_POLICY_MEMORY;
    let serving = 4;
    let sinceMs = 0;
    const turns: number[] = [];
    for (const { wanted, afterMs } of steps) {
      sinceMs += afterMs;
      const now = { nowMs: NOW_MS + sinceMs, nowEpochMs: NOW_EPOCH_MS + sinceMs };
      const decided = decideCount(input({ wanted, serving, ...now }), memory, RULES);
      const { desired } = decided.verdict;
      expect(desired).to.be.at.least(Math.min(wanted, RULES.maxWorkers));
      memory = decided.memory;
      if (desired > serving && memory.lastMove === 'shrink') turns.push(now.nowEpochMs);
      if (desired !== serving) memory = noteMove(memory, desired > serving ? 'grow' : 'shrink', now.nowEpochMs);
      serving = desired;
    }
    return turns;
  }

  const step = fc.record({
    wanted: fc.integer({ min: 0, max: 12 }),
    afterMs: fc.integer({ min: 1, max: HOLD_MS * 2 }),
  });
  const steps = fc.array(step, { minLength: 20, maxLength: 120 });

  it('I10: reverses at most once in a hold', () => {
    let found = 0;
    fc.assert(
      fc.property(steps, (history) => {
        const times = reversals(history);
        found += times.length;
        times.forEach((atMs, index) => {
          if (index > 0) expect(atMs - times[index - 1]!).to.be.at.least(HOLD_MS);
        });
      }),
    );
    expect(found).to.be.greaterThan(20);
  });
});
