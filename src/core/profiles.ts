/** What the policy leans to, by name: each sets the weights that the laboratory found to go together. */
import type { Rules } from './rules.ts';

export type Profile = 'saving' | 'balanced' | 'speed';

export type ProfileRules = Pick<
  Rules,
  'learnsHold' | 'skipsLate' | 'waitWorth' | 'floorShare' | 'stepsAhead' | 'dropsUnused'
>;

/**
 * `saving` keeps nothing for work to come: short work gets as many workers as are worth a start. `balanced` keeps enough for
 * two thirds of the short bursts, and is a step ahead of a climb. `speed` keeps enough for nearly all of them, and gives nothing up
 * before a minute is over.
 */
export const PROFILES: Readonly<Record<Profile, ProfileRules>> = {
  saving: { learnsHold: true, skipsLate: true, waitWorth: 30, floorShare: 0, stepsAhead: false, dropsUnused: true },
  balanced: {
    learnsHold: true,
    skipsLate: true,
    waitWorth: 300,
    floorShare: 0.65,
    stepsAhead: true,
    dropsUnused: true,
  },
  speed: {
    learnsHold: false,
    skipsLate: true,
    waitWorth: 1_000,
    floorShare: 0.95,
    stepsAhead: true,
    dropsUnused: true,
  },
};

/** Where the hold is set by hand: it is kept as it is, and nothing is learned or looked ahead for. */
export const NOTHING_LEARNED: ProfileRules = {
  learnsHold: false,
  skipsLate: false,
  waitWorth: 0,
  floorShare: 0,
  stepsAhead: false,
  dropsUnused: false,
};

/** Where the hold is learned, it is at most this, and this until a restart has been measured. */
export const LEARNED_HOLD_MS = 60_000;
