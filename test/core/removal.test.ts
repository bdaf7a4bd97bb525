/** From serving to marked: choosing, releasing, marking. What comes after the mark is in removal-leaving.test.ts. */
import { expect } from 'chai';
import { unknown } from '../../src/core/reading.ts';
import { NEW_REMOVAL_MEMORY } from '../../src/core/removal-memory.ts';
import { resources } from '../../src/core/resources.ts';
import {
  busyWorker,
  emptySelves,
  NOW_EPOCH_MS,
  pendingPod,
  pod,
  pods,
  reading,
  runningDriver,
  worker,
  workers,
  workerSelf,
} from './support/builders.ts';
import { CHOSEN_COST, chosenPod, LONG_AGO, markedPod, next, plan } from './support/removal-scenes.ts';

const idle = (count: number) => ({ workers: workers(1, count), pods: pods(1, count) });

describe('removal: choosing', () => {
  it('does nothing where nothing is too many', () => {
    for (const desired of [3, 4]) {
      expect(plan({ ...idle(3), desired })).to.include({ sentence: 'nothing to remove' });
      expect(next({ ...idle(3), desired })).to.equal('none');
    }
  });

  it('chooses idle workers, as many as are too many', () => {
    expect(next({ ...idle(4), desired: 2 })).to.equal('choose w-1 w-2');
  });

  it('chooses the newest first', () => {
    const list = [pod(1), pod(2, { createdAtEpochMs: NOW_EPOCH_MS }), pod(3)];
    expect(next({ workers: workers(1, 3), pods: list, desired: 1 })).to.equal('choose w-2 w-1');
  });

  it('passes over those in use', () => {
    const workerList = [busyWorker(1), worker(2), busyWorker(3)];
    expect(next({ workers: workerList, pods: pods(1, 3), desired: 0 })).to.equal('choose w-2');
    expect(next({ ...idle(3), drivers: [runningDriver('worker-1'), runningDriver('worker-3', 'd')] })).to.equal(
      'choose w-2',
    );
  });

  it('chooses nobody where nobody is idle, and says so', () => {
    const stuck = plan({ workers: [busyWorker(1)], pods: [pod(1)] });
    expect(stuck).to.deep.include({ action: { kind: 'none' } });
    expect(stuck.sentence).to.equal('a surplus of 1 stays: no worker is spare and idle or drainable');
    expect([...stuck.report.kept]).to.deep.equal([['it holds executors', 1]]);
  });

  it('leaves the idle workers that missing executors will need', () => {
    expect(next({ ...idle(4), spareIdleWorkers: 1 })).to.equal('choose w-1');
    expect(next({ ...idle(4), spareIdleWorkers: 0 })).to.equal('none');
  });

  it('chooses no more than may leave at the same time', () => {
    expect(next({ ...idle(4), rules: { maxDrainingWorkers: 3 } })).to.equal('choose w-1 w-2 w-3');
  });

  it('chooses more while others are on their way, as long as no more than may leave at the same time', () => {
    const draining = busyWorker(9, { state: 'DECOMMISSIONED' });
    const selves = emptySelves(1, 2, 3, 4);
    const under = { workers: [draining, ...workers(1, 4)], pods: [markedPod(9), ...pods(1, 4)], selves };
    expect(next({ ...under, rules: { maxDrainingWorkers: 3 } })).to.equal('choose w-1 w-2');
    const waiting = plan({ ...under, rules: { maxDrainingWorkers: 1 } });
    expect(waiting.action.kind).to.equal('none');
    expect(waiting.sentence).to.equal('the removal under way goes first');
  });

  it('gives those chosen later a higher cost, so that who was chosen first goes first, and who empties first need not wait', () => {
    const draining = busyWorker(9, { state: 'DECOMMISSIONED' });
    const costOf = (deletionCost: number): number => {
      const list = [markedPod(9, { deletionCost }), ...pods(1, 2)];
      const { action } = plan({ workers: [draining, ...workers(1, 2)], pods: list, selves: emptySelves(1, 2) });
      return action.kind === 'choose' ? action.cost : NaN;
    };
    expect(costOf(-1_000_000)).to.equal(-999_999);
    expect(costOf(-999_990)).to.equal(-999_989);
    expect(costOf(-1_000_001)).to.equal(-999_999);
    expect(costOf(100), 'a cost that is not ours').to.equal(-1_000_000);
  });

  it('R22: chooses one at a time after a wrong victim', () => {
    expect(next({ ...idle(4), holdBack: true })).to.equal('choose w-1');
  });

  it('chooses nobody where removal is off', () => {
    const off = plan({ ...idle(2), rules: { removalMode: 'off' } });
    expect(off.action.kind).to.equal('none');
    expect(off.sentence).to.equal('a surplus of 2 stays: removal is off');
  });

  it('R2: pods that never started go first, and are not mixed with workers', () => {
    const mixed = { workers: workers(1, 2), pods: [...pods(1, 2), pendingPod(3), pendingPod(4, { scheduled: false })] };
    expect(next({ ...mixed, desired: 1 })).to.equal('choose w-4 w-3');
    expect(next({ ...mixed, desired: 3 })).to.equal('choose w-4');
  });

  it('R2: a pod that never started is chosen though no idle worker is spare', () => {
    const mixed = { workers: [worker(1)], pods: [pod(1), pendingPod(2)] };
    expect(next({ ...mixed, spareIdleWorkers: 0 })).to.equal('choose w-2');
  });

  it('R14: pods on their way are not cancelled while executors wait for them', () => {
    const three = { workers: [worker(1)], pods: [pod(1), ...[2, 3, 4].map((n) => pendingPod(n))], spareIdleWorkers: 0 };
    expect(next({ ...three, spareArrivingWorkers: 3 })).to.equal('choose w-2 w-3 w-4');
    expect(next({ ...three, spareArrivingWorkers: 1 })).to.equal('choose w-2');
    expect(next({ ...three, spareArrivingWorkers: 0 })).to.equal('none');
  });

  it('tells how many of those that could go are free: not those that the missing executors need', () => {
    const some = { workers: [...workers(1, 3), busyWorker(4)], pods: [...pods(1, 4), pendingPod(5), pendingPod(6)] };
    const { report } = plan({ ...some, spareIdleWorkers: 2, spareArrivingWorkers: 1 });
    expect(report.standings).to.include({ unstarted: 2, idle: 3 });
    expect(report.free).to.equal(2 + 1);
  });

  it('R14: who was chosen on its way is released once executors wait for it, and the others go on', () => {
    const chosen = [2, 3].map((n) => pendingPod(n, { chosenAtEpochMs: LONG_AGO, deletionCost: CHOSEN_COST }));
    const list = [pod(1), ...chosen, pendingPod(4)];
    const parts = { workers: [worker(1)], pods: list, spareIdleWorkers: 0 };
    expect(next({ ...parts, spareArrivingWorkers: 2 })).to.equal('shrink 4 to 2 by w-2 w-3');
    expect(next({ ...parts, spareArrivingWorkers: 1 })).to.equal('release w-3');
    expect(next({ ...parts, spareArrivingWorkers: 0 })).to.equal('release w-2 w-3');
  });

  it('R24: pods on their way to a node that goes are room for nobody', () => {
    const list = [pod(1), pendingPod(2), pendingPod(3, { disruption: 'node n-3 is cordoned' })];
    const parts = { workers: [worker(1)], pods: list, spareIdleWorkers: 0 };
    expect(next({ ...parts, spareArrivingWorkers: 0 })).to.equal('choose w-3');
    expect(next({ ...parts, spareArrivingWorkers: 1 })).to.equal('choose w-3');
    expect(next({ ...parts, spareArrivingWorkers: 2 })).to.equal('choose w-3 w-2');
  });

  it('R14: replicas that do not exist are not cancelled while executors wait for them', () => {
    const missing = { workers: [busyWorker(1)], pods: [pod(1)], planned: 5, desired: 1 };
    expect(next({ ...missing, spareArrivingWorkers: 4 })).to.equal('cancel-unfilled 5 to 1');
    expect(next({ ...missing, spareArrivingWorkers: 3 })).to.equal('cancel-unfilled 5 to 2');
    expect(next({ ...missing, spareArrivingWorkers: 0 })).to.equal('none');
  });

  it('counts the reasons why pods are kept', () => {
    const { report } = plan({ workers: [busyWorker(1), busyWorker(2), worker(3)], pods: pods(1, 4), desired: 4 });
    expect(Object.fromEntries(report.kept)).to.deep.equal({
      'it holds executors': 2,
      'no worker of this pod is in the master’s list: unknown, not free': 1,
    });
  });
});

describe('removal: R14: what is asked for but does not exist', () => {
  it('R14: is cancelled first, before any worker is chosen', () => {
    expect(next({ ...idle(3), planned: 5, desired: 1 })).to.equal('cancel-unfilled 5 to 3');
  });

  it('R14: is cancelled no further than is too many', () => {
    expect(next({ ...idle(3), planned: 9, desired: 7 })).to.equal('cancel-unfilled 9 to 7');
  });

  it('R14: is cancelled before the workers that were chosen go on', () => {
    const chosen = { workers: workers(1, 2), pods: [chosenPod(1), pod(2)] };
    expect(next({ ...chosen, planned: 4, desired: 1 })).to.equal('cancel-unfilled 4 to 2');
  });

  it('R14: is cancelled where removal is off, since nobody goes', () => {
    expect(next({ ...idle(3), planned: 5, desired: 1, rules: { removalMode: 'off' } })).to.equal(
      'cancel-unfilled 5 to 3',
    );
  });

  it('R14: counts the pods the controller knows of, where the list lags', () => {
    expect(next({ ...idle(3), planned: 5, existingPods: 4, desired: 1 })).to.equal('cancel-unfilled 5 to 4');
    expect(next({ ...idle(3), planned: 5, existingPods: 5, desired: 4 })).to.equal('choose w-1');
  });

  it('R14: is not cancelled while something blocks a shrink', () => {
    expect(next({ ...idle(3), planned: 5, desired: 1, blockers: ['why'] })).to.equal('none');
  });

  it('R14: workers that are not pods of our target are never chosen, and keep none of ours from going', () => {
    const foreign = [worker(7), worker(8)];
    const foreignPods = [pod(7, { ownerUid: 'other' }), pod(8, { ownerUid: undefined })];
    expect(next({ workers: foreign, pods: foreignPods, planned: 0 })).to.equal('none');
    expect(next({ workers: [worker(1), ...foreign], pods: [pod(1), ...foreignPods], planned: 1 })).to.equal(
      'choose w-1',
    );
  });
});

describe('removal: what blocks a shrink', () => {
  it('keeps the surplus and says why', () => {
    const blocked = plan({ ...idle(3), blockers: ['the master is RECOVERING', 'the pods are unknown: x'] });
    expect(blocked.action.kind).to.equal('none');
    expect(blocked.sentence).to.equal('a surplus of 3 stays: the master is RECOVERING; the pods are unknown: x');
  });

  it('releases who was chosen, since the way back is still open', () => {
    const chosen = { workers: workers(1, 2), pods: [chosenPod(1), pod(2)] };
    const blocked = plan({ ...chosen, blockers: ['why'] });
    expect(blocked.action).to.deep.equal({ kind: 'release', pods: [chosenPod(1)] });
    expect(blocked.sentence).to.equal('w-1 are released: why');
  });
});

describe('removal: chosen pods', () => {
  const two = { workers: workers(1, 3), pods: [chosenPod(1), chosenPod(2), pod(3)] };

  it('are released when they are wanted again', () => {
    const wanted = plan({ ...two, desired: 3 });
    expect(wanted.action).to.deep.include({ kind: 'release', pods: [chosenPod(1), chosenPod(2)] });
    expect(wanted.sentence).to.equal('w-1, w-2 are released: they are wanted again');
  });

  it('are released as far as they are wanted again', () => {
    expect(next({ ...two, desired: 2 })).to.equal('release w-2');
    expect(next({ ...two, spareIdleWorkers: 1 })).to.equal('release w-2');
    expect(next({ ...two, spareIdleWorkers: 0 })).to.equal('release w-1 w-2');
  });

  it('R16: are released when work was given to them before the mark', () => {
    const raced = { ...two, workers: [busyWorker(1), ...workers(2, 3)] };
    expect(next({ ...raced, desired: 1 })).to.equal('release w-1');
  });

  it('go on without one that is released, also where fewer are to go', () => {
    const raced = { ...two, workers: [busyWorker(1), ...workers(2, 3)] };
    expect(next({ ...raced, desired: 2 })).to.equal('release w-1');
  });

  it('are released when removal is switched off', () => {
    expect(next({ ...two, rules: { removalMode: 'off' } })).to.equal('release w-1 w-2');
  });

  it('are reported as on their way', () => {
    expect(plan({ ...two, desired: 3 }).leaving).to.deep.equal([
      { name: 'w-1', phase: 'chosen', note: 'not yet marked' },
      { name: 'w-2', phase: 'chosen', note: 'not yet marked' },
    ]);
  });

  it('hold up the choice of more', () => {
    const waiting = { ...two, selves: new Map() };
    expect(next({ ...waiting, desired: 0 })).to.equal('none');
  });
});

describe('removal: R16: mark before count', () => {
  const chosen = { workers: workers(1, 3), pods: [chosenPod(1), chosenPod(2), pod(3)], desired: 1 };

  it('R16: idle chosen workers are marked at the master, and the count is not touched', () => {
    const marked = plan(chosen);
    expect(marked.action).to.deep.equal({
      kind: 'mark',
      pods: [chosenPod(1), chosenPod(2)],
      hosts: ['10.0.0.1', '10.0.0.2'],
    });
    expect(marked.sentence).to.equal('w-1, w-2 are marked at the master: 2 idle');
  });

  it('R16: the mark needs no settle time, the count does', () => {
    const justNow = { ...chosen, pods: [chosenPod(1, { chosenAtEpochMs: NOW_EPOCH_MS }), pod(2), pod(3)] };
    expect(next(justNow)).to.equal('mark w-1');
  });

  it('R16: a master that was not tried yet is tried', () => {
    expect(next({ ...chosen, markAbility: 'untried' })).to.equal('mark w-1 w-2');
  });

  it('R16: the host is sent as the master prints it', () => {
    const host = '[FD00::1]';
    const input = { workers: [worker(1, { host })], pods: [chosenPod(1, { addresses: ['fd00::1'] })] };
    expect(plan(input).action).to.deep.include({ kind: 'mark', hosts: [host] });
  });

  it('R3: nobody is marked whose own page does not prove it empty', () => {
    const selves = new Map([
      ['worker-1', reading(workerSelf(1, { executorCount: 1 }))],
      ['worker-2', reading(workerSelf(2))],
    ]);
    expect(next({ ...chosen, selves })).to.equal('mark w-2');
  });

  it('R3: nobody is marked where no page is known, and the reason is said', () => {
    const selves = new Map([['worker-1', unknown('timeout')]]);
    const waiting = plan({ ...chosen, selves });
    expect(waiting.action.kind).to.equal('none');
    expect(waiting.sentence).to.equal('chosen workers wait: its own page is not known: timeout');
  });
});

describe('removal: R16: where the master marks nobody', () => {
  const ago = (ms: number) => ({ chosenAtEpochMs: NOW_EPOCH_MS - ms });
  const chosen = { workers: workers(1, 3), desired: 1, markAbility: 'refused' as const };
  const all = [chosenPod(1), chosenPod(2), pod(3)];
  const one = [chosenPod(1), pod(2), pod(3)];

  it('R16: one is chosen at a time', () => {
    expect(next({ ...idle(4), markAbility: 'refused' })).to.equal('choose w-1');
  });

  it('R16: of two that were chosen before the master refused, one is released: with one cost nobody knows who goes', () => {
    expect(next({ ...chosen, pods: all })).to.equal('release w-2');
  });

  it('R16: the count goes down by one, without a mark', () => {
    const lowered = plan({ ...chosen, pods: one });
    expect(lowered.action).to.deep.equal({ kind: 'resize', direction: 'shrink', from: 3, to: 2, victims: [one[0]] });
    expect(lowered.sentence).to.equal(
      'w-1: idle at both looks, the master marks no workers; the count goes from 3 to 2',
    );
  });

  it('R16: two looks lie at least the settle time apart', () => {
    const rules = { settleMs: 2_000 };
    const early = plan({ ...chosen, rules, pods: [chosenPod(1, ago(1_999)), pod(2), pod(3)] });
    expect(early.action.kind).to.equal('none');
    expect(early.sentence).to.equal('waiting for a second look: it was chosen too recently');
    expect(next({ ...chosen, rules, pods: [chosenPod(1, ago(2_000)), pod(2), pod(3)] })).to.equal(
      'shrink 3 to 2 by w-1',
    );
  });

  it('R16: the second look is five times as long after a wrong victim', () => {
    const late = (ms: number) => ({ ...chosen, holdBack: true, pods: [chosenPod(1, ago(ms)), pod(2), pod(3)] });
    expect(next(late(9_999))).to.equal('none');
    expect(next(late(10_000))).to.equal('shrink 3 to 2 by w-1');
  });

  it('R16: the second look is at the worker’s own page as well', () => {
    const selves = new Map([['worker-1', reading(workerSelf(1, { used: resources(1, 1024) }))]]);
    const waiting = plan({ ...chosen, pods: [chosenPod(1), pod(2), pod(3)], selves });
    expect(waiting.action.kind).to.equal('none');
    expect(waiting.sentence).to.equal('waiting for a second look: its own page still shows cores or memory in use');
  });

  it('R16: one that the second look shows in use is released', () => {
    const raced = { ...chosen, workers: [busyWorker(1), ...workers(2, 3)], pods: [chosenPod(1), pod(2), pod(3)] };
    expect(next(raced)).to.equal('release w-1');
  });

  it('R22: the count is not lowered where the controller might take another pod: a lower cost comes first', () => {
    const list = [chosenPod(1), pod(2, { deletionCost: -2_000_000 }), pod(3)];
    expect(plan({ ...chosen, pods: list }).action).to.deep.equal({ kind: 'choose', pods: [list[0]], cost: -2_000_001 });
    expect(next({ ...chosen, pods: [chosenPod(1), pod(2), pod(3, { ready: false })] })).to.equal('none');
  });

  it('R22: the count is not lowered while pods are still missing or still to go', () => {
    expect(next({ ...chosen, pods: one, planned: 4, existingPods: 4, desired: 2 })).to.equal('none');
    expect(next({ ...chosen, pods: one, planned: 2, desired: 1 })).to.equal('none');
  });
});

describe('removal: pods that never started', () => {
  const settled = { chosenAtEpochMs: LONG_AGO, deletionCost: CHOSEN_COST };
  const base = { workers: workers(1, 2), desired: 2 };

  it('go with the count once they are settled, without a mark', () => {
    const list = [...pods(1, 2), pendingPod(3, settled), pendingPod(4, settled)];
    expect(next({ ...base, pods: list })).to.equal('shrink 4 to 2 by w-3 w-4');
    expect(next({ ...base, pods: list, desired: 3 })).to.equal('release w-4');
  });

  it('R22: go one at a time after a wrong victim; of two already chosen one is released', () => {
    const list = [...pods(1, 2), pendingPod(3, settled), pendingPod(4, settled)];
    expect(next({ ...base, pods: list, holdBack: true })).to.equal('release w-4');
    const after = [...pods(1, 2), pendingPod(3, settled), pod(4, { ready: false })];
    expect(next({ ...base, pods: after, holdBack: true })).to.equal('shrink 4 to 3 by w-3');
  });

  it('wait for the settle time', () => {
    const list = [...pods(1, 2), pendingPod(3, { ...settled, chosenAtEpochMs: NOW_EPOCH_MS - 1_999 })];
    const waiting = plan({ ...base, pods: list });
    expect(waiting.action.kind).to.equal('none');
    expect(waiting.sentence).to.equal('w-3 never started; waiting until they are first to go');
  });

  it('R22: wait while another pod would go before them', () => {
    const list = [...pods(1, 2), pendingPod(3, settled), pendingPod(4, { scheduled: false })];
    expect(next({ ...base, pods: list, desired: 3 })).to.equal('none');
  });

  it('R2: are released once they have started', () => {
    expect(next({ ...base, pods: [...pods(1, 2), pod(3, settled)] })).to.equal('release w-3');
  });

  it('R2: are released where they were seen Ready before, by whatever phase they show', () => {
    const memory = {
      ...NEW_REMOVAL_MEMORY,
      seenReady: new Set(['uid-3']),
      decommissionedAtMs: new Map<string, number>(),
    };
    expect(next({ ...base, pods: [...pods(1, 2), pendingPod(3, settled)], memory })).to.equal('release w-3');
  });
});
