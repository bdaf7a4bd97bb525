/** The master's and the workers' `/json/`, key for key as captured from 3.5.7 and 4.1.0. */
import type { Json, JsonObject } from '../json.ts';
import { javaDate } from '../time-text.ts';
import { WORKER_PORT } from './master.ts';
import { grantedExecutors, sum, type Application, type Executor, type SparkState, type Worker } from './model.ts';

const MASTER_URL = 'spark://127.0.0.1:7077';
/** `spark.deploy.retainedApplications`. */
const RETAINED_APPLICATIONS = 200;

export function masterJson(spark: SparkState, nowMs: number): JsonObject {
  const standby = spark.status === 'STANDBY';
  const workers = standby ? [] : [...spark.workers.values()];
  const apps = standby ? [] : [...spark.apps.values()];
  const alive = workers.filter(({ state }) => state === 'ALIVE');
  const ended = apps.filter(({ state }) => state === 'FINISHED').slice(-RETAINED_APPLICATIONS);
  return {
    url: MASTER_URL,
    workers: workers.map((worker) => workerEntry(spark, worker)),
    aliveworkers: alive.length,
    cores: sum(alive.map((worker) => worker.cores)),
    coresused: sum(alive.map((worker) => worker.bookedCores)),
    memory: sum(alive.map((worker) => worker.memoryMiB)),
    memoryused: sum(alive.map((worker) => worker.bookedMemoryMiB)),
    resources: alive.map(() => ({})),
    resourcesused: alive.map(() => ({})),
    activeapps: apps.filter(({ state }) => state !== 'FINISHED').map((app) => appEntry(app, nowMs)),
    completedapps: ended.map((app) => appEntry(app, nowMs)),
    activedrivers: [],
    completeddrivers: [],
    status: spark.status,
  };
}

/** `/json/<field>`, since 4.0: one key of the document, or the utilization; an unknown one is an empty text. */
export function masterJsonField(spark: SparkState, field: string, nowMs: number): JsonObject {
  const whole = masterJson(spark, nowMs);
  if (field !== 'clusterutilization') return { [field]: whole[field] ?? '' };
  const number = (key: string): number => Number(whole[key]);
  const percent = (used: number, of: number): number => (of === 0 ? 100 : Math.floor((100 * used) / of));
  return {
    waitingDrivers: 0,
    cores: number('cores'),
    coresused: number('coresused'),
    coresutilization: percent(number('coresused'), number('cores')),
    memory: number('memory'),
    memoryused: number('memoryused'),
    memoryutilization: percent(number('memoryused'), number('memory')),
  };
}

export function workerUiUrl(spark: SparkState, worker: Worker): string {
  return `http://${worker.host}:${spark.options.workerUiPort}`;
}

function workerEntry(spark: SparkState, worker: Worker): Json {
  return {
    id: worker.id,
    host: worker.host,
    port: WORKER_PORT,
    webuiaddress: workerUiUrl(spark, worker),
    cores: worker.cores,
    coresused: worker.bookedCores,
    coresfree: worker.cores - worker.bookedCores,
    memory: worker.memoryMiB,
    memoryused: worker.bookedMemoryMiB,
    memoryfree: worker.memoryMiB - worker.bookedMemoryMiB,
    resources: {},
    resourcesused: {},
    resourcesfree: {},
    state: worker.state,
    lastheartbeat: worker.lastHeartbeatMs,
  };
}

/** Cores granted now; of an ended application, those it held at its end, as the master shows them. */
export function grantedCores(app: Application): number {
  return app.state === 'FINISHED' ? app.coresAtEnd : sum(grantedExecutors(app).map(({ cores }) => cores));
}

function appEntry(app: Application, nowMs: number): Json {
  return {
    id: app.id,
    starttime: app.startedAtMs,
    name: app.spec.name,
    cores: grantedCores(app),
    user: 'spark',
    memoryperexecutor: app.spec.executorMemoryMiB,
    memoryperslave: app.spec.executorMemoryMiB,
    resourcesperexecutor: [],
    resourcesperslave: [],
    submitdate: javaDate(app.startedAtMs),
    state: app.state,
    duration: (app.finishedAtMs ?? nowMs) - app.startedAtMs,
  };
}

/** A worker's own page: what truly runs there, also after a decommission (spark.md 3.5). */
export function workerJson(worker: Worker, masterUiUrl: string): JsonObject {
  const executors = [...worker.executors];
  return {
    id: worker.id,
    masterurl: MASTER_URL,
    masterwebuiurl: masterUiUrl,
    cores: worker.cores,
    coresused: sum(executors.map(({ cores }) => cores)),
    memory: worker.memoryMiB,
    memoryused: sum(executors.map(({ memoryMiB }) => memoryMiB)),
    resources: {},
    resourcesused: {},
    executors: executors.map(executorEntry),
    finishedexecutors: worker.finished.map(executorEntry),
  };
}

function executorEntry(executor: Executor): Json {
  const { spec } = executor.app;
  return {
    id: executor.id,
    memory: executor.memoryMiB,
    resources: {},
    appid: executor.app.id,
    appdesc: {
      name: spec.name,
      cores: spec.coresMax ?? 0,
      memoryperexecutor: spec.executorMemoryMiB,
      resourcesperexecutor: [],
      memoryperslave: spec.executorMemoryMiB,
      resourcesperslave: [],
      user: 'spark',
      command: 'Command(org.apache.spark.executor.CoarseGrainedExecutorBackend,List(),Map(),List(),List(),ArraySeq())',
    },
  };
}
