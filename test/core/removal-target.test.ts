import { expect } from 'chai';
import fc from 'fast-check';
import type { PodView, RemovalOrder, TargetView } from '../../src/core/cluster-view.ts';
import { buildFleet } from '../../src/core/fleet.ts';
import type { RemovalPlan } from '../../src/core/removal.ts';
import {
  cancellable,
  inPlatformOrder,
  lastToGoFirst,
  ordinalOf,
  outOfTurn,
  whyBound,
} from '../../src/core/removal-target.ts';
import type { MasterView, WorkerView } from '../../src/core/spark-view.ts';
import { busyWorker as busy, emptySelves, pendingPod, pod, reading, worker, workerSelf } from './support/builders.ts';
import { chosenPod as chosen, inWords, markedPod as marked, plan as planOf } from './support/removal-scenes.ts';

interface Parts {
  readonly removal?: RemovalOrder;
  readonly firstOrdinal?: number;
  readonly pods: readonly PodView[];
  readonly workers?: readonly WorkerView[];
  readonly planned?: number;
  /** Pods that the controller counts. */
  readonly existing?: number;
  readonly desired: number;
  readonly spare?: number;
  /** Workers that their own pages show in use. */
  readonly inUse?: readonly number[];
  readonly marks?: 'usable' | 'refused';
  readonly holdBack?: boolean;
}

const drained = (n: number): WorkerView => worker(n, { state: 'DECOMMISSIONED' });

function plan(parts: Parts): RemovalPlan {
  const { pods, workers = [], removal = 'highest-ordinal', firstOrdinal = 0, inUse = [] } = parts;
  const used = inUse.map((n) => [`worker-${n}`, reading(workerSelf(n, { executorCount: 1 }))] as const);
  return planOf({
    pods,
    workers,
    target: { removal, firstOrdinal },
    desired: parts.desired,
    planned: parts.planned ?? pods.length,
    existingPods: parts.existing ?? pods.length,
    spareIdleWorkers: parts.spare ?? 100,
    markAbility: parts.marks ?? 'usable',
    holdBack: parts.holdBack ?? false,
    selves: new Map([...emptySelves(...range(20)), ...used]),
    rules: { maxDrainingWorkers: 20 },
  });
}

const next = (parts: Parts): string => inWords(plan(parts).action);
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a target whose highest ordinals go', () => {
  const five = range(5).map((n) => pod(n));
  const idle = range(5).map((n) => worker(n));

  it('chooses from the top, in order, as many as are surplus', () => {
    expect(next({ pods: five, workers: idle, desired: 3 })).to.equal('choose w-4 w-3');
    expect(next({ pods: [...five].reverse(), workers: idle, desired: 3 })).to.equal('choose w-4 w-3');
  });

  it('knows that 10 is above 9', () => {
    const pods = range(12).map((n) => pod(n));
    expect(next({ pods, workers: range(12).map((n) => worker(n)), desired: 9 })).to.equal('choose w-11 w-10 w-9');
  });

  it('stops at the first that is in use, and says who holds it up', () => {
    const workers = [...idle.slice(0, 3), busy(3), worker(4)];
    expect(next({ pods: five, workers, desired: 1 })).to.equal('choose w-4');
    const held = plan({ pods: five, workers: [...idle.slice(0, 4), busy(4)], desired: 1 });
    expect(inWords(held.action)).to.equal('none');
    expect(held.sentence).to.equal(
      'a surplus of 4 stays: only the highest ordinal can go, and w-4 is not spare and idle or drainable',
    );
  });

  it('chooses no more than are spare', () => {
    expect(next({ pods: five, workers: idle, desired: 1, spare: 2 })).to.equal('choose w-4 w-3');
  });

  it('takes those that never started at the top first, and leaves those below a worker', () => {
    const top = [...five.slice(0, 3), pendingPod(3), pendingPod(4)];
    expect(next({ pods: top, workers: idle.slice(0, 3), desired: 1 })).to.equal('choose w-4 w-3');
    const gap = [...five.slice(0, 3), pendingPod(3), pod(4)];
    expect(next({ pods: gap, workers: [worker(0), worker(1), worker(2), worker(4)], desired: 1 })).to.equal(
      'choose w-4',
    );
    expect(next({ pods: gap, workers: [worker(0), worker(1), worker(2), busy(4)], desired: 1 })).to.equal('none');
  });

  it('marks the chosen from the top, and none below one that is not proven empty', () => {
    const pods = [...five.slice(0, 3), chosen(3), chosen(4)];
    expect(next({ pods, workers: idle, desired: 3 })).to.equal('mark w-4 w-3');
    expect(next({ pods, workers: idle, desired: 3, inUse: [3] })).to.equal('mark w-4');
    expect(next({ pods, workers: idle, desired: 3, inUse: [4] })).to.equal('none');
  });

  it('goes on below those that are on their way out', () => {
    const workers = [...idle.slice(0, 4), drained(4)];
    const top = marked(4);
    expect(next({ pods: [...five.slice(0, 4), top], workers, desired: 2, inUse: [4] })).to.equal('choose w-3 w-2');
    const pods = [...five.slice(0, 3), chosen(3), top];
    expect(next({ pods, workers, desired: 3, inUse: [4] })).to.equal('mark w-3');
  });

  it('marks an idle one above a chosen one that never started, which would wait for it', () => {
    const pods = [...five.slice(0, 3), pendingPod(3, { chosenAtEpochMs: 1, deletionCost: -1_000_000 }), chosen(4)];
    const workers = [...idle.slice(0, 3), worker(4)];
    expect(next({ pods, workers, desired: 3 })).to.equal('mark w-4');
  });

  it('releases what was chosen and is no longer at the top', () => {
    const pods = [...five.slice(0, 3), chosen(3), pod(4)];
    expect(next({ pods, workers: idle, desired: 3 })).to.equal('release w-3');
    const taken = [...five.slice(0, 3), chosen(3), chosen(4)];
    expect(next({ pods: taken, workers: [...idle.slice(0, 4), busy(4)], desired: 3 })).to.equal('release w-3 w-4');
  });

  it('releases the lowest first when fewer are surplus', () => {
    const pods = [...five.slice(0, 2), chosen(2), chosen(3), chosen(4)];
    expect(next({ pods, workers: idle, desired: 4 })).to.equal('release w-2 w-3');
    expect(next({ pods, workers: idle, desired: 2, spare: 1 })).to.equal('release w-2 w-3');
  });

  it('lowers the count by the empty ones at the top', () => {
    const pods = [...five.slice(0, 3), marked(3), marked(4)];
    const workers = [...idle.slice(0, 3), drained(3), drained(4)];
    expect(next({ pods, workers, desired: 3 })).to.equal('shrink 5 to 3 by w-4 w-3');
    expect(next({ pods, workers, desired: 3, holdBack: true })).to.equal('shrink 5 to 4 by w-4');
  });

  it('lowers by those above one that still drains, and waits for that one', () => {
    const pods = [pod(0), pod(1), marked(2), marked(3), marked(4)];
    const workers = [worker(0), worker(1), drained(2), drained(3), drained(4)];
    expect(next({ pods, workers, desired: 2, inUse: [3] })).to.equal('shrink 5 to 4 by w-4');
    const waiting = plan({ pods: pods.slice(0, 4), workers: workers.slice(0, 4), desired: 2, inUse: [3] });
    expect(inWords(waiting.action)).to.equal('none');
    expect(waiting.sentence).to.equal('w-2 are empty and wait for those that go before them');
  });

  it('replaces an empty one below a serving one, which no lowering would take', () => {
    const pods = [pod(0), pod(1), marked(2), pod(3), pod(4)];
    const workers = [worker(0), worker(1), drained(2), busy(3), busy(4)];
    expect(next({ pods, workers, desired: 3 })).to.equal('replace w-2');
  });

  it('replaces the lowest when places are wanted again', () => {
    const pods = [...five.slice(0, 2), marked(2), marked(3), marked(4)];
    const workers = [...idle.slice(0, 2), drained(2), drained(3), drained(4)];
    expect(next({ pods, workers, desired: 3 })).to.equal('replace w-2');
    expect(next({ pods: [...pods].reverse(), workers, desired: 4 })).to.equal('replace w-2 w-3');
  });

  it('without marks lowers by the top one only', () => {
    const two = [...five.slice(0, 3), chosen(3), chosen(4)];
    expect(next({ pods: two, workers: idle, desired: 3, marks: 'refused' })).to.equal('release w-3');
    const pods = [...five.slice(0, 4), chosen(4)];
    expect(next({ pods, workers: idle, desired: 3, marks: 'refused' })).to.equal('shrink 5 to 4 by w-4');
    expect(next({ pods, workers: idle, desired: 3, marks: 'refused', inUse: [4] })).to.equal('none');
  });

  it('cancels unfilled replicas beyond the highest pod, never a gap below it', () => {
    expect(next({ pods: five, workers: idle, planned: 8, desired: 6 })).to.equal('cancel-unfilled 8 to 6');
    const gap = [pod(0), pod(1), pod(3), pod(4)];
    const workers = [busy(0), busy(1), busy(3), busy(4)];
    expect(next({ pods: gap, workers, planned: 5, desired: 1 })).to.equal('none');
    expect(next({ pods: gap, workers, planned: 6, desired: 1 })).to.equal('cancel-unfilled 6 to 5');
  });

  it('counts from where the ordinals begin', () => {
    const pods = [pod(3), pod(4)];
    expect(next({ pods, workers: [busy(3), busy(4)], planned: 4, firstOrdinal: 3, desired: 0 })).to.equal(
      'cancel-unfilled 4 to 2',
    );
    expect(next({ pods: [], planned: 4, firstOrdinal: 3, desired: 1 })).to.equal('cancel-unfilled 4 to 1');
  });

  it('R22: whatever is idle, the victims of every step are the top of what stays', () => {
    const state = fc.constantFrom('idle', 'busy', 'chosen', 'marked', 'drained', 'unstarted');
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), fc.nat(8), (states, desired) => {
        const pods = states.map((one, n) => {
          if (one === 'unstarted') return pendingPod(n);
          if (one === 'idle' || one === 'busy') return pod(n);
          return one === 'chosen' ? chosen(n) : marked(n);
        });
        const workers = states.flatMap((one, n) => {
          if (one === 'unstarted') return [];
          if (one === 'busy') return [busy(n)];
          return one === 'marked' || one === 'drained' ? [drained(n)] : [worker(n)];
        });
        const { action } = plan({ pods, workers, desired });
        const named =
          action.kind === 'resize'
            ? action.victims
            : action.kind === 'choose' || action.kind === 'mark'
              ? action.pods
              : [];
        const going = new Set([
          ...named.map(({ uid }) => uid),
          ...pods.filter((one) => one.markedAtEpochMs !== undefined).map(({ uid }) => uid),
        ]);
        for (const victim of named) {
          // rememberLost only writes an annotation on what is on its way out already
          if (victim.markedAtEpochMs !== undefined && action.kind === 'choose') continue;
          if (action.kind === 'mark' && victim.markedAtEpochMs !== undefined) continue;
          const above = pods.filter(({ name }) => (ordinalOf(name) ?? 0) > (ordinalOf(victim.name) ?? 0));
          expect(
            above.every(({ uid }) => going.has(uid)),
            `${victim.name} of ${states.join()}`,
          ).to.equal(true);
        }
        if (action.kind === 'resize' && action.direction === 'shrink') {
          const top = [...pods].slice(action.to).map(({ uid }) => uid);
          expect(action.victims.map(({ uid }) => uid).sort()).to.deep.equal(top.sort());
        }
      }),
    );
  });
});

describe('a target of which nobody knows who goes', () => {
  const removal = 'unknowable';

  it('never gives up a worker, however idle, and says why', () => {
    const parts = { removal, pods: [pod(0), pod(1)], workers: [worker(0), worker(1)], desired: 0 } as const;
    const { action, sentence } = plan(parts);
    expect(inWords(action)).to.equal('none');
    expect(sentence).to.match(
      /a surplus of 2 stays: which pod would go cannot be known .* never started are cancelled/,
    );
  });

  it('cancels what does not exist', () => {
    const parts = { removal, pods: [pod(0), pod(1)], workers: [busy(0), busy(1)], planned: 5, desired: 1 } as const;
    expect(next(parts)).to.equal('cancel-unfilled 5 to 2');
  });

  it('cancels what never started only if nobody else could go for it', () => {
    const alone = { removal, pods: [pendingPod(0), pendingPod(1), pendingPod(2)], desired: 1 } as const;
    expect(next(alone)).to.equal('cancel-unfilled 3 to 1');
    expect(next({ ...alone, pods: [pod(0), pendingPod(1)], workers: [busy(0)] })).to.equal('none');
    // The controller counts one that our list does not show: it may be a worker.
    expect(next({ ...alone, planned: 4, existing: 4 })).to.equal('none');
  });

  it('releases what was chosen under another kind', () => {
    expect(next({ removal, pods: [pod(0), chosen(1)], workers: [worker(0), worker(1)], desired: 0 })).to.equal(
      'release w-1',
    );
  });

  it('replaces what somebody else decommissioned, and keeps the count', () => {
    const parts = { removal, pods: [pod(0), marked(1)], workers: [worker(0), drained(1)], desired: 0 } as const;
    expect(next(parts)).to.equal('replace w-1');
  });
});

describe('a target that goes by cost', () => {
  it('takes whom we choose: the newest idle worker, wherever its number stands', () => {
    const pods = range(3).map((n) => pod(n));
    expect(next({ removal: 'by-cost', pods, workers: range(3).map((n) => worker(n)), desired: 2 })).to.equal(
      'choose w-0',
    );
    expect(whyBound('by-cost', pods)).to.equal(undefined);
  });
});

describe('the order of the platform', () => {
  it('has no order where a name has no ordinal', () => {
    const odd = pod(0, { name: 'w-abc12' });
    expect(inPlatformOrder('highest-ordinal', [odd, pod(1)], [odd, pod(1)])).to.deep.equal([]);
    expect(whyBound('highest-ordinal', [odd])).to.equal('the ordinals of its pods cannot be told');
    expect(cancellable({ removal: 'highest-ordinal' }, 5, [odd], 4)).to.equal(0);
  });

  it('leaves the order of the other kinds alone', () => {
    const pods = [pod(2), pod(0), pod(1)];
    expect(inPlatformOrder('by-cost', pods, pods)).to.equal(pods);
    expect(lastToGoFirst('by-cost', pods)).to.equal(pods);
    expect(outOfTurn('by-cost', pods, pods, pods)).to.equal(pods);
    expect(cancellable({ removal: 'by-cost' }, 9, pods, 4)).to.equal(4);
    expect(inPlatformOrder('unknowable', pods, pods)).to.deep.equal([]);
  });

  for (const [name, ordinal] of [
    ['spark-worker-0', 0],
    ['spark-worker-12', 12],
    ['w-1-2', 2],
    ['spark-worker', undefined],
    ['spark-worker-x1', undefined],
    ['7', undefined],
  ] as const) {
    it(`reads ${name} as ${ordinal ?? 'none'}`, () => {
      expect(ordinalOf(name)).to.equal(ordinal);
    });
  }
});

describe('R22: pods of the target', () => {
  it('are those whose owner belongs to it, under whatever labels they run', () => {
    const target = { podOwnerUids: ['rs-1', 'rs-2'], uid: 'deployment' } as unknown as TargetView;
    const owners = ['rs-1', 'rs-2', 'rs-3', 'deployment', undefined];
    const pods = owners.map((ownerUid, n) => pod(n, { ownerUid }));
    const master = { workers: range(5).map((n) => worker(n)) } as unknown as MasterView;
    const fleet = buildFleet(master, pods, target);
    expect(fleet.pods.map((one) => one.pod.name)).to.deep.equal(['w-0', 'w-1']);
    expect(fleet.foreignWorkers.map(({ id }) => id)).to.deep.equal(['worker-2', 'worker-3', 'worker-4']);
  });
});
