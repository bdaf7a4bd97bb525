/** Rows of the table of settings: Jolokia agents in drivers. */
import { accessSettings } from './access-settings.ts';
import { setting } from './setting.ts';
import { jolokiaUrl } from './text-kinds.ts';

export const JOLOKIA_SETTINGS = {
  jolokiaUrl: setting({
    name: 'JOLOKIA_URL',
    group: 'jolokia',
    sentence:
      "Where an application's Jolokia agent answers. ${host} becomes the host that the application named for its own page; " +
      '${spark.app.id} and ${spark.app.name} may stand there as well. It must lie in ELASTIC_WORKER_ALLOWED_NETWORKS.',
    kind: jolokiaUrl(),
    byDefault: 'http://${host}:8778/jolokia',
  }),
  ...accessSettings('jolokia', 'JOLOKIA', 'jolokia', 'the Jolokia agents'),
};
