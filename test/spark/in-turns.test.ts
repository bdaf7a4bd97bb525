/** A budget of requests to drivers, shared out by what each reading takes. */
import { expect } from 'chai';
import { ok } from '../../src/core/result.ts';
import { inTurns } from '../../src/spark/in-turns.ts';
import { application } from '../core/support/builders.ts';

const signal = new AbortController().signal;
const CENSUS = { endedIds: [], nowEpochMs: 0, settingsOf: () => undefined };
const FIVE = [1, 2, 3, 4, 5].map((n) => application(`app-${n}`));

/** Ids read in each of so many polls of a second. */
async function readIn(polls: number, perSecond: number, requestsFor?: (id: string) => number): Promise<string[]> {
  let nowMs = 0;
  const source = inTurns(
    { pollMs: 1000, driverRequestsPerSecond: perSecond, now: () => nowMs },
    {
      name: 'made',
      readOne: () => Promise.resolve(ok({ answer: { kind: 'absent' }, ageMs: 0 })),
      keep: () => undefined,
      ...(requestsFor && { requestsFor }),
    },
  );
  const read: string[] = [];
  for (let poll = 0; poll < polls; poll += 1) {
    const answers = await source.read(FIVE, signal, CENSUS);
    read.push([...answers.keys()].map((id) => id.slice(4)).join(' '));
    nowMs += 1000;
  }
  return read;
}

describe('drivers in turns', () => {
  it('are as many a second as the budget has requests, where each takes one', async () => {
    expect(await readIn(3, 4)).to.deep.equal(['1 2 3 4', '5 1 2 3', '4 1 2 3']);
  });

  it('are fewer where a reading takes two requests', async () => {
    expect(await readIn(3, 4, () => 2)).to.deep.equal(['1 2', '3 4', '5 1']);
    expect(await readIn(2, 4, (id) => (id === 'app-1' ? 2 : 1))).to.deep.equal(['1 2 3', '4 5 1']);
  });

  it('are read one by one where a reading takes more than the budget has', async () => {
    expect(await readIn(3, 1, () => 2)).to.deep.equal(['1', '2', '3']);
  });
});
