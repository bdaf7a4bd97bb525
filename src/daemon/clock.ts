/** The two clocks of the daemon, injected so that tests can turn them. */
export interface Clock {
  /** Monotonic milliseconds: ages, holds, deadlines. Never jumps. */
  readonly nowMs: () => number;
  /** Wall clock in milliseconds since the epoch: only for what people read and what others wrote. */
  readonly nowEpochMs: () => number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  nowEpochMs: () => Date.now(),
};
