/**
 * Readings: values that know their age and where they came from.
 *
 * The type keeps "unknown" apart from every number, so that a metrics outage can never read as "no demand".
 */

/** Readings older than this many of their own source's periods are stale (rule R4). */
export const STALE_AFTER_PERIODS = 3;

/** A value as it was read from somewhere at some moment. */
export interface Known<T> {
  readonly known: true;
  readonly value: T;
  /** When the value was produced, in milliseconds of the daemon's monotonic clock. */
  readonly takenAtMs: number;
  /** Stable name of the source, for people: "driver", "master-page". */
  readonly source: string;
  /** How often this source is read at present, in milliseconds; staleness counts in these. */
  readonly periodMs: number;
}

/** No trustworthy value, and why. Never to be read as zero. */
export interface Unknown {
  readonly known: false;
  readonly reason: string;
}

export type Reading<T> = Known<T> | Unknown;

/** Makes an unknown reading. */
export function unknown(reason: string): Unknown {
  return { known: false, reason };
}

/** Age of a reading in milliseconds at `nowMs`, both on the same monotonic clock. */
export function ageMs(reading: Known<unknown>, nowMs: number): number {
  return nowMs - reading.takenAtMs;
}

/**
 * The reading if it can still be trusted at `nowMs`, else an unknown that says why.
 *
 * A reading is stale after {@link STALE_AFTER_PERIODS} of its source's own periods (R4), and one from the future is
 * refused, since a clock that jumped proves nothing.
 */
export function freshAt<T>(reading: Reading<T>, nowMs: number): Reading<T> {
  if (!reading.known) return reading;
  const age = ageMs(reading, nowMs);
  // Asked the other way round, so that a time that is not a number proves nothing either.
  if (!(age >= 0)) return unknown(`${reading.source} answered with a time in the future`);
  const limitMs = STALE_AFTER_PERIODS * reading.periodMs;
  if (!(age <= limitMs)) {
    return unknown(`${reading.source} is stale: ${Math.round(age)} ms old, limit ${Math.round(limitMs)} ms`);
  }
  return reading;
}
