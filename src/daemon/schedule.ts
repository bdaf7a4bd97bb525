/**
 * The beat: node-cron ticks every second, passes run every `pollMs`, never two at once.
 *
 * A tick that comes while a pass runs is skipped and counted; node-cron's steps restart each minute, so the period is
 * our own arithmetic on the monotonic clock.
 */
import cron, { type Logger, type ScheduledTask } from 'node-cron';
import type { Clock } from './clock.ts';

/** A tick this much early still counts for its period: timers are a millisecond or two uneven. */
const EARLY_MS = 100;

export interface ScheduleDeps {
  readonly clock: Clock;
  readonly pollMs: number;
  /** One pass; must not reject but for a bug. */
  readonly run: () => Promise<void>;
  /** Called with a bug that a pass threw. */
  readonly onBug: (cause: unknown) => void;
  /** What node-cron itself has to say. */
  readonly logger: Logger;
}

/** Starts, stops and counts passes. */
export class Schedule {
  readonly #deps: ScheduleDeps;
  #task: ScheduledTask | undefined;
  #running: Promise<void> | undefined;
  #startedAtMs = -Infinity;
  /** Periods before this are in `#skipped` already, or were not skipped. */
  #countedAtMs = -Infinity;
  #skipped = 0;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
  }

  /** Runs the first pass at once, so that start-up does not wait for the next full second. */
  start(): void {
    this.#tick();
    this.#task = cron.schedule(
      '* * * * * *',
      () => {
        this.#tick();
      },
      { timezone: 'UTC', logger: this.#deps.logger },
    );
  }

  /** Passes skipped so far: the one before was still running, or the tick came too late. */
  skippedPasses(): number {
    return this.#skipped;
  }

  /** No further pass starts; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    await this.#task?.destroy();
    await this.#running;
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs();
    const periods = this.#periodsSince(this.#countedAtMs, nowMs);
    if (this.#running !== undefined) {
      if (periods < 1) return;
      this.#skipped += periods;
      this.#countedAtMs = nowMs;
      return;
    }
    // After a pass that took too long the next one is due at the first tick.
    if (this.#periodsSince(this.#startedAtMs, nowMs) < 1) return;
    // More than one is gone where ticks themselves were late, as after a pause of the whole process.
    if (Number.isFinite(periods)) this.#skipped += Math.max(0, periods - 1);
    this.#startedAtMs = nowMs;
    this.#countedAtMs = nowMs;
    this.#running = this.#deps
      .run()
      .catch(this.#deps.onBug)
      .finally(() => {
        this.#running = undefined;
      });
  }

  #periodsSince(atMs: number, nowMs: number): number {
    return Math.floor((nowMs - atMs + EARLY_MS) / this.#deps.pollMs);
  }
}
