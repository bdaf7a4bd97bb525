/** For each setting of the sources a text that is not its default, and where the value must turn up. */
import type { Access } from '../../src/config/access.ts';
import type { Config } from '../../src/config/config.ts';

export type SettingCase = readonly [text: string, of: (config: Config) => unknown, value: unknown];

export const SOURCE_CASES: Readonly<Record<string, SettingCase>> = {
  SOURCES: ['driver, prometheus-servlet', (c) => c.sources.names, ['driver', 'prometheus-servlet']],
  METRICS_NAMESPACE: ['prod_${spark.app.name}', (c) => c.sources.metricsNamespace, 'prod_${spark.app.name}'],
  SOURCE_TOLERANCE: ['0', (c) => c.sources.tolerance, 0],
  GRAPHITE_URL: ['http://g:8000/api/', (c) => c.sources.graphite.url, 'http://g:8000/api'],
  GRAPHITE_TARGET: ['a.b.*', (c) => c.sources.graphite.target, 'a.b.*'],
  GRAPHITE_PERIOD: ['30s', (c) => c.sources.graphite.periodMs, 30_000],
  PROMETHEUS_URL: ['https://p/', (c) => c.sources.prometheus.url, 'https://p'],
  PROMETHEUS_QUERY: ['{job="spark"}', (c) => c.sources.prometheus.query, '{job="spark"}'],
  PROMETHEUS_OWNER_LABEL: ['spark_app', (c) => c.sources.prometheus.ownerLabel, 'spark_app'],
  PROMETHEUS_PERIOD: ['30s', (c) => c.sources.prometheus.periodMs, 30_000],
  JOLOKIA_URL: ['https://${host}:7777/jolokia/', (c) => c.sources.jolokia.url, 'https://${host}:7777/jolokia'],
  ...accessCases('GRAPHITE', (c) => c.sources.graphite.access),
  ...accessCases('PROMETHEUS', (c) => c.sources.prometheus.access),
  ...accessCases('JOLOKIA', (c) => c.sources.jolokia.access),
  CARBON_LISTEN: [':2003', (c) => c.sources.listeners.carbon, { host: undefined, port: 2003 }],
  STATSD_LISTEN: ['10.1.2.3:8126', (c) => c.sources.listeners.statsd, { host: '10.1.2.3', port: 8126 }],
  LISTENER_PERIOD: ['30s', (c) => c.sources.listeners.firstPeriodMs, 30_000],
  LISTENER_MAX_OWNERS: ['10', (c) => c.sources.listeners.maxOwners, 10],
  LISTENER_MAX_CONNECTIONS: ['20', (c) => c.sources.listeners.maxConnections, 20],
  LISTENER_IDLE: ['5m', (c) => c.sources.listeners.idleMs, 300_000],
  SOURCE_TIMEOUT: ['10s', (c) => c.sources.timeoutMs, 10_000],
};

/** What else has to be set with each, so that nothing is left half. */
export const SOURCE_COMPANIONS: Readonly<Record<string, Record<string, string>>> = {
  GRAPHITE_URL: { SOURCES: 'graphite' },
  PROMETHEUS_URL: { SOURCES: 'prometheus,driver' },
  ...accessCompanions('GRAPHITE'),
  ...accessCompanions('PROMETHEUS'),
  ...accessCompanions('JOLOKIA'),
};

function accessCases(name: string, of: (config: Config) => Access): Record<string, SettingCase> {
  return {
    [`${name}_CA_FILE`]: ['/ca', (c) => of(c).caFile, '/ca'],
    [`${name}_CERT_FILE`]: ['/cert', (c) => of(c).certFile, '/cert'],
    [`${name}_KEY_FILE`]: ['/key', (c) => of(c).keyFile, '/key'],
    [`${name}_USERNAME`]: ['me', (c) => of(c).username, 'me'],
    [`${name}_PASSWORD_FILE`]: ['/password', (c) => of(c).passwordFile, '/password'],
    [`${name}_TOKEN_FILE`]: ['/token', (c) => of(c).tokenFile, '/token'],
    [`${name}_HEADERS_FILE`]: ['/headers', (c) => of(c).headersFile, '/headers'],
  };
}

function accessCompanions(name: string): Record<string, Record<string, string>> {
  return {
    [`${name}_CERT_FILE`]: { [`${name}_KEY_FILE`]: '/key' },
    [`${name}_KEY_FILE`]: { [`${name}_CERT_FILE`]: '/cert' },
    [`${name}_USERNAME`]: { [`${name}_PASSWORD_FILE`]: '/password' },
    [`${name}_PASSWORD_FILE`]: { [`${name}_USERNAME`]: 'me' },
  };
}
