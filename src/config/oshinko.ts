/**
 * Oshinko's cluster config, the ConfigMap that `--storedconfig` names, read as Oshinko reads it: line ends round a value
 * do not count, flags are the words of Go's ParseBool, and keys it does not know are left alone. Pure.
 *
 * Oshinko refuses to make a cluster from a value that it cannot read. Here that is a problem, told with the names of the
 * ConfigMap and of the key, and the daemon goes by the last good values or stands by (R11).
 */
import { flag, oneOf, type Kind } from './kinds.ts';
import { printable, type Problem } from './problem.ts';
import { objectName } from './text-kinds.ts';

/** What the Spark image starts in master and workers; drivers have no such agent. */
export type MetricsAgent = 'none' | 'jolokia' | 'prometheus';

export interface OshinkoConfig {
  /** Whether any key of Oshinko's is there. */
  readonly present: boolean;
  readonly metricsEnabled: boolean;
  /** carbon and graphite-api run in the master's pod: metrics are enabled, and neither image is empty. */
  readonly graphite: boolean;
  readonly agent: MetricsAgent;
  /** `scorpionstare.enable`, as Oshinko sees it; false where it cannot be read. */
  readonly stare: boolean;
  readonly stareImage: string | undefined;
  /** ConfigMaps with the files of Spark's configuration. */
  readonly sparkMasterConfig: string | undefined;
  readonly sparkWorkerConfig: string | undefined;
  readonly problems: readonly Problem[];
  /** Of these, the ones that leave it open where metrics go, by the names of the problems. */
  readonly unreadable: readonly string[];
}

const KEYS = [
  'metrics.enable',
  'metrics.carbon',
  'metrics.graphite',
  'scorpionstare.enable',
  'scorpionstare.image',
  'sparkmasterconfig',
  'sparkworkerconfig',
  'metrics',
] as const;
type Key = (typeof KEYS)[number];

type Data = Readonly<Record<string, string>>;

/** Never throws. @param configMap its name. */
export function readOshinko(data: Data, configMap: string): OshinkoConfig {
  const problems: Problem[] = [];
  const textOf = (key: Key): string | undefined => {
    // As in the original, an empty value is none.
    const text = rawText(data, key);
    return text === '' ? undefined : text;
  };
  const read = <T>(key: Key, kind: Kind<T>, without: string): T | undefined => {
    const text = textOf(key);
    if (text === undefined) return undefined;
    const parsed = kind.parse(text);
    if (parsed.ok) return parsed.value;
    const { allowed } = kind;
    const mend = `${parsed.mend}, or remove it to have ${without}`;
    problems.push({ name: `${configMap}.${key}`, value: printable(text), allowed, mend });
    return undefined;
  };
  const stare = flag().parse(textOf('scorpionstare.enable') ?? 'false');
  const enabled = read('metrics.enable', flag(), 'no Graphite') ?? false;
  const agent = read('metrics', agentWord(), 'no agent') ?? 'none';
  const unreadable = problems.map(({ name }) => name);
  return {
    present: KEYS.some((key) => rawText(data, key) !== undefined),
    metricsEnabled: enabled,
    graphite: enabled && rawText(data, 'metrics.carbon') !== '' && rawText(data, 'metrics.graphite') !== '',
    agent,
    stare: stare.ok && stare.value,
    stareImage: textOf('scorpionstare.image'),
    sparkMasterConfig: read('sparkmasterconfig', objectName('name'), "the image's own files"),
    sparkWorkerConfig: read('sparkworkerconfig', objectName('name'), "the image's own files"),
    problems,
    unreadable,
  };
}

function rawText(data: Data, key: Key): string | undefined {
  return Object.hasOwn(data, key) ? data[key]?.replace(/^\n+|\n+$/g, '') : undefined;
}

/** A flag, or the name of an agent; true means Jolokia. */
function agentWord(): Kind<MetricsAgent> {
  const [words, names] = [flag(), oneOf('jolokia', 'prometheus')];
  return {
    unit: 'word',
    allowed: `jolokia, prometheus, or ${words.allowed}`,
    parse: (text) => {
      const named = names.parse(text);
      if (named.ok) return named;
      const said = words.parse(text);
      if (!said.ok) return { ok: false, mend: 'write jolokia, prometheus, true (which is jolokia) or false' };
      return { ok: true, value: said.value ? 'jolokia' : 'none' };
    },
    show: (value) => value,
    showRefused: printable,
  };
}
