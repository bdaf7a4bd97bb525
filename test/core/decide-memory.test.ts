/** The original policy, wrong victims, and what is remembered from one decision to the next. */
import { expect } from 'chai';
import { decide, noteApplied } from '../../src/core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory, type Decision } from '../../src/core/decision.ts';
import type { Observation } from '../../src/core/observation.ts';
import { NO_DEMAND_MEMORY } from '../../src/core/demand.ts';
import { NO_PACE } from '../../src/core/pace.ts';
import { unknown } from '../../src/core/reading.ts';
import type { Rules } from '../../src/core/rules.ts';
import {
  applicationAsking,
  applicationSeen,
  busyWorker,
  calmMemory,
  knowingCosts,
  NOW_EPOCH_MS,
  NOW_MS,
  numbers,
  observation,
  pendingPod,
  pod,
  pods,
  rules,
  workers,
} from './support/builders.ts';
import { held } from './support/holdings.ts';
import { asking, decided, idle, outcome } from './support/decide-scenes.ts';
import { chosenPod, inWords } from './support/removal-scenes.ts';

describe('decide: R13: the original policy', () => {
  const original = { policy: 'original' as const };

  it('R13: gives the original’s count: one executor one worker, up at once', () => {
    expect(outcome(asking(7, 1), original)).to.equal('grow 1 to 7 (original-grow)');
  });

  it('R13: the way down is the original’s, half of it', () => {
    const shrink = decided(idle(9), original);
    expect(shrink).to.include({ reason: 'original-shrink', desiredWorkers: 5 });
    expect(inWords(shrink.action)).to.equal('choose w-1 w-2 w-3 w-4');
  });

  it('R13: keeps all the rules of who may go, and when', () => {
    const held = idle(9, { workers: numbers(1, 9).map((n) => busyWorker(n)) });
    expect(outcome(held, original)).to.equal('none (original-shrink)');
    expect(outcome(idle(9), original, NEW_CORE_MEMORY)).to.equal('none (original-shrink)');
    expect(outcome(idle(9, { podsReading: unknown('x') }), { ...original, maxWorkers: 2 })).to.match(/^none/);
    expect(outcome(idle(9, { masterReading: unknown('x') }), original)).to.equal('none (master-unknown)');
    expect(outcome(idle(9, { planned: 12 }), original)).to.equal('cancel-unfilled 12 to 9 (original-shrink)');
    expect(outcome(idle(9), { ...original, paused: true })).to.equal('none (paused)');
    expect(outcome(idle(9), { ...original, removalMode: 'off' })).to.equal('none (original-shrink)');
  });

  it('R13: does not shrink while the demand of an application is unknown', () => {
    const blind = { ...applicationAsking(0), gauges: unknown('x') };
    expect(outcome(idle(9, { applications: [blind] }), original)).to.equal('none (unknown-demand)');
  });

  it('R13: an application whose target nobody knows counts as none, as the original did', () => {
    const blind = { ...applicationAsking(50, { id: 'b', grantedCores: 8 }), gauges: unknown('x') };
    const parts = asking(3, 1);
    expect(outcome({ ...parts, applications: [...parts.applications!, blind] }, original)).to.equal(
      'grow 1 to 3 (original-grow)',
    );
  });

  it('keeps the memory of both policies, so that switching is smooth', () => {
    const run = (memory: CoreMemory, more: Partial<Rules>) =>
      decide(observation(asking(7, 1)), memory, rules(more)).memory;
    const underOriginal = run(NEW_CORE_MEMORY, original);
    expect(underOriginal.policy.peaks).to.deep.equal([{ atMs: NOW_MS, workers: 2 }]);
    expect(underOriginal.original.window).to.deep.equal([7]);
    const underOurs = run(underOriginal, {});
    expect(underOurs.original).to.equal(underOriginal.original);
  });
});

describe('decide: what is remembered of the pods as they were listed', () => {
  const waiting = applicationAsking(20, { grantedCores: 12 });
  const listed = { pods: [pod(1), pod(2), pendingPod(3)], applications: [waiting] };

  /** Three pods are planned and listed while two have a worker; what is decided two seconds later. */
  function twoSecondsLater(before: Partial<Parameters<typeof observation>[0]>): Decision {
    const first = observation({ ...listed, workers: [1, 2].map((n) => busyWorker(n)), ...before });
    const { memory } = decide(first, calmMemory(), rules());
    const all = { ...listed, workers: [1, 2, 3].map((n) => busyWorker(n)) };
    const then = observation({ ...all, nowMs: NOW_MS + 2_000, podsReading: first.pods });
    return decide(then, memory, rules()).decision;
  }

  it('is who was there: a worker that has come since is ours, and on its way no more', () => {
    const { action, unlistedWorkers, trace } = twoSecondsLater({});
    expect(inWords(action)).to.equal('grow 3 to 5');
    expect(unlistedWorkers).to.equal(1);
    expect(trace.lines.map(({ facts }) => facts.unlistedWorkers)).to.include(1);
  });

  it('is who was there: one that matched no pod is not, so one of ours is still on its way', () => {
    const { action, unlistedWorkers, trace } = twoSecondsLater({ workers: [1, 2, 3].map((n) => busyWorker(n)) });
    expect(inWords(action)).to.equal('grow 3 to 4');
    expect(unlistedWorkers).to.equal(0);
    expect(trace.lines.filter(({ facts }) => facts.unlistedWorkers !== undefined)).to.deep.equal([]);
  });
});

describe('decide: while the pods cannot be listed', () => {
  it('nobody is said to have registered since, and a growth waits for no list', () => {
    const first = observation({
      workers: [1, 2].map((n) => busyWorker(n)),
      pods: pods(1, 2),
      applications: [applicationAsking(12, { grantedCores: 8 })],
    });
    const { memory } = decide(first, calmMemory(), rules());
    const { action, unlistedWorkers, trace } = decide({ ...first, pods: unknown('x') }, memory, rules()).decision;
    expect(inWords(action)).to.equal('grow 2 to 3');
    expect(unlistedWorkers).to.equal(0);
    expect(trace.lines.filter(({ facts }) => facts.unlistedWorkers !== undefined)).to.deep.equal([]);
  });
});

describe('decide: what is remembered of applications', () => {
  it('is forgotten with them, also where the others are as they were', () => {
    const steady = { needs: [], lastKnownExecutors: 7, pace: NO_PACE };
    for (const ids of [
      ['app-1', 'gone'],
      ['gone', 'app-1'],
      ['gone', 'too', 'app-1'],
    ]) {
      const memory = calmMemory({
        demands: ids.map((id) => [id, id === 'app-1' ? steady : NO_DEMAND_MEMORY] as const),
      });
      const seen = decide(observation({ applications: [applicationSeen()] }), memory, rules());
      expect(seen.memory.demands).to.deep.equal([['app-1', steady]]);
      expect(seen.memory.demands[0]?.[1]).to.equal(steady);
    }
  });

  it('is kept of those before and after one that is another than before', () => {
    const ids = ['app-1', 'app-2', 'app-3'];
    const first = decide(
      observation({ applications: ids.map((id) => applicationAsking(4, { id })) }),
      calmMemory(),
      rules(),
    );
    const then = ids.map((id) => applicationAsking(id === 'app-2' ? 9 : 4, { id }));
    const { demands } = decide(
      observation({ applications: then, nowMs: NOW_MS + 1_000 }),
      first.memory,
      rules(),
    ).memory;
    expect(demands.map(([id]) => id)).to.deep.equal(ids);
    expect(demands[1]).to.not.deep.equal(first.memory.demands[1]);
  });

  it('is of readings that grow old: what was made of them is not made for later', () => {
    const applications = [applicationAsking(4)];
    const memory = calmMemory();
    const certain = [NOW_MS, NOW_MS + 60_000].map(
      (nowMs) => decide(observation({ applications, nowMs }), memory, rules()).decision.demands[0]?.certain,
    );
    expect(certain).to.deep.equal([true, false]);
  });

  it('R17: is since when each has run nothing, as long as it does', () => {
    const quietAt = (ids: readonly string[], nowMs: number): Observation =>
      observation({ nowMs, applications: ids.map((id) => held(nowMs, { id })) });
    const after = (seen: Observation, memory = calmMemory()): CoreMemory => decide(seen, memory, rules()).memory;
    const first = after(quietAt(['a', 'b'], NOW_MS));
    const second = after(quietAt(['b', 'c'], NOW_MS + 5), first);
    expect([...second.removal.quietSinceMs]).to.deep.equal([
      ['b', NOW_MS],
      ['c', NOW_MS + 5],
    ]);
    expect([...after(quietAt(['c'], NOW_MS + 9), second).removal.quietSinceMs]).to.deep.equal([['c', NOW_MS + 5]]);
    const old = observation({ nowMs: NOW_MS + 60_000, applications: [held(NOW_MS, { id: 'c' })] });
    expect([...after(old, second).removal.quietSinceMs], 'not read for long').to.deep.equal([]);
  });
});

describe('decide: R22: a wrong victim', () => {
  const shrink = { kind: 'resize', direction: 'shrink', from: 4, to: 3, victims: [chosenPod(1)] } as const;
  const before = [chosenPod(1), ...pods(2, 4)];
  const later = { nowMs: NOW_MS + 1_000 };

  it('R22: is noticed in the pass after, counted, and named', () => {
    const memory = noteApplied(calmMemory(), shrink, before, NOW_MS, NOW_EPOCH_MS);
    const seen = decide(observation({ ...idle(3, { pods: [pod(1), pod(2), pod(4)] }), ...later }), memory, rules());
    expect(seen.decision.newWrongVictims).to.deep.equal(['w-3']);
    expect(seen.memory).to.include({ wrongVictims: 1, expectation: undefined });
    const texts = seen.decision.trace.lines.filter(({ stage }) => stage === 'removal').map(({ text }) => text);
    expect(texts).to.deep.equal(['w-3 ended though not chosen', 'w-1 were chosen but did not end in time']);
  });

  it('R22: is noticed although the master is unknown at that moment', () => {
    const memory = noteApplied(calmMemory(), shrink, before, NOW_MS, NOW_EPOCH_MS);
    const parts = { ...idle(3, { pods: [pod(1), pod(2), pod(4)], masterReading: unknown('x') }), ...later };
    const seen = decide(observation(parts), memory, rules());
    expect(seen.decision.newWrongVictims).to.deep.equal(['w-3']);
    expect(seen.memory.wrongVictims).to.equal(1);
  });

  it('R22: makes the daemon choose one at a time from then on', () => {
    expect(outcome(idle(4))).to.equal('choose w-1 w-2 w-3 w-4 (surplus)');
    expect(outcome(idle(4), {}, calmMemory({ wrongVictims: 1 }))).to.equal('choose w-1 (surplus)');
  });

  it('R22: nothing more goes while a shrink is being verified, and the cost stays on the pod that is to go', () => {
    const memory = noteApplied(calmMemory(), shrink, before, NOW_MS, NOW_EPOCH_MS);
    const waiting = decided({ ...idle(4, { pods: before, planned: 3 }), ...later }, {}, memory);
    expect(inWords(waiting.action)).to.equal('none');
    expect(waiting.blockers).to.deep.equal(['the last shrink is still being verified']);
    const unlisted = decide(observation({ ...idle(3, { podsReading: unknown('x') }), ...later }), memory, rules());
    expect(unlisted.memory.expectation).to.equal(memory.expectation);
  });

  it('says nothing where exactly the chosen pods went', () => {
    const memory = noteApplied(calmMemory(), shrink, before, NOW_MS, NOW_EPOCH_MS);
    const parts = { ...idle(4, { workers: workers(2, 4), pods: pods(2, 4) }), ...later };
    const seen = decide(observation(parts), memory, rules({ minWorkers: 3 }));
    expect(seen.decision.newWrongVictims).to.deep.equal([]);
    expect(seen.decision.trace.lines.some(({ stage }) => stage === 'removal')).to.equal(false);
    expect(seen.memory).to.include({ wrongVictims: 0, expectation: undefined });
  });
});

describe('decide: what was carried out', () => {
  const note = (action: Parameters<typeof noteApplied>[1], memory = calmMemory()): CoreMemory =>
    noteApplied(memory, action, [pod(1), pod(2)], NOW_MS, NOW_EPOCH_MS);

  it('counts growth and shrink for the budget of reversals', () => {
    const shrunk = note({ kind: 'resize', direction: 'shrink', from: 2, to: 1, victims: [pod(1)] });
    expect(shrunk.policy.lastMove).to.equal('shrink');
    const grown = note({ kind: 'resize', direction: 'grow', from: 1, to: 2, victims: [] }, shrunk);
    expect(grown.policy).to.deep.include({ lastMove: 'grow', reversalsAtEpochMs: [NOW_EPOCH_MS] });
    expect(grown.expectation).to.equal(shrunk.expectation);
    const cancelled = note({ kind: 'resize', direction: 'cancel-unfilled', from: 2, to: 1, victims: [] });
    expect(cancelled.policy.lastMove).to.equal('shrink');
    expect(cancelled.expectation).to.equal(undefined);
  });

  it('R22: expects exactly the victims of a shrink to go', () => {
    const shrunk = note({ kind: 'resize', direction: 'shrink', from: 2, to: 1, victims: [pod(1)] });
    expect(shrunk.expectation).to.deep.equal({
      atMs: NOW_MS,
      chosen: ['uid-1'],
      before: new Map([
        ['uid-1', 'w-1'],
        ['uid-2', 'w-2'],
      ]),
    });
  });

  it('R22: does not expect a pod to stay that is replaced by UID meanwhile', () => {
    const shrunk = note({ kind: 'resize', direction: 'shrink', from: 2, to: 1, victims: [pod(1)] });
    const replaced = note({ kind: 'replace', pods: [pod(2)] }, shrunk);
    expect([...replaced.expectation!.before.keys()]).to.deep.equal(['uid-1']);
  });

  it('changes nothing for what touches no count', () => {
    const memory = calmMemory();
    expect(note({ kind: 'none' }, memory)).to.equal(memory);
  });

  it('R22: remembers of a cost that was written or taken off only that it is new', () => {
    const memory = calmMemory({ removal: knowingCosts([pod(1), pod(2)]) });
    for (const action of [
      { kind: 'choose', cost: -1_000_000, pods: [pod(1)] },
      { kind: 'release', pods: [pod(1)] },
    ] as const) {
      const { costs } = note(action, memory).removal;
      expect(costs.get('uid-1')).to.deep.equal({ cost: NaN, sinceMs: NOW_MS });
      expect(costs.get('uid-2')).to.deep.equal({ cost: 0, sinceMs: -Infinity });
    }
  });

  it('a mark is the shrink: the count that follows is not another one', () => {
    const marked = note({ kind: 'mark', pods: [pod(1)], hosts: ['h'] }, calmMemory());
    expect(marked.policy.lastMove).to.equal('shrink');
    const grown = note({ kind: 'resize', direction: 'grow', from: 2, to: 3, victims: [] }, marked);
    expect(grown.policy.reversalsAtEpochMs).to.have.length(1);
    const victims = [pod(1, { markedAtEpochMs: 1 })];
    const lowered = note({ kind: 'resize', direction: 'shrink', from: 3, to: 2, victims }, grown);
    expect(lowered.policy.lastMove).to.equal('grow');
  });
});
