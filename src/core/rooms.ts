/** Free rooms: equal ones are one group with a count, and placement takes from them in order. */
import { customKey, hasCustom, subtract, subtractTimes, type Resources } from './resources.ts';

/** Workers with equal free room. */
export interface RoomGroup {
  readonly free: Resources;
  readonly count: number;
}

/** Counts rooms, without an object for each of ten thousand. */
export class RoomTally {
  readonly #groups: { readonly free: Resources; count: number }[] = [];
  /** Place of a group by cores, then by memory. */
  readonly #plain = new Map<number, Map<number, number>>();
  readonly #custom = new Map<string, number>();
  /** Where the last plain room was counted: in a full cluster nearly all are alike. */
  #last: { readonly free: Resources; count: number } | undefined;

  add(free: Resources): void {
    this.#count(this.#placeOf(free.cores, free.memoryMiB, customKey(free)), free);
  }

  /** The room that is left of `total`. */
  addLeft(total: Resources, used: Resources): void {
    if (hasCustom(total)) {
      this.add(subtract(total, used));
      return;
    }
    const cores = Math.max(0, total.cores - used.cores);
    const memoryMiB = Math.max(0, total.memoryMiB - used.memoryMiB);
    if (this.#last?.free.cores === cores && this.#last.free.memoryMiB === memoryMiB) {
      this.#last.count += 1;
      return;
    }
    const at = this.#placeOf(cores, memoryMiB, '');
    this.#count(at, this.#groups[at]?.free ?? { cores, memoryMiB, custom: total.custom });
    this.#last = this.#groups[at];
  }

  groups(): readonly RoomGroup[] {
    return this.#groups;
  }

  #count(at: number, free: Resources): void {
    const group = this.#groups[at];
    if (group === undefined) this.#groups.push({ free, count: 1 });
    else group.count += 1;
  }

  /** Where the group is; a new one comes last. */
  #placeOf(cores: number, memoryMiB: number, custom: string): number {
    if (custom !== '') return placeIn(this.#custom, `${cores}/${memoryMiB}/${custom}`, this.#groups.length);
    const byMemory = this.#plain.get(cores) ?? new Map<number, number>();
    this.#plain.set(cores, byMemory);
    return placeIn(byMemory, memoryMiB, this.#groups.length);
  }
}

function placeIn<K>(places: Map<K, number>, key: K, next: number): number {
  const known = places.get(key);
  if (known === undefined) places.set(key, next);
  return known ?? next;
}

/** By free cores, then by memory, as the master looks for room. */
export type RoomOrder = 'emptiest-first' | 'fullest-first';

/** A group that is in the set. */
export interface Room extends RoomGroup {
  /** Tells rooms of equal cores and memory apart; empty for most, which come first. */
  readonly custom: string;
}

/** So many rooms of one group take so many items each. */
export interface Use {
  /** Its place in the order. */
  readonly at: number;
  readonly rooms: number;
  readonly items: number;
}

/** A set of rooms to take from. A change costs little, however many groups there are, and so does a copy. */
export class Rooms {
  readonly #order: RoomOrder;
  /** Never changed themselves, so that copies may share them. */
  #entries: Room[] = [];

  constructor(groups: Iterable<RoomGroup>, order: RoomOrder) {
    this.#order = order;
    for (const { free, count } of groups) this.add(free, count);
  }

  copy(): Rooms {
    const copy = new Rooms([], this.#order);
    copy.#entries = this.#entries.slice();
    return copy;
  }

  /** The groups in order; valid until the next change. */
  inOrder(): readonly Room[] {
    return this.#entries;
  }

  add(free: Resources, count: number): void {
    if (count > 0) this.#insert({ free, count, custom: customKey(free) }, count);
  }

  /** Takes rooms away that are in the set. */
  remove(free: Resources, count: number): void {
    const entry = { free, count, custom: customKey(free) };
    const at = this.#placeOf(entry);
    if (this.#isAt(at, entry)) this.#recount(at, -count);
  }

  /** Takes items of this shape out of rooms; `uses` in the order of their places. */
  use(shape: Resources, uses: readonly Use[]): void {
    const left = uses.map(({ at, items }) => this.#leftOf(this.#at(at), shape, items));
    // From the end, so that the places before stay as they are.
    for (const { at, rooms, items } of uses.toReversed()) if (items > 0) this.#recount(at, -rooms);
    uses.forEach(({ rooms, items }, nth) => {
      const room = left[nth];
      if (items > 0 && room !== undefined) this.#insert(room, rooms);
    });
  }

  /** One item into each of so many rooms of one group; false, and nothing is taken, if it has fewer. */
  useOne(shape: Resources, at: number, rooms: number): boolean {
    const room = this.#at(at);
    if (room.count < rooms) return false;
    this.#recount(at, -rooms);
    this.#insert(this.#leftOf(room, shape, 1), rooms);
    return true;
  }

  #leftOf({ free, custom }: Room, shape: Resources, items: number): Room {
    const left = subtractTimes(free, shape, items);
    return { free: left, count: 0, custom: hasCustom(shape) ? customKey(left) : custom };
  }

  #at(place: number): Room {
    const room = this.#entries[place];
    if (room === undefined) throw new Error('no such room');
    return room;
  }

  #recount(at: number, more: number): void {
    const { free, count: before, custom } = this.#at(at);
    const count = before + more;
    if (count > 0) this.#entries[at] = { free, count, custom };
    else this.#entries.splice(at, 1);
  }

  /** Adds so many rooms like this one. */
  #insert(room: Room, count: number): void {
    const at = this.#placeOf(room);
    if (this.#isAt(at, room)) this.#recount(at, count);
    else this.#entries.splice(at, 0, { free: room.free, count, custom: room.custom });
  }

  #isAt(at: number, room: Room): boolean {
    const there = this.#entries[at];
    return there !== undefined && this.#compare(there, room) === 0;
  }

  /** Where it is, or where it belongs. */
  #placeOf(room: Room): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#entries[middle];
      if (there !== undefined && this.#compare(there, room) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: Room, b: Room): number {
    const bySize = a.free.cores - b.free.cores || a.free.memoryMiB - b.free.memoryMiB;
    if (bySize !== 0) return this.#order === 'emptiest-first' ? -bySize : bySize;
    return a.custom < b.custom ? -1 : Number(a.custom > b.custom);
  }
}
