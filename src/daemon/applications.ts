/**
 * What is known of each active application: gauges every beat as the budget allows, settings once, the master's page
 * where the driver leaves a gap.
 */
import {
  chooseGauges,
  isAnyTrusted,
  NO_CHOICE_YET,
  type ChoiceMemory,
  type GaugeCandidate,
} from '../core/gauge-choice.ts';
import type { ApplicationObservation } from '../core/observation.ts';
import { unknown, type Known } from '../core/reading.ts';
import { describeError, type OperatingError } from '../core/result.ts';
import type { ApplicationPage, ApplicationSettings, ApplicationView, GaugesAnswer } from '../core/spark-view.ts';
import type { Census, GaugeSample, GaugeSource, SettingsSource, SparkMaster } from '../spark/ports.ts';
import type { ApplicationSources, SourceReport } from '../status/report.ts';
import type { Clock } from './clock.ts';

/** Pages and settings read in one beat, at most: the master renders pages in the loop that also schedules. */
const PAGES_PER_BEAT = 10;
const SETTINGS_PER_BEAT = 10;
/** After a failure, settings are asked for again after this long, doubled each time up to the second figure. */
const SETTINGS_RETRY_MS = 1_000;
const SETTINGS_RETRY_MAX_MS = 60_000;

interface GaugeSlot {
  good: Known<GaugesAnswer> | undefined;
  error: OperatingError | undefined;
  /** The time that the values carry (see {@link GaugeSample.stamp}). */
  stamp: number | undefined;
}

interface Entry {
  readonly gauges: Map<string, GaugeSlot>;
  choice: ChoiceMemory;
  page: { good: Known<ApplicationPage> | undefined; error: OperatingError | undefined; triedAtMs: number };
  settings: {
    good: Known<ApplicationSettings> | undefined;
    error: OperatingError | undefined;
    failures: number;
    notBeforeMs: number;
  };
}

export interface ApplicationsDeps {
  readonly clock: Clock;
  readonly pollMs: number;
  readonly master: SparkMaster;
  /** In order of preference. Sources may come and go. */
  readonly gaugeSources: () => readonly GaugeSource[];
  /** Executors by which sources may differ before it is reported. */
  readonly sourceTolerance: number;
  readonly settingsSource: SettingsSource;
  readonly onError: (error: OperatingError) => void;
}

interface Tally {
  reads: number;
  failures: number;
  error: OperatingError | undefined;
  goodAtMs: number | undefined;
}

/** The report name of the master's pages of applications. */
const PAGE = 'master-page';

/** Keeps the newest of each source for each application. */
export class Applications {
  readonly #deps: ApplicationsDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #tallies = new Map<string, Tally>();
  /** How often each source gets round to one application at present, in milliseconds. */
  readonly #periodsMs = new Map<string, number>();
  readonly #underWay = new Set<string>();
  /** Names of the sources, as of the last round. */
  #sourceNames: readonly string[] = [];
  /** Of the last look. */
  #choices: readonly ApplicationSources[] = [];

  constructor(deps: ApplicationsDeps) {
    this.#deps = deps;
  }

  /**
   * Reads what is due for these applications; forgets those that are no longer active. A source whose last round is
   * still under way is left to it, so that slow settings never make the gauges older.
   *
   * @param endedIds applications that have ended: what other systems still say of them does not count.
   */
  async read(active: readonly ApplicationView[], signal: AbortSignal, endedIds: readonly string[] = []): Promise<void> {
    const sources = this.#deps.gaugeSources();
    this.#followSources(sources);
    this.#prune(active);
    const census: Census = {
      endedIds,
      nowEpochMs: this.#deps.clock.nowEpochMs(),
      settingsOf: (id) => this.#entries.get(id)?.settings.good?.value,
    };
    const gauges = sources.map((source) =>
      this.#once(source.name, () => this.#readGauges(source, active, signal, census)),
    );
    const { settingsSource } = this.#deps;
    await Promise.all([...gauges, this.#once(settingsSource.name, () => this.#readSettings(active, signal))]);
    await this.#once(PAGE, () => this.#readPages(active, signal));
  }

  /** What is known now of each of these applications. To be asked once a pass at least: it chooses between sources. */
  observe(active: readonly ApplicationView[]): readonly Omit<ApplicationObservation, 'holdings' | 'pace'>[] {
    const nowMs = this.#deps.clock.nowMs();
    const choices: ApplicationSources[] = [];
    const observed = active.map((application) => {
      const entry = this.#entries.get(application.id);
      const nothing = unknown('the application is new');
      if (entry === undefined) return { application, gauges: nothing, page: nothing, settings: nothing };
      const { choice, memory } = this.#choose(entry, nowMs);
      entry.choice = memory;
      const { inUse, sources, disagreement } = choice;
      choices.push({ application: application.id, inUse, sources, disagreement });
      return {
        application,
        gauges: choice.reading,
        page: this.#atPresentPace(entry.page.good) ?? unknown(whyUnread(entry.page.error)),
        settings: entry.settings.good ?? unknown(whyUnread(entry.settings.error)),
      };
    });
    this.#choices = choices;
    return observed;
  }

  /** How each application's sources stood when they were last looked at. */
  choices(): readonly ApplicationSources[] {
    return this.#choices;
  }

  /** One report per source, over all applications. */
  reports(): readonly SourceReport[] {
    const nowMs = this.#deps.clock.nowMs();
    return [...this.#tallies].map(([name, { reads, failures, error, goodAtMs }]) => ({
      name,
      reads,
      failures,
      error,
      periodMs: this.#periodsMs.get(name) ?? this.#deps.pollMs,
      ageMs: goodAtMs === undefined ? undefined : nowMs - goodAtMs,
      ...this.#extrasOf(name),
    }));
  }

  #extrasOf(name: string): Pick<SourceReport, 'strangers' | 'traffic'> {
    const source = this.#deps.gaugeSources().find((one) => one.name === name);
    const [strangers, traffic] = [source?.strangers?.(), source?.traffic?.()];
    return { ...(strangers !== undefined && { strangers }), ...(traffic !== undefined && { traffic }) };
  }

  #prune(active: readonly ApplicationView[]): void {
    const ids = new Set(active.map((application) => application.id));
    for (const id of this.#entries.keys()) if (!ids.has(id)) this.#entries.delete(id);
    for (const id of ids) if (!this.#entries.has(id)) this.#entries.set(id, newEntry(this.#sourceNames));
  }

  /** What a source that is gone has said is forgotten; the others keep what they said, in their new order. */
  #followSources(sources: readonly GaugeSource[]): void {
    const names = sources.map(({ name }) => name);
    if (names.join() === this.#sourceNames.join()) return;
    for (const name of this.#sourceNames.filter((one) => !names.includes(one))) {
      this.#tallies.delete(name);
      this.#periodsMs.delete(name);
    }
    this.#sourceNames = names;
    for (const { gauges } of this.#entries.values()) {
      const slots = names.map((name) => [name, gauges.get(name) ?? newSlot()] as const);
      gauges.clear();
      for (const [name, slot] of slots) gauges.set(name, slot);
    }
  }

  async #once(name: string, start: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(name)) return;
    this.#underWay.add(name);
    try {
      await start();
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** R5: when many more applications come, the readings there are get older before they are renewed, not unknown. */
  #atPresentPace<T>(good: Known<T> | undefined): Known<T> | undefined {
    if (good === undefined) return undefined;
    const periodMs = this.#periodsMs.get(good.source) ?? 0;
    return periodMs <= good.periodMs ? good : { ...good, periodMs };
  }

  #choose(entry: Entry, nowMs: number): ReturnType<typeof chooseGauges> {
    return chooseGauges(this.#candidatesOf(entry), entry.choice, nowMs, this.#deps.sourceTolerance);
  }

  #candidatesOf({ gauges }: Entry): readonly GaugeCandidate[] {
    return Array.from(gauges, ([source, { good, error }]) => ({ source, good: this.#atPresentPace(good), error }));
  }

  #count(source: string, error: OperatingError | undefined, isNews = true): void {
    const tally = this.#tallies.get(source) ?? { reads: 0, failures: 0, error: undefined, goodAtMs: undefined };
    this.#tallies.set(source, tally);
    if (isNews) tally.reads += 1;
    tally.error = error;
    if (error === undefined) {
      tally.goodAtMs = this.#deps.clock.nowMs();
      return;
    }
    if (!isNews) return;
    tally.failures += 1;
    this.#deps.onError(error);
  }

  async #readGauges(
    source: GaugeSource,
    active: readonly ApplicationView[],
    signal: AbortSignal,
    census: Census,
  ): Promise<void> {
    const atMs = this.#deps.clock.nowMs();
    const periodMs = source.periodMs(active.length);
    this.#periodsMs.set(source.name, periodMs);
    const counted = new Set<OperatingError>();
    for (const [id, result] of await source.read(active, signal, census)) {
      const slot = this.#entries.get(id)?.gauges.get(source.name);
      if (slot === undefined) continue;
      slot.error = result.ok ? undefined : result.error;
      // One request for many applications fails once.
      this.#count(source.name, slot.error, slot.error === undefined || !counted.has(slot.error));
      if (slot.error !== undefined) counted.add(slot.error);
      if (!result.ok) continue;
      const ownPeriodMs = result.value.periodMs ?? periodMs;
      keepSample(slot, result.value, { source: source.name, periodMs: ownPeriodMs, atMs });
    }
  }

  async #readSettings(active: readonly ApplicationView[], signal: AbortSignal): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    const due = active.flatMap((application) => {
      const settings = this.#entries.get(application.id)?.settings;
      if (settings === undefined || settings.good !== undefined || nowMs < settings.notBeforeMs) return [];
      return [{ application, notBeforeMs: settings.notBeforeMs }];
    });
    // Who has waited longest comes first, else those that always fail would keep the others out.
    due.sort((a, b) => (a.notBeforeMs < b.notBeforeMs ? -1 : Number(a.notBeforeMs > b.notBeforeMs)));
    const { settingsSource, clock } = this.#deps;
    const readOne = async ({ application }: { application: ApplicationView }): Promise<void> => {
      const result = await settingsSource.read(application, signal);
      this.#count(settingsSource.name, result.ok ? undefined : result.error);
      const settings = this.#entries.get(application.id)?.settings;
      if (settings === undefined) return;
      if (result.ok) {
        const { name } = settingsSource;
        settings.good = { known: true, value: result.value, takenAtMs: nowMs, source: name, periodMs: Infinity };
        return;
      }
      settings.error = result.error;
      const waitMs = Math.min(SETTINGS_RETRY_MAX_MS, SETTINGS_RETRY_MS * 2 ** settings.failures);
      settings.notBeforeMs = clock.nowMs() + waitMs;
      settings.failures += 1;
    };
    await Promise.all(due.slice(0, SETTINGS_PER_BEAT).map(readOne));
  }

  /** The page fills gaps: no fresh gauges, or settings that nobody could read. */
  async #readPages(active: readonly ApplicationView[], signal: AbortSignal): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    const wanting = active.flatMap(({ id }) => {
      const entry = this.#entries.get(id);
      if (entry === undefined || nowMs - entry.page.triedAtMs < this.#deps.pollMs * 0.9) return [];
      const gap = entry.settings.good === undefined || !isAnyTrusted(this.#candidatesOf(entry), nowMs);
      return gap ? [{ id, page: entry.page }] : [];
    });
    wanting.sort((a, b) => (a.page.triedAtMs < b.page.triedAtMs ? -1 : Number(a.page.triedAtMs > b.page.triedAtMs)));
    const periodMs = this.#deps.pollMs * Math.max(1, Math.ceil(wanting.length / PAGES_PER_BEAT));
    this.#periodsMs.set(PAGE, periodMs);
    const readOne = async ({ id, page }: { id: string; page: Entry['page'] }): Promise<void> => {
      page.triedAtMs = nowMs;
      const result = await this.#deps.master.readApplicationPage(id, signal);
      this.#count(PAGE, result.ok ? undefined : result.error);
      page.error = result.ok ? undefined : result.error;
      if (!result.ok) return;
      page.good = { known: true, value: result.value, takenAtMs: nowMs, source: PAGE, periodMs };
    };
    await Promise.all(wanting.slice(0, PAGES_PER_BEAT).map(readOne));
  }
}

/**
 * Keeps the newest sample. Values whose time has not moved are the same values once more, however old they are said to be:
 * they go on ageing by our own clock. A clock that is ahead of ours by less than a period makes them new, not unbelievable.
 */
function keepSample(
  slot: GaugeSlot,
  { answer, ageMs, stamp }: GaugeSample,
  { source, periodMs, atMs }: { readonly source: string; readonly periodMs: number; readonly atMs: number },
): void {
  const ahead = ageMs < 0 && ageMs >= -periodMs;
  const takenAtMs = ahead ? atMs : atMs - ageMs;
  const isSame = stamp !== undefined && stamp === slot.stamp && slot.good !== undefined;
  slot.stamp = stamp;
  const sameSinceMs = isSame ? Math.min(slot.good?.takenAtMs ?? takenAtMs, takenAtMs) : takenAtMs;
  slot.good = { known: true, value: answer, takenAtMs: sameSinceMs, source, periodMs };
}

function whyUnread(error: OperatingError | undefined): string {
  return error === undefined ? 'not read yet' : describeError(error);
}

function newSlot(): GaugeSlot {
  return { good: undefined, error: undefined, stamp: undefined };
}

function newEntry(sourceNames: readonly string[]): Entry {
  return {
    gauges: new Map(sourceNames.map((name) => [name, newSlot()])),
    choice: NO_CHOICE_YET,
    page: { good: undefined, error: undefined, triedAtMs: -Infinity },
    settings: { good: undefined, error: undefined, failures: 0, notBeforeMs: -Infinity },
  };
}
