/** What the calendar keeps: a floor that may grow, and that neither a pause nor a wish for zero gives way to. */
import { expect } from 'chai';
import fc from 'fast-check';
import { calendarFloor, type CalendarWindow } from '../../src/core/calendar.ts';
import { decide, noteApplied } from '../../src/core/decide.ts';
import type { CoreMemory, Decision } from '../../src/core/decision.ts';
import { decideOriginal, NEW_ORIGINAL_MEMORY } from '../../src/core/original.ts';
import { decideCount, NEW_POLICY_MEMORY, type PolicyMemory } from '../../src/core/policy.ts';
import { unknown } from '../../src/core/reading.ts';
import type { Rules } from '../../src/core/rules.ts';
import { frozen } from './support/arbitraries.ts';
import {
  calmMemory,
  master,
  NOW_EPOCH_MS,
  NOW_MS,
  observation,
  pods,
  reading,
  rules,
  target,
  workers,
  type ObservationParts,
} from './support/builders.ts';
import { calm, input, table } from './support/policy-cases.ts';

const HOUR_MS = 3_600_000;

function open(count: number, more: Partial<CalendarWindow> = {}): CalendarWindow {
  const untilEpochMs = NOW_EPOCH_MS + HOUR_MS;
  return {
    workers: count,
    untilEpochMs,
    until: '2026-11-23 09:00 UTC',
    entry: `${count} for 2h at 0 7 * * *`,
    ...more,
  };
}

const keeps = (count: number, maxWorkers = 100) => calendarFloor([open(count)], NOW_EPOCH_MS, maxWorkers);

describe('calendarFloor', () => {
  it('is nothing where no window is open', () => {
    expect(calendarFloor([], NOW_EPOCH_MS, 10)).to.equal(undefined);
  });

  it('is the largest of the windows that are open, and says whose it is and until when', () => {
    const floor = calendarFloor([open(3), open(8), open(5)], NOW_EPOCH_MS, 10);
    expect(floor?.workers).to.equal(8);
    expect(floor?.sentence).to.equal('the calendar keeps 8 workers until 2026-11-23 09:00 UTC (8 for 2h at 0 7 * * *)');
  });

  it('of windows as large is the one that lasts longest', () => {
    const longer = open(8, { untilEpochMs: NOW_EPOCH_MS + 3 * HOUR_MS, entry: '8 for 4h at 0 7 * * *' });
    expect(calendarFloor([open(8), longer, open(8)], NOW_EPOCH_MS, 10)?.entry).to.equal(longer.entry);
  });

  it('ends with its window, to the millisecond', () => {
    const untilEpochMs = NOW_EPOCH_MS + 1;
    expect(calendarFloor([open(8, { untilEpochMs })], NOW_EPOCH_MS, 10)?.workers).to.equal(8);
    expect(calendarFloor([open(8, { untilEpochMs })], untilEpochMs, 10)).to.equal(undefined);
  });

  it('is capped by max, which it names', () => {
    const floor = calendarFloor([open(8)], NOW_EPOCH_MS, 5);
    expect(floor?.workers).to.equal(5);
    expect(floor?.sentence).to.match(/keeps 8 workers .*, max is 5$/);
  });

  it('is never more than max nor than any window, and at least each of them where max allows', () => {
    const windows = fc.array(
      fc.record({ count: fc.integer({ min: 1, max: 50 }), leftMs: fc.integer({ min: -9, max: 9 }) }),
    );
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 60 }), (rows, max) => {
        const list = rows.map(({ count, leftMs }) => open(count, { untilEpochMs: NOW_EPOCH_MS + leftMs }));
        const counts = rows.filter(({ leftMs }) => leftMs > 0).map(({ count }) => count);
        const expected = counts.length === 0 ? undefined : Math.min(max, Math.max(...counts));
        expect(calendarFloor(frozen(list), NOW_EPOCH_MS, max)?.workers).to.equal(expected);
      }),
    );
  });
});

describe('policy: the calendar', () => {
  table([
    {
      name: 'grows to it at once',
      input: { wanted: 2, serving: 2, calendar: keeps(8) },
      desired: 8,
      reason: 'calendar',
    },
    {
      name: 'R12: grows to it while demand is unknown',
      input: { wanted: 0, serving: 2, certain: false, calendar: keeps(8) },
      desired: 8,
      reason: 'calendar',
    },
    {
      name: 'R12: grows to it though the budget of reversals is spent',
      input: { wanted: 2, serving: 2, calendar: keeps(8) },
      rules: { reversalsPerHour: 0 },
      desired: 8,
      reason: 'calendar',
    },
    {
      name: 'R11: a pause wins',
      input: { wanted: 2, serving: 2, calendar: keeps(8) },
      rules: { paused: true },
      desired: 2,
      reason: 'paused',
    },
    { name: 'keeps what serves', input: { wanted: 2, serving: 8, calendar: keeps(8) }, desired: 8, reason: 'steady' },
    { name: 'keeps no more than it says', input: { wanted: 2, calendar: keeps(8) }, desired: 8, reason: 'surplus' },
    { name: 'demand that is larger counts', input: { wanted: 12, calendar: keeps(8) }, desired: 12, reason: 'demand' },
    {
      name: 'is no spare beside the demand: headroom is not added to it',
      input: { wanted: 6, serving: 6, calendar: keeps(8) },
      rules: { headroomWorkers: 1 },
      desired: 8,
      reason: 'calendar',
    },
    {
      name: 'max wins over it',
      input: { wanted: 2, serving: 2, calendar: keeps(8, 5) },
      rules: { maxWorkers: 5 },
      desired: 5,
      reason: 'calendar',
    },
    {
      name: 'goes step by step where growth does',
      input: { wanted: 2, serving: 2, calendar: keeps(8) },
      rules: { growStepWorkers: 4 },
      desired: 6,
      reason: 'grow-step',
    },
    {
      name: 'counts beside a learned floor, the larger of the two',
      input: { wanted: 2, serving: 2, floor: 9, calendar: keeps(8) },
      desired: 9,
      reason: 'floor',
    },
    {
      name: 'wins over zero workers where it is given: that is what whoever gives it decides',
      input: { wanted: 0, serving: 0, calendar: keeps(8) },
      rules: { minWorkers: 0 },
      desired: 8,
      reason: 'calendar',
    },
  ]);

  const sentences: readonly (readonly [string, Parameters<typeof input>[0], Partial<Rules>])[] = [
    [`${keeps(8)!.sentence}, 2 serve`, { wanted: 2, serving: 2, calendar: keeps(8) }, {}],
    [keeps(8)!.sentence, { wanted: 2, serving: 8, calendar: keeps(8) }, {}],
    ['8 workers serve what is wanted', { wanted: 8, serving: 8, calendar: keeps(8) }, {}],
    ['8 workers serve what is wanted', { wanted: 2, serving: 8, calendar: keeps(8) }, { minWorkers: 8 }],
    [`${keeps(8)!.sentence}, at most 4 a step`, { wanted: 2, serving: 2, calendar: keeps(8) }, { growStepWorkers: 4 }],
  ];
  for (const [sentence, more, moreRules] of sentences) {
    it(`says: ${sentence}`, () => {
      expect(decideCount(input(more), calm(), rules(moreRules)).verdict.sentence).to.equal(sentence);
    });
  }

  it('after its window the usual hold applies: nobody goes at once', () => {
    const held = rules({ holdMs: 60_000 });
    const at = (seconds: number, calendar = keeps(8)) =>
      input({ wanted: 2, serving: 8, calendar, nowMs: NOW_MS + 1_000 * seconds });
    let memory: PolicyMemory = decideCount(at(0), NEW_POLICY_MEMORY, held).memory;
    for (let second = 1; second < 120; second += 1) memory = decideCount(at(second), memory, held).memory;
    const over = (seconds: number) => {
      const { verdict, memory: next } = decideCount({ ...at(seconds), calendar: undefined }, memory, held);
      memory = next;
      return verdict;
    };
    expect(over(120)).to.deep.include({ desired: 8, reason: 'surplus-held' });
    expect(over(178)).to.deep.include({ desired: 8, reason: 'surplus-held' });
    expect(over(179)).to.deep.include({ desired: 2, reason: 'surplus' });
  });

  it('teaches nothing of gaps: when it opens, nothing was missed, and what it kept was not wanted', () => {
    const wants = fc.array(fc.record({ wanted: fc.nat(20), kept: fc.option(fc.integer({ min: 1, max: 20 })) }));
    const seconds = (index: number) => NOW_MS + 10_000 * index;
    fc.assert(
      fc.property(wants, (passes) => {
        let memory: PolicyMemory = NEW_POLICY_MEMORY;
        const most = Math.max(0, ...passes.map(({ wanted }) => wanted));
        passes.forEach(({ wanted, kept }, index) => {
          const before = memory;
          const calendar = kept === null ? undefined : keeps(kept);
          memory = decideCount(input({ wanted, calendar, nowMs: seconds(index) }), before, rules()).memory;
          const grew = index > 0 && wanted > passes[index - 1]!.wanted;
          if (!grew) expect(memory.gaps).to.equal(before.gaps);
        });
        expect(memory.mostNeeded).to.equal(most);
      }),
    );
  });

  it('never gives fewer workers than without it, nor more than max', () => {
    const counts = fc.record({ wanted: fc.nat(30), serving: fc.nat(30), kept: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(counts, fc.boolean(), fc.integer({ min: 1, max: 20 }), ({ wanted, serving, kept }, certain, max) => {
        const bounds = rules({ minWorkers: 0, maxWorkers: max });
        const of = (calendar: ReturnType<typeof keeps>) =>
          decideCount(input({ wanted, serving, certain, calendar }), calm(), bounds).verdict.desired;
        const desired = of(keeps(kept, max));
        expect(desired).to.be.at.least(of(undefined));
        expect(desired).to.be.at.least(Math.min(kept, max));
        expect(desired).to.be.at.most(Math.max(max, certain ? 0 : serving));
      }),
    );
  });
});

describe('R13: the original and the calendar', () => {
  const seen = { sumOfTargets: 1, serving: 3, certain: true, calendar: keeps(8), nowMs: NOW_MS };
  const verdictOf = (more: Partial<typeof seen>, moreRules: Partial<Rules> = {}) =>
    decideOriginal({ ...seen, ...more }, NEW_ORIGINAL_MEMORY, rules({ minWorkers: 1, ...moreRules })).verdict;

  it('R13: grows to it as to min, and says why', () => {
    const sentence = `${seen.calendar!.sentence}, 3 serve`;
    expect(verdictOf({})).to.deep.equal({ desired: 8, reason: 'calendar', sentence });
    expect(verdictOf({ certain: false })).to.deep.include({ desired: 8, reason: 'calendar' });
  });

  it('R13: keeps it, and goes down to it and no further', () => {
    const { sentence } = seen.calendar!;
    expect(verdictOf({ serving: 8 })).to.deep.equal({ desired: 8, reason: 'original-steady', sentence });
    expect(verdictOf({ serving: 12 })).to.deep.include({ desired: 8, reason: 'original-shrink' });
  });

  it('R13: more demand counts, and a pause wins', () => {
    expect(verdictOf({ sumOfTargets: 20 })).to.deep.include({ desired: 20, reason: 'original-grow' });
    expect(verdictOf({}, { paused: true })).to.deep.include({ desired: 3, reason: 'paused' });
  });
});

describe('decide: the calendar', () => {
  const RULES: Partial<Rules> = { minWorkers: 0, maxWorkers: 20 };

  function seenWith(count: number, more: ObservationParts = {}) {
    return {
      ...observation({ workers: workers(1, count), pods: pods(1, count), planned: count, ...more }),
      calendar: [open(3), open(8)],
    };
  }

  function decided(count: number, more: ObservationParts = {}, memory: CoreMemory = calmMemory(), ruled = RULES) {
    return decide(frozen(seenWith(count, more)), memory, rules(ruled)).decision;
  }

  const told = ({ trace }: Decision): readonly string[] =>
    trace.lines.filter(({ stage }) => stage === 'calendar').map(({ text }) => text);

  it('grows to the largest window, and tells of it', () => {
    const decision = decided(2);
    expect(decision.action).to.deep.include({ kind: 'resize', direction: 'grow', from: 2, to: 8 });
    expect(decision).to.deep.include({ reason: 'calendar', floorWorkers: 8, wantedWorkers: 0 });
    expect(decision.calendar).to.deep.include({ workers: 8, entry: '8 for 2h at 0 7 * * *' });
    expect(told(decision)).to.deep.equal([keeps(8)!.sentence]);
  });

  it('also with a hold set by hand, and with the count of the original', () => {
    for (const more of [
      { holdMs: 5_000, learnsHold: false, floorShare: 0, stepsAhead: false },
      { policy: 'original' },
    ]) {
      expect(decided(2, {}, calmMemory(), { ...RULES, ...(more as Partial<Rules>) }).desiredWorkers).to.equal(8);
    }
  });

  it('R12: also while the master is unknown, but not beside one that is not ALIVE', () => {
    const blind = decided(2, { masterReading: unknown('x') });
    expect(blind.action).to.deep.include({ kind: 'resize', direction: 'grow', to: 8 });
    expect(blind).to.deep.include({ reason: 'calendar', floorWorkers: 8 });
    const standby = reading(master({ status: 'STANDBY' }));
    expect(decided(2, { masterReading: standby }).action).to.deep.equal({ kind: 'none' });
  });

  it('R11: a pause wins, whether the master is known or not', () => {
    for (const more of [{}, { masterReading: unknown('x') }]) {
      expect(decided(2, more, calmMemory(), { ...RULES, paused: true }).action).to.deep.equal({ kind: 'none' });
    }
  });

  it('without a calendar there is none', () => {
    const decision = decide(observation({ workers: workers(1, 2), pods: pods(1, 2) }), calmMemory(), rules()).decision;
    expect(decision.calendar).to.equal(undefined);
    expect(told(decision)).to.deep.equal([]);
  });

  describe('at zero workers', () => {
    const resize = { kind: 'resize', direction: 'shrink', from: 2, to: 0, victims: [] } as const;
    const emptied = noteApplied(calmMemory(), resize, [], NOW_MS - 500, NOW_EPOCH_MS);
    const at = (takenAtMs: number, planned: number) => ({ targetReading: reading(target(planned), { takenAtMs }) });

    it('a zero that somebody set stays, and is told', () => {
      const decision = decided(0);
      expect(decision).to.deep.include({ reason: 'zero-by-hand', calendar: undefined, floorWorkers: 0 });
      expect(told(decision)[0]).to.match(/set to zero, not by this daemon/);
      expect(decided(0, { masterReading: unknown('x') }).action).to.deep.equal({ kind: 'none' });
    });

    it('a zero that this daemon set, since min is 0, ends with the window', () => {
      expect(decided(0, {}, emptied)).to.deep.include({ reason: 'calendar', desiredWorkers: 8 });
      expect(decided(0, { masterReading: unknown('x') }, emptied).action).to.deep.include({ to: 8 });
    });

    it('what was read before the write does not make it somebody else', () => {
      const stale = decide(seenWith(2, at(NOW_MS - 1_000, 2)), emptied, rules({ ...RULES, paused: true })).memory;
      expect(decided(0, {}, stale).reason).to.equal('calendar');
    });

    it('once somebody has set another count, a zero is theirs again', () => {
      const raised = decide(seenWith(2, at(NOW_MS - 100, 2)), emptied, rules({ ...RULES, paused: true })).memory;
      expect(raised.emptiedAtMs).to.equal(undefined);
      expect(decided(0, {}, raised).reason).to.equal('zero-by-hand');
    });

    it('a growth of ours forgets it', () => {
      const grow = { kind: 'resize', direction: 'grow', from: 0, to: 3, victims: [] } as const;
      expect(noteApplied(emptied, grow, [], NOW_MS, NOW_EPOCH_MS).emptiedAtMs).to.equal(undefined);
    });
  });
});
