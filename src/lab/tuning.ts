/** The best of a few choices, found on one half of the seeds, to be reported on the other. */

export interface SeedHalves {
  readonly training: readonly number[];
  readonly reporting: readonly number[];
}

/** Every other seed trains, the first of them included; the two halves share none. */
export function halvesOf(seeds: readonly number[]): SeedHalves {
  return {
    training: seeds.filter((_, index) => index % 2 === 0),
    reporting: seeds.filter((_, index) => index % 2 === 1),
  };
}

export interface Tuned<Choice> {
  readonly best: Choice;
  /** Mean over the seeds, lower is better; in the order of the choices. */
  readonly scores: readonly { readonly choice: Choice; readonly score: number }[];
}

/**
 * The choice whose mean cost over all seeds is lowest; the first of equals. A cost that is not a number counts as
 * infinite. Throws where there are no choices or no seeds.
 */
export function bestOf<Choice>(
  choices: readonly Choice[],
  seeds: readonly number[],
  cost: (choice: Choice, seed: number) => number,
): Tuned<Choice> {
  if (seeds.length === 0) throw new RangeError('there is no seed to tune on');
  const scores = choices.map((choice) => {
    const costs = seeds.map((seed) => cost(choice, seed)).map((value) => (Number.isNaN(value) ? Infinity : value));
    return { choice, score: costs.reduce((sum, value) => sum + value, 0) / seeds.length };
  });
  const [first, ...rest] = scores;
  if (first === undefined) throw new RangeError('there is nothing to choose from');
  const best = rest.reduce((lowest, one) => (one.score < lowest.score ? one : lowest), first);
  return { best: best.choice, scores };
}
