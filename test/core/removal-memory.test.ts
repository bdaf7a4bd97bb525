/** What is remembered of pods from one pass to the next. */
import { expect } from 'chai';
import {
  NEW_REMOVAL_MEMORY,
  newestCostMs,
  rememberEmpty,
  rememberPods,
  type RemovalMemory,
} from '../../src/core/removal-memory.ts';
import type { RemovalPhase, RemovalPlan } from '../../src/core/removal.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { busyWorker, fleet, NOW_EPOCH_MS, NOW_MS, pendingPod, pod, pods, worker } from './support/builders.ts';

const gone = (n: number): WorkerView => worker(n, { state: 'DECOMMISSIONED' });

describe('removal: what is remembered', () => {
  it('is who was ever seen Ready, and only of pods that exist', () => {
    const first = rememberPods(NEW_REMOVAL_MEMORY, fleet([], [pod(1), pod(2), pendingPod(3)]), NOW_MS);
    expect([...first.seenReady]).to.deep.equal(['uid-1', 'uid-2']);
    const second = rememberPods(first, fleet([], [pendingPod(1), pendingPod(3)]), NOW_MS);
    expect([...second.seenReady]).to.deep.equal(['uid-1']);
  });

  it('is in which pods more than one worker was seen, until their containers are started again', () => {
    const twins = [worker(1), worker(1, { id: 'twin' }), worker(2)];
    const first = rememberPods(NEW_REMOVAL_MEMORY, fleet(twins, pods(1, 2)), NOW_MS);
    expect([...first.shared]).to.deep.equal([['uid-1', 0]]);
    const second = rememberPods(first, fleet([worker(1), worker(2)], pods(1, 2)), NOW_MS);
    expect([...second.shared]).to.deep.equal([['uid-1', 0]]);
    const again = rememberPods(second, fleet([worker(1), worker(2)], [pod(1, { restarts: 1 }), pod(2)]), NOW_MS);
    expect([...again.shared]).to.deep.equal([]);
  });

  it('is since when the last of all costs has been what it is, of each list of costs', () => {
    const costs = (...sinceMs: readonly number[]): RemovalMemory['costs'] =>
      new Map(sinceMs.map((since, nth) => [`uid-${nth}`, { cost: 0, sinceMs: since }]));
    expect([costs(5, 9, 7), costs(3), costs()].map(newestCostMs)).to.deep.equal([9, 3, -Infinity]);
  });

  it('is when a worker was first seen DECOMMISSIONED, until it is not any more', () => {
    const list = pods(1, 2);
    const first = rememberPods(NEW_REMOVAL_MEMORY, fleet([gone(1), worker(2)], list), NOW_MS);
    expect([...first.decommissionedAtMs]).to.deep.equal([['uid-1', NOW_MS]]);
    const second = rememberPods(first, fleet([gone(1), gone(2)], list), NOW_MS + 5);
    expect([...second.decommissionedAtMs]).to.deep.equal([
      ['uid-1', NOW_MS],
      ['uid-2', NOW_MS + 5],
    ]);
    const third = rememberPods(second, fleet([worker(1), gone(2)], list), NOW_MS + 9);
    expect([...third.decommissionedAtMs]).to.deep.equal([['uid-2', NOW_MS + 5]]);
    const fourth = rememberPods(third, fleet([worker(1), worker(2)], list), NOW_MS + 12);
    expect([...fourth.decommissionedAtMs]).to.deep.equal([]);
    expect(rememberPods(fourth, fleet([worker(1), worker(2)], list), NOW_MS + 15), 'nothing new').to.equal(fourth);
  });

  it('is since when work is booked on one that was to be marked, until it is not to go any more', () => {
    const marked = pod(1, { markedAtEpochMs: NOW_EPOCH_MS });
    const first = rememberPods(NEW_REMOVAL_MEMORY, fleet([busyWorker(1)], [marked]), NOW_MS);
    expect([...first.bookedAtMs]).to.deep.equal([['uid-1', NOW_MS]]);
    const second = rememberPods(first, fleet([busyWorker(1)], [pod(1)]), NOW_MS + 5);
    expect([...second.bookedAtMs]).to.deep.equal([]);
  });

  it('is since when those on their way out have been known to be empty, for as long as they are', () => {
    const leaving = (...phases: readonly RemovalPhase[]): RemovalPlan['leaving'] =>
      phases.map((phase, nth) => ({ name: `w-${nth + 1}`, phase, note: '' }));
    const first = rememberEmpty(NEW_REMOVAL_MEMORY, leaving('empty', 'draining', 'late'), NOW_MS);
    expect([...first.emptySinceMs]).to.deep.equal([['w-1', NOW_MS]]);
    const second = rememberEmpty(first, leaving('empty', 'empty'), NOW_MS + 5);
    expect([...second.emptySinceMs]).to.deep.equal([
      ['w-1', NOW_MS],
      ['w-2', NOW_MS + 5],
    ]);
    const third = rememberEmpty(second, leaving('draining', 'empty'), NOW_MS + 9);
    expect([...third.emptySinceMs]).to.deep.equal([['w-2', NOW_MS + 5]]);
    const fourth = rememberEmpty(third, [], NOW_MS + 9);
    expect([...fourth.emptySinceMs]).to.deep.equal([]);
    expect(rememberEmpty(fourth, [], NOW_MS + 9), 'nothing new').to.equal(fourth);
  });
});
