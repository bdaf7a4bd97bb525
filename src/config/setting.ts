/** What one row of the table of settings holds. */
import type { Kind } from './kinds.ts';

/** Every setting's variable begins so. */
export const PREFIX = 'ELASTIC_WORKER_';
/** Every live setting's key in the cluster's ConfigMap begins so. */
export const LIVE_PREFIX = 'elasticWorker.';

export type Group =
  | 'cluster'
  | 'switch'
  | 'count'
  | 'removal'
  | 'beat'
  | 'spark'
  | 'drivers'
  | 'sources'
  | 'graphite'
  | 'prometheus'
  | 'jolokia'
  | 'listeners'
  | 'kubernetes'
  | 'report';

/** Headings, in the order of the documentation. */
export const GROUPS: readonly (readonly [group: Group, heading: string])[] = [
  ['cluster', 'Which cluster and which workers'],
  ['switch', 'On, off and only watching'],
  ['count', 'How many workers, and how fast'],
  ['removal', 'Which workers may go'],
  ['beat', 'How often'],
  ['spark', "Spark's master and workers"],
  ['drivers', 'Drivers'],
  ['sources', 'Where demand is read'],
  ['graphite', 'Graphite'],
  ['prometheus', 'Prometheus'],
  ['jolokia', 'Jolokia'],
  ['listeners', 'Metrics that drivers send to the daemon'],
  ['kubernetes', 'Kubernetes'],
  ['report', 'Status page, metrics and log'],
];

interface RowBasics {
  /** The variable without its prefix. */
  readonly name: string;
  readonly group: Group;
  /** What it does, in sentences. */
  readonly sentence: string;
  /** Whether the cluster's ConfigMap may change it while the daemon runs. */
  readonly live?: boolean;
  /** A variable of the original daemon's that is read where ours is not set. */
  readonly alias?: string;
}

export interface Setting<T> {
  /** The environment variable. */
  readonly variable: string;
  readonly group: Group;
  readonly sentence: string;
  readonly kind: Pick<Kind<unknown>, 'unit' | 'allowed' | 'showRefused'>;
  /** How the default is written; undefined where there is none, and {@link Setting.otherwise} says what happens. */
  readonly defaultText: string | undefined;
  /** What happens without a value, for a setting that has no default. */
  readonly otherwise: string | undefined;
  readonly defaultValue: T;
  /** The key in the cluster's ConfigMap; undefined where the setting is read at start only. */
  readonly liveKey: string | undefined;
  readonly alias: string | undefined;
  parse(text: string): ReturnType<Kind<T>['parse']>;
  /** The value for people; null where there is none. */
  show(value: T): ReturnType<Kind<T>['show']> | null;
}

/** A row with a default, which is written as a person would write it. Throws if the kind refuses that text. */
export function setting<T>(row: RowBasics & { readonly kind: Kind<T>; readonly byDefault: string }): Setting<T> {
  const { kind, byDefault } = row;
  const parsed = kind.parse(byDefault);
  if (!parsed.ok) throw new Error(`the default of ${row.name} is not allowed: ${byDefault}`);
  return {
    ...basics(row),
    kind,
    defaultText: byDefault,
    otherwise: undefined,
    defaultValue: parsed.value,
    parse: (text) => kind.parse(text),
    show: (value) => kind.show(value),
  };
}

/** A row without a default; `otherwise` says what happens then. */
export function optional<T>(
  row: RowBasics & { readonly kind: Kind<T>; readonly otherwise: string },
): Setting<T | undefined> {
  const { kind, otherwise } = row;
  return {
    ...basics(row),
    kind,
    defaultText: undefined,
    otherwise,
    defaultValue: undefined,
    parse: (text) => kind.parse(text),
    show: (value) => (value === undefined ? null : kind.show(value)),
  };
}

function basics(row: RowBasics): Pick<Setting<unknown>, 'variable' | 'group' | 'sentence' | 'liveKey' | 'alias'> {
  const { name, group, sentence, live = false, alias } = row;
  const camel = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { variable: PREFIX + name, group, sentence, alias, liveKey: live ? LIVE_PREFIX + camel : undefined };
}
