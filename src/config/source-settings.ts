/** Rows of the table of settings: which sources tell the demand, and what holds for all of them. */
import { duration, wholeNumber } from './kinds.ts';
import { setting } from './setting.ts';
import { sourceList } from './source-names.ts';
import { metricsNamespace } from './text-kinds.ts';

const SECOND_MS = 1000;

export const SOURCE_SETTINGS = {
  sources: setting({
    name: 'SOURCES',
    group: 'sources',
    sentence:
      'Where the demand of applications is read, the preferred source first. Several are read side by side, and for each ' +
      'application the first that is in time counts.',
    kind: sourceList(),
    byDefault: 'driver',
  }),
  metricsNamespace: setting({
    name: 'METRICS_NAMESPACE',
    group: 'sources',
    sentence:
      'spark.metrics.namespace, which stands for an application in the names of its series; read from each application ' +
      'where its driver can be asked, else this one is taken.',
    kind: metricsNamespace(),
    byDefault: '${spark.app.id}',
  }),
  sourceTolerance: setting({
    name: 'SOURCE_TOLERANCE',
    group: 'sources',
    sentence: 'Executors by which two sources may differ about an application before that is reported.',
    kind: wholeNumber('executors', 0, 10_000),
    byDefault: '1',
  }),
  sourceTimeoutMs: setting({
    name: 'SOURCE_TIMEOUT',
    group: 'sources',
    sentence:
      'Deadline of one request to Graphite or Prometheus. It may outlast a pass: a slow answer makes readings older, and ' +
      'holds up nobody else.',
    kind: duration(100, 30 * SECOND_MS),
    byDefault: '3s',
  }),
};
