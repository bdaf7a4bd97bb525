/** How each source of demand is built, in one place. */
import type { Config } from '../config/config.ts';
import type { SourceName } from '../config/source-names.ts';
import { ok, type Result } from '../core/result.ts';
import type { Clock } from '../daemon/clock.ts';
import { graphiteReader } from '../sources/graphite.ts';
import { jolokia } from '../sources/jolokia.ts';
import type { OwnerRules } from '../sources/owners.ts';
import { prometheusReader } from '../sources/prometheus.ts';
import { prometheusServlet } from '../sources/prometheus-servlet.ts';
import { seriesSource } from '../sources/series-source.ts';
import { serverHttp } from '../sources/server-http.ts';
import type { SparkAdapters } from '../spark/adapters.ts';
import type { TurnOptions } from '../spark/in-turns.ts';
import type { HttpLimits } from '../spark/options.ts';
import { carbonListener } from '../sources/carbon-listener.ts';
import { GaugeStore } from '../sources/gauge-store.ts';
import { pushSource } from '../sources/push-source.ts';
import { statsdListener } from '../sources/statsd-listener.ts';
import type { GaugeSource } from '../spark/ports.ts';

export interface SourceParts {
  readonly config: Config;
  readonly spark: SparkAdapters;
  readonly clock: Clock;
}

/** A source, or what a person has to mend first. */
type Built = Result<GaugeSource, readonly string[]>;
type Builder = (parts: SourceParts) => Promise<Built> | Built;

/** One entry for each source; a new one is a file in src/sources and an entry here. */
const BUILDERS: Readonly<Record<SourceName, Builder>> = {
  driver: ({ spark }) => ok(spark.gauges),
  carbon: (parts) => ok(listening('carbon', parts)),
  statsd: (parts) => ok(listening('statsd', parts)),
  'prometheus-servlet': (parts) => ok(prometheusServlet(turnsOf(parts), parts.spark.drivers, rulesOf(parts))),

  async jolokia(parts) {
    const { access, url } = parts.config.sources.jolokia;
    const { guard, master } = parts.spark;
    const { nowMs } = parts.clock;
    const send = await serverHttp('ELASTIC_WORKER_JOLOKIA', access, parts.config.spark, nowMs, guard.lookup);
    if (!send.ok) return send;
    return ok(jolokia({ ...turnsOf(parts), url }, { send: send.value, guard, master, rules: rulesOf(parts) }));
  },

  async graphite(parts) {
    const { access, ...own } = parts.config.sources.graphite;
    const send = await serverHttp('ELASTIC_WORKER_GRAPHITE', access, limitsOf(parts), parts.clock.nowMs);
    if (!send.ok) return send;
    const options = { ...own, url: own.url ?? '', pollMs: parts.config.pollMs, ...parts.clock };
    return ok(seriesSource(graphiteReader(options, send.value), rulesOf(parts)));
  },

  async prometheus(parts) {
    const { access, ...own } = parts.config.sources.prometheus;
    const send = await serverHttp('ELASTIC_WORKER_PROMETHEUS', access, limitsOf(parts), parts.clock.nowMs);
    if (!send.ok) return send;
    const options = { ...own, url: own.url ?? '', pollMs: parts.config.pollMs, ...parts.clock };
    return ok(seriesSource(prometheusReader(options, send.value), rulesOf(parts)));
  },
};

/** Sources that ask each driver: they share the requests that drivers are asked in a second. */
const PER_DRIVER: readonly SourceName[] = ['driver', 'prometheus-servlet', 'jolokia'];

function rulesOf({ config }: SourceParts): OwnerRules {
  return { namespace: config.sources.metricsNamespace };
}

function limitsOf({ config }: SourceParts): HttpLimits {
  return { ...config.spark, requestTimeoutMs: config.sources.timeoutMs };
}

function turnsOf({ config, clock }: SourceParts): TurnOptions {
  return { pollMs: config.pollMs, driverRequestsPerSecond: driverShareOf(config), now: clock.nowMs };
}

/** Requests a second that each of the sources which ask drivers may make. */
export function driverShareOf({ sources, spark }: Config): number {
  const sharing = sources.names.filter((name) => PER_DRIVER.includes(name)).length;
  return Math.max(1, spark.driverRequestsPerSecond / Math.max(1, sharing));
}

/** A source that drivers send to, with a store of its own. */
function listening(name: 'carbon' | 'statsd', parts: SourceParts): GaugeSource {
  const { listeners } = parts.config.sources;
  const { nowMs } = parts.clock;
  const store = new GaugeStore(listeners);
  const listener =
    name === 'carbon'
      ? carbonListener({ ...listeners, store, nowMs, address: listeners.carbon })
      : statsdListener({ store, nowMs, address: listeners.statsd });
  return pushSource({ name, store, listener, rules: rulesOf(parts), nowMs });
}

/** Builds one; it is not started or asked yet. On failure: sentences for a person. */
export async function buildSource(name: SourceName, parts: SourceParts): Promise<Built> {
  return BUILDERS[name](parts);
}
