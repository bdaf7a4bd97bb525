/**
 * The table of settings: the one source of the parser, of `elastic-worker help settings` and of the settings page.
 *
 * No name may look like a variable that Kubernetes makes for a Service (`…_PORT`, `…_SERVICE_HOST`): a Service named
 * `elastic-worker-http` would overwrite it.
 */
import { CONNECTION_SETTINGS } from './connection-settings.ts';
import { GRAPHITE_SETTINGS } from './graphite-settings.ts';
import { JOLOKIA_SETTINGS } from './jolokia-settings.ts';
import { PROMETHEUS_SETTINGS } from './prometheus-settings.ts';
import { LISTENER_SETTINGS } from './listener-settings.ts';
import type { Setting } from './setting.ts';
import { SOURCE_SETTINGS } from './source-settings.ts';
import { WORKER_SETTINGS } from './worker-settings.ts';

const TABLE = {
  ...WORKER_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...SOURCE_SETTINGS,
  ...GRAPHITE_SETTINGS,
  ...PROMETHEUS_SETTINGS,
  ...JOLOKIA_SETTINGS,
  ...LISTENER_SETTINGS,
};

/** The value of each setting, by its row's key. */
export type Values = { readonly [Id in keyof typeof TABLE]: (typeof TABLE)[Id]['defaultValue'] };
export type SettingId = keyof Values;

/** All rows, in the order of the documentation. */
export const SETTINGS: { readonly [Id in SettingId]: Setting<Values[Id]> } = TABLE;

/** The keys of all rows, in the same order. */
export const SETTING_IDS: readonly SettingId[] = Object.keys(TABLE).filter((id): id is SettingId => id in TABLE);

/**
 * Values made setting by setting. What `valueOf` answers must be of the setting's own kind: out of its parser, its
 * default, or other values.
 */
export function valuesFrom(valueOf: (id: SettingId) => unknown): Values {
  const entries = SETTING_IDS.map((id) => [id, valueOf(id)] as const);
  // The compiler cannot see that the entries of all rows make the whole.
  return Object.fromEntries(entries) as unknown as Values;
}
