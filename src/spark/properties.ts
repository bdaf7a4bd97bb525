/** Spark's properties as they are written: flags, counts, sizes and times. Pure. */

/** `spark.executor.memory` where nobody set it. */
export const DEFAULT_EXECUTOR_MEMORY_MIB = 1024;
const MIB_PER_UNIT: Readonly<Record<string, number>> = {
  b: 1 / 1024 ** 2,
  k: 1 / 1024,
  m: 1,
  g: 1024,
  t: 1024 ** 2,
  p: 1024 ** 3,
};

/** References inside references: Spark follows them without end, and refuses circles. */
const DEEPEST_REFERENCE = 4;

/** Reads properties and remembers the names of those whose text makes no sense; never their text. */
export class Properties {
  readonly unreadable = new Set<string>();
  readonly #set: ReadonlyMap<string, string>;

  constructor(pairs: Iterable<readonly [string, string]>) {
    this.#set = new Map(pairs);
  }

  /** Whether anything is set, whatever it is. */
  has(key: string): boolean {
    return (this.#set.get(key) ?? '').trim() !== '';
  }

  flag(key: string, byDefault = false): boolean {
    return this.#read(key, (text) => FLAGS.get(text.toLowerCase())) ?? byDefault;
  }

  count(key: string): number | undefined {
    return this.#read(key, (text) => (/^\+?\d{1,10}$/.test(text) ? Number(text) : undefined));
  }

  memoryMiB(key: string): number | undefined {
    return this.#read(key, memoryMiB);
  }

  /** Spark's times; a number without a unit means seconds. */
  durationMs(key: string): number | undefined {
    return this.#read(key, durationMs);
  }

  /** A text with its `${other.property}` filled in, as Spark does it: what is not set stays as it was written. */
  filledIn(key: string): string | undefined {
    let text = this.#set.get(key)?.trim();
    if (text === undefined || text === '') return undefined;
    for (let depth = 0; depth < DEEPEST_REFERENCE && text.includes('${'); depth += 1) {
      text = text.replace(/\$\{([^{}]{1,200})\}/g, (whole, name: string) => this.#set.get(name) ?? whole);
    }
    return text;
  }

  #read<T>(key: string, parse: (text: string) => T | undefined): T | undefined {
    const text = this.#set.get(key)?.trim();
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) this.unreadable.add(key);
    return value;
  }
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Whether the version is at least major.minor; one that cannot be read counts as old. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [, theirMajor, theirMinor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (theirMajor === undefined || theirMinor === undefined) return false;
  return Number(theirMajor) > major || (Number(theirMajor) === major && Number(theirMinor) >= minor);
}

/** Spark's sizes: a number with an optional unit, MiB without one. */
function memoryMiB(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,12})\s*(b|[kmgtp]b?)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Math.ceil(Number(digits) * (MIB_PER_UNIT[unit?.[0]?.toLowerCase() ?? 'm'] ?? 1));
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  us: 1 / 1_000,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function durationMs(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,12})\s*([a-z]+)?$/i.exec(text) ?? [];
  const unitMs = MS_PER_UNIT[unit.toLowerCase()];
  return digits === undefined || unitMs === undefined ? undefined : Math.round(Number(digits) * unitMs);
}
