/** Schedules of a bound's problem, made without any of the code under test, and what they cost. */
import type { BoundJob, BoundProblem, BoundStage } from '../../../src/lab/bound/problem.ts';

/** A task that runs on a worker; times in milliseconds. */
export interface Placed {
  readonly worker: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export function stage(taskMs: readonly number[], more: Partial<BoundStage> = {}): BoundStage {
  return { parents: [], taskMs, slotsPerWorker: 1, mostAtOnce: Infinity, ...more };
}

export function job(releaseMs: number, deadlineMs: number, ...stages: BoundStage[]): BoundJob {
  return { releaseMs, deadlineMs, stages };
}

export function problem(jobs: readonly BoundJob[], more: Partial<BoundProblem> = {}): BoundProblem {
  const horizonMs = Math.max(0, ...jobs.map(({ deadlineMs }) => deadlineMs));
  return { jobs, startMs: 0, endMs: 0, horizonMs, initialWorkers: 0, minWorkers: 0, maxWorkers: 4, ...more };
}

/**
 * What these tasks cost, in worker-seconds, if each worker comes and goes as is cheapest for it; Infinity where a worker
 * cannot be there in time. The first `minWorkers` never leave.
 */
export function costOf(placed: readonly Placed[], of: BoundProblem): number {
  const workers = Array.from({ length: of.maxWorkers }, (_, worker) =>
    workerCost(
      placed.filter((one) => one.worker === worker),
      worker,
      of,
    ),
  );
  return workers.reduce((sum, cost) => sum + cost, 0) / 1000;
}

function workerCost(tasks: readonly Placed[], worker: number, of: BoundProblem): number {
  const { startMs, endMs, horizonMs, initialWorkers, minWorkers } = of;
  const sorted = [...tasks].sort((a, b) => a.fromMs - b.fromMs);
  const [first] = sorted;
  const isThere = worker < initialWorkers;
  if (worker < minWorkers) return isThere || first === undefined || first.fromMs >= startMs ? horizonMs : Infinity;
  if (first === undefined) return isThere ? Math.min(endMs, horizonMs) : 0;
  if (!isThere && first.fromMs < startMs) return Infinity;
  let cost = isThere ? Math.min(first.fromMs, endMs + startMs) : startMs;
  let upTo = first.fromMs;
  for (const { fromMs, toMs } of sorted) {
    if (fromMs > upTo) cost += Math.min(fromMs - upTo, endMs + startMs);
    cost += Math.max(0, toMs - Math.max(upTo, fromMs));
    upTo = Math.max(upTo, toMs);
  }
  return cost + Math.min(endMs, horizonMs - upTo);
}

/** Whether a worker has a slot for one more task. */
export function hasSlot(placed: readonly Placed[], next: Placed, slots: number): boolean {
  const there = placed.filter(({ worker, fromMs, toMs }) => {
    return worker === next.worker && fromMs < next.toMs && toMs > next.fromMs;
  });
  // The most at once is reached where one of them, or the new one, begins.
  const moments = [next.fromMs, ...there.map(({ fromMs }) => fromMs).filter((at) => at > next.fromMs)];
  return moments.every((at) => there.filter(({ fromMs, toMs }) => fromMs <= at && at < toMs).length < slots);
}

/** The cheapest of all schedules, by trying every worker and every moment for every task. For a handful of tasks. */
export function bruteForce(of: BoundProblem, stepMs: number): number {
  const tasks = of.jobs.flatMap((one, jobIndex) =>
    one.stages.flatMap(({ taskMs, slotsPerWorker, parents, mostAtOnce }, stageIndex) =>
      taskMs.map((lengthMs) => ({ jobIndex, stageIndex, lengthMs, slotsPerWorker, parents, mostAtOnce })),
    ),
  );
  const ends = new Map<string, number>();
  let best = Infinity;
  const next = (index: number, placed: readonly Placed[]): void => {
    const task = tasks[index];
    if (task === undefined) {
      best = Math.min(best, costOf(placed, of));
      return;
    }
    const { releaseMs, deadlineMs } = of.jobs[task.jobIndex]!;
    const parentsEnd = task.parents.map((parent) => ends.get(`${task.jobIndex} ${parent}`) ?? 0);
    const key = `${task.jobIndex} ${task.stageIndex}`;
    const before = ends.get(key);
    for (let fromMs = Math.max(releaseMs, ...parentsEnd); fromMs + task.lengthMs <= deadlineMs; fromMs += stepMs) {
      for (let worker = 0; worker < of.maxWorkers; worker += 1) {
        const here = { worker, fromMs, toMs: fromMs + task.lengthMs };
        if (!hasSlot(placed, here, task.slotsPerWorker)) continue;
        ends.set(key, Math.max(before ?? 0, here.toMs));
        next(index + 1, [...placed, here]);
      }
    }
    if (before === undefined) ends.delete(key);
    else ends.set(key, before);
  };
  next(0, []);
  return best;
}
