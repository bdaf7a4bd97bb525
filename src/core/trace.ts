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
  readonly lines: readonly TraceLine[];
}

/** An empty trace. */
export function newTrace(): Trace {
  const lines: TraceLine[] = [];
  return {
    lines,
    add(stage, text, facts = {}) {
      lines.push({ stage, text, facts });
    },
  };
}
