/** What is asked of each application's driver now and then: some applications a beat, who waited longest first. */
import { unknown, type Known, type Reading } from '../core/reading.ts';
import { describeError, type OperatingError } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { ApplicationSource } from '../spark/ports.ts';
import type { SourceReport } from '../status/report.ts';
import type { Clock } from './clock.ts';

/** Applications asked in one beat, and at a fresh look, at most; each costs its driver up to three requests. */
const PER_BEAT = 10;
const PER_FRESH_LOOK = 40;

interface Entry<T> {
  good: Known<T> | undefined;
  error: OperatingError | undefined;
  triedAtMs: number;
}

export interface ByApplicationDeps<T> {
  readonly clock: Clock;
  /** Least time between two reads of one application. */
  readonly periodMs: number;
  readonly source: ApplicationSource<T>;
  readonly onError: (error: OperatingError) => void;
}

/** Keeps the newest answer of each application. */
export class ByApplication<T> {
  readonly #deps: ByApplicationDeps<T>;
  readonly #entries = new Map<string, Entry<T>>();
  #reads = 0;
  #failures = 0;
  #lastError: OperatingError | undefined;
  #goodAtMs: number | undefined;
  #periodMs: number;
  #underWay = false;

  constructor(deps: ByApplicationDeps<T>) {
    this.#deps = deps;
    this.#periodMs = deps.periodMs;
  }

  /**
   * Reads those of `asked` who waited longest; a round that is still under way is left to it. What was learnt of others that
   * are active is kept.
   */
  async read(
    active: readonly ApplicationView[],
    signal: AbortSignal,
    asked: readonly ApplicationView[] = active,
  ): Promise<void> {
    this.#prune(active);
    if (this.#underWay) return;
    this.#underWay = true;
    try {
      const { periodMs, clock } = this.#deps;
      this.#periodMs = periodMs * Math.max(1, Math.ceil(asked.length / PER_BEAT));
      const nowMs = clock.nowMs();
      const due = this.#byWaiting(asked).filter(({ id }) => nowMs - this.#tried(id) >= periodMs * 0.9);
      await Promise.all(due.slice(0, PER_BEAT).map((one) => this.#readOne(one, signal)));
    } finally {
      this.#underWay = false;
    }
  }

  /** Right before a removal: all of them afresh, as far as that is bearable. */
  async readAfresh(active: readonly ApplicationView[], signal: AbortSignal): Promise<void> {
    this.#prune(active);
    const chosen = this.#byWaiting(active).slice(0, PER_FRESH_LOOK);
    await Promise.all(chosen.map((one) => this.#readOne(one, signal)));
  }

  reading(applicationId: string): Reading<T> {
    const entry = this.#entries.get(applicationId);
    if (entry?.good !== undefined) return { ...entry.good, periodMs: Math.max(entry.good.periodMs, this.#periodMs) };
    return unknown(entry?.error === undefined ? 'not read yet' : describeError(entry.error));
  }

  reports(): readonly SourceReport[] {
    if (this.#reads === 0) return [];
    const ageMs = this.#goodAtMs === undefined ? undefined : this.#deps.clock.nowMs() - this.#goodAtMs;
    return [
      {
        name: this.#deps.source.name,
        reads: this.#reads,
        failures: this.#failures,
        error: this.#lastError,
        periodMs: this.#periodMs,
        ageMs,
      },
    ];
  }

  #tried(id: string): number {
    return this.#entries.get(id)?.triedAtMs ?? -Infinity;
  }

  #byWaiting(active: readonly ApplicationView[]): readonly ApplicationView[] {
    return [...active].sort((a, b) => {
      const first = this.#tried(a.id);
      const second = this.#tried(b.id);
      return first < second ? -1 : Number(first > second);
    });
  }

  #prune(active: readonly ApplicationView[]): void {
    const ids = new Set(active.map(({ id }) => id));
    for (const id of this.#entries.keys()) if (!ids.has(id)) this.#entries.delete(id);
  }

  async #readOne(application: ApplicationView, signal: AbortSignal): Promise<void> {
    const { clock, source, onError } = this.#deps;
    const startedAtMs = clock.nowMs();
    const entry = this.#entries.get(application.id) ?? { good: undefined, error: undefined, triedAtMs: 0 };
    entry.triedAtMs = startedAtMs;
    this.#entries.set(application.id, entry);
    const result = await source.read(application, signal);
    this.#reads += 1;
    entry.error = result.ok ? undefined : result.error;
    this.#lastError = entry.error;
    if (!result.ok) {
      this.#failures += 1;
      onError(result.error);
      return;
    }
    this.#goodAtMs = startedAtMs;
    entry.good = {
      known: true,
      value: result.value,
      takenAtMs: startedAtMs,
      source: source.name,
      periodMs: this.#periodMs,
    };
  }
}
