import { expect } from 'chai';
import fc from 'fast-check';
import { NEW_CORE_MEMORY, type CoreMemory } from '../../src/core/decision.ts';
import { readNote, writeNote } from '../../src/daemon/memory-note.ts';

type Move = 'grow' | 'shrink' | undefined;

interface Lasting {
  readonly lastShrinkAtEpochMs?: number | undefined;
  readonly startsMs?: readonly number[];
  readonly removalsMs?: readonly number[];
}

function memory(
  lastMove: Move,
  reversalsAtEpochMs: readonly number[],
  wrongVictims: number,
  { lastShrinkAtEpochMs, startsMs = [], removalsMs = [] }: Lasting = {},
): CoreMemory {
  const { policy, restart } = NEW_CORE_MEMORY;
  return {
    ...NEW_CORE_MEMORY,
    wrongVictims,
    policy: { ...policy, lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs },
    restart: { ...restart, startsMs, removalsMs },
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
  })
  .map(({ lastMove, reversals, wrongVictims, ...more }) => memory(lastMove, reversals, wrongVictims, more));

describe('memory note', () => {
  it('R25: brings the budget of reversals and the wrong victims into a new process', () => {
    fc.assert(
      fc.property(memories, (before) => {
        expect(readNote(NEW_CORE_MEMORY, writeNote(before))).to.deep.equal(before);
      }),
    );
  });

  it('brings what a restart took, as its medians, and only where this process has seen none', () => {
    const before = memory('grow', [], 0, { startsMs: [9_000, 1_000, 8_000.4], removalsMs: [7_000, 5_000] });
    const { restart } = readNote(NEW_CORE_MEMORY, writeNote(before));
    expect([restart.startsMs, restart.removalsMs]).to.deep.equal([[8_000], [5_000]]);
    const own = memory('grow', [], 0, { startsMs: [3_000] });
    const kept = readNote(own, writeNote(before)).restart;
    expect([kept.startsMs, kept.removalsMs]).to.deep.equal([[3_000], [5_000]]);
  });

  it('reads a note of before there was more to tell', () => {
    const note = '{"version":1,"lastMove":"shrink","reversalsAtEpochMs":[3],"wrongVictims":2}';
    expect(readNote(NEW_CORE_MEMORY, note)).to.deep.equal(memory('shrink', [3], 2));
  });

  it('does not bring holds: they begin anew', () => {
    const held = { ...NEW_CORE_MEMORY.policy, peaks: [{ atMs: 1, workers: 9 }], knownSinceMs: 1 };
    const after = readNote(NEW_CORE_MEMORY, writeNote({ ...NEW_CORE_MEMORY, policy: held }));
    expect(after.policy).to.include({ knownSinceMs: undefined }).and.to.deep.include({ peaks: [] });
  });

  it('keeps what this process counted itself and had not saved', () => {
    const after = readNote(memory('grow', [5, 7], 2), writeNote(memory('shrink', [7, 3], 1)));
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
  ];
  for (const text of garbage) {
    it(`changes nothing on ${text === undefined ? 'no note at all' : JSON.stringify(text)}`, () => {
      const before = memory('grow', [1, 2], 3);
      expect(readNote(before, text)).to.equal(before);
    });
  }

  it('never throws, whatever text it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readNote(NEW_CORE_MEMORY, text);
      }),
    );
  });
});
