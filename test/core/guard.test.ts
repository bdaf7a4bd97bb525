import { expect } from 'chai';
import {
  masterUnseen,
  NEW_GUARD_MEMORY,
  shrinkBlockers,
  unregisteredReadyPods,
  watchMaster,
  type GuardMemory,
} from '../../src/core/guard.ts';
import type { MasterView } from '../../src/core/spark-view.ts';
import { application, fleet, master, NOW_MS, pendingPod, pod, pods, worker, workers } from './support/builders.ts';

const HOLD_MS = 60_000;

/** The daemon has seen this master, and suspects nothing. */
function trusting(seen: MasterView = master()): GuardMemory {
  const lastSeen = {
    url: seen.url,
    applicationIds: seen.applications.map(({ id }) => id),
    completedIds: seen.completedApplicationIds,
  };
  return { lastSeen, suspicion: undefined, registeredSinceMs: undefined };
}

/** Three Ready pods, their workers all registered. */
const WHOLE = fleet(workers(1, 3), pods(1, 3));
/** The same with one worker missing. */
const PARTIAL = fleet(workers(1, 2), pods(1, 3));

function watch(memory: GuardMemory, seen: MasterView, atSec = 0, registered = WHOLE, podsKnown = true): GuardMemory {
  return watchMaster(memory, seen, registered, NOW_MS + atSec * 1_000, HOLD_MS, podsKnown);
}

const apps = (...ids: string[]) => ids.map((id) => application(id));

describe('guard: signs of a restart', () => {
  const before = master({ applications: apps('a', 'b'), completedApplicationIds: ['x', 'y'] });
  const signs = [
    {
      name: 'R1: a change of the master’s identity',
      now: { ...before, url: 'spark://other:7077' },
      suspicion: "the master's identity changed from spark://master:7077 to spark://other:7077",
    },
    {
      name: 'R1: an application that is gone though its end was not seen',
      now: { ...before, applications: apps('b') },
      suspicion: '1 applications vanished without an end being seen',
    },
    {
      name: 'R1: an application in the place of one whose end was not seen',
      now: { ...before, applications: apps('a', 'c') },
      suspicion: '1 applications vanished without an end being seen',
    },
    {
      name: 'R1: every application gone at once, and the completed ones too',
      now: { ...before, applications: [], completedApplicationIds: [] },
      suspicion: '2 applications vanished without an end being seen',
    },
    {
      name: 'R1: all completed applications forgotten',
      now: { ...before, completedApplicationIds: [] },
      suspicion: 'the completed applications were forgotten',
    },
    {
      name: 'R1: other completed applications in the place of all that were known',
      now: { ...before, completedApplicationIds: ['z'] },
      suspicion: 'the completed applications were forgotten',
    },
    {
      name: 'R1: as many other completed applications in the place of all that were known',
      now: { ...before, completedApplicationIds: ['v', 'w'] },
      suspicion: 'the completed applications were forgotten',
    },
  ];
  for (const { name, now, suspicion } of signs) {
    it(`${name} raises suspicion`, () => {
      expect(watch(trusting(before), now)).to.include({ suspicion, registeredSinceMs: NOW_MS });
    });
  }

  const usual = [
    { name: 'nothing changed', now: before },
    {
      name: 'an application ended',
      now: { ...before, applications: apps('b'), completedApplicationIds: ['x', 'y', 'a'] },
    },
    { name: 'an application came', now: { ...before, applications: apps('a', 'b', 'c') } },
    { name: 'the oldest completed one was dropped', now: { ...before, completedApplicationIds: ['y'] } },
  ];
  for (const { name, now } of usual) {
    it(`suspects nothing where ${name}`, () => {
      expect(watch(trusting(before), now)).to.deep.equal(trusting(now));
    });
  }

  it('suspects nothing where an idle master stays idle', () => {
    expect(watch(trusting(), master()).suspicion).to.equal(undefined);
  });

  it('R1: compares with the last look, not with the first', () => {
    const second = watch(trusting(before), { ...before, applications: apps('a', 'b', 'c') });
    expect(watch(second, before).suspicion).to.equal('1 applications vanished without an end being seen');
  });
});

describe('guard: lifting the suspicion', () => {
  it('R1: a daemon that has just started trusts the master after one hold in which every Ready pod is registered', () => {
    const first = watch(NEW_GUARD_MEMORY, master());
    expect(first.suspicion).to.equal('the daemon has just started and has not seen the master before');
    const justBefore = watch(first, master(), 59.999);
    expect(justBefore.suspicion).to.not.equal(undefined);
    expect(watch(justBefore, master(), 60)).to.deep.equal(trusting());
  });

  it('R1: the hold begins only when the last Ready pod has registered', () => {
    const waiting = watch(NEW_GUARD_MEMORY, master(), 0, PARTIAL);
    expect(waiting.registeredSinceMs).to.equal(undefined);
    const whole = watch(waiting, master(), 100);
    expect(watch(whole, master(), 159.999).suspicion).to.not.equal(undefined);
    expect(watch(whole, master(), 160).suspicion).to.equal(undefined);
  });

  it('R1: the hold begins anew when a Ready pod is missing again', () => {
    const whole = watch(NEW_GUARD_MEMORY, master());
    const missing = watch(whole, master(), 30, PARTIAL);
    expect(missing.registeredSinceMs).to.equal(undefined);
    expect(missing.suspicion).to.equal(NEW_GUARD_MEMORY.suspicion);
    expect(watch(watch(missing, master(), 31), master(), 60).suspicion).to.not.equal(undefined);
  });

  it('R1: the hold begins anew with a second sign', () => {
    const before = master({ applications: apps('a') });
    const first = watch(watch(trusting(before), master()), before, 30);
    const second = watch(first, master(), 40);
    expect(second.registeredSinceMs).to.equal(NOW_MS + 40_000);
    expect(watch(second, master(), 99).suspicion).to.equal('1 applications vanished without an end being seen');
    expect(watch(second, master(), 100).suspicion).to.equal(undefined);
  });

  it('R1: a new sign is what is named from then on', () => {
    const started = watch(NEW_GUARD_MEMORY, master({ applications: apps('a') }));
    expect(watch(started, master(), 1).suspicion).to.equal('1 applications vanished without an end being seen');
  });

  it('R1: no time counts while the pods are unknown', () => {
    const blind = watch(NEW_GUARD_MEMORY, master(), 0, WHOLE, false);
    expect(blind.registeredSinceMs).to.equal(undefined);
    expect(watch(blind, master(), 60).suspicion).to.not.equal(undefined);
  });

  it('trusts a fleet without pods after a hold', () => {
    const none = fleet([], []);
    const first = watch(NEW_GUARD_MEMORY, master(), 0, none);
    expect(watch(first, master(), 60, none).suspicion).to.equal(undefined);
  });

  it('R1: an old suspicion is not overwritten by looks without a sign', () => {
    const before = master({ applications: apps('a') });
    const suspicious = watch(trusting(before), master());
    expect(watch(suspicious, master(), 10).suspicion).to.equal(suspicious.suspicion);
  });
});

describe('guard: a master out of sight', () => {
  it('R1: may come back as another one', () => {
    const unseen = masterUnseen(trusting());
    expect(unseen).to.deep.equal({
      lastSeen: undefined,
      suspicion: 'the master could not be seen for a while',
      registeredSinceMs: undefined,
    });
    const back = watch(unseen, master(), 0);
    expect(watch(back, master(), 59).suspicion).to.equal('the master could not be seen for a while');
    expect(watch(back, master(), 60).suspicion).to.equal(undefined);
  });

  it('R1: a hold that had begun is over, and the reason stays the first one', () => {
    const memory = { ...NEW_GUARD_MEMORY, registeredSinceMs: NOW_MS };
    expect(masterUnseen(memory)).to.deep.equal(NEW_GUARD_MEMORY);
  });
});

describe('guard: Ready pods that are not registered', () => {
  it('R2: are named; pods that are not Ready are none', () => {
    const partial = fleet([worker(1)], [pod(1), pod(2), pendingPod(3), pod(4, { ready: false })]);
    expect(unregisteredReadyPods(partial)).to.deep.equal(['w-2']);
  });

  it('R2: a worker the master calls DEAD does not count as registered', () => {
    expect(unregisteredReadyPods(fleet([worker(1, { state: 'DEAD' })], [pod(1)]))).to.deep.equal(['w-1']);
  });
});

describe('guard: what forbids a shrink', () => {
  const cases: readonly (readonly [string, Partial<MasterView>, readonly string[]])[] = [
    ['nothing', { workers: workers(1, 3), applications: apps('a') }, []],
    ['a master that recovers', { status: 'RECOVERING' }, ['the master is RECOVERING']],
    [
      'workers that are UNKNOWN to the master',
      { workers: [worker(1), worker(2, { state: 'UNKNOWN' }), worker(3, { state: 'UNKNOWN' })] },
      ['2 workers are UNKNOWN to the master (recovery)'],
    ],
    [
      'applications that are UNKNOWN to the master',
      { applications: [application('a', { state: 'UNKNOWN' }), application('b', { state: 'WAITING' })] },
      ['1 applications are UNKNOWN to the master (recovery)'],
    ],
  ];
  for (const [name, more, expected] of cases) {
    it(name, () => {
      expect(shrinkBlockers(trusting(), master(more), WHOLE)).to.deep.equal(expected);
    });
  }

  it('R1: a suspicion, with what is waited for', () => {
    const memory = { ...trusting(), suspicion: 'why' };
    expect(shrinkBlockers(memory, master(), PARTIAL)).to.deep.equal([
      'the master may have restarted (why): waiting for w-3 to register',
    ]);
    expect(shrinkBlockers(memory, master(), WHOLE)).to.deep.equal([
      'the master may have restarted (why): waiting for one hold more',
    ]);
  });

  it('all reasons at once', () => {
    const seen = master({
      status: 'STANDBY',
      workers: [worker(1, { state: 'UNKNOWN' })],
      applications: [application('a', { state: 'UNKNOWN' })],
    });
    expect(shrinkBlockers(NEW_GUARD_MEMORY, seen, WHOLE)).to.have.lengthOf(4);
  });
});
