/** From start to a clean end: one deadline for shutdown, a second signal ends it at once. */

/** Reads end at once; a write in flight may take this long; then everything must be over before the second figure. */
export const WRITE_GRACE_MS = 3_000;
export const SHUTDOWN_DEADLINE_MS = 4_500;

export interface Shutdown {
  /** Aborted as soon as a signal comes: ends reads. */
  readonly reads: AbortSignal;
  /** Aborted a little later: ends writes. */
  readonly writes: AbortSignal;
  /** Resolves with the signal's name, or with `bug` once {@link Shutdown.begin} was called. */
  readonly requested: Promise<string>;
  begin(why: string): void;
  /** Takes the handlers and timers away. */
  done(): void;
}

type EndSignal = 'SIGTERM' | 'SIGINT';

/** What signals come from: the process, or an event emitter that stands in for it. */
export interface SignalSource {
  on(name: EndSignal, listener: (name: EndSignal) => void): unknown;
  off(name: EndSignal, listener: (name: EndSignal) => void): unknown;
}

/**
 * Listens for SIGTERM and SIGINT.
 *
 * @param exitNow ends the process at once: a second signal, or the deadline passed.
 */
export function newShutdown(exitNow: (code: number) => void, signals: SignalSource = process): Shutdown {
  const reads = new AbortController();
  const writes = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const { promise: requested, resolve } = Promise.withResolvers<string>();

  function begin(why: string): void {
    if (reads.signal.aborted) {
      exitNow(1);
      return;
    }
    reads.abort();
    timers.push(
      setTimeout(() => {
        writes.abort();
      }, WRITE_GRACE_MS),
      setTimeout(() => {
        exitNow(1);
      }, SHUTDOWN_DEADLINE_MS),
    );
    resolve(why);
  }

  const onSignal = (name: EndSignal): void => {
    begin(name);
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  return {
    reads: reads.signal,
    writes: writes.signal,
    requested,
    begin,
    done() {
      signals.off('SIGTERM', onSignal);
      signals.off('SIGINT', onSignal);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
