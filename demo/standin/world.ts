/** The whole stand-in cluster as one state that time moves forward: no clock, no sockets. */
import { noFaults, type Faults } from './faults.ts';
import { bytesOf, type Answer, type Request } from './http.ts';
import { apiAnswer, callName } from './kube/api.ts';
import { stepKube } from './kube/controller.ts';
import { storedDocuments } from './kube/documents.ts';
import { deletePod, kubeState, newUid, nextRevision, setReplicas, type KubeState, type Pod } from './kube/model.ts';
import { worldOptions, type WorldOptions } from './options.ts';
import { startApplication, stepSpark } from './spark/applications.ts';
import { finishApplication } from './spark/executors.ts';
import { loseWorker, registerWorker } from './spark/master.ts';
import {
  sparkState,
  type Application,
  type ApplicationSpec,
  type Job,
  type SparkState,
  type SparkStats,
} from './spark/model.ts';
import { submitJob, type JobSpec } from './spark/tasks.ts';
import { driverAnswer, masterAnswer, workerAnswer } from './spark/web.ts';
import { kubeTime } from './time-text.ts';
import { countRequest, noUsage, type Usage } from './usage.ts';

/** Length of one step of the world: the period of Spark's allocation manager. */
export const STEP_MS = 100;

export interface JobStats {
  readonly appId: string;
  readonly jobId: number;
  readonly tasks: number;
  readonly submittedAtMs: number;
  readonly doneAtMs: number | undefined;
}

export interface WorldStats extends SparkStats {
  /** Seconds that pods existed, from creation until they were gone, added up over all pods. */
  readonly workerSeconds: number;
  readonly jobs: readonly JobStats[];
}

export interface World {
  readonly options: WorldOptions;
  readonly kube: KubeState;
  readonly spark: SparkState;
  readonly faults: Faults;
  readonly apiUsage: Usage;
  readonly sparkUsage: Usage;
  /** Time of the last step, milliseconds since the epoch. */
  nowMs: number;
  masterUiUrl: string;
  /** Milliseconds that pods existed, added up. */
  podMs: number;
}

/** A world whose first workers are Ready and registered, at `startAtEpochMs`. */
export function createWorld(given: Partial<WorldOptions> = {}): World {
  const options = worldOptions(given);
  const faults = noFaults();
  const warmUpMs = STEP_MS * (2 + Math.ceil(options.podStartMs / STEP_MS));
  const beganAtMs = options.startAtEpochMs - warmUpMs;
  const world: World = {
    options,
    faults,
    kube: kubeState(options, faults, beganAtMs),
    spark: sparkState(options),
    apiUsage: noUsage(),
    sparkUsage: noUsage(),
    nowMs: beganAtMs,
    masterUiUrl: 'http://127.0.0.1:8080',
    podMs: 0,
  };
  for (const [name, data] of Object.entries(options.configMaps)) putConfigMap(world, name, data);
  advance(world, options.startAtEpochMs);
  world.podMs = 0;
  return world;
}

/** Moves the world to this time in steps of 100 ms; a time that is past already changes nothing. */
export function advance(world: World, nowMs: number): void {
  while (world.nowMs + STEP_MS <= nowMs) step(world, world.nowMs + STEP_MS);
}

function step(world: World, nowMs: number): void {
  world.podMs += world.kube.pods.size * (nowMs - world.nowMs);
  world.nowMs = nowMs;
  const { becameReady, stopped } = stepKube(world.kube, nowMs);
  for (const pod of becameReady) startWorker(world, pod);
  for (const pod of stopped) stopWorker(world, pod);
  stepSpark(world.spark, nowMs);
}

function startWorker({ spark, options, nowMs }: World, pod: Pod): void {
  const { workerCores: cores, workerMemoryMiB: memoryMiB } = options;
  registerWorker(spark, { host: pod.ip, podUid: pod.uid, cores, memoryMiB }, nowMs);
}

function stopWorker({ spark, nowMs }: World, pod: Pod): void {
  for (const worker of spark.workers.values())
    if (worker.podUid === pod.uid && worker.state !== 'DEAD') loseWorker(spark, worker, nowMs);
}

/** Registers an application with the master, now. */
export function startApp(world: World, spec: ApplicationSpec): Application {
  return startApplication(world.spark, spec, world.nowMs);
}

/** Gives an application a job; its tasks start with the next steps. Throws for an unknown or ended application. */
export function submit(world: World, appId: string, spec: JobSpec): Job {
  return submitJob(runningApp(world, appId), spec, world.nowMs);
}

/** Ends an application and all its executors. Throws for an unknown one. */
export function finishApp(world: World, appId: string): void {
  finishApplication(world.spark, runningApp(world, appId), world.nowMs);
}

function runningApp(world: World, appId: string): Application {
  const app = world.spark.apps.get(appId);
  if (app === undefined || app.state === 'FINISHED') throw new Error(`no running application ${appId}`);
  return app;
}

/** Somebody else sets the replicas. */
export function scaleByOther(world: World, replicas: number): void {
  setReplicas(world.kube, replicas);
}

/** A node takes a pod away without asking: its processes die with the next step. */
export function killPod(world: World, name: string): void {
  const pod = world.kube.pods.get(name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  deletePod(world.kube, pod, world.nowMs, 0);
}

/** Creates or replaces a ConfigMap. */
export function putConfigMap(world: World, name: string, data: Readonly<Record<string, string>>): void {
  storedDocuments(world.kube, 'configmaps').set(name, {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: world.options.namespace,
      uid: newUid(world.kube.random),
      resourceVersion: String(nextRevision(world.kube)),
      creationTimestamp: kubeTime(world.nowMs),
    },
    data: { ...data },
  });
}

export function worldStats({ spark, podMs }: World): WorldStats {
  const jobs = [...spark.apps.values()].flatMap((app) =>
    app.jobs.map((job) => ({
      appId: app.id,
      jobId: job.id,
      tasks: job.stages.reduce((all, { tasks }) => all + tasks, 0),
      submittedAtMs: job.submittedAtMs,
      doneAtMs: job.doneAtMs,
    })),
  );
  return { ...spark.stats, workerSeconds: podMs / 1000, jobs };
}

/** Answers as the Kubernetes API, and counts. */
export function askApi(world: World, request: Request): Answer {
  const answer = apiAnswer(world.kube, request, world.nowMs);
  countRequest(world.apiUsage, callName(request), bytesOf(answer));
  return answer;
}

/** Answers as the master's UI, and counts; what goes through the proxy counts as a driver's or worker's request. */
export function askMaster(world: World, request: Request): Answer {
  const answer = masterAnswer(world, request);
  const folder = request.path.split('/')[1] ?? '';
  countRequest(world.sparkUsage, folder === 'proxy' ? 'proxy' : `master /${folder}`, bytesOf(answer));
  return answer;
}

export function askDriver(world: World, app: Application, request: Request): Answer {
  const answer = driverAnswer(world, app, request);
  countRequest(world.sparkUsage, 'driver', bytesOf(answer));
  return answer;
}

export function askWorker(world: World, host: string, request: Request): Answer {
  const answer = workerAnswer(world, host, request);
  countRequest(world.sparkUsage, 'worker', bytesOf(answer));
  return answer;
}
