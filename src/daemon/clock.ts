/** The two clocks of the daemon, injected so that tests can turn them. */
export interface Clock {
  /** Monotonic milliseconds: ages, holds, deadlines. Never jumps. */
  readonly nowMs: () => number;
  /** Wall clock in milliseconds since the epoch: only for what people read and what others wrote. */
  readonly nowEpochMs: () => number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => {
    // Not `performance`, which loads all of Node's measuring tools.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  nowEpochMs: () => Date.now(),
};
