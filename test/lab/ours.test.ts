/** Our own daemon in the simulator: the same rules, and passes left out without a trace. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseConfig } from '../../src/config/config.ts';
import { PROFILES } from '../../src/core/profiles.ts';
import { familyNamed } from '../../src/lab/families/families.ts';
import { ours, type OursOptions } from '../../src/lab/ours.ts';
import { DEFAULT_RULES } from '../../src/lab/ours-rules.ts';
import { randomStream } from '../../src/lab/sim/random.ts';
import type { SimulationOptions } from '../../src/lab/sim/options.ts';
import type { RunResult } from '../../src/lab/sim/result.ts';
import { simulate } from '../../src/lab/sim/simulate.ts';
import { anyWorkload, application, CLUSTER, job, notebook, stage, workload } from './sim/support.ts';
import type { Workload } from '../../src/lab/workload.ts';

describe('laboratory: our own daemon', () => {
  it('goes by the rules that its settings have by default', () => {
    const parsed = parseConfig({ ELASTIC_WORKER_TARGET: 'rc/workers' });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { minWorkers, maxWorkers, placement, ...rules } = parsed.config.rules;
    expect([minWorkers, maxWorkers, placement]).to.deep.equal([1, 10, 'spread']);
    expect(DEFAULT_RULES).to.deep.equal(rules);
  });

  /** All that is told of a run but how many passes were left out. */
  function told({ passesDecided, passesSkipped, ...run }: RunResult): object {
    expect(passesDecided).to.be.greaterThan(0);
    return { ...run, passes: passesDecided + passesSkipped };
  }

  function same(work: Workload, options: SimulationOptions, rules: OursOptions['rules'] = {}): void {
    const every = simulate(work, ours({ everyBeat: true, rules }), options);
    const some = simulate(work, ours({ rules }), options);
    expect(told(some)).to.deep.equal(told(every));
    expect(every.passesSkipped).to.equal(0);
  }

  const fleeting = workload(
    application(
      'fleeting',
      Array.from({ length: 30 }, (_, index) => job(index, [stage(index, 9, 400)], 7_000 + 1_700 * index)),
    ),
  );
  const capped = workload(application('capped', [job(0, [stage(0, 160, 10_000)])]));
  const uneven = workload(
    application(
      'uneven',
      [job(0, [stage(0, 24, 0, { taskMs: [...Array<number>(14).fill(5_000), ...Array<number>(10).fill(200_000)] })])],
      {
        executorCores: 1,
      },
    ),
  );
  const cases: readonly (readonly [string, Workload, Partial<SimulationOptions>])[] = [
    ['a notebook', notebook(), {}],
    ['a notebook with short pauses', notebook(61_000), {}],
    ['short jobs with growing pauses', fleeting, {}],
    ['pods that never start', notebook(), { faults: { neverStartShare: 0.3 }, untilMs: 600_000 }],
    ['a quota', notebook(), { faults: { quotaPods: 5 }, untilMs: 900_000 }],
    ['an application that gets less than it asks for', capped, { faults: { mostExecutors: 2 } }],
    ['writes that are refused', notebook(), { faults: { writeErrorShare: 0.3 } }],
    ['a master without marks', notebook(), { faults: { marksRefused: true } }],
    ['drivers that fall silent', notebook(), { faults: { driversSilent: [{ fromMs: 50_000, toMs: 140_000 }] } }],
    ['a master that falls silent', notebook(), { faults: { masterSilent: [{ fromMs: 80_000, toMs: 150_000 }] } }],
    ['workers of which some drain much longer than others', uneven, {}],
    ['packed placement', notebook(), { placement: 'packed' }],
  ];
  for (const [name, work, options] of cases) {
    it(`leaves out passes on which nothing can change: ${name}`, () => {
      for (const seed of [1, 2, 3]) same(work, { ...CLUSTER, ...options, seed });
    }).timeout(20_000);
  }

  /** Each keeps blocks on a worker while the others come and go, so that there is a surplus of which nobody may go. */
  function keepers(cachedMiB: number, coresOf: (nth: number) => number): Workload {
    const applications = [0, 1, 2, 3].map((nth) => {
      const jobs = [0, 1, 2].map((index) => {
        const map = stage(2 * index, 12, 6_000 + 700 * nth, { shuffleWriteMiB: 12, cachedMiB });
        return job(index, [map, stage(2 * index + 1, 3, 2_500, { parents: [2 * index] })], 40_000 + 31_000 * nth);
      });
      return application(`keeper-${nth}`, jobs, {
        arrivesAtMs: 3_000 * nth,
        coresMax: 12,
        executorCores: coresOf(nth),
      });
    });
    return workload(...applications);
  }
  const plain = keepers(0, () => 2);
  const cached = keepers(60, () => 2);
  const twoSizes = keepers(0, (nth) => (nth % 2 === 0 ? 1 : 4));
  const rulings: readonly (readonly [string, NonNullable<OursOptions['rules']>, Workload?])[] = [
    ['as they are', {}],
    ['as they are, and executors of two sizes', {}, twoSizes],
    ['as they are, and cached blocks', {}, cached],
    ['that let pins of cached blocks grow old', { pinAgeLimitMs: 45_000 }, cached],
    ['saving', PROFILES.saving],
    ['speed', PROFILES.speed],
    ['a dead band', { deadBandWorkers: 1 }],
    ['a spent budget of reversals', { reversalsPerHour: 0 }],
    ['pins that grow old', { pinAgeLimitMs: 30_000, quietMs: 5_000 }],
    [
      'late drains that are not waited for',
      { drainDeadlineMs: 2_000, onDrainDeadline: 'remove', moveCachedBlocks: true },
    ],
  ];
  for (const [name, rules, work = plain] of rulings) {
    it(`leaves out passes on which nothing can change: blocks that keep workers, with rules ${name}`, () => {
      for (const seed of [1, 2, 3]) same(work, { ...CLUSTER, seed }, rules);
    }).timeout(20_000);
  }

  it('leaves out passes on which nothing can change: blocks that keep workers, and a quota', () => {
    for (const seed of [1, 2, 3]) same(plain, { ...CLUSTER, seed, faults: { quotaPods: 4 }, untilMs: 900_000 });
  }).timeout(20_000);

  /** More applications than are asked for what they hold at each beat, which come to each other's workers and leave them. */
  function crowd(applications: number, maxWorkers: number, cachedMiB: number): readonly [Workload, SimulationOptions] {
    const random = randomStream(applications, 'crowd');
    const ms = (least: number, most: number): number => least + random.below(most - least);
    const work = workload(
      ...Array.from({ length: applications }, (_, nth) => {
        const jobs = Array.from({ length: 5 }, (__, index) => {
          const map = stage(2 * index, 4 + random.below(12), ms(3_000, 20_000), { shuffleWriteMiB: 8, cachedMiB });
          const reduce = stage(2 * index + 1, 2, ms(2_000, 12_000), { parents: [2 * index] });
          return job(index, random.below(4) === 0 ? [map] : [map, reduce], ms(10_000, 150_000));
        });
        const executorCores = 1 + random.below(2);
        return application(`crowd-${nth}`, jobs, { arrivesAtMs: 3_000 * nth, coresMax: 8, executorCores });
      }),
    );
    return [work, { ...CLUSTER, maxWorkers }];
  }
  for (const [name, rules, of, seeds] of [
    ['as they are', {}, [14, 16, 0], [2]],
    ['by which blocks move at once', { quietMs: 0 }, [14, 16, 0], [4]],
    ['by which blocks move at once, and more of it', { quietMs: 0 }, [40, 40, 0], [7]],
    ['by which pins of cached blocks grow old', { pinAgeLimitMs: 45_000, quietMs: 0 }, [14, 16, 40], [6]],
  ] as const) {
    it(`leaves out passes on which nothing can change: a crowd, with rules ${name}`, () => {
      const [applications, workers, cachedMiB] = of;
      const [work, options] = crowd(applications, workers, cachedMiB);
      for (const seed of seeds) same(work, { ...options, seed }, rules);
    }).timeout(20_000);
  }

  /** Runs in which once a pass was left out that mattered: a listed pod had a worker, or tasks took longer, and nothing else. */
  for (const [name, seed, untilMs] of [
    ['poisson-sessions', 4, 200_000],
    ['poisson-sessions', 13, 2_600_000],
    ['var-notebook', 10, 520_000],
  ] as const) {
    it(`leaves out passes on which nothing can change: ${name}, ${seed}`, () => {
      const work = familyNamed(name)?.make(seed);
      if (work === undefined) throw new Error(`no family ${name}`);
      same(work, { ...CLUSTER, maxWorkers: 20, seed, untilMs });
    }).timeout(20_000);
  }

  it('leaves out passes on which nothing can change: any workload', () => {
    fc.assert(
      fc.property(anyWorkload, fc.integer(), (work, seed) => {
        same(work, { ...CLUSTER, seed });
      }),
      { numRuns: 25 },
    );
  }).timeout(60_000);

  it('keeps no workers for an application that takes none of them, and is not later for it', () => {
    const options = { ...CLUSTER, faults: { mostExecutors: 2 } };
    const [breaks, keeps] = [true, false].map((dropsUnused) =>
      simulate(capped, ours({ rules: { dropsUnused } }), options),
    );
    expect(breaks?.jobs).to.deep.equal(keeps?.jobs);
    expect(breaks?.workerSeconds).to.be.lessThan(0.6 * (keeps?.workerSeconds ?? 0));
    expect(breaks?.reversals).to.equal(0);
    expect(breaks?.tasksKilled).to.equal(0);
  });

  it('leaves out most passes of a quiet hour', () => {
    const quiet = workload(
      application('quiet', [job(0, [stage(0, 8, 1_000)]), job(1, [stage(1, 8, 1_000)], 3_600_000)]),
    );
    const { passesDecided, passesSkipped } = simulate(quiet, ours(), CLUSTER);
    expect(passesSkipped).to.be.greaterThan(10 * passesDecided);
  });
});
