/** How long an application's tasks take now: what it ran an hour ago says little of the job it runs today. */
import type { Reading } from './reading.ts';
import type { TaskPace } from './spark-view.ts';

export interface PaceMemory {
  /** As last read. */
  readonly executors: TaskPace;
  /** Mean time of its newest tasks in milliseconds; undefined where none is known to have ended. */
  readonly taskMs: number | undefined;
}

export const NO_PACE: PaceMemory = { executors: new Map(), taskMs: undefined };

/** So many tasks that have ended since weigh as much as all before them. */
const EVEN_TASKS = 8;

/**
 * Brings the mean up to date with what has ended since it was last read. Executor by executor: those that leave take their
 * totals along, and new ones begin at nothing. Pure.
 */
export function followPace(memory: PaceMemory, pace: Reading<TaskPace>): PaceMemory {
  if (!pace.known || pace.value === memory.executors) return memory;
  const executors = pace.value;
  let newTasks = 0;
  let newMs = 0;
  for (const [id, { tasks, totalMs }] of executors) {
    const before = memory.executors.get(id);
    newTasks += tasks - (before?.tasks ?? 0);
    newMs += totalMs - (before?.totalMs ?? 0);
  }
  // A mean of nothing, and tasks that took no time, say nothing.
  if (newTasks <= 0 || newMs <= 0) return { executors, taskMs: memory.taskMs };
  const meanMs = newMs / newTasks;
  const { taskMs = meanMs } = memory;
  return { executors, taskMs: taskMs + (newTasks / (newTasks + EVEN_TASKS)) * (meanMs - taskMs) };
}
