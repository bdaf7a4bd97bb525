/**
 * Where executors go: Spark's own placement, imitated on groups of equal workers.
 *
 * Ten thousand workers have few different amounts of free room, so workers with equal room are one group with a count.
 * Source of the rules: Master.scala as told in spark.md 7.1 to 7.4.
 */
import { add, dominantShare, fitCount, isEqual, isNothing, times, type Resources } from './resources.ts';
import { Rooms, RoomTally, type RoomGroup, type RoomOrder, type Use } from './rooms.ts';
import type { Placement } from './rules.ts';

/** Executors (or drivers) of one owner that are still to be placed. */
export interface PlacementItem {
  readonly owner: string;
  readonly shape: Resources;
  /** How many; `Infinity` for an application that takes all it can get. */
  readonly count: number;
}

/** Groups equal rooms together. */
export function groupRooms(rooms: Iterable<Resources>): readonly RoomGroup[] {
  const tally = new RoomTally();
  for (const free of rooms) tally.add(free);
  return tally.groups();
}

/** In which order the master looks for room. */
export function orderOf(placement: Placement): RoomOrder {
  // Packed, the fullest comes first: what the master does where it is set up for packing (CORES_FREE_ASC, spark.md 7.4).
  return placement === 'spread' ? 'emptiest-first' : 'fullest-first';
}

/**
 * Places the items in their order as the master would, and says what is left over.
 *
 * @returns for each item how many found no room, and the rooms that remain.
 */
export function placeAsMaster(
  items: readonly PlacementItem[],
  rooms: readonly RoomGroup[],
  placement: Placement,
): { readonly leftOver: readonly number[]; readonly rooms: readonly RoomGroup[] } {
  const free = new Rooms(rooms, orderOf(placement));
  const leftOver = placeInto(free, items, placement);
  return { leftOver, rooms: free.inOrder().map(({ free: room, count }) => ({ free: room, count })) };
}

/** The same into rooms that are in the placement's order; they are taken from. */
export function placeInto(rooms: Rooms, items: readonly PlacementItem[], placement: Placement): readonly number[] {
  const place = placement === 'spread' ? spread : pack;
  return items.map((item) => place(item, rooms));
}

/** One executor per worker in turn, the emptiest first, round after round. Returns how many found no room. */
function spread({ shape, count }: PlacementItem, rooms: Rooms): number {
  if (isNothing(shape)) return 0;
  const first = firstUsable(shape, rooms);
  if (first === undefined) return count;
  // Most want few: there it ends, and nothing has to be noted on the way.
  if (rooms.useOne(shape, first, count)) return 0;
  const usable = usableFor(shape, count, rooms, first);
  let left = count;
  let rounds = 0;
  for (;;) {
    const round = roomsWithSpace(usable, rounds);
    if (round === 0 || round > left) break;
    left -= round;
    rounds += 1;
  }
  const uses: Use[] = [];
  for (const { at, count: inGroup, fits } of usable) {
    // What is left does not go round once more: the first ones in the order get it.
    const more = fits > rounds ? Math.min(inGroup, left) : 0;
    left -= more;
    if (more > 0) uses.push({ at, rooms: more, items: rounds + 1 });
    if (more < inGroup) uses.push({ at, rooms: inGroup - more, items: Math.min(rounds, fits) });
  }
  rooms.use(shape, uses);
  return left;
}

/** A group of rooms with the number of items that fit into each of them. */
interface Usable {
  readonly at: number;
  readonly count: number;
  readonly fits: number;
}

/** Place of the first group with space for the shape. */
function firstUsable(shape: Resources, rooms: Rooms): number | undefined {
  const at = rooms.inOrder().findIndex(({ free }) => free.cores < shape.cores || fitCount(shape, free) > 0);
  const room = rooms.inOrder()[at];
  return room === undefined || room.free.cores < shape.cores ? undefined : at;
}

/** Groups with space for the shape, in order, up to the one where all have found room in the first round. */
function usableFor(shape: Resources, count: number, rooms: Rooms, first: number): readonly Usable[] {
  const usable: Usable[] = [];
  let within = 0;
  const order = rooms.inOrder();
  for (let at = first; at < order.length; at += 1) {
    const room = order[at];
    if (room === undefined || within >= count || room.free.cores < shape.cores) break;
    const fits = fitCount(shape, room.free);
    if (fits === 0) continue;
    usable.push({ at, count: room.count, fits });
    within += room.count;
  }
  return usable;
}

/** Rooms that take one more item after so many rounds. */
function roomsWithSpace(usable: readonly Usable[], rounds: number): number {
  let count = 0;
  for (const one of usable) if (one.fits > rounds) count += one.count;
  return count;
}

/** One worker after the other, each filled before the next. Returns how many found no room. */
function pack({ shape, count }: PlacementItem, rooms: Rooms): number {
  if (isNothing(shape)) return 0;
  let left = count;
  const uses: Use[] = [];
  let at = -1;
  for (const room of rooms.inOrder()) {
    at += 1;
    if (left === 0) break;
    const fits = fitCount(shape, room.free);
    if (fits === 0) continue;
    const full = Math.min(room.count, Math.floor(left / fits));
    left -= full * fits;
    if (full > 0) uses.push({ at, rooms: full, items: fits });
    if (full === room.count) continue;
    uses.push({ at, rooms: 1, items: left });
    left = 0;
  }
  rooms.use(shape, uses);
  return left;
}

/**
 * Fewest empty workers of one size that hold all items, by first-fit decreasing after the rooms that exist anyway.
 *
 * Items that fit no empty worker are named and open none, but take room that exists where they fit. Items of equal
 * shape are taken together, so the cost grows with the number of shapes, not of executors. First-fit is not monotone
 * over mixed shapes (R10); the lower bound by plain sums is, and without existing rooms the result is never below it.
 */
export function workersToHold(
  items: readonly PlacementItem[],
  workerShape: Resources,
  existingRooms: readonly RoomGroup[] = [],
): { readonly workers: number; readonly misfits: readonly PlacementItem[] } {
  const fits = ({ shape }: PlacementItem): boolean => fitCount(shape, workerShape) > 0;
  const shapes = mergeShapes(items).filter(fits);
  const misfits = items.filter((item) => item.count > 0 && !fits(item));
  shapes.sort((a, b) => dominantShare(b.shape, workerShape) - dominantShare(a.shape, workerShape));

  const existing = new Rooms(existingRooms, 'fullest-first');
  const opened = new Rooms([], 'fullest-first');
  for (const item of misfits) pack(item, existing);
  let workers = 0;
  for (const item of shapes) {
    const beyondExisting = pack(item, existing);
    const beyondOpened = pack({ ...item, count: beyondExisting }, opened);
    const fresh = Math.ceil(beyondOpened / fitCount(item.shape, workerShape));
    workers += fresh;
    // What they leave free matters to the next one only.
    if (item === shapes.at(-1)) break;
    opened.add(workerShape, fresh);
    pack({ ...item, count: beyondOpened }, opened);
  }
  return { workers, misfits };
}

/** Sum of what the items need, in workers: no packing can do with fewer. */
export function lowerBoundWorkers(items: readonly PlacementItem[], workerShape: Resources): number {
  const fitting = items.filter((item) => fitCount(item.shape, workerShape) > 0);
  const sum = fitting.reduce<Resources>((total, item) => add(total, times(item.shape, item.count)), {
    cores: 0,
    memoryMiB: 0,
    custom: {},
  });
  return Math.ceil(dominantShare(sum, workerShape) - 1e-9);
}

function mergeShapes(items: readonly PlacementItem[]): PlacementItem[] {
  const merged: { owner: string; shape: Resources; count: number }[] = [];
  for (const { owner, shape, count } of items) {
    // There are few shapes, mostly one.
    const earlier = merged.find((one) => isEqual(one.shape, shape));
    if (earlier === undefined) merged.push({ owner, shape, count });
    else earlier.count += count;
  }
  return merged;
}
