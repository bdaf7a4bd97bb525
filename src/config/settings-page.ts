/** The table of settings as the page `docs/reference/settings.md`. */
import { settingsOf } from './settings-text.ts';
import { RELATIONS, type Relation } from './relations.ts';
import { GROUPS, type Setting } from './setting.ts';
import { SETTING_IDS, SETTINGS } from './settings.ts';

/** The whole page in Markdown, as the formatter would leave it. */
export function renderSettingsPage(): string {
  return `${[INTRO, table(LIVE_TABLE), LIVE_END, OVERVIEW, table(overview()), ...groups(), RELATIONS_INTRO, table(relations()), EXAMPLE].join('\n\n')}\n`;
}

const INTRO = `# Settings

<!-- Made by \`npm run docs:settings\` from the table in src/config. Change that, not this page. -->

Every setting is an environment variable that begins with \`ELASTIC_WORKER_\`. They are read once, at start. If anything is
wrong, the daemon lists all problems at once (name, value, what is allowed, how to mend it), changes nothing and ends with
exit code 2. \`elastic-worker help settings\` prints this table on a terminal.

## How values are written

- **Durations** have a unit: \`300ms\`, \`5s\`, \`2m\`, \`1h\`, also \`1m30s\`. A plain number is refused, because nobody can
  tell whether it was meant in seconds.
- **Flags** are exactly the words of Go's \`ParseBool\`, which Oshinko's other flags are read by: \`1 t T TRUE true True\`
  and \`0 f F FALSE false False\`.
- **Memory sizes** are written as Spark writes them: \`1g\`, \`512m\`. A plain number is bytes, as for Spark's worker.
- **White space at the end** of a value is dropped: values out of files often end in a newline.
- **Empty values are refused.** Mostly a template lost its value, and a default in its place could mean another target or
  another bound than was meant, without anyone noticing. To have the default, leave the variable out. (The variables of the
  original daemon may be empty; that is the same as leaving them out.)
- **Unknown names are refused**, with the nearest known name. Variables that Kubernetes makes for a Service named
  \`elastic-worker\` or \`elastic-worker-<something>\` (\`ELASTIC_WORKER_PORT=tcp://…\`, \`ELASTIC_WORKER_SERVICE_HOST\`, …) are
  known by name and value, and ignored. No setting is called like one of them.
- **Secrets are files.** Passwords, tokens, keys and headers are given as paths only. A refused value that could hold a
  secret is not printed; any other is cut at 80 characters, with control characters escaped.

## Coming from the original daemon

\`OSHINKO_SPARK_CLUSTER\`, \`SPARK_WORKER_CORES\` and \`SPARK_WORKER_MEMORY\` are understood, so a cluster made for the original
daemon needs no new variables to be found. Where a variable of our own says the same, ours wins. The flag
\`scorpionstare.enable\` in the cluster's ConfigMap is honoured once \`ELASTIC_WORKER_CONFIG_MAP\` names that ConfigMap.

## Live settings

With \`ELASTIC_WORKER_CONFIG_MAP\` set, the ConfigMap of that name is looked at again and again, and the keys in the column
"Live key" change the daemon without a restart. A live value wins over the variable; a key that is taken out leaves the
variable's value.`;

const LIVE_TABLE: readonly (readonly string[])[] = [
  ['In the ConfigMap', 'What happens'],
  ['`elasticWorker.enable` is true', 'the daemon acts'],
  [
    'it is absent, `scorpionstare.enable` is true',
    "the daemon acts, unless the original daemon's container is still in the pod",
  ],
  ['both are there', '`elasticWorker.enable` decides'],
  ['neither is there, or the ConfigMap is not', 'it stands by: reads, decides, reports, writes nothing'],
  ['the flag cannot be read', 'it stands by and says so; a bad word is never "on"'],
  ['`elasticWorker.pause` cannot be read', 'it is paused, and says so'],
  ['another value cannot be read', 'the last good value stays in force, and the problem is in status, log and metrics'],
  [
    '… and none was good since the start',
    "it stands by: the variables' bounds could be far from those the cluster last ran with",
  ],
  [
    'two values break a relation marked "last good stays"',
    'the last good values of both stay in force, and the problem is reported',
  ],
  ['an unknown `elasticWorker.` key', 'reported with the nearest known key; nothing else changes'],
];

const LIVE_END = `Without a ConfigMap \`ELASTIC_WORKER_ENABLE\` decides; with one, that variable is of no account.`;

const OVERVIEW = '## Overview';

const RELATIONS_INTRO = `## How settings must stand to each other

Names are without \`ELASTIC_WORKER_\`. All of these are checked at start, and a broken one is a problem like any other. The
last column says what happens where a live value breaks one later.`;

const EXAMPLE = `For example, with \`POLL=5s\`: \`REQUEST_TIMEOUT\` may be up to 4s999ms, \`HOLD\` must be 5s or more, and \`LEASE_DURATION\` at
least 3 × 5s = 15s, which is its default. With \`POLL=10s\` the Lease must last 30s: \`LEASE_DURATION=30s\`. With \`MIN=2\` and
\`MAX=6\` a \`DEAD_BAND\` of 3 is the widest that lets the count go down from 6 to 2, since a surplus of 4 is more than 3; with
4 it never would.`;

function overview(): readonly (readonly string[])[] {
  const rows = SETTING_IDS.map((id): Setting<unknown> => SETTINGS[id]).map((row) => [
    code(row.variable),
    row.kind.unit,
    row.defaultText === undefined ? 'none' : code(row.defaultText),
    row.liveKey === undefined ? '' : code(row.liveKey),
  ]);
  return [['Variable', 'Unit', 'Default', 'Live key'], ...rows];
}

function groups(): readonly string[] {
  return GROUPS.flatMap(([group, heading]) => [`## ${heading}`, ...settingsOf(group).map(section)]);
}

function section(row: Setting<unknown>): string {
  const byDefault = row.defaultText === undefined ? `none; ${prose(row.otherwise ?? '')}` : code(row.defaultText);
  const facts = [
    `- Default: ${byDefault}`,
    `- Allowed: ${prose(row.kind.allowed)}`,
    ...(row.liveKey === undefined ? [] : [`- Live key: ${code(row.liveKey)}`]),
    ...(row.alias === undefined ? [] : [`- Also read from: ${code(row.alias)}`]),
  ];
  return `### ${code(row.variable)}\n\n${prose(row.sentence)}\n\n${facts.join('\n')}`;
}

function relations(): readonly (readonly string[])[] {
  const rows = RELATIONS.map(({ formula, why, live }) => [prose(formula), prose(why), LIVE_WORDS[live]]);
  return [['Relation', 'Why', 'Broken by a live value'], ...rows];
}

const LIVE_WORDS: Readonly<Record<Relation['live'], string>> = {
  keeps: 'last good stays',
  warns: 'in force, with a warning',
  start: 'not live',
};

/** The first row is the heading. Cells are padded, as the formatter would. */
function table([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = heading.map((_, column) => Math.max(3, ...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** What Markdown would take for a tag or for emphasis. */
function prose(text: string): string {
  return text.replace(/<(?=[a-z])|\*/g, '\\$&');
}
