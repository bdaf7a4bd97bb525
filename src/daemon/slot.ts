/** One thing that is read again and again: its newest good value, its last failure, and when it is due. */
import { freshAt, unknown, type Reading } from '../core/reading.ts';
import { describeError, type OperatingError, type Result } from '../core/result.ts';
import type { SourceReport } from '../status/report.ts';
import type { Clock } from './clock.ts';

/** Ticks are a little uneven; a read that is due within this share of its period is done now. */
const EARLY_SHARE = 0.1;

export interface Slot<T> {
  readonly name: string;
  /** Whether the next read should start now. */
  isDue(): boolean;
  /** What was read is no longer so: the next read is due at once. */
  outdate(): void;
  /** Reads once; a read that is still under way is joined, never doubled. Failures are kept, not thrown. */
  read(): Promise<void>;
  /**
   * Reads afresh, after any read that is under way. True: the newest value was taken after the call. False: it could not
   * be read, or the other side asked to be left alone for longer.
   */
  readAfresh(): Promise<boolean>;
  /** The newest good value while it is fresh, else why there is none. */
  reading(): Reading<T>;
  report(): SourceReport;
}

export interface SlotOptions<T> {
  readonly name: string;
  readonly periodMs: () => number;
  /** How long after one read the next is due, where that is not the period: a reading stays fresh by its period all the same. */
  readonly dueMs?: () => number;
  readonly clock: Clock;
  readonly read: () => Promise<Result<T>>;
  readonly onError: (error: OperatingError) => void;
}

/** Makes a slot. The reading is stamped with the time its read began: it cannot be newer than that. */
export function newSlot<T>(options: SlotOptions<T>): Slot<T> {
  const { name, clock } = options;
  let good: { value: T; takenAtMs: number } | undefined;
  let error: OperatingError | undefined;
  let startedAtMs = -Infinity;
  let notBeforeMs = -Infinity;
  let current: Promise<void> | undefined;
  let reads = 0;
  let failures = 0;

  async function once(): Promise<void> {
    startedAtMs = clock.nowMs();
    reads += 1;
    const result = await options.read();
    if (result.ok) {
      good = { value: result.value, takenAtMs: startedAtMs };
      error = undefined;
      return;
    }
    failures += 1;
    error = result.error;
    if (error.retryAfterMs !== undefined) notBeforeMs = clock.nowMs() + error.retryAfterMs;
    options.onError(error);
  }

  function read(): Promise<void> {
    current ??= once().finally(() => {
      current = undefined;
    });
    return current;
  }

  return {
    name,
    isDue() {
      const nowMs = clock.nowMs();
      if (current !== undefined || nowMs < notBeforeMs) return false;
      const { dueMs = options.periodMs } = options;
      return nowMs - startedAtMs >= dueMs() * (1 - EARLY_SHARE);
    },
    outdate() {
      startedAtMs = -Infinity;
    },
    read,
    async readAfresh() {
      if (current !== undefined) await current;
      if (clock.nowMs() < notBeforeMs) return false;
      await read();
      return error === undefined;
    },
    reading() {
      if (good === undefined) return unknown(error === undefined ? `${name} not read yet` : describeError(error));
      const fresh = freshAt({ known: true, ...good, source: name, periodMs: options.periodMs() }, clock.nowMs());
      return fresh.known || error === undefined ? fresh : unknown(`${fresh.reason}; ${describeError(error)}`);
    },
    report() {
      const ageMs = good === undefined ? undefined : clock.nowMs() - good.takenAtMs;
      return { name, ageMs, periodMs: options.periodMs(), error, reads, failures };
    },
  };
}
