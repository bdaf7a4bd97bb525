/** Dask's target, votes and operator against the policies' facts. */
import { expect } from 'chai';
import { DASK_ADAPTIVE_DEFAULTS, daskAdaptive, vote, type Votes } from '../../../src/lab/peers/dask-adaptive.ts';
import { damped, DASK_OPERATOR_DEFAULTS, daskOperator } from '../../../src/lab/peers/dask-operator.ts';
import { adaptiveTarget, workersToClose } from '../../../src/lab/peers/dask-target.ts';
import { application, observation, play, ROOM, worker, workers } from '../support/peers.ts';

const tasks = (running: number, pending: number, secondsEach: number) => [
  application({ runningTasks: running, pendingTasks: pending, taskSecondsLeft: (running + pending) * secondsEach }),
];

describe("lab: Dask's target", () => {
  const cases = [
    {
      title: 'work for the target duration',
      there: workers(2, { busySlots: 4 }),
      applications: tasks(8, 92, 1),
      expected: 5,
    },
    {
      title: 'no more threads than tasks',
      there: workers(2, { busySlots: 4 }),
      applications: tasks(8, 4, 100),
      expected: 3,
    },
    { title: '1 where work waits and nobody is there', there: [], applications: tasks(0, 100, 10), expected: 1 },
    { title: '0 where there is nothing', there: [], applications: [], expected: 0 },
    {
      title: 'all that are there while all work',
      there: workers(4, { busySlots: 1 }),
      applications: tasks(4, 0, 1),
      expected: 4,
    },
    {
      title: 'those that work, where the rest is idle',
      there: [worker('a', { busySlots: 1 }), ...workers(3)],
      applications: tasks(1, 0, 1),
      expected: 1,
    },
    { title: 'as many as their memory needs', there: workers(4, { storedMiB: 3000 }), applications: [], expected: 3 },
    {
      title: 'twice as many where over 60 % of it is used',
      there: workers(4, { storedMiB: 5000, busySlots: 1 }),
      applications: tasks(4, 0, 1),
      expected: 8,
    },
  ];
  for (const { title, there, applications, expected } of cases) {
    it(title, () => {
      expect(adaptiveTarget(observation({ workers: there, applications }), 5000)).to.equal(expected);
    });
  }

  it('closes idle before busy, and fewer stored bytes first', () => {
    const some = [
      worker('busy', { busySlots: 1 }),
      worker('full', { storedMiB: 900 }),
      worker('light', { storedMiB: 10 }),
    ];
    expect(workersToClose(some, 3, 8192).map(({ pod }) => pod)).to.deep.equal(['light', 'full', 'busy']);
    expect(workersToClose(some, undefined, 8192).map(({ pod }) => pod)).to.deep.equal(['light', 'full']);
  });
});

describe("lab: Dask's votes", () => {
  it('golden: suggested on ticks 1, 2, not 3, again on 4, 5, 6: closed at tick 6', () => {
    let votes: Votes = new Map();
    const closed = [true, true, false, true, true, true].map((suggested) => {
      const round = vote(votes, suggested ? ['w'] : [], 3);
      ({ votes } = round);
      return round.closed.length;
    });
    expect(closed).to.deep.equal([0, 0, 0, 0, 0, 1]);
    expect(votes.size).to.equal(0);
  });

  it('let pods go first that have not arrived, and grow at once', () => {
    const policy = daskAdaptive({ ...DASK_ADAPTIVE_DEFAULTS, waitCount: 1 });
    const start = policy.start(ROOM, 3);
    const view = observation({ workers: workers(2), podNames: ['w-0', 'w-1', 'w-9'], plannedWorkers: 3 });
    const busy = view.workers.map((one) => ({ ...one, busySlots: 4 }));
    const shrinks = policy.decide(start, { ...view, workers: busy, applications: tasks(8, 0, 100) });
    expect(shrinks.victims).to.deep.equal(['w-9']);
    const grows = policy.decide(start, { ...view, workers: busy, applications: tasks(8, 92, 100) });
    expect(grows).to.deep.include({ desiredWorkers: 25, victims: undefined });
  });

  it('wait while planned and existing pods differ', () => {
    const policy = daskAdaptive(DASK_ADAPTIVE_DEFAULTS);
    const view = observation({ workers: workers(2), plannedWorkers: 5, applications: tasks(8, 92, 100) });
    expect(policy.decide(policy.start(ROOM, 5), view).desiredWorkers).to.equal(5);
  });

  it('close an idle cluster after three rounds', () => {
    const { writes, decisions } = play(daskAdaptive(DASK_ADAPTIVE_DEFAULTS), ROOM, 4, 10, () => ({}));
    expect(writes).to.deep.equal([{ atSeconds: 2, workers: 0 }]);
    expect(decisions[2]?.drains).to.equal(true);
  });
});

describe("lab: Dask's operator", () => {
  const bounds = { minWorkers: 1, maxWorkers: 1000 };
  it('golden: of 3 with a target of 1 it goes to 2, and then waits 15 s', () => {
    expect(play(daskOperator(DASK_OPERATOR_DEFAULTS), bounds, 3, 20, () => ({})).writes).to.deep.equal([
      { atSeconds: 0, workers: 2 },
      { atSeconds: 15, workers: 1 },
    ]);
  });
  const descents = [
    { from: 100, sizes: [75, 57, 43, 33, 25, 19, 15, 12, 9, 7, 6, 5, 4, 3, 2, 1] },
    { from: 32, sizes: [24, 18, 14, 11, 9, 7, 6, 5, 4, 3, 2, 1] },
    { from: 10, sizes: [8, 6, 5, 4, 3, 2, 1] },
  ];
  for (const { from, sizes } of descents) {
    it(`golden: from ${from} to 1 by way of ${sizes.join(', ')}`, () => {
      const { writes } = play(daskOperator(DASK_OPERATOR_DEFAULTS), bounds, from, 600, () => ({}));
      expect(writes.map(({ workers: size }) => size)).to.deep.equal(sizes);
    });
  }
  it('damps after it has clamped: from above max it comes down in steps too', () => {
    expect(damped(20, 10, 0.25)).to.equal(15);
    expect(damped(0, 10, 0.25)).to.equal(10);
  });
  it('skips while its scheduler does not answer', () => {
    expect(
      play(daskOperator(DASK_OPERATOR_DEFAULTS), bounds, 9, 60, () => ({ sourceFailed: true })).writes,
    ).to.deep.equal([]);
  });
  it('takes the newest where its scheduler knows too few, and has all retired', () => {
    const policy = daskOperator(DASK_OPERATOR_DEFAULTS);
    const podNames = ['w-0', 'w-1', 'w-2', 'w-3', 'w-4', 'w-5', 'w-6', 'w-7'];
    const view = observation({ workers: workers(1), podNames, plannedWorkers: 8 });
    expect(policy.decide(policy.start(bounds, 8), view)).to.deep.include({ victims: ['w-0', 'w-7'], drains: true });
  });
});
