/** Spark's ExecutorAllocationManager, as spark.md 6.2 tells it; called every 100 ms of simulated time. */
import type { Application, DynamicAllocation, Executor } from './model.ts';
import { pendingTasks, runningTasks } from './tasks.ts';

/** One driver's gauges (spark.md 6.3). */
export interface Gauges {
  readonly numberAllExecutors: number;
  readonly numberDecommissioningExecutors: number;
  readonly numberExecutorsPendingToRemove: number;
  readonly numberExecutorsToAdd: number;
  readonly numberMaxNeededExecutors: number;
  readonly numberTargetExecutors: number;
}

/** N of spark.md 6.2: uncapped and unfloored, 0 without tasks. */
export function maxNeeded(app: Application): number {
  const perExecutor = Math.max(1, Math.floor((app.spec.executorCores ?? app.taskCpus) / app.taskCpus));
  return Math.ceil((pendingTasks(app) + runningTasks(app)) / perExecutor);
}

/** Moves the target and removes idle executors; nothing for an application without dynamic allocation. */
export function stepAllocation(app: Application, nowMs: number): void {
  if (app.dynamic === undefined) return;
  if (app.openJobs.size > 0) app.initializing = false;
  noteBacklog(app, app.dynamic, nowMs);
  if (!app.initializing) moveTarget(app, app.dynamic, nowMs);
  removeIdle(app, app.dynamic, nowMs);
}

function noteBacklog(app: Application, dynamic: DynamicAllocation, nowMs: number): void {
  if (pendingTasks(app) > 0) {
    app.addAtMs ??= nowMs + dynamic.backlogTimeoutMs;
    return;
  }
  app.addAtMs = undefined;
  app.toAdd = 1;
}

function moveTarget(app: Application, dynamic: DynamicAllocation, nowMs: number): void {
  const needed = maxNeeded(app);
  if (needed < app.target) {
    app.target = Math.max(needed, dynamic.minExecutors);
    app.toAdd = 1;
    return;
  }
  if (app.addAtMs === undefined || nowMs < app.addAtMs) return;
  app.addAtMs = nowMs + dynamic.backlogTimeoutMs;
  if (app.target >= dynamic.maxExecutors) {
    app.toAdd = 1;
    return;
  }
  const before = app.target;
  const raised = Math.min(Math.max(before, registered(app).length) + app.toAdd, needed);
  app.target = Math.max(Math.min(raised, dynamic.maxExecutors), dynamic.minExecutors);
  app.toAdd = app.target - before === app.toAdd ? app.toAdd * 2 : 1;
}

/** Never below the minimum nor the target; executors that hold tracked shuffle data stay (fixtures, point 1). */
function removeIdle(app: Application, dynamic: DynamicAllocation, nowMs: number): void {
  const staying = registered(app).filter((executor) => executor.leaving === undefined);
  let left = staying.length;
  const floor = Math.max(dynamic.minExecutors, app.target);
  for (const executor of staying) {
    if (left <= floor) return;
    const held = dynamic.shuffleTracking && executor.outputs.size > 0;
    if (held || executor.tasks.length > 0 || nowMs - executor.idleSinceMs < dynamic.idleTimeoutMs) continue;
    executor.leaving = { because: 'idle', sinceMs: nowMs };
    left -= 1;
  }
}

/** Executors registered with the driver and not yet removed, leaving ones included. */
export function registered(app: Application): Executor[] {
  return [...app.executors].filter((executor) => executor.registered);
}

/** Undefined for an application without dynamic allocation: it publishes no such gauges. */
export function gaugesOf(app: Application): Gauges | undefined {
  if (app.dynamic === undefined) return undefined;
  const all = registered(app);
  const idleLeavers = all.filter((executor) => executor.leaving?.because === 'idle').length;
  return {
    numberAllExecutors: all.length,
    numberDecommissioningExecutors: app.decommission ? idleLeavers : 0,
    numberExecutorsPendingToRemove: app.decommission ? 0 : idleLeavers,
    numberExecutorsToAdd: app.toAdd,
    numberMaxNeededExecutors: maxNeeded(app),
    numberTargetExecutors: app.target,
  };
}
