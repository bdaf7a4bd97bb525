/**
 * The allocation gauges that were sent to us, by owner, in bounded memory.
 *
 * Owners that active applications claim have their places. All others share a few: a newcomer among them never drives out
 * one that is still sending, and none of them ever drives out an application's.
 *
 * The time of arrival is the truth for ages: it is on our own clock. The sender's time stamps only tell how late a value
 * came: the quickest delivery seen from an owner gives the difference of the two clocks, whatever it is, and what comes
 * later than that by some seconds is that much older. So a clock that is an hour wrong does no harm, and what a relay kept
 * back during an outage, or repeats again and again, is old.
 */
import { STALE_AFTER_PERIODS } from '../core/reading.ts';
import type { AllocationGauges } from '../core/spark-view.ts';
import type { GaugeLine } from './gauge-line.ts';
import type { GaugeName } from './series-name.ts';

export interface GaugeStoreOptions {
  /** Places for owners that active applications claim. */
  readonly maxOwners: number;
  /** An owner's period until two of its reports have come. */
  readonly firstPeriodMs: number;
}

/** What one owner has sent. */
export interface OwnerReading {
  readonly owner: string;
  readonly gauges: AllocationGauges;
  /** Age of the oldest of these gauges in milliseconds. */
  readonly ageMs: number;
  /** The owner's own period, in milliseconds. */
  readonly periodMs: number;
  /** How much later than its quickest ones its newest value came, in milliseconds. */
  readonly lateMs: number;
}

/** Which active application an owner belongs to; undefined: none. */
export type Claim = (owner: string) => string | undefined;

export interface GaugeStoreCounts {
  /** Owners that active applications claim, and others that are remembered for a while. */
  readonly claimedOwners: number;
  readonly otherOwners: number;
  /** Values that were not kept: no place for their owner, */
  readonly refused: number;
  /** older than what is known, */
  readonly outdated: number;
  /** a change of a gauge that is not known, or that cannot be. */
  readonly orphaned: number;
}

interface Value {
  readonly value: number;
  readonly takenAtMs: number;
  /** How many times in a row it was set and not moved. */
  readonly setInARow: number;
}

interface Entry {
  readonly owner: string;
  readonly applicationId: string | undefined;
  readonly values: Map<GaugeName, Value>;
  /** Between reports, newest last. */
  readonly intervalsMs: number[];
  reportedAtMs: number;
  heardAtMs: number;
  /** Ours less the sender's clock, by its quickest delivery, and when that was noted; undefined before the first stamp. */
  offset: { readonly ms: number; readonly atMs: number } | undefined;
  lateMs: number;
}

/** The rest share so many places. */
const OTHER_OWNERS = 64;
/** Two sinks of one driver are usual, with a prefix each; many that claim one application are not. */
const OWNERS_PER_APPLICATION = 4;
/** After a look for a place among the others that found none, the next look is so much later. */
const LOOK_AGAIN_MS = 1_000;
/** Its arrival is what a report is known by. */
const OF_EVERY_REPORT: GaugeName = 'numberTargetExecutors';
/** Spark's shortest period is 1 s: what comes sooner is the same report again. */
const SHORTEST_PERIOD_MS = 500;
/** A longer silence was an outage. */
const LONGEST_PERIOD_MS = 300_000;
const INTERVALS_KEPT = 5;
/** Who has set a gauge so often in a row reports whole values. */
const SETTER_AFTER = 2;
/** Stamps are whole seconds, and deliveries are a little uneven. */
const ON_TIME_MS = 2_000;
/** Clocks that nobody sets drift apart by less than this share, and an application may run for weeks. */
const DRIFT = 0.0002;

/** Keeps the newest value of each gauge of each owner. All times are milliseconds of one monotonic clock. */
export class GaugeStore {
  readonly #options: GaugeStoreOptions;
  #claim: Claim = () => undefined;
  #claimed = new Map<string, Entry>();
  #others = new Map<string, Entry>();
  readonly #ownersOf = new Map<string, Set<string>>();
  readonly #counts = { refused: 0, outdated: 0, orphaned: 0 };
  #nextLookMs = -Infinity;

  constructor(options: GaugeStoreOptions) {
    this.#options = options;
  }

  /**
   * Says anew whose owners are whose. Those of applications that are no longer active are forgotten, so that a driver that
   * comes back under the same name begins with nothing.
   */
  follow(claim: Claim): void {
    this.#claim = claim;
    const known = [...this.#claimed.values(), ...this.#others.values()];
    this.#claimed = new Map();
    this.#others = new Map();
    this.#ownersOf.clear();
    for (const entry of known) {
      const applicationId = claim(entry.owner);
      if (applicationId !== undefined && (entry.applicationId ?? applicationId) === applicationId) {
        this.#place({ ...entry, applicationId });
      } else if (applicationId === undefined && entry.applicationId === undefined) this.#others.set(entry.owner, entry);
    }
  }

  /** Takes a value that arrived now. */
  put({ owner, gauge, value, stampS }: GaugeLine, nowMs: number): void {
    const entry = this.#entryFor(owner, nowMs);
    if (entry === undefined) {
      this.#counts.refused += 1;
      return;
    }
    entry.heardAtMs = nowMs;
    entry.lateMs = lateness(entry, stampS, nowMs);
    const takenAtMs = nowMs - entry.lateMs;
    const before = entry.values.get(gauge);
    if (before !== undefined && takenAtMs < before.takenAtMs) {
      this.#counts.outdated += 1;
      return;
    }
    entry.values.set(gauge, { value, takenAtMs, setInARow: (before?.setInARow ?? 0) + 1 });
    if (gauge === OF_EVERY_REPORT) noteReport(entry, nowMs);
  }

  /**
   * Moves a gauge whose value is known and recent; never below nothing. A minus from somebody who reports whole values, as
   * Spark does, is no change but a value that cannot be.
   */
  move({ owner, gauge, value }: GaugeLine, sign: -1 | 1, nowMs: number): void {
    const entry = this.#claimed.get(owner) ?? this.#others.get(owner);
    const before = entry?.values.get(gauge);
    const after = (before?.value ?? -Infinity) + sign * value;
    const isSetter = sign < 0 && before !== undefined && before.setInARow >= SETTER_AFTER;
    if (entry === undefined || before === undefined || isSetter || after < 0 || this.#isSilent(entry, nowMs)) {
      this.#counts.orphaned += 1;
      return;
    }
    entry.heardAtMs = nowMs;
    entry.values.set(gauge, { value: after, takenAtMs: nowMs, setInARow: 0 });
    if (gauge === OF_EVERY_REPORT) noteReport(entry, nowMs);
  }

  /** What has come for this application, one entry an owner. */
  readingsOf(applicationId: string, nowMs: number): readonly OwnerReading[] {
    return [...(this.#ownersOf.get(applicationId) ?? [])].flatMap((owner) => {
      const entry = this.#claimed.get(owner);
      return entry === undefined || entry.values.size === 0 ? [] : [this.#readingOf(entry, nowMs)];
    });
  }

  /** Owners that no active application claims and that are still sending. */
  strangers(nowMs: number): readonly string[] {
    return [...this.#others.values()].filter((entry) => !this.#isSilent(entry, nowMs)).map(({ owner }) => owner);
  }

  /** The shortest of all owners' periods. */
  shortestPeriodMs(): number {
    const own = [...this.#claimed.values()].map((entry) => this.#periodMs(entry));
    return own.length === 0 ? this.#options.firstPeriodMs : Math.min(...own);
  }

  /** Whether there is no place left for another owner of an application. */
  isFull(): boolean {
    return this.#claimed.size >= this.#options.maxOwners;
  }

  counts(): GaugeStoreCounts {
    return { ...this.#counts, claimedOwners: this.#claimed.size, otherOwners: this.#others.size };
  }

  #entryFor(owner: string, nowMs: number): Entry | undefined {
    const known = this.#claimed.get(owner) ?? this.#others.get(owner);
    if (known !== undefined) return known;
    const applicationId = this.#claim(owner);
    const entry = newEntry(owner, applicationId);
    if (applicationId !== undefined) return this.#place(entry) ? entry : undefined;
    if (this.#others.size >= OTHER_OWNERS && !this.#dropSilent(nowMs)) return undefined;
    this.#others.set(owner, entry);
    return entry;
  }

  /** @returns whether there was a place. */
  #place(entry: Entry): boolean {
    const { applicationId, owner } = entry;
    if (applicationId === undefined || this.isFull()) return false;
    const owners = this.#ownersOf.get(applicationId) ?? new Set();
    // The id itself is what drivers send unless told otherwise: no number of look-alikes may keep it out.
    if (owners.size >= OWNERS_PER_APPLICATION && owner !== applicationId) return false;
    this.#ownersOf.set(applicationId, owners.add(owner));
    this.#claimed.set(owner, entry);
    return true;
  }

  #dropSilent(nowMs: number): boolean {
    if (nowMs < this.#nextLookMs) return false;
    for (const [owner, entry] of this.#others) if (this.#isSilent(entry, nowMs)) return this.#others.delete(owner);
    this.#nextLookMs = nowMs + LOOK_AGAIN_MS;
    return false;
  }

  #isSilent(entry: Entry, nowMs: number): boolean {
    return nowMs - entry.heardAtMs > STALE_AFTER_PERIODS * this.#periodMs(entry);
  }

  #readingOf(entry: Entry, nowMs: number): OwnerReading {
    const periodMs = this.#periodMs(entry);
    const main = entry.values.get(OF_EVERY_REPORT);
    // Another gauge that stopped coming long before is none of this report.
    const oldestMs = main === undefined ? -Infinity : main.takenAtMs - 1.5 * periodMs;
    const values = [...entry.values].filter(([, { takenAtMs }]) => takenAtMs >= oldestMs);
    const of = new Map(values);
    return {
      owner: entry.owner,
      gauges: {
        numberTargetExecutors: of.get('numberTargetExecutors')?.value,
        numberMaxNeededExecutors: of.get('numberMaxNeededExecutors')?.value,
        numberAllExecutors: of.get('numberAllExecutors')?.value,
        numberExecutorsPendingToRemove: of.get('numberExecutorsPendingToRemove')?.value,
        numberDecommissioningExecutors: of.get('numberDecommissioningExecutors')?.value,
      },
      ageMs: Math.max(...values.map(([, { takenAtMs }]) => nowMs - takenAtMs)),
      periodMs,
      lateMs: entry.lateMs,
    };
  }

  /** The middle one of the last few intervals: a lost report or a doubled one does not change it. */
  #periodMs({ intervalsMs }: Entry): number {
    const sorted = intervalsMs.toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? this.#options.firstPeriodMs;
  }
}

function newEntry(owner: string, applicationId: string | undefined): Entry {
  return {
    owner,
    applicationId,
    values: new Map(),
    intervalsMs: [],
    reportedAtMs: -Infinity,
    heardAtMs: -Infinity,
    offset: undefined,
    lateMs: 0,
  };
}

function noteReport(entry: Entry, nowMs: number): void {
  const intervalMs = nowMs - entry.reportedAtMs;
  if (intervalMs < SHORTEST_PERIOD_MS) return;
  entry.reportedAtMs = nowMs;
  if (intervalMs > LONGEST_PERIOD_MS) return;
  entry.intervalsMs.push(intervalMs);
  if (entry.intervalsMs.length > INTERVALS_KEPT) entry.intervalsMs.shift();
}

/** How old a value was when it came, by the quickest that came from there. */
function lateness(entry: Entry, stampS: number | undefined, nowMs: number): number {
  if (stampS === undefined) return 0;
  const offsetMs = nowMs - stampS * 1000;
  const known = entry.offset;
  const quickestMs = known === undefined ? offsetMs : known.ms + (nowMs - known.atMs) * DRIFT;
  entry.offset = { ms: Math.min(quickestMs, offsetMs), atMs: nowMs };
  const lateMs = offsetMs - entry.offset.ms;
  return lateMs <= ON_TIME_MS ? 0 : lateMs;
}
