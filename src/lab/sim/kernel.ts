/** Simulated time: what is to happen, in order. Equal times keep the order in which they were asked for. */

export class Kernel {
  /** Milliseconds since the start of the simulation. */
  nowMs = 0;
  /** Events that have happened. */
  events = 0;
  #asked = 0;
  readonly #times: number[] = [];
  readonly #order: number[] = [];
  readonly #actions: (() => void)[] = [];

  /** Does it at a moment; one that has passed is now. Whole milliseconds. */
  at(atMs: number, action: () => void): void {
    const timeMs = Math.max(this.nowMs, Math.round(atMs));
    let index = this.#times.length;
    const order = this.#asked;
    this.#asked += 1;
    this.#times.push(timeMs);
    this.#order.push(order);
    this.#actions.push(action);
    // A heap of four branches each: fewer levels, and neighbours lie together in memory.
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (!this.#isBefore(timeMs, order, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, timeMs, order, action);
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.nowMs + delayMs, action);
  }

  /** When the next thing happens; undefined if nothing ever will. */
  nextMs(): number | undefined {
    return this.#times[0];
  }

  /** Lets the next thing happen. False if there is none. */
  step(): boolean {
    const action = this.#actions[0];
    const timeMs = this.#times[0];
    if (action === undefined || timeMs === undefined) return false;
    this.#removeFirst();
    this.nowMs = timeMs;
    this.events += 1;
    action();
    return true;
  }

  #removeFirst(): void {
    const timeMs = this.#times.pop();
    const order = this.#order.pop();
    const action = this.#actions.pop();
    if (timeMs === undefined || order === undefined || action === undefined || this.#times.length === 0) return;
    const size = this.#times.length;
    let index = 0;
    for (;;) {
      const first = 4 * index + 1;
      if (first >= size) break;
      let least = first;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child += 1) {
        if (this.#isBefore(this.#times[child] ?? Infinity, this.#order[child] ?? 0, least)) least = child;
      }
      if (this.#isBefore(timeMs, order, least)) break;
      this.#move(least, index);
      index = least;
    }
    this.#put(index, timeMs, order, action);
  }

  #isBefore(timeMs: number, order: number, other: number): boolean {
    const otherMs = this.#times[other] ?? Infinity;
    return timeMs < otherMs || (timeMs === otherMs && order < (this.#order[other] ?? 0));
  }

  #move(from: number, to: number): void {
    const action = this.#actions[from];
    if (action !== undefined) this.#put(to, this.#times[from] ?? 0, this.#order[from] ?? 0, action);
  }

  #put(index: number, timeMs: number, order: number, action: () => void): void {
    this.#times[index] = timeMs;
    this.#order[index] = order;
    this.#actions[index] = action;
  }
}
