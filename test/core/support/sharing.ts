/** One after the other as a simulation sees it: what did not change is the same object. */
import { isDeepStrictEqual } from 'node:util';

/** `now`, with all of it that equals its place in `before` taken from there. */
export function sharing<T>(before: unknown, now: T): T {
  if (isDeepStrictEqual(before, now)) return before as T;
  if (Array.isArray(before) && Array.isArray(now)) {
    const earlier: readonly unknown[] = before;
    return now.map((one: unknown, nth) => sharing(earlier[nth], one)) as T;
  }
  if (!isPlain(before) || !isPlain(now)) return now;
  return Object.fromEntries(Object.entries(now).map(([key, value]) => [key, sharing(before[key], value)])) as T;
}

function isPlain(one: unknown): one is Readonly<Record<string, unknown>> {
  return typeof one === 'object' && one !== null && Object.getPrototypeOf(one) === Object.prototype;
}
