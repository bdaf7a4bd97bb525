/**
 * What the bundled daemon costs: memory, CPU, start and traffic, as a process of its own against the stand-in.
 *
 * The stand-in runs in this process, over HTTP on loopback: 100 workers, three applications, one of which wants more
 * than there is now and then, so that the daemon grows and shrinks the cluster by a few. The daemon polls once a
 * second, writes its Lease, and reads its flag from a ConfigMap, as the manifests have it.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { startStandin, type Standin } from '../demo/standin/standin.ts';
import type { Usage } from '../demo/standin/usage.ts';
import { BUNDLE, startDaemonProcess, type DaemonProcess } from './daemon-process.ts';
import { readUsage, requireProc } from './process-usage.ts';
import { rounded } from './statistics.ts';

export interface Footprint {
  /** Most memory resident at any time, start included. */
  readonly rssMiBMax: number;
  /** CPU time from the first decision on, by the time that was watched. */
  readonly cpuMillicores: number;
  /** From the start of the process until `/status` shows a decision. */
  readonly startMs: number;
  readonly bundleKiB: number;
  /** Calls to the Kubernetes API from the first decision on. */
  readonly apiCallsPerMinute: number;
  /** Bytes of all bodies that the API, the master, the drivers and the workers sent, from the first decision on. */
  readonly bytesReadPerMinute: number;
}

const WORKERS = 100;
const CONFIG_MAP = 'cluster-config';
const STATUS_PORT = 9404;

/** Watches it for so many seconds after its first decision. Rejects where there is no bundle or no /proc. */
export async function measureFootprint(seconds: number): Promise<Footprint> {
  requireProc();
  const directory = await mkdtemp(join(tmpdir(), 'elastic-worker-bench-'));
  const standin = await startStandin({
    initialWorkers: WORKERS,
    configMaps: { [CONFIG_MAP]: { 'elasticWorker.enable': 'true' } },
  });
  try {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, standin.kubeconfig());
    const work = await startWork(standin);
    standin.run();
    const daemon = await startDaemonProcess(settingsFor(standin, kubeconfig));
    try {
      return await watch(daemon, standin, seconds, work);
    } finally {
      await daemon.stop();
    }
  } finally {
    await standin.stop();
    await rm(directory, { recursive: true });
  }
}

function settingsFor({ world, masterUiUrl }: Standin, kubeconfig: string): Record<string, string> {
  const { namespace, controllerName, network } = world.options;
  return {
    ELASTIC_WORKER_KUBECONFIG: kubeconfig,
    ELASTIC_WORKER_NAMESPACE: namespace,
    ELASTIC_WORKER_TARGET: controllerName,
    ELASTIC_WORKER_CONFIG_MAP: CONFIG_MAP,
    ELASTIC_WORKER_MASTER_URL: masterUiUrl,
    // The stand-in's drivers live on loopback, where applications may not point to unless told so.
    ELASTIC_WORKER_ALLOWED_NETWORKS: '127.0.0.0/8',
    ELASTIC_WORKER_LISTEN: `${network}.255.1:${STATUS_PORT}`,
    ELASTIC_WORKER_MIN: String(WORKERS),
    ELASTIC_WORKER_MAX: String(WORKERS + 10),
    ELASTIC_WORKER_HOLD: '20s',
  };
}

/** Starts the applications; the answer is called once a second from then on. */
async function startWork(standin: Standin): Promise<(second: number) => void> {
  const spec = { executorMemoryMiB: 2048, dynamicAllocation: true, maxExecutors: 500, idleTimeoutMs: 10_000 };
  await standin.startApplication({ ...spec, name: 'notebook', executorCores: 1 });
  const steady = await standin.startApplication({ ...spec, name: 'stream', executorCores: 2 });
  const bursts = await standin.startApplication({ ...spec, name: 'report', executorCores: 4 });
  standin.submitJob(steady, { tasks: 1_000_000, taskMs: 5000 });
  return (second) => {
    if (second % 60 === 5) standin.submitJob(bursts, { tasks: 200, taskMs: 5000 });
  };
}

async function watch(
  daemon: DaemonProcess,
  { world }: Standin,
  seconds: number,
  work: (second: number) => void,
): Promise<Footprint> {
  const startMs = await daemon.firstDecision();
  const before = { usage: await readUsage(daemon.pid), traffic: trafficOf(world), atMs: performance.now() };
  for (let second = 0; second < seconds; second += 1) {
    work(second);
    await setTimeout(1000);
    if (!daemon.isRunning()) throw new Error(`the daemon ended by itself: ${daemon.errorText()}`);
  }
  const after = { usage: await readUsage(daemon.pid), traffic: trafficOf(world), atMs: performance.now() };
  const watchedMs = after.atMs - before.atMs;
  const perMinute = (count: number): number => Math.round((count * 60_000) / watchedMs);
  return {
    rssMiBMax: rounded(after.usage.rssMiBMax, 1),
    cpuMillicores: rounded(((after.usage.cpuMs - before.usage.cpuMs) * 1000) / watchedMs, 1),
    startMs: Math.round(startMs),
    bundleKiB: Math.round((await stat(BUNDLE)).size / 1024),
    apiCallsPerMinute: perMinute(after.traffic.apiCalls - before.traffic.apiCalls),
    bytesReadPerMinute: perMinute(after.traffic.bytes - before.traffic.bytes),
  };
}

function trafficOf({ apiUsage, sparkUsage }: { readonly apiUsage: Usage; readonly sparkUsage: Usage }) {
  return {
    apiCalls: [...apiUsage.requests.values()].reduce((sum, count) => sum + count, 0),
    bytes: apiUsage.bytesSent + sparkUsage.bytesSent,
  };
}
