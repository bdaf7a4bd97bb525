/** What relations complain of, and in which words. */
import { SETTINGS, type SettingId } from './settings.ts';

/** The variable or ConfigMap key by which a person knows a setting. */
export type NameOf = (id: SettingId) => string;

export interface Complaint {
  /** The setting that is named as the one to mend. */
  readonly about: SettingId;
  readonly allowed: string;
  readonly mend: string;
}

export function tooLarge(about: SettingId, other: SettingId, allowed: string, name: NameOf): Complaint {
  return { about, allowed: `${allowed} (see ${name(other)})`, mend: `lower ${name(about)} or raise ${name(other)}` };
}

export function tooSmall(about: SettingId, other: SettingId, allowed: string, name: NameOf): Complaint {
  return { about, allowed: `${allowed} (see ${name(other)})`, mend: `raise ${name(about)} or lower ${name(other)}` };
}

export function together(
  a: SettingId,
  valueA: unknown,
  b: SettingId,
  valueB: unknown,
  name: NameOf,
): Complaint | undefined {
  if ((valueA === undefined) === (valueB === undefined)) return undefined;
  const [missing, there] = valueA === undefined ? [a, b] : [b, a];
  const allowed = `${SETTINGS[missing].kind.allowed}, where ${name(there)} is set`;
  return { about: missing, allowed, mend: `set ${name(missing)} as well, or remove ${name(there)}` };
}

export function notBoth(
  a: SettingId,
  valueA: unknown,
  b: SettingId,
  valueB: unknown,
  name: NameOf,
): Complaint | undefined {
  if (valueA === undefined || valueB === undefined) return undefined;
  return { about: a, allowed: `nothing, where ${name(b)} is set`, mend: `remove ${name(a)} or ${name(b)}` };
}
