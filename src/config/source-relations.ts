/** How the settings of sources must stand to each other and to the list of sources. */
import type { AccessKey } from './access.ts';
import { notBoth, together, tooLarge, type Complaint, type NameOf } from './complaints.ts';
import { formatDuration } from './duration.ts';
import type { Relation } from './relations.ts';
import type { SourceName } from './source-names.ts';
import type { SettingId, Values } from './settings.ts';

/** How these rows must stand to each other. */
function accessRelations(key: AccessKey, name: string): readonly Relation[] {
  const [cert, certKey] = [`${key}CertFile`, `${key}KeyFile`] as const;
  const [user, password, token] = [`${key}Username`, `${key}PasswordFile`, `${key}TokenFile`] as const;
  return [
    {
      formula: `${name}_CERT_FILE and ${name}_KEY_FILE together`,
      why: 'a certificate is of no use without its key',
      between: [cert, certKey],
      live: 'start',
      check: (values, nameOf) => together(cert, values[cert], certKey, values[certKey], nameOf),
    },
    {
      formula: `${name}_USERNAME and ${name}_PASSWORD_FILE together`,
      why: 'basic authentication needs both',
      between: [user, password],
      live: 'start',
      check: (values, nameOf) => together(user, values[user], password, values[password], nameOf),
    },
    {
      formula: `not both ${name}_USERNAME and ${name}_TOKEN_FILE`,
      why: 'a request carries one Authorization header',
      between: [token, user],
      live: 'start',
      check: (values, nameOf) => notBoth(token, values[token], user, values[user], nameOf),
    },
  ];
}

/** A source that is listed needs its address; an address of one that is not listed would be left without a word. */
function addressRelation(source: SourceName, address: SettingId, name: string): Relation {
  return {
    formula: `${name} where SOURCES names ${source}, and only there`,
    why: 'the source cannot be read without its address, and an address alone reads nothing',
    between: ['sources', address],
    live: 'start',
    check: (values, nameOf) => addressComplaint(source, address, values, nameOf),
  };
}

function addressComplaint(
  source: SourceName,
  address: SettingId,
  values: Values,
  nameOf: NameOf,
): Complaint | undefined {
  const listed = values.sources.includes(source);
  if (listed === (values[address] !== undefined)) return undefined;
  const [list, own] = [nameOf('sources'), nameOf(address)];
  if (listed) {
    const mend = `set ${own}, or take ${source} out of ${list}`;
    return { about: address, allowed: `an address, where ${list} names ${source}`, mend };
  }
  const mend = `write ${source} into ${list}, or remove ${own}`;
  return { about: 'sources', allowed: `a list with ${source}, where ${own} is set`, mend };
}

function deadlineRelation(source: 'graphite' | 'prometheus', name: string): Relation {
  const period = `${source}PeriodMs` as const;
  return {
    formula: `SOURCE_TIMEOUT ≤ ${name}, where ${source} is read`,
    why: 'an answer that may take longer than its numbers last would be old when it comes',
    between: ['sourceTimeoutMs', period, 'sources'],
    live: 'start',
    check: (values, nameOf) =>
      !values.sources.includes(source) || values.sourceTimeoutMs <= values[period]
        ? undefined
        : tooLarge('sourceTimeoutMs', period, `at most ${formatDuration(values[period])}`, nameOf),
  };
}

export const SOURCE_RELATIONS: readonly Relation[] = [
  addressRelation('graphite', 'graphiteUrl', 'GRAPHITE_URL'),
  deadlineRelation('graphite', 'GRAPHITE_PERIOD'),
  ...accessRelations('graphite', 'GRAPHITE'),
  addressRelation('prometheus', 'prometheusUrl', 'PROMETHEUS_URL'),
  deadlineRelation('prometheus', 'PROMETHEUS_PERIOD'),
  ...accessRelations('prometheus', 'PROMETHEUS'),
  ...accessRelations('jolokia', 'JOLOKIA'),
];
