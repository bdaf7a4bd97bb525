/** Free rooms in order: groups of equal room, kept sorted while placement takes from them. */
import type { RoomGroup } from './placement.ts';
import { customKey, subtract, times, type Resources } from './resources.ts';

/** By free cores, then by memory, as the master looks for room. */
export type RoomOrder = 'emptiest-first' | 'fullest-first';

/** A group that is in the set. */
export interface Room extends RoomGroup {
  /** Tells rooms of equal cores and memory apart; empty for most, which come first. */
  readonly custom: string;
}

/** So many rooms of one group take so many items each. */
export interface Use {
  readonly room: Room;
  readonly rooms: number;
  readonly items: number;
}

interface Entry extends Room {
  count: number;
}

/** A set of rooms to take from. A change costs little, however many groups there are. */
export class Rooms {
  readonly #sign: 1 | -1;
  readonly #entries: Entry[] = [];

  constructor(groups: Iterable<RoomGroup>, order: RoomOrder) {
    this.#sign = order === 'emptiest-first' ? -1 : 1;
    const entries = Array.from(groups, ({ free, count }): Entry => ({ free, count, custom: customKey(free) }));
    entries.sort((a, b) => this.#compare(a, b));
    for (const entry of entries) {
      const last = this.#entries.at(-1);
      if (last !== undefined && this.#compare(last, entry) === 0) last.count += entry.count;
      else if (entry.count > 0) this.#entries.push(entry);
    }
  }

  /** The groups in order; valid until the next change. */
  inOrder(): readonly Room[] {
    return this.#entries;
  }

  add(free: Resources, count: number): void {
    if (count <= 0) return;
    const entry = { free, count, custom: customKey(free) };
    const at = this.#placeOf(entry);
    const there = this.#entries[at];
    if (there !== undefined && this.#compare(there, entry) === 0) there.count += count;
    else this.#entries.splice(at, 0, entry);
  }

  /** Takes items of this shape out of rooms that are in the set. */
  use(shape: Resources, uses: readonly Use[]): void {
    for (const { room, rooms, items } of uses) if (items > 0) this.#remove(room, rooms);
    for (const { room, rooms, items } of uses) {
      if (items > 0) this.add(subtract(room.free, times(shape, items)), rooms);
    }
  }

  #remove(room: Room, rooms: number): void {
    const at = this.#entries.indexOf(room);
    const entry = this.#entries[at];
    if (entry === undefined) return;
    entry.count -= rooms;
    if (entry.count === 0) this.#entries.splice(at, 1);
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
    if (bySize !== 0) return this.#sign * bySize;
    return a.custom < b.custom ? -1 : Number(a.custom > b.custom);
  }
}
