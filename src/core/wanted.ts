/**
 * From executors wanted to workers wanted.
 *
 * Two questions with two answers. *Is there room?* places what is missing as the master would, on what exists and on
 * its way, and adds workers until everything fits: placed executors cannot be moved (R10). *What would do?* packs the
 * whole demand afresh: the fewest workers that could serve it, which is where a shrink may lead.
 */
import type { ApplicationDemand } from './demand.ts';
import { isAlive, type Fleet } from './fleet.ts';
import { LastMade } from './kept.ts';
import { groupRooms, orderOf, placeInto, workersToHold, type PlacementItem } from './placement.ts';
import { describeResources, fitCount, isNothing, resourcesKey, type Resources } from './resources.ts';
import { Rooms, RoomTally } from './rooms.ts';
import type { Placement } from './rules.ts';
import type { DriverView, WorkerView } from './spark-view.ts';

export interface Infeasible {
  readonly owner: string;
  readonly executors: number;
  readonly mend: string;
}

export interface WorkersWanted {
  /** *wanted*: workers of our target that the demand needs. */
  readonly wanted: number;
  /** Of these, how many are neither there nor on their way. */
  readonly newWorkers: number;
  /** Workers that would do if the whole demand were packed afresh; 0 while a worker's size is not known. */
  readonly fewest: number;
  /** Idle registered workers of ours that the missing executors do not need either. */
  readonly spareIdleWorkers: number;
  /** Workers planned and not registered yet that the missing executors do not need. */
  readonly spareArrivingWorkers: number;
  /** Executors that fit no worker: reported, and they never raise the count (I9). */
  readonly infeasible: readonly Infeasible[];
  /** Applications that more workers would not help, since another one takes every core first. */
  readonly starved: readonly string[];
  readonly unplacedExecutors: number;
  /** The same by application or driver. */
  readonly unplacedByOwner: ReadonlyMap<string, number>;
}

export interface WantedInput {
  readonly demands: readonly ApplicationDemand[];
  readonly drivers: readonly DriverView[];
  readonly fleet: Fleet;
  /** False while the pods cannot be listed: then every ALIVE worker is taken for one of ours. */
  readonly podsKnown: boolean;
  /** Workers that have registered since the pods were listed: those of our size are ours, as far as ours are on their way. */
  readonly newcomers: readonly WorkerView[];
  /** Workers planned that are not on their way out. */
  readonly servingWorkers: number;
  readonly workerShape: Resources | undefined;
  readonly placement: Placement;
}

/** More rounds than any sane mix of shapes needs; a bound on the loop, not a tuning value. */
const MAX_ROUNDS = 32;

/** Works out how many workers the demand needs, and why. Pure. */
export function workersWanted(input: WantedInput): WorkersWanted {
  const { workerShape, placement } = input;
  const room = roomNow(input);
  const { arriving } = room;
  const missing = missingItems(input);
  const { existing } = room;

  if (workerShape === undefined) return withoutShape(input, missing, existing.copy(), arriving, room.idleWorkers);
  const rooms = existing.copy();
  rooms.add(workerShape, arriving);
  const grown = grow(missing, rooms, workerShape, placement);
  const most = input.servingWorkers + stillWorking(input);
  const fewest = Math.min(most, fewestWorkers(input, workerShape, room.foreign));
  return {
    wanted: grown.newWorkers > 0 ? input.servingWorkers + grown.newWorkers : fewest,
    newWorkers: grown.newWorkers,
    fewest,
    spareIdleWorkers: spareIdle(missing, room),
    spareArrivingWorkers: arriving - neededOf(arriving, finite(missing), existing, workerShape, placement),
    infeasible: infeasibleItems(grown.left, workerShape),
    starved: grown.starved,
    unplacedExecutors: countLeft(grown.leftBefore),
    unplacedByOwner: byOwner(grown.leftBefore),
  };
}

/** What is free on ALIVE workers that are not on their way out. */
interface RoomNow {
  /** All of it, in the placement's order; to be copied before anything is taken. */
  readonly existing: Rooms;
  /** On workers that run something, and on those of others. */
  readonly besideIdle: RoomTally;
  readonly idle: RoomTally;
  /** Idle workers of ours. */
  readonly idleWorkers: number;
  /** ALIVE workers that are none of ours. */
  readonly foreign: readonly WorkerView[];
  /** Workers of ours that serve and are not registered yet. */
  readonly arriving: number;
}

const roomsNow = new LastMade<RoomNow>();

/** What is free now. Pure; the same fleet has the same rooms, also as an object. */
export function roomNow(input: WantedInput): RoomNow {
  const { fleet, podsKnown, newcomers, servingWorkers, workerShape, placement } = input;
  const key = [fleet, podsKnown, servingWorkers, placement, workerShape, ...newcomers];
  return roomsNow.get(key, () => tallyRoom(input));
}

function tallyRoom(input: WantedInput): RoomNow {
  const besideIdle = new RoomTally();
  const idle = new RoomTally();
  let idleWorkers = 0;
  let registered = 0;
  const count = (worker: WorkerView): void => {
    const isIdle = isNothing(worker.used);
    if (isIdle) idleWorkers += 1;
    (isIdle ? idle : besideIdle).addLeft(worker.total, worker.used);
  };
  const unmatched = input.fleet.foreignWorkers.filter(isAlive);
  if (input.podsKnown) {
    for (const { total, used } of unmatched) besideIdle.addLeft(total, used);
    for (const { alive } of input.fleet.serving) {
      if (alive.length > 0) registered += 1;
      for (const worker of alive) count(worker);
    }
  } else {
    for (const worker of unmatched) count(worker);
    registered = unmatched.length;
  }
  const unregistered = Math.max(0, input.servingWorkers - registered);
  const came = new Set(input.podsKnown ? oursThatCame(input, unregistered) : []);
  const foreign = input.podsKnown ? unmatched.filter((worker) => !came.has(worker)) : [];
  const existing = new Rooms([...besideIdle.groups(), ...idle.groups()], orderOf(input.placement));
  return { existing, besideIdle, idle, idleWorkers, foreign, arriving: unregistered - came.size };
}

/** Of those that have just come, as many of our size as of ours are on their way. */
function oursThatCame({ newcomers, workerShape }: WantedInput, unregistered: number): readonly WorkerView[] {
  if (newcomers.length === 0 || workerShape === undefined) return [];
  const size = resourcesKey(workerShape);
  return newcomers.filter(({ total }) => resourcesKey(total) === size).slice(0, unregistered);
}

/**
 * Workers that are to leave and were given work all the same, since the master never got the mark or forgot it: what runs
 * there needs room elsewhere, or they could never go.
 */
function stillWorking({ fleet }: WantedInput): number {
  return fleet.leaving.filter(({ alive }) => alive.some(({ used }) => !isNothing(used))).length;
}

const NONE_DISPLACED: ReadonlyMap<string, number> = new Map();

/**
 * What is to be placed, in the master's order: waiting drivers first, then applications by registration.
 *
 * @param displaced executors held that would not be, by application.
 */
export function missingItems(input: WantedInput, displaced = NONE_DISPLACED): PlacementItem[] {
  const items: PlacementItem[] = [];
  for (const { id, needs, workerId } of input.drivers) {
    if (workerId === undefined) items.push({ owner: id, shape: needs, count: 1 });
  }
  for (const demand of input.demands) {
    const count = demand.takesAll ? Infinity : missingOf(demand, displaced.get(demand.id) ?? 0);
    if (count > 0) items.push({ owner: demand.id, shape: demand.shape, count });
  }
  return items;
}

function missingOf({ executors, held }: ApplicationDemand, displaced: number): number {
  return Math.max(0, executors - Math.max(0, held - displaced));
}

interface Grown {
  readonly newWorkers: number;
  /** What found no room before any worker was added. */
  readonly leftBefore: readonly PlacementItem[];
  readonly left: readonly PlacementItem[];
  readonly starved: readonly string[];
}

/** Adds workers until all that can be placed is placed, or until adding does not help. */
function grow(missing: readonly PlacementItem[], rooms: Rooms, shape: Resources, placement: Placement): Grown {
  let newWorkers = 0;
  const leftWith = leftBeside(missing, rooms, shape, placement);
  let left = leftWith(0);
  const leftBefore = left;
  const enough = countLeft(finite(missing).filter((item) => fitCount(item.shape, shape) > 0));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const fitting = left.filter((item) => fitCount(item.shape, shape) > 0);
    if (fitting.length === 0) break;
    const withMore = (more: number): readonly PlacementItem[] => leftWith(newWorkers + more);
    const helpful = fewestThatHelp(workersToHold(fitting, shape).workers, enough, countLeft(left), withMore);
    if (helpful === undefined) return { newWorkers, leftBefore, left, starved: fitting.map((item) => item.owner) };
    newWorkers += helpful.more;
    left = helpful.left;
  }
  return { newWorkers, leftBefore, left, starved: [] };
}

/**
 * The master likes the emptiest worker best, so small executors that had room may move into the new workers and leave
 * the large ones out again. With a worker for every missing executor that cannot be; if even this does not help, an
 * application before them takes every core.
 */
function fewestThatHelp(
  first: number,
  enough: number,
  leftBefore: number,
  leftWith: (more: number) => readonly PlacementItem[],
): { readonly more: number; readonly left: readonly PlacementItem[] } | undefined {
  let tooFew = 0;
  let more = Math.max(1, first);
  let left = leftWith(more);
  while (countLeft(left) >= leftBefore) {
    if (more >= enough) return undefined;
    tooFew = more;
    more = Math.min(2 * more, enough);
    left = leftWith(more);
  }
  // The first try is what the executors fill; only where that was too few is it worth to look between.
  while (tooFew > 0 && more - tooFew > 1) {
    const between = Math.floor((tooFew + more) / 2);
    const leftBetween = leftWith(between);
    if (countLeft(leftBetween) < leftBefore) {
      more = between;
      left = leftBetween;
    } else tooFew = between;
  }
  return { more, left };
}

/** Items with a finite count that found no room; who takes all there is never counts as left over. `rooms` are taken from. */
export function leftAfter(
  missing: readonly PlacementItem[],
  rooms: Rooms,
  placement: Placement,
): readonly PlacementItem[] {
  const leftOver = placeInto(rooms, missing, placement);
  const left: PlacementItem[] = [];
  missing.forEach((item, nth) => {
    const count = leftOver[nth] ?? 0;
    if (count > 0 && Number.isFinite(count)) left.push({ ...item, count });
  });
  return left;
}

/** The same beside so many more empty workers; `rooms` stay as they are. */
function leftBeside(
  missing: readonly PlacementItem[],
  rooms: Rooms,
  shape: Resources,
  placement: Placement,
): (workers: number) => readonly PlacementItem[] {
  return (workers) => {
    const all = rooms.copy();
    all.add(shape, workers);
    return leftAfter(missing, all, placement);
  };
}

function countLeft(items: readonly PlacementItem[]): number {
  return items.reduce((sum, item) => sum + item.count, 0);
}

function byOwner(items: readonly PlacementItem[]): ReadonlyMap<string, number> {
  return new Map(items.map(({ owner, count }) => [owner, count]));
}

/** The whole demand packed afresh: first on workers that are not ours, which stay anyway, then on ours. */
function fewestWorkers(input: WantedInput, shape: Resources, foreign: readonly WorkerView[]): number {
  const items: PlacementItem[] = input.drivers.map(({ id, needs }) => ({ owner: id, shape: needs, count: 1 }));
  for (const { id, shape: one, executors } of input.demands) items.push({ owner: id, shape: one, count: executors });
  return workersToHold(items, shape, groupRooms(foreign.map((worker) => worker.total))).workers;
}

/** Idle workers that stay idle even if the missing executors avoid them as far as they can. */
function spareIdle(missing: readonly PlacementItem[], { besideIdle, idle, idleWorkers }: RoomNow): number {
  const counted = finite(missing);
  const [first] = idle.groups();
  if (counted.length === 0 || first === undefined) return idleWorkers;
  const left = leftAfter(counted, new Rooms(besideIdle.groups(), orderOf('packed')), 'packed');
  return Math.max(0, idleWorkers - workersToHold(left, first.free).workers);
}

function finite(items: readonly PlacementItem[]): readonly PlacementItem[] {
  return items.filter((item) => Number.isFinite(item.count));
}

/**
 * Of the workers that are on their way, as many as the missing executors find room with that they would not find without.
 * To cancel one of these would be to ask for it again.
 */
function neededOf(
  arriving: number,
  missing: readonly PlacementItem[],
  existing: Rooms,
  shape: Resources,
  placement: Placement,
): number {
  if (arriving === 0 || missing.length === 0) return 0;
  const leftWith = leftBeside(missing, existing, shape, placement);
  const least = countLeft(leftWith(arriving));
  let needed = Math.min(arriving, workersToHold(leftWith(0), shape).workers);
  // Spread over all there is, large ones may find no room where all would have fitted.
  while (needed < arriving && countLeft(leftWith(needed)) > least) needed += 1;
  return needed;
}

function infeasibleItems(left: readonly PlacementItem[], shape: Resources): Infeasible[] {
  return left
    .filter((item) => fitCount(item.shape, shape) === 0)
    .map((item) => ({
      owner: item.owner,
      executors: item.count,
      mend:
        `needs ${describeResources(item.shape)}, a worker has ${describeResources(shape)}: ` +
        'make the workers larger or the executors smaller',
    }));
}

/** R6: without a known worker size, grow by one and look. */
function withoutShape(
  input: WantedInput,
  missing: readonly PlacementItem[],
  rooms: Rooms,
  arriving: number,
  idle: number,
): WorkersWanted {
  const left = leftAfter(missing, rooms, input.placement);
  const newWorkers = left.length > 0 && arriving === 0 ? 1 : 0;
  const nothing = input.demands.every((demand) => demand.executors === 0) && input.drivers.length === 0;
  return {
    wanted: nothing ? 0 : input.servingWorkers + newWorkers,
    newWorkers,
    fewest: 0,
    spareIdleWorkers: missing.length > 0 ? 0 : idle,
    spareArrivingWorkers: missing.length > 0 ? 0 : arriving,
    infeasible: [],
    starved: [],
    unplacedExecutors: countLeft(left),
    unplacedByOwner: byOwner(left),
  };
}
