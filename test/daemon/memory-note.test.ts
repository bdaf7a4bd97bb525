import { expect } from 'chai';
import fc from 'fast-check';
import type { Burst } from '../../src/core/bursts.ts';
import { NEW_CORE_MEMORY, type CoreMemory } from '../../src/core/decision.ts';
import type { Gap } from '../../src/core/hold.ts';
import { hasLearnedSame, readNote, writeNote } from '../../src/daemon/memory-note.ts';

/** The process that writes and the one that reads have begun at different times. */
const WRITTEN = { nowMs: 500_000, nowEpochMs: 1_700_000_500_000 };
const READ = { nowMs: 2_000, nowEpochMs: 1_700_000_560_000 };

/** What another process makes of it. */
function passOn(before: CoreMemory, own = NEW_CORE_MEMORY): CoreMemory {
  return readNote(own, writeNote(before, WRITTEN), READ);
}

type Move = 'grow' | 'shrink' | undefined;

interface Lasting {
  readonly lastShrinkAtEpochMs?: number | undefined;
  readonly startsMs?: readonly number[];
  readonly removalsMs?: readonly number[];
  readonly gaps?: readonly Gap[];
  readonly bursts?: readonly Burst[];
  readonly lastMs?: number;
  readonly emptiedAtMs?: number | undefined;
}

function memory(
  lastMove: Move,
  reversalsAtEpochMs: readonly number[],
  wrongVictims: number,
  { lastShrinkAtEpochMs, startsMs = [], removalsMs = [], gaps = [], bursts = [], lastMs, emptiedAtMs }: Lasting = {},
): CoreMemory {
  const { policy, restart, foresight } = NEW_CORE_MEMORY;
  return {
    ...NEW_CORE_MEMORY,
    wrongVictims,
    policy: { ...policy, lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs, gaps },
    emptiedAtMs,
    restart: { ...restart, startsMs, removalsMs },
    foresight: { ...foresight, bursts: { bursts, open: undefined, lastMs } },
  };
}

const memories = fc
  .record({
    lastMove: fc.constantFrom<Move>('grow', 'shrink', undefined),
    reversals: fc.uniqueArray(fc.nat({ max: 2 ** 42 })).map((times) => times.sort((a, b) => a - b)),
    wrongVictims: fc.nat(),
    lastShrinkAtEpochMs: fc.option(fc.nat({ max: 2 ** 42 }), { nil: undefined }),
    startsMs: fc.array(fc.nat(), { maxLength: 1 }),
    removalsMs: fc.array(fc.nat(), { maxLength: 1 }),
    emptiedAtMs: fc.constantFrom(undefined, -Infinity),
  })
  .map(({ lastMove, reversals, wrongVictims, ...more }) => memory(lastMove, reversals, wrongVictims, more));

describe('memory note', () => {
  it('R25: brings the budget of reversals and the wrong victims into a new process', () => {
    fc.assert(
      fc.property(memories, (before) => {
        expect(passOn(before)).to.deep.equal(before);
      }),
    );
  });

  it('brings what a restart took, as its medians, and only where this process has seen none', () => {
    const before = memory('grow', [], 0, { startsMs: [9_000, 1_000, 8_000.4], removalsMs: [7_000, 5_000] });
    const { restart } = passOn(before);
    expect([restart.startsMs, restart.removalsMs]).to.deep.equal([[8_000], [5_000]]);
    const own = memory('grow', [], 0, { startsMs: [3_000] });
    const kept = passOn(before, own).restart;
    expect([kept.startsMs, kept.removalsMs]).to.deep.equal([[3_000], [5_000]]);
  });

  it('brings along that the count of zero was ours, as of before anything was read', () => {
    const before = memory('shrink', [], 0, { emptiedAtMs: 7_000 });
    expect(passOn(before).emptiedAtMs).to.equal(-Infinity);
    expect(passOn(NEW_CORE_MEMORY, before).emptiedAtMs).to.equal(7_000);
    expect(hasLearnedSame(before, NEW_CORE_MEMORY)).to.equal(false);
    expect(writeNote(NEW_CORE_MEMORY, WRITTEN)).not.to.contain('emptied');
  });

  it('reads a note of before there was more to tell', () => {
    const note = '{"version":1,"lastMove":"shrink","reversalsAtEpochMs":[3],"wrongVictims":2}';
    expect(readNote(NEW_CORE_MEMORY, note, READ)).to.deep.equal(memory('shrink', [3], 2));
  });

  const gaps: readonly Gap[] = [
    { gapMs: 20_000, workers: 3 },
    { gapMs: Infinity, workers: 2 },
  ];
  const bursts: readonly Burst[] = [
    { gapMs: undefined, workers: 4.25, taskMs: 3_000 },
    { gapMs: 40_000, workers: 2, taskMs: 1_500 },
  ];

  it('I8: brings gaps and bursts, and the last burst is as long ago as it was', () => {
    const after = passOn(memory('grow', [], 0, { gaps, bursts, lastMs: WRITTEN.nowMs - 7_000 }));
    const passedMs = READ.nowEpochMs - WRITTEN.nowEpochMs;
    expect(after).to.deep.equal(memory('grow', [], 0, { gaps, bursts, lastMs: READ.nowMs - 7_000 - passedMs }));
  });

  it('I8: puts no burst into the future where the clock was set back', () => {
    const saved = writeNote(memory('grow', [], 0, { bursts, lastMs: WRITTEN.nowMs }), WRITTEN);
    const after = readNote(NEW_CORE_MEMORY, saved, { nowMs: 2_000, nowEpochMs: WRITTEN.nowEpochMs - 3_600_000 });
    expect(after.foresight.bursts.lastMs).to.equal(2_000);
  });

  it('I8: keeps gaps and bursts that this process has seen itself', () => {
    const own = memory('grow', [], 0, { gaps: gaps.slice(1), bursts: bursts.slice(1), lastMs: 1_000 });
    expect(passOn(memory('grow', [], 0, { gaps, bursts, lastMs: 0 }), own)).to.deep.equal(own);
  });

  it('stays small, however much was seen', () => {
    const many = Array.from({ length: 64 }, () => ({ gapMs: 3_599_999, workers: 9_999.99, taskMs: 1_799_999 }));
    const note = writeNote(memory('grow', [], 0, { gaps: many.slice(0, 32), bursts: many, lastMs: 1 }), WRITTEN);
    expect(note.length).to.be.lessThan(6_000);
  });

  it('does not bring holds: they begin anew', () => {
    const held = { ...NEW_CORE_MEMORY.policy, peaks: [{ atMs: 1, workers: 9 }], knownSinceMs: 1, firstKnownMs: 1 };
    const after = passOn({ ...NEW_CORE_MEMORY, policy: held });
    expect(after.policy)
      .to.include({ knownSinceMs: undefined, firstKnownMs: undefined })
      .and.to.deep.include({ peaks: [] });
  });

  it('keeps what this process counted itself and had not saved', () => {
    const after = passOn(memory('shrink', [7, 3], 1), memory('grow', [5, 7], 2));
    expect(after).to.deep.equal(memory('shrink', [3, 5, 7], 2));
  });

  const garbage = [
    undefined,
    '',
    'null',
    '[]',
    '{',
    'not JSON',
    '{"version":2,"reversalsAtEpochMs":[],"wrongVictims":0}',
    '{"version":1,"reversalsAtEpochMs":[-1],"wrongVictims":0}',
    '{"version":1,"reversalsAtEpochMs":[0.5],"wrongVictims":0}',
    '{"version":1,"reversalsAtEpochMs":"x","wrongVictims":0}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":1e400}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":-1}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":0,"startMs":-1}',
    '{"version":1,"lastMove":"sideways","reversalsAtEpochMs":[],"wrongVictims":0}',
    '{"version":1,"wrongVictims":0}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":0,"gaps":[{"gapMs":-1,"workers":1}]}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":0,"gaps":[{"gapMs":1}]}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":0,"bursts":[{"workers":1}]}',
    '{"version":1,"reversalsAtEpochMs":[],"wrongVictims":0,"bursts":[{"workers":-1,"taskMs":5}]}',
  ];
  for (const text of garbage) {
    it(`changes nothing on ${text === undefined ? 'no note at all' : JSON.stringify(text)}`, () => {
      const before = memory('grow', [1, 2], 3);
      expect(readNote(before, text, READ)).to.equal(before);
    });
  }

  it('never throws, whatever text it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readNote(NEW_CORE_MEMORY, text, READ);
      }),
    );
  });
});
