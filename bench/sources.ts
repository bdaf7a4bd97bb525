/**
 * What one read of each source costs with 100 applications: milliseconds and bytes.
 *
 * A read is one round over all applications, from the request to gauges by application, over loopback against a server
 * in a thread of its own that answers at once: the time is what the daemon does with answers of real size, and none of the
 * network's, Graphite's or Prometheus' own. The daemon spreads a round over drivers according to its budget of requests
 * (50 a second by default); here all are asked at once. Bytes are those of the bodies.
 *
 * For the sources that listen, a read is what it is in the daemon: looking up what was heard. Bytes and processor time are those
 * of one whole report of each driver, which comes in before it.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { parseConfig } from '../src/config/config.ts';
import { percentile } from '../src/lab/measure/statistics.ts';
import { carbonListener } from '../src/sources/carbon-listener.ts';
import { GaugeStore } from '../src/sources/gauge-store.ts';
import { graphiteReader } from '../src/sources/graphite.ts';
import { jolokia } from '../src/sources/jolokia.ts';
import { prometheusReader } from '../src/sources/prometheus.ts';
import { prometheusServlet } from '../src/sources/prometheus-servlet.ts';
import { pushSource } from '../src/sources/push-source.ts';
import { seriesSource, type SeriesReader } from '../src/sources/series-source.ts';
import { statsdListener } from '../src/sources/statsd-listener.ts';
import { serverHttp, type SendToServer } from '../src/sources/server-http.ts';
import { sparkAdapters, type SparkAdapters } from '../src/spark/adapters.ts';
import type { ApplicationView } from '../src/core/spark-view.ts';
import type { SparkHttpOptions } from '../src/spark/options.ts';
import type { Census, GaugeSource } from '../src/spark/ports.ts';
import type { Order } from './sources-server.ts';
import { rounded } from './statistics.ts';

const APPLICATIONS = 100;
const ROUNDS = 60;
const WARM_UP = 10;

export interface SourceResult {
  readonly source: string;
  readonly applications: number;
  readonly msP50: number;
  readonly msP99: number;
  /** Of the processor, by the thread that reads. */
  readonly cpuMsMean: number;
  readonly bytesPerRead: number;
  readonly requestsPerRead: number;
}

/** Datagrams may be lost; no answer to a question may. */
const LEAST_READ = 0.9;

const RULES = { namespace: '${spark.app.id}' };
/** All drivers in one round, and each read a poll after the last. */
const ALL_AT_ONCE = { pollMs: 1, driverRequestsPerSecond: 1e6 };
/** So much made-up time from one read to the next that every read is due. */
const STEP_MS = 60_000;

const applications: readonly ApplicationView[] = Array.from({ length: APPLICATIONS }, (_, index) => ({
  id: `app-20261126120000-${String(index).padStart(4, '0')}`,
  name: 'job',
  state: 'RUNNING',
  startedAtEpochMs: 0,
  grantedCores: 0,
  memoryPerExecutorMiB: 1024,
  customPerExecutor: {},
}));

const census: Census = { endedIds: [], nowEpochMs: Date.now(), settingsOf: () => undefined };

interface Built {
  readonly source: GaugeSource;
  readonly requestsPerRead: number;
  /** Lets every driver send its report, and waits until it has been taken in. */
  readonly report?: (server: Worker) => Promise<void>;
}

/** Measures every source in turn. */
export async function measureSources(rounds = ROUNDS, warmUp = WARM_UP): Promise<readonly SourceResult[]> {
  const ids = applications.map(({ id }) => id);
  const server = new Worker(new URL('./sources-server.ts', import.meta.url), { workerData: ids });
  try {
    const [port] = (await once(server, 'message')) as [number];
    const results: SourceResult[] = [];
    const asked = await sourcesAt(`http://127.0.0.1:${port}`);
    const told = await Promise.all([listening('carbon'), listening('statsd')]);
    for (const built of [...asked, ...told]) {
      results.push(await measure(built, server, rounds, warmUp));
      await built.source.stop?.();
    }
    return results;
  } finally {
    await server.terminate();
  }
}

async function sourcesAt(url: string): Promise<readonly Built[]> {
  const spark = await adaptersAt(url);
  const send = await sender(undefined);
  const guarded = await sender(spark.guard.lookup);
  let madeUpMs = 0;
  const clock = { nowMs: () => (madeUpMs += STEP_MS), nowEpochMs: Date.now };
  const turns = { ...ALL_AT_ONCE, now: clock.nowMs };
  const series = (reader: SeriesReader): Built => ({ source: seriesSource(reader, RULES), requestsPerRead: 1 });
  const agents = { send: guarded, guard: spark.guard, master: spark.master, rules: RULES };
  const address = `${url}/jolokia/\${spark.app.id}`;
  return [
    { source: spark.gauges, requestsPerRead: APPLICATIONS },
    { source: prometheusServlet(turns, spark.drivers, RULES), requestsPerRead: APPLICATIONS },
    { source: jolokia({ ...turns, url: address }, agents), requestsPerRead: APPLICATIONS },
    series(graphiteReader({ url, target: '*', periodMs: 10_000, pollMs: 0, ...clock }, send)),
    series(prometheusReader({ url, query: '{}', ownerLabel: undefined, periodMs: 15_000, pollMs: 0, ...clock }, send)),
  ];
}

/** A listener with the settings that it has by default, at a port that is free. */
async function listening(name: 'carbon' | 'statsd'): Promise<Built> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const parsed = parseConfig({ ELASTIC_WORKER_TARGET: 'w' });
  if (!parsed.ok) throw new Error('the defaults are no settings');
  const { listeners } = parsed.config.sources;
  const store = new GaugeStore(listeners);
  const nowMs = (): number => performance.now();
  const address = { host: '127.0.0.1', port };
  const listener =
    name === 'carbon'
      ? carbonListener({ ...listeners, store, nowMs, address })
      : statsdListener({ store, nowMs, address });
  const source = pushSource({ name, store, listener, rules: RULES, nowMs });
  const started = await source.start?.();
  if (started?.ok === false) throw new Error(started.error);
  await source.read(applications, new AbortController().signal, census);
  const report = async (server: Worker): Promise<void> => {
    server.postMessage({ kind: name, port } satisfies Order);
    await once(server, 'message');
    await untilQuiet(() => source.traffic?.().totals.lines ?? 0);
  };
  return { source, requestsPerRead: 0, report };
}

/** Resolves once nothing more comes. */
async function untilQuiet(count: () => number): Promise<void> {
  for (let before = -1, now = count(); now !== before; before = now, now = count()) await setTimeout(20);
}

async function measure(
  { source, requestsPerRead, report }: Built,
  server: Worker,
  rounds: number,
  warmUp: number,
): Promise<SourceResult> {
  // A report of every driver takes longer than a question.
  const count = report === undefined ? rounds : Math.ceil(rounds / 10);
  for (let round = 0; round < Math.min(warmUp, count); round += 1) {
    await report?.(server);
    await readAll(source);
  }
  await bytesSent(server);
  const times: number[] = [];
  const before = process.threadCpuUsage();
  for (let round = 0; round < count; round += 1) {
    await report?.(server);
    const startedAtMs = performance.now();
    await readAll(source);
    times.push(performance.now() - startedAtMs);
  }
  const { user, system } = process.threadCpuUsage(before);
  const bytes = await bytesSent(server);
  return {
    source: source.name,
    applications: APPLICATIONS,
    msP50: rounded(percentile(times, 0.5), 2),
    msP99: rounded(percentile(times, 0.99), 2),
    cpuMsMean: rounded((user + system) / 1000 / count, 2),
    bytesPerRead: Math.round(bytes / count),
    requestsPerRead,
  };
}

async function bytesSent(server: Worker): Promise<number> {
  server.postMessage({ kind: 'bytes' } satisfies Order);
  const [bytes] = (await once(server, 'message')) as [number];
  return bytes;
}

/** Reads once, and sees to it that every application was read: a source that fails is quick. */
async function readAll(source: GaugeSource): Promise<void> {
  const answers = await source.read(applications, new AbortController().signal, census);
  const good = [...answers.values()].filter((one) => one.ok && one.value.answer.kind === 'gauges');
  if (good.length >= APPLICATIONS * LEAST_READ) return;
  const [bad] = [...answers.values()].filter((one) => !one.ok);
  throw new Error(`${source.name} read ${good.length} of ${APPLICATIONS}: ${JSON.stringify(bad)}`);
}

function adaptersOptions(masterUrl: string): SparkHttpOptions {
  return {
    masterUrl,
    ...ALL_AT_ONCE,
    masterTimeoutMs: 5_000,
    requestTimeoutMs: 5_000,
    maxConcurrentRequests: 16,
    maxBodyMiB: 8,
    useProxy: 'always',
    allowedNetworks: ['127.0.0.0/8'],
    learntNetworks: () => [],
    deniedAddresses: [],
    now: () => performance.now(),
  };
}

async function adaptersAt(url: string): Promise<SparkAdapters> {
  const built = await sparkAdapters(adaptersOptions(url));
  if (!built.ok) throw new Error(built.error.join('; '));
  return built.value;
}

async function sender(lookup: Parameters<typeof serverHttp>[4]): Promise<SendToServer> {
  const limits = { requestTimeoutMs: 5_000, maxConcurrentRequests: 16, maxBodyMiB: 8 };
  const built = await serverHttp('ELASTIC_WORKER_GRAPHITE', {}, limits, () => performance.now(), lookup);
  if (!built.ok) throw new Error(built.error.join('; '));
  return built.value;
}
