/** The environment, read by the table of settings. */
import { closest } from 'fastest-levenshtein';
import { NOT_SHOWN, printable, type Problem } from './problem.ts';
import { isServiceVariable } from './service-variables.ts';
import { PREFIX, type Setting } from './setting.ts';
import { SETTING_IDS, SETTINGS, valuesFrom, type SettingId, type Values } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentReading {
  /** Of a setting with a problem: its default. */
  readonly values: Values;
  /** Settings given by a variable of ours, not by one of the original daemon's and not by default. */
  readonly given: ReadonlySet<SettingId>;
  /** Settings whose text was refused: no relation is checked with them. */
  readonly refused: ReadonlySet<SettingId>;
  readonly problems: readonly Problem[];
}

/**
 * Reads all settings; every problem is in the answer.
 *
 * White space at the end of a value is dropped, since values out of files often end in a newline. A variable of ours
 * that is empty is a problem: mostly a template lost its value, and a default in its place could mean another target or
 * another bound than was meant, unnoticed. A variable of the original daemon's that is empty is none: its manifests
 * did that, and other programs read it too.
 */
export function readEnvironment(env: Environment): EnvironmentReading {
  const given = new Set<SettingId>();
  const refused = new Set<SettingId>();
  const problems: Problem[] = [];

  function read(id: SettingId, row: Setting<unknown>): unknown {
    const own = env[row.variable]?.trimEnd();
    const alias = row.alias === undefined ? undefined : env[row.alias]?.trimEnd();
    if (own !== undefined) given.add(id);
    const text = own ?? (alias === '' ? undefined : alias);
    if (text === undefined) return row.defaultValue;
    const name = own === undefined ? (row.alias ?? row.variable) : row.variable;
    const parsed = parseText(name, text, row, removal(row));
    if (parsed.ok) return parsed.value;
    refused.add(id);
    problems.push(parsed.problem);
    return row.defaultValue;
  }

  const values = valuesFrom((id) => read(id, SETTINGS[id]));
  problems.push(...unknownVariables(env));
  return { values, given, refused, problems };
}

/**
 * Reads one text that is not to have white space at its end.
 *
 * @param name the variable or key it came from.
 * @param otherwise what a person may do in place of mending it, as an order: "remove it to have 10".
 */
export function parseText<T>(
  name: string,
  text: string,
  row: Setting<T>,
  otherwise: string,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem } {
  const { allowed } = row.kind;
  if (text === '') {
    return { ok: false, problem: { name, value: '', allowed, mend: `it is empty: give it a value, or ${otherwise}` } };
  }
  const parsed = row.parse(text);
  if (parsed.ok) return parsed;
  const value = row.kind.showRefused(text);
  return { ok: false, problem: { name, value, allowed, mend: `${parsed.mend}, or ${otherwise}` } };
}

function removal(row: Setting<unknown>): string {
  return row.defaultText === undefined
    ? `remove it (then: ${row.otherwise ?? ''})`
    : `remove it to have ${row.defaultText}`;
}

function unknownVariables(env: Environment): readonly Problem[] {
  const names = SETTING_IDS.map((id) => SETTINGS[id].variable);
  return Object.entries(env)
    .filter(([name, value]) => value !== undefined && name.startsWith(PREFIX) && !names.includes(name))
    .filter(([name, value]) => !isServiceVariable(name, value ?? ''))
    .map(([name]) => ({
      name: printable(name),
      // It may be a secret: some would try ELASTIC_WORKER_SPARK_TOKEN.
      value: NOT_SHOWN,
      allowed: 'no variable of this name',
      mend: `did you mean ${closest(name.toUpperCase(), names)}? See elastic-worker help settings`,
    }));
}
