/** The keys of live settings, and what may have been meant by a key that is none. */
import { closest } from 'fastest-levenshtein';
import { LIVE_PREFIX, PREFIX } from './setting.ts';
import { SETTING_IDS, SETTINGS } from './settings.ts';

const ROWS = SETTING_IDS.map((id) => SETTINGS[id]);

/** All keys that are read, in the order of the table. */
export const LIVE_KEYS: readonly string[] = ROWS.flatMap(({ liveKey }) => liveKey ?? []);

/** Settings that are read at start only, by the key a person would try. */
const START_ONLY: ReadonlyMap<string, string> = new Map(
  ROWS.filter(({ liveKey }) => liveKey === undefined).map(({ variable }) => [keyOf(variable), variable]),
);

/** How to mend a key that looks like one of ours and is not read; undefined for all others. */
export function suggestLiveKey(key: string): string | undefined {
  if (!key.toLowerCase().startsWith(LIVE_PREFIX.toLowerCase()) || LIVE_KEYS.includes(key)) return undefined;
  const variable = START_ONLY.get(key.toLowerCase());
  if (variable !== undefined) return `it is read at start only: set the variable ${variable}`;
  return `did you mean ${closest(key, LIVE_KEYS)}?`;
}

/** In lower case, as if the setting were live. */
function keyOf(variable: string): string {
  return `${LIVE_PREFIX}${variable.slice(PREFIX.length).replaceAll('_', '')}`.toLowerCase();
}
