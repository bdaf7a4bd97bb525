/** The decision trace: each stage says in words and numbers what it did, so that every decision can be explained. */

export type Stage =
  | 'observe'
  | 'demand'
  | 'packing'
  | 'foresight'
  | 'calendar'
  | 'policy'
  | 'bounds'
  | 'guard'
  | 'victims'
  | 'removal'
  | 'action';

export interface TraceLine {
  readonly stage: Stage;
  readonly text: string;
  /** The numbers behind the sentence, with units in their names. */
  readonly facts: Readonly<Record<string, number | string | boolean>>;
}

/** Collects lines in order; a stage is handed this and nothing that could print. */
export interface Trace {
  add(stage: Stage, text: string, facts?: TraceLine['facts']): void;
  /** Lines that take long to make: made when the trace is first read, which it seldom is. */
  addLater(make: () => readonly TraceLine[]): void;
  readonly lines: readonly TraceLine[];
}

const NO_FACTS: TraceLine['facts'] = {};

/** A line; without facts the third argument may be left out. */
export function traceLine(stage: Stage, text: string, facts: TraceLine['facts'] = NO_FACTS): TraceLine {
  return { stage, text, facts };
}

/** An empty trace. */
export function newTrace(): Trace {
  return new Lines();
}

class Lines implements Trace {
  readonly #parts: (TraceLine | (() => readonly TraceLine[]))[] = [];
  #lines: readonly TraceLine[] | undefined;

  get lines(): readonly TraceLine[] {
    return (this.#lines ??= this.#parts.flatMap((part) => (typeof part === 'function' ? part() : part)));
  }

  add(stage: Stage, text: string, facts?: TraceLine['facts']): void {
    this.#lines = undefined;
    this.#parts.push(traceLine(stage, text, facts));
  }

  addLater(make: () => readonly TraceLine[]): void {
    this.#lines = undefined;
    this.#parts.push(make);
  }
}
