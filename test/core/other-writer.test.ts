import { expect } from 'chai';
import fc from 'fast-check';
import {
  NEW_WRITER_MEMORY,
  noteCount,
  noteOwnCount,
  otherWriter,
  QUIET_MS,
  REVERTS_MS,
  type WriterMemory,
} from '../../src/core/other-writer.ts';

/** `own 5` is a write of ours, `5` a reading; each is a second after the one before. */
function after(...steps: (number | readonly ['own', number | undefined])[]): { memory: WriterMemory; nowMs: number } {
  let memory = NEW_WRITER_MEMORY;
  let nowMs = 0;
  for (const step of steps) {
    nowMs += 1_000;
    memory = typeof step === 'number' ? noteCount(memory, step, nowMs) : noteOwnCount(memory, step[1], nowMs);
  }
  return { memory, nowMs };
}

const own = (count: number | undefined): readonly ['own', number | undefined] => ['own', count];
const whyAfter = (...steps: Parameters<typeof after>): string | undefined => {
  const { memory, nowMs } = after(...steps);
  return otherWriter(memory, [], nowMs);
};

describe('a second writer of the count', () => {
  const nobody: [string, Parameters<typeof after>][] = [
    ['nobody writes', [3, 3, 3]],
    ['only we write', [3, own(5), 5, own(2), 2, own(6), 6]],
    ['somebody sets it by hand, however often, while we write nothing', [3, 5, 3, 5, 3, 5, 3]],
    ['somebody corrects us once', [3, own(5), 3, 3, 3]],
    ['somebody corrects us once to this and once to that', [3, own(5), 3, own(5), 4]],
    ['a write of ours may not have happened', [3, own(undefined), 3, own(undefined), 3, own(undefined), 3]],
  ];
  for (const [name, steps] of nobody) {
    it(`is not suspected when ${name}`, () => {
      expect(whyAfter(...steps)).to.equal(undefined);
    });
  }

  it('is found when our count is replaced by the same other one twice', () => {
    expect(whyAfter(3, own(5), 3, own(5), 5, 3)).to.match(
      /^somebody else set the count back to 3 2 times: the daemon stands still until .* left alone for 10 minutes; take/,
    );
    expect(whyAfter(3, own(5), 4, own(6), 3, own(5), 4)).to.match(/set the count back to 4 2 times/);
  });

  it('is found when our count is replaced three times by whatever', () => {
    expect(whyAfter(3, own(5), 3, own(5), 4, own(5), 6)).to.match(/somebody else replaced the count 3 times/);
  });

  it('is not found in a reading that began before our write', () => {
    let { memory } = after(3);
    for (const nowMs of [10_000, 20_000, 30_000]) {
      memory = noteOwnCount(memory, 5, nowMs);
      memory = noteCount(memory, 3, nowMs - 1);
      memory = noteCount(memory, 3, nowMs);
      expect(memory.reverts).to.deep.equal([]);
      memory = noteCount(memory, 5, nowMs + 1);
      memory = noteOwnCount(memory, 3, nowMs + 2);
      memory = noteCount(memory, 3, nowMs + 3);
    }
    expect(otherWriter(memory, [], 40_000)).to.equal(undefined);
  });

  it('is given way to until it has been quiet for ten minutes, and at once when it is back', () => {
    const { memory, nowMs } = after(3, own(5), 3, own(5), 3);
    expect(otherWriter(memory, [], nowMs + QUIET_MS - 1)).to.be.a('string');
    expect(otherWriter(memory, [], nowMs + QUIET_MS)).to.equal(undefined);
    // It goes on by itself: the ten minutes begin anew.
    const busy = noteCount(memory, 7, nowMs + 60_000);
    expect(otherWriter(busy, [], nowMs + 60_000 + QUIET_MS - 1)).to.be.a('string');
    const back = noteCount(noteOwnCount(memory, 5, nowMs + QUIET_MS), 3, nowMs + QUIET_MS + 1);
    expect(otherWriter(back, [], nowMs + QUIET_MS + 1)).to.match(/set the count back to 3 3 times/);
  });

  it('is forgotten after an hour', () => {
    const { memory, nowMs } = after(3, own(5), 3, own(5), 3);
    const later = nowMs + REVERTS_MS;
    const once = noteCount(noteOwnCount(memory, 5, later), 3, later + 1);
    expect(otherWriter(once, [], later + 1)).to.equal(undefined);
    expect(once.reverts).to.have.length(1);
  });

  it('is known by name where it is an object, for as long as it is there', () => {
    expect(otherWriter(NEW_WRITER_MEMORY, ['HorizontalPodAutoscaler/a'], 0)).to.match(
      /^HorizontalPodAutoscaler\/a sets the same count: the daemon stands still; remove it/,
    );
    expect(otherWriter(NEW_WRITER_MEMORY, ['HorizontalPodAutoscaler/a', 'ScaledObject/b'], 0)).to.match(
      /^HorizontalPodAutoscaler\/a and ScaledObject\/b set the same count/,
    );
  });

  it('has one sentence for as long as nothing changes, so that it is told once', () => {
    const { memory, nowMs } = after(3, own(5), 3, own(5), 3);
    expect(otherWriter(memory, [], nowMs + 1)).to.equal(otherWriter(memory, [], nowMs + 300_000));
  });

  it('is never seen in what we alone do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 40 }), (counts) => {
        const steps = counts.flatMap((count) => [own(count), count]);
        expect(whyAfter(1, ...steps)).to.equal(undefined);
      }),
    );
  });
});
