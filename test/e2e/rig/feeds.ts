/** Every source of demand, and what it takes that a real Spark feeds it: one row each. */
import type { SourceName } from '../../../src/config/source-names.ts';
import { installJolokia } from '../install/jolokia.ts';
import { startGraphite, startPrometheus } from '../metric-servers.ts';
import type { RunningApp } from '../spark-app.ts';
import type { SparkProperties } from '../spark-runtime.ts';
import type { Workbench } from '../workbench.ts';
import { driverAt, graphiteSink, jolokiaAgent, PROMETHEUS_SERVLET, statsdSink } from './sinks.ts';

export interface Feed {
  /** Variables of the daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** Properties of the application. */
  readonly properties: SparkProperties;
  /** Told of the application once it is registered. */
  readonly submitted?: (app: RunningApp) => Promise<void>;
}

/** Starts what stands between Spark and the daemon, if anything does; the workbench stops it. */
type StartFeed = (bench: Workbench) => Promise<Feed>;

const FEEDS: Readonly<Record<SourceName, StartFeed>> = {
  driver: () => Promise.resolve({ env: {}, properties: {} }),
  'prometheus-servlet': () => Promise.resolve({ env: {}, properties: PROMETHEUS_SERVLET }),
  carbon: (bench) => {
    const host = bench.nextAddress();
    const env = { ELASTIC_WORKER_CARBON_LISTEN: `${host}:2003` };
    return Promise.resolve({ env, properties: graphiteSink(host) });
  },
  statsd: (bench) => {
    const host = bench.nextAddress();
    const env = { ELASTIC_WORKER_STATSD_LISTEN: `${host}:8125` };
    return Promise.resolve({ env, properties: statsdSink(host) });
  },
  jolokia: async (bench) => {
    const host = bench.nextAddress();
    const jar = await installJolokia(bench.tools.cache);
    return { env: {}, properties: { ...driverAt(host), ...jolokiaAgent(jar, host) } };
  },
  graphite: async (bench) => {
    const { host, url } = await startGraphite(bench);
    const env = {
      ELASTIC_WORKER_GRAPHITE_URL: url,
      ELASTIC_WORKER_GRAPHITE_PERIOD: '1s',
      ELASTIC_WORKER_SOURCE_TIMEOUT: '1s',
    };
    return { env, properties: graphiteSink(host) };
  },
  prometheus: async (bench) => {
    const { url, scrape } = await startPrometheus(bench);
    const env = {
      ELASTIC_WORKER_PROMETHEUS_URL: url,
      ELASTIC_WORKER_PROMETHEUS_PERIOD: '2s',
      ELASTIC_WORKER_SOURCE_TIMEOUT: '1s',
    };
    return { env, properties: PROMETHEUS_SERVLET, submitted: ({ uiUrl }) => scrape([new URL(uiUrl).host]) };
  },
};

/** Every source there is. */
export const SOURCES: readonly SourceName[] = Object.keys(FEEDS).filter((name): name is SourceName => name in FEEDS);

/** Starts the feed of this source, and makes it the daemon's only one. */
export async function startFeed(bench: Workbench, source: SourceName): Promise<Feed> {
  const { env, ...rest } = await FEEDS[source](bench);
  return { ...rest, env: { ELASTIC_WORKER_SOURCES: source, ...env } };
}
