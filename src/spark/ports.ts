/** What the daemon needs from a Spark cluster. The adapters in this folder do the I/O and nothing else. */
import type { ApplicationHoldings } from '../core/holdings.ts';
import type { Result } from '../core/result.ts';
import type {
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  GaugesAnswer,
  MasterView,
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
}

/**
 * One place allocation gauges can be read from. An implementation does I/O and nothing else: it neither drops nor
 * judges values. A dead endpoint or an unreadable body is an error in the answer, never a zero.
 */
export interface GaugeSource {
  /** Stable label for logs, status and metrics. */
  readonly name: string;
  /** How often one application's values renew when there are this many, in milliseconds. */
  periodMs(applicationCount: number): number;
  /**
   * Reads what is due of these applications, within the source's own budget. An application that is not in the answer
   * was not read this time; one that was tried and failed is there with its error.
   */
  read(
    applications: readonly ApplicationView[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Result<GaugeSample>>>;
}

/** Where an application's own settings come from. */
export interface SettingsSource {
  readonly name: string;
  read(application: ApplicationView, signal: AbortSignal): Promise<Result<ApplicationSettings>>;
}

/** What an application keeps on its workers, and what its jobs do. */
export interface HoldingsSource {
  readonly name: string;
  read(application: ApplicationView, signal: AbortSignal): Promise<Result<ApplicationHoldings>>;
}

/** The workers' own pages. */
export interface WorkerUis {
  /** Reads the worker's own `/json/` once. Its body holds launch commands and must never be logged. */
  read(worker: WorkerView, signal: AbortSignal): Promise<Result<WorkerSelfView>>;
}
