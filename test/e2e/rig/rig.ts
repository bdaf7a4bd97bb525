/** One scenario's world: a namespace with the manifests in it, a Spark master, a node agent and the daemon's process. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import type { SparkLine } from '../install/index.ts';
import { controllerPath, scale, type KubeApi } from '../kube-api.ts';
import { startNodeAgent, type NodeAgent } from '../node-agent.ts';
import { submitApp, type AppOptions, type RunningApp } from '../spark-app.ts';
import { startMaster, type Master } from '../spark-master.ts';
import type { SparkProperties } from '../spark-runtime.ts';
import { waitFor } from '../support/wait.ts';
import type { Workbench } from '../workbench.ts';
import { CLUSTER, CONFIG_MAP, installManifests, SERVICE_ACCOUNT, TARGET, WORKER_SELECTOR } from './manifests.ts';
import { startDemandProbe, startSampler, type DemandProbe, type Sampler } from './sampler.ts';
import { StatusLog } from './status-log.ts';
import { installKind, kindPath, plannedBy, targetOf, type KindName } from './target-kinds.ts';

export interface RigOptions {
  readonly bench: Workbench;
  readonly controlPlane: ControlPlane;
  readonly spark: SparkLine;
  /** Becomes the namespace. */
  readonly name: string;
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  readonly initialWorkers?: number;
  readonly workerCores?: number;
  readonly workerMemory?: string;
  readonly reverseProxy?: boolean;
  /** `spark.decommission.enabled` on master, workers and applications. Default true. */
  readonly decommission?: boolean;
  /** What makes the workers; default a ReplicationController as the manifests have it. Other kinds fix the workers' size. */
  readonly kind?: KindName;
  /** With it the master keeps applications and workers over a restart. */
  readonly recovery?: boolean;
  /** Further Spark properties of master and workers. */
  readonly properties?: SparkProperties;
  /** Where the daemon finds the API server, if not at its own address; same certificate. */
  readonly apiUrl?: string;
  /** Wins over the settings the rig gives. */
  readonly env?: Readonly<Record<string, string>>;
}

export const HOLD_SECONDS = 8;
/** On a machine with better things to do. */
const START_WITHIN_MS = 180_000;

/** Starts everything but the daemon, and waits until the first workers are registered. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const { bench, controlPlane, spark, name, initialWorkers = 1, maxWorkers = 4, minWorkers = 1 } = options;
  const { workerCores = 4, workerMemory = '2560m', reverseProxy = true, decommission = true } = options;
  const { admin } = controlPlane;
  const sizes = { minWorkers, maxWorkers, workerCores, workerMemory };
  const { kind } = options;
  await installManifests(admin, name, sizes, kind);
  if (kind !== undefined) await installKind(bench, admin, kind, name);
  const path = kind === undefined ? controllerPath(name, TARGET) : kindPath(kind, name);
  if (initialWorkers !== 1) await scale(admin, path, initialWorkers);
  const recoveryDirectory = options.recovery === true ? await bench.makeDirectory(`recovery-${name}`) : undefined;
  const { properties = {} } = options;
  const master = await startMaster(bench, {
    sparkVersion: spark,
    reverseProxy,
    decommission,
    properties,
    ...(recoveryDirectory !== undefined && { recoveryDirectory }),
  });
  const labelSelector = WORKER_SELECTOR;
  const agent = startNodeAgent(bench, { api: admin, namespace: name, labelSelector, master, properties });
  await agent.waitForReadyPods(initialWorkers, START_WITHIN_MS);
  await master.waitForAliveWorkers(initialWorkers, START_WITHIN_MS);
  return new Rig({ ...options, maxWorkers }, master, agent, path);
}

export class Rig {
  readonly options: RigOptions & { readonly maxWorkers: number };
  readonly master: Master;
  readonly agent: NodeAgent;
  /** Path of the worker controller. */
  readonly path: string;
  readonly admin: KubeApi;
  readonly apps: RunningApp[] = [];
  readonly probes: DemandProbe[] = [];
  readonly statusLog: StatusLog;
  readonly sampler: Sampler;
  readonly statusUrl: string;
  daemon: Daemon | undefined;
  /** When the daemon was killed, epoch milliseconds. */
  readonly killsAtMs: number[] = [];
  #starts = 0;

  constructor(options: RigOptions & { readonly maxWorkers: number }, master: Master, agent: NodeAgent, path: string) {
    this.options = options;
    this.master = master;
    this.agent = agent;
    this.path = path;
    this.admin = options.controlPlane.admin;
    this.statusUrl = `http://${options.bench.nextAddress()}:9404`;
    this.sampler = startSampler(agent);
    this.statusLog = new StatusLog(this.statusUrl);
    options.bench.onStop(() => {
      this.stopWatching();
      return Promise.resolve();
    });
  }

  /** Starts the daemon from the bundle with the ServiceAccount's token; resolves when it answers. */
  async startDaemon(): Promise<void> {
    const { bench, name } = this.options;
    this.#starts += 1;
    this.daemon = await startDaemon(bench, {
      env: await this.#environment(),
      statusUrl: this.statusUrl,
      name: `daemon-${name}-${this.#starts}`,
    });
    await waitFor('the daemon to be healthy', () => this.statusLog.healthy(), { timeoutMs: 20_000 });
  }

  /** Runs another of its commands to its end, with the same environment. */
  async command(...args: string[]): Promise<{ readonly code: number | null; readonly lines: readonly unknown[] }> {
    this.#starts += 1;
    const env = await this.#environment();
    const one = await startDaemon(this.options.bench, {
      env,
      args,
      name: `command-${this.options.name}-${this.#starts}`,
    });
    const { code } = await one.exited;
    return { code, lines: one.logs.map((line) => line.text ?? line) };
  }

  /** Ends the daemon at once, as a crash would. */
  async killDaemon(): Promise<void> {
    this.killsAtMs.push(Date.now());
    this.daemon?.kill('SIGKILL');
    await this.daemon?.exited;
  }

  /** Submits an application and watches from outside when its demand becomes visible. */
  async submit(options: Omit<AppOptions, 'master'>, beyondExecutors = 0): Promise<RunningApp> {
    const app = await submitApp(this.options.bench, { master: this.master, ...options });
    this.apps.push(app);
    this.probes.push(startDemandProbe(app, beyondExecutors));
    return app;
  }

  async planned(): Promise<number> {
    return plannedBy(this.admin, this.path);
  }

  /** Resolves once the planned count is `count`. */
  async waitForPlanned(count: number, timeoutMs = 60_000): Promise<void> {
    try {
      await waitFor(`${count} workers planned`, async () => (await this.planned()) === count, { timeoutMs });
    } catch (cause) {
      const [last] = (await this.statusLog.now().catch(() => undefined))?.decisions ?? [];
      throw new Error(`${count} workers were never planned; the daemon says ${JSON.stringify(last)}`, { cause });
    }
  }

  /** Waits until all planned workers are registered at the master. */
  async waitForRegistered(count: number, timeoutMs = 90_000): Promise<void> {
    await this.master.waitForAliveWorkers(count, timeoutMs);
  }

  async scaleByHand(count: number): Promise<void> {
    await scale(this.admin, this.path, count);
  }

  /** Changes keys of the cluster's ConfigMap; null removes one. */
  async configure(data: Readonly<Record<string, string | null>>): Promise<void> {
    await this.admin.patch(`/api/v1/namespaces/${this.options.name}/configmaps/${CONFIG_MAP}`, { data });
  }

  /** Ends all of it before the workbench does, to make room for another. */
  async close(): Promise<void> {
    this.stopWatching();
    await this.daemon?.stop();
    await this.agent.stop();
    await this.master.stop('SIGKILL');
  }

  stopWatching(): void {
    this.sampler.stop();
    this.statusLog.stop();
    for (const probe of this.probes) probe.stop();
  }

  async #environment(): Promise<Record<string, string>> {
    const { controlPlane, name, bench, env, kind, apiUrl = controlPlane.apiUrl } = this.options;
    const directory = await bench.makeDirectory(`credentials-${name}`);
    const token = await controlPlane.createToken(name, SERVICE_ACCOUNT);
    const kubeconfig = join(directory, 'kubeconfig.json');
    await writeFile(kubeconfig, JSON.stringify(kubeconfigFor(apiUrl, controlPlane.caFile, name, token)), {
      mode: 0o600,
    });
    return {
      ELASTIC_WORKER_CLUSTER: CLUSTER,
      ELASTIC_WORKER_TARGET: kind === undefined ? TARGET : targetOf(kind),
      ELASTIC_WORKER_CONFIG_MAP: CONFIG_MAP,
      ELASTIC_WORKER_NAMESPACE: name,
      ELASTIC_WORKER_MASTER_URL: this.master.uiUrl,
      ELASTIC_WORKER_ALLOWED_NETWORKS: '127.0.0.0/8',
      ELASTIC_WORKER_HOLD: `${HOLD_SECONDS}s`,
      ELASTIC_WORKER_LISTEN: this.statusUrl.replace('http://', ''),
      ELASTIC_WORKER_LOG_FORMAT: 'json',
      ELASTIC_WORKER_LOG_LEVEL: 'debug',
      KUBECONFIG: kubeconfig,
      // A restarted container of the same pod takes its predecessor's Lease at once.
      POD_NAME: `spark-master-${name}`,
      POD_UID: `uid-${name}`,
      ...env,
    };
  }
}

function kubeconfigFor(server: string, caFile: string, namespace: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'daemon', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'daemon', namespace } }],
    'current-context': 'e2e',
  };
}
