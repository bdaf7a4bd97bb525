/** How long an application's tasks take now: what it ran an hour ago says little of the job it runs today. */
import type { Reading } from './reading.ts';
import type { TaskPace } from './spark-view.ts';

export interface PaceMemory {
  /** Totals as last read. */
  readonly tasks: number;
  readonly totalMs: number;
  /** Mean time of its newest tasks in milliseconds; undefined where none is known to have ended. */
  readonly taskMs: number | undefined;
}

export const NO_PACE: PaceMemory = { tasks: 0, totalMs: 0, taskMs: undefined };

/** So many tasks that have ended since weigh as much as all before them. */
const EVEN_TASKS = 8;

/**
 * Brings the mean up to date with the newest totals. Totals are those of executors that are there: where they fall, since some
 * have left, nobody knows what has ended meanwhile, and the mean stays. Pure.
 */
export function followPace(memory: PaceMemory, pace: Reading<TaskPace>): PaceMemory {
  if (!pace.known) return memory;
  const { tasks, totalMs } = pace.value;
  const newTasks = tasks - memory.tasks;
  const newMs = totalMs - memory.totalMs;
  if (newTasks === 0 && newMs === 0) return memory;
  // A mean of nothing, and tasks that took no time, say nothing.
  if (newTasks <= 0 || newMs <= 0) return { tasks, totalMs, taskMs: memory.taskMs };
  const meanMs = newMs / newTasks;
  const { taskMs = meanMs } = memory;
  return { tasks, totalMs, taskMs: taskMs + (newTasks / (newTasks + EVEN_TASKS)) * (meanMs - taskMs) };
}
