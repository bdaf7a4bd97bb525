/** What holds for any demand on any cluster, and how the pieces of the demand half fit together. */
import { expect } from 'chai';
import fc from 'fast-check';
import { decide } from '../../src/core/decide.ts';
import { NEW_CORE_MEMORY } from '../../src/core/decision.ts';
import type { ApplicationDemand } from '../../src/core/demand.ts';
import { groupRooms, lowerBoundWorkers, placeAsMaster, type PlacementItem } from '../../src/core/placement.ts';
import { fitCount, isNothing, resources, subtract, type Resources } from '../../src/core/resources.ts';
import type { Placement } from '../../src/core/rules.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { shapeOf } from '../../src/core/stages.ts';
import { workersWanted, type WantedInput, type WorkersWanted } from '../../src/core/wanted.ts';
import { executorShapes, frozen, workerShapes } from './support/arbitraries.ts';
import {
  applicationAsking,
  coreMemory,
  demand,
  fleet,
  observation,
  pods,
  rules,
  target,
  waitingDriver,
  worker,
  workers,
} from './support/builders.ts';
import { wantedInput } from './support/wanted-for.ts';

/** A cluster of equal workers, some in use, some pods without a worker yet, some workers of others. */
interface Cluster {
  readonly shape: Resources;
  readonly own: readonly WorkerView[];
  readonly foreign: readonly WorkerView[];
  readonly arriving: number;
  readonly placement: Placement;
}

const clusters: fc.Arbitrary<Cluster> = workerShapes.chain((shape) => {
  const used = fc
    .tuple(fc.nat(shape.cores), fc.nat(shape.memoryMiB))
    .map(([cores, memoryMiB]) => (cores === 0 ? resources(0, 0) : resources(cores, memoryMiB)));
  const list = (from: number): fc.Arbitrary<WorkerView[]> =>
    fc
      .array(used, { maxLength: 5 })
      .map((all) => all.map((each, index) => worker(from + index, { total: shape, used: each })));
  return fc.record({
    shape: fc.constant(shape),
    own: list(1),
    foreign: list(101),
    arriving: fc.nat(3),
    placement: fc.constantFrom<Placement>('spread', 'packed'),
  });
});

function inputOf(cluster: Cluster, demands: readonly ApplicationDemand[]): WantedInput {
  const { own, foreign, shape, placement, arriving } = cluster;
  const input = wantedInput({
    demands,
    workers: [...own, ...foreign],
    pods: pods(1, own.length),
    servingWorkers: own.length + arriving,
    workerShape: shape,
    placement,
  });
  frozen(demands);
  frozen(input.fleet.pods);
  return input;
}

/** Demands of up to four applications; some hold executors already, some fit no worker. */
const demandLists: fc.Arbitrary<ApplicationDemand[]> = fc
  .array(fc.record({ shape: executorShapes(), executors: fc.nat(15), held: fc.nat(5) }), { maxLength: 4 })
  .map((list) => list.map((each, index) => demand(each.executors, { ...each, id: `app-${index}` })));

function missingOf(demands: readonly ApplicationDemand[]): PlacementItem[] {
  return demands.map(({ id, shape, executors, held }) => ({ owner: id, shape, count: Math.max(0, executors - held) }));
}

describe('Workers wanted, for any demand on any cluster,', () => {
  it('are enough: with those that are new, all that fits a worker finds its place', () => {
    fc.assert(
      fc.property(clusters, demandLists, (cluster, demands) => {
        const { newWorkers, starved } = workersWanted(inputOf(cluster, demands));
        const free = [...cluster.own, ...cluster.foreign].map(({ total, used }) => subtract(total, used));
        const fresh = { free: cluster.shape, count: cluster.arriving + newWorkers };
        const { leftOver } = placeAsMaster(missingOf(demands), [...groupRooms(free), fresh], cluster.placement);
        const left = demands.filter(({ shape }, index) => leftOver[index]! > 0 && fitCount(shape, cluster.shape) > 0);
        expect(left).to.deep.equal([]);
        expect(starved).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });

  it('are what serves and what is new, else no more than serves; spare ones are idle ones', () => {
    fc.assert(
      fc.property(clusters, demandLists, (cluster, demands) => {
        const input = inputOf(cluster, demands);
        const { wanted, newWorkers, spareIdleWorkers } = workersWanted(input);
        if (newWorkers > 0) expect(wanted).to.equal(input.servingWorkers + newWorkers);
        else expect(wanted).to.be.within(0, input.servingWorkers);
        const idle = cluster.own.filter(({ used }) => isNothing(used)).length;
        expect(spareIdleWorkers).to.be.within(0, idle);
      }),
    );
  });

  it('R14: are as many without those on their way that are spare: what finds room finds it still', () => {
    let spare = 0;
    let needed = 0;
    fc.assert(
      fc.property(clusters, demandLists, (cluster, demands) => {
        const all = workersWanted(inputOf(cluster, demands));
        expect(all.spareArrivingWorkers).to.be.within(0, cluster.arriving);
        const arriving = cluster.arriving - all.spareArrivingWorkers;
        const { unplacedExecutors, newWorkers } = workersWanted(inputOf({ ...cluster, arriving }, demands));
        expect(unplacedExecutors).to.equal(all.unplacedExecutors);
        expect(newWorkers).to.equal(all.newWorkers);
        spare += all.spareArrivingWorkers;
        needed += arriving;
      }),
      { numRuns: 500 },
    );
    expect(spare).to.be.greaterThan(0);
    expect(needed).to.be.greaterThan(0);
  });

  it('are not fewer than the lower bound, where no worker is there yet', () => {
    fc.assert(
      fc.property(clusters, demandLists, (cluster, demands) => {
        const waiting = demands.map((each) => ({ ...each, held: 0 }));
        const bound = lowerBoundWorkers(missingOf(waiting), cluster.shape);
        const input = inputOf({ ...cluster, foreign: [], own: [] }, waiting);
        expect(workersWanted(input).wanted).to.be.at.least(bound);
      }),
    );
  });

  it('I5: are the same for the same input', () => {
    fc.assert(
      fc.property(clusters, demandLists, (cluster, demands) => {
        expect(workersWanted(inputOf(cluster, demands))).to.deep.equal(workersWanted(inputOf(cluster, demands)));
      }),
    );
  });

  it('R14: are as many before the pods of workers that have just come are listed as after', () => {
    const came = fc.tuple(clusters, demandLists, fc.nat(5));
    fc.assert(
      fc.property(came, ([{ own, arriving, shape, placement }, demands, listed]) => {
        const parts = { demands, workers: own, workerShape: shape, placement, servingWorkers: own.length + arriving };
        const count = (known: number): Partial<WorkersWanted> => {
          const input = wantedInput({ ...parts, pods: pods(1, known), newcomers: own.slice(known) });
          const { wanted, newWorkers, fewest, spareArrivingWorkers, unplacedExecutors } = workersWanted(input);
          return { wanted, newWorkers, fewest, spareArrivingWorkers, unplacedExecutors };
        };
        expect(count(Math.min(listed, own.length))).to.deep.equal(count(own.length));
      }),
    );
  });

  it('R10: I6: are never fewer for more demand of one executor shape', () => {
    const held = fc.nat(6);
    const counts = fc.array(fc.record({ executors: fc.nat(20), more: fc.nat(20), held }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(clusters, executorShapes(), counts, (cluster, shape, list) => {
        const before = list.map((each, index) =>
          demand(each.executors, { id: `app-${index}`, shape, held: each.held }),
        );
        const after = list.map((each, index) => ({ ...before[index]!, executors: each.executors + each.more }));
        const [less, more] = [before, after].map((demands) => workersWanted(inputOf(cluster, demands)));
        expect(more!.wanted).to.be.at.least(less!.wanted);
        expect(more!.newWorkers).to.be.at.least(less!.newWorkers);
        expect(more!.spareIdleWorkers).to.be.at.most(less!.spareIdleWorkers);
      }),
      { numRuns: 500 },
    );
  });

  it('I9: are none for executors that fit none, and are named, each of them', () => {
    fc.assert(
      fc.property(
        clusters,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
        (cluster, counts) => {
          const shape = resources(cluster.shape.cores + 1, 1);
          const demands = counts.map((count, index) => demand(count, { id: `app-${index}`, shape }));
          const { wanted, newWorkers, infeasible } = workersWanted(inputOf(cluster, demands));
          expect(wanted).to.equal(0);
          expect(newWorkers).to.equal(0);
          expect(infeasible.map(({ owner, executors }) => [owner, executors])).to.deep.equal(
            demands.map(({ id, executors }) => [id, executors]),
          );
        },
      ),
    );
  });

  it('I9: are not more for executors that fit none beside others', () => {
    fc.assert(
      fc.property(
        clusters,
        demandLists,
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (cluster, demands, count, first) => {
          const huge = demand(count, { id: 'huge', shape: resources(cluster.shape.cores + 1, 1) });
          const with_ = first ? [huge, ...demands] : [...demands, huge];
          const { wanted, newWorkers } = workersWanted(inputOf(cluster, demands));
          expect(workersWanted(inputOf(cluster, with_))).to.deep.include({ wanted, newWorkers });
        },
      ),
    );
  });
});

describe('R6: the size of a worker is known', () => {
  const seen = resources(8, 1);
  const template = resources(4, 2);
  const set = resources(2, 3);
  const last = resources(1, 4);
  const ours = fleet([worker(1, { total: seen })], pods(1, 1));
  const cases: { title: string; from: Resources | undefined; parts: Parameters<typeof shapeOf> }[] = [
    {
      title: 'from a worker of ours before all else',
      from: seen,
      parts: [ours, target(1, { workerShape: template }), coreMemory({ lastShape: last }), rules({ workerShape: set })],
    },
    {
      title: 'from the pod template, with zero workers',
      from: template,
      parts: [
        fleet([], []),
        target(0, { workerShape: template }),
        coreMemory({ lastShape: last }),
        rules({ workerShape: set }),
      ],
    },
    {
      title: 'from the setting, where the template is silent',
      from: set,
      parts: [
        fleet([], []),
        target(0, { workerShape: undefined }),
        coreMemory({ lastShape: last }),
        rules({ workerShape: set }),
      ],
    },
    {
      title: 'from what was last seen, where neither tells',
      from: last,
      parts: [fleet([], []), target(0, { workerShape: undefined }), coreMemory({ lastShape: last }), rules()],
    },
    {
      title: 'from nowhere, in the end',
      from: undefined,
      parts: [fleet([], []), target(0, { workerShape: undefined }), coreMemory(), rules()],
    },
    {
      title: 'not from a worker that is not ALIVE, nor from one of others (R14)',
      from: template,
      parts: [
        fleet([worker(1, { total: seen, state: 'DECOMMISSIONED' }), worker(9, { total: seen })], pods(1, 1)),
        target(1, { workerShape: template }),
        coreMemory(),
        rules(),
      ],
    },
  ];
  for (const { title, from, parts } of cases) {
    it(`R6: ${title}`, () => {
      expect(shapeOf(...parts)).to.deep.equal(from);
    });
  }
});

describe('From zero workers', () => {
  const nothing = { workers: [], pods: [], planned: 0 };

  it('R6: demand brings as many as the pod template says it fills', () => {
    const seen = observation({ ...nothing, applications: [applicationAsking(9)] });
    expect(decide(seen, NEW_CORE_MEMORY, rules()).decision).to.deep.include({
      wantedWorkers: 3,
      action: { kind: 'resize', direction: 'grow', from: 0, to: 3, victims: [] },
    });
  });

  it('R6: demand brings one where no size is known, and the rest once it was seen', () => {
    const applications = [applicationAsking(9)];
    const silent = target(0, { workerShape: undefined });
    const blind = observation({ ...nothing, applications });
    const first = decide(
      { ...blind, target: { ...blind.target, value: silent } as typeof blind.target },
      NEW_CORE_MEMORY,
      rules(),
    );
    expect(first.decision.action).to.deep.include({ kind: 'resize', from: 0, to: 1 });

    const seen = observation({ workers: workers(1, 1), pods: pods(1, 1), applications });
    const second = decide(
      { ...seen, target: { ...seen.target, value: { ...silent, plannedWorkers: 1 } } as typeof seen.target },
      first.memory,
      rules(),
    );
    expect(second.decision.action).to.deep.include({ kind: 'resize', from: 1, to: 3 });
    expect(second.memory.lastShape).to.deep.equal(worker(1).total);
  });

  it('a driver that waits brings a worker', () => {
    const seen = observation({ ...nothing, drivers: [waitingDriver()] });
    expect(decide(seen, NEW_CORE_MEMORY, rules()).decision.action).to.deep.include({ kind: 'resize', from: 0, to: 1 });
  });

  it('an application that waits with no demand brings none', () => {
    const seen = observation({ ...nothing, applications: [applicationAsking(0, { state: 'WAITING' })] });
    expect(decide(seen, NEW_CORE_MEMORY, rules()).decision.action).to.deep.equal({ kind: 'none' });
  });

  it('applications with odd ids are told apart, and each is remembered', () => {
    const ids = ['__proto__', 'constructor', 'app-1', 'app-1 '];
    const seen = observation({ ...nothing, applications: ids.map((id) => applicationAsking(4, { id })) });
    const { decision, memory } = decide(seen, NEW_CORE_MEMORY, rules());
    expect(decision.wantedWorkers).to.equal(4);
    expect(memory.demands.map(([id]) => id)).to.deep.equal(ids);
  });
});
