/**
 * The shuffle ledger: what each worker keeps for whom, and whether it may be drained.
 *
 * A mark is by host, so a worker may go only if every application with executors or data there lets it (R18). Unknown is
 * pinned: what cannot be read is treated as needed.
 */
import type { ApplicationObservation } from './observation.ts';
import { normalHost } from './fleet.ts';
import { DEFAULT_RETAINED_ENDED_EXECUTORS, type ApplicationHoldings, type ExecutorHolding } from './holdings.ts';
import { freshAt } from './reading.ts';
import type { Guards } from './removal-guards.ts';
import type { ApplicationSettings } from './spark-view.ts';

/** How an application is tied to one worker: `movable` data goes along in a drain, `pinned` keeps the worker. */
export interface Tie {
  readonly applicationId: string;
  readonly kind: 'movable' | 'pinned';
  /** Bytes it may hold there, as far as they are known. */
  readonly bytes: number;
  /** Tasks that run there: a drain waits for them. */
  readonly tasks: number;
  /** Its last job ended a moment ago, so the next one may begin while its blocks move. */
  readonly restless: boolean;
  readonly why: string;
  /** Pinned by the application's own settings, so by something that a person may change. */
  readonly bySettings: boolean;
}

export interface HeldThere {
  readonly executors: number;
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
  /** Active executors by host, with their storage memory: cached blocks have to fit into what stays. */
  readonly byHost: ReadonlyMap<string, HeldThere>;
}

/** An application that keeps a worker. */
export interface Pin {
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
  readonly holders: readonly Holder[];
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
export const EMPTY_LEDGER: Ledger = { ties: new Map(), holders: [], executorsByHost: new Map(), unread: [], pins: [] };

/** Draws up the ledger. Pure. */
export function drawLedger(applications: readonly ApplicationObservation[], options: LedgerOptions): Ledger {
  const ties = new Map<string, Tie[]>();
  const executorsByHost = new Map<string, number>();
  const holders: Holder[] = [];
  const unread: string[] = [];
  const pins: Pin[] = [];
  for (const one of applications) {
    const { id } = one.application;
    const holdings = freshAt(one.holdings, options.nowMs);
    if (!holdings.known || !one.settings.known) {
      // An application that holds no core has no executor; its shuffle could be with an external service all the same.
      unread.push(id);
      continue;
    }
    const facts = factsOf(one.settings.value, holdings.value);
    if (facts.endedListCut && one.settings.value.shuffleMode === 'external-service') {
      // The service keeps shuffle of executors that are no longer listed, and nobody knows on which worker.
      unread.push(id);
      continue;
    }
    const placed = byHost(holdings.value.executors);
    for (const [host, executors] of placed) {
      const active = executors.filter((executor) => executor.active).length;
      if (active > 0) executorsByHost.set(host, (executorsByHost.get(host) ?? 0) + active);
      const restless = isRestless(id, facts, options);
      const tie = tieOf(executors, facts, { ...options, restless, isOld: false });
      if (tie?.kind !== 'pinned') {
        if (tie !== undefined) push(ties, host, { applicationId: id, ...tie });
        continue;
      }
      const sinceMs = options.pinnedSinceMs?.get(pinKey({ applicationId: id, host })) ?? options.nowMs;
      const limitMs = options.pinAgeLimitMs ?? 0;
      const isOld = limitMs > 0 && options.nowMs - sinceMs >= limitMs;
      const now = isOld ? tieOf(executors, facts, { ...options, restless, isOld }) : tie;
      const { why, bytes } = tie;
      const mode = one.settings.value.shuffleMode;
      pins.push({ applicationId: id, host, why, mode, bytes, sinceMs, tooOld: now?.kind !== 'pinned' });
      if (now !== undefined) push(ties, host, { applicationId: id, ...now });
    }
    holders.push(holderOf(id, placed, facts));
  }
  return { ties, holders, executorsByHost, unread, pins };
}

/** Names a pin from one ledger to the next. */
export function pinKey({ applicationId, host }: Pick<Pin, 'applicationId' | 'host'>): string {
  return `${applicationId} ${host}`;
}

export interface Facts {
  readonly settings: ApplicationSettings;
  readonly holdings: ApplicationHoldings;
  /** Some executor wrote shuffle, also one that ended: its blocks may have moved to any other. */
  readonly holdsShuffle: boolean;
  readonly endedListCut: boolean;
}

function factsOf(settings: ApplicationSettings, holdings: ApplicationHoldings): Facts {
  const ended = holdings.executors.filter(({ active }) => !active).length;
  const endedListCut = ended >= (settings.retainedEndedExecutors ?? DEFAULT_RETAINED_ENDED_EXECUTORS);
  const holdsShuffle = endedListCut || holdings.executors.some(({ shuffleWriteBytes }) => shuffleWriteBytes > 0);
  return { settings, holdings, holdsShuffle, endedListCut };
}

function isRestless(applicationId: string, { holdings }: Facts, options: LedgerOptions): boolean {
  const { quietMs = 0, quietSinceMs, nowMs } = options;
  if (quietMs === 0 || holdings.activity !== 'idle') return false;
  return nowMs - (quietSinceMs?.get(applicationId) ?? nowMs) < quietMs;
}

/** What ties these executors of one application to their host; undefined if nothing of it is there. */
function tieOf(
  executors: readonly ExecutorHolding[],
  facts: Facts,
  options: LedgerOptions & { readonly restless: boolean; readonly isOld: boolean },
): Omit<Tie, 'applicationId'> | undefined {
  const { settings } = facts;
  const { isOld } = options;
  const active = executors.filter((one) => one.active);
  const bytes = sum(executors, ({ shuffleWriteBytes, active: stays }) =>
    stays || settings.shuffleMode === 'external-service' ? shuffleWriteBytes : 0,
  );
  const cachedBytes = sum(active, ({ memoryUsedBytes, diskUsedBytes }) => memoryUsedBytes + diskUsedBytes);
  const total = bytes + cachedBytes;
  const { guards } = options;
  const service = isOld ? undefined : guards.notInService(settings.shuffleMode, bytes);
  const tasks = sum(active, ({ activeTasks }) => activeTasks);
  const pinned = { kind: 'pinned' as const, bytes: total, tasks, restless: false };
  if (service !== undefined) return { ...pinned, why: service, bySettings: true };
  if (active.length === 0) return undefined;
  const cached = active.some(({ rddBlocks }) => rddBlocks > 0);
  const set = guards.settingsAllow(facts, cached);
  if (set !== undefined) return { ...pinned, why: set, bySettings: true };
  const now = guards.nobodyReads(facts, active) ?? guards.cachedMayMove(cached, options.moveCachedBlocks || isOld);
  if (now !== undefined) return { ...pinned, why: now, bySettings: false };
  const why = total > 0 ? 'its blocks move to its other executors' : 'holds nothing';
  return { kind: 'movable', bytes: total, tasks, restless: options.restless && total > 0, why, bySettings: false };
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
  { holdings: { activity }, holdsShuffle }: Pick<Facts, 'holdings' | 'holdsShuffle'>,
  active: readonly ExecutorHolding[],
): string | undefined {
  const nothing = !holdsShuffle && active.every(({ activeTasks, rddBlocks }) => activeTasks === 0 && rddBlocks === 0);
  if (activity === 'shuffling' && !nothing) return 'a running job may read its shuffle';
  return activity === 'idle' && active.some(({ activeTasks }) => activeTasks > 0) ? 'tasks run there' : undefined;
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

function holderOf(
  applicationId: string,
  placed: ReadonlyMap<string, readonly ExecutorHolding[]>,
  facts: Facts,
): Holder {
  const held = new Map<string, HeldThere>();
  // Cached blocks go to executors only; shuffle has somewhere to go without any (spark.md 8.5).
  let holds = facts.holdsShuffle && facts.settings.fallbackStorage !== true;
  for (const [host, executors] of placed) {
    const active = executors.filter((one) => one.active);
    if (active.length === 0) continue;
    holds ||= active.some(({ rddBlocks }) => rddBlocks > 0);
    held.set(host, {
      executors: active.length,
      usedBytes: sum(active, ({ memoryUsedBytes }) => memoryUsedBytes),
      freeBytes: sum(active, (one) => Math.max(0, one.maxMemoryBytes - one.memoryUsedBytes)),
    });
  }
  return { applicationId, byHost: held, holds, handsOn: holds || facts.holdsShuffle };
}

function byHost(executors: readonly ExecutorHolding[]): ReadonlyMap<string, readonly ExecutorHolding[]> {
  const map = new Map<string, ExecutorHolding[]>();
  for (const executor of executors) push(map, normalHost(executor.host), executor);
  return map;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function sum<T>(list: readonly T[], amount: (one: T) => number): number {
  return list.reduce((total, one) => total + amount(one), 0);
}

/** Applications whose own settings keep workers, each with the reason, once. */
export function undrainable(ledger: Ledger): readonly { readonly applicationId: string; readonly why: string }[] {
  const found = new Map<string, string>();
  for (const ties of ledger.ties.values()) {
    for (const { applicationId, why, bySettings } of ties) if (bySettings) found.set(applicationId, why);
  }
  return [...found].map(([applicationId, why]) => ({ applicationId, why }));
}
