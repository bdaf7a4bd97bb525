/** Reads the text formats of Prometheus (0.0.4) and OpenMetrics (1.0), strictly: what they forbid throws. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Samples by their name and labels as written: `elastic_worker_workers{count="wanted"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(String.raw`^(${NAME})(\{${LABEL}(?:,${LABEL})*\})? (NaN|[+-]Inf|-?[0-9.eE+-]+)$`);
const META = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['', '_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** All families of a page, each exactly once. */
export function parseExposition(text: string, format: 'prometheus' | 'openmetrics'): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const lines = text.split('\n').slice(0, -1);
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('# EOF is missing');
  const families = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  let current = '';
  for (const line of lines.filter((one) => one !== '')) {
    const meta = META.exec(line);
    if (meta === null) addSample(current, families.get(current), line, format);
    else current = addMeta(families, current, meta);
  }
  for (const [name, { type, help }] of families) {
    if (type === '' || help === '') throw new Error(`${name}: no type or no help`);
  }
  return new Map([...families].map(([name, family]) => [name, { name, ...family }]));
}

function addMeta(
  families: Map<string, { type: string; help: string; samples: Map<string, number> }>,
  current: string,
  [line, what, name = '', value = '']: RegExpExecArray,
): string {
  const family = families.get(name) ?? { type: '', help: '', samples: new Map<string, number>() };
  if (name !== current && families.has(name)) throw new Error(`${name} comes twice`);
  if (family.samples.size > 0) throw new Error(`after its samples: ${line}`);
  const key = what === 'HELP' ? 'help' : 'type';
  if (family[key] !== '') throw new Error(`twice: ${line}`);
  family[key] = value;
  families.set(name, family);
  return name;
}

function addSample(
  name: string,
  family: { type: string; samples: Map<string, number> } | undefined,
  line: string,
  format: 'prometheus' | 'openmetrics',
): void {
  const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (sample === '' || family === undefined) throw new Error(`not a sample: ${line}`);
  const allowed = (SUFFIXES[family.type] ?? []).map((suffix) => name + suffix);
  if (!allowed.includes(sample)) throw new Error(`${sample} is no sample of the ${family.type} ${name}`);
  if (family.type === 'counter' && !sample.endsWith('_total')) throw new Error(`${sample} does not end in _total`);
  if (format === 'openmetrics' && family.type === 'counter' && name.endsWith('_total')) {
    throw new Error(`the family ${name} must be named without _total`);
  }
  if (family.samples.has(sample + labels)) throw new Error(`twice: ${line}`);
  family.samples.set(sample + labels, Number(value.replace('Inf', 'Infinity')));
}

/** All samples of all families. */
export function samplesOf(families: ReadonlyMap<string, Family>): ReadonlyMap<string, number> {
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
}
