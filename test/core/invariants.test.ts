/**
 * The invariants of the decision, over random histories of a model cluster in which everything goes wrong that can.
 * What the model knows and the daemon does not is in support/cluster-model.ts.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { decide, noteApplied } from '../../src/core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory } from '../../src/core/decision.ts';
import type { Observation } from '../../src/core/observation.ts';
import { STALE_AFTER_PERIODS, type Reading } from '../../src/core/reading.ts';
import type { Action } from '../../src/core/removal.ts';
import { gauges, rules } from './support/builders.ts';
import type { ClusterModel } from './support/cluster-model.ts';
import type { Pass } from './support/daemon-model.ts';
import {
  drainingHistories,
  histories,
  HOLD_MS,
  pausingHistories,
  run,
  shufflingHistories,
  type Event,
  type History,
  type Step,
} from './support/histories.ts';
import { sharing } from './support/sharing.ts';

const DEMAND: readonly Event['kind'][] = ['nothing', 'want', 'want', 'want', 'end'];
const FAULTS: readonly Event['kind'][] = ['blind', 'blind', 'restart-master', 'partition', 'kill', 'race'];
const PEOPLE: readonly Event['kind'][] = ['by-hand', 'quota', 'slow'];
const WORK: readonly Event['kind'][] = ['job', 'job'];
const EVERYTHING = [...DEMAND, ...FAULTS, ...PEOPLE, ...WORK];

const OURS = fc.oneof(histories(EVERYTHING), drainingHistories(EVERYTHING), shufflingHistories(EVERYTHING));
/** Both policies. */
const ANY = fc.oneof(OURS, histories(EVERYTHING, { policy: 'original' }));

/** Runs many histories. */
function forAll(of: fc.Arbitrary<History>, numRuns: number, check: (history: History) => void): void {
  fc.assert(fc.property(of, check), { numRuns });
}

/** Checks every pass of many histories. */
function always(
  of: fc.Arbitrary<History>,
  numRuns: number,
  look: (pass: Pass, rules: History['rules'], world: ClusterModel) => void,
): void {
  forAll(of, numRuns, (history) => {
    run(history, (pass, world) => {
      look(pass, history.rules, world);
    });
  });
}

function isKnown(one: Reading<unknown>, nowMs: number): boolean {
  return one.known && nowMs - one.takenAtMs <= STALE_AFTER_PERIODS * one.periodMs;
}

function demandKnown({ applications, nowMs }: Observation): boolean {
  return applications.every((one) => isKnown(one.gauges, nowMs));
}

/** Whether everything is known that a shrink rests on. */
function allKnown(observation: Observation): boolean {
  const { master, target, pods, nowMs } = observation;
  return [master, target, pods].every((one) => isKnown(one, nowMs)) && demandKnown(observation);
}

function lowers(action: Action): boolean {
  return action.kind === 'resize' && action.direction !== 'grow';
}

/** Workers that serve, as the decision says. */
function servingIn({ decision }: Pass): number {
  return Number(decision.trace.lines.find(({ stage }) => stage === 'observe')?.facts.servingWorkers);
}

/** The same, where one application asks for something else. */
function asking(observation: Observation, id: string, change: (executors: number) => number): Observation {
  const applications = observation.applications.map((one) => {
    if (one.application.id !== id || !one.gauges.known || one.gauges.value.kind === 'absent') return one;
    const executors = one.gauges.value.gauges.numberTargetExecutors ?? 0;
    return { ...one, gauges: { ...one.gauges, value: gauges(change(executors)) } };
  });
  return { ...observation, applications };
}

/** The same history with executors of this many cores, for one application or for all. */
function withCores(history: History, cores: number, id?: string): History {
  const change = (step: Step): Step =>
    step.kind === 'want' && (id === undefined || step.app === id) ? { ...step, cores } : step;
  return { ...history, steps: history.steps.map(change) };
}

/** The same history, after which all is well for a while. */
function thenQuiet(history: History, ...more: readonly Step[]): History {
  return { ...history, steps: [...history.steps, ...more, { kind: 'quota', pods: 100, passes: 600 }] };
}

describe('invariants', function () {
  // Thousands of passes each: far less than this, but a busy machine is no failure.
  this.timeout(60_000);

  it('I1: no worker with an executor is ever a victim', () => {
    let victims = 0;
    forAll(ANY, 200, (history) => {
      const world = run(history, () => undefined);
      const byDaemon = world.deletions.filter(({ by }) => by === 'daemon');
      expect(byDaemon.filter(({ executors }) => executors > 0)).to.deep.equal([]);
      victims += byDaemon.length;
    });
    expect(victims).to.be.greaterThan(0);
  });

  for (const [rule, about] of [
    ['R17', 'no worker is marked that a running job reads from'],
    ['R19', 'blocks that are handed on always have somewhere to go'],
  ] as const) {
    it(`${rule}: ${about}`, () => {
      let drained = 0;
      forAll(shufflingHistories(EVERYTHING.filter((kind) => kind !== 'race')), 150, (history) => {
        const world = run(history, ({ decision: { action }, acted, observation }) => {
          if (!acted || action.kind !== 'mark' || !observation.master.known) return;
          const hosts = new Set(action.hosts);
          drained += observation.master.value.workers.filter((one) => hosts.has(one.host) && one.used.cores > 0).length;
        });
        expect(world.harms.filter((harm) => harm.startsWith(rule))).to.deep.equal([]);
      });
      expect(drained).to.be.greaterThan(0);
    });
  }

  it('I1: a shrink takes exactly the pods it names', () => {
    let shrinks = 0;
    always(ANY, 150, ({ decision: { action }, acted, from, to }, _rules, world) => {
      if (!acted || action.kind !== 'resize' || action.direction !== 'shrink') return;
      shrinks += 1;
      const gone = world.deletions.slice(to - from).map(({ uid }) => uid);
      expect(gone).to.have.members(action.victims.map(({ uid }) => uid));
    });
    expect(shrinks).to.be.greaterThan(0);
  });

  it('I2: while something needed is unknown, the count is not lowered', () => {
    let blind = 0;
    always(ANY, 150, ({ observation, from, to }) => {
      if (allKnown(observation)) return;
      blind += 1;
      expect(to).to.be.at.least(from);
    });
    expect(blind).to.be.greaterThan(0);
  });

  it('I2: while the master or the demand is unknown, no fewer are desired than serve', () => {
    always(ANY, 150, (pass) => {
      const { decision, observation } = pass;
      if (decision.plannedWorkers === undefined || decision.desiredWorkers === undefined) return;
      if (decision.wantedWorkers === undefined) expect(decision.desiredWorkers).to.be.at.least(decision.plannedWorkers);
      else if (!demandKnown(observation)) expect(decision.desiredWorkers).to.be.at.least(servingIn(pass));
    });
  });

  it('I3: growth never waits for a drain', () => {
    let drains = 0;
    always(fc.oneof(drainingHistories(EVERYTHING), OURS), 300, (pass, rules) => {
      const { wantedWorkers, floorWorkers, plannedWorkers = 0, action } = pass.decision;
      const { minWorkers, maxWorkers, growStepWorkers } = rules;
      if (wantedWorkers === undefined || (plannedWorkers === 0 && wantedWorkers === 0)) return;
      const serving = servingIn(pass);
      const needed = Math.min(Math.max(wantedWorkers + rules.headroomWorkers, floorWorkers), maxWorkers);
      if (needed <= serving || plannedWorkers >= maxWorkers) return;
      if (serving < plannedWorkers) drains += 1;
      const stepped = growStepWorkers === 0 ? needed : Math.min(needed, serving + growStepWorkers);
      // R21: a worker that drains does not count.
      const draining = pass.decision.leaving.filter(({ phase }) => phase === 'draining').length;
      const most = maxWorkers + Math.min(draining, plannedWorkers - serving);
      const to = Math.min(Math.max(minWorkers, stepped) + plannedWorkers - serving, most);
      expect(action).to.deep.include({ kind: 'resize', direction: 'grow', from: plannedWorkers, to });
    });
    expect(drains).to.be.greaterThan(0);
  });

  it('I4: what is desired and what is written stays within min and max', () => {
    always(ANY, 150, ({ decision, observation }, { minWorkers, maxWorkers }) => {
      const { action, desiredWorkers, leaving, reason, wantedWorkers } = decision;
      const certain = wantedWorkers !== undefined && demandKnown(observation);
      if (certain && reason !== 'zero-by-hand') expect(desiredWorkers).to.be.within(minWorkers, maxWorkers);
      if (action.kind !== 'resize') return;
      // R21: a worker that drains does not count.
      const draining = leaving.filter(({ phase }) => phase === 'draining').length;
      if (action.direction === 'grow') expect(action.to).to.be.at.most(maxWorkers + draining);
      else expect(action.to).to.be.at.least(minWorkers);
    });
  });

  it('I5: the same observation and memory give the same decision, and are left as they were', () => {
    always(ANY, 30, ({ observation, memory, decision }, rules) => {
      const [seen, remembered] = [structuredClone(observation), structuredClone(memory)];
      const again = decide(seen, remembered, rules);
      expect(isDeepStrictEqual(again.decision, decision)).to.equal(true);
      expect(isDeepStrictEqual(again, decide(seen, remembered, rules))).to.equal(true);
      expect(isDeepStrictEqual([seen, remembered], [observation, memory])).to.equal(true);
    });
  });

  it('I5: what is the same object as at the pass before decides nothing otherwise than a copy of it', () => {
    let same = 0;
    forAll(ANY, 60, (history) => {
      let before: Observation | undefined;
      run(history, ({ observation, memory, decision }) => {
        const seen = sharing(before, observation);
        for (const [nth, { gauges: answer, holdings }] of seen.applications.entries()) {
          const last = before?.applications[nth];
          if (last?.gauges.known && answer.known && last.gauges.value === answer.value) same += 1;
          if (last?.holdings.known && holdings.known && last.holdings.value === holdings.value) same += 1;
        }
        before = seen;
        expect(isDeepStrictEqual(decide(seen, memory, history.rules).decision, decision)).to.equal(true);
      });
    });
    expect(same).to.be.greaterThan(0);
  });

  it('I6: more demand of one shape never gives a smaller count', () => {
    let greater = 0;
    const more = fc.integer({ min: 1, max: 8 });
    const property = fc.property(ANY, fc.constantFrom('app-1', 'app-2', 'app-3'), more, (history, id, added) => {
      run(withCores(history, 2), ({ observation, memory, decision }) => {
        const other = decide(
          asking(observation, id, (executors) => executors + added),
          memory,
          history.rules,
        ).decision;
        expect(other.wantedWorkers ?? 0).to.be.at.least(decision.wantedWorkers ?? 0);
        expect(other.desiredWorkers ?? 0).to.be.at.least(decision.desiredWorkers ?? 0);
        if ((other.desiredWorkers ?? 0) > (decision.desiredWorkers ?? 0)) greater += 1;
      });
    });
    fc.assert(property, { numRuns: 100 });
    expect(greater).to.be.greaterThan(0);
  });

  it('I7: constant demand converges to enough workers, and then nothing is written', () => {
    forAll(histories(EVERYTHING, { reversalsPerHour: 1_000, placement: 'spread' }), 60, (history) => {
      const actions: Action[] = [];
      const world = run(thenQuiet(history), ({ decision }) => actions.push(decision.action));
      expect(actions.slice(-50).filter(({ kind }) => kind !== 'none')).to.deep.equal([]);
      if (world.planned < history.rules.maxWorkers && world.planned > 0) expect(world.missingExecutors()).to.equal(0);
    });
  });

  it('I7: without demand the count comes down to min and headroom, whatever happened before', () => {
    const ends: readonly Step[] = (['app-1', 'app-2', 'app-3'] as const).map((app) => ({
      kind: 'end',
      app,
      passes: 1,
    }));
    // What waiting is worth decides how long workers are kept for it, which may be an hour.
    const patient = { reversalsPerHour: 1_000, deadBandWorkers: 0, waitWorth: 0 };
    forAll(histories(EVERYTHING, patient), 60, (history) => {
      const { minWorkers, maxWorkers, headroomWorkers } = history.rules;
      const world = run(thenQuiet(history, ...ends), () => undefined);
      const least = Math.min(maxWorkers, Math.max(minWorkers, headroomWorkers));
      expect(world.planned).to.be.oneOf([0, least]);
    });
  });

  it('R21: a pod is ended to be made again only where its place or others that miss are wanted, or its drain is late', () => {
    let replaced = 0;
    always(OURS, 200, (pass, rules) => {
      const { action, desiredWorkers = 0 } = pass.decision;
      if (action.kind !== 'replace') return;
      replaced += 1;
      const late = action.pods.every(
        ({ markedAtEpochMs = Infinity }) => pass.observation.nowEpochMs - markedAtEpochMs > rules.drainDeadlineMs,
      );
      const { pods } = pass.observation;
      const missing = pods.known && pods.value.length < pass.from;
      if (!late && !missing) expect(servingIn(pass) + action.pods.length).to.be.at.most(desiredWorkers);
    });
    expect(replaced).to.be.greaterThan(0);
  });

  it('I7: workers that start more slowly than others leave do not make it go round for ever', () => {
    const fixed = { holdMs: HOLD_MS, minWorkers: 1, maxWorkers: 8, removalMode: 'auto' } as const;
    const byHand = (replicas: number): Step => ({ kind: 'by-hand', replicas, passes: 3 });
    const steps: readonly Step[] = [{ kind: 'slow', seconds: 25, passes: 1 }, byHand(2), byHand(8)];
    const history = { rules: rules(fixed), planned: 8, foreignWorkers: 0, marksWorkers: true, steps } as const;
    const world = run(thenQuiet(history), () => undefined);
    expect(world.planned).to.equal(1);
    // Six by hand, seven by the daemon.
    expect(world.deletions).to.have.length(13);
  });

  it('I8: a daemon that was killed shrinks nowhere one that was not killed would not', () => {
    let shrinks = 0;
    // A gap under way at the kill is not learned from, so learned holds may differ afterwards: that is the next test's matter.
    const nothingLearned = { reversalsPerHour: 1_000, learnsHold: false, floorShare: 0, stepsAhead: false };
    forAll(histories([...EVERYTHING, 'kill', 'kill'], nothingLearned), 150, (history) => {
      let unkilled: CoreMemory = NEW_CORE_MEMORY;
      run(history, ({ observation, memory, decision, acted }, world) => {
        const other = decide(observation, unkilled, history.rules);
        const pods = observation.pods.known ? observation.pods.value : [];
        const { nowMs, nowEpochMs } = world;
        const applied = (): CoreMemory => noteApplied(other.memory, decision.action, pods, nowMs, nowEpochMs);
        const wasKilled = memory.policy.knownSinceMs !== unkilled.policy.knownSinceMs;
        unkilled = acted ? applied() : other.memory;
        if (!lowers(decision.action) && decision.action.kind !== 'choose') return;
        if (wasKilled) shrinks += 1;
        expect(other.decision.desiredWorkers).to.equal(decision.desiredWorkers);
      });
    });
    expect(shrinks).to.be.greaterThan(0);
  });

  it('I8: whatever was learned, nothing is given up before a new process has known the demand for the longest hold', () => {
    let shrinks = 0;
    let learned = 0;
    const learning = { reversalsPerHour: 1_000, learnsHold: true };
    const any = histories([...EVERYTHING, 'kill', 'kill'], learning);
    const paused = pausingHistories(EVERYTHING, learning);
    always(fc.oneof(any, paused), 150, ({ decision, memory, observation }) => {
      if (decision.reason !== 'surplus') return;
      shrinks += 1;
      if (memory.policy.gaps.length > 0) learned += 1;
      expect(observation.nowMs - (memory.policy.firstKnownMs ?? Infinity)).to.be.at.least(HOLD_MS);
    });
    expect(shrinks).to.be.greaterThan(0);
    expect(learned).to.be.greaterThan(0);
  });

  it('I9: demand that fits no worker alone raises no count', () => {
    let infeasible = 0;
    const kinds = EVERYTHING.filter((kind) => kind !== 'race');
    forAll(histories(kinds), 100, (history) => {
      run(withCores(history, 5), ({ observation, memory, decision }) => {
        const none = { ...observation, applications: [] };
        if (observation.applications.length > 0 && demandKnown(observation)) {
          const without = decide(none, memory, history.rules).decision;
          expect(decision.wantedWorkers).to.equal(without.wantedWorkers);
          expect(decision.desiredWorkers).to.equal(without.desiredWorkers);
        }
        infeasible += decision.infeasible.length;
      });
    });
    expect(infeasible).to.be.greaterThan(0);
  });

  it('I10: what is desired turns from shrinking to growing at most once in a hold', () => {
    let reversals = 0;
    forAll(histories([...DEMAND, 'want', 'blind', 'kill', 'slow', 'race']), 200, (history) => {
      let level = history.planned;
      let shrunk = false;
      let reversedAtMs = -Infinity;
      run(history, (pass) => {
        const { desiredWorkers, wantedWorkers } = pass.decision;
        if (wantedWorkers === undefined || desiredWorkers === undefined) return;
        const serving = servingIn(pass);
        if (desiredWorkers < Math.min(serving, level)) shrunk = true;
        else if (desiredWorkers <= Math.max(serving, level)) return;
        else if (shrunk) {
          reversals += 1;
          expect(pass.observation.nowMs - reversedAtMs).to.be.at.least(HOLD_MS);
          reversedAtMs = pass.observation.nowMs;
          shrunk = false;
        }
        level = desiredWorkers;
      });
    });
    expect(reversals).to.be.greaterThan(0);
  });

  it('R12: the budget of reversals changes no growth, and only ever keeps more workers', () => {
    let kept = 0;
    always(OURS, 150, ({ observation, memory }, rules) => {
      const spent = decide(observation, memory, { ...rules, reversalsPerHour: 0 }).decision;
      const free = decide(observation, memory, { ...rules, reversalsPerHour: 1_000 }).decision;
      expect(spent.desiredWorkers ?? 0).to.be.at.least(free.desiredWorkers ?? 0);
      if (free.action.kind === 'resize' && free.action.direction === 'grow') {
        expect(spent.action).to.deep.equal(free.action);
      } else if (spent.desiredWorkers !== free.desiredWorkers) kept += 1;
    });
    expect(kept).to.be.greaterThan(0);
  });

  it('R11: while paused nothing is written at all', () => {
    always(histories(EVERYTHING, { paused: true }), 50, ({ decision }) => {
      expect(decision.action).to.deep.equal({ kind: 'none' });
    });
  });

  it('removes nobody while removal is off', () => {
    always(histories(EVERYTHING, { removalMode: 'off' }), 100, ({ decision: { action } }) => {
      expect(action.kind).to.be.oneOf(['none', 'resize']);
      if (action.kind === 'resize') expect(action.direction).to.not.equal('shrink');
    });
  });
});
