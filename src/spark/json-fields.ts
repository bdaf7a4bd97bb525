/**
 * Checked values out of parsed JSON, for the answers that come every second: what fits is taken as it stands, without a
 * copy of the document in between.
 *
 * The readers throw a Misfit inside {@link decode}, which turns it into an error that names the place.
 */
import { err, ok, type Result } from '../core/result.ts';
import { parseText } from './json-text.ts';
import { shown } from './plain-text.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A value that is not what was expected, and where. */
class Misfit extends Error {
  readonly #place: (string | number)[] = [];

  under(key: string | number): this {
    this.#place.unshift(key);
    return this;
  }

  place(): string {
    return this.#place.length === 0 ? 'the document' : this.#place.join('.');
  }
}

/** For a reader's own checks: `why` is a sentence without the value. */
export function misfit(why: string): Error {
  return new Misfit(why);
}

/** Parses JSON and reads it. Never throws for what stands in it; what does not fit is malformed, and never quoted. */
export function decode<T>(body: string, what: string, read: (value: unknown) => T): Result<T> {
  const parsed = parseText(body, what);
  if (!parsed.ok) return parsed;
  try {
    return ok(read(parsed.value));
  } catch (cause) {
    if (!(cause instanceof Misfit)) throw cause;
    return err({ kind: 'malformed', what, detail: `${shown(cause.place())}: ${cause.message}` });
  }
}

export function asFields(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Misfit('expected an object');
}

/** A count or amount: finite, whole, not negative, and small enough to be exact. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function textAt(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  throw new Misfit('expected a text').under(key);
}

export function countAt(fields: Fields, key: string): number {
  const value = fields[key];
  if (isCount(value)) return value;
  throw new Misfit('expected a whole number').under(key);
}

/** Undefined where there is no such key. */
export function optionalCountAt(fields: Fields, key: string): number | undefined {
  return fields[key] === undefined ? undefined : countAt(fields, key);
}

/** Reads what stands under a key. */
export function readAt<T>(fields: Fields, key: string, read: (value: unknown) => T): T {
  try {
    return read(fields[key]);
  } catch (cause) {
    throw cause instanceof Misfit ? cause.under(key) : cause;
  }
}

/** Reads each of a list. */
export function asList<T>(value: unknown, read: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new Misfit('expected a list');
  const all: T[] = [];
  try {
    for (const one of value as readonly unknown[]) all.push(read(one));
  } catch (cause) {
    throw cause instanceof Misfit ? cause.under(all.length) : cause;
  }
  return all;
}

/** Reads each of the list that stands under a key. */
export function listAt<T>(fields: Fields, key: string, read: (value: unknown) => T): T[] {
  return readAt(fields, key, (value) => asList(value, read));
}
