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
    if (last?.key.length === key.length && last.key.every((part, nth) => part === key[nth])) return last.made;
    const made = make();
    this.#last.set(of, { key, made });
    return made;
  }
}
