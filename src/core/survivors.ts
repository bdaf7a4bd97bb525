/**
 * Which busy workers may be drained, and in which order.
 *
 * Survivors come first (R19): before any worker is marked it is settled which executors keep each application's blocks,
 * on as few workers as can be. That is a hitting set over applications, not a packing: a lone executor of an application
 * with target 0 cannot be moved elsewhere.
 */
import { normalHost, type FleetPod } from './fleet.ts';
import type { Holder, Ledger } from './ledger.ts';
import type { Tie } from './ties.ts';
import type { Guards } from './removal-guards.ts';
import type { WorkerView } from './spark-view.ts';
import { byPreference } from './victims.ts';

/** A worker with executors that has passed every other test of a victim. */
export interface BusyWorker {
  readonly entry: FleetPod;
  readonly worker: WorkerView;
}

export interface Drainable extends BusyWorker {
  /** Bytes that have to move, as far as they are known. */
  readonly bytes: number;
  /** Tasks that the drain waits for. */
  readonly tasks: number;
}

/** Whether all that is wanted still finds room without these hosts, and without one more. */
export type StillFits = (gone: ReadonlySet<string>, host: string) => boolean;

export interface SurvivorInput {
  readonly ledger: Ledger;
  readonly busy: readonly BusyWorker[];
  /** Hosts of workers that are on their way out already, or in no list: no blocks stay there. Asked if anybody may go. */
  readonly leavingHosts: () => ReadonlySet<string>;
  /** Hosts of idle workers that go before any of these: nothing finds room there. Asked as seldom. */
  readonly spareHosts?: () => ReadonlySet<string>;
  readonly stillFits: StillFits;
  readonly atMost: number;
  readonly guards: Guards;
}

export interface Survivors {
  /** May be drained together, those that run nothing first, then fewest bytes; never more than asked for. */
  readonly drainable: readonly Drainable[];
  /** Why each other busy worker stays, by pod UID. */
  readonly why: ReadonlyMap<string, string>;
  /** Some of these would go if their executors found room elsewhere. */
  readonly lackRoom: boolean;
}

/** Different mixes of executors that found no room, after which nobody else is tried. */
const MOST_REFUSALS = 20;

/** Cached blocks that come together fill at most this share of the storage memory that is free where they go. */
const STORAGE_SHARE = 0.5;

/**
 * Why an idle worker may not go, though nothing runs there; undefined where it may.
 *
 * Only an external shuffle service keeps data where no executor is; what nobody could read may be kept by one.
 */
export function whyIdleIsPinned(
  host: string,
  ledger: Ledger,
  externalShuffleService: boolean,
  guards: Pick<Guards, 'holdingsKnown'> = { holdingsKnown: whyUnread },
): string | undefined {
  if (!externalShuffleService) return undefined;
  const pin = ledger.ties.get(normalHost(host))?.find(({ kind }) => kind === 'pinned');
  if (pin !== undefined) return pin.sentence;
  return guards.holdingsKnown(ledger) && `whether ${ledger.unread[0] ?? ''} keeps shuffle there is not known`;
}

/** Whose holdings nobody knows, so that any worker may keep something of theirs; undefined where all are known. */
export function whyUnread({ unread: [first] }: Pick<Ledger, 'unread'>): string | undefined {
  return first === undefined ? undefined : `what ${first} holds is not known`;
}

/** Settles who stays, then who may go. Pure. */
export function chooseSurvivors(input: SurvivorInput): Survivors {
  const why = new Map<string, string>();
  const candidates: Drainable[] = [];
  const unread = input.guards.holdingsKnown(input.ledger);
  for (const one of input.busy) {
    const ties = input.ledger.ties.get(normalHost(one.worker.host)) ?? [];
    const pinned = unread ?? whyPinned(ties) ?? (isTaken(one) ? undefined : whyRestless(ties));
    if (pinned === undefined) candidates.push({ ...one, bytes: sumOf(ties, 'bytes'), tasks: sumOf(ties, 'tasks') });
    else why.set(one.entry.pod.uid, pinned);
  }
  if (candidates.length === 0) return { drainable: [], why, lackRoom: false };
  const leavingHosts = input.leavingHosts();
  const keepers = hittingSet(candidates, input.ledger, leavingHosts);
  for (const { entry } of candidates) {
    const keeps = input.guards.keepsNoBlocks(entry.pod.uid, keepers);
    if (keeps !== undefined) why.set(entry.pod.uid, keeps);
  }
  const order = candidates
    .filter(({ entry }) => !why.has(entry.pod.uid))
    .sort(
      (a, b) =>
        Number(isTaken(b)) - Number(isTaken(a)) ||
        Number(isChosen(b)) - Number(isChosen(a)) ||
        a.tasks - b.tasks ||
        a.bytes - b.bytes ||
        byPreference(a.entry.pod, b.entry.pod),
    );
  return { ...takeWhatFits(order, input, leavingHosts, why), why };
}

/** Why a busy worker may not be drained by what is kept there. */
function whyPinned(ties: readonly Tie[]): string | undefined {
  const pin = ties.find(({ kind }) => kind !== 'movable');
  if (pin !== undefined) return pin.sentence;
  return ties.length === 0 ? 'its executors are in no application’s list' : undefined;
}

/** Who was chosen a pass ago is not put back for a small difference. */
function isChosen({ entry }: BusyWorker): boolean {
  return entry.pod.chosenAtEpochMs !== undefined;
}

/** R24: it goes with its node, so it keeps nothing that could be kept elsewhere, and its room is lost anyway. */
function isTaken({ entry }: BusyWorker): boolean {
  return entry.pod.disruption !== undefined;
}

/**
 * Why blocks do not move yet, though nobody reads them just now: the next job often follows the last one closely, and would
 * look for them where they were. A node that goes does not wait.
 */
function whyRestless(ties: readonly Tie[]): string | undefined {
  const tie = ties.find(({ restless }) => restless);
  return tie && `${tie.applicationId}: its last job ended a moment ago`;
}

function sumOf(ties: readonly Tie[], what: 'bytes' | 'tasks'): number {
  return ties.reduce((sum, tie) => sum + tie[what], 0);
}

/** Greedy: the worker that serves most applications still without a keeper, then the one with most bytes to move. */
function hittingSet(
  candidates: readonly Drainable[],
  ledger: Ledger,
  leavingHosts: ReadonlySet<string>,
): Map<string, string[]> {
  const all: Keeper[] = [];
  const byHost = new Map<string, Keeper[]>();
  for (const one of candidates) {
    const host = normalHost(one.worker.host);
    const there = byHost.get(host);
    const keeper = { one, holders: [], open: 0 };
    all.push(keeper);
    if (there === undefined) byHost.set(host, [keeper]);
    else there.push(keeper);
  }
  const staysAnyway = (host: string): boolean => !byHost.has(host) && !leavingHosts.has(host);
  const open = new Set<Holder>();
  for (const holder of ledger.holders.values()) {
    if (!holder.holds || holder.hosts.some(staysAnyway)) continue;
    open.add(holder);
    for (const host of holder.hosts) {
      for (const keeper of byHost.get(host) ?? NO_KEEPERS) {
        keeper.holders.push(holder);
        keeper.open += 1;
      }
    }
  }
  const chosen = new Map<string, string[]>();
  const keepers = all.filter((keeper) => keeper.open > 0).sort(byWorthKeeping);
  // Whoever is open in the end has blocks on workers that are leaving only: nothing more can be kept for it.
  for (const some of [keepers.filter(({ one }) => !isTaken(one)), keepers.filter(({ one }) => isTaken(one))]) {
    for (let best = mostOpen(some); best !== undefined; best = mostOpen(some)) {
      const served = best.holders.filter((holder) => open.delete(holder));
      const applicationIds = served.map(({ applicationId }) => applicationId);
      chosen.set(best.one.entry.pod.uid, applicationIds);
      for (const { hosts } of served) {
        for (const host of hosts) for (const keeper of byHost.get(host) ?? NO_KEEPERS) keeper.open -= 1;
      }
    }
  }
  return chosen;
}

/** The first of those that serve most applications without a keeper; undefined where none serves any. */
function mostOpen(keepers: readonly Keeper[]): Keeper | undefined {
  let best: Keeper | undefined;
  for (const keeper of keepers) if (keeper.open > (best?.open ?? 0)) best = keeper;
  return best;
}

const NO_KEEPERS: readonly Keeper[] = [];

/** A worker that might stay to keep blocks. */
interface Keeper {
  readonly one: Drainable;
  /** Applications with executors there that need a keeper, and how many of them have none yet. */
  readonly holders: Holder[];
  open: number;
}

/** Among those that serve as many applications: those not chosen to go, then most bytes, then who would go last. */
function byWorthKeeping({ one: a }: Keeper, { one: b }: Keeper): number {
  const last = Number(isTaken(a)) - Number(isTaken(b)) || Number(isChosen(a)) - Number(isChosen(b));
  return last || b.bytes - a.bytes || byPreference(b.entry.pod, a.entry.pod);
}

/** Which applications have executors on a host, and how many. */
function executorsAt(host: string, { ties }: Ledger): string {
  const there = (ties.get(host) ?? []).filter(({ executors }) => executors > 0);
  return there.map(({ applicationId, executors }) => `${applicationId} ${executors}`).join(', ');
}

function takeWhatFits(
  order: readonly Drainable[],
  input: SurvivorInput,
  leavingHosts: ReadonlySet<string>,
  why: Map<string, string>,
): Pick<Survivors, 'drainable' | 'lackRoom'> {
  const taken: Drainable[] = [];
  // Sets that never change: what was worked out for one holds as long as it is the same.
  let going = leavingHosts;
  let without: ReadonlySet<string> = input.spareHosts?.() ?? new Set();
  const roomless = new Map<string, string>();
  for (const one of order) {
    if (taken.length >= input.atMost) break;
    const host = normalHost(one.worker.host);
    const { guards, ledger, stillFits } = input;
    const crowded = guards.storageFits(ledger, host, going);
    // Who goes only grows in number: what found no room before finds none now, and each look places all anew.
    const known = crowded ?? (roomless.size === 0 ? undefined : roomless.get(executorsAt(host, ledger)));
    const wanted = known ?? (isTaken(one) ? undefined : guards.roomElsewhere(host, without, stillFits));
    if (wanted !== undefined) {
      why.set(one.entry.pod.uid, wanted);
      if (crowded === undefined) roomless.set(executorsAt(host, ledger), wanted);
      if (roomless.size >= MOST_REFUSALS) break;
    } else {
      taken.push(one);
      going = new Set(going).add(host);
      without = new Set(without).add(host);
    }
  }
  return { drainable: taken, lackRoom: roomless.size > 0 };
}

/** R19: whose blocks a worker has to keep; undefined where it keeps none. */
export function whyKeeps(uid: string, keepers: ReadonlyMap<string, readonly string[]>): string | undefined {
  const applicationIds = keepers.get(uid);
  return applicationIds && `keeps the blocks of ${applicationIds.join(', ')}`;
}

/**
 * R19: whose blocks may be on their way to a worker, since others of the same application are handing on theirs; undefined
 * where none are. A block that arrives when an executor has looked at what it holds for the last time ends with it.
 */
export function whyReceiving(
  { ties, holders }: Pick<Ledger, 'ties' | 'holders'>,
  host: string,
  handingOn: ReadonlySet<string>,
): string | undefined {
  const others = [...handingOn].filter((other) => other !== host);
  const one = ties.get(host)?.find(({ applicationId, executors }) => {
    const holder = holders.get(applicationId);
    return executors > 0 && holder?.handsOn === true && others.some((other) => isAt(holder, other));
  });
  return one && `blocks of ${one.applicationId} may be on their way to it`;
}

/** Whether active executors of it are there. */
function isAt({ byHost }: Holder, host: string): boolean {
  return (byHost.get(host)?.executors ?? 0) > 0;
}

/** R19: whose cached blocks there would find no storage memory, if it went after all these; undefined where all do. */
export function whyCrowded(
  { ties, holders }: Pick<Ledger, 'ties' | 'holders'>,
  host: string,
  going: ReadonlySet<string>,
): string | undefined {
  const crowded = ties.get(host)?.find(({ applicationId, executors }) => {
    const holder = holders.get(applicationId);
    return executors > 0 && holder !== undefined && !storageFits(holder, going, host);
  });
  return crowded && `the cached blocks of ${crowded.applicationId} would not fit into what stays`;
}

/** Why a host cannot be done without, beside those that go before: what is wanted would find no room; undefined where it can. */
export function whyNoRoom(host: string, gone: ReadonlySet<string>, stillFits: StillFits): string | undefined {
  return stillFits(gone, host) ? undefined : 'its executors are wanted and would find no room elsewhere';
}

/** Whether what the application has cached on the hosts that go fits into the storage memory of those that stay. */
function storageFits(holder: Holder, going: ReadonlySet<string>, last: string): boolean {
  if (!holder.caches) return true;
  let moved = 0;
  let free = 0;
  holder.byHost.forEach(({ usedBytes, freeBytes }, host) => {
    if (host === last || going.has(host)) moved += usedBytes;
    else free += freeBytes;
  });
  return moved <= free * STORAGE_SHARE;
}
