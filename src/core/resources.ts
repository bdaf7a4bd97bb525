/** Arithmetic on what executors, drivers and workers hold: cores, memory and custom resources such as GPUs (R7). */

/** An amount of each resource. Cores and custom amounts are whole numbers, memory is in MiB. */
export interface Resources {
  readonly cores: number;
  readonly memoryMiB: number;
  /** Custom resources by Spark's name ("gpu"); a name that is absent counts as 0. */
  readonly custom: Readonly<Record<string, number>>;
}

/** No custom resource at all: one object for all, since most have none and are asked very often. */
export const NO_CUSTOM: Resources['custom'] = Object.freeze({});

/** Builds an amount; without custom resources the third argument may be left out. */
export function resources(cores: number, memoryMiB: number, custom: Resources['custom'] = NO_CUSTOM): Resources {
  return { cores, memoryMiB, custom };
}

/** Whether nothing of any resource is in use. */
export function isNothing(used: Resources): boolean {
  if (used.cores !== 0 || used.memoryMiB !== 0) return false;
  return !hasCustom(used) || Object.values(used.custom).every((amount) => amount === 0);
}

/** `a` less `b`, never below 0 in any resource. */
export function subtract(a: Resources, b: Resources): Resources {
  return subtractTimes(a, b, 1);
}

/** `a` plus `b`. */
export function add(a: Resources, b: Resources): Resources {
  return combine(a, b, (x, y) => x + y);
}

/** `a` times `count`. */
export function times(a: Resources, count: number): Resources {
  return combine(a, a, (x) => x * count);
}

/** `a` less `count` times `b`, never below 0 in any resource. */
export function subtractTimes(a: Resources, b: Resources, count: number): Resources {
  const cores = Math.max(0, a.cores - b.cores * count);
  const memoryMiB = Math.max(0, a.memoryMiB - b.memoryMiB * count);
  if (!hasCustom(b)) return { cores, memoryMiB, custom: a.custom };
  return { cores, memoryMiB, custom: combineCustom(a, b, (x, y) => Math.max(0, x - y * count)) };
}

/** The larger of both in each resource. */
export function largest(a: Resources, b: Resources): Resources {
  return combine(a, b, Math.max);
}

/**
 * How many items of `item` fit into `free`, as Spark's master counts: the scarcest resource decides.
 *
 * @returns a whole number ≥ 0; `Infinity` for an item that needs nothing.
 */
export function fitCount(item: Resources, free: Resources): number {
  let count = Infinity;
  if (item.cores > 0) count = Math.min(count, Math.floor(free.cores / item.cores));
  if (item.memoryMiB > 0) count = Math.min(count, Math.floor(free.memoryMiB / item.memoryMiB));
  if (!hasCustom(item)) return count;
  for (const [name, amount] of Object.entries(item.custom)) {
    if (amount > 0) count = Math.min(count, Math.floor(amountOf(free, name) / amount));
  }
  return count;
}

/** The largest share of `whole` that `part` takes in any resource; `Infinity` where `whole` has none of it. */
export function dominantShare(part: Resources, whole: Resources): number {
  let share = Math.max(ratio(part.cores, whole.cores), ratio(part.memoryMiB, whole.memoryMiB));
  for (const [name, amount] of Object.entries(part.custom)) {
    share = Math.max(share, ratio(amount, amountOf(whole, name)));
  }
  return share;
}

/** A text that is equal for equal amounts, for grouping. */
export function resourcesKey(amount: Resources): string {
  const custom = customKey(amount);
  return custom === '' ? `${amount.cores}/${amount.memoryMiB}` : `${amount.cores}/${amount.memoryMiB}/${custom}`;
}

/** The same for the custom resources alone; empty where there are none. */
export function customKey(amount: Resources): string {
  if (!hasCustom(amount)) return '';
  const names = Object.keys(amount.custom).filter((name) => amountOf(amount, name) !== 0);
  return names.length === 0 ? '' : JSON.stringify(names.sort().map((name) => [name, amountOf(amount, name)]));
}

/** Whether both are equal amounts. */
export function isEqual(a: Resources, b: Resources): boolean {
  return a === b || (a.cores === b.cores && a.memoryMiB === b.memoryMiB && customKey(a) === customKey(b));
}

/** For people: "4 cores, 8192 MiB, 1 gpu". */
export function describeResources(amount: Resources): string {
  const custom = Object.entries(amount.custom).map(([name, count]) => `, ${count} ${name}`);
  return `${amount.cores} cores, ${amount.memoryMiB} MiB${custom.join('')}`;
}

/** Names are chosen by users: one that every object inherits ("constructor") is not an amount. */
function amountOf(amount: Resources, name: string): number {
  return Object.hasOwn(amount.custom, name) ? (amount.custom[name] ?? 0) : 0;
}

function ratio(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? Infinity : part / whole;
}

function combine(a: Resources, b: Resources, of: (x: number, y: number) => number): Resources {
  return { cores: of(a.cores, b.cores), memoryMiB: of(a.memoryMiB, b.memoryMiB), custom: combineCustom(a, b, of) };
}

function combineCustom(a: Resources, b: Resources, of: (x: number, y: number) => number): Resources['custom'] {
  // Most have none, and placement does this a great many times.
  if (!hasCustom(a) && !hasCustom(b)) return NO_CUSTOM;
  const names = new Set([...Object.keys(a.custom), ...Object.keys(b.custom)]);
  return Object.fromEntries([...names].map((name) => [name, of(amountOf(a, name), amountOf(b, name))]));
}

/** Whether any custom resource is named. Asked very often, so without making a list of the names. */
export function hasCustom({ custom }: Pick<Resources, 'custom'>): boolean {
  if (custom === NO_CUSTOM) return false;
  for (const name in custom) return Object.hasOwn(custom, name);
  return false;
}

/** "1.2 GiB" */
export function describeBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 2 ** (10 * step);
  return `${amount >= 10 || step === 0 ? Math.round(amount) : Math.round(amount * 10) / 10} ${units[step] ?? ''}`;
}
