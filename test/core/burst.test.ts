/** The burst filter: only what has been needed for the whole window counts. */
import { expect } from 'chai';
import fc from 'fast-check';
import { lastingNeed, remember, type NeedHistory } from '../../src/core/burst.ts';

const BURST_MS = 1_000;

/** A history from readings [time in ms, executors needed]. */
function history(readings: readonly (readonly [number, number])[], burstMs = BURST_MS): NeedHistory {
  return readings.reduce<NeedHistory>((before, [atMs, needed]) => remember(before, atMs, needed, burstMs), []);
}

describe('The burst filter', () => {
  it('counts the same whatever readings it leaves out', () => {
    const reading = fc.tuple(fc.integer({ min: 100, max: 2_500 }), fc.integer({ min: 0, max: 2 }));
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 30 }), fc.constantFrom(0, 1_000, 3_000), (steps, burstMs) => {
        let atMs = 0;
        const readings = steps.map(([afterMs, needed]) => [(atMs += afterMs), needed] as const);
        const newest = readings.at(-1)?.[0] ?? 0;
        // All that the window tells: what is in it, and the reading before it.
        const first = readings.findIndex(([ms]) => ms > newest - burstMs);
        const within = readings.slice(Math.max(0, (first < 0 ? readings.length : first) - 1));
        const spans = burstMs === 0 || newest - (within[0]?.[0] ?? newest) >= 0.9 * burstMs;
        const least = burstMs === 0 ? (readings.at(-1)?.[1] ?? 0) : Math.min(...within.map(([, needed]) => needed));
        const lasting = readings.length === 0 || !spans ? 0 : least;
        expect(lastingNeed(history(readings, burstMs), burstMs)).to.equal(lasting);
      }),
    );
  });

  const cases: {
    title: string;
    readings: [number, number][];
    burstMs?: number;
    lasting: number;
  }[] = [
    { title: 'counts nothing where nothing was read', readings: [], lasting: 0 },
    { title: 'counts nothing after one reading, however large', readings: [[0, 40]], lasting: 0 },
    {
      title: 'counts what two readings a window apart agree on',
      readings: [
        [0, 40],
        [1_000, 40],
      ],
      lasting: 40,
    },
    {
      title: 'counts the smaller of both where demand rises',
      readings: [
        [0, 3],
        [1_000, 40],
      ],
      lasting: 3,
    },
    {
      title: 'counts the smaller of both where demand falls',
      readings: [
        [0, 40],
        [1_000, 3],
      ],
      lasting: 3,
    },
    {
      title: 'drops a burst that is over before the window ends',
      readings: [
        [0, 0],
        [200, 40],
        [400, 0],
        [1_000, 0],
      ],
      lasting: 0,
    },
    {
      title: 'counts a dip inside the window',
      readings: [
        [0, 40],
        [500, 5],
        [1_000, 40],
      ],
      lasting: 5,
    },
    {
      title: 'forgets a dip that is older than the window',
      readings: [
        [0, 5],
        [500, 40],
        [1_000, 40],
        [1_500, 40],
      ],
      lasting: 40,
    },
    {
      title: 'takes a reading that comes a tenth early',
      readings: [
        [0, 7],
        [900, 7],
      ],
      lasting: 7,
    },
    {
      title: 'does not take one that comes earlier than that',
      readings: [
        [0, 7],
        [899, 7],
      ],
      lasting: 0,
    },
    {
      title: 'looks at the reading before a long gap too',
      readings: [
        [0, 2],
        [60_000, 40],
      ],
      lasting: 2,
    },
    { title: 'needs no second reading where the window is 0', readings: [[0, 40]], burstMs: 0, lasting: 40 },
    {
      title: 'follows the newest reading up where the window is 0',
      readings: [
        [0, 4],
        [10, 40],
      ],
      burstMs: 0,
      lasting: 40,
    },
    {
      title: 'follows the newest reading down where the window is 0',
      readings: [
        [0, 40],
        [10, 4],
      ],
      burstMs: 0,
      lasting: 4,
    },
    { title: 'knows nothing either where the window is 0 and nothing was read', readings: [], burstMs: 0, lasting: 0 },
  ];
  for (const { title, readings, burstMs = BURST_MS, lasting } of cases) {
    it(title, () => {
      expect(lastingNeed(history(readings, burstMs), burstMs)).to.equal(lasting);
    });
  }

  it('does not add a reading that it already has', () => {
    const once = history([[0, 40]]);
    expect(remember(once, 0, 40, BURST_MS)).to.equal(once);
  });

  it('keeps one reading from before the window, and no more', () => {
    const readings = history([
      [0, 1],
      [400, 2],
      [900, 3],
      [1_500, 4],
    ]);
    expect(readings.map((sample) => sample.takenAtMs)).to.deep.equal([400, 900, 1_500]);
  });

  it('keeps the reading at the very edge as the one before the window', () => {
    const readings = history([
      [0, 1],
      [500, 2],
      [1_500, 3],
    ]);
    expect(readings.map((sample) => sample.takenAtMs)).to.deep.equal([500, 1_500]);
  });

  it('keeps only the last reading and the new one after a long gap', () => {
    const readings = history([
      [0, 1],
      [500, 2],
      [9_000, 3],
    ]);
    expect(readings.map((sample) => sample.takenAtMs)).to.deep.equal([500, 9_000]);
  });
});

describe('The burst filter, for any readings,', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.nat(1_000)), { minLength: 1, maxLength: 40 });
  const timeline = steps.map((list) => {
    let atMs = 0;
    return list.map(([afterMs, needed]) => [(atMs += afterMs), needed] as const);
  });

  it('never counts more than was needed at any reading of the window', () => {
    fc.assert(
      fc.property(timeline, fc.integer({ min: 1, max: 5_000 }), (readings, burstMs) => {
        const newestMs = readings.at(-1)![0];
        const inside = readings.filter(([atMs]) => atMs > newestMs - burstMs).map(([, needed]) => needed);
        expect(lastingNeed(history(readings, burstMs), burstMs)).to.be.at.most(Math.min(...inside));
      }),
    );
  });

  it('counts constant demand in full as soon as the window is full', () => {
    fc.assert(
      fc.property(timeline, fc.nat(1_000), fc.integer({ min: 1, max: 5_000 }), (readings, needed, burstMs) => {
        const constant = readings.map(([atMs]) => [atMs, needed] as const);
        const seenMs = constant.at(-1)![0] - constant[0]![0];
        const lasting = lastingNeed(history(constant, burstMs), burstMs);
        expect(lasting).to.equal(seenMs >= burstMs * 0.9 ? needed : 0);
      }),
    );
  });

  it('remembers no more readings than the window holds, and one', () => {
    fc.assert(
      fc.property(timeline, fc.integer({ min: 0, max: 5_000 }), (readings, burstMs) => {
        const newestMs = readings.at(-1)![0];
        const outside = history(readings, burstMs).filter(({ takenAtMs }) => takenAtMs <= newestMs - burstMs);
        // With a window of 0 the newest reading itself is at the edge.
        expect(outside.length).to.be.at.most(burstMs === 0 ? 2 : 1);
      }),
    );
  });
});
