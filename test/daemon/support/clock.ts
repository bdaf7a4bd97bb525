/** A clock that only moves when it is told to. */
import type { Clock } from '../../../src/daemon/clock.ts';

/** Monday, some time. */
const EPOCH_MS = Date.UTC(2026, 10, 23, 8, 0, 0);

export class FakeClock implements Clock {
  #nowMs = 10_000;

  readonly nowMs = (): number => this.#nowMs;
  readonly nowEpochMs = (): number => EPOCH_MS + this.#nowMs;

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
