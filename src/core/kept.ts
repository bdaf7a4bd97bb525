/**
 * What was made last of an object, for as long as that object is held: a simulation decides many times on what did not change,
 * and so does a daemon whose sources are read less often than it decides. Nothing that a caller could see depends on it, as long
 * as the key names all that goes into what is made.
 */
export class Kept<Of extends WeakKey, Made> {
  readonly #last = new WeakMap<Of, { readonly key: readonly unknown[]; readonly made: Made }>();

  /** What was made before of this object with the same key, part by part; else it is made now. */
  get(of: Of, key: readonly unknown[], make: () => Made): Made {
    const last = this.#last.get(of);
    if (last !== undefined && areAlike(last.key, key)) return last.made;
    const made = make();
    this.#last.set(of, { key, made });
    return made;
  }
}

/**
 * What was made last: for things of which there is one at a time, such as the master's view and the fleet. Simpler than
 * {@link Kept}, and what it forgets is free at once; objects that a weak map names stay until all of memory is looked through.
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

/** Whether both name the same, part by part. */
function areAlike(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let nth = 0; nth < a.length; nth += 1) if (a[nth] !== b[nth]) return false;
  return true;
}
