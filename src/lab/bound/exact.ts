/** The cheapest schedule of a small problem, by looking at all of them: a dynamic program over time. */
import type { BoundProblem } from './problem.ts';

/** Beyond any of these it is not tried. */
const MOST_STEPS = 48;
const MOST_TASKS = 8;
const MOST_WORKERS = 4;
const MOST_STATES = 300_000;

/**
 * The least worker-seconds that meet the deadlines, with whole tasks that stay where they began; Infinity where nothing
 * meets them. Undefined where the problem is too large, or where a worker's slots are no whole number.
 *
 * All times are multiples of one step. In a cheapest schedule whose order of events is given, each event may move until
 * it meets another, so there is one in which everything happens at multiples of the step.
 */
export function exactCost(problem: BoundProblem): number | undefined {
  const stepMs = commonStep(problem);
  const stages = problem.jobs.flatMap(({ stages: some }) => some);
  const tasks = stages.reduce((sum, { taskMs }) => sum + taskMs.length, 0);
  const slots = new Set(stages.map(({ slotsPerWorker }) => slotsPerWorker));
  const tooLarge = problem.horizonMs / stepMs > MOST_STEPS || tasks > MOST_TASKS || problem.maxWorkers > MOST_WORKERS;
  if (tooLarge || slots.size > 1 || ![...slots].every(Number.isInteger)) return undefined;
  const search = new Search(problem, stepMs, [...slots][0] ?? 1);
  const steps = search.run();
  return steps === undefined ? undefined : (steps * stepMs) / 1000;
}

function commonStep(problem: BoundProblem): number {
  const times = [
    ...[problem.startMs, problem.endMs, problem.horizonMs],
    ...problem.jobs.flatMap(({ releaseMs, deadlineMs }) => [releaseMs, deadlineMs]),
    ...problem.jobs.flatMap(({ stages }) => stages.flatMap(({ taskMs }) => taskMs)),
  ];
  const step = times.reduce((a, b) => greatestCommonDivisor(a, b), 0);
  return step > 0 ? step : 1;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Tasks of one stage that take equally long. */
interface Group {
  readonly stage: number;
  readonly steps: number;
}

interface Stage {
  readonly parents: readonly number[];
  readonly releaseStep: number;
  readonly deadlineStep: number;
  readonly mostAtOnce: number;
}

interface Task {
  readonly stage: number;
  readonly left: number;
}

/** Steps until it is started; what it runs. */
interface Busy {
  readonly startsIn: number;
  readonly tasks: readonly Task[];
}

/** In this order within a step, so that nothing is looked at twice: workers leave, workers are asked for, tasks begin. */
type Phase = 0 | 1 | 2;

interface State {
  readonly step: number;
  readonly phase: Phase;
  readonly workers: readonly Busy[];
  /** Tasks of each group that have not begun. */
  readonly waiting: readonly number[];
}

class Search {
  readonly #problem: BoundProblem;
  readonly #stepMs: number;
  readonly #slots: number;
  readonly #stages: readonly Stage[];
  readonly #groups: readonly Group[];
  readonly #counts: readonly number[];
  readonly #known = new Map<string, number>();

  constructor(problem: BoundProblem, stepMs: number, slots: number) {
    this.#problem = problem;
    this.#stepMs = stepMs;
    this.#slots = slots;
    const stages: Stage[] = [];
    const groups = new Map<string, { readonly group: Group; count: number }>();
    for (const { releaseMs, deadlineMs, stages: own } of problem.jobs) {
      const first = stages.length;
      for (const { parents, taskMs, mostAtOnce } of own) {
        for (const task of taskMs) this.#count(groups, { stage: stages.length, steps: task / stepMs });
        stages.push({
          parents: parents.map((parent) => first + parent),
          releaseStep: releaseMs / stepMs,
          deadlineStep: deadlineMs / stepMs,
          mostAtOnce,
        });
      }
    }
    this.#stages = stages;
    this.#groups = [...groups.values()].map(({ group }) => group);
    this.#counts = [...groups.values()].map(({ count }) => count);
  }

  #count(groups: Map<string, { readonly group: Group; count: number }>, group: Group): void {
    const key = `${group.stage} ${group.steps}`;
    const entry = groups.get(key) ?? { group, count: 0 };
    entry.count += 1;
    groups.set(key, entry);
  }

  /** In worker-steps; undefined where there are too many states. */
  run(): number | undefined {
    const { initialWorkers, minWorkers } = this.#problem;
    const started = Array.from({ length: initialWorkers }, (): Busy => ({ startsIn: 0, tasks: [] }));
    const coming = Array.from({ length: Math.max(0, minWorkers - initialWorkers) }, () => this.#newWorker());
    const cost = this.#cheapest({ step: 0, phase: 0, workers: [...started, ...coming], waiting: this.#counts });
    return this.#known.size > MOST_STATES ? undefined : cost;
  }

  #cheapest(state: State): number {
    if (this.#known.size > MOST_STATES) return Infinity;
    const key = keyOf(state);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const cost = this.#look(state);
    this.#known.set(key, cost);
    return cost;
  }

  #look(state: State): number {
    const { step, phase } = state;
    if (phase === 0 && this.#isLate(state)) return Infinity;
    if (step * this.#stepMs >= this.#problem.horizonMs) return 0;
    if (phase === 0) return Math.min(this.#cheapest({ ...state, phase: 1 }), this.#afterLeave(state));
    if (phase === 1) return Math.min(this.#cheapest({ ...state, phase: 2 }), this.#afterStart(state));
    return Math.min(this.#afterStep(state), ...this.#afterBegin(state));
  }

  #isLate({ step, workers, waiting }: State): boolean {
    return this.#stages.some(
      ({ deadlineStep }, stage) => deadlineStep <= step && !this.#isDone(stage, workers, waiting),
    );
  }

  #isDone(stage: number, workers: readonly Busy[], waiting: readonly number[]): boolean {
    return (
      this.#groups.every((group, index) => group.stage !== stage || waiting[index] === 0) &&
      workers.every(({ tasks }) => tasks.every((task) => task.stage !== stage))
    );
  }

  #afterLeave(state: State): number {
    const { workers, step } = state;
    const index = workers.findIndex(({ startsIn, tasks }) => startsIn === 0 && tasks.length === 0);
    if (index < 0 || workers.length <= this.#problem.minWorkers) return Infinity;
    const { endMs, horizonMs } = this.#problem;
    const leaving = Math.min(endMs, horizonMs - step * this.#stepMs) / this.#stepMs;
    return leaving + this.#cheapest({ ...state, workers: workers.toSpliced(index, 1) });
  }

  #afterStart(state: State): number {
    if (state.workers.length >= this.#problem.maxWorkers) return Infinity;
    return this.#cheapest({ ...state, workers: [...state.workers, this.#newWorker()] });
  }

  #newWorker(): Busy {
    return { startsIn: this.#problem.startMs / this.#stepMs, tasks: [] };
  }

  #afterBegin(state: State): number[] {
    const { workers, waiting } = state;
    return this.#groups.flatMap((group, index) => {
      if ((waiting[index] ?? 0) === 0 || !this.#mayBegin(group.stage, state)) return [];
      const left = waiting.with(index, (waiting[index] ?? 0) - 1);
      const tried = new Set<string>();
      return workers.flatMap((worker, at) => {
        const key = workerKey(worker);
        if (worker.startsIn > 0 || worker.tasks.length >= this.#slots || tried.has(key)) return [];
        tried.add(key);
        const tasks = [...worker.tasks, { stage: group.stage, left: group.steps }];
        return [this.#cheapest({ ...state, workers: workers.with(at, { ...worker, tasks }), waiting: left })];
      });
    });
  }

  #mayBegin(number: number, { step, workers, waiting }: State): boolean {
    const stage = this.#stages[number];
    if (stage === undefined || stage.releaseStep > step) return false;
    const running = workers.reduce((sum, { tasks }) => sum + tasks.filter((task) => task.stage === number).length, 0);
    return running < stage.mostAtOnce && stage.parents.every((parent) => this.#isDone(parent, workers, waiting));
  }

  #afterStep(state: State): number {
    const workers = state.workers.map(({ startsIn, tasks }) => ({
      startsIn: Math.max(0, startsIn - 1),
      tasks: tasks.flatMap((task) => (task.left > 1 ? [{ ...task, left: task.left - 1 }] : [])),
    }));
    return state.workers.length + this.#cheapest({ ...state, step: state.step + 1, phase: 0, workers });
  }
}

function workerKey({ startsIn, tasks }: Busy): string {
  const each = tasks.map(({ stage, left }) => `${stage}:${left}`).sort();
  return `${startsIn}|${each.join(',')}`;
}

function keyOf({ step, phase, workers, waiting }: State): string {
  return `${step} ${phase} ${workers.map(workerKey).sort().join(';')} ${waiting.join(',')}`;
}
