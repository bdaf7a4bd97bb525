/**
 * What ties one application to the workers it has executors on: what they hold there, and why it may not go along in a drain.
 *
 * Unknown is pinned: what cannot be read is treated as needed.
 */
import { normalHost } from './fleet.ts';
import {
  DEFAULT_RETAINED_ENDED_EXECUTORS,
  type ApplicationHoldings,
  type ExecutorHolding,
  type JobActivity,
} from './holdings.ts';
import { describeBytes } from './resources.ts';
import type { Guards } from './removal-guards.ts';
import type { ApplicationSettings } from './spark-view.ts';

/** How an application is tied to one worker: `movable` data goes along in a drain, `pinned` keeps the worker. */
export interface Tie {
  readonly applicationId: string;
  readonly kind: 'movable' | 'pinned';
  /** Active executors there. */
  readonly executors: number;
  /** Bytes it may hold there, as far as they are known. */
  readonly bytes: number;
  /** Tasks that run there: a drain waits for them. */
  readonly tasks: number;
  /** Its last job ended a moment ago, so the next one may begin while its blocks move. */
  readonly restless: boolean;
  readonly why: string;
  /** The same with whose it is, and how much. */
  readonly sentence: string;
  /** Pinned by the application's own settings, so by something that a person may change. */
  readonly bySettings: boolean;
}

/** What the executors of one application on one host are and hold, put together. */
export interface HeldThere {
  /** Active ones. */
  readonly executors: number;
  /** Tasks that run in them. */
  readonly tasks: number;
  /** One of them has cached blocks. */
  readonly caches: boolean;
  readonly cachedBytes: number;
  /** Shuffle bytes that active executors wrote, and ended ones where an external service keeps them. */
  readonly shuffleBytes: number;
  readonly endedShuffleBytes: number;
  /** Storage memory of the active ones. */
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** What is known of one application, put together for the question whether its workers may go. */
export interface Facts {
  readonly applicationId: string;
  readonly settings: ApplicationSettings;
  readonly activity: JobActivity;
  readonly byHost: ReadonlyMap<string, HeldThere>;
  readonly hosts: readonly string[];
  /** Some executor wrote shuffle, also one that ended: its blocks may have moved to any other. */
  readonly holdsShuffle: boolean;
  readonly endedListCut: boolean;
  readonly restless: boolean;
}

/** What the holdings of one application come to. */
export function factsOf(
  applicationId: string,
  settings: ApplicationSettings,
  holdings: ApplicationHoldings,
  restless: boolean,
): Facts {
  const { activity } = holdings;
  const { byHost, hosts, ended, wroteShuffle } = summaryOf(holdings, settings.shuffleMode === 'external-service');
  const endedListCut = ended >= (settings.retainedEndedExecutors ?? DEFAULT_RETAINED_ENDED_EXECUTORS);
  const holdsShuffle = endedListCut || wroteShuffle;
  return { applicationId, settings, activity, byHost, hosts, holdsShuffle, endedListCut, restless };
}

interface Summary {
  readonly byHost: ReadonlyMap<string, HeldThere>;
  readonly hosts: readonly string[];
  readonly ended: number;
  readonly wroteShuffle: boolean;
}

/** What ended executors wrote is still where they were only if a service keeps it. */
function summaryOf(holdings: ApplicationHoldings, keepsEnded: boolean): Summary {
  const byHost = new Map<string, Mutable<HeldThere>>();
  let ended = 0;
  let wroteShuffle = false;
  for (const executor of holdings.executors) {
    if (executor.shuffleWriteBytes > 0) wroteShuffle = true;
    if (!executor.active) {
      ended += 1;
      if (!keepsEnded || executor.shuffleWriteBytes === 0) continue;
    }
    const host = normalHost(executor.host);
    let there = byHost.get(host);
    if (there === undefined) byHost.set(host, (there = { ...NOTHING_THERE }));
    if (executor.active) addActive(there, executor);
    else there.endedShuffleBytes += executor.shuffleWriteBytes;
  }
  const hosts = [...byHost].flatMap(([host, { executors }]) => (executors > 0 ? host : []));
  return { byHost, hosts, ended, wroteShuffle };
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

const NOTHING_THERE: HeldThere = {
  executors: 0,
  tasks: 0,
  caches: false,
  cachedBytes: 0,
  shuffleBytes: 0,
  endedShuffleBytes: 0,
  usedBytes: 0,
  freeBytes: 0,
};

function addActive(held: Mutable<HeldThere>, executor: ExecutorHolding): void {
  const { activeTasks, rddBlocks, shuffleWriteBytes, memoryUsedBytes, diskUsedBytes, maxMemoryBytes } = executor;
  held.executors += 1;
  held.tasks += activeTasks;
  held.caches ||= rddBlocks > 0;
  held.cachedBytes += memoryUsedBytes + diskUsedBytes;
  held.shuffleBytes += shuffleWriteBytes;
  held.usedBytes += memoryUsedBytes;
  held.freeBytes += Math.max(0, maxMemoryBytes - memoryUsedBytes);
}

/** What is allowed, and what forbids a removal. */
export interface TieOptions {
  /** Whether cached blocks may be moved: whether they came from `localCheckpoint`, whose loss fails the job, cannot be seen (R20). */
  readonly moveCachedBlocks: boolean;
  readonly guards: Guards;
}

/** What ties an application to a host; undefined if nothing of it is there. `isOld`: it has been kept for longer than the limit. */
export function tieOf(there: HeldThere, facts: Facts, options: TieOptions, isOld: boolean): Tie | undefined {
  const { applicationId, settings } = facts;
  const { executors, tasks, caches } = there;
  const shuffleBytes = there.shuffleBytes + there.endedShuffleBytes;
  const bytes = shuffleBytes + there.cachedBytes;
  const { guards, moveCachedBlocks } = options;
  const tie = (kind: Tie['kind'], why: string, restless = false, bySettings = false): Tie => {
    const size = bytes === 0 ? '' : ` (${describeBytes(bytes)})`;
    const sentence = `${applicationId}: ${why}${size}`;
    return { applicationId, kind, executors, bytes, tasks, restless, why, sentence, bySettings };
  };
  const service = isOld ? undefined : guards.notInService(settings.shuffleMode, shuffleBytes);
  if (service !== undefined) return tie('pinned', service, false, true);
  if (executors === 0) return undefined;
  const set = guards.settingsAllow(facts, caches);
  if (set !== undefined) return tie('pinned', set, false, true);
  const now = guards.nobodyReads(facts, there) ?? guards.cachedMayMove(caches, moveCachedBlocks || isOld);
  if (now !== undefined) return tie('pinned', now);
  const why = bytes > 0 ? 'its blocks move to its other executors' : 'holds nothing';
  return tie('movable', why, facts.restless && bytes > 0);
}

/** Which setting of its own keeps an application's executors where they are; undefined where all is set. */
export function whyItsSettingsForbid({ settings, holdsShuffle }: Facts, cached: boolean): string | undefined {
  if (!settings.dynamicAllocation) return 'no dynamic allocation: it would start the executor again elsewhere';
  if (!settings.decommission) return 'spark.decommission.enabled is not set for it';
  if (!holdsShuffle && !cached) return undefined;
  if (!settings.storageDecommission) return 'spark.storage.decommission.enabled is not set for it';
  if (holdsShuffle && !settings.movesShuffle) return 'spark.storage.decommission.shuffleBlocks.enabled is off';
  if (cached && !settings.movesCachedBlocks) return 'spark.storage.decommission.rddBlocks.enabled is off';
  return undefined;
}

/**
 * R17: a stage that reads what an executor wrote would fail its fetches and run again. Where no executor of the application
 * ever wrote any, and none of these runs a task or keeps a block, there is nothing to read.
 */
export function whyMayBeRead(
  { activity, holdsShuffle }: Pick<Facts, 'activity' | 'holdsShuffle'>,
  { tasks, caches }: Pick<HeldThere, 'tasks' | 'caches'>,
): string | undefined {
  const nothing = !holdsShuffle && tasks === 0 && !caches;
  if (activity === 'shuffling' && !nothing) return 'a running job may read its shuffle';
  return activity === 'idle' && tasks > 0 ? 'tasks run there' : undefined;
}

/** R20: the blocks of a `localCheckpoint` look like any other, and losing one fails the job. */
export function whyCachedStays(cached: boolean, mayMove: boolean): string | undefined {
  return cached && !mayMove ? 'cached blocks there; moving them is not allowed by the settings' : undefined;
}

/** What an external shuffle service keeps goes with the pod, whoever wrote it, also where no executor is left. */
export function whyKeptByService(mode: ApplicationSettings['shuffleMode'], bytes: number): string | undefined {
  return mode === 'external-service' && bytes > 0
    ? 'shuffle kept by the external shuffle service until it ends'
    : undefined;
}

/** Whether blocks of it exist that have to stay somewhere. */
export function mustKeep({ byHost, settings, holdsShuffle }: Facts): boolean {
  // Cached blocks go to executors only; shuffle has somewhere to go without any (spark.md 8.5).
  if (holdsShuffle && settings.fallbackStorage !== true) return true;
  for (const { caches } of byHost.values()) if (caches) return true;
  return false;
}
