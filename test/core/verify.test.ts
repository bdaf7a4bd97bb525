import { expect } from 'chai';
import { expect as expectShrink, VERIFY_DEADLINE_MS, verify, withoutPods } from '../../src/core/verify.ts';
import type { PodView } from '../../src/core/cluster-view.ts';
import { NOW_MS, pendingPod, pod, pods } from './support/builders.ts';

const ALL = pods(1, 4);
/** Pods w-1 and w-2 of four were chosen. */
const EXPECTATION = expectShrink(ALL, ALL.slice(0, 2), NOW_MS);
const ending = (n: number): PodView => pod(n, { terminating: true });

/** What the pod list shows `afterMs` after the shrink. */
function look(list: readonly PodView[], afterMs = 1_000, takenAfterMs = afterMs) {
  const { pending, wrongVictims, notGone } = verify(EXPECTATION, list, NOW_MS + takenAfterMs, NOW_MS + afterMs);
  return { over: pending === undefined, wrongVictims, notGone };
}

describe('verify: after a shrink', () => {
  it('remembers who was chosen, and everybody who was not ending already', () => {
    const expectation = expectShrink([pod(1), pod(2), ending(3)], [pod(1)], NOW_MS);
    expect(expectation).to.deep.equal({
      atMs: NOW_MS,
      chosen: ['uid-1'],
      before: new Map([
        ['uid-1', 'w-1'],
        ['uid-2', 'w-2'],
      ]),
    });
  });

  const cases = [
    { name: 'is content when the chosen pods are gone', list: pods(3, 4), over: true },
    { name: 'is content when the chosen pods are ending', list: [ending(1), ending(2), ...pods(3, 4)], over: true },
    { name: 'waits while no chosen pod has gone', list: ALL, over: false },
    { name: 'waits while one of the chosen pods is left', list: [ending(1), ...pods(2, 4)], over: false },
    { name: 'does not mind new pods', list: pods(3, 9), over: true },
  ];
  for (const { name, list, over } of cases) {
    it(name, () => {
      expect(look(list)).to.deep.equal({ over, wrongVictims: [], notGone: [] });
    });
  }

  it('R22: names a pod that went though it was not chosen', () => {
    expect(look([ending(1), pod(2), pod(3)])).to.deep.equal({ over: true, wrongVictims: ['w-4'], notGone: ['w-2'] });
  });

  it('R22: a pod that is ending though it was not chosen has gone just as well', () => {
    expect(look([ending(3), ...pods(1, 2), pod(4)])).to.deep.include({ wrongVictims: ['w-3'] });
  });

  it('R2: a pod that had not started is nobody’s victim, unless it was chosen', () => {
    const all = [pendingPod(1), pendingPod(2), pendingPod(3, { restarts: 1 }), pod(4)];
    const expectation = expectShrink(all, all.slice(0, 1), NOW_MS);
    const after = (...left: readonly PodView[]) =>
      verify(expectation, left, NOW_MS + 1_000, NOW_MS + VERIFY_DEADLINE_MS);
    const [, , third = pod(3), fourth = pod(4)] = all;
    expect(after(pod(1), third, fourth)).to.deep.include({ wrongVictims: [], notGone: ['w-1'] });
    expect(after(pendingPod(2), fourth).wrongVictims, 'its container ran before').to.deep.equal(['w-3']);
  });

  it('R22: the annotation on the pod does not matter: one that lost it after the shrink is still known as chosen', () => {
    const list = [pod(2, { chosenAtEpochMs: undefined, deletionCost: 0 }), pod(3)];
    expect(look(list)).to.deep.equal({ over: true, wrongVictims: ['w-4'], notGone: ['w-2'] });
  });

  it('R22: a chosen pod whose place was taken by a fresh one of the same name has gone', () => {
    expect(look([pod(1, { uid: 'fresh' }), pod(2, { uid: 'fresher' }), ...pods(3, 4)]).over).to.equal(true);
  });

  it('R22: a list from before the shrink, or from the same moment, proves nothing', () => {
    for (const takenAfterMs of [-1, 0]) {
      expect(look([], 60_000, takenAfterMs)).to.deep.equal({ over: false, wrongVictims: [], notGone: [] });
    }
    expect(look([], 60_000, 1).wrongVictims).to.deep.equal(['w-3', 'w-4']);
  });

  it('waits for the chosen pods until the deadline, then names those that are left', () => {
    const list = [ending(1), ...pods(2, 4)];
    expect(look(list, VERIFY_DEADLINE_MS - 1).over).to.equal(false);
    expect(look(list, VERIFY_DEADLINE_MS)).to.deep.equal({ over: true, wrongVictims: [], notGone: ['w-2'] });
  });

  it('names a chosen pod by its UID where it was not in the list at the time', () => {
    const unseen = expectShrink([], [pod(7)], NOW_MS);
    expect(verify(unseen, [pod(7)], NOW_MS + VERIFY_DEADLINE_MS, NOW_MS + VERIFY_DEADLINE_MS).notGone).to.deep.equal([
      'uid-7',
    ]);
  });
});

describe('verify: pods deleted by UID meanwhile', () => {
  it('R22: are nobody’s wrong victims', () => {
    const expectation = withoutPods(EXPECTATION, [pod(4)]);
    expect(expectation).to.not.equal(undefined);
    const checked = verify(expectation!, [pod(3)], NOW_MS + 1, NOW_MS + 1);
    expect(checked).to.deep.equal({ pending: undefined, wrongVictims: [], notGone: [] });
  });

  it('R22: do not hide another pod that went', () => {
    const checked = verify(withoutPods(EXPECTATION, [pod(4)])!, [], NOW_MS + 1, NOW_MS + 1);
    expect(checked.wrongVictims).to.deep.equal(['w-3']);
  });

  it('change nothing where no shrink is being verified', () => {
    expect(withoutPods(undefined, [pod(1)])).to.equal(undefined);
  });
});
