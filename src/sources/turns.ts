/**
 * Takes turns between what comes in and everything else the daemon does.
 *
 * Reading as fast as senders send would keep the passes waiting. So within each stretch of time reading may take a share;
 * when that is used up, connections rest until the stretch is over, and TCP makes their senders wait. Datagrams have no
 * such brake: they are dropped unread, and counted.
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
    this.#spend(work);
    if (this.#spentMs < READING_MS) return;
    connection.pause();
    this.#resting.add(connection);
    this.#timer ??= setTimeout(() => {
      this.#wake();
    }, STRETCH_MS);
  }

  /** Does the reading if there is time left for it. @returns whether it was done. */
  takeIfTime(work: () => void): boolean {
    if (this.#spentMs >= READING_MS && this.#nowMs() - this.#stretchFromMs < STRETCH_MS) return false;
    this.#spend(work);
    return true;
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

  #spend(work: () => void): void {
    const startedMs = this.#nowMs();
    if (startedMs - this.#stretchFromMs >= STRETCH_MS) {
      this.#stretchFromMs = startedMs;
      this.#spentMs = 0;
    }
    work();
    this.#spentMs += this.#nowMs() - startedMs;
  }

  #wake(): void {
    this.#timer = undefined;
    const woken = [...this.#resting];
    this.#resting.clear();
    for (const connection of woken) connection.resume();
  }
}
