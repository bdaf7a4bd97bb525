/** How many executors one application wants: what is trusted, what caps it, and what is done where nobody knows. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  demandOf,
  NO_DEMAND_MEMORY,
  type ApplicationDemand,
  type DemandBasis,
  type DemandContext,
  type DemandMemory,
} from '../../src/core/demand.ts';
import { NO_PACE } from '../../src/core/pace.ts';
import type { ApplicationObservation } from '../../src/core/observation.ts';
import { unknown } from '../../src/core/reading.ts';
import { resources } from '../../src/core/resources.ts';
import type { AllocationGauges, ApplicationPage, ApplicationSettings } from '../../src/core/spark-view.ts';
import { frozen } from './support/arbitraries.ts';
import {
  application,
  applicationSeen,
  gauges,
  NO_GAUGES,
  NOW_MS,
  page,
  placedExecutor,
  reading,
  settings,
  WORKER_SHAPE,
} from './support/builders.ts';

const CONTEXT: DemandContext = { nowMs: NOW_MS, burstMs: 0, skipsLate: true, workerShape: WORKER_SHAPE };

function demandNow(
  observed: Partial<ApplicationObservation>,
  memory: DemandMemory = NO_DEMAND_MEMORY,
  context: Partial<DemandContext> = {},
): ApplicationDemand {
  return demandOf(applicationSeen(observed), memory, { ...CONTEXT, ...context }).demand;
}

/** What an application with dynamic allocation wants: its gauges, its settings, the cores it holds. */
function dynamic(
  target: number,
  maxNeeded: number | undefined,
  more: { settings?: Partial<ApplicationSettings>; grantedCores?: number; gauges?: Partial<AllocationGauges> } = {},
): Partial<ApplicationObservation> {
  return {
    application: application('app-1', { grantedCores: more.grantedCores ?? 0 }),
    gauges: reading(gauges(target, { numberMaxNeededExecutors: maxNeeded, ...more.gauges })),
    settings: reading(settings(more.settings)),
  };
}

const NOT_READ = { settings: unknown('the driver refused') };

describe('Demand from the gauges of a driver', () => {
  const cases: {
    title: string;
    seen: Partial<ApplicationObservation>;
    executors: number;
    basis?: DemandBasis;
  }[] = [
    { title: 'is the target where no more is needed', seen: dynamic(5, 5), executors: 5 },
    { title: 'is max needed where that is more', seen: dynamic(2, 40), executors: 40, basis: 'max-needed' },
    { title: 'is the target where that is more', seen: dynamic(5, 0), executors: 5 },
    { title: 'is the target where max needed is not published', seen: dynamic(3, undefined), executors: 3 },
    { title: 'is 0 where the driver says 0', seen: dynamic(0, 0), executors: 0 },
    { title: 'may be less than what is held', seen: dynamic(1, 1, { grantedCores: 8 }), executors: 1 },
    {
      title: 'is capped by maxExecutors',
      seen: dynamic(2, 40, { settings: { maxExecutors: 10 } }),
      executors: 10,
      basis: 'max-needed',
    },
    {
      title: 'is capped by maxExecutors for each resource profile',
      seen: dynamic(2, 40, { settings: { maxExecutors: 10, otherProfiles: [resources(2, 2048)] } }),
      executors: 20,
      basis: 'max-needed',
    },
    {
      title: 'is capped by cores.max, whole executors only',
      seen: dynamic(2, 40, { settings: { coresMax: 11, executorCores: 3 } }),
      executors: 3,
      basis: 'max-needed',
    },
    {
      title: 'is capped by the smaller of maxExecutors and cores.max',
      seen: dynamic(2, 40, { settings: { coresMax: 20, executorCores: 2, maxExecutors: 4 } }),
      executors: 4,
      basis: 'max-needed',
    },
    {
      title: "is capped by the default of the master, which only the master's page shows",
      seen: { ...dynamic(2, 40), page: reading(page({ coresMax: 6 })) },
      executors: 6,
      basis: 'max-needed',
    },
    {
      title: "is capped by the application's own cores.max before that of the page",
      seen: { ...dynamic(2, 40, { settings: { coresMax: 8 } }), page: reading(page({ coresMax: 6 })) },
      executors: 8,
      basis: 'max-needed',
    },
    {
      title: 'is not capped where the page says unlimited',
      seen: { ...dynamic(2, 40), page: reading(page({ coresMax: 'unlimited' })) },
      executors: 40,
      basis: 'max-needed',
    },
  ];
  for (const { title, seen, executors, basis = 'target' } of cases) {
    it(title, () => {
      expect(demandNow(seen)).to.deep.include({ executors, basis, certain: true, takesAll: false, advice: undefined });
    });
  }

  it('does not count max needed while the caps are not known, since Spark does not cap that gauge', () => {
    const uncapped = demandNow({
      ...dynamic(2, 5_000),
      ...NOT_READ,
      page: reading(page({ executors: [placedExecutor('worker-1')] })),
    });
    expect(uncapped).to.deep.include({ executors: 2, basis: 'target', certain: true });
    expect(uncapped.sentence).to.include('max needed 5000, not counted, its caps are not known yet');
  });

  it('says what it is made of', () => {
    const one = demandNow(dynamic(2, 40, { grantedCores: 1, settings: { maxExecutors: 10, coresMax: 30 } }));
    expect(one.sentence).to.equal(
      'app-1 wants 10 executors, holds 1 (target 2, max needed 40, of which lasting 40, ' +
        'capped by maxExecutors 10 and cores.max 30)',
    );
    expect(demandNow(dynamic(3, undefined)).sentence).to.include(
      'target 3, max needed not published, of which lasting 0)',
    );
  });

  it("hands on Spark's own target beside what it works out", () => {
    expect(demandNow(dynamic(2, 40)).targetExecutors).to.equal(2);
    expect(demandNow({ page: reading(page({ executorLimit: 26 })) }).targetExecutors).to.equal(26);
    expect(demandNow({ page: reading(page({ executorLimit: 'unlimited' })) }).targetExecutors).to.equal(undefined);
    expect(demandNow({}).targetExecutors).to.equal(undefined);
  });

  it('does not depend on the state WAITING: what waits is wanted, what has no demand is not', () => {
    for (const state of ['WAITING', 'RUNNING']) {
      const seen = { ...dynamic(4, 4), application: application('app-1', { state }) };
      expect(demandNow(seen), state).to.deep.include({ executors: 4, held: 0 });
      expect(demandNow({ ...seen, gauges: reading(gauges(0)) }), state).to.deep.include({ executors: 0, held: 0 });
    }
  });

  it('counts a burst only once it has lasted', () => {
    const context = { ...CONTEXT, burstMs: 1_000 };
    const seen = (target: number, maxNeeded: number, takenAtMs: number): ApplicationObservation =>
      applicationSeen({ gauges: reading(gauges(target, { numberMaxNeededExecutors: maxNeeded }), { takenAtMs }) });
    const first = demandOf(seen(1, 40, NOW_MS), NO_DEMAND_MEMORY, context);
    expect(first.demand).to.deep.include({ executors: 1, basis: 'target' });

    const again = demandOf(seen(1, 40, NOW_MS), first.memory, { ...context, nowMs: NOW_MS + 1_000 });
    expect(again.demand.executors, 'the same reading looked at twice proves nothing').to.equal(1);

    const lasting = demandOf(seen(2, 40, NOW_MS + 1_000), again.memory, { ...context, nowMs: NOW_MS + 1_000 });
    expect(lasting.demand).to.deep.include({ executors: 40, basis: 'max-needed' });
    const over = demandOf(seen(2, 0, NOW_MS + 1_000), first.memory, { ...context, nowMs: NOW_MS + 1_000 });
    expect(over.demand).to.deep.include({ executors: 2, basis: 'target' });
  });
});

describe('Demand where the driver does not tell', () => {
  const limited = page({ executorLimit: 26, executors: [placedExecutor('worker-1', { cores: 2 })] });

  it("is the executor limit on the master's page, which is certain but coarser", () => {
    const one = demandNow({ page: reading(limited), gauges: unknown('connection refused') });
    expect(one).to.deep.include({ executors: 26, basis: 'executor-limit', certain: true, targetExecutors: 26 });
    expect(one.sentence).to.include("executor limit 26 on the master's page; driver: connection refused");
  });

  it('is that limit under the same caps', () => {
    expect(demandNow({ page: reading(limited), settings: reading(settings({ maxExecutors: 4 })) }).executors).to.equal(
      4,
    );
    expect(demandNow({ page: reading({ ...limited, coresMax: 20 }), ...NOT_READ }).executors).to.equal(10);
  });

  const reasons = [
    { title: 'it publishes no gauges', answer: reading(NO_GAUGES), why: 'the driver publishes no allocation gauges' },
    { title: 'the target is missing', answer: reading(gauges(undefined)), why: 'numberTargetExecutors is missing' },
    {
      title: 'its gauges are stale',
      answer: reading(gauges(40), { takenAtMs: NOW_MS - 3_001, source: 'driver-metrics' }),
      why: 'driver-metrics is stale: 3001 ms old, limit 3000 ms',
    },
  ];
  for (const { title, answer, why } of reasons) {
    it(`says so where ${title}`, () => {
      const one = demandNow({ page: reading(limited), gauges: answer });
      expect(one).to.deep.include({ executors: 26, basis: 'executor-limit' });
      expect(one.sentence).to.include(`driver: ${why}`);
    });
  }

  it('is the last known value where the page tells nothing either, and certain no more', () => {
    const known = demandOf(applicationSeen(dynamic(7, 7)), NO_DEMAND_MEMORY, CONTEXT);
    const blind = demandOf(applicationSeen(), known.memory, CONTEXT);
    expect(blind.demand).to.deep.include({ executors: 7, basis: 'last-known', certain: false });
    expect(blind.demand.sentence).to.include('demand unknown, last known value kept: the driver was not asked');
    const still = demandOf(applicationSeen(), blind.memory, CONTEXT);
    expect(still.demand.executors, 'it does not decay').to.equal(7);
  });

  it('is never below what is held, and not 0 for being unknown', () => {
    const holding = { application: application('app-1', { grantedCores: 9 }) };
    const known = demandOf(applicationSeen(dynamic(2, 2)), NO_DEMAND_MEMORY, CONTEXT);
    const blind = demandOf(applicationSeen(holding), known.memory, CONTEXT);
    expect(blind.demand.executors).to.equal(9);
    expect(demandOf(applicationSeen(), blind.memory, CONTEXT).demand.executors, 'what was held is not known').to.equal(
      2,
    );
    expect(demandNow(holding)).to.deep.include({ executors: 9, held: 9, certain: false });
    expect(demandNow({})).to.deep.include({ executors: 0, held: 0, certain: false });
  });

  it('is unknown where a page is stale, or shows no limit', () => {
    const old = reading(limited, { takenAtMs: NOW_MS - 3_001 });
    for (const each of [old, reading(page()), reading(page({ executorLimit: 'unlimited' }))]) {
      expect(demandNow({ page: each })).to.deep.include({ basis: 'last-known', certain: false });
    }
  });

  it('is not taken for a driver without dynamic allocation where the settings say otherwise', () => {
    const one = demandNow({ gauges: reading(NO_GAUGES), page: reading(page({ executorLimit: 'unlimited' })) });
    expect(one).to.deep.include({ basis: 'last-known', certain: false, takesAll: false });
  });

  it('is remembered over a metrics outage with its burst: nothing is forgotten, nothing is added', () => {
    const known = demandOf(applicationSeen(dynamic(7, 9)), NO_DEMAND_MEMORY, CONTEXT);
    expect(known.memory).to.deep.equal({
      needs: [{ takenAtMs: NOW_MS, neededExecutors: 9 }],
      pace: NO_PACE,
      lastKnownExecutors: 9,
    });
    expect(demandOf(applicationSeen(), known.memory, CONTEXT).memory).to.deep.equal(known.memory);
  });
});

describe('R4: stale gauges', () => {
  it('R4: of a slow source still count when those of a fast one do not', () => {
    const takenAtMs = NOW_MS - 20_000;
    const aged = (periodMs: number): ApplicationDemand =>
      demandNow({ gauges: reading(gauges(5), { takenAtMs, periodMs }) });
    expect(aged(10_000)).to.deep.include({ executors: 5, basis: 'target', certain: true });
    expect(aged(1_000)).to.deep.include({ basis: 'last-known', certain: false });
  });

  it('R4: settings never go stale: a running application cannot change them', () => {
    const old = reading(settings({ maxExecutors: 4 }), { takenAtMs: 0, periodMs: 1 });
    expect(demandNow({ ...dynamic(9, 9), settings: old })).to.deep.include({ executors: 4, certain: true });
  });
});

describe('Odd names and ids', () => {
  for (const id of ['__proto__', 'constructor', '', 'app 1/../..?x=<b>', 'äpp-\u202e\n', 'app-20261123-0001']) {
    it(`are handed on unchanged: ${JSON.stringify(id)}`, () => {
      const one = demandNow({ ...dynamic(2, 2), application: application(id, { name: id }) });
      expect(one).to.deep.include({ id, name: id, executors: 2 });
    });
  }
});

describe('Demand, for anything that is seen,', () => {
  const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
  const count = fc.nat(200);
  const seenOf = fc.record({
    grantedCores: fc.nat(40),
    target: maybe(count),
    maxNeeded: maybe(count),
    all: maybe(fc.nat(20)),
    answers: fc.boolean(),
    gaugesAgeMs: fc.integer({ min: -500, max: 5_000 }),
    executorLimit: fc.oneof(maybe(count), fc.constant('unlimited' as const)),
    coresMax: maybe(fc.nat(60)),
    pageKnown: fc.boolean(),
    settingsKnown: fc.boolean(),
    dynamicAllocation: fc.boolean(),
    executorCores: maybe(fc.integer({ min: 1, max: 6 })),
    maxExecutors: maybe(fc.nat(50)),
    workerKnown: fc.boolean(),
  });
  type Seen = typeof seenOf extends fc.Arbitrary<infer T> ? T : never;

  function observed(one: Seen): ApplicationObservation {
    const { target, maxNeeded, all, executorLimit, coresMax, dynamicAllocation, executorCores, maxExecutors } = one;
    const answer = gauges(target, { numberMaxNeededExecutors: maxNeeded, numberAllExecutors: all });
    const onPage: ApplicationPage = page({ executorLimit, coresMax });
    return frozen({
      application: application('app-1', { grantedCores: one.grantedCores }),
      gauges: one.answers ? reading(answer, { takenAtMs: NOW_MS - one.gaugesAgeMs }) : unknown('refused'),
      page: one.pageKnown ? reading(onPage) : unknown('not read'),
      settings: one.settingsKnown
        ? reading(settings({ dynamicAllocation, executorCores, maxExecutors, coresMax }))
        : unknown('refused'),
      holdings: unknown('not read'),
      pace: unknown('not read'),
    });
  }

  it('is a whole number, never below what is held where it is not certain, and the same each time', () => {
    fc.assert(
      fc.property(seenOf, fc.option(count, { nil: undefined }), (one, lastKnownExecutors) => {
        const memory = frozen({ needs: [], lastKnownExecutors, pace: NO_PACE });
        const context = { ...CONTEXT, workerShape: one.workerKnown ? WORKER_SHAPE : undefined };
        const first = demandOf(observed(one), memory, context);
        const { executors, held, certain, basis, shape } = first.demand;
        expect(executors).to.satisfy((value: number) => Number.isInteger(value) && value >= 0);
        expect(held).to.satisfy((value: number) => Number.isInteger(value) && value >= 0);
        expect(shape.cores).to.be.at.least(1);
        if (basis === 'last-known') {
          expect(certain).to.equal(false);
          expect(executors).to.equal(Math.max(held, lastKnownExecutors ?? 0));
        }
        expect(demandOf(observed(one), memory, context), 'I5').to.deep.equal(first);
      }),
      { numRuns: 1_000 },
    );
  });

  it('I6: is never smaller for a larger target or a larger max needed', () => {
    fc.assert(
      fc.property(seenOf, count, count, (one, moreTarget, moreNeeded) => {
        fc.pre(one.target !== undefined && one.maxNeeded !== undefined);
        const more = { ...one, target: one.target + moreTarget, maxNeeded: one.maxNeeded + moreNeeded };
        const executors = (each: Seen): number => demandOf(observed(each), NO_DEMAND_MEMORY, CONTEXT).demand.executors;
        expect(executors(more)).to.be.at.least(executors(one));
      }),
      { numRuns: 1_000 },
    );
  });
});
