import { expect } from 'chai';
import fc from 'fast-check';
import type { PodView } from '../../src/core/cluster-view.ts';
import type { Fleet } from '../../src/core/fleet.ts';
import { unknown } from '../../src/core/reading.ts';
import { GUARDS } from '../../src/core/removal-guards.ts';
import { resources } from '../../src/core/resources.ts';
import type { WorkerSelfView, WorkerView } from '../../src/core/spark-view.ts';
import {
  byPreference,
  predictVictims,
  standingOf,
  whyNotProvenEmpty,
  workersOf,
  type VictimContext,
} from '../../src/core/victims.ts';
import {
  emptySelves,
  fleet,
  NOW_EPOCH_MS,
  NOW_MS,
  pendingPod,
  pod,
  reading,
  runningDriver,
  waitingDriver,
  worker,
  workerSelf,
} from './support/builders.ts';

const HEARTBEAT_FRESH_MS = 60_000;

function context(of: Fleet, more: Partial<VictimContext> = {}): VictimContext {
  return {
    nowMs: NOW_MS,
    nowEpochMs: NOW_EPOCH_MS,
    heartbeatFreshMs: HEARTBEAT_FRESH_MS,
    fleet: of,
    driverWorkerIds: new Set(),
    workerSelves: new Map(),
    seenReady: new Set(),
    shared: new Map(),
    guards: GUARDS,
    ...more,
  };
}

/** How the first pod stands: "idle", "never-started", or why it is kept. */
function standing(
  workerList: readonly WorkerView[],
  podList: readonly PodView[],
  more?: Partial<VictimContext>,
): string {
  const all = fleet(workerList, podList);
  const found = standingOf(all.pods[0]!, context(all, more));
  return found.kind === 'kept' ? found.why : found.kind;
}

const UNKNOWN_NOT_FREE = 'no worker of this pod is in the master’s list: unknown, not free';

describe('victims: a pod with a registered worker', () => {
  it('R3: is idle with one ALIVE worker on which nothing is booked', () => {
    const all = fleet([worker(1)], [pod(1)]);
    expect(standingOf(all.pods[0]!, context(all))).to.deep.equal({ kind: 'idle', worker: worker(1) });
  });

  const booked = [
    { name: 'one core', used: resources(1, 0) },
    { name: 'memory alone', used: resources(0, 1) },
    { name: 'a GPU alone', used: resources(0, 0, { gpu: 1 }) },
  ];
  for (const { name, used } of booked) {
    it(`R3: is not idle while ${name} is booked on it`, () => {
      expect(standing([worker(1, { used })], [pod(1)])).to.equal('busy');
    });
  }

  it('R3: is kept while a driver runs there, also one that books nothing', () => {
    const driverWorkerIds = workersOf([waitingDriver(), runningDriver('worker-1')]);
    expect(standing([worker(1)], [pod(1)], { driverWorkerIds })).to.equal('a driver runs there');
  });

  it('R3: is idle while drivers wait, or run elsewhere', () => {
    const driverWorkerIds = workersOf([waitingDriver(), runningDriver('worker-2')]);
    expect(standing([worker(1)], [pod(1)], { driverWorkerIds })).to.equal('idle');
  });

  it('is kept once its heartbeat is older than allowed', () => {
    const silent = (ms: number) => [worker(1, { lastHeartbeatAtEpochMs: NOW_EPOCH_MS - ms })];
    expect(standing(silent(HEARTBEAT_FRESH_MS), [pod(1)])).to.equal('idle');
    expect(standing(silent(HEARTBEAT_FRESH_MS + 1), [pod(1)])).to.equal('its last heartbeat is 60 s old');
  });

  for (const state of ['DECOMMISSIONED', 'UNKNOWN'] as const) {
    it(`is kept while its worker is ${state}`, () => {
      expect(standing([worker(1, { state })], [pod(1)])).to.equal(`its worker is ${state}`);
    });
  }

  it('is kept while the pod is not Ready', () => {
    expect(standing([worker(1)], [pod(1, { ready: false })])).to.equal(
      'its worker is registered but the pod is not Ready',
    );
  });

  it('is kept while two workers live in it', () => {
    const second = worker(1, { id: 'worker-1b', port: 7079 });
    expect(standing([worker(1), second], [pod(1)])).to.equal('2 workers share the pod');
  });

  it('is kept where two workers were seen in it, of which one is in no list now', () => {
    const why = 'more than one worker was seen in the pod';
    expect(standing([worker(1)], [pod(1)], { shared: new Map([['uid-1', 0]]) })).to.equal(why);
  });

  it('is kept while its worker matches another pod as well', () => {
    const twin = pod(2, { addresses: pod(1).addresses });
    expect(standing([worker(1)], [pod(1), twin])).to.equal('its worker matches more than one pod');
  });

  it('is kept while another worker shares its host, since a mark is by host', () => {
    const host = 'Node-A';
    const all = fleet([worker(1, { host })], [pod(1, { hostname: 'node-a' })]);
    const crowdedHosts = new Map([['node-a', [worker(1, { host }), worker(2, { host: 'node-a' })]]]);
    expect(standingOf(all.pods[0]!, context({ ...all, crowdedHosts }))).to.deep.equal({
      kind: 'kept',
      why: 'another worker shares the host Node-A',
    });
    expect(standingOf(all.pods[0]!, context(all)).kind).to.equal('idle');
  });

  it('R2: is kept where the master lists its worker as DEAD only', () => {
    expect(standing([worker(1, { state: 'DEAD' })], [pod(1)])).to.equal(UNKNOWN_NOT_FREE);
  });
});

describe('victims: a pod without a registered worker', () => {
  it('R2: is free to go only if it is not Ready yet and never was', () => {
    expect(standing([], [pendingPod(1)])).to.equal('never-started');
    expect(standing([], [pendingPod(1, { scheduled: false })])).to.equal('never-started');
  });

  const started = [
    { name: 'it is Ready', list: [pod(1)] },
    { name: 'it is Ready though Pending', list: [pendingPod(1, { ready: true })] },
    { name: 'its containers run', list: [pod(1, { ready: false })] },
    { name: 'its containers were started before', list: [pendingPod(1, { restarts: 1 })] },
    { name: 'its phase is Unknown', list: [pendingPod(1, { phase: 'Unknown' })] },
  ];
  for (const { name, list } of started) {
    it(`R2: is kept as unknown where ${name}`, () => {
      expect(standing([], list)).to.equal(UNKNOWN_NOT_FREE);
    });
  }

  it('R2: is kept as unknown where it was seen Ready before', () => {
    expect(standing([], [pendingPod(1)], { seenReady: new Set(['uid-1']) })).to.equal(UNKNOWN_NOT_FREE);
    expect(standing([], [pendingPod(1)], { seenReady: new Set(['uid-2']) })).to.equal('never-started');
  });
});

describe('victims: the proof that a worker is empty', () => {
  const all = fleet([worker(1)], [pod(1)]);
  function why(self: Partial<WorkerSelfView>, more: Partial<VictimContext> = {}, sinceMs = -Infinity) {
    const workerSelves = new Map([['worker-1', reading(workerSelf(1, self))]]);
    return whyNotProvenEmpty(worker(1), context(all, { workerSelves, ...more }), sinceMs);
  }

  it('R3: is its own page, with no executor and nothing in use, and no driver at the master', () => {
    expect(why({})).to.equal(undefined);
  });

  it('R3: is not given where its own page was not read, is unknown, or is stale', () => {
    expect(why({}, { workerSelves: new Map() })).to.equal('its own page is not known: not read yet');
    const lost = new Map([['worker-1', unknown('timeout')]]);
    expect(why({}, { workerSelves: lost })).to.equal('its own page is not known: timeout');
    expect(why({}, { nowMs: NOW_MS + 3_000 })).to.equal(undefined);
    expect(why({}, { nowMs: NOW_MS + 3_001 })).to.match(/^its own page is not known: .* is stale/);
    expect(why({}, { workerSelves: emptySelves(2) })).to.equal('its own page is not known: not read yet');
  });

  it('R3: is not given by a reading from before', () => {
    expect(why({}, {}, NOW_MS)).to.equal(undefined);
    expect(why({}, {}, NOW_MS + 1)).to.equal('its own page has not been read again since');
  });

  it('R3: is not given by another worker that answers at its address', () => {
    expect(why({ id: 'worker-2' })).to.equal('its own page is not known: another worker answers at its address');
  });

  it('R3: is not given while executors run, or cores or memory are in use', () => {
    expect(why({ executorCount: 2 })).to.equal('it still runs 2 executors');
    expect(why({ used: resources(1, 0) })).to.equal('its own page still shows cores or memory in use');
    expect(why({ used: resources(0, 512) })).to.equal('its own page still shows cores or memory in use');
  });

  it('R3: is not given while a driver runs there, which its own page does not list', () => {
    expect(why({}, { driverWorkerIds: workersOf([runningDriver('worker-2'), runningDriver('worker-1')]) })).to.equal(
      'a driver runs there',
    );
    expect(why({}, { driverWorkerIds: workersOf([waitingDriver(), runningDriver('worker-2')]) })).to.equal(undefined);
  });
});

describe('victims: order and prediction', () => {
  it('prefers pods without a node, then those not Ready, then the newest, then by name', () => {
    const ordered = [
      pendingPod(9, { scheduled: false }),
      pod(8, { ready: false }),
      pod(7, { createdAtEpochMs: 3 }),
      pod(1, { createdAtEpochMs: 2 }),
      pod(2, { createdAtEpochMs: 2 }),
      pod(3, { createdAtEpochMs: 1 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
        expect([...shuffled].sort(byPreference)).to.deep.equal(ordered);
      }),
    );
  });

  // Each pod beats the next by one rule of the controller (kubernetes.md 2.1).
  const ranked = [
    pendingPod(1, { scheduled: false, deletionCost: 9 }),
    pendingPod(2, { deletionCost: 8 }),
    pod(3, { phase: 'Unknown', ready: false, deletionCost: 7 }),
    pod(4, { ready: false, deletionCost: 6 }),
    pod(5, { deletionCost: -5 }),
    pod(6, { deletionCost: -4 }),
    pod(7),
  ];

  for (const count of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`foresees whom the controller takes first, of ${count}`, () => {
      const uids = ranked.slice(0, count).map(({ uid }) => uid);
      expect(predictVictims([...ranked].reverse(), count)).to.deep.equal(new Set(uids));
    });
  }

  it('foresees the same of any pods as all of them put in order, few or many', () => {
    const some = fc.record({
      scheduled: fc.boolean(),
      ready: fc.boolean(),
      deletionCost: fc.integer({ max: 3, min: 0 }),
    });
    const lists = fc.array(some, { maxLength: 150 }).map((list) => list.map((more, n) => pod(n + 1, more)));
    fc.assert(
      fc.property(lists, fc.nat(150), (list, count) => {
        const rank = (one: PodView): number => Number(one.scheduled) * 100 + Number(one.ready) * 10 + one.deletionCost;
        const order = [...list].sort((a, b) => rank(a) - rank(b));
        const [last, next] = [order[count - 1], order[count]];
        const tie = last !== undefined && next !== undefined && rank(last) === rank(next);
        const first = new Set(order.slice(0, count).map(({ uid }) => uid));
        expect(predictVictims(list, count)).to.deep.equal(tie ? undefined : first);
      }),
    );
  });

  it('R22: foresees nobody where the rules leave a tie between who goes and who stays', () => {
    expect(predictVictims([pod(1), pod(2)], 1)).to.equal(undefined);
    expect(predictVictims([pod(1), pod(2), pod(3, { deletionCost: -1 })], 2)).to.equal(undefined);
  });

  it('does not mind a tie among those that go', () => {
    const chosen = [pod(1, { deletionCost: -1 }), pod(2, { deletionCost: -1 })];
    expect(predictVictims([...chosen, pod(3)], 2)).to.deep.equal(new Set(['uid-1', 'uid-2']));
    expect(predictVictims([pod(1), pod(2)], 2)).to.deep.equal(new Set(['uid-1', 'uid-2']));
  });
});
