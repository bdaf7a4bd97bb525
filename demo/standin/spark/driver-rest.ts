/** A driver's REST API under /api/v1, with the fields of spark.md 9.2. */
import { textAt, type Json, type JsonObject } from '../json.ts';
import { restTime } from '../time-text.ts';
import { registered } from './allocation.ts';
import type { Application, Executor, Job, Stage } from './model.ts';
import { activeStage, slots } from './tasks.ts';

/** What one finished map task is said to have written. */
const SHUFFLE_BYTES_PER_TASK = 1_048_576;

/** Answers undefined for a path that is not there. `rest` is what follows /api/v1/applications/<id>/. */
export function driverRest(
  app: Application,
  rest: string,
  query: URLSearchParams,
  sparkVersion: string,
  nowMs: number,
): Json | undefined {
  const statuses = query.getAll('status').map((status) => status.toUpperCase());
  const chosen = (entries: JsonObject[]): Json =>
    statuses.length === 0 ? entries : entries.filter((entry) => statuses.includes(textAt(entry, 'status') ?? ''));
  switch (rest) {
    case '':
      return applicationEntry(app, sparkVersion, nowMs);
    case 'executors':
      return [driverEntry(app), ...registered(app).map(executorEntry)];
    case 'allexecutors':
      return [driverEntry(app), ...registered(app).map(executorEntry), ...app.removedExecutors.map(executorEntry)];
    case 'environment':
      return environment(app);
    case 'stages':
      return chosen(app.jobs.flatMap((job) => job.stages.map((stage) => stageEntry(job, stage))).reverse());
    case 'jobs':
      return chosen(app.jobs.map(jobEntry).reverse());
    case 'storage/rdd':
      return [];
    default:
      return undefined;
  }
}

export function applicationEntry(app: Application, sparkVersion: string, nowMs: number): JsonObject {
  const startTime = restTime(app.startedAtMs);
  return {
    id: app.id,
    name: app.spec.name,
    attempts: [
      {
        startTime,
        endTime: '1969-12-31T23:59:59.999GMT',
        lastUpdated: startTime,
        duration: nowMs - app.startedAtMs,
        sparkUser: 'spark',
        completed: false,
        appSparkVersion: sparkVersion,
        startTimeEpoch: app.startedAtMs,
        endTimeEpoch: -1,
        lastUpdatedEpoch: app.startedAtMs,
      },
    ],
  };
}

/** Only explicitly set keys, as Spark lists them. */
function sparkProperties(app: Application): [string, string][] {
  const { spec, dynamic } = app;
  const entries: [string, string | number | boolean | undefined][] = [
    ['spark.app.id', app.id],
    ['spark.app.name', spec.name],
    ['spark.cores.max', spec.coresMax],
    ['spark.decommission.enabled', app.decommission],
    ['spark.dynamicAllocation.enabled', spec.dynamicAllocation],
    ['spark.dynamicAllocation.initialExecutors', spec.initialExecutors],
    ['spark.dynamicAllocation.maxExecutors', spec.maxExecutors],
    ['spark.dynamicAllocation.minExecutors', spec.minExecutors],
    ['spark.dynamicAllocation.shuffleTracking.enabled', dynamic?.shuffleTracking],
    ['spark.executor.cores', spec.executorCores],
    ['spark.executor.memory', `${spec.executorMemoryMiB}m`],
    ['spark.storage.decommission.enabled', app.decommission],
    ['spark.storage.decommission.shuffleBlocks.enabled', app.decommission],
    ['spark.task.cpus', spec.taskCpus],
  ];
  return entries.flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, String(value)]]));
}

function environment(app: Application): JsonObject {
  const request = (resourceName: string, amount: number): JsonObject => ({
    resourceName,
    amount,
    discoveryScript: '',
    vendor: '',
  });
  return {
    runtime: { javaVersion: '17.0.13 (Stand-in)', javaHome: '/opt/java', scalaVersion: 'version 2.13.17' },
    sparkProperties: sparkProperties(app),
    hadoopProperties: [],
    systemProperties: [],
    metricsProperties: [],
    classpathEntries: [],
    resourceProfiles: [
      {
        id: 0,
        executorResources: {
          ...(app.spec.executorCores !== undefined && { cores: request('cores', app.spec.executorCores) }),
          memory: request('memory', app.spec.executorMemoryMiB),
          offHeap: request('offHeap', 0),
        },
        taskResources: { cpus: { resourceName: 'cpus', amount: app.taskCpus } },
      },
    ],
  };
}

interface ExecutorNumbers {
  readonly id: string;
  readonly hostPort: string;
  readonly isActive: boolean;
  readonly cores: number;
  readonly maxTasks: number;
  readonly activeTasks: number;
  readonly failedTasks: number;
  readonly completedTasks: number;
  readonly totalMs: number;
  readonly shuffleWriteBytes: number;
  readonly addedAtMs: number;
}

function numbersEntry(numbers: ExecutorNumbers): JsonObject {
  const { activeTasks, failedTasks, completedTasks } = numbers;
  return {
    id: numbers.id,
    hostPort: numbers.hostPort,
    isActive: numbers.isActive,
    rddBlocks: 0,
    memoryUsed: 0,
    diskUsed: numbers.shuffleWriteBytes,
    totalCores: numbers.cores,
    maxTasks: numbers.maxTasks,
    activeTasks,
    failedTasks,
    completedTasks,
    totalTasks: activeTasks + failedTasks + completedTasks,
    totalDuration: numbers.totalMs,
    totalGCTime: 0,
    totalInputBytes: 0,
    totalShuffleRead: 0,
    totalShuffleWrite: numbers.shuffleWriteBytes,
    isBlacklisted: false,
    maxMemory: 455_501_414,
    addTime: restTime(numbers.addedAtMs),
    executorLogs: {},
    memoryMetrics: {
      usedOnHeapStorageMemory: 0,
      usedOffHeapStorageMemory: 0,
      totalOnHeapStorageMemory: 455_501_414,
      totalOffHeapStorageMemory: 0,
    },
    blacklistedInStages: [],
    attributes: {},
    resources: {},
    resourceProfileId: 0,
    isExcluded: false,
    excludedInStages: [],
  };
}

function driverEntry(app: Application): JsonObject {
  return numbersEntry({
    id: 'driver',
    hostPort: `${app.driverHost}:7079`,
    isActive: true,
    cores: 0,
    maxTasks: 0,
    activeTasks: 0,
    failedTasks: 0,
    completedTasks: 0,
    totalMs: 0,
    shuffleWriteBytes: 0,
    addedAtMs: app.startedAtMs,
  });
}

function executorEntry(executor: Executor): JsonObject {
  const entry = numbersEntry({
    id: String(executor.id),
    hostPort: `${executor.worker.host}:7080`,
    isActive: executor.removed === undefined,
    cores: executor.cores,
    maxTasks: slots(executor),
    activeTasks: executor.tasks.length,
    failedTasks: executor.killedTasks,
    completedTasks: executor.completedTasks,
    totalMs: executor.completedTaskMs,
    shuffleWriteBytes: executor.shuffleTasksWritten * SHUFFLE_BYTES_PER_TASK,
    addedAtMs: executor.registersAtMs,
  });
  if (executor.removed === undefined) return entry;
  return { ...entry, removeTime: restTime(executor.removed.atMs), removeReason: executor.removed.reason };
}

function stageStatus(job: Job, stage: Stage): 'COMPLETE' | 'ACTIVE' | 'PENDING' {
  if (stage.done >= stage.tasks) return 'COMPLETE';
  return stage.running > 0 || activeStage(job) === stage ? 'ACTIVE' : 'PENDING';
}

function stageEntry(job: Job, stage: Stage): JsonObject {
  return {
    status: stageStatus(job, stage),
    stageId: stage.id,
    attemptId: 0,
    numTasks: stage.tasks,
    numActiveTasks: stage.running,
    numCompleteTasks: stage.done,
    numFailedTasks: 0,
    numKilledTasks: 0,
    numCompletedIndices: stage.done,
    ...(stage.submittedAtMs !== undefined && { submissionTime: restTime(stage.submittedAtMs) }),
    ...(stage.completedAtMs !== undefined && { completionTime: restTime(stage.completedAtMs) }),
    shuffleReadBytes: 0,
    shuffleReadRecords: 0,
    shuffleWriteBytes: stage.writesShuffle ? stage.done * SHUFFLE_BYTES_PER_TASK : 0,
    shuffleWriteRecords: stage.writesShuffle ? stage.done : 0,
    name: `stage ${stage.id} of job ${job.id}`,
    details: '',
    schedulingPool: 'default',
    rddIds: [],
    accumulatorUpdates: [],
    killedTasksSummary: {},
    resourceProfileId: 0,
  };
}

function jobEntry(job: Job): JsonObject {
  const total = (of: (stage: Stage) => number): number => job.stages.reduce((all, stage) => all + of(stage), 0);
  const complete = job.stages.filter((stage) => stage.done >= stage.tasks).length;
  return {
    jobId: job.id,
    name: `job ${job.id}`,
    submissionTime: restTime(job.submittedAtMs),
    ...(job.doneAtMs !== undefined && { completionTime: restTime(job.doneAtMs) }),
    stageIds: job.stages.map(({ id }) => id),
    status: job.doneAtMs === undefined ? 'RUNNING' : 'SUCCEEDED',
    numTasks: total(({ tasks }) => tasks),
    numActiveTasks: total(({ running }) => running),
    numCompletedTasks: total(({ done }) => done),
    numSkippedTasks: 0,
    numFailedTasks: 0,
    numKilledTasks: 0,
    numCompletedIndices: total(({ done }) => done),
    numActiveStages: activeStage(job) === undefined ? 0 : 1,
    numCompletedStages: complete,
    numSkippedStages: 0,
    numFailedStages: 0,
    killedTasksSummary: {},
  };
}
