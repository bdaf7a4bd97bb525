/**
 * The shuffle ledger: what each worker keeps for whom, and whether it may be drained.
 *
 * A mark is by host, so a worker may go only if every application with executors or data there lets it (R18). Unknown is
 * pinned: what cannot be read is treated as needed.
 */
import type { ApplicationObservation } from './observation.ts';
import { normalHost } from './fleet.ts';
import {
  DEFAULT_RETAINED_ENDED_EXECUTORS,
  type ApplicationHoldings,
  type ExecutorHolding,
  type JobActivity,
} from './holdings.ts';
import { Kept } from './kept.ts';
import { freshAt } from './reading.ts';
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
  /** Shuffle bytes that active executors wrote, and ended ones. */
  readonly shuffleBytes: number;
  readonly endedShuffleBytes: number;
  /** Storage memory of the active ones. */
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** What one application must not lose. */
export interface Holder {
  readonly applicationId: string;
  /** Blocks of it exist that have nowhere to go but to another executor: at least one has to stay (R19). */
  readonly holds: boolean;
  /** Blocks of it exist, so an executor that leaves hands some on to the others. */
  readonly handsOn: boolean;
  /** Its executors by host, with their storage memory: cached blocks have to fit into what stays. */
  readonly byHost: ReadonlyMap<string, HeldThere>;
  /** Where its active executors are. */
  readonly hosts: readonly string[];
}

/** An application that keeps a worker. */
export interface Pin {
  /** Names it from one ledger to the next. */
  readonly key: string;
  readonly applicationId: string;
  readonly host: string;
  readonly why: string;
  readonly mode: ApplicationSettings['shuffleMode'];
  readonly bytes: number;
  /** Since when it has been seen to; monotonic milliseconds. */
  readonly sinceMs: number;
  /** It has for longer than the limit, and keeps it no more. */
  readonly tooOld: boolean;
}

export interface Ledger {
  /** Ties by host; a host without an entry keeps nothing for anybody. */
  readonly ties: ReadonlyMap<string, readonly Tie[]>;
  /** By application. */
  readonly holders: ReadonlyMap<string, Holder>;
  /** Active executors by host, over all applications: compared with the worker's own count. */
  readonly executorsByHost: ReadonlyMap<string, number>;
  /** Applications whose holdings nobody knows: any worker may keep something of theirs. */
  readonly unread: readonly string[];
  /** Who keeps what, since when, those that are too old included. */
  readonly pins: readonly Pin[];
}

export interface LedgerOptions {
  readonly nowMs: number;
  /** Whether cached blocks may be moved: whether they came from `localCheckpoint`, whose loss fails the job, cannot be seen (R20). */
  readonly moveCachedBlocks: boolean;
  /** What is merely kept pins no longer than this, in milliseconds; 0 sets no limit. */
  readonly pinAgeLimitMs?: number;
  /** Since when each application was seen to pin each host, as the last ledger's pins tell. */
  readonly pinnedSinceMs?: ReadonlyMap<string, number>;
  /** Since when each application has been seen to run no job, and how long that has to be before its blocks move. */
  readonly quietSinceMs?: ReadonlyMap<string, number>;
  readonly quietMs?: number;
  readonly guards: Guards;
}

/** Nobody keeps anything anywhere. */
export const EMPTY_LEDGER: Ledger = {
  ties: new Map(),
  holders: new Map(),
  executorsByHost: new Map(),
  unread: [],
  pins: [],
};

/** Draws up the ledger. Pure. */
export function drawLedger(applications: readonly ApplicationObservation[], options: LedgerOptions): Ledger {
  const ties = new Map<string, Tie[]>();
  const executorsByHost = new Map<string, number>();
  const holders = new Map<string, Holder>();
  const unread: string[] = [];
  const pins: Pin[] = [];
  for (const { application, holdings, settings } of applications) {
    const { id } = application;
    const fresh = freshAt(holdings, options.nowMs);
    const share = fresh.known && settings.known ? shareOf(id, settings.value, fresh.value, options) : undefined;
    if (share === undefined) {
      // An application that holds no core has no executor; its shuffle could be with an external service all the same.
      unread.push(id);
      continue;
    }
    for (const one of share.ties) {
      const { host, there, tie } = one;
      if (there.executors > 0) executorsByHost.set(host, (executorsByHost.get(host) ?? 0) + there.executors);
      const kept = tie.kind === 'pinned' ? pinOrNot(one, share.facts, options, pins) : tie;
      if (kept !== undefined) push(ties, host, kept);
    }
    holders.set(id, share.holder);
  }
  return { ties, holders, executorsByHost, unread, pins };
}

/** What one application's holdings come to, but for how long it has kept what. */
interface Share {
  readonly facts: Facts;
  /** Where it is tied to; where only executors were that have ended it mostly is not. */
  readonly ties: readonly TiedTo[];
  readonly holder: Holder;
}

interface TiedTo {
  readonly host: string;
  readonly there: HeldThere;
  readonly tie: Tie;
  readonly key: string;
}

const shares = new Kept<ApplicationHoldings, Share | undefined>();

/** Undefined where nobody knows what it holds. */
function shareOf(
  id: string,
  settings: ApplicationSettings,
  holdings: ApplicationHoldings,
  options: LedgerOptions,
): Share | undefined {
  const restless = isRestless(id, holdings, options);
  const key = [id, settings, restless, options.guards, options.moveCachedBlocks];
  return shares.get(holdings, key, () => makeShare(factsOf(id, settings, holdings, restless), options));
}

function makeShare(facts: Facts, options: LedgerOptions): Share | undefined {
  const { applicationId, byHost, hosts, holdsShuffle } = facts;
  // The service keeps shuffle of executors that are no longer listed, and nobody knows on which worker.
  if (facts.endedListCut && facts.settings.shuffleMode === 'external-service') return undefined;
  const holds = mustKeep(facts);
  return {
    facts,
    ties: [...byHost].flatMap(([host, there]): TiedTo | [] => {
      const tie = tieOf(there, facts, options, false);
      return tie === undefined ? [] : { host, there, tie, key: `${applicationId} ${host}` };
    }),
    holder: { applicationId, byHost, hosts, holds, handsOn: holds || holdsShuffle },
  };
}

/** Notes a pin; what is left of the tie once it has lasted for longer than the limit. */
function pinOrNot(
  { tie, host, there, key }: TiedTo,
  facts: Facts,
  options: LedgerOptions,
  pins: Pin[],
): Tie | undefined {
  const { applicationId, why, bytes } = tie;
  const sinceMs = options.pinnedSinceMs?.get(key) ?? options.nowMs;
  const limitMs = options.pinAgeLimitMs ?? 0;
  const isOld = limitMs > 0 && options.nowMs - sinceMs >= limitMs;
  const now = isOld ? tieOf(there, facts, options, true) : tie;
  const mode = facts.settings.shuffleMode;
  pins.push({ key, applicationId, host, why, mode, bytes, sinceMs, tooOld: now?.kind !== 'pinned' });
  return now;
}

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

function factsOf(
  applicationId: string,
  settings: ApplicationSettings,
  holdings: ApplicationHoldings,
  restless: boolean,
): Facts {
  const { activity } = holdings;
  const { byHost, hosts, ended, wroteShuffle } = summaryOf(holdings);
  const endedListCut = ended >= (settings.retainedEndedExecutors ?? DEFAULT_RETAINED_ENDED_EXECUTORS);
  const holdsShuffle = endedListCut || wroteShuffle;
  return { applicationId, settings, activity, byHost, hosts, holdsShuffle, endedListCut, restless };
}

function isRestless(id: string, { activity }: ApplicationHoldings, options: LedgerOptions): boolean {
  const { quietMs = 0, quietSinceMs, nowMs } = options;
  if (quietMs === 0 || activity !== 'idle') return false;
  return nowMs - (quietSinceMs?.get(id) ?? nowMs) < quietMs;
}

interface Summary {
  readonly byHost: ReadonlyMap<string, HeldThere>;
  readonly hosts: readonly string[];
  readonly ended: number;
  readonly wroteShuffle: boolean;
}

function summaryOf(holdings: ApplicationHoldings): Summary {
  const byHost = new Map<string, HeldThere>();
  let ended = 0;
  let wroteShuffle = false;
  for (const executor of holdings.executors) {
    const host = normalHost(executor.host);
    byHost.set(host, together(byHost.get(host) ?? NOTHING_HELD, executor));
    if (!executor.active) ended += 1;
    wroteShuffle ||= executor.shuffleWriteBytes > 0;
  }
  const hosts = [...byHost].flatMap(([host, { executors }]) => (executors > 0 ? host : []));
  return { byHost, hosts, ended, wroteShuffle };
}

const NOTHING_HELD: HeldThere = {
  executors: 0,
  tasks: 0,
  caches: false,
  cachedBytes: 0,
  shuffleBytes: 0,
  endedShuffleBytes: 0,
  usedBytes: 0,
  freeBytes: 0,
};

function together(held: HeldThere, executor: ExecutorHolding): HeldThere {
  const { active, activeTasks, rddBlocks, shuffleWriteBytes, memoryUsedBytes, diskUsedBytes } = executor;
  if (!active) return { ...held, endedShuffleBytes: held.endedShuffleBytes + shuffleWriteBytes };
  return {
    executors: held.executors + 1,
    tasks: held.tasks + activeTasks,
    caches: held.caches || rddBlocks > 0,
    cachedBytes: held.cachedBytes + memoryUsedBytes + diskUsedBytes,
    shuffleBytes: held.shuffleBytes + shuffleWriteBytes,
    endedShuffleBytes: held.endedShuffleBytes,
    usedBytes: held.usedBytes + memoryUsedBytes,
    freeBytes: held.freeBytes + Math.max(0, executor.maxMemoryBytes - memoryUsedBytes),
  };
}

/** What ties an application to a host; undefined if nothing of it is there. */
function tieOf(there: HeldThere, facts: Facts, options: LedgerOptions, isOld: boolean): Tie | undefined {
  const { applicationId, settings } = facts;
  const { executors, tasks, caches } = there;
  const ofService = settings.shuffleMode === 'external-service' ? there.endedShuffleBytes : 0;
  const shuffleBytes = there.shuffleBytes + ofService;
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
function mustKeep({ byHost, settings, holdsShuffle }: Facts): boolean {
  // Cached blocks go to executors only; shuffle has somewhere to go without any (spark.md 8.5).
  if (holdsShuffle && settings.fallbackStorage !== true) return true;
  for (const { caches } of byHost.values()) if (caches) return true;
  return false;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Applications whose own settings keep workers, each with the reason, once. */
export function undrainable(ledger: Ledger): readonly { readonly applicationId: string; readonly why: string }[] {
  const found = new Map<string, string>();
  for (const ties of ledger.ties.values()) {
    for (const { applicationId, why, bySettings } of ties) if (bySettings) found.set(applicationId, why);
  }
  return [...found].map(([applicationId, why]) => ({ applicationId, why }));
}
