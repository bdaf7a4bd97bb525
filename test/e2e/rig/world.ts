/** A rig whose daemon reaches the API server through the fault proxy, with one application that obeys the test. */
import * as v from 'valibot';
import type { KubeApi } from '../kube-api.ts';
import type { AgentPod } from '../node-agent.ts';
import { waitFor } from '../support/wait.ts';
import { startApiFaults, type ApiFaults } from './api-faults.ts';
import { submitCommanded, type CommandedApp } from './commanded-app.ts';
import { FaultLog } from './fault-log.ts';
import { startRig, type Rig, type RigOptions } from './rig.ts';

/** Small workers, each for one executor. */
export const WORKERS = 8;
export const WORKER_CORES = 2;
export const HOLD_MS = 4_000;
const SETTLED_WITHIN_MS = 300_000;

export interface World {
  readonly rig: Rig;
  readonly api: ApiFaults;
  readonly faults: FaultLog;
  readonly app: CommandedApp;
  /** Pods on their way out by what is written on them, oldest first. */
  onTheirWay(): Promise<readonly AnnotatedPod[]>;
  /** Ends the daemon at once, and starts it again; one such at a time. `pods` are those its removals then were about. */
  killDaemon(before: () => Promise<void> | void): Promise<void>;
}

/** What the application of a world gets; executors without shuffle leave soon, those with shuffle never. */
export const APP_OPTIONS = {
  properties: { 'spark.executor.cores': String(WORKER_CORES) },
  dynamicAllocation: { max: WORKERS, idleTimeoutSeconds: 3 },
};

/** Rig options of small workers and short holds, so that many removals fit into little time. */
export function smallWorkers(options: Pick<RigOptions, 'bench' | 'controlPlane' | 'spark' | 'name'>): RigOptions {
  return {
    ...options,
    maxWorkers: WORKERS,
    workerCores: WORKER_CORES,
    workerMemory: '1g',
    env: {
      ELASTIC_WORKER_HOLD: `${HOLD_MS / 1000}s`,
      ELASTIC_WORKER_REVERSALS_PER_HOUR: '3600',
      ELASTIC_WORKER_MAX_DRAINING: '4',
    },
  };
}

/** Starts all of it. */
export async function startWorld(
  options: Pick<RigOptions, 'bench' | 'controlPlane' | 'spark' | 'name'>,
): Promise<World> {
  const api = await startApiFaults(options.bench, options.controlPlane);
  // A master that restarts comes back with its applications, as in the manifests. It waits this long for a worker that ended
  // meanwhile, and gives up one that is slower to answer, with all that it holds.
  const properties = { 'spark.worker.timeout': '45' };
  const rig = await startRig({ ...smallWorkers(options), apiUrl: api.url, recovery: true, properties });
  await rig.startDaemon();
  const app = await submitCommanded(rig, { ...APP_OPTIONS, name: 'campaign' });
  let turn: Promise<void> = Promise.resolve();
  return {
    rig,
    api,
    faults: new FaultLog(),
    app,
    onTheirWay: () => onTheirWay(rig.admin, options.name),
    killDaemon: (before) => {
      turn = turn.then(async () => {
        await before();
        await rig.killDaemon();
        await rig.startDaemon();
      });
      return turn;
    },
  };
}

const Pods = v.object({
  items: v.array(
    v.object({
      metadata: v.object({
        name: v.string(),
        annotations: v.optional(v.record(v.string(), v.string()), {}),
        deletionTimestamp: v.optional(v.string()),
      }),
      status: v.optional(v.object({ podIP: v.optional(v.string(), '') }), { podIP: '' }),
    }),
  ),
});

export interface AnnotatedPod {
  readonly name: string;
  readonly podIp: string;
  readonly chosen: boolean;
  readonly marked: boolean;
}

async function onTheirWay(admin: KubeApi, namespace: string): Promise<readonly AnnotatedPod[]> {
  return (await annotatedPods(admin, namespace)).filter(({ chosen, marked }) => chosen || marked);
}

/** Pods that are not ending. */
export async function annotatedPods(admin: KubeApi, namespace: string): Promise<readonly AnnotatedPod[]> {
  const { items } = v.parse(Pods, await admin.get(`/api/v1/namespaces/${namespace}/pods`));
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata: { name, annotations }, status: { podIP } }) => ({
      name,
      podIp: podIP,
      chosen: 'elastic-worker/chosen-at' in annotations,
      marked: 'elastic-worker/marked-at' in annotations,
    }));
}

/** Resolves when `count` workers are planned, Ready and registered, and no pod is on its way out. */
export async function settledAt({ rig }: World | { readonly rig: Rig }, count: number): Promise<readonly AgentPod[]> {
  await rig.waitForPlanned(count, SETTLED_WITHIN_MS);
  const pods = await rig.agent.waitForReadyPods(count, SETTLED_WITHIN_MS);
  await waitFor(
    `nothing to be on its way out at ${count} workers`,
    async () => (await rig.planned()) === count && (await onTheirWay(rig.admin, rig.options.name)).length === 0,
    { timeoutMs: SETTLED_WITHIN_MS },
  );
  return pods;
}
