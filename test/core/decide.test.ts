/**
 * The stages together, from an observation to an action. What each stage does alone is in its own test; the original
 * policy, wrong victims and what is remembered are in decide-memory.test.ts.
 */
import { expect } from 'chai';
import { NEW_REMOVAL_MEMORY } from '../../src/core/removal-memory.ts';
import { decide } from '../../src/core/decide.ts';
import { NEW_CORE_MEMORY } from '../../src/core/decision.ts';
import { unknown } from '../../src/core/reading.ts';
import {
  applicationAsking,
  busyWorker,
  calmMemory,
  emptySelves,
  master,
  NOW_EPOCH_MS,
  NOW_MS,
  observation,
  pod,
  pods,
  reading,
  rules,
  target,
  worker,
  workers,
  type ObservationParts,
} from './support/builders.ts';
import { asking, decided, idle, outcome } from './support/decide-scenes.ts';
import { chosenPod, inWords, markedPod } from './support/removal-scenes.ts';

const STALE = { takenAtMs: NOW_MS - 3_001 };

describe('decide: growth', () => {
  it('asks for the workers that what is missing needs', () => {
    const grown = decided(asking(20, 2));
    expect(inWords(grown.action)).to.equal('grow 2 to 5');
    expect(grown).to.include({ reason: 'demand', wantedWorkers: 5, plannedWorkers: 2, observedWorkers: 2 });
    expect(grown.desiredWorkers).to.equal(5);
    expect(grown.sentence).to.equal('demand needs 5 workers, 2 serve; the count goes from 2 to 5');
  });

  it('goes no further than max', () => {
    expect(outcome(asking(20, 2), { maxWorkers: 4 })).to.equal('grow 2 to 4 (at-max)');
  });

  it('goes up to min', () => {
    expect(outcome(idle(1), { minWorkers: 3 })).to.equal('grow 1 to 3 (below-min)');
  });

  it('R1: happens right after the start, whatever is suspected of the master', () => {
    expect(outcome(asking(20, 2), {}, NEW_CORE_MEMORY)).to.equal('grow 2 to 5 (demand)');
  });

  it('R10: placed executors are not moved: what is missing may need a worker though there is room in the sum', () => {
    const big = applicationAsking(1, { id: 'big' }, { executorCores: 4 });
    const parts = { workers: workers(1, 2, { used: { cores: 2, memoryMiB: 1, custom: {} } }), pods: pods(1, 2) };
    expect(outcome({ ...parts, applications: [big] })).to.equal('grow 2 to 3 (demand)');
  });

  it('R11: happens on what is known while pods, another application or a worker’s page are unknown', () => {
    const parts = asking(20, 2);
    expect(outcome({ ...parts, podsReading: unknown('x'), planned: 2 })).to.match(/^grow 2 to 5/);
    const blind = { ...applicationAsking(0, { id: 'blind' }), gauges: unknown('x') };
    expect(outcome({ ...parts, applications: [...parts.applications!, blind] })).to.equal('grow 2 to 5 (demand)');
  });

  it('R12: waits neither for a spent budget nor for a shrink that is being verified', () => {
    const { policy } = calmMemory();
    const reversalsAtEpochMs = [1, 2, 3, 4].map((ms) => NOW_EPOCH_MS - ms);
    const expectation = { atMs: NOW_MS, chosen: ['uid-9'], before: new Map() };
    const memory = calmMemory({ policy: { ...policy, lastMove: 'shrink', reversalsAtEpochMs }, expectation });
    expect(outcome(asking(20, 2), {}, memory)).to.equal('grow 2 to 5 (demand)');
  });

  it('R14: counts workers of others as room, outside min and max', () => {
    const foreign = workers(11, 13);
    const parts = asking(20, 2);
    expect(outcome({ ...parts, workers: [...parts.workers!, ...foreign] })).to.equal('none (steady)');
    expect(outcome({ ...idle(1), workers: [worker(1), ...foreign] }, { minWorkers: 2 })).to.equal(
      'grow 1 to 2 (below-min)',
    );
    expect(outcome({ ...idle(2), workers: [...workers(1, 2), ...foreign] }, { maxWorkers: 2, minWorkers: 2 })).to.equal(
      'none (steady)',
    );
  });
});

describe('decide: growth while workers leave', () => {
  const draining = { state: 'DECOMMISSIONED' as const };
  /** One of three is on its way out and not empty; executors of three full workers are wanted. */
  const parts: ObservationParts = {
    workers: [busyWorker(1, draining), busyWorker(2), busyWorker(3)],
    pods: [markedPod(1), ...pods(2, 3)],
    applications: [applicationAsking(16, { grantedCores: 12 })],
  };

  it('asks for the new ones on top of those that leave', () => {
    expect(outcome(parts)).to.equal('grow 3 to 4 (demand)');
    expect(decided(parts).leaving).to.have.lengthOf(1);
  });

  it('R21: at max a worker that drains does not count, for as long as it is not late', () => {
    expect(outcome(parts, { maxWorkers: 3 })).to.equal('grow 3 to 4 (demand)');
    expect(outcome(parts, { maxWorkers: 3, drainDeadlineMs: 0 })).to.equal('none (demand)');
  });

  it('R21: at max the pods that are empty are replaced; the count stays', () => {
    const empty = { ...parts, workerSelves: emptySelves(1) };
    const settled = { maxWorkers: 3, settleMs: 0 };
    const seen = calmMemory({ removal: { ...NEW_REMOVAL_MEMORY, decommissionedAtMs: new Map([['uid-1', NOW_MS]]) } });
    expect(outcome(empty, settled, seen)).to.equal('replace w-1 (demand)');
  });

  it('R21: goes up to max first, and replaces then', () => {
    const empty = { ...parts, workerSelves: emptySelves(1) };
    expect(outcome(empty, { maxWorkers: 4, settleMs: 0 })).to.equal('grow 3 to 4 (demand)');
  });

  it('lowers no count that stands above max because of those that leave', () => {
    expect(outcome(parts, { maxWorkers: 2 })).to.equal('none (at-max)');
  });
});

describe('decide: shrinking', () => {
  it('chooses idle workers after the hold', () => {
    expect(outcome(idle(3), { minWorkers: 1 })).to.equal('choose w-1 w-2 (surplus)');
  });

  it('follows the removal through to the count', () => {
    const first = [pod(1), pod(2)];
    expect(outcome(idle(2, { pods: first }), { minWorkers: 1 })).to.equal('choose w-1 (surplus)');
    expect(outcome(idle(2, { pods: [chosenPod(1), pod(2)] }), { minWorkers: 1 })).to.equal('mark w-1 (surplus)');
    const gone = worker(1, { state: 'DECOMMISSIONED' });
    const marked = idle(2, { workers: [gone, worker(2)], pods: [markedPod(1), pod(2)] });
    expect(outcome(marked, { minWorkers: 1 })).to.equal('shrink 2 to 1 by w-1 (steady)');
  });

  it('R14: cancels what does not exist first', () => {
    expect(outcome(idle(2, { planned: 5 }))).to.equal('cancel-unfilled 5 to 2 (surplus)');
  });

  it('R14: workers that are not pods of our target are never victims, not even above max', () => {
    const theirs = pods(11, 13, { ownerUid: 'another' });
    const parts = { ...idle(0), workers: workers(11, 13), pods: theirs, planned: 1 };
    const only = { ...parts, targetReading: reading(target(1, { existingPods: 1 })) };
    expect(outcome(only, { maxWorkers: 0 })).to.equal('none (above-max)');
  });

  it('waits for the hold', () => {
    const { policy } = NEW_CORE_MEMORY;
    const memory = calmMemory({ policy: { ...policy, knownSinceMs: NOW_MS - 59_999 } });
    expect(outcome(idle(3), {}, memory)).to.equal('none (surplus-held)');
  });

  it('leaves idle workers alone that a waiting executor needs', () => {
    const parts = idle(3, { applications: [applicationAsking(8)] });
    expect(outcome(parts)).to.equal('choose w-1 (surplus)');
  });

  it('R1: a daemon that has just started shrinks nothing, and says why', () => {
    const policy = calmMemory().policy;
    const fresh = decided(idle(3), {}, { ...NEW_CORE_MEMORY, policy });
    expect(inWords(fresh.action)).to.equal('none');
    expect(fresh.blockers).to.deep.equal([
      'the master may have restarted (the daemon has just started and has not seen the master before): ' +
        'waiting for one hold more',
    ]);
  });

  it('R1: a master that forgot everything shrinks nothing, although zero is wanted', () => {
    const before = asking(8, 2);
    const { memory } = decide(observation(before), calmMemory(), rules());
    const policy = calmMemory().policy;
    const forgot = decided({ pods: pods(1, 2) }, {}, { ...memory, policy });
    expect(forgot.wantedWorkers).to.equal(0);
    expect(forgot.desiredWorkers).to.equal(0);
    expect(inWords(forgot.action)).to.equal('none');
    expect(forgot.blockers[0]).to.match(/1 applications vanished .*: waiting for w-1, w-2 to register$/);
  });

  it('R2: a Ready pod whose worker is in no list is never chosen', () => {
    expect(outcome(idle(2, { workers: [worker(1)] }))).to.equal('choose w-1 (surplus)');
  });

  it('R3: a pod whose worker runs a driver is never chosen', () => {
    const drivers = [{ id: 'd', state: 'RUNNING', needs: worker(1).used, workerId: 'worker-1' }];
    expect(outcome(idle(2, { drivers }))).to.equal('choose w-2 (surplus)');
  });

  it('R16: a master that marks nobody is given two looks', () => {
    const parts = idle(2, { pods: [chosenPod(1), pod(2)], markAbility: 'refused' });
    expect(outcome(parts, { minWorkers: 1 })).to.equal('shrink 2 to 1 by w-1 (surplus)');
  });
});

describe('decide: R11: order of wins', () => {
  const surplus = (more: ObservationParts): ObservationParts => idle(5, { planned: 5, ...more });
  const seen = master({ workers: workers(1, 5) });
  const blind = { ...applicationAsking(0), gauges: unknown('x') };
  const cases: readonly (readonly [string, ObservationParts])[] = [
    ['the master is unknown', { masterReading: unknown('x') }],
    ['the master’s answer is stale', { masterReading: reading(seen, STALE) }],
    ['the master stands by', { masterReading: reading({ ...seen, status: 'STANDBY' }) }],
    ['the master recovers', { masterReading: reading({ ...seen, status: 'RECOVERING' }) }],
    ['the target is unknown', { targetReading: unknown('x') }],
    ['the target’s answer is stale', { targetReading: reading(target(5), STALE) }],
    ['the pods are unknown', { podsReading: unknown('x') }],
    ['the pod list is stale', { podsReading: reading(pods(1, 5), STALE) }],
    ['the demand of an application is unknown', { applications: [blind] }],
    [
      'the demand of an application is stale',
      { applications: [{ ...blind, gauges: reading({ kind: 'absent' as const }, STALE) }] },
    ],
    ['the master lists an application as UNKNOWN', { applications: [applicationAsking(0, { state: 'UNKNOWN' })] }],
    ['a worker is UNKNOWN to the master', { workers: [...workers(1, 4), worker(5, { state: 'UNKNOWN' })] }],
  ];
  for (const [name, more] of cases) {
    it(`R11: while ${name}, the count is not lowered, not even to max`, () => {
      expect(inWords(decided(surplus(more)).action)).to.equal('none');
      expect(inWords(decided(surplus(more), { maxWorkers: 2 }).action)).to.equal('none');
    });
  }

  it('R11: the same surplus goes when everything is known', () => {
    expect(outcome(surplus({}))).to.match(/^choose/);
    expect(outcome(surplus({}), { maxWorkers: 2 })).to.match(/^choose w-1 w-2 w-3 \(above-max\)/);
  });

  it('R11: pause beats everything: neither growth, nor min, nor max, nor a removal that has begun', () => {
    const paused = { paused: true, minWorkers: 3, maxWorkers: 4 };
    for (const parts of [asking(40, 2), idle(1), idle(6), idle(4, { pods: [chosenPod(1), ...pods(2, 4)] })]) {
      expect(outcome(parts, paused)).to.equal('none (paused)');
    }
    expect(decided(idle(1), paused).leaving).to.deep.equal([]);
  });

  it('R11: pause beats unknown', () => {
    const parts = idle(1, { masterReading: unknown('x') });
    expect(inWords(decided(parts, { paused: true, minWorkers: 3 }).action)).to.equal('none');
  });
});

describe('decide: without a source', () => {
  it('does nothing at all while the target is unknown', () => {
    const { decision, memory } = decide(observation(idle(3, { targetReading: unknown('why') })), calmMemory(), rules());
    expect(decision).to.deep.include({ action: { kind: 'none' }, reason: 'target-unknown', sentence: 'why' });
    expect(decision).to.include({ plannedWorkers: undefined, wantedWorkers: undefined, observedWorkers: undefined });
    expect(decision.blockers).to.deep.equal(['why']);
    expect(memory.policy).to.deep.include({ peaks: [], knownSinceMs: undefined });
  });

  it('keeps the lower bound while the master is unknown, and nothing else', () => {
    const blind = { masterReading: unknown('why') };
    expect(outcome(idle(2, blind), { minWorkers: 3 })).to.equal('grow 2 to 3 (below-min)');
    expect(outcome(idle(2, blind), { minWorkers: 2 })).to.equal('none (master-unknown)');
    expect(outcome(idle(9, blind), { maxWorkers: 3 })).to.equal('none (master-unknown)');
    const none = decided(idle(2, blind));
    expect(none).to.include({ sentence: 'why', plannedWorkers: 2, desiredWorkers: 2, wantedWorkers: undefined });
  });

  it('a daemon beside a master that is not ALIVE does not even keep the lower bound', () => {
    for (const status of ['STANDBY', 'RECOVERING', 'COMPLETING_RECOVERY', 'UNKNOWN'] as const) {
      const parts = idle(2, { masterReading: reading(master({ status })) });
      const standingBy = decided(parts, { minWorkers: 3 });
      expect(inWords(standingBy.action)).to.equal('none');
      expect(standingBy.reason).to.equal('master-not-alive');
      expect(standingBy.sentence).to.equal(`the master is ${status}: only the one that is ALIVE is listened to`);
    }
  });

  it('R1: after a pass without the master the hold and the suspicion begin anew', () => {
    for (const masterReading of [unknown('x'), reading(master({ status: 'STANDBY' }))]) {
      const seen = decide(observation(idle(3)), calmMemory(), rules()).memory;
      const { memory } = decide(observation(idle(3, { masterReading })), seen, rules());
      expect(memory.guard.suspicion).to.equal('the master could not be seen for a while');
      expect(memory.policy.knownSinceMs).to.equal(undefined);
      const later = NOW_MS + 1_000;
      expect(outcome({ ...idle(3), nowMs: later }, {}, memory)).to.equal('none (surplus-held)');
    }
  });

  it('R1: no time counts towards the hold after a restart while the pods are unknown', () => {
    const run = (more: ObservationParts) => decide(observation(idle(3, more)), NEW_CORE_MEMORY, rules()).memory.guard;
    expect(run({}).registeredSinceMs).to.equal(NOW_MS);
    expect(run({ podsReading: unknown('x'), planned: 3 }).registeredSinceMs).to.equal(undefined);
  });

  it('zero replicas set by hand stay zero while the master is unknown', () => {
    expect(outcome({ masterReading: unknown('x') }, { minWorkers: 2 })).to.equal('none (master-unknown)');
  });

  it('remembers of the pods what it knew while they are unknown', () => {
    const removal = {
      ...NEW_REMOVAL_MEMORY,
      seenReady: new Set(['uid-1']),
      decommissionedAtMs: new Map([['uid-1', 5]]),
    };
    const parts = idle(2, { podsReading: unknown('x'), planned: 2 });
    expect(decide(observation(parts), calmMemory({ removal }), rules()).memory.removal).to.equal(removal);
  });
});
