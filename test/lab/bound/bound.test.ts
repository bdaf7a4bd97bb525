/** The clairvoyant bound: exact where it says so, below every schedule where it does not. */
import { expect } from 'chai';
import fc from 'fast-check';
import { clairvoyantBound } from '../../../src/lab/bound/bound.ts';
import { exactCost } from '../../../src/lab/bound/exact.ts';
import { lowerBound } from '../../../src/lab/bound/lower-bound.ts';
import { problemOf, type BoundJob, type BoundProblem } from '../../../src/lab/bound/problem.ts';
import { DEFAULT_ALLOCATION, type ApplicationSpec, type Workload } from '../../../src/lab/workload.ts';
import { bruteForce, costOf, hasSlot, job, problem, stage, type Placed } from '../support/schedules.ts';

const SECOND_MS = 1000;
const seconds = (...values: number[]): number[] => values.map((value) => value * SECOND_MS);

/** Jobs of one or two stages with a few whole seconds each. */
const anyJob = fc
  .record({
    release: fc.nat(4),
    slack: fc.nat(3),
    first: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
    second: fc.option(fc.integer({ min: 1, max: 2 })),
  })
  .map(({ release, slack, first, second }) => ({ release, slack, first, second }));

interface Drawn {
  readonly jobs: readonly {
    readonly release: number;
    readonly slack: number;
    readonly first: readonly number[];
    readonly second: number | null;
  }[];
  readonly start: number;
  readonly end: number;
  readonly initial: number;
  readonly min: number;
  readonly slots: number;
}

function drawnProblem({ jobs, start, end, initial, min, slots }: Drawn, moreSlack = 0): BoundProblem {
  const made = jobs.map(({ release, slack, first, second }): BoundJob => {
    const stages = [stage(seconds(...first), { slotsPerWorker: slots })];
    if (second !== null) stages.push(stage(seconds(second), { slotsPerWorker: slots, parents: [0] }));
    const longest = Math.max(...first) + (second ?? 0);
    return job(release * SECOND_MS, (release + longest + slack + moreSlack) * SECOND_MS, ...stages);
  });
  return problem(made, {
    startMs: start * SECOND_MS,
    endMs: end * SECOND_MS,
    horizonMs: 16 * SECOND_MS,
    initialWorkers: Math.max(initial, min),
    minWorkers: min,
    maxWorkers: 2,
  });
}

const drawn = (mostJobs: number): fc.Arbitrary<Drawn> =>
  fc.record({
    jobs: fc.array(anyJob, { minLength: 1, maxLength: mostJobs }),
    start: fc.nat(3),
    end: fc.nat(2),
    initial: fc.nat(2),
    min: fc.nat(1),
    slots: fc.integer({ min: 1, max: 2 }),
  });

describe('lab: the exact clairvoyant', () => {
  const cases: { title: string; of: BoundProblem; cost: number }[] = [
    { title: 'nothing costs nothing', of: problem([], { horizonMs: 9000 }), cost: 0 },
    { title: 'min is paid for', of: problem([], { horizonMs: 9000, minWorkers: 2, initialWorkers: 2 }), cost: 18 },
    {
      title: 'who is there and not needed leaves',
      of: problem([], { horizonMs: 9000, initialWorkers: 2, endMs: 2000 }),
      cost: 4,
    },
    {
      title: 'a task costs itself, its start and its end',
      of: problem([job(3000, 9000, stage([5000]))], { startMs: 3000, endMs: 1000, horizonMs: 20_000 }),
      cost: 9,
    },
    {
      title: 'one after the other is as cheap as side by side, and needs one start',
      of: problem([job(0, 9000, stage([4000, 4000]))], { startMs: 1000 }),
      cost: 9,
    },
    {
      title: 'side by side where time is short',
      of: problem([job(1000, 6000, stage([4000, 4000]))], { startMs: 1000 }),
      cost: 10,
    },
    {
      title: 'two slots share a worker',
      of: problem([job(1000, 6000, stage([4000, 4000], { slotsPerWorker: 2 }))], { startMs: 1000 }),
      cost: 5,
    },
    {
      title: 'a child waits for its parent',
      of: problem(
        [job(0, 7000, stage([4000], { slotsPerWorker: 2 }), stage([3000], { slotsPerWorker: 2, parents: [0] }))],
        { initialWorkers: 1 },
      ),
      cost: 7,
    },
    {
      title: 'a short pause is waited for',
      of: problem([job(0, 2000, stage([2000])), job(4000, 6000, stage([2000]))], { initialWorkers: 1, startMs: 3000 }),
      cost: 6,
    },
    {
      title: 'over a long one the worker goes',
      of: problem([job(0, 2000, stage([2000])), job(12_000, 14_000, stage([2000]))], {
        initialWorkers: 1,
        startMs: 3000,
        endMs: 1000,
      }),
      cost: 8,
    },
    {
      title: 'nothing meets what is too early',
      of: problem([job(0, 3000, stage([3000]))], { startMs: 1000 }),
      cost: Infinity,
    },
    {
      title: 'a limit on what runs at once holds',
      of: problem([job(0, 4000, stage([2000, 2000, 2000], { mostAtOnce: 1 }))], { initialWorkers: 3 }),
      cost: Infinity,
    },
  ];
  for (const { title, of, cost } of cases) {
    it(title, () => {
      expect(exactCost(of)).to.equal(cost);
    });
  }

  it('is what trying everything finds', () => {
    fc.assert(
      fc.property(drawn(2), (one) => {
        const of = drawnProblem(one);
        fc.pre(of.jobs.flatMap(({ stages }) => stages.flatMap(({ taskMs }) => taskMs)).length <= 4);
        const tried = bruteForce(of, SECOND_MS);
        // With min, trying everything lets the same worker stay all the while; it may be cheaper to take turns.
        if (one.min > 0) expect(exactCost(of)).to.be.at.most(tried);
        else expect(exactCost(of)).to.equal(tried);
      }),
      { numRuns: 60 },
    );
  }).timeout(30_000);

  it('never rises with later deadlines', () => {
    fc.assert(
      fc.property(drawn(2), fc.nat(3), (one, more) => {
        expect(exactCost(drawnProblem(one, more))).to.be.at.most(exactCost(drawnProblem(one)) ?? NaN);
      }),
      { numRuns: 60 },
    );
  }).timeout(30_000);

  it('is not tried on what is large, and says so', () => {
    const many = problem([job(0, 100_000, stage(Array.from({ length: 200 }, () => 1000)))]);
    expect(exactCost(many)).to.equal(undefined);
    expect(clairvoyantBound(many)).to.deep.include({ kind: 'lower-bound' });
    expect(clairvoyantBound(problem([job(0, 9000, stage([4000]))]))).to.deep.equal({
      kind: 'exact',
      workerSeconds: 4,
      reversals: 0,
    });
  });

  it('falls back to the bound where no schedule meets the deadlines', () => {
    const late = problem([job(0, 3000, stage([3000]))], { startMs: 1000 });
    expect(clairvoyantBound(late).kind).to.equal('lower-bound');
  });
});

describe('lab: the lower bound', () => {
  it('is never above the exact cost, and mostly near it', () => {
    const ratios: number[] = [];
    fc.assert(
      fc.property(drawn(3), (one) => {
        const of = drawnProblem(one);
        const exact = exactCost(of);
        fc.pre(exact !== undefined && Number.isFinite(exact) && exact > 0);
        const bound = lowerBound(of);
        expect(bound).to.be.at.most(exact + 1e-6);
        ratios.push(bound / exact);
      }),
      { numRuns: 100, seed: 5 },
    );
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).to.be.above(0.85);
  }).timeout(60_000);

  it('is never above what a schedule costs', () => {
    fc.assert(
      fc.property(anySchedule, (one) => {
        expect(lowerBound(one.of)).to.be.at.most(one.cost + 1e-6);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  it('hardly rises with later deadlines: no more than its search is short of the best', () => {
    fc.assert(
      fc.property(anySchedule, fc.integer({ min: 1, max: 30 }), ({ of }, more) => {
        const later = of.jobs.map((one) => ({ ...one, deadlineMs: one.deadlineMs + more * SECOND_MS }));
        const horizonMs = of.horizonMs + 30 * SECOND_MS;
        const before = lowerBound({ ...of, horizonMs });
        expect(lowerBound({ ...of, jobs: later, horizonMs })).to.be.at.most(before * 1.03 + 0.5);
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);

  const cases: { title: string; of: BoundProblem; least: number; most: number }[] = [
    {
      title: 'all work costs at least itself',
      of: problem([job(0, 60_000, stage(Array<number>(40).fill(6000), { slotsPerWorker: 4 }))], { maxWorkers: 20 }),
      least: 60,
      most: 60,
    },
    {
      title: 'a lone task costs a whole worker, though it fills a quarter',
      of: problem([job(0, 30_000, stage([30_000], { slotsPerWorker: 4 }))]),
      least: 29.9,
      most: 30,
    },
    {
      title: 'who must be there at once must be started',
      of: problem([job(10_000, 16_000, stage(Array<number>(12).fill(5000)))], {
        startMs: 8000,
        endMs: 1000,
        maxWorkers: 20,
        horizonMs: 90_000,
      }),
      least: 167,
      most: 168,
    },
    {
      title: 'two waves need half of the workers',
      of: problem([job(10_000, 20_000, stage(Array<number>(12).fill(5000)))], {
        startMs: 8000,
        endMs: 1000,
        maxWorkers: 20,
        horizonMs: 90_000,
      }),
      least: 113,
      most: 114,
    },
    {
      title: 'over a short pause workers stay',
      of: problem(
        [0, 12_000].map((at) => job(at, at + 10_000, stage(Array<number>(8).fill(10_000)))),
        { initialWorkers: 8, maxWorkers: 8, startMs: 8000 },
      ),
      least: 175,
      most: 176,
    },
    {
      title: 'over a long one they go',
      of: problem(
        [0, 60_000].map((at) => job(at, at + 10_000, stage(Array<number>(8).fill(10_000)))),
        { initialWorkers: 8, maxWorkers: 8, startMs: 8000 },
      ),
      least: 223,
      most: 224,
    },
    {
      title: 'min is paid for all the while',
      of: problem([job(0, 10_000, stage([10_000]))], { minWorkers: 2, horizonMs: 50_000 }),
      least: 100,
      most: 100,
    },
    {
      title: 'what no worker can run is left out',
      of: problem([job(0, 10_000, stage([10_000], { slotsPerWorker: 0 }))]),
      least: 0,
      most: 0,
    },
    { title: 'nothing at all', of: problem([], { horizonMs: 0 }), least: 0, most: 0 },
  ];
  for (const { title, of, least, most } of cases) {
    it(`${title}: ${most} worker-seconds`, () => {
      expect(lowerBound(of)).to.be.within(least, most + 1e-6);
    });
  }
});

/** A schedule that somebody made without thinking, and the deadlines that it happens to meet. */
const anySchedule = fc
  .record({
    jobs: fc.array(
      fc.record({
        release: fc.nat(120),
        first: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 }),
        second: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    choices: fc.infiniteStream(fc.nat(1000)),
    start: fc.nat(12),
    end: fc.nat(4),
    initial: fc.nat(4),
    max: fc.integer({ min: 1, max: 5 }),
    slots: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ jobs, choices, start, end, initial, max, slots }) => {
    const placed: Placed[] = [];
    const pick = (below: number): number => (choices.next().value as number) % below;
    const place = (fromMs: number, lengths: readonly number[]): number =>
      lengths.reduce((endedMs, length) => {
        let here: Placed;
        let atMs = fromMs + pick(4) * SECOND_MS;
        do {
          here = { worker: pick(max), fromMs: atMs, toMs: atMs + length * SECOND_MS };
          atMs += SECOND_MS;
        } while (!hasSlot(placed, here, slots));
        placed.push(here);
        return Math.max(endedMs, here.toMs);
      }, fromMs);
    const made = jobs.map(({ release, first, second }) => {
      const releaseMs = (release + start) * SECOND_MS;
      const firstEndMs = place(releaseMs, first);
      const stages = [stage(seconds(...first), { slotsPerWorker: slots })];
      if (second.length > 0) stages.push(stage(seconds(...second), { slotsPerWorker: slots, parents: [0] }));
      return job(releaseMs, place(firstEndMs, second), ...stages);
    });
    const of = problem(made, {
      startMs: start * SECOND_MS,
      endMs: end * SECOND_MS,
      initialWorkers: Math.min(initial, max),
      maxWorkers: max,
    });
    return { of, cost: costOf(placed, of) };
  });

describe("lab: the clairvoyant's problem", () => {
  const cluster = {
    ...{ startMs: 8000, endMs: 1500, horizonMs: 60_000, initialWorkers: 1, minWorkers: 1, maxWorkers: 9 },
    ...{ workerCores: 8, workerMemoryMiB: 8192 },
  };
  const application = (changes: Partial<ApplicationSpec> = {}): ApplicationSpec => ({
    id: 'a',
    arrivesAtMs: 0,
    executorCores: 2,
    executorMemoryMiB: 4096,
    taskCpus: 1,
    coresMax: undefined,
    allocation: DEFAULT_ALLOCATION,
    canDrain: true,
    jobs: [
      {
        id: 0,
        start: { kind: 'after-previous', thinkMs: 0 },
        stages: [
          { id: 7, parents: [3], taskMs: [1000], shuffleWriteMiB: 1, cachedMiB: 0 },
          { id: 8, parents: [3, 7], taskMs: [2000, 2000], shuffleWriteMiB: 0, cachedMiB: 0 },
        ],
      },
    ],
    ...changes,
  });
  const workload = (...applications: ApplicationSpec[]): Workload => ({ name: 'w', kind: 'batch', applications });
  const times = [{ applicationId: 'a', jobId: 0, submittedAtMs: 5000, endedAtMs: 12_000 }];

  it('has each job within the times of the run, and leaves out what earlier jobs did', () => {
    const { jobs } = problemOf(workload(application()), times, cluster);
    expect(jobs).to.deep.equal([
      {
        releaseMs: 5000,
        deadlineMs: 12_000,
        stages: [
          // Memory for two executors of two cores.
          { parents: [], taskMs: [1000], slotsPerWorker: 4, mostAtOnce: Infinity },
          { parents: [0], taskMs: [2000, 2000], slotsPerWorker: 4, mostAtOnce: Infinity },
        ],
      },
    ]);
  });
  it('asks nothing of jobs that did not end or did not come', () => {
    const unfinished = times.map((one) => ({ ...one, endedAtMs: undefined }));
    expect(problemOf(workload(application()), unfinished, cluster).jobs).to.deep.equal([]);
    expect(problemOf(workload(application()), [], cluster).jobs).to.deep.equal([]);
  });
  it('counts cores alone where shapes differ', () => {
    const other = application({ id: 'b', executorMemoryMiB: 512 });
    expect(problemOf(workload(application(), other), times, cluster).jobs[0]?.stages[0]?.slotsPerWorker).to.equal(8);
  });
  it("has the application's limits", () => {
    const limited = [
      application({ coresMax: 6 }),
      application({ allocation: { ...DEFAULT_ALLOCATION, maxExecutors: 5 } }),
      application({ taskCpus: 2, coresMax: 6 }),
    ].map((one) => problemOf(workload(one), times, cluster).jobs[0]?.stages[0]?.mostAtOnce);
    expect(limited).to.deep.equal([6, 10, 3]);
  });
});
