/** KubeRay's packing, idle timeout and cuts against the policies' facts. */
import { expect } from 'chai';
import { pack, scoreOf, type RayNode } from '../../../src/lab/peers/ray-packing.ts';
import { idleNodes, ray, RAY_DEFAULTS } from '../../../src/lab/peers/ray.ts';
import { application, observation, worker, workers } from '../support/peers.ts';

const EMPTY = { cores: 4, memoryMiB: 8192 };
const node = (name: string, cores: number, memoryMiB = 8192): RayNode => ({
  name,
  total: EMPTY,
  free: { cores, memoryMiB },
});
const requests = (count: number, cores = 1, memoryMiB = 1024) => ({ count, cores, memoryMiB });

describe("lab: Ray's packing", () => {
  const cases = [
    {
      title: 'uses what is there before anything new',
      asked: [requests(4)],
      nodes: [node('a', 4)],
      headroom: 9,
      used: ['a'],
      launches: 0,
      infeasible: 0,
    },
    {
      title: 'prefers the node that it fills',
      asked: [requests(1)],
      nodes: [node('a', 4), node('b', 1, 2048)],
      headroom: 9,
      used: ['b'],
      launches: 0,
      infeasible: 0,
    },
    {
      title: 'launches for the rest',
      asked: [requests(9)],
      nodes: [node('a', 1)],
      headroom: 9,
      used: ['a'],
      launches: 2,
      infeasible: 0,
    },
    {
      title: 'stops at the maximum, and tells what is left',
      asked: [requests(100)],
      nodes: [],
      headroom: 3,
      used: [],
      launches: 3,
      infeasible: 88,
    },
    {
      title: 'launches nothing for what fits no node',
      asked: [requests(2, 8)],
      nodes: [],
      headroom: 9,
      used: [],
      launches: 0,
      infeasible: 2,
    },
    {
      title: 'places large before small',
      asked: [requests(4, 1, 100), requests(1, 3, 6000)],
      nodes: [node('a', 4)],
      headroom: 9,
      used: ['a'],
      launches: 1,
      infeasible: 0,
    },
    {
      title: 'is bound by memory too',
      asked: [requests(4, 1, 4096)],
      nodes: [],
      headroom: 9,
      used: [],
      launches: 2,
      infeasible: 0,
    },
  ];
  for (const { title, asked, nodes, headroom, used, launches, infeasible } of cases) {
    it(title, () => {
      const packing = pack(asked, nodes, EMPTY, headroom);
      expect({ ...packing, used: [...packing.used] }).to.deep.equal({ used, launches, infeasible });
    });
  }

  it('scores by v × u³: the least over the kinds, then their mean', () => {
    expect(scoreOf({ cores: 4, memoryMiB: 100 }, { cores: 2, memoryMiB: 0 }, [requests(1)])).to.deep.equal([
      2, 0.5, 50.25,
    ]);
    expect(scoreOf({ cores: 0, memoryMiB: 0 }, { cores: 0, memoryMiB: 0 }, [])).to.deep.equal([0, 0, 0]);
  });
});

describe("lab: Ray's idle timeout", () => {
  const timeoutMs = 60_000;
  const cases = [
    { title: 'golden: keeps at 60.0 s', idleMs: 60_000, packed: [], aboveMin: 1, gone: [] },
    { title: 'golden: ends at 60.001 s', idleMs: 60_001, packed: [], aboveMin: 1, gone: ['w'] },
    {
      title: 'golden: keeps at 90 s what a request was packed onto',
      idleMs: 90_000,
      packed: ['w'],
      aboveMin: 1,
      gone: [],
    },
    { title: 'keeps min', idleMs: 90_000, packed: [], aboveMin: 0, gone: [] },
  ];
  for (const { title, idleMs, packed, aboveMin, gone } of cases) {
    it(title, () => {
      expect(idleNodes([worker('w', { idleMs })], new Set(packed), timeoutMs, aboveMin)).to.deep.equal(gone);
    });
  }
});

describe('lab: KubeRay', () => {
  const policy = ray(RAY_DEFAULTS);
  const bounds = { minWorkers: 0, maxWorkers: 10 };

  it('launches for executors that are needed and not there, up to max', () => {
    const need = (maxNeededExecutors: number) =>
      policy.decide(
        bounds,
        observation({
          workers: workers(2, { executors: 1 }),
          applications: [application({ maxNeededExecutors, executors: 2 })],
        }),
      );
    expect(need(2).desiredWorkers).to.equal(2);
    expect(need(6).desiredWorkers).to.equal(6);
    expect(need(99).desiredWorkers).to.equal(10);
  });

  it('counts pods on their way as room', () => {
    const view = observation({
      workers: workers(2, { executors: 1 }),
      podNames: ['w-0', 'w-1', 'new'],
      plannedWorkers: 3,
    });
    expect(
      policy.decide(bounds, { ...view, applications: [application({ maxNeededExecutors: 3, executors: 2 })] })
        .desiredWorkers,
    ).to.equal(3);
  });

  it('ends all idle ones at once, drained and by name, with gauges gone too', () => {
    const view = observation({
      workers: [worker('a', { executors: 1 }), ...workers(3, { idleMs: 61_000 })],
      sourceFailed: true,
    });
    expect(policy.decide(bounds, view)).to.deep.include({
      desiredWorkers: 1,
      victims: ['w-0', 'w-1', 'w-2'],
      drains: true,
    });
  });

  it('raises to min', () => {
    expect(policy.decide({ minWorkers: 3, maxWorkers: 9 }, observation()).desiredWorkers).to.equal(3);
  });

  it('cuts above max: never started, then longest idle, then least used', () => {
    const there = [
      worker('full', { executors: 1, busySlots: 4 }),
      worker('half', { executors: 1, busySlots: 2 }),
      worker('idle', { idleMs: 5 }),
    ];
    const cut = (maxWorkers: number) =>
      policy.decide(
        { minWorkers: 0, maxWorkers },
        observation({ workers: there, podNames: ['full', 'half', 'idle', 'new'], plannedWorkers: 4 }),
      );
    expect(cut(2)).to.deep.include({ desiredWorkers: 2, victims: ['new', 'idle'] });
    expect(cut(1).victims).to.deep.equal(['new', 'idle', 'half']);
  });

  it('conservative: no more on their way than are running, or 5', () => {
    const slow = ray({ ...RAY_DEFAULTS, upscalingSpeed: 1 });
    const view = observation({
      workers: workers(2, { executors: 1 }),
      applications: [application({ maxNeededExecutors: 10, executors: 2 })],
    });
    expect(slow.decide(bounds, view).desiredWorkers).to.equal(7);
  });
});
