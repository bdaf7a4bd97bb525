/** Randomness that is the same every time: equal seeds give equal runs, and no part of the simulator disturbs another. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** Milliseconds, log-normal: half of the draws lie below the median. */
  duration(of: Spread): number;
}

/** A duration that varies: its median, and the standard deviation of its logarithm (0 for always the same). */
export interface Spread {
  readonly medianMs: number;
  readonly sigma: number;
}

/** A stream of its own for each purpose, so that one draw more in one place changes nothing elsewhere. */
export function randomStream(seed: number, purpose: string): Random {
  let state = seed >>> 0;
  for (let index = 0; index < purpose.length; index += 1) {
    state = Math.imul(state ^ purpose.charCodeAt(index), 0x01000193) >>> 0;
  }
  // Mulberry32: small, fast and even enough here.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Seeds that are neighbours start alike; a few steps set them apart.
  for (let step = 0; step < 4; step += 1) next();
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    duration: ({ medianMs, sigma }) => {
      if (sigma === 0) return Math.round(medianMs);
      // Box and Muller; 1 - next() keeps the logarithm away from 0.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return Math.round(medianMs * Math.exp(sigma * normal));
    },
  };
}
