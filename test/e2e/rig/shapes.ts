/** The shapes of work by which the simulator is judged: what apps/shapes.py runs, and on what cluster. */

/** One step of the plan; apps/shapes.py says what each means. Pairs are tasks and seconds of one task. */
export type Step =
  | { readonly job: readonly (readonly [tasks: number, seconds: number])[] }
  | { readonly again: readonly [tasks: number, seconds: number] }
  | { readonly pause: number };

export interface Shape {
  readonly name: string;
  readonly plan: readonly Step[];
  readonly maxExecutors?: number;
  /** The daemon sets the count, between one worker and all of them; else all are there from the start. */
  readonly resized?: boolean;
}

export const WORKERS = 4;
export const WORKER_CORES = 2;
export const WORKER_MEMORY_MIB = 1_024;
/** Set by hand, so nothing is learned: one run tells nothing about learning. */
export const HOLD_SECONDS = 6;
export const IDLE_SECONDS = 5;

/**
 * Tasks are long beside what a busy machine adds to each, and many enough for a ramp of several rounds. Pauses are far from the
 * idle timeout, shorter or longer: whether an executor has just gone when the next job comes would be chance.
 */
export const SHAPES: readonly Shape[] = [
  { name: 'wide', plan: [{ job: [[40, 2]] }, { pause: 1 }, { job: [[24, 3]] }] },
  {
    name: 'wide-narrow-wide',
    plan: [
      {
        job: [
          [30, 2],
          [2, 6],
          [24, 3],
        ],
      },
    ],
  },
  {
    name: 'shuffle',
    plan: [
      {
        job: [
          [32, 2],
          [12, 3],
        ],
      },
      { pause: 10 },
      { again: [12, 3] },
    ],
  },
  { name: 'bursts', plan: [{ job: [[16, 3]] }, { pause: 12 }, { job: [[24, 3]] }, { pause: 12 }, { job: [[16, 3]] }] },
  { name: 'capped', plan: [{ job: [[30, 2]] }, { pause: 1 }, { job: [[16, 3]] }], maxExecutors: 3 },
  { name: 'resized', plan: [{ job: [[60, 2]] }, { pause: 24 }, { job: [[40, 3]] }], resized: true },
];
