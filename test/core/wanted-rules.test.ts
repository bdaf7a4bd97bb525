/** Workers wanted where a rule says so: worker sizes, drivers, pools, executors that fit nowhere or take everything. */
import { expect } from 'chai';
import { resources, type Resources } from '../../src/core/resources.ts';
import type { WorkersWanted } from '../../src/core/wanted.ts';
import {
  busyWorker,
  demand,
  pods,
  runningDriver,
  waitingDriver,
  worker,
  workers,
  WORKER_SHAPE,
} from './support/builders.ts';
import { wantedFor, type WantedParts } from './support/wanted-for.ts';

const WHOLE = WORKER_SHAPE;

describe('R14: workers that are not pods of our target', () => {
  const ours = pods(1, 2);

  it('R14: are room for what is missing', () => {
    const list = [busyWorker(1), busyWorker(2), worker(8), worker(9)];
    expect(wantedFor({ demands: [demand(16, { held: 8 })], workers: list, pods: ours })).to.deep.include({
      newWorkers: 0,
      spareIdleWorkers: 0,
    });
  });

  it('R14: are room of their own size, larger or smaller than ours', () => {
    const list = [worker(9, { total: resources(16, 65_536) })];
    expect(wantedFor({ demands: [demand(17)], workers: list, pods: [] })).to.deep.include({ wanted: 1, newWorkers: 1 });
  });

  it('R14: hold as much of the demand as they can before ours are counted', () => {
    const list = [busyWorker(1), busyWorker(2), busyWorker(8)];
    expect(wantedFor({ demands: [demand(12, { held: 12 })], workers: list, pods: ours }).wanted).to.equal(2);
    expect(wantedFor({ demands: [demand(8, { held: 12 })], workers: list, pods: ours }).wanted).to.equal(1);
    expect(wantedFor({ demands: [demand(4, { held: 12 })], workers: list, pods: ours }).wanted).to.equal(0);
  });

  it('R14: are never among the idle ones that we could spare, and not counted as ours that came', () => {
    const list = [worker(8), worker(9)];
    expect(wantedFor({ workers: list, pods: ours }).spareIdleWorkers).to.equal(0);
    const one = wantedFor({ demands: [demand(20)], workers: list, pods: ours });
    expect(one, 'two of ours still arrive').to.deep.include({ wanted: 3, newWorkers: 1 });
  });

  describe('that have registered since the pods were listed', () => {
    const came = [busyWorker(8), busyWorker(9)];
    const parts = {
      demands: [demand(16, { held: 16 })],
      pods: ours,
      workers: [busyWorker(1), busyWorker(2), ...came],
      newcomers: came,
    };

    it('R14: are ours, as many as of ours are on their way', () => {
      expect(wantedFor({ ...parts, servingWorkers: 4 }).wanted, 'both on their way').to.equal(4);
      expect(wantedFor({ ...parts, servingWorkers: 3 }).wanted, 'one of them').to.equal(3);
      expect(wantedFor({ ...parts, servingWorkers: 2 }).wanted, 'none').to.equal(2);
    });

    it('R14: are on their way no more: their room counts once', () => {
      const more = { ...parts, demands: [demand(20, { held: 16 })] };
      expect(wantedFor({ ...more, servingWorkers: 4 })).to.deep.include({ wanted: 5, newWorkers: 1 });
      expect(wantedFor({ ...more, servingWorkers: 5 }), 'one more is').to.deep.include({ wanted: 5, newWorkers: 0 });
      expect(wantedFor({ ...more, servingWorkers: 4, newcomers: [] }), 'others').to.deep.include({ newWorkers: 0 });
    });

    it('R14: leave as few to be cancelled as there are on their way', () => {
      expect(wantedFor({ ...parts, servingWorkers: 5 }).spareArrivingWorkers).to.equal(1);
      expect(wantedFor({ ...parts, servingWorkers: 4 }).spareArrivingWorkers).to.equal(0);
      expect(wantedFor({ ...parts, servingWorkers: 2 }).spareArrivingWorkers, 'nobody is').to.equal(0);
    });

    it('R14: are somebody else’s where they are not of our size, or nobody knows it', () => {
      const larger = worker(8, { total: resources(8, 16_384), used: WHOLE });
      const workers = [busyWorker(1), busyWorker(2), larger];
      expect(wantedFor({ ...parts, workers, newcomers: [larger], servingWorkers: 4 }).wanted).to.equal(2);
      const unseen = wantedFor({ ...parts, demands: [], workerShape: undefined, servingWorkers: 4 });
      expect(unseen.spareArrivingWorkers).to.equal(2);
    });

    it('count only while the pods are known: else every worker is ours', () => {
      const blind = { ...parts, podsKnown: false, pods: [], servingWorkers: 6 };
      expect(wantedFor(blind)).to.deep.equal(wantedFor({ ...blind, newcomers: [] }));
    });
  });

  it('R14: offer no room unless they are ALIVE', () => {
    const list = [worker(9, { state: 'DECOMMISSIONED' })];
    expect(wantedFor({ demands: [demand(4)], workers: list, pods: [] })).to.deep.include({ wanted: 1, newWorkers: 1 });
  });
});

describe('R6: the size of a worker', () => {
  it('R6: is all that is needed to count workers from zero', () => {
    const shape = resources(2, 2048);
    expect(wantedFor({ demands: [demand(9)], workerShape: shape })).to.deep.include({ wanted: 5, newWorkers: 5 });
  });

  const unseen: { title: string; parts: WantedParts; expected: Partial<WorkersWanted> }[] = [
    {
      title: 'unknown, demand grows the count by one, to look',
      parts: { demands: [demand(9)] },
      expected: { wanted: 1, newWorkers: 1, unplacedExecutors: 9 },
    },
    {
      title: 'unknown, a waiting driver grows the count by one, to look',
      parts: { drivers: [waitingDriver()] },
      expected: { wanted: 1, newWorkers: 1 },
    },
    {
      title: 'unknown, nothing more is asked for while one is on its way',
      parts: { demands: [demand(9)], servingWorkers: 1 },
      expected: { wanted: 1, newWorkers: 0 },
    },
    {
      title: 'unknown, one is asked for though more workers are there than planned',
      parts: { demands: [demand(5, { held: 4 })], workers: [busyWorker(1)], servingWorkers: 0 },
      expected: { wanted: 1, newWorkers: 1 },
    },
    {
      title: 'unknown, the room of others still counts',
      parts: { demands: [demand(4)], workers: [worker(9)], pods: [] },
      expected: { wanted: 0, newWorkers: 0, unplacedExecutors: 0 },
    },
    {
      title: 'unknown, without demand nothing is wanted, and the idle are spare',
      parts: { workers: workers(1, 2) },
      expected: { wanted: 0, newWorkers: 0, spareIdleWorkers: 2 },
    },
    {
      title: 'unknown, those that serve stay wanted while anything is',
      parts: { demands: [demand(1, { held: 1 })], workers: workers(1, 2) },
      expected: { wanted: 2, newWorkers: 0, spareIdleWorkers: 2 },
    },
    {
      title: 'unknown, those that serve stay wanted while a driver runs',
      parts: { drivers: [runningDriver('worker-1')], workers: workers(1, 2) },
      expected: { wanted: 2 },
    },
    {
      title: 'unknown, nobody is spare while something is missing',
      parts: { demands: [demand(1)], workers: workers(1, 2) },
      expected: { wanted: 2, newWorkers: 0, spareIdleWorkers: 0 },
    },
  ];
  for (const { title, parts, expected } of unseen) {
    it(`R6: ${title}`, () => {
      expect(wantedFor({ ...parts, workerShape: undefined })).to.deep.include({
        ...expected,
        infeasible: [],
        starved: [],
      });
    });
  }
});

describe('Workers on their way', () => {
  const cases: readonly { title: string; parts: WantedParts; spare: number }[] = [
    { title: 'nothing is missing', parts: { demands: [demand(4, { held: 4 })], workers: [busyWorker(1)] }, spare: 5 },
    { title: 'all are waited for', parts: { demands: [demand(20)] }, spare: 0 },
    { title: 'some are', parts: { demands: [demand(8)] }, spare: 3 },
    { title: 'more is missing than they hold', parts: { demands: [demand(40)] }, spare: 0 },
    { title: 'what is there has room', parts: { demands: [demand(8)], workers: workers(1, 2) }, spare: 5 },
    {
      title: 'what others have there is room too',
      parts: { demands: [demand(4)], workers: [worker(9)], pods: [] },
      spare: 5,
    },
    {
      title: 'full ones hold nothing more',
      parts: { demands: [demand(12, { held: 4 })], workers: [busyWorker(1)] },
      spare: 3,
    },
    {
      title: 'small ones are spread over those that a large one would fill',
      parts: { demands: [demand(2), demand(1, { id: 'app-2', shape: WHOLE })] },
      spare: 2,
    },
    { title: 'a driver waits', parts: { drivers: [waitingDriver()] }, spare: 4 },
    { title: 'what is missing fits none', parts: { demands: [demand(2, { shape: resources(64, 1024) })] }, spare: 5 },
    { title: 'what takes all there is', parts: { demands: [demand(0, { takesAll: true })] }, spare: 5 },
    {
      title: 'of unknown size, something is missing',
      parts: { demands: [demand(1)], workerShape: undefined },
      spare: 0,
    },
    { title: 'of unknown size, nothing is', parts: { workerShape: undefined }, spare: 5 },
  ];
  for (const { title, parts, spare } of cases) {
    it(`R14: ${title}: ${spare} of five are spare`, () => {
      const { workers: there = [], pods: list = pods(1, there.length) } = parts;
      const one = wantedFor({ ...parts, pods: list, servingWorkers: list.length + 5 });
      expect(one.spareArrivingWorkers).to.equal(spare);
    });
  }
});

describe('Cluster-mode drivers', () => {
  it('that wait want a worker, also where there is none at all', () => {
    expect(wantedFor({ drivers: [waitingDriver()] })).to.deep.include({ wanted: 1, newWorkers: 1 });
  });

  it('that wait take free room first', () => {
    expect(wantedFor({ drivers: [waitingDriver()], workers: [worker(1)] })).to.deep.include({
      wanted: 1,
      newWorkers: 0,
    });
    expect(wantedFor({ drivers: [waitingDriver()], workers: [busyWorker(1)] })).to.deep.include({
      wanted: 2,
      newWorkers: 1,
    });
  });

  it('are placed before executors, which then find no room', () => {
    const one = wantedFor({ drivers: [waitingDriver()], demands: [demand(4)], workers: [worker(1)] });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 1 });
  });

  it('that run are part of what is packed, and want no second place', () => {
    const list = [worker(1, { used: resources(1, 1024) }), worker(2)];
    expect(wantedFor({ drivers: [runningDriver('worker-1')], workers: list })).to.deep.include({
      wanted: 1,
      newWorkers: 0,
      spareIdleWorkers: 1,
    });
  });

  it('that run on a full worker do not wait for another', () => {
    const one = wantedFor({ drivers: [runningDriver('worker-1')], workers: [busyWorker(1)] });
    expect(one).to.deep.include({ wanted: 1, newWorkers: 0, unplacedExecutors: 0 });
  });

  it('that wait come before an application that takes all there is', () => {
    const taker = demand(0, { id: 'taker', takesAll: true });
    const one = wantedFor({ drivers: [waitingDriver()], demands: [taker] });
    expect(one).to.deep.include({ wanted: 1, newWorkers: 1, starved: [] });
  });

  it('that fit no worker are reported, and want none', () => {
    const one = wantedFor({ drivers: [waitingDriver('driver-7', { needs: resources(5, 1024) })] });
    expect(one).to.deep.include({ wanted: 0, newWorkers: 0 });
    expect(one.infeasible.map(({ owner, executors }) => [owner, executors])).to.deep.equal([['driver-7', 1]]);
  });
});

describe('I9: executors that fit no worker', () => {
  const huge = demand(7, { id: 'huge', shape: resources(5, 1024, { gpu: 1 }) });

  it('I9: never raise the count, and are reported with the mend', () => {
    const one = wantedFor({ demands: [huge], workers: [worker(1)] });
    expect(one).to.deep.include({ wanted: 0, newWorkers: 0, starved: [], unplacedExecutors: 7 });
    expect(one.infeasible).to.deep.equal([
      {
        owner: 'huge',
        executors: 7,
        mend:
          'needs 5 cores, 1024 MiB, 1 gpu, a worker has 4 cores, 8192 MiB: ' +
          'make the workers larger or the executors smaller',
      },
    ]);
  });

  it('I9: do not keep others from being counted', () => {
    const one = wantedFor({ demands: [huge, demand(5)] });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 2 });
    expect(one.infeasible.map(({ owner }) => owner)).to.deep.equal(['huge']);
  });

  it('I9: that fit a larger worker of somebody else are placed there, and not reported', () => {
    const larger = worker(9, { total: resources(12, 8192, { gpu: 2 }) });
    const one = wantedFor({ demands: [huge], workers: [larger], pods: [] });
    expect(one.infeasible.map(({ executors }) => executors)).to.deep.equal([5]);
    expect(one.wanted).to.equal(0);
  });
});

describe('R9: an application that takes all there is', () => {
  const taker = (shape: Resources, held = 0): ReturnType<typeof demand> =>
    demand(held, { id: 'taker', held, shape, takesAll: true });

  it('R9: is never grown for, nor reported', () => {
    const one = wantedFor({ demands: [taker(WHOLE)] });
    expect(one).to.deep.include({ wanted: 0, newWorkers: 0, infeasible: [], starved: [], unplacedExecutors: 0 });
  });

  it('R9: keeps what it holds', () => {
    const one = wantedFor({ demands: [taker(WHOLE, 2)], workers: [busyWorker(1), busyWorker(2)] });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 0 });
  });

  it('R9: is foreseen where it comes first: others get nothing of any worker, so none is added', () => {
    const one = wantedFor({ demands: [taker(resources(1, 1024)), demand(8)], workers: [busyWorker(1)] });
    expect(one).to.deep.include({ newWorkers: 0, starved: ['app-1'], unplacedExecutors: 8 });
  });

  it('R9: is foreseen where it leaves a corner of every worker: one worker for each of the others', () => {
    const one = wantedFor({ demands: [taker(resources(3, 1024)), demand(5)] });
    expect(one).to.deep.include({ wanted: 5, newWorkers: 5, starved: [] });
  });

  it('R9: takes nothing from those before it', () => {
    const one = wantedFor({ demands: [demand(8), taker(resources(1, 1024))] });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 2, starved: [] });
  });

  it('R9: too large for any worker takes nothing', () => {
    const one = wantedFor({ demands: [taker(resources(9, 1024)), demand(8)] });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 2, infeasible: [] });
  });

  it('R9: names only those that are left out, not those that fit no worker', () => {
    const huge = demand(1, { id: 'huge', shape: resources(9, 1) });
    const one = wantedFor({ demands: [taker(resources(1, 1024)), demand(8), huge] });
    expect(one.starved).to.deep.equal(['app-1']);
    expect(one.infeasible.map(({ owner }) => owner)).to.deep.equal(['huge']);
  });
});

describe('executors of very different sizes, spread', () => {
  const slim = demand(12, { id: 'slim', shape: resources(1, 1024) });
  const fat = demand(1, { id: 'fat', shape: resources(4, 1024) });

  it('get no more workers than it takes for each to find room', () => {
    expect(wantedFor({ demands: [slim, fat] }).wanted).to.equal(13);
  });

  it('I9: executors that fit no worker add none beside those that do', () => {
    const misfit = demand(1, { id: 'misfit', shape: resources(5, 1024) });
    expect(wantedFor({ demands: [slim, fat, misfit] }).wanted).to.equal(13);
  });
});
