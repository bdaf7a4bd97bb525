/** Where executors go: Spark's own placement on groups of workers, and how few workers hold a demand. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  groupRooms,
  lowerBoundWorkers,
  placeAsMaster,
  workersToHold,
  type PlacementItem,
} from '../../src/core/placement.ts';
import {
  dominantShare,
  fitCount,
  resources,
  resourcesKey,
  subtract,
  type Resources,
} from '../../src/core/resources.ts';
import type { Placement } from '../../src/core/rules.ts';
import { executorShapes, freeRooms, frozen, placementItems, ungrouped, workerShapes } from './support/arbitraries.ts';

const PLACEMENTS: readonly Placement[] = ['spread', 'packed'];
const placements = fc.constantFrom(...PLACEMENTS);

/** Executors of these cores and memory; the owner is told by its place. */
function items(...list: readonly (readonly [count: number, cores: number, memory: number])[]): PlacementItem[] {
  return list.map(([count, cores, memory], index) => ({
    owner: `app-${index}`,
    shape: resources(cores, memory),
    count,
  }));
}

/** Free rooms of these cores and memory. */
function rooms(...list: readonly (readonly [cores: number, memory: number])[]): Resources[] {
  return list.map(([cores, memory]) => resources(cores, memory));
}

/** Rooms as sorted texts, to compare them whatever their order. */
function asTexts(list: readonly Resources[]): string[] {
  return list.map(resourcesKey).sort();
}

/** Master.scala word for word, executor by executor: the slow way, to hold the fast one against. */
function placeOneByOne(
  list: readonly PlacementItem[],
  free: readonly Resources[],
  placement: Placement,
): { leftOver: number[]; rooms: Resources[] } {
  let now = [...free];
  const leftOver = list.map(({ shape, count }) => {
    const upOrDown = placement === 'spread' ? -1 : 1;
    now = [...now].sort((a, b) => upOrDown * (a.cores - b.cores || a.memoryMiB - b.memoryMiB));
    let left = count;
    for (let placed = true; placed && left > 0;) {
      placed = false;
      for (const [index, room] of now.entries()) {
        let here = room;
        while (left > 0 && fitCount(shape, here) > 0) {
          here = subtract(here, shape);
          left -= 1;
          placed = true;
          if (placement === 'spread') break;
        }
        now[index] = here;
      }
    }
    return left;
  });
  return { leftOver, rooms: now };
}

describe('Rooms', () => {
  it('that are equal are one group with a count', () => {
    const grouped = groupRooms([...rooms([4, 8], [2, 8], [4, 8]), resources(4, 8, { gpu: 0 })]);
    expect(grouped.map(({ free, count }) => [free.cores, count])).to.deep.equal([
      [4, 3],
      [2, 1],
    ]);
    expect(groupRooms([])).to.deep.equal([]);
  });
});

describe('Placing as the master', () => {
  const cases: {
    title: string;
    items: PlacementItem[];
    free: Resources[];
    spread: { left: number[]; rooms: Resources[] };
    packed: { left: number[]; rooms: Resources[] };
  }[] = [
    {
      title: 'puts one executor on each worker in turn, or fills one worker first',
      items: items([2, 2, 2]),
      free: rooms([4, 4], [4, 4]),
      spread: { left: [0], rooms: rooms([2, 2], [2, 2]) },
      packed: { left: [0], rooms: rooms([0, 0], [4, 4]) },
    },
    {
      title: 'begins at the emptiest worker, or at the fullest',
      items: items([1, 1, 1]),
      free: rooms([2, 4], [4, 4], [3, 4]),
      spread: { left: [0], rooms: rooms([2, 4], [3, 3], [3, 4]) },
      packed: { left: [0], rooms: rooms([1, 3], [4, 4], [3, 4]) },
    },
    {
      title: 'takes the one with more memory where the cores are equal, or with less',
      items: items([1, 1, 1]),
      free: rooms([4, 4], [4, 8]),
      spread: { left: [0], rooms: rooms([4, 4], [3, 7]) },
      packed: { left: [0], rooms: rooms([3, 3], [4, 8]) },
    },
    {
      title: 'goes round after round while anything fits',
      items: items([7, 1, 1]),
      free: rooms([3, 9], [2, 9], [1, 9]),
      spread: { left: [1], rooms: rooms([0, 6], [0, 7], [0, 8]) },
      packed: { left: [1], rooms: rooms([0, 6], [0, 7], [0, 8]) },
    },
    {
      title: 'serves applications in their order, so that the first may leave nothing',
      items: items([2, 4, 1], [1, 1, 1]),
      free: rooms([4, 8], [4, 8]),
      spread: { left: [0, 1], rooms: rooms([0, 7], [0, 7]) },
      packed: { left: [0, 1], rooms: rooms([0, 7], [0, 7]) },
    },
    {
      title: 'is stopped by memory as well as by cores',
      items: items([4, 1, 3]),
      free: rooms([8, 8]),
      spread: { left: [2], rooms: rooms([6, 2]) },
      packed: { left: [2], rooms: rooms([6, 2]) },
    },
    {
      title: 'passes over what fits nowhere',
      items: items([1, 9, 1], [1, 1, 1]),
      free: rooms([4, 8]),
      spread: { left: [1, 0], rooms: rooms([3, 7]) },
      packed: { left: [1, 0], rooms: rooms([3, 7]) },
    },
    {
      title: 'places an executor that needs nothing anywhere, even without a worker',
      items: items([5, 0, 0]),
      free: [],
      spread: { left: [0], rooms: [] },
      packed: { left: [0], rooms: [] },
    },
  ];
  for (const { title, items: list, free, ...expected } of cases) {
    for (const placement of PLACEMENTS) {
      it(`${title} (${placement})`, () => {
        const placed = placeAsMaster(list, groupRooms(free), placement);
        expect(placed.leftOver).to.deep.equal(expected[placement].left);
        expect(asTexts(ungrouped(placed.rooms))).to.deep.equal(asTexts(expected[placement].rooms));
      });
    }
  }

  it('R7: an executor with a GPU goes only where a GPU is free', () => {
    const free = [resources(8, 8), resources(4, 4, { gpu: 1 })];
    const wanting = [{ owner: 'app', shape: resources(1, 1, { gpu: 1 }), count: 2 }];
    for (const placement of PLACEMENTS) {
      const placed = placeAsMaster(wanting, groupRooms(free), placement);
      expect(placed.leftOver).to.deep.equal([1]);
      expect(asTexts(ungrouped(placed.rooms))).to.deep.equal(asTexts([resources(8, 8), resources(3, 3)]));
    }
  });

  it('R9: an application that takes all there is leaves only what is too small for it', () => {
    for (const placement of PLACEMENTS) {
      const placed = placeAsMaster(items([Infinity, 3, 1], [5, 1, 1]), groupRooms(rooms([4, 9], [8, 9])), placement);
      expect(placed.leftOver).to.deep.equal([Infinity, 2]);
      expect(asTexts(ungrouped(placed.rooms))).to.deep.equal(asTexts(rooms([0, 7], [0, 5])));
    }
  });
});

describe('Placing, for any executors and any rooms,', () => {
  it('never books more of a worker than it has free, and leaves over only what fits nowhere', () => {
    fc.assert(
      fc.property(placementItems(), freeRooms(), placements, (list, free, placement) => {
        const before = frozen(groupRooms(free));
        const { leftOver, rooms: after } = placeAsMaster(frozen(list), before, placement);
        const left = ungrouped(after);
        expect(left.length).to.equal(free.length);
        for (const amountOf of [coresOf, memoryOf, gpusOf]) {
          const booked = list.reduce(
            (sum, { shape, count }, index) => sum + amountOf(shape) * (count - leftOver[index]!),
            0,
          );
          expect(total(left, amountOf), 'free afterwards').to.equal(total(free, amountOf) - booked);
        }
        for (const [index, { shape }] of list.entries()) {
          expect(leftOver[index]).to.be.within(0, list[index]!.count);
          if (leftOver[index]! > 0) expect(left.every((room) => fitCount(shape, room) === 0)).to.equal(true);
        }
        expect(placeAsMaster(list, before, placement), 'I5').to.deep.equal({ leftOver, rooms: after });
      }),
      { numRuns: 500 },
    );
  });

  it('is what the master does executor by executor', () => {
    const plain = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 8 }).map((list) => rooms(...list));
    const executors = fc
      .array(fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })), { maxLength: 5 })
      .map((list) => items(...list));
    fc.assert(
      fc.property(executors, plain, placements, (list, free, placement) => {
        const fast = placeAsMaster(list, groupRooms(free), placement);
        const slow = placeOneByOne(list, free, placement);
        expect(fast.leftOver).to.deep.equal(slow.leftOver);
        expect(asTexts(ungrouped(fast.rooms))).to.deep.equal(asTexts(slow.rooms));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('The fewest workers', () => {
  const worker = resources(8, 16);
  const cases: { title: string; items: PlacementItem[]; existing?: Resources[]; workers: number }[] = [
    { title: 'for nothing are none', items: [], workers: 0 },
    { title: 'for no executors are none', items: items([0, 1, 1]), workers: 0 },
    { title: 'for an executor that needs nothing are none', items: items([7, 0, 0]), workers: 0 },
    { title: 'are counted by cores', items: items([9, 4, 1]), workers: 5 },
    { title: 'are counted by memory', items: items([9, 1, 8]), workers: 5 },
    { title: 'are full where the executors divide them evenly', items: items([16, 1, 2]), workers: 2 },
    {
      title: 'are shared by small executors of several applications',
      items: items([3, 1, 1], [3, 1, 1], [2, 1, 1]),
      workers: 1,
    },
    { title: 'take small executors beside large ones', items: items([4, 1, 1], [2, 6, 8]), workers: 2 },
    {
      title: 'are none where the rooms that exist hold all',
      items: items([4, 2, 2]),
      existing: rooms([4, 8], [4, 8]),
      workers: 0,
    },
    { title: 'hold what the rooms that exist do not', items: items([5, 2, 2]), existing: rooms([4, 8]), workers: 1 },
    { title: 'are not opened for what fits none', items: items([3, 9, 1]), workers: 0 },
    {
      title: 'are opened for others where what fits none takes the room that exists',
      items: items([4, 4, 4], [1, 9, 1]),
      existing: rooms([16, 32]),
      workers: 2,
    },
  ];
  for (const { title, items: list, existing = [], workers } of cases) {
    it(title, () => {
      expect(workersToHold(list, worker, groupRooms(existing)).workers).to.equal(workers);
    });
  }

  it('come with the names of what fits none of them', () => {
    const { misfits } = workersToHold(items([2, 1, 1], [3, 9, 1], [0, 99, 1], [1, 1, 17]), worker);
    expect(misfits.map(({ owner, count }) => [owner, count])).to.deep.equal([
      ['app-1', 3],
      ['app-3', 1],
    ]);
  });

  it('R7: are counted by GPUs where these are scarcest', () => {
    const gpuWorker = resources(8, 16, { gpu: 2 });
    const wanting = [{ owner: 'app', shape: resources(1, 1, { gpu: 1 }), count: 5 }];
    expect(workersToHold(wanting, gpuWorker).workers).to.equal(3);
    expect(lowerBoundWorkers(wanting, gpuWorker)).to.equal(3);
    expect(workersToHold(wanting, worker)).to.deep.equal({ workers: 0, misfits: wanting });
  });
});

describe('The lower bound', () => {
  const worker = resources(8, 16);
  const cases: [string, PlacementItem[], number][] = [
    ['of nothing is 0', [], 0],
    ['is the sum of the cores', items([3, 4, 1], [1, 5, 1]), 3],
    ['is the sum of the memory', items([3, 1, 10], [2, 1, 1]), 2],
    ['is exact where the workers are full', items([6, 4, 1]), 3],
    ['leaves out what fits no worker', items([6, 9, 1], [1, 1, 1]), 1],
  ];
  for (const [title, list, bound] of cases) {
    it(title, () => {
      expect(lowerBoundWorkers(list, worker)).to.equal(bound);
    });
  }
});

describe('The fewest workers, for any executors,', () => {
  it('are never fewer than the lower bound, and suffice: all that fits finds its place on them', () => {
    fc.assert(
      fc.property(placementItems(), workerShapes, (list, worker) => {
        const { workers, misfits } = workersToHold(frozen(list), worker);
        expect(workers).to.be.at.least(lowerBoundWorkers(list, worker));
        expect(misfits).to.deep.equal(list.filter(({ shape, count }) => count > 0 && fitCount(shape, worker) === 0));
        const fitting = list
          .filter((item) => fitCount(item.shape, worker) > 0)
          .sort((a, b) => dominantShare(b.shape, worker) - dominantShare(a.shape, worker));
        const { leftOver } = placeAsMaster(bySize(fitting), [{ free: worker, count: workers }], 'packed');
        expect(leftOver.every((left) => left === 0)).to.equal(true);
        expect(workersToHold(list, worker), 'I5').to.deep.equal({ workers, misfits });
      }),
      { numRuns: 500 },
    );
  });

  it('are never more with rooms that exist than without', () => {
    fc.assert(
      fc.property(executorShapes(), fc.nat(60), workerShapes, freeRooms(), (shape, count, worker, existing) => {
        const list = [{ owner: 'app', shape, count }];
        const with_ = workersToHold(list, worker, groupRooms(existing)).workers;
        expect(with_).to.be.at.most(workersToHold(list, worker).workers);
      }),
    );
  });

  it('I9: are not more for executors that fit none of them', () => {
    fc.assert(
      fc.property(placementItems(), workerShapes, fc.integer({ min: 1, max: 99 }), (list, worker, count) => {
        const huge = { owner: 'huge', shape: resources(worker.cores + 1, 1), count };
        const { workers } = workersToHold(list, worker);
        expect(workersToHold([...list, huge], worker).workers).to.equal(workers);
        expect(workersToHold([huge, ...list], worker).workers).to.equal(workers);
        expect(workersToHold([huge], worker).workers).to.equal(0);
      }),
    );
  });
});

describe('R10: more demand', () => {
  it('R10: I6: of one executor shape never needs fewer workers, and needs exactly what division says', () => {
    const counts = fc.array(fc.nat(40), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(executorShapes(), counts, fc.nat(40), workerShapes, (shape, list, more, worker) => {
        const fit = fitCount(shape, worker);
        fc.pre(fit > 0);
        const asked = list.map((count, index) => ({ owner: `app-${index}`, shape, count }));
        const count = list.reduce((sum, one) => sum + one, 0);
        expect(workersToHold(asked, worker).workers).to.equal(Math.ceil(count / fit));
        const grown = [...asked, { owner: 'more', shape, count: more }];
        expect(workersToHold(grown, worker).workers).to.equal(Math.ceil((count + more) / fit));
      }),
      { numRuns: 500 },
    );
  });

  it('R10: I6: of any shapes never lowers the lower bound', () => {
    fc.assert(
      fc.property(placementItems(), placementItems(), workerShapes, (list, more, worker) => {
        const bound = lowerBoundWorkers(list, worker);
        expect(lowerBoundWorkers([...list, ...more], worker)).to.be.at.least(bound);
      }),
      { numRuns: 500 },
    );
  });

  it('R10: of mixed shapes may need fewer workers: first-fit is not monotone, and this is known', () => {
    const worker = resources(8, 16);
    const before = items([3, 1, 7], [2, 4, 1]);
    expect(workersToHold(before, worker).workers).to.equal(3);
    expect(workersToHold([...items([1, 2, 8]), ...before], worker).workers).to.equal(2);
    expect(lowerBoundWorkers(before, worker)).to.equal(2);
    expect(lowerBoundWorkers([...items([1, 2, 8]), ...before], worker)).to.equal(2);
  });
});

function coresOf(amount: Resources): number {
  return amount.cores;
}

function memoryOf(amount: Resources): number {
  return amount.memoryMiB;
}

function gpusOf(amount: Resources): number {
  return amount.custom.gpu ?? 0;
}

function total(list: readonly Resources[], of: (amount: Resources) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0);
}

/** Executors of equal size together, as `workersToHold` takes them. */
function bySize(list: readonly PlacementItem[]): PlacementItem[] {
  const keys = [...new Set(list.map(({ shape }) => resourcesKey(shape)))];
  return keys.map((key) => {
    const same = list.filter(({ shape }) => resourcesKey(shape) === key);
    return { ...same[0]!, count: same.reduce((sum, { count }) => sum + count, 0) };
  });
}
