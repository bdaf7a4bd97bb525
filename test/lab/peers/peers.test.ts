/** What holds for every peer, with its defaults and with every tuning. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { PeerObservation, PeerPolicy } from '../../../src/lab/peer.ts';
import { peerNamed, PEERS, staticMeanPeer } from '../../../src/lab/peers/index.ts';
import { combinations, peerOf } from '../../../src/lab/peers/variant.ts';
import { staticMax } from '../../../src/lab/peers/fixed.ts';
import { application, observation, play, worker } from '../support/peers.ts';

const ALL = [...PEERS, staticMeanPeer(3)];
const policies: readonly (readonly [string, PeerPolicy])[] = ALL.flatMap(({ name, tunings }) =>
  tunings.map(({ label, policy }) => [`${name}, ${label}`, policy] as const),
);

const anyWorker = fc.record({
  executors: fc.nat(4),
  busySlots: fc.nat(4),
  idleMs: fc.nat(120_000),
  storedMiB: fc.nat(8000),
});
const anyApplication = fc.record({
  targetExecutors: fc.nat(200),
  maxNeededExecutors: fc.nat(400),
  executors: fc.nat(50),
  executorCores: fc.integer({ min: 1, max: 6 }),
  executorMemoryMiB: fc.integer({ min: 512, max: 10_000 }),
  runningTasks: fc.nat(100),
  pendingTasks: fc.nat(1000),
  taskSecondsLeft: fc.nat(10_000),
});
const anyLook = fc.record({
  workers: fc.array(anyWorker, { maxLength: 12 }),
  coming: fc.nat(3),
  applications: fc.array(anyApplication, { maxLength: 3 }),
  sourceFailed: fc.boolean(),
});

function observed(
  nowMs: number,
  planned: number,
  look: typeof anyLook extends fc.Arbitrary<infer Look> ? Look : never,
): PeerObservation {
  const workers = look.workers.map((one, index) =>
    worker(`w-${index}`, { ...one, idleMs: one.executors > 0 ? 0 : one.idleMs }),
  );
  const coming = Array.from({ length: look.coming }, (_, index) => `new-${index}`);
  return observation({
    nowMs,
    plannedWorkers: planned,
    readyWorkers: workers.length,
    workers,
    podNames: [...workers.map(({ pod }) => pod), ...coming],
    applications: look.sourceFailed
      ? []
      : look.applications.map((one, index) => application({ ...one, id: `app-${index}` })),
    sourceFailed: look.sourceFailed,
  });
}

describe('lab: the peers', () => {
  it('are those of the plan, each with what it models and names of its own', () => {
    expect(ALL.map(({ name }) => name)).to.have.members([
      ...['static-max', 'static-mean', 'original-g1', 'original-g2', 'original-g3', 'hpa', 'hpa-cpu', 'keda'],
      ...['dask-operator', 'dask-adaptive', 'kuberay', 'dataproc-1.0', 'dataproc-0.05', 'spark-operator'],
    ]);
    for (const { models } of ALL) expect(models).to.have.length.above(10);
    expect(new Set(policies.map(([title]) => title)).size).to.equal(policies.length);
    expect(peerNamed('keda')?.name).to.equal('keda');
    expect(peerNamed('none')).to.equal(undefined);
  });

  it('are tried with few tunings, the defaults among them', () => {
    for (const peer of PEERS) {
      expect(peer.tunings[0]).to.equal(peer.default);
      expect(peer.tunings.length).to.be.lessThan(20);
    }
  });

  for (const { name, tunings } of ALL) {
    it(`${name}: within its bounds, with victims that are there, the same for the same`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...tunings),
          fc.nat(4),
          fc.nat(8),
          fc.array(anyLook, { minLength: 1, maxLength: 12 }),
          ({ policy }, min, room, looks) => {
            const bounds = { minWorkers: min, maxWorkers: Math.max(1, min + room) };
            let state = policy.start(bounds, min);
            let planned = Math.max(1, min);
            looks.forEach((look, index) => {
              const view = observed(index * policy.periodMs, planned, look);
              const decision = policy.decide(state, view);
              expect(policy.decide(state, view)).to.deep.equal(decision);
              expect(decision.desiredWorkers).to.satisfy(Number.isInteger);
              if (decision.desiredWorkers !== planned) {
                expect(decision.desiredWorkers).to.be.within(bounds.minWorkers, bounds.maxWorkers);
              }
              const victims = decision.victims ?? [];
              expect(view.podNames).to.include.members([...victims]);
              expect(new Set(victims).size).to.equal(victims.length);
              ({ state } = decision);
              planned = decision.desiredWorkers;
            });
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  const atWork = application({
    targetExecutors: 10,
    maxNeededExecutors: 10,
    executors: 10,
    runningTasks: 40,
    taskSecondsLeft: 400,
  });

  describe('without their source while applications run', () => {
    const rows: readonly (readonly [string, 'holds' | 'shrinks'])[] = [
      ['original-g1', 'shrinks'],
      ['original-g2', 'shrinks'],
      ['original-g3', 'shrinks'],
      ['hpa', 'holds'],
      ['keda', 'shrinks'],
      ['dask-operator', 'holds'],
      ['dask-adaptive', 'holds'],
      ['dataproc-1.0', 'holds'],
      ['dataproc-0.05', 'holds'],
    ];
    for (const [name, expected] of rows) {
      it(`${name} ${expected}`, () => {
        const policy = peerNamed(name)?.default.policy;
        if (policy === undefined) throw new Error(`no peer ${name}`);
        // Ten workers at work all the while; after a minute nothing of it is seen.
        const { writes } = play(policy, { minWorkers: 1, maxWorkers: 20 }, 10, 1800, (seconds, planned) => ({
          ...(seconds < 60 ? { applications: [atWork] } : { sourceFailed: true }),
          workers: Array.from({ length: planned }, (_, index) => worker(`w-${index}`, { executors: 1, busySlots: 4 })),
        }));
        if (expected === 'holds') expect(writes).to.deep.equal([]);
        else expect(writes.at(-1)?.workers).to.equal(1);
      });
    }
  });

  it('have every combination of a grid, each with its own label', () => {
    const grid = combinations<{ a: number; b: string }>({ a: [1, 2], b: ['x', 'y'] });
    expect(grid).to.have.length(4);
    const made = peerOf(() => staticMax(), { a: 1, b: 'x' }, grid);
    expect(made.tunings.map(({ label }) => label)).to.deep.equal(['default', 'a=1 b=y', 'a=2 b=x', 'a=2 b=y']);
  });
});
