/**
 * A climb: demand that rises again and again by a little. Each rise would wait for a worker to start; one step ahead, it does
 * not. A jump is no climb, and neither is demand that goes up and down on a plateau.
 */
export interface ClimbMemory {
  /** Highest demand since it last collapsed, in workers. */
  readonly peak: number;
  /** Rises to new heights since then, the newest last. */
  readonly rises: readonly { readonly atMs: number; readonly workers: number }[];
}

export const NEW_CLIMB_MEMORY: ClimbMemory = { peak: 0, rises: [] };

/** Down to this share of its peak demand has collapsed, and what follows is another climb. */
const COLLAPSE_SHARE = 0.5;
/** So many rises make a climb, and so many are looked at. */
const RISES = 3;
const RISES_KEPT = 4;
/** A climb whose next step is overdue by this much has ended. */
const OVERDUE = 1.5;
/** Steps farther apart than so many starts of a worker are not worth a worker that waits for them. */
const MOST_STARTS = 3;

/** Brings the memory up to date with the workers wanted now. */
export function watchClimb({ peak, rises }: ClimbMemory, wanted: number, nowMs: number): ClimbMemory {
  if (wanted > peak) {
    return { peak: wanted, rises: [...rises, { atMs: nowMs, workers: wanted - peak }].slice(-RISES_KEPT) };
  }
  return wanted <= peak * COLLAPSE_SHARE ? { peak: wanted, rises: [] } : { peak, rises };
}

/** The next step of a climb. */
export interface ClimbStep {
  /** Workers to have ready for it. */
  readonly workers: number;
  /** Until when it is to be expected; monotonic milliseconds, that moment included. */
  readonly untilMs: number;
}

/** What a climb is to be met with; undefined where there is none. `helpMs`: see RestartCost. */
export function nextStep({ rises }: ClimbMemory, helpMs: number): ClimbStep | undefined {
  const [first, ...others] = rises;
  const last = others.at(-1);
  if (first === undefined || last === undefined || rises.length < RISES) return undefined;
  const intervalMs = (last.atMs - first.atMs) / others.length;
  if (intervalMs > MOST_STARTS * helpMs) return undefined;
  const workers = Math.round(others.reduce((sum, one) => sum + one.workers, 0) / others.length);
  return { workers, untilMs: last.atMs + OVERDUE * intervalMs };
}
