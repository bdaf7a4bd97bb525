/** The hold: what a restart costs, then what would have been best over the gaps seen. */
import { expect } from 'chai';
import fc from 'fast-check';
import { holdMsBy, SHORTEST_HOLD_MS, type Gap } from '../../src/core/hold.ts';
import { decideCount, NEW_POLICY_MEMORY, type PolicyMemory } from '../../src/core/policy.ts';
import { NOW_MS, rules } from './support/builders.ts';
import { input } from './support/policy-cases.ts';

const RESTART = { startMs: 9_000, helpMs: 11_500, costMs: 16_000 };
const LEARNS = rules({ learnsHold: true, holdMs: 60_000 });

const times = (count: number, gapMs: number, workers = 10): Gap[] =>
  Array.from({ length: count }, () => ({ gapMs, workers }));

describe('the hold', () => {
  const cases: readonly [name: string, gaps: readonly Gap[], expectedMs: number][] = [
    ['is what a restart costs, before any gap was seen', [], 16_000],
    ['stays so after one long gap: that may have been chance', times(1, 130_000), 16_000],
    ['is the shortest once gaps are longer than any hold', times(3, Infinity), SHORTEST_HOLD_MS],
    ['covers gaps that are shorter than a restart costs', times(5, 12_000), 16_000],
    ['covers gaps that cost less than to restart after the shortest hold', times(8, 18_000), 19_000],
    ['does not cover those that cost more', times(8, 25_000), SHORTEST_HOLD_MS],
    ['weighs gaps by the workers they are of', [...times(4, 18_000, 10), ...times(4, Infinity, 1)], 19_000],
    ['weighs them the other way too', [...times(4, 18_000, 1), ...times(4, Infinity, 10)], SHORTEST_HOLD_MS],
  ];
  for (const [name, gaps, expectedMs] of cases) {
    it(name, () => {
      expect(holdMsBy(LEARNS, gaps, RESTART)).to.equal(expectedMs);
    });
  }

  it('is the longest until a restart was seen, and where it is not to be learned', () => {
    expect(holdMsBy(LEARNS, times(9, Infinity), undefined)).to.equal(60_000);
    expect(holdMsBy(rules({ holdMs: 45_000 }), times(9, Infinity), RESTART)).to.equal(45_000);
  });

  it('is never shorter than the shortest, nor longer than the longest', () => {
    const gap = fc.record({
      gapMs: fc.integer({ min: 5_000, max: 600_000 }),
      workers: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 32 }), fc.integer({ min: 0, max: 300_000 }), (gaps, costMs) => {
        const holdMs = holdMsBy(LEARNS, gaps, { ...RESTART, costMs });
        expect(holdMs).to.be.within(SHORTEST_HOLD_MS, 60_000);
      }),
    );
  });
});

describe('gaps', () => {
  /** What is remembered after these needs, one a second unless `atSec` says otherwise. */
  function after(...steps: readonly (readonly [atSec: number, wanted: number])[]): readonly Gap[] {
    let memory: PolicyMemory = NEW_POLICY_MEMORY;
    for (const [atSec, wanted] of steps) {
      const nowMs = NOW_MS + atSec * 1_000;
      memory = decideCount(input({ wanted, nowMs }), memory, rules({ holdMs: 30_000 })).memory;
    }
    return memory.gaps;
  }

  it('are from when workers were last needed to when they are again, each level for itself', () => {
    expect(after([0, 10], [10, 4], [20, 1], [32, 8])).to.deep.equal([
      { gapMs: 22_000, workers: 3 },
      { gapMs: 32_000, workers: 4 },
    ]);
  });

  it('are infinite where they were longer than any hold', () => {
    expect(after([0, 10], [1, 1], [62, 1], [63, 8])).to.deep.equal([{ gapMs: Infinity, workers: 7 }]);
  });

  it('are not of workers that were never needed before', () => {
    expect(after([0, 2], [20, 9])).to.deep.equal([]);
    expect(after([0, 5], [10, 2], [20, 9])).to.deep.equal([{ gapMs: 20_000, workers: 3 }]);
  });

  it('count from the shortest hold on: those before are pauses between two stages', () => {
    expect(after([0, 9], [1, 2], [4, 9])).to.deep.equal([]);
    expect(after([0, 9], [1, 2], [5, 9])).to.deep.equal([{ gapMs: 5_000, workers: 7 }]);
  });

  it('are forgotten with what is unknown, and only the newest are kept', () => {
    let memory: PolicyMemory = NEW_POLICY_MEMORY;
    for (let round = 0; round < 100; round += 1) {
      for (const wanted of [9, 2]) {
        const nowMs = NOW_MS + round * 20_000 + (wanted === 9 ? 0 : 10_000);
        memory = decideCount(input({ wanted, nowMs }), memory, rules()).memory;
      }
    }
    expect(memory.gaps).to.have.length(32);
    const unknown = decideCount(input({ certain: false, nowMs: NOW_MS + 3e6 }), memory, rules()).memory;
    const again = decideCount(input({ wanted: 9, nowMs: NOW_MS + 3e6 + 1_000 }), unknown, rules()).memory;
    expect(again.gaps).to.have.length(32);
  });
});
