/**
 * What was made last: a simulation decides many times on what did not change, and so does a daemon whose sources are read less
 * often than it decides. Nothing that a caller could see depends on it, as long as the key names all that goes into what is made.
 * What it forgets is free at once; objects that a weak map names stay until all of memory is looked through.
 */
export class LastMade<Made> {
  #last: { readonly key: readonly unknown[]; readonly made: Made } | undefined;

  /** What was made last if the key is the same, part by part; else it is made now. */
  get(key: readonly unknown[], make: () => Made): Made {
    const last = this.#last;
    if (last !== undefined && areAlike(last.key, key)) return last.made;
    const made = make();
    this.#last = { key, made };
    return made;
  }
}

/** The same for each place in a list that is gone through in every pass, such as that of the applications. */
export class LastMadeByPlace<Made> {
  readonly #places: LastMade<Made>[] = [];

  /** What was made last at this place, counted from 0, if the key is the same; else it is made now. */
  get(place: number, key: readonly unknown[], make: () => Made): Made {
    return (this.#places[place] ??= new LastMade()).get(key, make);
  }

  /** Forgets what was made beyond the first so many places. */
  endAt(places: number): void {
    if (this.#places.length > places) this.#places.length = places;
  }
}

/** Whether both name the same, part by part. */
export function areAlike(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let nth = 0; nth < a.length; nth += 1) if (a[nth] !== b[nth]) return false;
  return true;
}
