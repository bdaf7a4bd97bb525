/** Rows of the table of settings: a Prometheus server. */
import { accessSettings } from './access-settings.ts';
import { duration } from './kinds.ts';
import { optional, setting } from './setting.ts';
import { httpUrl, labelName, oneLine } from './text-kinds.ts';

const SECOND_MS = 1000;

export const PROMETHEUS_SETTINGS = {
  prometheusUrl: optional({
    name: 'PROMETHEUS_URL',
    group: 'prometheus',
    sentence:
      'Address of a Prometheus server, or of anything that answers /api/v1/query as it does. It may have a path.',
    kind: httpUrl(),
    otherwise: 'Prometheus is not read',
  }),
  prometheusQuery: setting({
    name: 'PROMETHEUS_QUERY',
    group: 'prometheus',
    sentence:
      'The selector that is asked for, without a range. ${gauge} becomes the names of the gauges, as alternatives of a ' +
      'regular expression. The names of the metrics must be those of Spark, in front and behind with what the way here added.',
    kind: oneLine('text', 'write a PromQL selector such as {__name__=~"metrics_.*_${gauge}_Value",job="spark"}'),
    byDefault: '{__name__=~".*driver_ExecutorAllocationManager_executors_${gauge}(_Value)?"}',
  }),
  prometheusOwnerLabel: optional({
    name: 'PROMETHEUS_OWNER_LABEL',
    group: 'prometheus',
    sentence: "Label that holds the application's id or namespace, where the names of the metrics do not.",
    kind: labelName(),
    otherwise: 'it is taken from the names of the metrics',
  }),
  prometheusPeriodMs: setting({
    name: 'PROMETHEUS_PERIOD',
    group: 'prometheus',
    sentence: 'How often Prometheus scrapes the drivers. Values older than three of these do not count.',
    kind: duration(SECOND_MS, 10 * 60 * SECOND_MS),
    byDefault: '15s',
  }),
  ...accessSettings('prometheus', 'PROMETHEUS', 'prometheus', 'Prometheus'),
};
