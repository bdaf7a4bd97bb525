/** Dataproc's formula and its cooldown against the policies' facts. */
import { expect } from 'chai';
import { changeFor, dataproc, DATAPROC_DEFAULTS, DATAPROC_SAMPLE_DEFAULTS } from '../../../src/lab/peers/dataproc.ts';
import { demand, observation, play, ROOM, worker } from '../support/peers.ts';

const NODE_GIB = 12;
const factors = (up: number, down: number, fraction = 0) => ({
  scaleUpFactor: up,
  scaleDownFactor: down,
  scaleUpMinFraction: fraction,
  scaleDownMinFraction: fraction,
});

describe("lab: Dataproc's formula", () => {
  const cases = [
    { title: 'golden: pending 120 GiB, factor 1', gap: 120 / NODE_GIB, size: 5, by: factors(1, 1), change: 10 },
    { title: 'golden: pending 120 GiB, factor 0.05', gap: 120 / NODE_GIB, size: 5, by: factors(0.05, 1), change: 1 },
    { title: 'golden: available 100 GiB, factor 1', gap: -100 / NODE_GIB, size: 20, by: factors(1, 1), change: -8 },
    { title: 'golden: available 100 GiB, factor 0.5', gap: -100 / NODE_GIB, size: 20, by: factors(1, 0.5), change: -4 },
    {
      title: 'golden: 15 GiB needed of 20 workers, fraction 0.1',
      gap: 15 / NODE_GIB,
      size: 20,
      by: factors(1, 1, 0.1),
      change: 2,
    },
    { title: 'less than its fraction', gap: 15 / NODE_GIB, size: 21, by: factors(1, 1, 0.1), change: 0 },
    { title: 'a shrink that is less than its fraction', gap: -1, size: 20, by: factors(1, 1, 0.1), change: 0 },
    { title: 'down factor 0', gap: -9, size: 20, by: factors(1, 0), change: 0 },
    { title: 'a product that floats a little too high', gap: 140, size: 1, by: factors(0.05, 1), change: 7 },
    { title: 'no gap', gap: 0, size: 20, by: factors(1, 1), change: 0 },
  ];
  for (const { title, gap, size, by, change } of cases) {
    it(`${title}: ${change}`, () => {
      expect(changeFor(gap, size, by)).to.equal(change);
    });
  }
});

describe('lab: Dataproc over time', () => {
  it('looks for its cooldown, and then goes all of the way', () => {
    expect(play(dataproc(DATAPROC_DEFAULTS), ROOM, 2, 500, () => demand(10)).writes).to.deep.equal([
      { atSeconds: 120, workers: 10 },
    ]);
  });
  it('with factor 0.05 it comes a worker at a time', () => {
    const { writes } = play(dataproc(DATAPROC_SAMPLE_DEFAULTS), ROOM, 2, 800, () => demand(10));
    // The cooldown begins when the resize before is seen to be done, a look later.
    expect(writes).to.deep.equal([
      { atSeconds: 240, workers: 3 },
      { atSeconds: 490, workers: 4 },
      { atSeconds: 740, workers: 5 },
    ]);
  });
  it('acts on the average of what it saw', () => {
    const { writes } = play(dataproc(DATAPROC_DEFAULTS), ROOM, 4, 130, (seconds) => demand(seconds < 60 ? 4 : 8));
    expect(writes[0]?.workers).to.equal(7);
  });
  it('stays while nothing can be measured', () => {
    expect(play(dataproc(DATAPROC_DEFAULTS), ROOM, 4, 900, () => ({ sourceFailed: true })).writes).to.deep.equal([]);
  });
  it('waits for its resize, and goes on where the write was lost', () => {
    const policy = dataproc(DATAPROC_DEFAULTS);
    const state = { bounds: ROOM, samples: [9], cooldownEndsMs: 0, resizingTo: 9 };
    const waiting = policy.decide(state, observation({ ...demand(9), plannedWorkers: 9, readyWorkers: 4 }));
    expect(waiting.state.resizingTo).to.equal(9);
    const lost = policy.decide(state, observation({ ...demand(9), plannedWorkers: 4, readyWorkers: 3 }));
    expect(lost.state).to.include({ resizingTo: undefined, cooldownEndsMs: 120_000 });
  });

  describe('removes', () => {
    const there = [
      worker('busy', { executors: 1, busySlots: 4 }),
      worker('kept', { executors: 1, storedMiB: 9 }),
      worker('idle'),
    ];
    const state = { bounds: ROOM, samples: [], cooldownEndsMs: 0, resizingTo: undefined };
    const view = observation({ workers: there, podNames: ['busy', 'kept', 'idle', 'coming'], plannedWorkers: 4 });

    it('what has not come, then idle workers, then those with the least, and drains them', () => {
      const decision = dataproc(DATAPROC_DEFAULTS).decide(state, { ...view, ...demand(1) });
      expect(decision).to.deep.include({ desiredWorkers: 1, victims: ['coming', 'idle', 'kept'], drains: true });
    });
    it('idle workers only, if told so', () => {
      const decision = dataproc({ ...DATAPROC_DEFAULTS, removeOnlyIdleWorkers: true }).decide(state, {
        ...view,
        ...demand(1),
      });
      expect(decision).to.deep.include({ desiredWorkers: 2, victims: ['coming', 'idle'] });
    });
  });
});
