/** Every call that the daemon makes to the fake world: recorded, and failed, delayed or cut off as a test wants it. */
import { err, type OperatingError, type Result } from '../../../src/core/result.ts';

export interface Twist {
  /** The call waits for this first. */
  readonly until?: Promise<void>;
  /** What is answered instead. */
  readonly error?: OperatingError;
  /** With `error`: the call takes effect all the same, only its answer is lost. */
  readonly happens?: boolean;
  /** Thrown instead of an answer: a bug in an adapter. */
  readonly bug?: Error;
}

/** The process ended right after a write took effect; it never saw the answer. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export class Calls {
  /** Every call in the order it was made: "pods.list", "choose w-1". */
  readonly all: string[] = [];
  /** Writes that took effect, in order. */
  readonly writes: string[] = [];
  /** The most writes that were under way at the same time. */
  mostWritesAtOnce = 0;
  /** The process is killed after this many more writes; undefined for never. */
  killAfterWrites: number | undefined;
  readonly #twists = new Map<string, { readonly twist: Twist; times: number }[]>();
  #writesUnderWay = 0;

  /** The next `times` calls of that verb go this way. */
  twist(verb: string, twist: Twist, times = 1): void {
    const queue = this.#twists.get(verb) ?? [];
    queue.push({ twist, times });
    this.#twists.set(verb, queue);
  }

  straighten(verb: string): void {
    this.#twists.delete(verb);
  }

  /** How often a call of that name was made. */
  count(name: string): number {
    return this.all.filter((call) => call === name).length;
  }

  async read<T>(name: string, effect: () => Result<T>): Promise<Result<T>> {
    this.all.push(name);
    return this.#perform(name, effect);
  }

  async write<T>(verb: string, what: string, effect: () => Result<T>): Promise<Result<T>> {
    this.all.push(`${verb} ${what}`);
    this.#writesUnderWay += 1;
    this.mostWritesAtOnce = Math.max(this.mostWritesAtOnce, this.#writesUnderWay);
    try {
      return await this.#perform(verb, () => this.#effectOf(`${verb} ${what}`, effect));
    } finally {
      this.#writesUnderWay -= 1;
    }
  }

  #effectOf<T>(name: string, effect: () => Result<T>): Result<T> {
    const result = effect();
    if (!result.ok) return result;
    this.writes.push(name);
    if (this.killAfterWrites !== undefined) {
      this.killAfterWrites -= 1;
      if (this.killAfterWrites <= 0) throw new Killed(`after ${name}`);
    }
    return result;
  }

  async #perform<T>(verb: string, effect: () => Result<T>): Promise<Result<T>> {
    const twist = this.#next(verb);
    // Every real call takes a turn of the event loop at least.
    await (twist?.until ?? Promise.resolve());
    if (twist?.bug !== undefined) throw twist.bug;
    if (twist?.error === undefined) return effect();
    if (twist.happens === true) effect();
    return err(twist.error);
  }

  #next(verb: string): Twist | undefined {
    const queue = this.#twists.get(verb);
    const first = queue?.[0];
    if (queue === undefined || first === undefined) return undefined;
    first.times -= 1;
    if (first.times <= 0) queue.shift();
    return first.twist;
  }
}
