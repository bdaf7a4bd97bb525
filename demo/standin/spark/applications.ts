/** Applications: how one begins, and one step of its life. */
import { idTime } from '../time-text.ts';
import { stepAllocation } from './allocation.ts';
import { stepExecutors } from './executors.ts';
import { schedule, stepWorkers } from './master.ts';
import {
  activeApps,
  type Application,
  type ApplicationSpec,
  type DynamicAllocation,
  type SparkState,
} from './model.ts';
import { startTasks } from './tasks.ts';

export function startApplication(spark: SparkState, spec: ApplicationSpec, nowMs: number): Application {
  const dynamic = spec.dynamicAllocation ? allocationOf(spec) : undefined;
  const number = spark.nextDriverAddress;
  spark.nextDriverAddress += 1;
  const app: Application = {
    id: `app-${idTime(nowMs)}-${String(number).padStart(4, '0')}`,
    spec,
    dynamic,
    decommission: spec.decommission ?? true,
    taskCpus: spec.taskCpus ?? 1,
    startedAtMs: nowMs,
    driverHost: `${spark.options.network}.${200 + Math.floor(number / 250)}.${1 + (number % 250)}`,
    state: 'WAITING',
    finishedAtMs: undefined,
    coresAtEnd: 0,
    executors: new Set(),
    removedExecutors: [],
    nextExecutorId: 0,
    jobs: [],
    openJobs: new Set(),
    nextStageId: 0,
    target: dynamic?.initialExecutors ?? 0,
    toAdd: 1,
    addAtMs: undefined,
    initializing: true,
    counters: { gracefullyDecommissioned: 0, killedByDriver: 0, exitedUnexpectedly: 0 },
  };
  spark.apps.set(app.id, app);
  return app;
}

function allocationOf(spec: ApplicationSpec): DynamicAllocation {
  const minExecutors = spec.minExecutors ?? 0;
  return {
    minExecutors,
    maxExecutors: spec.maxExecutors ?? Infinity,
    initialExecutors: Math.max(minExecutors, spec.initialExecutors ?? 0),
    idleTimeoutMs: spec.idleTimeoutMs ?? 60_000,
    backlogTimeoutMs: spec.backlogTimeoutMs ?? 1000,
    shuffleTracking: spec.shuffleTracking ?? true,
  };
}

/** One step of the whole Spark side: executors, drivers, the master's scheduling, tasks. */
export function stepSpark(spark: SparkState, nowMs: number): void {
  stepWorkers(spark, nowMs);
  const apps = activeApps(spark);
  for (const app of apps) {
    stepExecutors(spark, app, nowMs);
    stepAllocation(app, nowMs);
  }
  schedule(spark, nowMs);
  for (const app of apps) startTasks(app, nowMs);
}
