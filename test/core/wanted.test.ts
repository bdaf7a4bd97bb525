/** From executors wanted to workers wanted: room first, then how few would do. */
import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import {
  busyWorker,
  demand,
  numbers,
  pendingPod,
  pod,
  pods,
  worker,
  workers,
  WORKER_SHAPE,
} from './support/builders.ts';
import { markedPod } from './support/removal-scenes.ts';
import { wantedFor, type WantedParts } from './support/wanted-for.ts';

/** Half a worker, and a whole one; a plain `demand` is of executors of which four fill a worker. */
const HALF = resources(2, 4096);
const WHOLE = WORKER_SHAPE;

describe('Workers wanted', () => {
  const cases: { title: string; parts: WantedParts; wanted: number; newWorkers: number }[] = [
    { title: 'are none without demand, whatever serves', parts: { workers: workers(1, 3) }, wanted: 0, newWorkers: 0 },
    {
      title: 'are as many as the executors fill, from nothing',
      parts: { demands: [demand(9)] },
      wanted: 3,
      newWorkers: 3,
    },
    {
      title: 'are as many as a large demand fills, in one go',
      parts: { demands: [demand(4_000)], workers: workers(1, 1) },
      wanted: 1_000,
      newWorkers: 999,
    },
    {
      title: 'are fewer than serve where the executors fill fewer',
      parts: { demands: [demand(5)], workers: workers(1, 4) },
      wanted: 2,
      newWorkers: 0,
    },
    {
      title: 'are those that serve and more, where the missing executors find no room',
      parts: { demands: [demand(13, { held: 8 })], workers: [busyWorker(1), busyWorker(2)] },
      wanted: 4,
      newWorkers: 2,
    },
    {
      title: 'are not more where free room is left on workers in use',
      parts: { demands: [demand(6, { held: 4 })], workers: workers(1, 2, { used: HALF }) },
      wanted: 2,
      newWorkers: 0,
    },
    {
      title: 'count what is held as much as what is missing when they are packed afresh',
      parts: { demands: [demand(8, { held: 8 })], workers: workers(1, 4, { used: HALF }) },
      wanted: 2,
      newWorkers: 0,
    },
    {
      title: 'are not fewer for an application that holds more than it wants',
      parts: { demands: [demand(1, { held: 4 })], workers: [busyWorker(1)] },
      wanted: 1,
      newWorkers: 0,
    },
    {
      title: 'are one for each executor of a whole worker',
      parts: { demands: [demand(3, { shape: WHOLE })] },
      wanted: 3,
      newWorkers: 3,
    },
    {
      title: 'are counted over all applications',
      parts: {
        demands: [demand(1, { shape: WHOLE }), demand(2, { id: 'app-2', shape: HALF }), demand(2, { id: 'app-3' })],
      },
      wanted: 3,
      newWorkers: 3,
    },
    {
      title: 'are added for placed executors that cannot be moved, though packing afresh would need no more (R10)',
      parts: {
        demands: [demand(2, { held: 2 }), demand(1, { id: 'app-2', shape: WHOLE })],
        workers: workers(1, 2, { used: resources(1, 1024) }),
      },
      wanted: 3,
      newWorkers: 1,
    },
  ];
  for (const { title, parts, wanted, newWorkers } of cases) {
    it(title, () => {
      expect(wantedFor(parts)).to.deep.include({ wanted, newWorkers, infeasible: [], starved: [] });
    });
  }

  it('tell how many executors found no room before any worker was added', () => {
    const one = wantedFor({ demands: [demand(9)], workers: [worker(1)] });
    expect(one).to.deep.include({ newWorkers: 2, unplacedExecutors: 5 });
    expect(wantedFor({ demands: [demand(4)], workers: [worker(1)] }).unplacedExecutors).to.equal(0);
  });
});

describe('Workers on their way', () => {
  it('are room already: nothing is asked for twice', () => {
    const waiting = {
      demands: [demand(12)],
      workers: [worker(1)],
      pods: [...pods(1, 1), pendingPod(2), pendingPod(3)],
    };
    expect(wantedFor(waiting)).to.deep.include({ wanted: 3, newWorkers: 0 });
    expect(wantedFor({ ...waiting, demands: [demand(13)] })).to.deep.include({ wanted: 4, newWorkers: 1 });
  });

  it('are room as soon as they are planned, before their pods exist', () => {
    expect(wantedFor({ demands: [demand(12)], servingWorkers: 3 })).to.deep.include({ wanted: 3, newWorkers: 0 });
  });

  it('are counted by pod: two entries of one pod are not two workers that came', () => {
    const twice = [worker(1, { id: 'earlier', used: WHOLE }), busyWorker(1)];
    const one = wantedFor({ demands: [demand(4, { held: 0 })], workers: twice, pods: [...pods(1, 1), pendingPod(2)] });
    expect(one.newWorkers).to.equal(0);
  });

  it('are none where more workers are there than planned', () => {
    const one = wantedFor({ demands: [demand(12)], workers: workers(1, 2), servingWorkers: 1 });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 1 });
  });

  it('take nothing from a worker that is UNKNOWN or DEAD: there is no room there', () => {
    for (const state of ['UNKNOWN', 'DEAD'] as const) {
      const one = wantedFor({ demands: [demand(4)], workers: [worker(1, { state })] });
      expect(one, `${state}: it may come back`).to.deep.include({ newWorkers: 0 });
      expect(wantedFor({ demands: [demand(5)], workers: [worker(1, { state })] }).newWorkers).to.equal(1);
    }
  });

  it('out offer no room: a pod that was marked, its worker ALIVE still or not', () => {
    for (const state of ['ALIVE', 'DECOMMISSIONED'] as const) {
      const one = wantedFor({
        demands: [demand(4)],
        workers: [worker(1, { state }), busyWorker(2)],
        pods: [markedPod(1), pod(2)],
        servingWorkers: 1,
      });
      expect(one, state).to.deep.include({ wanted: 2, newWorkers: 1, spareIdleWorkers: 0 });
    }
  });

  it('out offer no room: a pod that has been asked to end', () => {
    const ending = [...pods(1, 1, { terminating: true }), ...pods(2, 2)];
    const one = wantedFor({
      demands: [demand(4)],
      workers: [worker(1), busyWorker(2)],
      pods: ending,
      servingWorkers: 1,
    });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 1, spareIdleWorkers: 0 });
  });
});

describe('While the pods cannot be listed', () => {
  const blind = { podsKnown: false, pods: [] };

  it('every ALIVE worker is taken for one of ours: those that are planned have come', () => {
    const one = wantedFor({
      ...blind,
      demands: [demand(13, { held: 8 })],
      workers: [busyWorker(1), busyWorker(2)],
      servingWorkers: 2,
    });
    expect(one).to.deep.include({ wanted: 4, newWorkers: 2 });
  });

  it('what they hold is still wanted of ours', () => {
    const one = wantedFor({
      ...blind,
      demands: [demand(8, { held: 8 })],
      workers: [busyWorker(1), busyWorker(2)],
      servingWorkers: 2,
    });
    expect(one).to.deep.include({ wanted: 2, newWorkers: 0 });
  });

  it('those that have not come are still on their way', () => {
    const one = wantedFor({ ...blind, demands: [demand(8)], workers: [busyWorker(1)], servingWorkers: 3 });
    expect(one.newWorkers).to.equal(0);
  });
});

describe('Idle workers that can be spared', () => {
  const cases: { title: string; parts: WantedParts; spare: number }[] = [
    { title: 'are all that are idle where nothing is missing', parts: { workers: workers(1, 3) }, spare: 3 },
    { title: 'are none where none is idle', parts: { workers: workers(1, 3, { used: HALF }) }, spare: 0 },
    {
      title: 'are those that the missing executors do not need',
      parts: { demands: [demand(5)], workers: workers(1, 3) },
      spare: 1,
    },
    {
      title: 'are all, where the missing executors find room on workers in use',
      parts: { demands: [demand(4, { held: 2 })], workers: [worker(1, { used: HALF }), worker(2), worker(3)] },
      spare: 2,
    },
    {
      title: 'are all, where the missing executors find room on workers of others',
      parts: { demands: [demand(4)], workers: [worker(1), worker(9)], pods: pods(1, 1) },
      spare: 1,
    },
    {
      title: 'are none where more is missing than they hold',
      parts: { demands: [demand(40)], workers: workers(1, 3) },
      spare: 0,
    },
    {
      title: 'are all where what is missing fits none of them',
      parts: { demands: [demand(2, { shape: resources(99, 1) })], workers: workers(1, 3) },
      spare: 3,
    },
    {
      title: 'are all beside an application that takes whatever there is, since nobody grows for it',
      parts: { demands: [demand(0, { takesAll: true })], workers: workers(1, 3) },
      spare: 3,
    },
    {
      title: 'are no more than there are workers of ours in the list of the master',
      parts: { workers: [worker(1), worker(2, { state: 'UNKNOWN' })] },
      spare: 1,
    },
  ];
  for (const { title, parts, spare } of cases) {
    it(title, () => {
      expect(wantedFor(parts).spareIdleWorkers).to.equal(spare);
    });
  }

  it('are measured by their own size, not by that of new workers', () => {
    const small = workers(1, 3, { total: resources(2, 2048) });
    expect(wantedFor({ demands: [demand(4)], workers: small }).spareIdleWorkers).to.equal(1);
  });
});

describe('The order of the master', () => {
  it('lets small executors of an earlier application spread over new workers: large ones get their own beside', () => {
    const small = demand(2);
    const large = demand(2, { id: 'app-2', shape: WHOLE });
    expect(wantedFor({ demands: [small, large] })).to.deep.include({ wanted: 4, newWorkers: 4 });
    expect(wantedFor({ demands: [large, small] })).to.deep.include({ wanted: 3, newWorkers: 3 });
    expect(wantedFor({ demands: [small, large], placement: 'packed' })).to.deep.include({ wanted: 3, newWorkers: 3 });
  });

  it('lets small executors leave the room they had for a new worker, the emptiest: that is foreseen', () => {
    const half = numbers(1, 3).map((n) => worker(n, { used: HALF }));
    const demands = [demand(3), demand(1, { id: 'app-2', shape: WHOLE })];
    const one = wantedFor({ demands, workers: half });
    expect(one.newWorkers).to.equal(4);
    expect(wantedFor({ demands, workers: half, placement: 'packed' }).newWorkers).to.equal(1);
  });
});
