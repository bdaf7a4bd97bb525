/** After the mark: draining, empty, the count lowered, replaced. What comes before is in removal.test.ts. */
import { expect } from 'chai';
import type { PodView } from '../../src/core/cluster-view.ts';
import { servingWorkers, type RemovalInput } from '../../src/core/removal.ts';
import { NEW_REMOVAL_MEMORY } from '../../src/core/removal-memory.ts';
import { whyBehindOthers } from '../../src/core/removal-steps.ts';
import { resources } from '../../src/core/resources.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import {
  busyWorker,
  emptySelves,
  fleet,
  NOW_EPOCH_MS,
  NOW_MS,
  pendingPod,
  pod,
  pods,
  reading,
  runningDriver,
  worker,
  workers,
  workerSelf,
} from './support/builders.ts';
import {
  CHOSEN_COST,
  chosenPod,
  LONG_AGO,
  markedPod,
  next,
  plan,
  type RemovalParts,
} from './support/removal-scenes.ts';

const gone = (n: number, more: Partial<WorkerView> = {}): WorkerView => worker(n, { state: 'DECOMMISSIONED', ...more });

/** Worker 1 is marked, DECOMMISSIONED and empty; two more serve, and two are wanted. */
const EMPTY: RemovalParts = {
  workers: [gone(1), ...workers(2, 3)],
  pods: [markedPod(1), ...pods(2, 3)],
  desired: 2,
};

/** What is reported of the only pod that is on its way. */
function leaving(parts: RemovalParts): string {
  const [first, second] = plan(parts).leaving;
  expect(second).to.equal(undefined);
  return `${first?.phase}: ${first?.note}`;
}

describe('removal: a marked worker that is empty', () => {
  it('R16: lowers the count by exactly the empty pods', () => {
    const lowered = plan(EMPTY);
    expect(lowered.action).to.deep.equal({
      kind: 'resize',
      direction: 'shrink',
      from: 3,
      to: 2,
      victims: [markedPod(1)],
    });
    expect(lowered.sentence).to.equal('w-1: empty; the count goes from 3 to 2');
    expect(lowered.leaving).to.deep.equal([{ name: 'w-1', phase: 'empty', note: 'proven empty' }]);
  });

  it('lowers the count for several at once', () => {
    const several = { workers: [gone(1), gone(2), worker(3)], pods: [markedPod(1), markedPod(2), pod(3)], desired: 1 };
    expect(next(several)).to.equal('shrink 3 to 1 by w-1 w-2');
  });

  it('R22: goes one at a time after a wrong victim', () => {
    const pods = [markedPod(1, { deletionCost: CHOSEN_COST - 1 }), markedPod(2), pod(3)];
    const several = { workers: [gone(1), gone(2), worker(3)], pods, desired: 1, holdBack: true };
    expect(next(several)).to.equal('shrink 3 to 2 by w-1');
  });

  it('is let go though it was marked for a surplus that is over, where nobody needs its place', () => {
    expect(next({ ...EMPTY, desired: 2 })).to.equal('shrink 3 to 2 by w-1');
  });

  it('waits for the settle time since it was chosen', () => {
    const recent = (ms: number) => ({
      ...EMPTY,
      pods: [markedPod(1, { chosenAtEpochMs: NOW_EPOCH_MS - ms }), ...pods(2, 3)],
    });
    expect(next(recent(1_999))).to.equal('none');
    expect(next(recent(2_000))).to.equal('shrink 3 to 2 by w-1');
    expect(next({ ...recent(9_999), holdBack: true })).to.equal('none');
    expect(next({ ...recent(10_000), holdBack: true })).to.equal('shrink 3 to 2 by w-1');
  });

  it('R11: waits while something blocks a shrink, and says so', () => {
    for (const desired of [0, 2]) {
      const blocked = plan({ ...EMPTY, desired, blockers: ['why', 'and why'] });
      expect(blocked.action.kind).to.equal('none');
      expect(blocked.sentence).to.equal('empty pods wait: why; and why');
    }
  });

  it('R14: the count is first lowered by what does not exist', () => {
    expect(next({ ...EMPTY, planned: 5, desired: 2 })).to.equal('cancel-unfilled 5 to 3');
    expect(next({ ...EMPTY, planned: 5, desired: 3 })).to.equal('cancel-unfilled 5 to 4');
  });

  it('R22: is not taken off the count twice while the controller has yet to act', () => {
    const lowered = plan({ ...EMPTY, planned: 2 });
    expect(lowered.action.kind).to.equal('none');
    expect(lowered.sentence).to.equal('the count was lowered: the controller has yet to end 1 pods');
  });

  describe('where the controller would take another pod, which is not Ready', () => {
    const starting = pod(3, { ready: false });
    const behind = (other: PodView, markedForMs = 0) => ({
      workers: [gone(1), worker(2)],
      pods: [markedPod(1, { markedAtEpochMs: NOW_EPOCH_MS - markedForMs }), pod(2), other],
      rules: { drainDeadlineMs: 60_000 },
    });

    it('R22: waits, whether there is a surplus beside it or not', () => {
      for (const desired of [1, 2]) {
        const waiting = plan({ ...behind(starting), desired });
        expect(waiting.action.kind).to.equal('none');
        expect(waiting.sentence).to.equal('w-1 are empty and wait: the controller would take w-3 first, not Ready now');
      }
      expect(next({ ...behind(pendingPod(3)), desired: 2 })).to.equal('none');
    });

    it('goes with the count once that one is Ready', () => {
      expect(next({ ...behind(pod(3)), workers: [gone(1), worker(2), worker(3)], desired: 2 })).to.equal(
        'shrink 3 to 2 by w-1',
      );
    });

    it('R22: is deleted by UID once its drain is late', () => {
      const late = plan({ ...behind(starting, 60_001), desired: 2 });
      expect(late.action).to.include({ kind: 'replace' });
      expect(late.sentence).to.equal('w-1 would not be the first to go');
      expect(next({ ...behind(starting, 60_000), desired: 2 })).to.equal('none');
    });
  });

  it('R22: is put before the others by a lower cost where the controller’s choice cannot be known', () => {
    const list = [markedPod(1, { deletionCost: 0 }), ...pods(2, 3)];
    const first = plan({ ...EMPTY, pods: list });
    expect(first.action).to.deep.equal({ kind: 'choose', pods: [list[0]], cost: -1_000_001 });
    expect(first.sentence).to.equal('w-1: empty; put before others of the same cost');
  });

  describe('beside one that drains still and bears the same cost', () => {
    const both = { workers: [gone(1), gone(2), worker(3)], desired: 1, selves: emptySelves(1) };

    const emptyFor = (ms: number) => {
      const memory = { ...NEW_REMOVAL_MEMORY, emptySinceMs: new Map([['w-1', NOW_MS - ms]]) };
      return { ...both, pods: [markedPod(1), markedPod(2), pod(3)], memory, rules: { settleMs: 2_000 } };
    };

    it('R22: waits a moment for that one, as long as it would take to be put first', () => {
      const waiting = plan({ ...emptyFor(0), memory: NEW_REMOVAL_MEMORY });
      expect(waiting.action.kind).to.equal('none');
      expect(waiting.sentence).to.equal('1 are empty and wait a moment for 1 that are being drained');
      expect(next(emptyFor(1_999))).to.equal('none');
    });

    it('R22: is put first after that', () => {
      expect(next(emptyFor(2_000))).to.equal('choose w-1');
    });

    it('R22: is put first with those that are empty by then, however short a time', () => {
      const workers = [gone(1), gone(2), gone(3)];
      const pods_ = [markedPod(1), markedPod(2), markedPod(3)];
      const some = { ...emptyFor(2_000), workers, pods: pods_, selves: emptySelves(1, 2), desired: 0 };
      expect(next(some)).to.equal('choose w-1 w-2');
    });

    it('R22: is put first at once where the other is not being drained yet, or is late', () => {
      const unregistered = { ...emptyFor(0), workers: [gone(1), worker(3)] };
      expect(next(unregistered), 'in no list').to.equal('choose w-1');
      const rules = { settleMs: 2_000, drainDeadlineMs: 1_000, onDrainDeadline: 'wait' as const };
      expect(next({ ...emptyFor(0), rules }), 'late').to.equal('choose w-1');
    });

    it('R22: goes once it has been first for the settle time', () => {
      const first = { deletionCost: CHOSEN_COST - 1 };
      expect(next({ ...both, pods: [markedPod(1, first), markedPod(2), pod(3)] })).to.equal('shrink 3 to 2 by w-1');
    });

    it('R22: waits for another empty one that was put first a moment ago', () => {
      const pods_ = [
        markedPod(1),
        markedPod(2, { deletionCost: CHOSEN_COST - 1, chosenAtEpochMs: NOW_EPOCH_MS }),
        pod(3),
      ];
      const waiting = plan({ ...both, pods: pods_, selves: emptySelves(1, 2) });
      expect(waiting.action.kind).to.equal('none');
      expect(waiting.sentence).to.equal('waiting until the controller has seen who goes first');
    });
  });

  it('R22: is deleted by UID where pods are missing that are wanted', () => {
    expect(next({ ...EMPTY, planned: 4, existingPods: 3, desired: 3 })).to.equal('replace w-1');
  });
});

describe('removal: R21: demand returned while workers leave', () => {
  const two = { workers: [gone(1), gone(2), worker(3)], pods: [markedPod(1), markedPod(2), pod(3)] };

  it('R21: an empty pod is replaced by UID, and the count stays', () => {
    const replaced = plan({ ...EMPTY, desired: 3 });
    expect(replaced.action).to.deep.equal({ kind: 'replace', pods: [markedPod(1)] });
    expect(replaced.sentence).to.equal('w-1 are empty; their places are wanted again');
  });

  it('R21: no more are replaced than are wanted; the others go with the count after that', () => {
    expect(next({ ...two, desired: 2 })).to.equal('replace w-1');
    expect(next({ ...two, desired: 3 })).to.equal('replace w-1 w-2');
    expect(next({ ...two, desired: 9 })).to.equal('replace w-1 w-2');
    const later = { workers: [gone(2), worker(3)], planned: 3, desired: 2 };
    expect(next({ ...later, pods: [markedPod(2), pod(3), pendingPod(4)] }), 'not yet').to.equal('none');
    expect(next({ ...later, pods: [markedPod(2), pod(3), pod(4)] })).to.equal('shrink 3 to 2 by w-2');
  });

  it('R21: replacing needs no shrink to be allowed', () => {
    expect(next({ ...EMPTY, desired: 3, blockers: ['why'] })).to.equal('replace w-1');
  });

  it('R21: one that is not empty yet is left to finish', () => {
    const selves = new Map([['worker-1', reading(workerSelf(1, { executorCount: 1 }))]]);
    expect(next({ ...EMPTY, desired: 3, selves })).to.equal('none');
  });
});

describe('removal: a marked worker that is not empty', () => {
  const used = resources(1, 1024);
  const self = (more: Parameters<typeof workerSelf>[1], takenAtMs = NOW_MS) =>
    new Map([['worker-1', reading(workerSelf(1, more), { takenAtMs })]]);

  it('R16: is looked at again after the mark, and drains while executors run', () => {
    const parts = { ...EMPTY, selves: self({ executorCount: 1, used }) };
    expect(next(parts)).to.equal('none');
    expect(leaving(parts)).to.equal('draining: it still runs 1 executors');
  });

  it('R16: is not proven empty by a page from before it was seen DECOMMISSIONED', () => {
    const seen = new Map([['uid-1', NOW_MS - 500]]);
    const memory = { ...NEW_REMOVAL_MEMORY, decommissionedAtMs: seen };
    expect(leaving({ ...EMPTY, memory, selves: self({}, NOW_MS - 501) })).to.equal(
      'draining: its own page has not been read again since',
    );
    expect(next({ ...EMPTY, memory, selves: self({}, NOW_MS - 500) })).to.equal('shrink 3 to 2 by w-1');
    expect(next({ ...EMPTY, selves: self({}, NOW_MS - 1) })).to.equal('none');
  });

  it('R16: work that raced in needs a page from a settle time later: its executor may still be starting', () => {
    const raced = { ...EMPTY, workers: [gone(1, { used }), ...workers(2, 3)] };
    const memory = { ...NEW_REMOVAL_MEMORY, decommissionedAtMs: new Map([['uid-1', NOW_MS - 2_500]]) };
    expect(leaving({ ...raced, memory, selves: self({}, NOW_MS - 501) })).to.equal(
      'draining: its own page has not been read again since',
    );
    expect(next({ ...raced, memory, selves: self({}, NOW_MS - 500) })).to.equal('shrink 3 to 2 by w-1');
  });

  it('R3: is not empty while a driver runs there', () => {
    expect(leaving({ ...EMPTY, drivers: [runningDriver('worker-1')] })).to.equal('draining: a driver runs there');
  });

  it('is not let go while its worker matches another pod as well', () => {
    const twin = pod(9, { addresses: ['10.0.0.1'] });
    const parts = { ...EMPTY, pods: [markedPod(1), twin, ...pods(2, 3)], desired: 0 };
    expect(plan(parts).leaving).to.deep.include({
      name: 'w-1',
      phase: 'draining',
      note: 'its worker matches more than one pod',
    });
    expect(plan(parts).action.kind).to.not.equal('resize');
  });

  it('is not let go while another worker shares its host', () => {
    const crowdedHosts = new Map([['10.0.0.1', [worker(7, { host: '10.0.0.1' })]]]);
    expect(leaving({ ...EMPTY, crowdedHosts })).to.equal('draining: another worker shares the host 10.0.0.1');
    expect(next({ ...EMPTY, crowdedHosts })).to.equal('none');
  });

  it('is not let go while a second worker in its pod is ALIVE, and neither is marked again', () => {
    const all = { ...EMPTY, workers: [gone(1), worker(1, { id: 'worker-1b' }), ...workers(2, 3)] };
    expect(leaving(all)).to.equal('marked: its worker is not DECOMMISSIONED yet');
    expect(next(all)).to.equal('none');
  });

  it('is let go when every worker in the pod is DECOMMISSIONED and empty, not before', () => {
    const entries = [gone(1), gone(1, { id: 'worker-1b' })];
    const both = { ...EMPTY, workers: [...entries, ...workers(2, 3)] };
    expect(next(both)).to.equal('none');
    const pages = new Map([...emptySelves(1), ['worker-1b', reading(workerSelf(1, { id: 'worker-1b' }))]] as const);
    expect(next({ ...both, selves: pages })).to.equal('shrink 3 to 2 by w-1');
  });
});

describe('removal: a mark that the master forgot or never got', () => {
  const forgotten: RemovalParts = { ...EMPTY, workers: workers(1, 3) };

  it('R16: is asked for again while the worker is empty', () => {
    const again = plan(forgotten);
    expect(again.action).to.deep.equal({ kind: 'mark', pods: [markedPod(1)], hosts: ['10.0.0.1'] });
    expect(again.sentence).to.equal('w-1 are marked again');
    expect(again.leaving).to.deep.equal([
      { name: 'w-1', phase: 'marked', note: 'its worker is not DECOMMISSIONED yet' },
    ]);
  });

  it('R16: is asked for again though the shrink is blocked or over, since it cannot be undone', () => {
    expect(next({ ...forgotten, desired: 3, blockers: ['why'] })).to.equal('mark w-1');
  });

  it('R16: is not asked for again where work was given to the worker meanwhile, by its own page', () => {
    const selves = new Map([['worker-1', reading(workerSelf(1, { executorCount: 1 }))]]);
    expect(next({ ...forgotten, selves })).to.equal('none');
    expect(next({ ...forgotten, drivers: [runningDriver('worker-1')] })).to.equal('none');
  });

  it('R16: is asked for again though the master books work there, which a marked worker never starts', () => {
    const booked = { ...forgotten, workers: [busyWorker(1), ...workers(2, 3)] };
    const since = (ms: number) => ({ ...NEW_REMOVAL_MEMORY, bookedAtMs: new Map([['uid-1', NOW_MS - ms]]) });
    expect(next({ ...booked, memory: since(2_000) })).to.equal('mark w-1');
    // An executor that was booked a moment ago may be about to start.
    expect(next({ ...booked, memory: since(1_999) })).to.equal('none');
    expect(next(booked)).to.equal('none');
  });

  it('is not asked for where the worker is in no list: nobody knows its host', () => {
    const absent = { ...forgotten, workers: workers(2, 3) };
    expect(next(absent)).to.equal('none');
    expect(leaving(absent)).to.equal('marked: its worker is in no list');
  });

  it('waits behind pods that are empty already', () => {
    const both = {
      workers: [gone(1), worker(2), worker(3)],
      pods: [markedPod(1, { deletionCost: CHOSEN_COST - 1 }), markedPod(2), pod(3)],
      desired: 1,
    };
    expect(next(both)).to.equal('shrink 3 to 2 by w-1');
  });
});

describe('removal: workers decommissioned by somebody else', () => {
  it('are chosen to go, since they never come back', () => {
    const lost = plan({ ...EMPTY, pods: pods(1, 3), desired: 3 });
    expect(lost.action).to.deep.equal({ kind: 'choose', cost: -1_000_000, pods: [pod(1)] });
    expect(lost.sentence).to.equal('w-1 are decommissioned and never come back: chosen to go');
  });

  it('R22: a pod whose annotation was lost is chosen again', () => {
    const list = [pod(1, { markedAtEpochMs: LONG_AGO }), ...pods(2, 3)];
    expect(next({ ...EMPTY, pods: list })).to.equal('choose w-1');
  });

  it('are not chosen where their worker matches more than one pod', () => {
    const list = [pod(1), pod(2, { addresses: ['10.0.0.1'] })];
    expect(next({ workers: [gone(1)], pods: list, desired: 0 })).to.equal('none');
  });
});

describe('removal: who serves', () => {
  it('not a pod that is marked, nor one whose workers are all DECOMMISSIONED', () => {
    const workerList = [gone(1), gone(2), worker(2, { id: 'again' }), worker(3)];
    const all = fleet(workerList, [...pods(1, 2), markedPod(3), chosenPod(4), pod(5)]);
    expect(all.leaving.map(({ pod: { name } }) => name)).to.deep.equal(['w-1', 'w-3']);
  });

  const counts = [
    { name: 'all that are planned, where nobody leaves', planned: 5, leaving: 0, pods: 5, serving: 5 },
    { name: 'those planned less those that leave', planned: 5, leaving: 2, pods: 5, serving: 3 },
    { name: 'also those planned that do not exist yet', planned: 7, leaving: 2, pods: 5, serving: 5 },
    { name: 'no fewer, where the count was lowered for those that leave', planned: 3, leaving: 2, pods: 5, serving: 3 },
    { name: 'one fewer, where it was lowered for one of two', planned: 4, leaving: 2, pods: 5, serving: 3 },
    { name: 'as many as planned, where others go as well', planned: 1, leaving: 2, pods: 5, serving: 1 },
  ];
  for (const { name, planned, leaving: count, pods: total, serving } of counts) {
    it(`are ${name}`, () => {
      const all = fleet(
        [],
        [...pods(1, total - count), ...Array.from({ length: count }, (_, i) => markedPod(100 + i))],
      );
      expect(servingWorkers(planned, all)).to.equal(serving);
    });
  }
});

describe('removal: who stands before', () => {
  it('R22: of several the one that goes last says who does', () => {
    const batch = [pod(1, { ready: false }), pod(2)];
    const input = { context: { fleet: fleet([], [...batch, pod(3, { ready: false }), pod(4)]) } };
    const why = (some: readonly PodView[]): string | undefined =>
      whyBehindOthers({ ...input, target: { removal: 'by-cost' } } as RemovalInput, some);
    expect(why(batch)).to.equal('the controller would take w-3 first, not Ready now');
    expect(why(batch.toReversed())).to.equal('the controller would take w-3 first, not Ready now');
    expect(why(batch.slice(0, 1))).to.equal(undefined);
  });
});
