/**
 * Spark's ExecutorAllocationManager, for one application (spark.md 6): a loop of 100 ms, backlog timers, the exponential
 * ramp, idle removal. Turns of the loop on which nothing can change are left out.
 */
import type { AllocationSpec } from '../workload.ts';
import type { Kernel } from './kernel.ts';

const LOOP_MS = 100;

/** What the manager asks of its driver and of the master. */
export interface AllocationPort {
  /** `numberMaxNeededExecutors`. */
  needed(): number;
  /** Executors registered, those being removed included. */
  registered(): number;
  /** Executors asked to end and not gone yet. */
  leaving(): number;
  /** When each registered executor times out; `Infinity` where it never does. Calls back with those that have. */
  timedOut(nowMs: number, idleMs: number): { readonly due: readonly number[]; readonly nextMs: number };
  /** The target changed. */
  request(target: number): void;
  /** Lets an idle executor go. */
  remove(executorId: number): void;
}

export class Allocation {
  target: number;
  /** Size of the next round of the ramp (`numberExecutorsToAdd`). */
  step = 1;
  readonly #spec: AllocationSpec;
  readonly #kernel: Kernel;
  readonly #port: AllocationPort;
  readonly #startedAtMs: number;
  readonly #most: number;
  #initializing = true;
  #addAtMs: number | undefined;
  #tickAtMs = Infinity;
  #idleAtMs = Infinity;
  #stopped = false;

  constructor(spec: AllocationSpec, kernel: Kernel, port: AllocationPort) {
    this.#spec = spec;
    this.#kernel = kernel;
    this.#port = port;
    this.#startedAtMs = kernel.nowMs;
    this.#most = spec.maxExecutors ?? Infinity;
    this.target = Math.max(spec.minExecutors, spec.initialExecutors);
    port.request(this.target);
  }

  /** A stage's tasks were submitted, or a task has to run again: a backlog begins unless there is one. */
  backlogged(): void {
    this.#initializing = false;
    this.#addAtMs ??= this.#kernel.nowMs + this.#spec.schedulerBacklogMs;
    this.#wakeAt(this.#addAtMs);
    this.needChanged();
  }

  /** The last waiting task was started. */
  queueEmpty(): void {
    this.#addAtMs = undefined;
    this.step = 1;
  }

  /** What is needed may have fallen below the target. */
  needChanged(): void {
    if (!this.#initializing && this.#port.needed() < this.target && this.target > this.#spec.minExecutors) {
      this.#wakeAt(this.#kernel.nowMs);
    }
  }

  /** An executor runs nothing since now, or came without work. */
  idle(): void {
    const atMs = this.#kernel.nowMs + this.#spec.executorIdleMs;
    if (atMs < this.#idleAtMs) {
      this.#idleAtMs = atMs;
      this.#wakeAt(atMs);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** At the first turn of the loop that is not before that. */
  #wakeAt(atMs: number): void {
    const turns = Math.ceil((atMs - this.#startedAtMs) / LOOP_MS);
    let tickMs = this.#startedAtMs + turns * LOOP_MS;
    if (tickMs <= this.#kernel.nowMs) tickMs += LOOP_MS;
    if (tickMs >= this.#tickAtMs) return;
    this.#tickAtMs = tickMs;
    this.#kernel.at(tickMs, () => {
      if (this.#stopped || this.#tickAtMs !== tickMs) return;
      this.#tickAtMs = Infinity;
      this.#turn();
    });
  }

  #turn(): void {
    const { nowMs } = this.#kernel;
    const idle = nowMs >= this.#idleAtMs ? this.#port.timedOut(nowMs, this.#spec.executorIdleMs) : undefined;
    const due = idle?.due ?? [];
    if (due.length > 0) this.#initializing = false;
    this.#moveTarget(nowMs);
    let removed = 0;
    if (due.length > 0) removed = this.#removeIdle(due);
    if (idle !== undefined) {
      // Those that had to stay are looked at again when the target falls, or at the next turn that comes for any reason.
      this.#idleAtMs = removed < due.length ? nowMs : idle.nextMs;
    }
    // This turn may have come before one that was to look at idle executors, and took its place.
    if (Number.isFinite(this.#idleAtMs) && this.#idleAtMs > nowMs) this.#wakeAt(this.#idleAtMs);
    // Once the target is all that is needed, the loop goes round idly until more tasks come.
    if (this.#addAtMs !== undefined && this.#addAtMs > nowMs) this.#wakeAt(this.#addAtMs);
  }

  #moveTarget(nowMs: number): void {
    if (this.#initializing) return;
    const needed = this.#port.needed();
    const before = this.target;
    if (needed < this.target) {
      this.target = Math.max(needed, this.#spec.minExecutors);
      this.step = 1;
      if (this.target !== before) this.#port.request(this.target);
    } else if (this.#addAtMs !== undefined && nowMs >= this.#addAtMs) this.#add(needed, nowMs);
  }

  #add(needed: number, nowMs: number): void {
    const before = this.target;
    if (before >= this.#most) {
      this.step = 1;
      return;
    }
    const boosted = Math.min(Math.max(before, this.#port.registered()) + this.step, needed);
    const target = Math.max(Math.min(boosted, this.#most), this.#spec.minExecutors);
    const delta = target - before;
    this.target = target;
    if (delta === 0) {
      this.step = 1;
      return;
    }
    this.#port.request(target);
    this.step = delta === this.step ? this.step * 2 : 1;
    this.#addAtMs = nowMs + this.#spec.sustainedBacklogMs;
  }

  #removeIdle(due: readonly number[]): number {
    let left = this.#port.registered() - this.#port.leaving();
    let removed = 0;
    for (const id of due) {
      if (left - 1 < this.#spec.minExecutors || left - 1 < this.target) break;
      this.#port.remove(id);
      left -= 1;
      removed += 1;
    }
    return removed;
  }
}
