/**
 * What our daemon has read, source by source, each at its own pace (R5) as `src/daemon` reads it: the master, gauges and
 * workers' pages every beat, the target every 2 s, the pods every 5 s (every beat while somebody is on the way out), holdings
 * only while workers may have to go.
 */
import { buildFleet } from '../core/fleet.ts';
import type { ApplicationObservation, MarkAbility, Observation } from '../core/observation.ts';
import { unknown, type Known, type Reading } from '../core/reading.ts';
import type {
  AllocationGauges,
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  GaugesAnswer,
  MasterView,
  TaskPace,
  WorkerSelfView,
} from '../core/spark-view.ts';
import type { ApplicationHoldings } from '../core/holdings.ts';
import type { PodView, TargetView } from '../core/cluster-view.ts';
import { gaugesOf, holdingsOf, paceOf, pageOf, selfOf, settingsOf, START_EPOCH_MS, Views } from './ours-views.ts';
import type { Driver } from './sim/driver.ts';
import type { Outage } from './sim/options.ts';
import type { Site } from './sim/simulate.ts';
import type { Worker } from './sim/world.ts';

export const POLL_MS = 1_000;
const TARGET_PERIOD_MS = 2_000;
const PODS_PERIOD_MS = 5_000;
const DRIVER_REQUESTS_PER_BEAT = 50;
const HOLDINGS_PER_BEAT = 10;
const PACE_PERIOD_MS = 10_000;
/** Views older than this show older heartbeats than a real master would. */
const HEARTBEATS_MS = 15_000;
/** As in the daemon: a read that is due within this share of its period is done now. */
const EARLY_SHARE = 0.1;

const NOT_READ = unknown('not read yet');

/** The newest value of one source. */
class Slot<T> {
  value: T | undefined;
  version = -1;
  takenAtMs = -Infinity;
  readonly #name: string;
  #outdated = false;
  #reading: Known<T> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  isDue(nowMs: number, periodMs: number): boolean {
    return this.#outdated || nowMs - this.takenAtMs >= periodMs * (1 - EARLY_SHARE);
  }

  /** What was read is no longer so: the next read is due at once. */
  outdate(): void {
    this.#outdated = true;
  }

  /** The same was read again. */
  again(nowMs: number): void {
    this.takenAtMs = nowMs;
    this.#outdated = false;
  }

  /** Takes what is there now. True if it is another one than before. */
  take(version: number, nowMs: number, make: () => T): boolean {
    this.again(nowMs);
    if (version === this.version) return false;
    this.version = version;
    this.value = make();
    return true;
  }

  reading(periodMs: number): Reading<T> {
    const { value, takenAtMs } = this;
    if (value === undefined) return NOT_READ;
    const last = this.#reading;
    if (last?.value === value && last.takenAtMs === takenAtMs && last.periodMs === periodMs) return last;
    this.#reading = { known: true, value, takenAtMs, source: this.#name, periodMs };
    return this.#reading;
  }
}

interface Entry {
  readonly driver: Driver;
  readonly gauges: Slot<GaugesAnswer>;
  readonly page: Slot<ApplicationPage>;
  readonly holdings: Slot<ApplicationHoldings>;
  readonly pace: Slot<TaskPace>;
  shown: AllocationGauges | undefined;
  settings: Known<ApplicationSettings> | undefined;
}

/** What is another than before. */
export interface Changes {
  readonly gauges: boolean;
  /** Target, pods or master. */
  readonly cluster: boolean;
  /** What is kept on workers, or what runs on those on their way out. */
  readonly kept: boolean;
}

export class Sources {
  readonly #site: Site;
  readonly #views: Views;
  readonly #keepsAlike: boolean;
  readonly #master = new Slot<MasterView>('master');
  readonly #target = new Slot<TargetView>('target');
  readonly #pods = new Slot<readonly PodView[]>('pods');
  /** In the order in which they came, as the master lists them. */
  #entries: readonly Entry[] = [];
  #selves: ReadonlyMap<string, Known<WorkerSelfView>> = new Map();
  #watchesHoldings = false;
  #watchesPods = false;
  #masterMadeAtMs = -Infinity;
  #seen: Observation | undefined;

  /** `keepsAlike`: what would change nothing that is decided may be left as it was read before. */
  constructor(site: Site, { keepsAlike }: { readonly keepsAlike: boolean }) {
    this.#site = site;
    this.#keepsAlike = keepsAlike;
    this.#views = new Views(site);
  }

  /** Whether a source fails just now, so that readings grow older: then time itself changes what is known. */
  troubled(nowMs: number): boolean {
    const { masterSilent, driversSilent } = this.#site.settings.faults;
    return isOut(masterSilent, nowMs) || isOut(driversSilent, nowMs);
  }

  /** How often the gauges of one application are read with so many of them. */
  gaugesPeriodMs(): number {
    return Math.max(POLL_MS, (this.#entries.length / DRIVER_REQUESTS_PER_BEAT) * POLL_MS);
  }

  /** Reads what is due, and says what of that a decision is made from is another than before. */
  beat(nowMs: number): Changes {
    this.#seen = undefined;
    let cluster = this.#target.isDue(nowMs, TARGET_PERIOD_MS) && this.#readTarget(nowMs);
    if (this.#pods.isDue(nowMs, this.#watchesPods ? POLL_MS : PODS_PERIOD_MS))
      cluster = this.#readPods(nowMs) || cluster;
    cluster = this.#readMaster(nowMs) || cluster;
    const gauges = this.#readGauges(nowMs);
    this.#readPaces(nowMs);
    const kept = this.#watchesHoldings && this.#readHoldings(nowMs, HOLDINGS_PER_BEAT);
    return { gauges, cluster, kept: this.#readSelves(nowMs) || kept };
  }

  refreshForGrowth(nowMs: number, withPods: boolean): void {
    this.#seen = undefined;
    this.#readTarget(nowMs);
    if (withPods) this.#readPods(nowMs);
  }

  /** False where something that a removal depends on could not be looked at. */
  refreshForRemoval(nowMs: number): boolean {
    this.#seen = undefined;
    if (isOut(this.#site.settings.faults.masterSilent, nowMs)) return false;
    this.#readTarget(nowMs);
    this.#readPods(nowMs);
    this.#readMaster(nowMs);
    this.#readSelves(nowMs);
    this.#readHoldings(nowMs, Infinity);
    return true;
  }

  /** When the pods were listed last. */
  get podsAtMs(): number {
    return this.#pods.takenAtMs;
  }

  get readsHoldings(): boolean {
    return this.#watchesHoldings;
  }

  /** True if it was otherwise before. */
  watchHoldings(watch: boolean): boolean {
    const changed = watch !== this.#watchesHoldings;
    this.#watchesHoldings = watch;
    return changed;
  }

  /** The count was written: it is read again with the next beat. */
  countWritten(): void {
    this.#target.outdate();
  }

  /** Pods are listed every beat while somebody is on the way out. */
  watchPods(watch: boolean): void {
    this.#watchesPods = watch;
  }

  /** All that is known; made once for all that ask at the same moment. */
  observation(nowMs: number, markAbility: MarkAbility): Observation {
    if (this.#seen?.nowMs === nowMs && this.#seen.markAbility === markAbility) return this.#seen;
    this.#seen = this.#putTogether(nowMs, markAbility);
    return this.#seen;
  }

  #putTogether(nowMs: number, markAbility: MarkAbility): Observation {
    const shown = this.#master.value?.applications ?? [];
    const applications: ApplicationObservation[] = [];
    for (let nth = 0; nth < this.#entries.length; nth += 1) {
      const application = shown[nth];
      const entry = this.#entries[nth];
      if (application !== undefined && entry !== undefined) applications.push(this.#observationOf(application, entry));
    }
    return {
      nowMs,
      nowEpochMs: START_EPOCH_MS + nowMs,
      master: this.#master.reading(POLL_MS),
      applications,
      workerSelves: this.#selves,
      target: this.#target.reading(TARGET_PERIOD_MS),
      pods: this.#pods.reading(PODS_PERIOD_MS),
      markAbility,
    };
  }

  #observationOf(application: ApplicationView, entry: Entry): ApplicationObservation {
    const holdingsMs = POLL_MS * Math.max(1, Math.ceil(this.#entries.length / HOLDINGS_PER_BEAT));
    const known = entry.gauges.value !== undefined;
    return {
      application,
      gauges: entry.gauges.reading(this.gaugesPeriodMs()),
      page: entry.page.reading(POLL_MS),
      settings: known ? (entry.settings ??= settingsReading(entry.driver)) : NOT_READ,
      holdings: entry.holdings.reading(holdingsMs),
      pace: entry.pace.reading((PACE_PERIOD_MS / POLL_MS) * holdingsMs),
    };
  }

  #readTarget(nowMs: number): boolean {
    return this.#target.take(this.#site.pods.revision, nowMs, () => this.#views.target());
  }

  #readPods(nowMs: number): boolean {
    return this.#pods.take(this.#site.pods.version, nowMs, () => this.#views.pods());
  }

  #readMaster(nowMs: number): boolean {
    if (isOut(this.#site.settings.faults.masterSilent, nowMs)) return false;
    const { version } = this.#site.master;
    const changed = version !== this.#master.version;
    // A heartbeat alone is no change, but workers must not look silent.
    if (!changed && nowMs - this.#masterMadeAtMs >= HEARTBEATS_MS) this.#master.version = -1;
    if (this.#master.take(version, nowMs, () => this.#views.master())) this.#masterMadeAtMs = nowMs;
    if (changed) this.#followApplications();
    return changed;
  }

  #followApplications(): void {
    const { drivers } = this.#site;
    if (drivers.length === this.#entries.length && drivers.every((one, nth) => one === this.#entries[nth]?.driver))
      return;
    const known = new Map(this.#entries.map((entry) => [entry.driver, entry]));
    this.#entries = drivers.map((driver) => {
      const fresh = {
        driver,
        gauges: new Slot<GaugesAnswer>('driver'),
        page: new Slot<ApplicationPage>('master-page'),
        holdings: new Slot<ApplicationHoldings>('driver-rest'),
        pace: new Slot<TaskPace>('driver-pace'),
        shown: undefined,
        settings: undefined,
      };
      return known.get(driver) ?? fresh;
    });
  }

  /** Drivers that do not answer are shown by the master's page instead. */
  #readGauges(nowMs: number): boolean {
    const silent = isOut(this.#site.settings.faults.driversSilent, nowMs);
    let changed = false;
    for (const entry of this.#longestWaiting(DRIVER_REQUESTS_PER_BEAT, ({ gauges }) => gauges)) {
      const { driver, shown, gauges } = entry;
      if (silent) {
        changed =
          entry.page.take(driver.executorLimit + driver.grantedExecutors / 1e6, nowMs, () => pageOf(driver)) || changed;
        continue;
      }
      if (gauges.value !== undefined && showsStill(driver, shown)) {
        gauges.again(nowMs);
        continue;
      }
      changed = true;
      gauges.take(gauges.version + 1, nowMs, () => {
        const now = gaugesOf(driver);
        entry.shown = now;
        return now === undefined ? { kind: 'absent' } : { kind: 'gauges', gauges: now };
      });
    }
    return changed;
  }

  #readHoldings(nowMs: number, most: number): boolean {
    if (isOut(this.#site.settings.faults.driversSilent, nowMs)) return false;
    let changed = false;
    for (const { driver, holdings } of this.#longestWaiting(most, (entry) => entry.holdings)) {
      const before = holdings.value;
      holdings.take(driver.version, nowMs, () => {
        const now = holdingsOf(driver);
        const alike = keepAlike(before, now);
        changed ||= !alike;
        return alike && this.#keepsAlike ? (before ?? now) : now;
      });
    }
    return changed;
  }

  /** Of those that have work, as their gauges show; it is no change that a decision waits for. */
  #readPaces(nowMs: number): void {
    if (isOut(this.#site.settings.faults.driversSilent, nowMs)) return;
    for (const { driver, pace, shown } of this.#entries) {
      if ((shown?.numberMaxNeededExecutors ?? 0) === 0 || !pace.isDue(nowMs, PACE_PERIOD_MS)) continue;
      pace.take(pace.version + 1, nowMs, () => paceOf(driver));
    }
  }

  #longestWaiting(most: number, slot: (entry: Entry) => { readonly takenAtMs: number }): readonly Entry[] {
    if (this.#entries.length <= most) return this.#entries;
    return this.#entries.toSorted((a, b) => slot(a).takenAtMs - slot(b).takenAtMs).slice(0, most);
  }

  /** Pages of workers that were chosen or are on their way out. */
  #readSelves(nowMs: number): boolean {
    const before = this.#selves;
    const concerned = this.#concerned();
    if (concerned.length === 0 && before.size === 0) return false;
    const selves = new Map<string, Known<WorkerSelfView>>();
    let changed = false;
    for (const worker of concerned) {
      const { id } = worker;
      const known = before.get(id)?.value;
      const fresh = selfOf(worker);
      const same = known?.executorCount === fresh.executorCount && known.used.cores === fresh.used.cores;
      changed ||= !same;
      const value = same ? known : fresh;
      selves.set(id, { known: true, value, takenAtMs: nowMs, source: 'worker-page', periodMs: POLL_MS });
    }
    changed ||= selves.size !== before.size;
    this.#selves = selves;
    return changed;
  }

  #concerned(): readonly Worker[] {
    const { value: master } = this.#master;
    const { value: pods } = this.#pods;
    const { value: target } = this.#target;
    if (master === undefined || pods === undefined || target === undefined) return [];
    const { leaving, chosen } = buildFleet(master, pods, target);
    const views = [...leaving, ...chosen].flatMap(({ workers }) => workers);
    return views.flatMap((view) => this.#views.workerOf(view) ?? []).filter(({ state }) => state !== 'DEAD');
  }
}

function isOut(outages: readonly Outage[], nowMs: number): boolean {
  return outages.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
}

/**
 * Whether an application keeps the same workers as before, whatever its executors have written meanwhile: as long as a job may
 * read its shuffle, each worker with an executor of it is kept.
 */
export function keepAlike(before: ApplicationHoldings | undefined, now: ApplicationHoldings | undefined): boolean {
  if (before === undefined || now === undefined || !mayBeRead(before) || !mayBeRead(now)) return false;
  if (before.executors.length !== now.executors.length) return false;
  return before.executors.every((one, nth) => {
    const other = now.executors[nth];
    return one === other || (one.id === other?.id && one.host === other.host && one.active === other.active);
  });
}

function mayBeRead({ activity, executors }: ApplicationHoldings): boolean {
  return activity === 'shuffling' && executors.some(({ shuffleWriteBytes }) => shuffleWriteBytes > 0);
}

function settingsReading(driver: Driver): Known<ApplicationSettings> {
  const value = settingsOf(driver);
  return { known: true, value, takenAtMs: driver.startedAtMs, source: 'driver-rest', periodMs: Infinity };
}

/** Whether the driver publishes the same gauges as before. */
function showsStill(driver: Driver, shown: AllocationGauges | undefined): boolean {
  const { allocation } = driver;
  if (allocation === undefined || shown === undefined) return allocation === undefined && shown === undefined;
  return (
    shown.numberTargetExecutors === allocation.target &&
    shown.numberMaxNeededExecutors === driver.neededExecutors() &&
    shown.numberAllExecutors === driver.registered.size &&
    shown.numberExecutorsPendingToRemove === driver.leavingExecutors('killed') &&
    shown.numberDecommissioningExecutors === driver.leavingExecutors('drained')
  );
}
