/**
 * Live settings: what the cluster's ConfigMap changes while the daemon runs.
 *
 * A flag that cannot be read is never "on" (R11), a pause that cannot be read is a pause. Another value that cannot be
 * read leaves the last good one in force; where none was good since the start, the daemon stands by (R11): after a
 * restart the environment's bounds could be far from those the cluster ran with.
 *
 * Where no variable names the sources of demand, Oshinko's keys in the same ConfigMap do.
 */
import type { Rules } from '../core/rules.ts';
import { rulesOf, type Config } from './config.ts';
import { parseText } from './environment.ts';
import { suggestLiveKey } from './live-keys.ts';
import { readOshinko, type OshinkoConfig } from './oshinko.ts';
import { AGENT_PORT, httpUrlOf } from './oshinko-services.ts';
import { printable, type Problem } from './problem.ts';
import { brokenBy, RELATIONS, type Relation } from './relations.ts';
import type { Setting } from './setting.ts';
import { SETTING_IDS, SETTINGS, valuesFrom, type SettingId, type Values } from './settings.ts';

/** The data of the ConfigMap; undefined where there is no such ConfigMap. */
export type LiveData = Readonly<Record<string, string>> | undefined;

const OWN_FLAG = 'elasticWorker.enable';
/** The original daemon's flag, honoured where ours is absent. */
export const ALIAS_FLAG = 'scorpionstare.enable';

export type FlagSource = typeof OWN_FLAG | typeof ALIAS_FLAG | 'environment' | 'absent';

/** Why the daemon stands by: it was not switched on, or what it was told cannot be read. */
export interface Standby {
  readonly code: 'disabled' | 'flag-unreadable';
  readonly why: string;
}

export interface LiveState {
  /** True exactly where {@link LiveState.standby} is undefined. */
  readonly enabled: boolean;
  readonly standby: Standby | undefined;
  readonly flagSource: FlagSource;
  readonly rules: Rules;
  /** All settings in force. */
  readonly values: Values;
  /** Live settings that had a good value, or none, at some time since the start. */
  readonly proven: ReadonlySet<SettingId>;
  /** What is wrong now, to be mended in the ConfigMap. */
  readonly problems: readonly Problem[];
}

/** Before the ConfigMap was read for the first time: standing by, unless none is configured. */
export function initialLive(config: Config): LiveState {
  if (config.configMap === undefined) return fromEnvironment(config);
  const why = `ConfigMap ${config.configMap} was not read yet`;
  return stateOf(config.values, new Set(), { source: 'absent', standby: { code: 'flag-unreadable', why } }, []);
}

/**
 * What is in force by the newest reading of the ConfigMap. Pure; never throws.
 *
 * A key that is absent leaves the environment's value. Relations are checked over the result: where live values break
 * one, the last good values of all its settings stay.
 *
 * @param lastGood what this function, or {@link initialLive}, answered last.
 * @param data of the ConfigMap; undefined where there is none. Of no matter where none is configured.
 */
export function applyLive(config: Config, lastGood: LiveState, data: LiveData): LiveState {
  const { configMap } = config;
  if (configMap === undefined) return fromEnvironment(config);
  if (data === undefined) return withoutConfigMap(configMap, lastGood);
  const flag = readFlag(data, configMap);
  const read = readValues(config, lastGood, data);
  const related = keepRelations(read, lastGood, (id) => nameInForce(id, data));
  const good = LIVE_IDS.filter((id) => !related.bad.has(id));
  const unproven = [...related.bad].filter((id) => id !== 'enable' && id !== 'paused' && !lastGood.proven.has(id));
  const oshinko = readOshinko(data, configMap);
  const metrics = metricsOf(config, lastGood, oshinko);
  const names = [...unproven.map((id) => nameInForce(id, data)), ...metrics.unproven];
  return stateOf(
    { ...related.values, ...metrics.values },
    new Set([...lastGood.proven, ...good, ...metrics.proven]),
    { ...flag, standby: flag.standby ?? standbyFor(names) },
    [
      ...(flag.problem === undefined ? [] : [flag.problem]),
      ...related.problems,
      ...oshinko.problems,
      ...unknownKeys(data),
    ],
  );
}

const LIVE_IDS = SETTING_IDS.filter((id) => SETTINGS[id].liveKey !== undefined);
const KEPT_RELATIONS: readonly Relation[] = RELATIONS.filter(({ live }) => live === 'keeps');
const ADVICE: readonly Relation[] = RELATIONS.filter(({ live }) => live === 'warns');
/** More are of no use to anyone, and each is looked at in every pass. */
const MOST_UNKNOWN_KEYS = 20;

interface Flag {
  readonly source: FlagSource;
  readonly standby: Standby | undefined;
  readonly problem?: Problem;
}

interface Read {
  readonly values: Values;
  /** Settings whose live value is not in force. */
  readonly bad: ReadonlySet<SettingId>;
  readonly problems: readonly Problem[];
}

function fromEnvironment(config: Config): LiveState {
  const why = `${SETTINGS.enable.variable} is not true, and no ConfigMap is configured`;
  const standby = config.enabled ? undefined : { code: 'disabled' as const, why };
  return stateOf(config.values, new Set(LIVE_IDS), { source: 'environment', standby }, []);
}

function withoutConfigMap(configMap: string, lastGood: LiveState): LiveState {
  const why = `there is no ConfigMap ${configMap}`;
  const problem: Problem = {
    name: SETTINGS.configMap.variable,
    value: printable(configMap),
    allowed: 'the name of a ConfigMap that exists',
    mend: `create it with the key ${OWN_FLAG}, or remove the variable`,
  };
  const flag: Flag = { source: 'absent', standby: { code: 'disabled', why } };
  return stateOf(lastGood.values, lastGood.proven, flag, [problem]);
}

/** Ours decides where it is present, whatever the alias says (R15). */
function readFlag(data: NonNullable<LiveData>, configMap: string): Flag {
  const source = textAt(data, OWN_FLAG) === undefined ? ALIAS_FLAG : OWN_FLAG;
  const text = textAt(data, source);
  if (text === undefined) {
    const why = `ConfigMap ${configMap} has no ${OWN_FLAG}; set it to true to let the daemon act`;
    return { source: 'absent', standby: { code: 'disabled', why } };
  }
  const parsed = parseText(source, text, SETTINGS.enable, 'remove it to stand by');
  if (!parsed.ok) {
    const why = `${source} in ConfigMap ${configMap} cannot be read: ${parsed.problem.mend}`;
    return { source, standby: { code: 'flag-unreadable', why }, problem: parsed.problem };
  }
  if (parsed.value) return { source, standby: undefined };
  return { source, standby: { code: 'disabled', why: `${source} in ConfigMap ${configMap} is ${text}` } };
}

function readValues(config: Config, lastGood: LiveState, data: NonNullable<LiveData>): Read {
  const bad = new Set<SettingId>();
  const problems: Problem[] = [];

  function read(id: SettingId, row: Setting<unknown>): unknown {
    const ofStart = config.values[id];
    const text = row.liveKey === undefined || id === 'enable' ? undefined : textAt(data, row.liveKey);
    if (text === undefined || row.liveKey === undefined) return ofStart;
    const parsed = parseText(row.liveKey, text, row, `remove it to have ${String(row.show(ofStart))}`);
    if (parsed.ok) return parsed.value;
    bad.add(id);
    problems.push(parsed.problem);
    return id === 'paused' ? true : lastGood.values[id];
  }

  return { values: valuesFrom((id) => read(id, SETTINGS[id])), bad, problems };
}

/**
 * Puts back the last good values of relations that are broken, until none is. That ends: each round puts at least one
 * setting back, and the last good values together break none.
 */
function keepRelations(read: Read, lastGood: LiveState, name: (id: SettingId) => string): Read {
  const bad = new Set(read.bad);
  const problems = [...read.problems];
  let { values } = read;
  const complain = (relation: Relation): boolean => {
    const problem = brokenBy(relation, values, name, new Set());
    if (problem !== undefined) problems.push(problem);
    return problem !== undefined;
  };
  for (let round = 0; round <= LIVE_IDS.length; round += 1) {
    const broken = KEPT_RELATIONS.find(complain);
    if (broken === undefined) break;
    const current = values;
    for (const id of broken.between) if (current[id] !== lastGood.values[id]) bad.add(id);
    values = valuesFrom((id) => (broken.between.includes(id) ? lastGood.values[id] : current[id]));
  }
  ADVICE.forEach(complain);
  return { values, bad, problems };
}

interface Metrics {
  readonly values: Pick<Values, 'sources' | 'graphiteUrl' | 'jolokiaUrl'>;
  readonly proven: readonly SettingId[];
  /** Keys without a good value since the start, of which the sources would follow. */
  readonly unproven: readonly string[];
}

/**
 * Which sources are read, and where, as far as Oshinko's keys decide it: no variable of ours does, and for Graphite the
 * cluster has a name, by which its Service is found.
 */
function metricsOf(config: Config, lastGood: LiveState, oshinko: OshinkoConfig): Metrics {
  const { values, given } = config;
  if (oshinko.unreadable.length > 0) {
    const { sources, graphiteUrl, jolokiaUrl } = lastGood.values;
    const open = given.has('sources') || lastGood.proven.has('sources') ? [] : oshinko.unreadable;
    return { values: { sources, graphiteUrl, jolokiaUrl }, proven: [], unproven: open };
  }
  const readsGraphite = oshinko.graphite && config.oshinko !== undefined && !given.has('sources');
  const atAgentPort = oshinko.agent === 'jolokia' && !given.has('jolokiaUrl');
  return {
    values: {
      sources: readsGraphite ? [...values.sources, 'graphite'] : values.sources,
      graphiteUrl: readsGraphite ? httpUrlOf(config.oshinko.metrics) : values.graphiteUrl,
      jolokiaUrl: atAgentPort ? `http://\${host}:${AGENT_PORT}/jolokia` : values.jolokiaUrl,
    },
    proven: ['sources'],
    unproven: [],
  };
}

function standbyFor(names: readonly string[]): Standby | undefined {
  if (names.length === 0) return undefined;
  return { code: 'flag-unreadable', why: `no good value was seen since the start of: ${names.join(', ')}` };
}

function unknownKeys(data: NonNullable<LiveData>): readonly Problem[] {
  const problems = Object.keys(data).flatMap((key) => {
    const mend = suggestLiveKey(key);
    if (mend === undefined) return [];
    return [{ name: printable(key), value: printable(data[key] ?? ''), allowed: 'no key of this name', mend }];
  });
  return problems.slice(0, MOST_UNKNOWN_KEYS);
}

/** Values out of files often end in a newline. */
function textAt(data: NonNullable<LiveData>, key: string): string | undefined {
  return Object.hasOwn(data, key) ? data[key]?.trimEnd() : undefined;
}

function nameInForce(id: SettingId, data: NonNullable<LiveData>): string {
  const { liveKey, variable } = SETTINGS[id];
  return liveKey !== undefined && Object.hasOwn(data, liveKey) ? liveKey : variable;
}

function stateOf(values: Values, proven: ReadonlySet<SettingId>, flag: Flag, problems: readonly Problem[]): LiveState {
  const { source, standby } = flag;
  const enabled = standby === undefined;
  return { enabled, standby, flagSource: source, rules: rulesOf(values), values, proven, problems };
}
