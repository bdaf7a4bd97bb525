/** What the built-in families are put together from. Workers are meant to have 4 cores: an executor fills one. */
import type { Random } from '../random.ts';
import { DEFAULT_ALLOCATION, type ApplicationSpec, type JobSpec, type JobStart, type StageSpec } from '../workload.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;

/** What a stage's tasks are like: their count, their median time, and how uneven they are. */
export interface TaskShape {
  readonly count: number;
  readonly medianMs: number;
  /** Deviation of the logarithm of their times; an even stage by default. */
  readonly sigma?: number;
}

const EVEN_SIGMA = 0.15;

/** No task takes more than so many medians: Spark's own stragglers hardly do, and one would hide all the rest. */
const MOST_MEDIANS = 8;

/** So much shuffle each task writes where a family says nothing else. */
const SHUFFLE_MIB_PER_TASK = 8;

function taskTimes(random: Random, { count, medianMs, sigma = EVEN_SIGMA }: TaskShape): number[] {
  return Array.from({ length: count }, () =>
    Math.max(1, Math.round(Math.min(random.logNormal(medianMs, sigma), MOST_MEDIANS * medianMs))),
  );
}

/** Numbers jobs and stages of one application in the order in which they are made, as a driver does. */
export class JobBuilder {
  readonly #random: Random;
  readonly #jobs: JobSpec[] = [];
  #stages: StageSpec[] = [];
  #nextStage = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A stage whose output others read. @returns its number. */
  map(shape: TaskShape, parents: readonly number[] = []): number {
    return this.#stage(shape, parents, { shuffleWriteMiB: shape.count * SHUFFLE_MIB_PER_TASK, cachedMiB: 0 });
  }

  /** A stage whose tasks keep what they read in the executors' memory, and write shuffle beside it. */
  cachingMap(shape: TaskShape, cachedMiB: number): number {
    return this.#stage(shape, [], { shuffleWriteMiB: shape.count * SHUFFLE_MIB_PER_TASK, cachedMiB });
  }

  /** The last stage of a job: it writes no shuffle. */
  result(shape: TaskShape, parents: readonly number[] = []): number {
    return this.#stage(shape, parents, { shuffleWriteMiB: 0, cachedMiB: 0 });
  }

  /** Hands over the stages made since the last one as one job. */
  job(start: JobStart): void {
    this.#jobs.push({ id: this.#jobs.length, start, stages: this.#stages });
    this.#stages = [];
  }

  get jobs(): readonly JobSpec[] {
    return this.#jobs;
  }

  #stage(
    shape: TaskShape,
    parents: readonly number[],
    output: Pick<StageSpec, 'shuffleWriteMiB' | 'cachedMiB'>,
  ): number {
    const id = this.#nextStage;
    this.#nextStage += 1;
    this.#stages.push({ id, parents, taskMs: taskTimes(this.#random, shape), ...output });
    return id;
  }
}

export function after(thinkMs: number): JobStart {
  return { kind: 'after-previous', thinkMs: Math.round(thinkMs) };
}

export function at(atMs: number): JobStart {
  return { kind: 'at', atMs: Math.round(atMs) };
}

type Shape = Partial<Omit<ApplicationSpec, 'id' | 'jobs'>>;

/** An application with Spark's dynamic allocation, shuffle tracking and draining on, as the manifests recommend. */
export function application(id: string, jobs: readonly JobSpec[], shape: Shape = {}): ApplicationSpec {
  return {
    id,
    arrivesAtMs: 0,
    executorCores: 4,
    executorMemoryMiB: 4_096,
    taskCpus: 1,
    coresMax: undefined,
    allocation: DEFAULT_ALLOCATION,
    canDrain: true,
    ...shape,
    jobs,
  };
}
