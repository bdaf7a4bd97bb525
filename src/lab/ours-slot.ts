/** What was read last of one source, and when. */
import { unknown, type Known, type Reading } from '../core/reading.ts';

/** As in the daemon: a read that is due within this share of its period is done now. */
const EARLY_SHARE = 0.1;

export const NOT_READ = unknown('not read yet');

/** The newest value of one source. */
export class Slot<T> {
  value: T | undefined;
  version = -1;
  takenAtMs = -Infinity;
  readonly #name: string;
  #outdated = false;
  #reading: Known<T> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  isDue(nowMs: number, periodMs: number): boolean {
    return this.#outdated || nowMs - this.takenAtMs >= periodMs * (1 - EARLY_SHARE);
  }

  /** What was read is no longer so: the next read is due at once. */
  outdate(): void {
    this.#outdated = true;
  }

  /** The same was read again. */
  again(nowMs: number): void {
    this.takenAtMs = nowMs;
    this.#outdated = false;
  }

  /** Takes what is there now. True if it is another one than before. */
  take(version: number, nowMs: number, make: () => T): boolean {
    if (version !== this.version) {
      this.put(version, nowMs, make());
      return true;
    }
    this.again(nowMs);
    return false;
  }

  put(version: number, nowMs: number, value: T): void {
    this.again(nowMs);
    this.version = version;
    this.value = value;
  }

  reading(periodMs: number): Reading<T> {
    const { value, takenAtMs } = this;
    if (value === undefined) return NOT_READ;
    const last = this.#reading;
    if (last?.value === value && last.takenAtMs === takenAtMs && last.periodMs === periodMs) return last;
    this.#reading = { known: true, value, takenAtMs, source: this.#name, periodMs };
    return this.#reading;
  }
}

/** Of all those `most` that were read longest ago, longest first; of those read at the same time the first ones. */
export function longestWaiting<One>(
  all: readonly One[],
  most: number,
  slotOf: (one: One) => { readonly takenAtMs: number },
): readonly One[] {
  if (all.length <= most) return all;
  const found: One[] = [];
  for (const one of all) {
    const { takenAtMs } = slotOf(one);
    let place = found.length;
    for (; place > 0; place -= 1) {
      const other = found[place - 1];
      if (other === undefined || slotOf(other).takenAtMs <= takenAtMs) break;
      if (place < most) found[place] = other;
    }
    if (place < most) found[place] = one;
  }
  return found;
}
