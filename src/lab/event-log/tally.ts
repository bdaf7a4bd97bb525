/** Counts what of a log was not used, or not as it stands, by what it was. */

export interface Count {
  readonly what: string;
  readonly count: number;
}

export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    if (count > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  counts(): readonly Count[] {
    return [...this.#counts].map(([what, count]) => ({ what, count }));
  }
}
