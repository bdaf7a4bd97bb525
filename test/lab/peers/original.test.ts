/** The original daemon's generations, and the counts that never change. */
import { expect } from 'chai';
import { meanWorkers, staticMax, staticMean } from '../../../src/lab/peers/fixed.ts';
import { original, ORIGINALS, tickOf, type Generation } from '../../../src/lab/peers/original.ts';
import { demand, play, ROOM } from '../support/peers.ts';

describe('lab: one tick of the original', () => {
  const cases: {
    title: string;
    generation: Generation;
    window?: number[];
    sum: number;
    available: number;
    requested: number | undefined;
  }[] = [
    { title: 'golden: halves', generation: 'G2', sum: 3, available: 10, requested: 6 },
    { title: 'golden: computes 0 and writes nothing', generation: 'G2', sum: 0, available: 1, requested: undefined },
    {
      title: 'golden: its window holds',
      generation: 'G3',
      window: [4, 9, 2],
      sum: 3,
      available: 9,
      requested: undefined,
    },
    {
      title: 'golden: halves after six quiet readings',
      generation: 'G3',
      window: [2, 2, 2, 2, 2, 2],
      sum: 2,
      available: 9,
      requested: 5,
    },
    { title: 'drops straight to its floor', generation: 'G1', sum: 0, available: 9, requested: 1 },
    { title: 'drops straight to the sum', generation: 'G1', sum: 4, available: 9, requested: 4 },
    { title: 'writes nothing where the sum is there', generation: 'G1', sum: 4, available: 4, requested: undefined },
    { title: 'goes up at once', generation: 'G2', sum: 40, available: 1, requested: 40 },
    { title: 'leaves 0 as it is', generation: 'G2', sum: 0, available: 0, requested: undefined },
  ];
  for (const { title, generation, window = [], sum, available, requested } of cases) {
    it(`${generation} ${title}`, () => {
      expect(tickOf(generation, window, sum, available).requested).to.equal(requested);
    });
  }

  const halvings = [
    { from: 32, to: 1, sizes: [16, 8, 4, 2, 1] },
    { from: 10, to: 1, sizes: [5, 3, 2, 1] },
    { from: 100, to: 1, sizes: [50, 25, 13, 7, 4, 2, 1] },
    { from: 20, to: 7, sizes: [13, 10, 8, 7] },
    { from: 3, to: 2, sizes: [2] },
  ];
  for (const { from, to, sizes } of halvings) {
    it(`golden: from ${from} to ${to} by way of ${sizes.join(', ')}`, () => {
      const seen = play(original(ORIGINALS.G2), ROOM, from, 600, () => demand(to));
      expect(seen.writes.map(({ workers }) => workers)).to.deep.equal(sizes);
    });
  }
});

describe('lab: the original over time', () => {
  const ends = (generation: Generation) =>
    play(original(ORIGINALS[generation]), ROOM, 8, 600, (seconds) => demand(seconds <= 60 ? 8 : 0)).writes;

  it('G3 counts an application for 60 s after its last point, and its window for 30 s more', () => {
    // The point of 60 s was 10 s old then: it is out of the 60 s at 110 s, and out of the window at 135 s.
    expect(ends('G3')).to.deep.equal([
      { atSeconds: 135, workers: 4 },
      { atSeconds: 140, workers: 2 },
      { atSeconds: 145, workers: 1 },
    ]);
  });
  it('G1 counts it for 180 s and drops to 1', () => {
    expect(ends('G1')).to.deep.equal([{ atSeconds: 240, workers: 1 }]);
  });
  it('G2 counts it for 180 s, and then halves, never below 1', () => {
    expect(ends('G2').map(({ workers }) => workers)).to.deep.equal([4, 2, 1]);
    expect(ends('G2')[0]).to.deep.equal({ atSeconds: 240, workers: 4 });
  });
  it('shrinks to 1 where every series is gone though applications run', () => {
    const blind = play(original(ORIGINALS.G3), ROOM, 8, 300, (seconds) =>
      seconds <= 60 ? demand(8) : { sourceFailed: true },
    );
    expect(blind.writes.at(-1)?.workers).to.equal(1);
  });
  it('takes one executor for one worker', () => {
    const halves = demand(6).applications?.map((one) => ({ ...one, executorCores: 1, executorMemoryMiB: 1024 })) ?? [];
    expect(play(original(ORIGINALS.G1), ROOM, 1, 0, () => ({ applications: halves })).writes[0]?.workers).to.equal(6);
  });
});

describe('lab: counts that never change', () => {
  const bounds = { minWorkers: 2, maxWorkers: 9 };
  it('static-max is max, static-mean what it is told, within the bounds', () => {
    expect(play(staticMax(), bounds, 2, 600, () => ({})).writes).to.deep.equal([{ atSeconds: 0, workers: 9 }]);
    const means = [5, 1, 99].map((mean) => play(staticMean(mean), bounds, 3, 60, () => demand(1)).writes[0]?.workers);
    expect(means).to.deep.equal([5, 2, 9]);
  });

  const means = [
    { title: 'the mean of steps', atMs: [0, 5000], values: [10, 2], endMs: 10_000, most: 20, expected: 6 },
    { title: 'max where the demand is larger', atMs: [0], values: [100], endMs: 1000, most: 20, expected: 20 },
    { title: '1 at least', atMs: [], values: [], endMs: 1000, most: 20, expected: 1 },
    { title: 'rounded up', atMs: [900], values: [15], endMs: 1000, most: 20, expected: 2 },
    { title: 'of nothing beyond the end', atMs: [0, 5000], values: [2, 50], endMs: 5000, most: 60, expected: 2 },
    { title: '1 of no time at all', atMs: [0], values: [5], endMs: 0, most: 20, expected: 1 },
  ];
  for (const { title, atMs, values, endMs, most, expected } of means) {
    it(`static-mean is ${title}`, () => {
      expect(meanWorkers({ atMs, values }, endMs, most)).to.equal(expected);
    });
  }
});
