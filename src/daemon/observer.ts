/**
 * The observer: reads every source at its own pace and hands out the newest of each (R5).
 *
 * A beat starts what is due and waits a bounded time; what is slower goes on in the background and makes its own
 * reading older, never the others'. Before anything is written the readings that the write depends on are taken afresh.
 */
import { setTimeout } from 'node:timers/promises';
import { buildFleet } from '../core/fleet.ts';
import type { ApplicationHoldings } from '../core/holdings.ts';
import type { PodView, TargetView } from '../core/cluster-view.ts';
import type { MarkAbility, Observation } from '../core/observation.ts';
import type { Reading } from '../core/reading.ts';

import { err, type OperatingError, type Result } from '../core/result.ts';
import type { GaugesAnswer, MasterView, TaskPace, WorkerSelfView, WorkerView } from '../core/spark-view.ts';
import type { ClusterConfigSource, NodeSource, ScalerSource, WorkerPods, WorkerTarget } from '../kube/ports.ts';
import type {
  GaugeSource,
  HoldingsSource,
  PaceSource,
  SettingsSource,
  SparkMaster,
  WorkerUis,
} from '../spark/ports.ts';
import type { ApplicationSources, SourceReport } from '../status/report.ts';
import { Applications } from './applications.ts';
import { ByApplication } from './by-application.ts';
import type { Clock } from './clock.ts';
import { newSlot, type Slot } from './slot.ts';

export interface ObserverDeps {
  readonly clock: Clock;
  readonly master: SparkMaster;
  /** In order of preference; may change while it runs. */
  readonly gaugeSources: () => readonly GaugeSource[];
  /** Executors by which gauge sources may differ before it is reported. */
  readonly sourceTolerance: number;
  readonly settingsSource: SettingsSource;
  readonly holdingsSource: HoldingsSource;
  readonly paceSource: PaceSource;
  readonly workerUis: WorkerUis;
  readonly target: WorkerTarget;
  readonly pods: WorkerPods;
  readonly clusterConfig: ClusterConfigSource | undefined;
  /** Autoscalers of the same target; undefined where nobody looks for them. */
  readonly scalers?: ScalerSource;
  /** Nodes that are about to go; undefined where nobody looks at them. */
  readonly nodes?: NodeSource | undefined;
  readonly pollMs: number;
  readonly podsPeriodMs: number;
  readonly targetPeriodMs: number;
  readonly configPeriodMs: number;
  /** How long a beat waits for its readings. */
  readonly beatBudgetMs: number;
  /** Ends every read under way at shutdown. */
  readonly signal: AbortSignal;
}

/** The data of the cluster's ConfigMap; `undefined` inside a known reading means that there is no such ConfigMap. */
export type ConfigReading = Reading<Readonly<Record<string, string>> | undefined>;

/** A master that answers slowly is asked less often: reading may take this share of the time. */
const MASTER_DUTY = 0.2;
/** The report name of the workers' own pages. */
const WORKER_PAGE = 'worker-page';
/** Autoscalers come and go with somebody's hands on the keyboard. */
const SCALERS_PERIOD_MS = 60_000;
/** A spot notice leaves two minutes, a preemption half a minute. */
const NODES_PERIOD_MS = 10_000;
/** What an application runs does not change from one moment to the next. */
const PACE_PERIOD_MS = 10_000;
/** Failures kept between two passes, at most. */
const ERRORS_KEPT = 50;

/** Keeps a slot for each source and starts what is due. */
export class Observer {
  readonly #deps: ObserverDeps;
  readonly #errors: OperatingError[] = [];
  readonly #master: Slot<MasterView>;
  readonly #target: Slot<TargetView>;
  readonly #pods: Slot<readonly PodView[]>;
  readonly #config: Slot<Readonly<Record<string, string>> | undefined> | undefined;
  readonly #scalers: Slot<readonly string[]> | undefined;
  readonly #nodes: Slot<ReadonlyMap<string, string>> | undefined;
  readonly #applications: Applications;
  readonly #holdings: ByApplication<ApplicationHoldings>;
  readonly #paces: ByApplication<TaskPace>;
  #readsHoldings = false;
  #watchesPods = false;
  readonly #selves = new Map<string, Slot<WorkerSelfView>>();
  /** Counts of workers' pages that are no longer read. */
  readonly #pastPages = { reads: 0, failures: 0 };
  #masterTookMs = 0;
  #consistentPods = false;
  #bug: { readonly cause: unknown } | undefined;

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
    const { signal, clusterConfig } = deps;
    this.#master = this.#slot(
      'master',
      () => Math.max(deps.pollMs, this.#masterTookMs / MASTER_DUTY),
      () => this.#readMaster(),
    );
    this.#target = this.#slot(
      'target',
      () => deps.targetPeriodMs,
      () => deps.target.read(signal),
    );
    this.#pods = newSlot({
      name: 'pods',
      periodMs: () => deps.podsPeriodMs,
      dueMs: () => (this.#watchesPods ? Math.min(deps.pollMs, deps.podsPeriodMs) : deps.podsPeriodMs),
      clock: deps.clock,
      read: () => deps.pods.list(this.#consistentPods, signal),
      onError: this.#onError,
    });
    this.#config =
      clusterConfig &&
      this.#slot(
        'cluster-config',
        () => deps.configPeriodMs,
        () => clusterConfig.read(signal),
      );
    const { scalers, nodes } = deps;
    this.#nodes =
      nodes &&
      this.#slot(
        'nodes',
        () => NODES_PERIOD_MS,
        () => nodes.read(signal),
      );
    this.#scalers =
      scalers &&
      this.#slot(
        'autoscalers',
        () => SCALERS_PERIOD_MS,
        () => scalers.read(signal),
      );
    this.#applications = new Applications({ ...deps, onError: this.#onError });
    const { clock, holdingsSource, paceSource } = deps;
    const common = { clock, onError: this.#onError };
    this.#holdings = new ByApplication({ ...common, source: holdingsSource, periodMs: deps.pollMs });
    this.#paces = new ByApplication({ ...common, source: paceSource, periodMs: PACE_PERIOD_MS });
  }

  /** Starts what is due and waits for it within the budget. Throws only for bugs. */
  async beat(): Promise<void> {
    const due = [this.#target, this.#pods, this.#config, this.#scalers, this.#nodes].flatMap((slot) =>
      slot?.isDue() === true ? [slot.read()] : [],
    );
    const work = Promise.all([...due, this.#readSpark()]);
    await Promise.race([work.then(noop), this.#budget(work)]);
    // A bug in a read that outlived its beat must not be lost.
    if (this.#bug !== undefined) throw this.#bug.cause;
  }

  /**
   * Takes afresh what a growth depends on: the target, and the pods where they tell whose workers have just come. A write
   * against an older target ends in a conflict, harmlessly.
   */
  async refreshForGrowth(withPods: boolean): Promise<void> {
    const needed = withPods ? [this.#target, this.#pods] : [this.#target];
    await Promise.all(needed.map((slot) => slot.readAfresh()));
  }

  /**
   * Takes afresh what a removal depends on: target, pods, master and the pages of the workers concerned.
   *
   * @returns why not everything could be looked at again; undefined if it could. An older reading is then still there,
   *   good enough to grow by, not to remove by.
   */
  async refreshForRemoval(): Promise<string | undefined> {
    const needed = [this.#target, this.#pods, this.#master];
    this.#consistentPods = true;
    let fresh: readonly boolean[];
    try {
      fresh = await Promise.all(needed.map((slot) => slot.readAfresh()));
    } finally {
      this.#consistentPods = false;
    }
    const missed = needed.filter((_, index) => fresh[index] !== true).map(({ name }) => name);
    if (missed.length > 0) return `${missed.join(' and ')} could not be looked at again`;
    await Promise.all([this.#readSelves(true), this.#holdings.readAfresh(this.#active(), this.#deps.signal)]);
    return undefined;
  }

  /** From now on what applications keep on their workers is read too, or no longer: it costs their drivers requests. */
  watchHoldings(watch: boolean): void {
    this.#readsHoldings = watch;
  }

  /**
   * From now on pods are listed every beat, or at their own pace again. A removal goes from step to step by what the list
   * shows, and every step that waits for it is paid with all the workers that are leaving.
   */
  watchPods(watch: boolean): void {
    this.#watchesPods = watch;
  }

  /** The count was written: it is read again with the next beat, or that beat would ask for the same once more. */
  countWritten(): void {
    this.#target.outdate();
  }

  /** The newest of everything, as the core wants it. */
  observation(markAbility: MarkAbility): Observation {
    const { clock } = this.#deps;
    return {
      nowMs: clock.nowMs(),
      nowEpochMs: clock.nowEpochMs(),
      master: this.#master.reading(),
      applications: this.#applications.observe(this.#active()).map((one) => ({
        ...one,
        holdings: this.#holdings.reading(one.application.id),
        pace: this.#paces.reading(one.application.id),
      })),
      workerSelves: new Map([...this.#selves].map(([id, slot]) => [id, slot.reading()])),
      target: this.#target.reading(),
      pods: this.#pods.reading(),
      markAbility,
      ...(this.#nodes && { leavingNodes: this.#nodes.reading() }),
    };
  }

  /** The cluster's ConfigMap; undefined where none is configured. */
  config(): ConfigReading | undefined {
    return this.#config?.reading();
  }

  /** Names of the autoscalers that set the same count; undefined where nobody looks for them. */
  scalers(): Reading<readonly string[]> | undefined {
    return this.#scalers?.reading();
  }

  /** How each application's gauge sources stand. */
  choices(): readonly ApplicationSources[] {
    return this.#applications.choices();
  }

  sources(): readonly SourceReport[] {
    const slots = [this.#master, this.#target, this.#pods, this.#config, this.#scalers, this.#nodes];
    const reports = slots.flatMap((slot) => (slot === undefined ? [] : [slot.report()]));
    const byApplication = [this.#applications, this.#holdings, this.#paces].flatMap((one) => one.reports());
    return [...reports, ...this.#pagesReport(), ...byApplication];
  }

  /** Failures since the last call, oldest first. */
  takeErrors(): readonly OperatingError[] {
    return this.#errors.splice(0);
  }

  readonly #onError = (error: OperatingError): void => {
    if (this.#errors.length < ERRORS_KEPT) this.#errors.push(error);
  };

  #slot<T>(name: string, periodMs: () => number, read: () => Promise<Result<T>>): Slot<T> {
    return newSlot({ name, periodMs, clock: this.#deps.clock, read, onError: this.#onError });
  }

  /** All workers' pages as one source: they come and go with the workers, and the counts must only rise. */
  #pagesReport(): readonly SourceReport[] {
    const reports = [...this.#selves.values()].map((slot) => slot.report());
    const [first] = reports;
    const past = this.#pastPages;
    if (first === undefined && past.reads === 0) return [];
    const ages = reports.map((report) => report.ageMs ?? Infinity);
    const oldestMs = Math.max(0, ...ages);
    return [
      {
        name: WORKER_PAGE,
        ageMs: first === undefined || oldestMs === Infinity ? undefined : oldestMs,
        periodMs: this.#deps.pollMs,
        error: reports.find(({ error }) => error !== undefined)?.error,
        reads: reports.reduce((sum, { reads }) => sum + reads, past.reads),
        failures: reports.reduce((sum, { failures }) => sum + failures, past.failures),
      },
    ];
  }

  #dropPages(keep: ReadonlySet<string>): void {
    for (const [id, slot] of this.#selves) {
      if (keep.has(id)) continue;
      const { reads, failures } = slot.report();
      this.#pastPages.reads += reads;
      this.#pastPages.failures += failures;
      this.#selves.delete(id);
    }
  }

  #active(): MasterView['applications'] {
    const master = this.#master.reading();
    return master.known ? master.value.applications : [];
  }

  async #readMaster(): Promise<Result<MasterView>> {
    const startedAtMs = this.#deps.clock.nowMs();
    const result = await this.#deps.master.read(this.#deps.signal);
    const tookMs = this.#deps.clock.nowMs() - startedAtMs;
    if (result.ok) {
      this.#masterTookMs = tookMs;
      return result;
    }
    // Left alone for as long as its silence costs, but what it said last grows stale at its usual pace (R4).
    if (result.error.kind !== 'timeout') return result;
    return err({ ...result.error, retryAfterMs: result.error.retryAfterMs ?? tookMs / MASTER_DUTY - tookMs });
  }

  /** Applications and workers are known by the master's list, so that comes first. */
  async #readSpark(): Promise<void> {
    if (this.#master.isDue()) await this.#master.read();
    // While the master cannot be seen nobody knows who is active: what was learnt of applications is not forgotten.
    const master = this.#master.reading();
    const seen = master.known;
    const applications = seen ? [this.#readApplications(master.value.completedApplicationIds)] : [];
    const holdings = seen && this.#readsHoldings ? [this.#holdings.read(this.#active(), this.#deps.signal)] : [];
    await Promise.all([...applications, ...holdings, this.#readSelves(false)]);
  }

  /** Gauges first: how long tasks take is asked of those that have some. */
  async #readApplications(ended: readonly string[]): Promise<void> {
    const { signal } = this.#deps;
    await this.#applications.read(this.#active(), signal, ended);
    const active = this.#active();
    const working = this.#applications.observe(active).filter(({ gauges }) => hasWork(gauges));
    await this.#paces.read(
      active,
      signal,
      working.map(({ application }) => application),
    );
  }

  async #readSelves(afresh: boolean): Promise<void> {
    const concerned = workersConcerned(this.#master.reading(), this.#pods.reading(), this.#target.reading());
    this.#dropPages(new Set(concerned.map(({ id }) => id)));
    const { workerUis, signal, pollMs } = this.#deps;
    await Promise.all(
      concerned.map((worker) => {
        const read = (): Promise<Result<WorkerSelfView>> => workerUis.read(worker, signal);
        const slot = this.#selves.get(worker.id) ?? this.#slot(WORKER_PAGE, () => pollMs, read);
        this.#selves.set(worker.id, slot);
        if (afresh) return slot.readAfresh();
        return slot.isDue() ? slot.read() : Promise.resolve();
      }),
    );
  }

  /** Resolves when the beat's time is up; what is late goes on by itself. */
  async #budget(work: Promise<unknown>): Promise<void> {
    const ended = new AbortController();
    void work.then(
      () => {
        ended.abort();
      },
      (cause: unknown) => {
        this.#bug = { cause };
        ended.abort();
      },
    );
    await setTimeout(this.#deps.beatBudgetMs, undefined, { signal: ended.signal }).catch(noop);
  }
}

function noop(): void {
  // Nothing to do: used where only the end of something matters.
}

function hasWork(gauges: Reading<GaugesAnswer>): boolean {
  return gauges.known && gauges.value.kind === 'gauges' && (gauges.value.gauges.numberMaxNeededExecutors ?? 0) > 0;
}

/** Workers of pods that were chosen, and workers on their way out: their own pages are asked. */
function workersConcerned(
  master: Reading<MasterView>,
  pods: Reading<readonly PodView[]>,
  target: Reading<TargetView>,
): readonly WorkerView[] {
  if (!master.known || !pods.known || !target.known) return [];
  const fleet = buildFleet(master.value, pods.value, target.value);
  return [...fleet.leaving, ...fleet.chosen].flatMap(({ workers }) => workers);
}
