/** What the applications of the simulated world hold, as their drivers would tell, and what of it is another than before. */
import type { ApplicationHoldings, ExecutorHolding, JobActivity } from '../core/holdings.ts';
import { storageMiB } from './sim/blocks.ts';
import type { Driver } from './sim/driver.ts';
import type { Executor } from './sim/world.ts';

const MIB = 1_048_576;

/** What the driver's REST tells of executors, jobs and active stages. Those executors that are active come first. */
export function holdingsOf(driver: Driver): ApplicationHoldings {
  const most = storageMiB(driver.spec) * MIB;
  const active = Array.from(driver.registered.values(), (one) => holdingOf(one, most, true));
  const executors = active.concat(endedHoldings(driver, most));
  return { executors, activity: activityOf(driver) };
}

interface Ended {
  readonly newest: Executor;
  readonly holdings: ExecutorHolding[];
}

const ended = new WeakMap<Driver, Ended>();

/** Of those that have ended nothing changes any more, and new ones come last. */
function endedHoldings(driver: Driver, maxMemoryBytes: number): ExecutorHolding[] {
  const newest = driver.ended.at(-1);
  if (newest === undefined) return [];
  const known = ended.get(driver);
  if (known?.newest === newest) return known.holdings;
  const before = known === undefined ? -1 : driver.ended.lastIndexOf(known.newest);
  const fresh = driver.ended.slice(before + 1).map((one) => holdingOf(one, maxMemoryBytes, false));
  const holdings = [...(known?.holdings ?? []), ...fresh].slice(-driver.ended.length);
  ended.set(driver, { newest, holdings });
  return holdings;
}

function holdingOf(executor: Executor, maxMemoryBytes: number, active: boolean): ExecutorHolding {
  return {
    id: String(executor.id),
    host: executor.worker.host,
    active,
    activeTasks: executor.tasks.length,
    shuffleWriteBytes: Math.ceil(executor.writtenMiB * MIB),
    rddBlocks: executor.cachedMiB > 0 ? 1 : 0,
    memoryUsedBytes: Math.ceil(executor.cachedMiB * MIB),
    diskUsedBytes: 0,
    maxMemoryBytes,
  };
}

/** As the daemon reads it: `apart` is one stage that reads no shuffle and, by its finished tasks, writes none. */
function activityOf(driver: Driver): JobActivity {
  const jobs = driver.dag.activeJobs();
  if (jobs.length === 0) return 'idle';
  const apart = jobs.every(([only, ...others]) => {
    if (only === undefined || others.length > 0) return false;
    return only.parents.length === 0 && !only.keepsOutput && only.tasksDone() > 0;
  });
  return apart ? 'apart' : 'shuffling';
}

/** What is another than before in what one application holds. */
export type HoldingsChange =
  | { readonly kind: 'nothing' | 'otherwise' }
  /** It has got more executors, on these hosts. */
  | { readonly kind: 'joined'; readonly hosts: readonly string[] };

/**
 * Whether an application keeps the same workers as before. As long as a job may read its shuffle, each worker with an
 * executor of it is kept, whatever that runs and writes.
 */
export function holdingsChange(before: ApplicationHoldings | undefined, now: ApplicationHoldings): HoldingsChange {
  if (before === undefined) return { kind: 'otherwise' };
  const keepsAll = mayBeRead(before) && mayBeRead(now);
  if (!keepsAll && before.activity !== now.activity) return { kind: 'otherwise' };
  const hosts: string[] = [];
  let known = 0;
  for (const one of now.executors) {
    const other = before.executors[known];
    if (one === other || (keepsAll ? isThere(one, other) : isSame(one, other))) known += 1;
    else if (keepsAll && one.active) hosts.push(one.host);
    else return { kind: 'otherwise' };
  }
  if (known < before.executors.length) return { kind: 'otherwise' };
  return hosts.length === 0 ? { kind: 'nothing' } : { kind: 'joined', hosts };
}

/**
 * Whether an application has the executors that it had, and keeps all their workers as before: then what they run and write
 * need not be looked at.
 */
export function keepsTheSame(before: ApplicationHoldings, driver: Driver): boolean {
  const { registered, ended } = driver;
  const { executors } = before;
  if (executors.length !== registered.size + ended.length || !mayBeRead(before)) return false;
  let place = 0;
  for (const id of registered.keys()) {
    if (executors[place]?.id !== String(id)) return false;
    place += 1;
  }
  const newest = ended.at(-1);
  return (newest === undefined || executors.at(-1)?.id === String(newest.id)) && activityOf(driver) === 'shuffling';
}

function isThere(one: ExecutorHolding, other: ExecutorHolding | undefined): boolean {
  return one.id === other?.id && one.host === other.host && one.active === other.active;
}

function isSame(one: ExecutorHolding, other: ExecutorHolding | undefined): boolean {
  return (
    isThere(one, other) &&
    one.activeTasks === other?.activeTasks &&
    one.shuffleWriteBytes === other.shuffleWriteBytes &&
    one.rddBlocks === other.rddBlocks &&
    one.memoryUsedBytes === other.memoryUsedBytes &&
    one.diskUsedBytes === other.diskUsedBytes
  );
}

function mayBeRead({ activity, executors }: ApplicationHoldings): boolean {
  return activity === 'shuffling' && executors.some(({ shuffleWriteBytes }) => shuffleWriteBytes > 0);
}

/**
 * Whether a busy worker there may not go by what is known of these: a job may read what one of them keeps there, or none of
 * them tells of being there.
 */
export function isBound(host: string, all: readonly (ApplicationHoldings | undefined)[]): boolean {
  let anybody = false;
  for (const holdings of all) {
    if (holdings === undefined || !isActiveAt(host, holdings)) continue;
    if (mayBeRead(holdings)) return true;
    anybody = true;
  }
  return !anybody;
}

/** Those that are active come first. */
function isActiveAt(host: string, { executors }: ApplicationHoldings): boolean {
  for (const one of executors) {
    if (!one.active) return false;
    if (one.host === host) return true;
  }
  return false;
}
