/**
 * What our daemon has read, source by source, each at its own pace (R5) as `src/daemon` reads it: the master, gauges and
 * workers' pages every beat, the target every 2 s, the pods every 5 s (every beat while somebody is on the way out), holdings
 * only while workers may have to go.
 */
import { buildFleet } from '../core/fleet.ts';
import type { ApplicationObservation, MarkAbility, Observation } from '../core/observation.ts';
import type { Known } from '../core/reading.ts';
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
import { holdingsChange, holdingsOf, isBound, keepsTheSame, type HoldingsChange } from './ours-holdings.ts';
import { longestWaiting, NOT_READ, Slot } from './ours-slot.ts';
import { gaugesOf, paceOf, pageOf, selfOf, settingsOf, START_EPOCH_MS, Views } from './ours-views.ts';
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

const NO_CHANGES = { cluster: false, gauges: false, kept: false };

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
  /** How long tasks take. */
  readonly paces: boolean;
  /** Target, pods or master. */
  readonly cluster: boolean;
  /** What is kept on workers, or what runs on those on their way out. */
  readonly kept: boolean;
  /** Executors have come whose applications keep all their workers, to where nobody could go before. */
  readonly joined: boolean;
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
  /** Events of the world until the last beat. */
  #events = -1;
  /** At the last beat nothing that is read every beat was read, since it is as it was: it is read once somebody asks. */
  #isAsBefore = false;

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
    this.#isAsBefore = this.#nothingHappened();
    const every = this.#isAsBefore ? NO_CHANGES : this.#readEveryBeat(nowMs);
    const paces = this.#readPaces(nowMs);
    const held = this.#watchesHoldings ? this.#readHoldings(nowMs, HOLDINGS_PER_BEAT) : 'nothing';
    return {
      gauges: every.gauges,
      paces,
      cluster: cluster || every.cluster,
      kept: every.kept || held === 'otherwise',
      joined: held === 'joined',
    };
  }

  #readEveryBeat(nowMs: number): Pick<Changes, 'cluster' | 'gauges' | 'kept'> {
    const before = this.#entries;
    const cluster = this.#readMaster(nowMs);
    const gauges = this.#readGauges(nowMs);
    // Who is gone keeps nothing any more.
    const isOneGone = before !== this.#entries && before.some((entry) => !this.#entries.includes(entry));
    return { cluster, gauges, kept: this.#readSelves(nowMs) || isOneGone };
  }

  /** Whether all that is read every beat is as it was: but for this beat nothing has happened in the world since the last one. */
  #nothingHappened(): boolean {
    const { events } = this.#site.kernel;
    const before = this.#events;
    this.#events = events;
    return events === before + 1 && this.#entries.length <= DRIVER_REQUESTS_PER_BEAT;
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
    if (this.#isAsBefore) this.#readEveryBeat(nowMs);
    this.#isAsBefore = false;
    const shown = this.#master.value?.applications ?? [];
    const { length } = this.#entries;
    const gaugesMs = this.gaugesPeriodMs();
    const holdingsMs = POLL_MS * Math.max(1, Math.ceil(length / HOLDINGS_PER_BEAT));
    const applications: ApplicationObservation[] = [];
    for (let nth = 0; nth < length; nth += 1) {
      const application = shown[nth];
      const entry = this.#entries[nth];
      if (application !== undefined && entry !== undefined)
        applications.push(observationOf(application, entry, gaugesMs, holdingsMs));
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
    for (const entry of longestWaiting(this.#entries, DRIVER_REQUESTS_PER_BEAT, ({ gauges }) => gauges)) {
      const { gauges } = entry;
      if (silent) changed = readPage(entry, nowMs) || changed;
      else if (gauges.value !== undefined && showsStill(entry.driver, entry.shown)) gauges.again(nowMs);
      else {
        changed = true;
        readGauges(entry, nowMs);
      }
    }
    return changed;
  }

  #readHoldings(nowMs: number, most: number): HoldingsChange['kind'] {
    if (isOut(this.#site.settings.faults.driversSilent, nowMs)) return 'nothing';
    let joined = false;
    let otherwise = false;
    for (const { driver, holdings } of longestWaiting(this.#entries, most, (entry) => entry.holdings)) {
      const before = holdings.value;
      if (before !== undefined && holdings.version === driver.version) {
        holdings.again(nowMs);
        continue;
      }
      if (this.#keepsAlike && before !== undefined && keepsTheSame(before, driver)) {
        holdings.put(driver.version, nowMs, before);
        continue;
      }
      const now = holdingsOf(driver);
      const change = holdingsChange(before, now);
      const same = change.kind === 'nothing' && this.#keepsAlike ? before : undefined;
      holdings.put(driver.version, nowMs, same ?? now);
      const isSafe = change.kind === 'joined' && this.#areBound(change.hosts);
      joined ||= isSafe;
      otherwise ||= change.kind !== 'nothing' && !isSafe;
    }
    if (otherwise) return 'otherwise';
    return joined ? 'joined' : 'nothing';
  }

  #areBound(hosts: readonly string[]): boolean {
    const all = this.#entries.map(({ holdings }) => holdings.value);
    return hosts.every((host) => isBound(host, all));
  }

  /** Of those that have work, as their gauges show. */
  #readPaces(nowMs: number): boolean {
    if (isOut(this.#site.settings.faults.driversSilent, nowMs)) return false;
    let changed = false;
    for (const { driver, pace, shown } of this.#entries) {
      if ((shown?.numberMaxNeededExecutors ?? 0) === 0 || !pace.isDue(nowMs, PACE_PERIOD_MS)) continue;
      pace.put(pace.version + 1, nowMs, paceOf(driver));
      changed = true;
    }
    return changed;
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
    if (leaving.length + chosen.length === 0) return [];
    const views = [...leaving, ...chosen].flatMap(({ workers }) => workers);
    return views.flatMap((view) => this.#views.workerOf(view) ?? []).filter(({ state }) => state !== 'DEAD');
  }
}

function readPage({ driver, page }: Entry, nowMs: number): boolean {
  return page.take(driver.executorLimit + driver.grantedExecutors / 1e6, nowMs, () => pageOf(driver));
}

function readGauges(entry: Entry, nowMs: number): void {
  const now = gaugesOf(entry.driver);
  entry.shown = now;
  const answer: GaugesAnswer = now === undefined ? { kind: 'absent' } : { kind: 'gauges', gauges: now };
  entry.gauges.put(entry.gauges.version + 1, nowMs, answer);
}

function observationOf(
  application: ApplicationView,
  entry: Entry,
  gaugesMs: number,
  holdingsMs: number,
): ApplicationObservation {
  const known = entry.gauges.value !== undefined;
  return {
    application,
    gauges: entry.gauges.reading(gaugesMs),
    page: entry.page.reading(POLL_MS),
    settings: known ? (entry.settings ??= settingsReading(entry.driver)) : NOT_READ,
    holdings: entry.holdings.reading(holdingsMs),
    pace: entry.pace.reading((PACE_PERIOD_MS / POLL_MS) * holdingsMs),
  };
}

function isOut(outages: readonly Outage[], nowMs: number): boolean {
  return outages.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
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
