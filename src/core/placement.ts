/**
 * Where executors go: Spark's own placement, imitated on groups of equal workers.
 *
 * Ten thousand workers have few different amounts of free room, so workers with equal room are one group with a count.
 * Source of the rules: Master.scala as told in spark.md 7.1 to 7.4.
 */
import { add, dominantShare, fitCount, isNothing, resourcesKey, times, type Resources } from './resources.ts';
import { Rooms, type Room, type Use } from './rooms.ts';
import type { Placement } from './rules.ts';

/** Workers with equal free room. */
export interface RoomGroup {
  readonly free: Resources;
  readonly count: number;
}

/** Executors (or drivers) of one owner that are still to be placed. */
export interface PlacementItem {
  readonly owner: string;
  readonly shape: Resources;
  /** How many; `Infinity` for an application that takes all it can get. */
  readonly count: number;
}

/** Groups equal rooms together. */
export function groupRooms(rooms: Iterable<Resources>): RoomGroup[] {
  const groups = new Map<string, { free: Resources; count: number }>();
  for (const free of rooms) {
    const key = resourcesKey(free);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { free, count: 1 });
    else group.count += 1;
  }
  return [...groups.values()];
}

/** The groups without as many of their rooms as `gone` names. */
export function lessRooms(groups: readonly RoomGroup[], gone: readonly RoomGroup[]): RoomGroup[] {
  const counts = new Map(gone.map(({ free, count }) => [resourcesKey(free), count]));
  const left = groups.map(({ free, count }) => ({ free, count: count - (counts.get(resourcesKey(free)) ?? 0) }));
  return left.filter(({ count }) => count > 0);
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
  const spreads = placement === 'spread';
  // Packed, the fullest comes first: what the master does where it is set up for packing (CORES_FREE_ASC, spark.md 7.4).
  const free = new Rooms(rooms, spreads ? 'emptiest-first' : 'fullest-first');
  const leftOver = items.map((item) => (spreads ? spread(item, free) : pack(item, free)));
  return { leftOver, rooms: free.inOrder().map(({ free: room, count }) => ({ free: room, count })) };
}

/** One executor per worker in turn, the emptiest first, round after round. Returns how many found no room. */
function spread({ shape, count }: PlacementItem, rooms: Rooms): number {
  if (isNothing(shape)) return 0;
  const usable = usableFor(shape, count, rooms);
  let left = count;
  let rounds = 0;
  for (;;) {
    const round = roomsWithSpace(usable, rounds);
    if (round === 0 || round > left) break;
    left -= round;
    rounds += 1;
  }
  const uses: Use[] = [];
  for (const { room, fits } of usable) {
    // What is left does not go round once more: the first ones in the order get it.
    const more = fits > rounds ? Math.min(room.count, left) : 0;
    left -= more;
    if (more > 0) uses.push({ room, rooms: more, items: rounds + 1 });
    if (more < room.count) uses.push({ room, rooms: room.count - more, items: Math.min(rounds, fits) });
  }
  rooms.use(shape, uses);
  return left;
}

/** A group of rooms with the number of items that fit into each of them. */
interface Usable {
  readonly room: Room;
  readonly fits: number;
}

/** Groups with space for the shape, in order, up to the one where all have found room in the first round. */
function usableFor(shape: Resources, count: number, rooms: Rooms): readonly Usable[] {
  const usable: Usable[] = [];
  let within = 0;
  for (const room of rooms.inOrder()) {
    if (within >= count || room.free.cores < shape.cores) break;
    const fits = fitCount(shape, room.free);
    if (fits === 0) continue;
    usable.push({ room, fits });
    within += room.count;
  }
  return usable;
}

/** Rooms that take one more item after so many rounds. */
function roomsWithSpace(usable: readonly Usable[], rounds: number): number {
  let count = 0;
  for (const { room, fits } of usable) if (fits > rounds) count += room.count;
  return count;
}

/** One worker after the other, each filled before the next. Returns how many found no room. */
function pack({ shape, count }: PlacementItem, rooms: Rooms): number {
  if (isNothing(shape)) return 0;
  let left = count;
  const uses: Use[] = [];
  for (const room of rooms.inOrder()) {
    if (left === 0) break;
    const fits = fitCount(shape, room.free);
    if (fits === 0) continue;
    const full = Math.min(room.count, Math.floor(left / fits));
    left -= full * fits;
    if (full > 0) uses.push({ room, rooms: full, items: fits });
    if (full === room.count) continue;
    uses.push({ room, rooms: 1, items: left });
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
  const misfits = items.filter((item) => item.count > 0 && fitCount(item.shape, workerShape) === 0);
  const shapes = mergeShapes(items.filter((item) => item.count > 0 && fitCount(item.shape, workerShape) > 0));
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
  const byShape = new Map<string, { owner: string; shape: Resources; count: number }>();
  for (const { owner, shape, count } of items) {
    const key = resourcesKey(shape);
    const earlier = byShape.get(key);
    if (earlier === undefined) byShape.set(key, { owner, shape, count });
    else earlier.count += count;
  }
  return [...byShape.values()];
}
