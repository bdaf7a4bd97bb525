/** The part of the configuration that says where demand is read. */
import { accessOf, type Access } from './access.ts';
import type { Values } from './settings.ts';
import type { SourceName } from './source-names.ts';
import type { ListenAddress } from './text-kinds.ts';

export interface GraphiteConfig {
  /** Undefined where Graphite is not read. */
  readonly url: string | undefined;
  readonly target: string;
  readonly periodMs: number;
  readonly access: Access;
}

export interface PrometheusConfig {
  /** Undefined where Prometheus is not read. */
  readonly url: string | undefined;
  /** With `${gauge}`. */
  readonly query: string;
  readonly ownerLabel: string | undefined;
  readonly periodMs: number;
  readonly access: Access;
}

export interface JolokiaConfig {
  /** With `${host}`, `${spark.app.id}`, `${spark.app.name}`. */
  readonly url: string;
  readonly access: Access;
}

/** The embedded listeners, carbon and statsd. */
export interface ListenersConfig {
  readonly carbon: ListenAddress;
  readonly statsd: ListenAddress;
  /** Of each application, until it has been learnt. */
  readonly firstPeriodMs: number;
  readonly maxOwners: number;
  readonly maxConnections: number;
  readonly idleMs: number;
}

export interface SourcesConfig {
  /** In order of preference; at least one. */
  readonly names: readonly SourceName[];
  /** Of applications whose own settings are not known, with Spark's own `${spark.app.id}` and `${spark.app.name}`. */
  readonly metricsNamespace: string;
  /** Executors by which sources may differ before it is reported. */
  readonly tolerance: number;
  /** Deadline of one request to a server that holds the series of many applications. */
  readonly timeoutMs: number;
  readonly graphite: GraphiteConfig;
  readonly prometheus: PrometheusConfig;
  readonly jolokia: JolokiaConfig;
  readonly listeners: ListenersConfig;
}

/** Takes it out of the values. */
export function sourcesConfigOf(values: Values): SourcesConfig {
  return {
    names: values.sources,
    metricsNamespace: values.metricsNamespace,
    tolerance: values.sourceTolerance,
    timeoutMs: values.sourceTimeoutMs,
    graphite: {
      url: values.graphiteUrl,
      target: values.graphiteTarget,
      periodMs: values.graphitePeriodMs,
      access: accessOf(values, 'graphite'),
    },
    prometheus: {
      url: values.prometheusUrl,
      query: values.prometheusQuery,
      ownerLabel: values.prometheusOwnerLabel,
      periodMs: values.prometheusPeriodMs,
      access: accessOf(values, 'prometheus'),
    },
    jolokia: { url: values.jolokiaUrl, access: accessOf(values, 'jolokia') },
    listeners: {
      carbon: values.carbonListen,
      statsd: values.statsdListen,
      firstPeriodMs: values.listenerPeriodMs,
      maxOwners: values.listenerMaxOwners,
      maxConnections: values.listenerMaxConnections,
      idleMs: values.listenerIdleMs,
    },
  };
}
