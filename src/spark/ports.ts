/** What the daemon needs from a Spark cluster. The adapters in this folder do the I/O and nothing else. */
import type { ApplicationHoldings } from '../core/holdings.ts';
import type { Result } from '../core/result.ts';
import type {
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  GaugesAnswer,
  MasterView,
  TaskPace,
  WorkerSelfView,
  WorkerView,
} from '../core/spark-view.ts';

/**
 * What the master said to a mark (spark.md 4.1):
 * `accepted` (200), `no-such-worker` (404, also from a STANDBY master), `not-allowed` (405: decommission is off,
 * or the caller is not local to the master).
 */
export type MarkAnswer = 'accepted' | 'no-such-worker' | 'not-allowed';

/** The Spark master beside the daemon. */
export interface SparkMaster {
  /** Reads `/json/` once. */
  read(signal: AbortSignal): Promise<Result<MasterView>>;
  /** Reads the master's page of one application once. */
  readApplicationPage(applicationId: string, signal: AbortSignal): Promise<Result<ApplicationPage>>;
  /**
   * Asks the master to decommission all workers of these hosts, in one request, so that none of them becomes a
   * migration target of another. It cannot be undone. The work happens after the answer.
   */
  decommission(hosts: readonly string[], signal: AbortSignal): Promise<Result<MarkAnswer>>;
}

/** Allocation gauges of one application, and how old they were when they were answered. */
export interface GaugeSample {
  readonly answer: GaugesAnswer;
  /** Milliseconds since the values were produced; 0 for a source that computes them when asked. */
  readonly ageMs: number;
  /**
   * The time that the values carry, by whatever clock wrote it; left out where they carry none. It is never compared with
   * a clock of ours: it only tells whether there are new values. A time that does not move means that there are none,
   * whatever `ageMs` says.
   */
  readonly stamp?: number;
  /** How often this application's values renew, where the source knows it of each; else the source's own period counts. */
  readonly periodMs?: number;
}

/** What comes to a source that listens, in numbers; docs/reference/metrics.md explains the words. */
export interface Traffic {
  /** Since the start, by what it was. */
  readonly totals: Readonly<Record<string, number>>;
  /** What it holds now, by what it is. */
  readonly held: Readonly<Record<string, number>>;
}

/** What else is known of applications, for sources that find them by the names of series. */
export interface Census {
  /** Ids of applications that have ended; their series never count. */
  readonly endedIds: readonly string[];
  /** Milliseconds since the epoch, on the clock of the master's pod. */
  readonly nowEpochMs: number;
  /** An application's own settings; undefined while they are not known. */
  settingsOf(applicationId: string): Pick<ApplicationSettings, 'metricsNamespace'> | undefined;
}

/** Series that belong to no active application, or to more than one: not counted, but named. */
export interface Strangers {
  /** How many there are at present. */
  readonly count: number;
  /** Some of them, each with the reason. */
  readonly named: readonly { readonly owner: string; readonly why: string }[];
}

/**
 * One place allocation gauges can be read from. An implementation does I/O and nothing else: it neither drops nor
 * judges values. A dead endpoint or an unreadable body is an error in the answer, never a zero.
 */
export interface GaugeSource {
  /** Stable label for logs, status and metrics: the word by which the setting names the source. */
  readonly name: string;
  /** How often one application's values renew when there are this many, in milliseconds. */
  periodMs(applicationCount: number): number;
  /**
   * Reads what is due of these applications, within the source's own budget. An application that is not in the answer
   * was not read this time; one that was tried and failed is there with its error. Where one request was for many
   * applications, they share one and the same error, and it is counted once.
   */
  read(
    applications: readonly ApplicationView[],
    signal: AbortSignal,
    census: Census,
  ): Promise<ReadonlyMap<string, Result<GaugeSample>>>;
  /** Series seen in the last read that no application could be found for. */
  strangers?(): Strangers;
  /** For a source that listens. */
  traffic?(): Traffic;
  /** For a source that listens: begins, or says why it cannot, with the setting to mend. */
  start?(): Promise<Result<void, string>>;
  stop?(): Promise<void>;
}

/** Where an application's own settings come from. */
export interface SettingsSource {
  readonly name: string;
  read(application: ApplicationView, signal: AbortSignal): Promise<Result<ApplicationSettings>>;
}

/** Something that the driver of an application is asked. */
export interface ApplicationSource<T> {
  readonly name: string;
  read(application: ApplicationView, signal: AbortSignal): Promise<Result<T>>;
}

/** What an application keeps on its workers, and what its jobs do. */
export type HoldingsSource = ApplicationSource<ApplicationHoldings>;

/** How long an application's tasks take. */
export type PaceSource = ApplicationSource<TaskPace>;

/** The workers' own pages. */
export interface WorkerUis {
  /** Reads the worker's own `/json/` once. Its body holds launch commands and must never be logged. */
  read(worker: WorkerView, signal: AbortSignal): Promise<Result<WorkerSelfView>>;
}
