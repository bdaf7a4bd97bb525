/** The applications of the story, and what is known of their tasks and workers at any moment. */
import type { World } from './standin/world.ts';
import { activeApps, type Application, type ApplicationSpec } from './standin/spark/model.ts';
import { pendingTasks, runningTasks } from './standin/spark/tasks.ts';

/** Executors of 2 cores, two to a worker; a driver lets idle ones go soon, since the story is short. */
const EXECUTOR = { executorCores: 2, executorMemoryMiB: 2048, dynamicAllocation: true, maxExecutors: 40 } as const;

export const BURST: ApplicationSpec = { ...EXECUTOR, name: 'nightly report', idleTimeoutMs: 1000 };
export const NOTEBOOK: ApplicationSpec = { ...EXECUTOR, name: 'notebook', idleTimeoutMs: 4000 };

export interface TaskCounts {
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
}

/** Tasks of all applications so far. */
export function countTasks(world: World): TaskCounts {
  const apps = [...world.spark.apps.values()];
  const add = (count: (app: Application) => number): number => apps.reduce((sum, app) => sum + count(app), 0);
  return { running: add(runningTasks), waiting: add(pendingTasks), done: add(doneTasks) };
}

function doneTasks(app: Application): number {
  return app.jobs.flatMap((job) => job.stages).reduce((sum, stage) => sum + stage.done, 0);
}

/** Tasks that all submitted jobs have together. */
export function submittedTasks(world: World): number {
  const stages = [...world.spark.apps.values()].flatMap((app) => app.jobs.flatMap((job) => job.stages));
  return stages.reduce((sum, stage) => sum + stage.tasks, 0);
}

/** Workers on which a task runs at this moment. */
export function busyWorkers(world: World): number {
  const busy = activeApps(world.spark).flatMap((app) => [...app.executors].filter(({ tasks }) => tasks.length > 0));
  return new Set(busy.map(({ worker }) => worker.id)).size;
}

/** Workers that were ended with a task on them. */
export function busyWorkersKilled(world: World): number {
  const ended = [...world.spark.apps.values()].flatMap((app) => app.removedExecutors);
  return new Set(ended.filter(({ killedTasks }) => killedTasks > 0).map(({ worker }) => worker.id)).size;
}
