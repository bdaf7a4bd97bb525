/** Bounds what is kept and shown of one pass: with a thousand applications a page must not become a book. */

export const LONGEST_TEXT = 1000;
export const LONGEST_LIST = 100;

/** How many entries were left out, by the name of the list. */
export type Omitted = Record<string, number>;

/** A copy with long texts and long lists cut, wherever they stand; `omitted` is added to. Pure but for that. */
export function bounded(value: unknown, omitted: Omitted, name = 'list'): unknown {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT - 1)}…` : value;
  if (Array.isArray(value)) {
    return most(value, omitted, name).map((one) => bounded(one, omitted, name));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    most(Object.entries(value), omitted, name).map(([key, one]) => [key, bounded(one, omitted, key)]),
  );
}

function most<T>(list: readonly T[], omitted: Omitted, name: string): readonly T[] {
  if (list.length > LONGEST_LIST) omitted[name] = (omitted[name] ?? 0) + list.length - LONGEST_LIST;
  return list.slice(0, LONGEST_LIST);
}
