/** Settings of sources that do not go together. */

export type BrokenCase = readonly [
  formula: string,
  settings: Record<string, string>,
  name: string,
  value: string,
  mend: string,
];

export const BROKEN_SOURCES: readonly BrokenCase[] = [
  ...address('graphite', 'GRAPHITE'),
  deadline('graphite', 'GRAPHITE', '10s'),
  ...access('GRAPHITE'),
  ...address('prometheus', 'PROMETHEUS'),
  deadline('prometheus', 'PROMETHEUS', '15s'),
  ...access('PROMETHEUS'),
  ...access('JOLOKIA'),
];

function address(source: string, name: string): readonly BrokenCase[] {
  const variable = `${name}_URL`;
  const formula = `${variable} where SOURCES names ${source}, and only there`;
  const missing = `set ELASTIC_WORKER_${variable}, or take ${source} out of ELASTIC_WORKER_SOURCES`;
  const idle = `write ${source} into ELASTIC_WORKER_SOURCES, or remove ELASTIC_WORKER_${variable}`;
  return [
    [formula, { SOURCES: `driver,${source}` }, variable, '(not set)', missing],
    [formula, { [variable]: 'http://a' }, 'SOURCES', 'driver', idle],
  ];
}

function deadline(source: string, name: string, period: string): BrokenCase {
  const settings = { SOURCES: source, [`${name}_URL`]: 'http://a', SOURCE_TIMEOUT: `${period}1ms` };
  const mend = `lower ELASTIC_WORKER_SOURCE_TIMEOUT or raise ELASTIC_WORKER_${name}_PERIOD`;
  return [`SOURCE_TIMEOUT ≤ ${name}_PERIOD, where ${source} is read`, settings, 'SOURCE_TIMEOUT', `${period}1ms`, mend];
}

function access(name: string): readonly BrokenCase[] {
  const own = `ELASTIC_WORKER_${name}`;
  const both = { [`${name}_USERNAME`]: 'me', [`${name}_PASSWORD_FILE`]: '/p', [`${name}_TOKEN_FILE`]: '/t' };
  return [
    [
      `${name}_CERT_FILE and ${name}_KEY_FILE together`,
      { [`${name}_KEY_FILE`]: '/k' },
      `${name}_CERT_FILE`,
      '(not set)',
      `set ${own}_CERT_FILE as well, or remove ${own}_KEY_FILE`,
    ],
    [
      `${name}_USERNAME and ${name}_PASSWORD_FILE together`,
      { [`${name}_USERNAME`]: 'me' },
      `${name}_PASSWORD_FILE`,
      '(not set)',
      `set ${own}_PASSWORD_FILE as well, or remove ${own}_USERNAME`,
    ],
    [
      `not both ${name}_USERNAME and ${name}_TOKEN_FILE`,
      both,
      `${name}_TOKEN_FILE`,
      '/t',
      `remove ${own}_TOKEN_FILE or ${own}_USERNAME`,
    ],
  ];
}
