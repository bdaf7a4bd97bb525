/** The table of settings as text for a terminal: `elastic-worker help settings`. */
import { RELATIONS } from './relations.ts';
import { GROUPS, type Group, type Setting } from './setting.ts';
import { SETTING_IDS, SETTINGS } from './settings.ts';

const WIDTH = 88;

/** The whole text, with a newline at its end; lines are at most 88 characters long unless a word is longer. */
export function renderSettingsText(): string {
  const intro = [
    'Settings are environment variables. Durations are written 300ms, 5s, 2m, 1m30s or 1h.',
    "A setting with a live key may also stand in the cluster's ConfigMap, under that key;",
    'there it wins over the variable. Secrets are only ever given as files.',
  ];
  const groups = GROUPS.flatMap(([group, heading]) => ['', heading.toUpperCase(), ...settingsOf(group).flatMap(entry)]);
  const relations = RELATIONS.flatMap(({ formula, why }) => wrap(`${formula}: ${why}.`, '  '));
  return `${[...intro, ...groups, '', 'HOW THEY MUST STAND TO EACH OTHER', ...relations].join('\n')}\n`;
}

/** The rows of one group, in the order of the table. */
export function settingsOf(group: Group): readonly Setting<unknown>[] {
  return SETTING_IDS.map((id): Setting<unknown> => SETTINGS[id]).filter((row) => row.group === group);
}

function entry(row: Setting<unknown>): readonly string[] {
  const byDefault = row.defaultText ?? `none; ${row.otherwise ?? ''}`;
  return [
    '',
    `  ${row.variable}`,
    ...wrap(row.sentence, '      '),
    ...wrap(`Default: ${byDefault}`, '      '),
    ...wrap(`Allowed: ${row.kind.allowed}`, '      '),
    ...(row.liveKey === undefined ? [] : [`      Live key: ${row.liveKey}`]),
    ...(row.alias === undefined ? [] : [`      Also read from: ${row.alias}`]),
  ];
}

function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}
