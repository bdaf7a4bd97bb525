/**
 * The shuffle ledger: what each worker keeps for whom, and whether it may be drained.
 *
 * A mark is by host, so a worker may go only if every application with executors or data there lets it (R18).
 */
import type { ApplicationHoldings } from './holdings.ts';
import { LastMade, LastMadeByPlace } from './kept.ts';
import type { ApplicationObservation } from './observation.ts';
import { freshAt } from './reading.ts';
import type { ApplicationSettings } from './spark-view.ts';
import { factsOf, mustKeep, tieOf, type Facts, type HeldThere, type Tie, type TieOptions } from './ties.ts';

/** What one application must not lose. */
export interface Holder {
  readonly applicationId: string;
  /** Blocks of it exist that have nowhere to go but to another executor: at least one has to stay (R19). */
  readonly holds: boolean;
  /** Blocks of it exist, so an executor that leaves hands some on to the others. */
  readonly handsOn: boolean;
  /** Its executors by host, with their storage memory: cached blocks have to fit into what stays. */
  readonly byHost: ReadonlyMap<string, HeldThere>;
  /** Some of that memory is in use. */
  readonly caches: boolean;
  /** Where its active executors are. */
  readonly hosts: readonly string[];
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

/** Since when each application has been seen to pin which hosts: by its id, then by host; monotonic milliseconds. */
export type PinnedSince = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface Ledger {
  /** Ties by host; a host without an entry keeps nothing for anybody. */
  readonly ties: ReadonlyMap<string, readonly Tie[]>;
  /** By application. */
  readonly holders: ReadonlyMap<string, Holder>;
  /** Applications whose holdings nobody knows: any worker may keep something of theirs. */
  readonly unread: readonly string[];
  /** Who keeps what, since when, those that are too old included. */
  readonly pins: readonly Pin[];
  /** What to remember of the pins. */
  readonly pinnedSinceMs: PinnedSince;
}

export interface LedgerOptions extends TieOptions {
  readonly nowMs: number;
  /** What is merely kept pins no longer than this, in milliseconds; 0 sets no limit. */
  readonly pinAgeLimitMs?: number;
  /** As the last ledger left it. */
  readonly pinnedSinceMs?: PinnedSince;
  /** Since when each application has been seen to run no job, and how long that has to be before its blocks move. */
  readonly quietSinceMs?: ReadonlyMap<string, number>;
  readonly quietMs?: number;
}

const NEVER_PINNED: PinnedSince = new Map();

/** Nobody keeps anything anywhere. */
export const EMPTY_LEDGER: Ledger = {
  ties: new Map(),
  holders: new Map(),
  unread: [],
  pins: [],
  pinnedSinceMs: NEVER_PINNED,
};

/** Draws up the ledger. Pure. */
export function drawLedger(applications: readonly ApplicationObservation[], options: LedgerOptions): Ledger {
  const pages: Page[] = [];
  const unread: string[] = [];
  applications.forEach(({ application: { id }, holdings, settings }, place) => {
    const fresh = freshAt(holdings, options.nowMs);
    const page = fresh.known && settings.known ? pageOf(place, id, settings.value, fresh.value, options) : undefined;
    // An application that holds no core has no executor; its shuffle could be with an external service all the same.
    if (page === undefined) unread.push(id);
    else pages.push(page);
  });
  pagesKept.endAt(applications.length);
  shares.endAt(applications.length);
  return ledgers.get([...pages, ...unread], () => new Bound(pages, unread));
}

const ledgers = new LastMade<Ledger>();

/** Pages put together; by host only where somebody asks. */
class Bound implements Ledger {
  readonly holders: Ledger['holders'];
  readonly unread: readonly string[];
  readonly pinnedSinceMs: PinnedSince;
  readonly #pages: readonly Page[];
  #ties: Ledger['ties'] | undefined;
  #pins: Ledger['pins'] | undefined;

  constructor(pages: readonly Page[], unread: readonly string[]) {
    const holders = new Map<string, Holder>();
    const pinnedSinceMs = new Map<string, ReadonlyMap<string, number>>();
    for (const { holder, sinceMs } of pages) {
      holders.set(holder.applicationId, holder);
      if (sinceMs.size > 0) pinnedSinceMs.set(holder.applicationId, sinceMs);
    }
    this.holders = holders;
    this.unread = unread;
    this.pinnedSinceMs = pinnedSinceMs;
    this.#pages = pages;
  }

  get ties(): Ledger['ties'] {
    return (this.#ties ??= tiesByHost(this.#pages));
  }

  get pins(): Ledger['pins'] {
    return (this.#pins ??= this.#pages.flatMap(({ pins }) => pins));
  }
}

function tiesByHost(pages: readonly Page[]): Ledger['ties'] {
  const byHost = new Map<string, Tie[]>();
  for (const { ties } of pages) {
    for (const { host, tie } of ties) {
      const there = byHost.get(host);
      if (there === undefined) byHost.set(host, [tie]);
      else there.push(tie);
    }
  }
  return byHost;
}

/** Active executors on a host, over all applications: compared with the worker's own count. */
export function executorsAt({ ties }: Pick<Ledger, 'ties'>, host: string): number {
  return (ties.get(host) ?? []).reduce((sum, { executors }) => sum + executors, 0);
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
}

function makeShare(facts: Facts, options: LedgerOptions): Share | undefined {
  const { applicationId, byHost, hosts, holdsShuffle } = facts;
  // The service keeps shuffle of executors that are no longer listed, and nobody knows on which worker.
  if (facts.endedListCut && facts.settings.shuffleMode === 'external-service') return undefined;
  const holds = mustKeep(facts);
  const caches = [...byHost.values()].some(({ usedBytes }) => usedBytes > 0);
  return {
    facts,
    ties: [...byHost].flatMap(([host, there]): TiedTo | [] => {
      const tie = tieOf(there, facts, options, false);
      return tie === undefined ? [] : { host, there, tie };
    }),
    holder: { applicationId, byHost, caches, hosts, holds, handsOn: holds || holdsShuffle },
  };
}

function isRestless(id: string, { activity }: ApplicationHoldings, options: LedgerOptions): boolean {
  const { quietMs = 0, quietSinceMs, nowMs } = options;
  if (quietMs === 0 || activity !== 'idle') return false;
  return nowMs - (quietSinceMs?.get(id) ?? nowMs) < quietMs;
}

/** What one application adds to the ledger. */
interface Page {
  readonly holder: Holder;
  readonly ties: readonly Pick<TiedTo, 'host' | 'tie'>[];
  readonly pins: readonly Pin[];
  /** Since when it has pinned which hosts; the same map as before where nothing of it is new. */
  readonly sinceMs: ReadonlyMap<string, number>;
  /** When it was made, where it pins something since then: at another time it is another page. */
  readonly madeAtMs: number | undefined;
}

const NO_HOSTS: ReadonlyMap<string, number> = new Map();

const shares = new LastMadeByPlace<Share | undefined>();
const pagesKept = new LastMadeByPlace<Page | undefined>();

/** Undefined where nobody knows what it holds. */
function pageOf(
  place: number,
  id: string,
  settings: ApplicationSettings,
  holdings: ApplicationHoldings,
  options: LedgerOptions,
): Page | undefined {
  const { guards, moveCachedBlocks, nowMs, pinAgeLimitMs = 0 } = options;
  const sinceMs = options.pinnedSinceMs?.get(id) ?? NO_HOSTS;
  const restless = isRestless(id, holdings, options);
  const make = (): Page | undefined => {
    const key = [holdings, id, settings, restless, guards, moveCachedBlocks];
    const share = shares.get(place, key, () => makeShare(factsOf(id, settings, holdings, restless), options));
    return share && makePage(share, sinceMs, options);
  };
  // Time itself changes what is too old.
  if (pinAgeLimitMs > 0) return make();
  const key = [holdings, id, settings, restless, guards, moveCachedBlocks, sinceMs];
  const page = pagesKept.get(place, key, make);
  return (page?.madeAtMs ?? nowMs) === nowMs ? page : make();
}

function makePage({ facts, holder, ties }: Share, before: ReadonlyMap<string, number>, options: LedgerOptions): Page {
  const { applicationId } = facts;
  const mode = facts.settings.shuffleMode;
  const limitMs = options.pinAgeLimitMs ?? 0;
  const pins: Pin[] = [];
  const sinceMs = new Map<string, number>();
  let known = 0;
  const kept: Pick<TiedTo, 'host' | 'tie'>[] = [];
  for (const { host, there, tie } of ties) {
    let left: Tie | undefined = tie;
    if (tie.kind === 'pinned') {
      const earlierMs = before.get(host);
      if (earlierMs !== undefined) known += 1;
      const atMs = earlierMs ?? options.nowMs;
      sinceMs.set(host, atMs);
      const isOld = limitMs > 0 && options.nowMs - atMs >= limitMs;
      if (isOld) left = tieOf(there, facts, options, true);
      const { why, bytes } = tie;
      pins.push({ applicationId, host, why, mode, bytes, sinceMs: atMs, tooOld: left?.kind !== 'pinned' });
    }
    if (left !== undefined) kept.push({ host, tie: left });
  }
  const same = known === sinceMs.size && known === before.size;
  const madeAtMs = known === sinceMs.size ? undefined : options.nowMs;
  return { holder, ties: kept, pins, sinceMs: same ? before : sinceMs, madeAtMs };
}

/** Applications whose own settings keep workers, each with the reason, once. */
export function undrainable(ledger: Ledger): readonly { readonly applicationId: string; readonly why: string }[] {
  const found = new Map<string, string>();
  for (const ties of ledger.ties.values()) {
    for (const { applicationId, why, bySettings } of ties) if (bySettings) found.set(applicationId, why);
  }
  return [...found].map(([applicationId, why]) => ({ applicationId, why }));
}
