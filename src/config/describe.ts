/** The settings in force, for the status page and the start of the log. */
import type { Config } from './config.ts';
import type { Scalar } from './kinds.ts';
import type { Setting } from './setting.ts';
import { SETTING_IDS, SETTINGS, type Values } from './settings.ts';

/**
 * Each setting by its variable, with the value in force: live values where given, else those of the start. Secrets are
 * only ever files, so paths are shown and contents are not known here. Null means that there is none.
 *
 * @param live the values of {@link LiveState.values}, where there are live settings.
 */
export function describeConfig(config: Config, live: Values = config.values): Record<string, Scalar | null> {
  const described = SETTING_IDS.map((id) => {
    const row: Setting<unknown> = SETTINGS[id];
    return [row.variable, row.show(live[id])] as const;
  });
  return Object.fromEntries(described);
}
