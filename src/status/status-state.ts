/** What the status page shows: the newest passes, and those that changed something for much longer. */
import { describeError } from '../core/result.ts';
import { bounded } from './bounded.ts';
import type { CycleReport } from './report.ts';
import { abridgedJson, applicationSourcesJson, decisionJson, replicaChangeOf } from './status-json.ts';

/** Changes of the count are kept for as long as people ask about them; what led there only for the newest. */
const RESIZES_KEPT = 200;
const RESIZES_WHOLE = 20;
/** Other writes, and writes that failed. */
const WRITES_KEPT = 40;
const STEADY_KEPT = 5;

/** Readiness goes false when no pass could do its work for this long. */
export const NOT_READY_AFTER_MS = 60_000;
/** Liveness goes false when no pass completed for this many polls, and at least the second figure. */
const DEAD_AFTER_POLLS = 30;
const DEAD_AFTER_MS = 60_000;

export interface StateOptions {
  readonly version: string;
  readonly pollMs: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Settings in force, by variable; secrets are not in it. */
  readonly settings: () => Readonly<Record<string, unknown>>;
}

export interface Health {
  readonly well: boolean;
  readonly text: string;
}

/** Keeps reports and answers for them. */
export class StatusState {
  readonly #options: StateOptions;
  readonly #startedAtMs: number;
  #newest: CycleReport | undefined;
  #resizes: readonly Shown[] = [];
  #writes: readonly Shown[] = [];
  #steady: readonly Shown[] = [];
  #completedAtMs: number | undefined;
  #workedAtMs: number | undefined;

  constructor(options: StateOptions) {
    this.#options = options;
    this.#startedAtMs = options.nowMs();
  }

  add(report: CycleReport): void {
    const nowMs = this.#options.nowMs();
    this.#completedAtMs = nowMs;
    if (sees(report)) this.#workedAtMs = nowMs;
    this.#newest = report;
    const shown = { sequence: report.sequence, json: decisionJson(report) };
    if (replicaChangeOf(report) !== undefined) {
      const older = this.#resizes.slice(0, RESIZES_KEPT - 1);
      this.#resizes = [shown, ...older.map((one, index) => (index < RESIZES_WHOLE - 1 ? one : abridged(one)))];
    } else if (report.outcome.kind === 'done' || report.outcome.kind === 'failed') {
      this.#writes = [shown, ...this.#writes].slice(0, WRITES_KEPT);
    } else this.#steady = [shown, ...this.#steady].slice(0, STEADY_KEPT);
  }

  /** Alive: passes run. Depends on nothing outside the process. */
  alive(): Health {
    const sinceMs = this.#options.nowMs() - (this.#completedAtMs ?? this.#startedAtMs);
    const limitMs = Math.max(DEAD_AFTER_MS, DEAD_AFTER_POLLS * this.#options.pollMs);
    if (sinceMs > limitMs) return { well: false, text: `no pass completed for ${seconds(sinceMs)}` };
    return { well: true, text: 'passes run' };
  }

  /**
   * Ready: it sees the workers' controller and the master, or did so a short while ago. A master that is STANDBY is
   * seen as well: the daemon beside it is ready to take over with it.
   */
  ready(): Health {
    const report = this.#newest;
    if (report === undefined) return { well: false, text: 'no pass has completed yet' };
    if (this.#workedAtMs === undefined) return { well: false, text: report.decision.sentence };
    const sinceMs = this.#options.nowMs() - this.#workedAtMs;
    if (sinceMs <= NOT_READY_AFTER_MS) return { well: true, text: 'it sees the workers and the master' };
    return { well: false, text: `blind for ${seconds(sinceMs)}: ${report.decision.sentence}` };
  }

  /** The document for `/status`: the newest passes first, changes and steady ones together. */
  document(): Record<string, unknown> {
    const report = this.#newest;
    const shown = [...this.#resizes, ...this.#writes, ...this.#steady].sort((a, b) => b.sequence - a.sequence);
    return {
      version: this.#options.version,
      standing: bounded(report?.standing ?? null, {}),
      ready: this.ready(),
      problems: bounded(report?.problems ?? [], {}),
      sources: (report?.sources ?? []).map((source) => ({
        ...source,
        ageMs: source.ageMs === undefined ? null : Math.round(source.ageMs),
        error: source.error === undefined ? null : bounded(describeError(source.error), {}),
        ...(source.strangers && { strangers: bounded(source.strangers, {}) }),
        ...(source.traffic && { traffic: source.traffic }),
      })),
      gaugeSources: bounded((report?.gaugeSources ?? []).map(applicationSourcesJson), {}),
      skippedPasses: report?.skippedPasses ?? 0,
      settings: this.#options.settings(),
      decisions: shown.map(({ json }) => json),
    };
  }
}

interface Shown {
  readonly sequence: number;
  readonly json: Record<string, unknown>;
}

function abridged(shown: Shown): Shown {
  return shown.json.abridged === true ? shown : { ...shown, json: abridgedJson(shown.json) };
}

function sees({ decision }: CycleReport): boolean {
  if (decision.plannedWorkers === undefined) return false;
  return decision.observedWorkers !== undefined || decision.reason === 'master-not-alive';
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
