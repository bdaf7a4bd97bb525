/** What a person sets in Spark so that a driver publishes its metrics. */
import type { SparkProperties } from '../spark-runtime.ts';

/** Sends to Carbon at port 2003, each second unless told otherwise. */
export function graphiteSink(host: string, more: Readonly<Record<string, string>> = {}): SparkProperties {
  return sink('graphite', 'GraphiteSink', { host, port: '2003', period: '1', unit: 'seconds', ...more });
}

/** Sends to StatsD at port 8125, each second. */
export function statsdSink(host: string): SparkProperties {
  return sink('statsd', 'StatsdSink', { host, port: '8125', period: '1', unit: 'seconds' });
}

/** Serves Prometheus's text beside the driver's web page. */
export const PROMETHEUS_SERVLET: SparkProperties = sink('prometheusServlet', 'PrometheusServlet', {
  path: '/metrics/prometheus',
});

/** Serves MBeans by a Jolokia agent, and nothing of it beyond `host`. */
export function jolokiaAgent(jar: string, host: string): SparkProperties {
  return {
    ...sink('jmx', 'JmxSink', {}),
    'spark.driver.extraJavaOptions': `-javaagent:${jar}=port=8778,host=${host},discoveryEnabled=false`,
  };
}

/** A driver at an address that is known before it is submitted. */
export function driverAt(host: string): SparkProperties {
  return { 'spark.driver.host': host, 'spark.driver.bindAddress': host };
}

function sink(name: string, className: string, options: Readonly<Record<string, string>>): SparkProperties {
  const all = { class: `org.apache.spark.metrics.sink.${className}`, ...options };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [`spark.metrics.conf.driver.sink.${name}.${key}`, value]),
  );
}
