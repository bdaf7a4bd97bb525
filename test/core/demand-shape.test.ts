/** Size of an executor, how many are held, and the applications that Spark's gauges do not fit: R7, R8, R9. */
import { expect } from 'chai';
import { demandOf, NO_DEMAND_MEMORY, type ApplicationDemand, type DemandContext } from '../../src/core/demand.ts';
import type { ApplicationObservation } from '../../src/core/observation.ts';
import { unknown } from '../../src/core/reading.ts';
import { resources, type Resources } from '../../src/core/resources.ts';
import type { ApplicationPage, ApplicationSettings } from '../../src/core/spark-view.ts';
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
const NO_SETTINGS = unknown('the driver refused');

function demandNow(observed: Partial<ApplicationObservation>, context: Partial<DemandContext> = {}): ApplicationDemand {
  return demandOf(applicationSeen(observed), NO_DEMAND_MEMORY, { ...CONTEXT, ...context }).demand;
}

describe('The size of an executor', () => {
  const holding = application('app-1', { grantedCores: 12 });
  const running = page({ executors: [placedExecutor('worker-1', { cores: 2 })] });
  const cases: {
    title: string;
    seen: Partial<ApplicationObservation>;
    cores: number;
    held: number;
  }[] = [
    {
      title: 'is what the settings say, before anything else',
      seen: { settings: reading(settings({ executorCores: 3 })), page: reading(running) },
      cores: 3,
      held: 4,
    },
    {
      title: 'is that of an executor that runs',
      seen: { settings: NO_SETTINGS, page: reading(running) },
      cores: 2,
      held: 6,
    },
    {
      title: 'is what each executor holds, where they divide the cores evenly',
      seen: { settings: NO_SETTINGS, gauges: reading(gauges(5, { numberAllExecutors: 3 })) },
      cores: 4,
      held: 3,
    },
    {
      title: 'is one core, where they do not',
      seen: { settings: NO_SETTINGS, gauges: reading(gauges(5, { numberAllExecutors: 5 })) },
      cores: 1,
      held: 12,
    },
    {
      title: 'is one core where the driver knows of none of them yet',
      seen: { settings: NO_SETTINGS, gauges: reading(gauges(5, { numberAllExecutors: 0 })) },
      cores: 1,
      held: 12,
    },
    { title: 'is one core where nothing tells', seen: { settings: NO_SETTINGS }, cores: 1, held: 12 },
    {
      title: 'is one core at least, whatever a page says',
      seen: { settings: NO_SETTINGS, page: reading(page({ executors: [placedExecutor('worker-1', { cores: 0 })] })) },
      cores: 1,
      held: 12,
    },
  ];
  for (const { title, seen, cores, held } of cases) {
    it(title, () => {
      const one = demandNow({ application: holding, ...seen });
      expect(one.shape.cores).to.equal(cores);
      expect(one.held).to.equal(held);
    });
  }

  it('is one core where nothing is held, whatever the driver counts', () => {
    const seen = { settings: NO_SETTINGS, gauges: reading(gauges(5, { numberAllExecutors: 2 })) };
    expect(demandNow(seen).shape.cores).to.equal(1);
    expect(demandNow(seen).certain, 'a guess').to.equal(false);
  });

  it('that nobody knows makes demand a guess: it may grow the count, and forbids to lower it', () => {
    const guessed = demandNow({ settings: NO_SETTINGS, gauges: reading(gauges(5)) });
    expect(guessed).to.deep.include({ executors: 5, basis: 'target', certain: false });
    expect(guessed.sentence).to.include('how many cores each has is not known yet');
    const limited = demandNow({ settings: NO_SETTINGS, page: reading(page({ executorLimit: 5 })) });
    expect(limited).to.deep.include({ executors: 5, basis: 'executor-limit', certain: false });
    const known = demandNow({ settings: NO_SETTINGS, gauges: reading(gauges(5)), page: reading(running) });
    expect(known.certain).to.equal(true);
  });

  it('does not matter where nothing is wanted', () => {
    expect(demandNow({ settings: NO_SETTINGS, gauges: reading(gauges(0)) }).certain).to.equal(true);
  });

  it('that nobody knows does not make the number of executors forgotten', () => {
    const guessed = applicationSeen({ settings: NO_SETTINGS, gauges: reading(gauges(5)) });
    const { memory } = demandOf(guessed, NO_DEMAND_MEMORY, CONTEXT);
    expect(demandOf(applicationSeen(), memory, CONTEXT).demand.executors).to.equal(5);
  });

  it("takes its memory from the master's list, else from the settings, else none", () => {
    const memoryOf = (onList: number, seen: Partial<ApplicationObservation>): number =>
      demandNow({ application: application('app-1', { memoryPerExecutorMiB: onList }), ...seen }).shape.memoryMiB;
    const set = reading(settings({ executorMemoryMiB: 2048 }));
    expect(memoryOf(512, { settings: set })).to.equal(512);
    expect(memoryOf(0, { settings: set })).to.equal(2048);
    expect(memoryOf(0, { settings: reading(settings({ executorMemoryMiB: undefined })) })).to.equal(0);
    expect(memoryOf(0, { settings: NO_SETTINGS })).to.equal(0);
  });

  it('R7: has its custom resources from the master', () => {
    const withGpus = application('app-1', { customPerExecutor: { gpu: 2 } });
    expect(demandNow({ application: withGpus }).shape).to.deep.equal(resources(1, 1024, { gpu: 2 }));
  });
});

describe('Resource profiles', () => {
  const otherProfiles = [resources(2, 512, { gpu: 1 }), resources(1, 4096)];

  it('are covered by the largest of each resource, so that no executor is promised a worker too small for it', () => {
    const one = demandNow({ settings: reading(settings({ otherProfiles })) });
    expect(one.shape).to.deep.equal(resources(2, 4096, { gpu: 1 }));
  });

  const holding = application('app-1', { grantedCores: 12 });
  const counted: [string, Partial<ApplicationObservation>, number][] = [
    [
      'by the page',
      { page: reading(page({ grantedExecutors: 7 })), gauges: reading(gauges(9, { numberAllExecutors: 8 })) },
      7,
    ],
    ['by the driver, where no page was read', { gauges: reading(gauges(9, { numberAllExecutors: 8 })) }, 8],
    ['by their cores, where neither tells', {}, 6],
  ];
  for (const [title, seen, held] of counted) {
    it(`are counted ${title}`, () => {
      const set = reading(settings({ otherProfiles }));
      expect(demandNow({ application: holding, settings: set, ...seen }).held).to.equal(held);
    });
  }

  it('other than the default do not change how executors of the default alone are counted', () => {
    expect(demandNow({ application: holding, page: reading(page({ grantedExecutors: 7 })) }).held).to.equal(12);
  });
});

describe('R8: spark.executor.cores is not set:', () => {
  function wholeWorkers(
    tasks: number,
    more: { settings?: Partial<ApplicationSettings>; shape?: Resources | undefined; grantedCores?: number } = {},
  ): ApplicationDemand {
    const observed = {
      application: application('app-1', { grantedCores: more.grantedCores ?? 0 }),
      gauges: reading(gauges(tasks)),
      settings: reading(settings({ executorCores: undefined, ...more.settings })),
    };
    return demandNow(observed, 'shape' in more ? { workerShape: more.shape } : {});
  }

  const cases: [number, number][] = [
    [0, 0],
    [1, 1],
    [4, 1],
    [5, 2],
    [200, 50],
  ];
  for (const [tasks, workers] of cases) {
    it(`R8: ${tasks} tasks want ${workers} workers of 4 cores, never one a task`, () => {
      expect(wholeWorkers(tasks)).to.deep.include({ executors: workers, shape: resources(4, 1024) });
    });
  }

  it('R8: tasks that take several cores each fill a worker sooner', () => {
    expect(wholeWorkers(10, { settings: { taskCpus: 2 } }).executors).to.equal(5);
    expect(wholeWorkers(10, { settings: { taskCpus: 3 } }).executors).to.equal(10);
    expect(wholeWorkers(10, { settings: { taskCpus: 8 } }).executors, 'one task a worker at the worst').to.equal(10);
  });

  it('R8: a worker that it has in part is held', () => {
    expect(wholeWorkers(200, { grantedCores: 8 }).held).to.equal(2);
    expect(wholeWorkers(200, { grantedCores: 9 }).held).to.equal(3);
  });

  it('R8: cores.max is rounded up to whole workers, since the last of them is taken in part', () => {
    expect(wholeWorkers(200, { settings: { coresMax: 10 } }).executors).to.equal(3);
    expect(wholeWorkers(200, { settings: { maxExecutors: 2 } }).executors).to.equal(2);
  });

  it('R8: the mend is said', () => {
    expect(wholeWorkers(5).advice).to.include('spark.executor.cores is not set');
  });

  it("R8: the limit on the master's page counts tasks as well", () => {
    const observed = {
      page: reading(page({ executorLimit: 26 })),
      settings: reading(settings({ executorCores: undefined })),
    };
    expect(demandNow(observed)).to.deep.include({ executors: 7, basis: 'executor-limit' });
  });

  it('R8: without a worker size tasks cannot be turned into workers, and the demand is a guess', () => {
    expect(wholeWorkers(10, { shape: undefined })).to.deep.include({ executors: 10, certain: false });
    const seen = {
      gauges: reading(gauges(10)),
      page: reading(page({ executors: [placedExecutor('worker-1', { cores: 6 })] })),
      settings: reading(settings({ executorCores: undefined })),
    };
    expect(demandNow(seen, { workerShape: undefined }).shape.cores).to.equal(6);
  });
});

describe('R9: an application without dynamic allocation', () => {
  function fixed(
    grantedCores: number,
    coresMax: number | undefined,
    more: { settings?: Partial<ApplicationSettings>; page?: Partial<ApplicationPage> } = {},
  ): Partial<ApplicationObservation> {
    return {
      application: application('app-1', { grantedCores }),
      gauges: reading(NO_GAUGES),
      settings: reading(settings({ dynamicAllocation: false, executorCores: 2, coresMax, ...more.settings })),
      page: more.page === undefined ? unknown('not read') : reading(page(more.page)),
    };
  }

  const cases: { title: string; seen: Partial<ApplicationObservation>; executors: number; held: number }[] = [
    { title: 'wants all that cores.max owes it', seen: fixed(0, 12), executors: 6, held: 0 },
    { title: 'wants what cores.max still owes it, and what it holds', seen: fixed(4, 12), executors: 6, held: 2 },
    { title: 'wants what it holds where cores.max owes it nothing more', seen: fixed(12, 12), executors: 6, held: 6 },
    { title: 'wants whole executors only', seen: fixed(0, 13), executors: 6, held: 0 },
    { title: 'keeps what it holds, even beyond cores.max', seen: fixed(16, 12), executors: 8, held: 8 },
    {
      title: "takes the master's default for cores.max from its page",
      seen: fixed(0, undefined, { page: { coresMax: 6 } }),
      executors: 3,
      held: 0,
    },
    {
      title: 'without spark.executor.cores is owed whole workers, the last in part',
      seen: fixed(0, 10, { settings: { executorCores: undefined } }),
      executors: 3,
      held: 0,
    },
  ];
  for (const { title, seen, executors, held } of cases) {
    it(`R9: ${title}`, () => {
      expect(demandNow(seen)).to.deep.include({
        executors,
        held,
        basis: 'held-plus-owed',
        certain: true,
        takesAll: false,
        advice: undefined,
        targetExecutors: undefined,
      });
    });
  }

  it('R9: is not heard by gauges that something else publishes under its name', () => {
    expect(demandNow({ ...fixed(4, 12), gauges: reading(gauges(500)) }).executors).to.equal(6);
  });

  it('R9: without cores.max wants no more than it holds, takes all there is, and the mend is said', () => {
    const one = demandNow(fixed(8, undefined));
    expect(one).to.deep.include({ executors: 4, held: 4, basis: 'unlimited-without-allocation', takesAll: true });
    expect(one.certain).to.equal(true);
    expect(one.advice).to.include('no dynamic allocation and no spark.cores.max');
    expect(one.sentence).to.include('not grown for');
  });

  const fromPage: {
    title: string;
    page: Partial<ApplicationPage>;
    executors: number;
    takesAll: boolean;
    certain: boolean;
  }[] = [
    {
      title: 'an unlimited page and unlimited cores',
      page: { coresMax: 'unlimited' },
      executors: 4,
      takesAll: true,
      certain: true,
    },
    {
      title: 'an unlimited page and cores of 12',
      page: { coresMax: 12 },
      executors: 6,
      takesAll: false,
      certain: true,
    },
    { title: 'an unlimited page that is silent on cores', page: {}, executors: 4, takesAll: true, certain: false },
  ];
  for (const { title, page: onPage, executors, takesAll, certain } of fromPage) {
    it(`R9: is known by ${title}, where its settings cannot be read`, () => {
      const executorsOnPage = [placedExecutor('worker-1', { cores: 2 })];
      const seen = fixed(8, undefined, { page: { executorLimit: 'unlimited', executors: executorsOnPage, ...onPage } });
      expect(demandNow({ ...seen, settings: NO_SETTINGS })).to.deep.include({ executors, takesAll, certain });
    });
  }

  it('R9: is not assumed where neither settings nor page can be read, even if the driver publishes no gauges', () => {
    const blind = demandNow({ ...fixed(8, undefined), settings: NO_SETTINGS });
    expect(blind).to.deep.include({ basis: 'last-known', certain: false, takesAll: false, executors: 8 });
  });
});
