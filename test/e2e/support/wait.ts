/** Waiting for a condition of the outside world, always with a deadline. */
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Give up after this long. Default 60 000. */
  readonly timeoutMs?: number;
  /** Time between two looks. Default 100. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until `probe` gives something other than undefined or false, and returns that.
 * A probe that throws counts as "not yet". Rejects at the deadline, naming `what` and the last error.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 60_000, intervalMs = 100 } = options;
  const deadlineMs = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`, { cause: last });
    await delay(intervalMs);
  }
}

/** GETs a JSON document. Rejects on a status other than 200 or when it takes more than `timeoutMs`. */
export async function getJson(url: string, timeoutMs = 3000): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
