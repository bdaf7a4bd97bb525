/**
 * Takes turns between what comes in and everything else the daemon does.
 *
 * Reading as fast as senders send would keep the passes waiting. So within each stretch of time reading may take a share;
 * when that is used up, connections rest until the stretch is over, and TCP makes their senders wait. Datagrams need none of
 * this: Node takes a few of them at a time, and what is too much is lost in the kernel.
 */

/** Of each stretch reading may take so much; the sockets around it take about as much again. */
const STRETCH_MS = 20;
const READING_MS = 6;

export interface Resting {
  pause(): unknown;
  resume(): unknown;
}

/** One for all connections of a source. */
export class Turns {
  readonly #nowMs: () => number;
  readonly #resting = new Set<Resting>();
  #stretchFromMs = -Infinity;
  #spentMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Does some reading for this connection, which rests afterwards if the share is used up. */
  take(connection: Resting, work: () => void): void {
    const startedMs = this.#nowMs();
    if (startedMs - this.#stretchFromMs >= STRETCH_MS) {
      this.#stretchFromMs = startedMs;
      this.#spentMs = 0;
    }
    work();
    this.#spentMs += this.#nowMs() - startedMs;
    if (this.#spentMs < READING_MS) return;
    connection.pause();
    this.#resting.add(connection);
    this.#timer ??= setTimeout(() => {
      this.#wake();
    }, STRETCH_MS);
  }

  /** This connection is gone. */
  forget(connection: Resting): void {
    this.#resting.delete(connection);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#resting.clear();
  }

  #wake(): void {
    this.#timer = undefined;
    const woken = [...this.#resting];
    this.#resting.clear();
    for (const connection of woken) connection.resume();
  }
}
