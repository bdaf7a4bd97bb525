/**
 * The embedded Carbon under load, and the real carbon-cache under the same load in the same run.
 *
 * The bundled daemon runs as a process of its own against the stand-in, with carbon as its only source, and decides once a
 * second. The sender is a process of its own too; receivers take turns, so that each has the machine to itself.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { startStandin, type Standin } from '../demo/standin/standin.ts';
import type { SenderOrder, SenderResult } from './carbon-sender.ts';
import { startCarbonCache } from './carbon-cache.ts';
import { startDaemonProcess, type DaemonProcess } from './daemon-process.ts';
import { readUsage, requireProc } from './process-usage.ts';
import { rounded } from './statistics.ts';

/** One receiver under one load. */
export interface CarbonLoad {
  /** What was offered; 0: as much as is taken. */
  readonly offeredLinesPerSecond: number;
  /** What was read to the end. */
  readonly linesPerSecond: number;
  /** By the time it had a processor, which a busy machine changes little; what it does besides is in it. */
  readonly linesPerCoreSecond: number;
  readonly cpuMillicores: number;
  readonly rssMiBMax: number;
}

export interface CarbonBench extends Pick<CarbonLoad, 'linesPerSecond' | 'rssMiBMax'> {
  /** From the second at which a pass is due to its decision, while `offered` came in. */
  readonly decisionLatencyMsP99: number;
  readonly decisionLatencyMsP50: number;
  /** The same without load. */
  readonly idleDecisionLatencyMsP99: number;
  /** Passes that the load made the daemon leave out. */
  readonly skippedPasses: number;
  /** Applications whose demand it read from Carbon when the load ended, of how many. */
  readonly applicationsRead: number;
  readonly applications: number;
  readonly offered: CarbonLoad;
  readonly flatOut: CarbonLoad & { readonly decisionLatencyMsP99: number };
  /** Every report under a name that never comes again. */
  readonly madeUp: CarbonLoad & { readonly decisionLatencyMsP99: number };
  readonly carbonCache: { readonly version: string; readonly offered: CarbonLoad; readonly flatOut: CarbonLoad };
}

/** The aim is 200,000; a little more, so that reports that are not read to their end at the end do not hide a miss. */
const OFFERED_LINES_PER_SECOND = 210_000;
const APPLICATIONS = 50;
const WORKERS = 20;
const CARBON_PORT = 2003;
const STATUS_PORT = 9404;
const CONFIG_MAP = 'cluster-config';
/** `/status` keeps the last few steady passes only. */
const ASK_EVERY_MS = 2_000;
const SENDER = join(import.meta.dirname, 'carbon-sender.ts');

const Status = v.object({
  decisions: v.array(v.object({ sequence: v.number(), atEpochMs: v.number(), durationMs: v.number() })),
  skippedPasses: v.number(),
  gaugeSources: v.array(v.object({ inUse: v.nullable(v.string()) })),
});
type Status = v.InferOutput<typeof Status>;

/** Each load lasts so many seconds. Rejects where there is no bundle, no /proc, or carbon-cache cannot be installed. */
export async function benchCarbon(seconds: number, linesPerSecond = OFFERED_LINES_PER_SECOND): Promise<CarbonBench> {
  requireProc();
  const directory = await mkdtemp(join(tmpdir(), 'elastic-worker-bench-'));
  const standin = await startStandin({
    initialWorkers: WORKERS,
    configMaps: { [CONFIG_MAP]: { 'elasticWorker.enable': 'true' } },
  });
  const host = `${standin.world.options.network}.255.1`;
  try {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, standin.kubeconfig());
    const applicationIds = await startApplications(standin);
    standin.run();
    const order = { host, port: CARBON_PORT, applicationIds, seconds };
    const daemon = await startDaemonProcess(settingsFor(standin, kubeconfig, host));
    let ours: Omit<CarbonBench, 'carbonCache'>;
    try {
      await daemon.firstDecision();
      ours = await loadDaemon(daemon, `http://${host}:${STATUS_PORT}/status`, order, linesPerSecond);
    } finally {
      await daemon.stop();
    }
    const offered = await loadCarbonCache({ ...order, linesPerSecond });
    const flatOut = await loadCarbonCache({ ...order, linesPerSecond: 0 });
    const { version } = offered;
    return { ...ours, carbonCache: { version, offered: offered.load, flatOut: flatOut.load } };
  } finally {
    await standin.stop();
    await rm(directory, { recursive: true });
  }
}

async function startApplications(standin: Standin): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 0; number < APPLICATIONS; number += 1) {
    const spec = { name: `report-${number}`, executorCores: 1, executorMemoryMiB: 1024, dynamicAllocation: true };
    ids.push(await standin.startApplication(spec));
  }
  return ids;
}

function settingsFor({ world, masterUiUrl }: Standin, kubeconfig: string, host: string): Record<string, string> {
  return {
    ELASTIC_WORKER_KUBECONFIG: kubeconfig,
    ELASTIC_WORKER_NAMESPACE: world.options.namespace,
    ELASTIC_WORKER_TARGET: world.options.controllerName,
    ELASTIC_WORKER_CONFIG_MAP: CONFIG_MAP,
    ELASTIC_WORKER_MASTER_URL: masterUiUrl,
    ELASTIC_WORKER_ALLOWED_NETWORKS: '127.0.0.0/8',
    ELASTIC_WORKER_LISTEN: `${host}:${STATUS_PORT}`,
    ELASTIC_WORKER_MIN: String(WORKERS),
    ELASTIC_WORKER_MAX: String(WORKERS + 10),
    ELASTIC_WORKER_SOURCES: 'carbon',
    ELASTIC_WORKER_CARBON_LISTEN: `${host}:${CARBON_PORT}`,
  };
}

async function loadDaemon(
  daemon: DaemonProcess,
  statusUrl: string,
  order: Omit<SenderOrder, 'linesPerSecond'>,
  linesPerSecond: number,
): Promise<Omit<CarbonBench, 'carbonCache'>> {
  const idle = await watchPasses(statusUrl, () => setTimeout(order.seconds * 1000));
  const before = await readStatus(statusUrl);
  const underLoad = async (how: Partial<SenderOrder>): Promise<Watched> => {
    const { result, latencies } = await watchPasses(statusUrl, () =>
      load(daemon.pid, { ...order, linesPerSecond, ...how }),
    );
    return { load: result, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  };
  const offered = await underLoad({});
  const after = await readStatus(statusUrl);
  const madeUp = await underLoad({ madeUp: true });
  const flatOut = await underLoad({ linesPerSecond: 0 });
  return {
    linesPerSecond: offered.load.linesPerSecond,
    rssMiBMax: flatOut.load.rssMiBMax,
    decisionLatencyMsP99: offered.p99,
    decisionLatencyMsP50: offered.p50,
    idleDecisionLatencyMsP99: percentile(idle.latencies, 0.99),
    skippedPasses: after.skippedPasses - before.skippedPasses,
    applicationsRead: after.gaugeSources.filter(({ inUse }) => inUse === 'carbon').length,
    applications: APPLICATIONS,
    offered: offered.load,
    flatOut: { ...flatOut.load, decisionLatencyMsP99: flatOut.p99 },
    madeUp: { ...madeUp.load, decisionLatencyMsP99: madeUp.p99 },
  };
}

interface Watched {
  readonly load: CarbonLoad;
  readonly p50: number;
  readonly p99: number;
}

async function loadCarbonCache(order: SenderOrder): Promise<{ readonly version: string; readonly load: CarbonLoad }> {
  const cache = await startCarbonCache(order.host, order.port);
  try {
    return { version: cache.version, load: await load(cache.pid, order) };
  } finally {
    await cache.stop();
  }
}

/** Runs the sender against a receiver, and reads what that took. */
async function load(pid: number, order: SenderOrder): Promise<CarbonLoad> {
  const before = await readUsage(pid);
  const { stdout } = await promisify(execFile)(process.execPath, [SENDER, JSON.stringify(order)]);
  const { lines, tookMs, broken } = JSON.parse(stdout) as SenderResult;
  const after = await readUsage(pid);
  if (broken > 0) throw new Error(`${broken} connections broke`);
  return {
    offeredLinesPerSecond: order.linesPerSecond,
    linesPerSecond: Math.round((lines * 1000) / tookMs),
    linesPerCoreSecond: Math.round((lines * 1000) / Math.max(1, after.cpuMs - before.cpuMs)),
    cpuMillicores: Math.round(((after.cpuMs - before.cpuMs) * 1000) / tookMs),
    rssMiBMax: rounded(after.rssMiBMax, 1),
  };
}

/** Latencies of all passes until `work` has ended: a pass is due at the full second before it began. */
async function watchPasses<T>(
  statusUrl: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly latencies: readonly number[] }> {
  const first = Math.max(0, ...(await readStatus(statusUrl)).decisions.map(({ sequence }) => sequence));
  const latencies = new Map<number, number>();
  const progress = { ended: false };
  const working = work().finally(() => (progress.ended = true));
  while (!progress.ended) {
    await Promise.race([setTimeout(ASK_EVERY_MS), working]);
    for (const { sequence, atEpochMs, durationMs } of (await readStatus(statusUrl)).decisions) {
      const dueMs = Math.floor((atEpochMs - durationMs) / 1000) * 1000;
      if (sequence > first) latencies.set(sequence, atEpochMs - dueMs);
    }
  }
  return { result: await working, latencies: [...latencies.values()] };
}

async function readStatus(url: string): Promise<Status> {
  const body: unknown = await (await fetch(url)).json();
  return v.parse(Status, body);
}

/** Of the sorted values the one at this share. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (at === undefined) throw new Error('no pass was seen');
  return Math.round(at);
}
