/** The HPA, KEDA and the Spark operator's HPA against the golden vectors and traces of the policies' facts. */
import { expect } from 'chai';
import type { PeerBounds, PeerObservation } from '../../../src/lab/peer.ts';
import { DEFAULT_BEHAVIOR, hpaSync, NEW_HPA_MEMORY, type HpaBehavior } from '../../../src/lab/peers/hpa-behavior.ts';
import { averageValue, cpuUtilisation, isWithin } from '../../../src/lab/peers/hpa-metrics.ts';
import { hpa, HPA_CPU_DEFAULTS, HPA_DEFAULTS, type HpaParameters } from '../../../src/lab/peers/hpa.ts';
import { SPARK_OPERATOR_DEFAULTS, sparkOperator } from '../../../src/lab/peers/spark-operator.ts';
import { demand, observation, play, ROOM, workers } from '../support/peers.ts';

const AT_LEAST_1: PeerBounds = { minWorkers: 1, maxWorkers: 1000 };
const sizes = (
  initial: number,
  untilSeconds: number,
  scene: (seconds: number, planned: number) => Partial<PeerObservation>,
  changes: Partial<HpaParameters> = {},
): (readonly [number, number])[] =>
  play(hpa({ ...HPA_DEFAULTS, ...changes }), AT_LEAST_1, initial, untilSeconds, scene).writes.map(
    ({ atSeconds, workers: size }) => [atSeconds, size] as const,
  );

describe('lab: the HPA', () => {
  const tolerance = { share: 0.1, test: 'current' } as const;

  describe('tolerance', () => {
    const cases = [
      { ratio: 1.1, current: true, older: false },
      { ratio: 0.9, current: true, older: true },
      { ratio: 1.2, current: false, older: false },
      { ratio: 0.8, current: false, older: false },
      { ratio: 1, current: true, older: true },
      { ratio: NaN, current: false, older: false },
      { ratio: Infinity, current: false, older: false },
    ];
    for (const { ratio, current, older } of cases) {
      it(`golden: a ratio of ${ratio} is ${current ? 'within' : 'beyond'} it, and ${older ? 'within' : 'beyond'} in older code`, () => {
        expect(isWithin(ratio, { share: 0.1, test: 'current' })).to.equal(current);
        expect(isWithin(ratio, { share: 0.1, test: 'older' })).to.equal(older);
      });
    }
  });

  describe('recommends, of size 10,', () => {
    for (const [usage, expected] of [
      [11, 10],
      [12, 12],
      [9, 10],
      [8, 8],
      [0, 0],
      [11.5, 12],
    ] as const) {
      it(`golden: ${expected} for a demand of ${usage}`, () => {
        expect(averageValue({ usage, target: 1 }, 10, 10, tolerance)).to.equal(expected);
      });
    }
    it('golden: 11 for a demand of 11 in older code, by its floats', () => {
      expect(averageValue({ usage: 11, target: 1 }, 10, 10, { share: 0.1, test: 'older' })).to.equal(11);
    });
    it('what is needed where no replica is there to take an average over', () => {
      expect(averageValue({ usage: 7, target: 1 }, 5, 0, tolerance)).to.equal(7);
    });
  });

  describe('on CPU', () => {
    const full = (ready: number): number[] => Array.from({ length: ready }, () => 1);
    const cases = [
      { title: 'grows by the ratio', shares: full(3), unready: 0, target: 0.3, current: 3, expected: 10 },
      { title: 'shrinks by the ratio', shares: [0.1, 0.1], unready: 0, target: 0.8, current: 2, expected: 1 },
      {
        title: 'keeps its size within the tolerance',
        shares: [0.84],
        unready: 0,
        target: 0.8,
        current: 1,
        expected: 1,
      },
      {
        title: 'counts pods that are not ready as idle where it grows',
        shares: full(4),
        unready: 4,
        target: 0.3,
        current: 8,
        expected: 14,
      },
      { title: 'stays where they turn it round', shares: full(2), unready: 8, target: 0.3, current: 10, expected: 10 },
      { title: 'leaves them out where it shrinks', shares: [0, 0], unready: 5, target: 0.3, current: 7, expected: 0 },
      {
        title: 'knows nothing where no pod is ready',
        shares: [],
        unready: 3,
        target: 0.3,
        current: 3,
        expected: undefined,
      },
    ];
    for (const { title, shares, unready, target, current, expected } of cases) {
      it(title, () => {
        expect(cpuUtilisation({ shares, unready }, target, current, tolerance)).to.equal(expected);
      });
    }
  });

  describe('over time', () => {
    it('golden: 1 to 100 in steps of 5, 10, 20, 40, 80, 100, 15 s apart', () => {
      expect(sizes(1, 120, () => demand(100))).to.deep.equal([
        [0, 5],
        [15, 10],
        [30, 20],
        [45, 40],
        [60, 80],
        [75, 100],
      ]);
    });
    it('golden: without behaviour 1 to 100 in steps of 4, 8, 16, 32, 64, 100', () => {
      expect(sizes(1, 120, () => demand(100), { growth: 'legacy' }).map(([, size]) => size)).to.deep.equal([
        4, 8, 16, 32, 64, 100,
      ]);
    });
    it('golden: a demand of 40 that falls to 1 at 300 s is met at 45 s of its loop and left at 585 s', () => {
      const seen = sizes(1, 700, (seconds) => demand(seconds < 300 ? 40 : 1));
      expect(seen.map(([, size]) => size)).to.deep.equal([5, 10, 20, 40, 1]);
      expect(seen.at(-1)).to.deep.equal([585, 1]);
    });
    it('golden: of size 10 and demand 8 it stays until 300 s are over', () => {
      expect(sizes(10, 400, () => demand(8))).to.deep.equal([[300, 8]]);
    });
    it('golden: of size 10, 25 % a minute and demand 1 its first step is to 7', () => {
      const seen = sizes(10, 200, () => demand(1), { downWindowMs: 0, shrink: 'quarter-per-minute' });
      expect(seen.slice(0, 2)).to.deep.equal([
        [0, 7],
        [60, 5],
      ]);
    });
    it('freezes while its source fails, though it would grow or shrink', () => {
      expect(sizes(10, 900, () => ({ ...demand(100), sourceFailed: true }))).to.deep.equal([]);
      expect(sizes(10, 900, () => ({ sourceFailed: true }))).to.deep.equal([]);
    });
    it('does nothing at 0, and comes back from beyond its bounds at once', () => {
      expect(sizes(0, 60, () => demand(9))).to.deep.equal([]);
      const bounds = { minWorkers: 3, maxWorkers: 6 };
      const first = (initial: number) => play(hpa(HPA_DEFAULTS), bounds, initial, 0, () => demand(initial)).writes[0];
      expect(first(9)?.workers).to.equal(6);
      expect(first(2)?.workers).to.equal(3);
    });
    it('holds growth by an up window, and grows by the smallest within it', () => {
      const behavior: HpaBehavior = { ...DEFAULT_BEHAVIOR, up: { ...DEFAULT_BEHAVIOR.up, windowMs: 60_000 } };
      let memory = NEW_HPA_MEMORY;
      const seen = [0, 15, 30, 45, 60, 75].map((seconds, index) => {
        const sync = { nowMs: seconds * 1000, spec: 10, minWorkers: 1, maxWorkers: 100 };
        const pass = hpaSync({ ...sync, recommended: 14 + index }, memory, behavior);
        ({ memory } = pass);
        return pass.desired;
      });
      // At 60 s the size it was seeded with is out of the window, and so is the first recommendation.
      expect(seen).to.deep.equal([10, 10, 10, 10, 15, 16]);
    });
    it('counts a write as long as its period is not over: 14.9 s later it may not add again', () => {
      const sync = { minWorkers: 1, maxWorkers: 100, recommended: 100 };
      const first = hpaSync({ ...sync, nowMs: 0, spec: 1 }, NEW_HPA_MEMORY, DEFAULT_BEHAVIOR);
      const early = hpaSync({ ...sync, nowMs: 14_900, spec: 5 }, first.memory, DEFAULT_BEHAVIOR);
      const due = hpaSync({ ...sync, nowMs: 15_000, spec: 5 }, first.memory, DEFAULT_BEHAVIOR);
      expect([first.desired, early.desired, due.desired]).to.deep.equal([5, 5, 10]);
    });
    it('never moves in a direction that is disabled', () => {
      const behavior: HpaBehavior = { ...DEFAULT_BEHAVIOR, up: { ...DEFAULT_BEHAVIOR.up, select: 'disabled' } };
      const sync = { nowMs: 0, spec: 3, minWorkers: 1, maxWorkers: 100, recommended: 9 };
      expect(hpaSync(sync, NEW_HPA_MEMORY, behavior).desired).to.equal(3);
      const least: HpaBehavior = { ...DEFAULT_BEHAVIOR, up: { ...DEFAULT_BEHAVIOR.up, select: 'min' } };
      expect(hpaSync({ ...sync, spec: 3 }, NEW_HPA_MEMORY, least).desired).to.equal(6);
    });
  });

  it('on CPU is the same HPA with 80 %', () => {
    const policy = hpa(HPA_CPU_DEFAULTS);
    const busy = observation({ workers: workers(4, { busySlots: 4 }) });
    expect(policy.decide(policy.start(ROOM, 4), busy).desiredWorkers).to.equal(5);
  });
});

describe("lab: the Spark operator's HPA", () => {
  const trace = (initial: number, max: number, busySlots: number, untilSeconds: number) =>
    play(
      sparkOperator(SPARK_OPERATOR_DEFAULTS),
      { minWorkers: 1, maxWorkers: max },
      initial,
      untilSeconds,
      (_, planned) => ({
        workers: workers(planned, { busySlots }),
      }),
    );

  it('golden: 1 to 10 under full CPU: 2 at once, then one a minute, 10 at 480 s', () => {
    const { writes } = trace(1, 10, 4, 600);
    expect(writes.map(({ atSeconds }) => atSeconds)).to.deep.equal([0, 60, 120, 180, 240, 300, 360, 420, 480]);
    expect(writes.at(-1)?.workers).to.equal(10);
  });

  it('golden: 10 idle workers: 9 at 300 s, 8 at 900 s, the last at 5100 s', () => {
    const { writes } = trace(10, 10, 0, 6000);
    expect(writes.map(({ atSeconds }) => atSeconds)).to.deep.equal([
      300, 900, 1500, 2100, 2700, 3300, 3900, 4500, 5100,
    ]);
    expect(writes.at(-1)?.workers).to.equal(1);
  });

  it('takes the highest ordinal, not the one that is idle, and ends it at once', () => {
    const { decisions } = trace(10, 10, 0, 300);
    expect(decisions.at(-1)).to.include({ desiredWorkers: 9, drains: false });
    expect(decisions.at(-1)?.victims).to.deep.equal(['w-9']);
  });
});
