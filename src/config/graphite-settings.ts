/** Rows of the table of settings: Graphite. */
import { accessSettings } from './access-settings.ts';
import { duration } from './kinds.ts';
import { optional, setting } from './setting.ts';
import { httpUrl, oneLine } from './text-kinds.ts';

const SECOND_MS = 1000;

export const GRAPHITE_SETTINGS = {
  graphiteUrl: optional({
    name: 'GRAPHITE_URL',
    group: 'graphite',
    sentence: "Address of Graphite's web server, which answers /render. It may have a path.",
    kind: httpUrl(),
    otherwise: 'Graphite is not read',
  }),
  graphiteTarget: setting({
    name: 'GRAPHITE_TARGET',
    group: 'graphite',
    sentence:
      "The target that is asked for, in Graphite's own language. It may match series of any application. The default fits a " +
      'sink without a prefix and namespaces without dots; each part of a prefix, and each dot more, is one * more in front.',
    kind: oneLine('text', 'write it as it stands in a Graphite URL after target='),
    byDefault: '*.driver.ExecutorAllocationManager.executors.number*Executors',
  }),
  graphitePeriodMs: setting({
    name: 'GRAPHITE_PERIOD',
    group: 'graphite',
    sentence:
      "How often Spark's GraphiteSink reports (its period). Values older than three of these do not count. Where Graphite " +
      'keeps a point for a longer time, that time counts.',
    kind: duration(SECOND_MS, 10 * 60 * SECOND_MS),
    byDefault: '10s',
  }),
  ...accessSettings('graphite', 'GRAPHITE', 'graphite', "Graphite's web server"),
};
