/** Executors from launch to end, and what the master books for them. */
import { grantedExecutors, type Application, type Executor, type SparkState, type Worker } from './model.ts';
import { abandonWork, finishTasks } from './tasks.ts';

/** An executor looks once a second whether it may exit (spark.md 8.3). */
const EXIT_CHECK_MS = 1000;
/** `spark.ui.retainedDeadExecutors` and `spark.worker.ui.retainedExecutors`. */
const RETAINED_BY_DRIVER = 100;
const RETAINED_BY_WORKER = 1000;

/** The master books cores and memory when it sends the launch, not when the executor is up (spark.md 7.1). */
export function launchExecutor(
  spark: SparkState,
  app: Application,
  worker: Worker,
  cores: number,
  nowMs: number,
): Executor {
  const executor: Executor = {
    id: app.nextExecutorId,
    app,
    worker,
    cores,
    memoryMiB: app.spec.executorMemoryMiB,
    launchedAtMs: nowMs,
    registersAtMs: nowMs + spark.options.executorStartMs,
    registered: false,
    knownToMaster: true,
    tasks: [],
    idleSinceMs: nowMs,
    leaving: undefined,
    outputs: new Map(),
    completedTasks: 0,
    completedTaskMs: 0,
    killedTasks: 0,
    shuffleTasksWritten: 0,
    removed: undefined,
  };
  app.nextExecutorId += 1;
  app.state = 'RUNNING';
  app.executors.add(executor);
  worker.executors.add(executor);
  worker.bookedCores += cores;
  worker.bookedMemoryMiB += executor.memoryMiB;
  return executor;
}

/** The executor's process is gone. The master frees its booking only if it still knows it (spark.md 8.4). */
export function endExecutor(spark: SparkState, executor: Executor, reason: string, nowMs: number): void {
  abandonWork(spark, executor);
  const { app, worker } = executor;
  executor.removed = { atMs: nowMs, reason };
  app.executors.delete(executor);
  keep(app.removedExecutors, executor, RETAINED_BY_DRIVER);
  worker.executors.delete(executor);
  keep(worker.finished, executor, RETAINED_BY_WORKER);
  if (!executor.knownToMaster || worker.state !== 'ALIVE') return;
  worker.bookedCores -= executor.cores;
  worker.bookedMemoryMiB -= executor.memoryMiB;
}

function keep(list: Executor[], executor: Executor, atMost: number): void {
  list.push(executor);
  if (list.length > atMost) list.shift();
}

/** Lets executors register, and lets those that are leaving go once they may. */
export function stepExecutors(spark: SparkState, app: Application, nowMs: number): void {
  finishTasks(app, nowMs);
  for (const executor of [...app.executors]) {
    if (!executor.registered && executor.registersAtMs <= nowMs) {
      executor.registered = true;
      executor.idleSinceMs = nowMs;
    }
    if (executor.leaving !== undefined) stepLeaving(spark, executor, nowMs);
  }
}

function stepLeaving(spark: SparkState, executor: Executor, nowMs: number): void {
  const { leaving, app } = executor;
  if (leaving === undefined || executor.tasks.length > 0) return;
  if (leaving.because === 'idle') {
    if (nowMs < leaving.sinceMs + spark.options.executorExitMs) return;
    if (app.decommission) app.counters.gracefullyDecommissioned += 1;
    else app.counters.killedByDriver += 1;
    endExecutor(spark, executor, 'Executor decommission: spark scale down', nowMs);
    return;
  }
  if (!app.decommission) return; // the executor ignores the request (spark.md 8.2)
  const restsSinceMs = Math.max(leaving.sinceMs, executor.idleSinceMs);
  const heir = executor.outputs.size > 0 ? heirOf(executor) : undefined;
  const needsMs = heir === undefined ? EXIT_CHECK_MS : Math.max(EXIT_CHECK_MS, spark.options.shuffleMigrationMs);
  if (nowMs < restsSinceMs + needsMs) return;
  if (heir !== undefined) bequeath(executor, heir);
  app.counters.gracefullyDecommissioned += 1;
  endExecutor(spark, executor, 'Executor decommission: worker decommissioned', nowMs);
}

/** Shuffle data moves to another executor of the same application that stays; without one it is lost (8.5). */
function heirOf(executor: Executor): Executor | undefined {
  return [...executor.app.executors].find((other) => other.registered && other.leaving === undefined);
}

function bequeath(executor: Executor, heir: Executor): void {
  for (const [stage, tasks] of executor.outputs) heir.outputs.set(stage, (heir.outputs.get(stage) ?? 0) + tasks);
  heir.shuffleTasksWritten += sumOf(executor.outputs);
  executor.outputs.clear();
}

function sumOf(outputs: ReadonlyMap<unknown, number>): number {
  let total = 0;
  for (const tasks of outputs.values()) total += tasks;
  return total;
}

/** The driver stops: every executor of the application ends, whatever it did. */
export function finishApplication(spark: SparkState, app: Application, nowMs: number): void {
  if (app.state === 'FINISHED') return;
  for (const executor of grantedExecutors(app)) app.coresAtEnd += executor.cores;
  app.state = 'FINISHED';
  app.finishedAtMs = nowMs;
  for (const executor of [...app.executors]) {
    executor.tasks = []; // given up by their own application, not lost
    executor.outputs.clear();
    endExecutor(spark, executor, 'Application finished', nowMs);
  }
}
