/** The configuration: what the environment says, checked as a whole, in the units the program works in. */
import { resources } from '../core/resources.ts';
import { LEARNED_HOLD_MS, NOTHING_LEARNED, PROFILES, type ProfileRules } from '../core/profiles.ts';
import type { Rules } from '../core/rules.ts';
import type { TargetSelection } from '../kube/targets/reference.ts';
import { readEnvironment, type Environment } from './environment.ts';
import { oshinkoServices, type OshinkoServices } from './oshinko-services.ts';
import type { Problem } from './problem.ts';
import { brokenBy, RELATIONS } from './relations.ts';
import { SETTINGS, type SettingId, type Values } from './settings.ts';
import { sourcesConfigOf, type SourcesConfig } from './sources-config.ts';
import type { ListenAddress } from './text-kinds.ts';

/** How Spark is reached. Secrets are files: their contents never become part of the configuration. */
export interface SparkConfig {
  /** Without a slash at its end; may have a path. */
  readonly masterUrl: string;
  readonly requestTimeoutMs: number;
  readonly masterTimeoutMs: number;
  readonly driverRequestsPerSecond: number;
  readonly maxConcurrentRequests: number;
  readonly maxBodyMiB: number;
  /** Whether drivers are read through the master's `/proxy/` (R26). */
  readonly useProxy: Values['driverProxy'];
  /** CIDRs in which the addresses that applications name may lie (R26). */
  readonly allowedNetworks: readonly string[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly headersFile: string | undefined;
  readonly driverUsername: string | undefined;
  readonly driverPasswordFile: string | undefined;
  readonly driverTokenFile: string | undefined;
}

export interface KubeConfig {
  readonly kubeconfig: string | undefined;
  readonly timeoutMs: number;
  readonly podsPeriodMs: number;
  readonly targetPeriodMs: number;
  readonly configPeriodMs: number;
  readonly leaseName: string;
  /** Whether nodes are looked at (R24). */
  readonly watchNodes: boolean;
  /** Whole seconds. */
  readonly leaseDurationMs: number;
  readonly events: boolean;
}

export interface Config {
  readonly cluster: string | undefined;
  /** Undefined: the daemon's own. */
  readonly namespace: string | undefined;
  /** How the workers' controller is pointed at. */
  readonly target: TargetSelection;
  readonly configMap: string | undefined;
  /** What the environment says; counts only without a ConfigMap. */
  readonly enabled: boolean;
  /** What the environment says; live values win over it. */
  readonly rules: Rules;
  /** Whole seconds. */
  readonly pollMs: number;
  /** How long a pass waits for its readings. */
  readonly beatBudgetMs: number;
  readonly spark: SparkConfig;
  readonly sources: SourcesConfig;
  readonly kube: KubeConfig;
  readonly http: ListenAddress;
  readonly log: { readonly level: Values['logLevel']; readonly format: Values['logFormat'] };
  readonly dryRun: boolean;
  /** The settings all this was made of, by the rows of the table, for live values and for showing them. */
  readonly values: Values;
  /** Settings given by variables of ours: nothing else decides about these. */
  readonly given: ReadonlySet<SettingId>;
  /** Where the Services of an Oshinko cluster are; undefined without the name of a cluster. */
  readonly oshinko: OshinkoServices | undefined;
}

export type ConfigResult =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly Problem[] };

const BEAT_BUDGET_SHARE = 0.7;
const LONGEST_BEAT_BUDGET_MS = 5000;
const LONGEST_OBJECT_NAME = 253;

/** Reads the environment. Never throws; on failure all problems are listed, each with the variable it is about. */
export function parseConfig(env: Environment): ConfigResult {
  const { values, given, refused, problems } = readEnvironment(env);
  const name = (id: SettingId): string => nameInEnvironment(id, given, env);
  // A relation with a value that was refused would only complain about the default in its place.
  const checked = RELATIONS.filter(({ between }) => !between.some((id) => refused.has(id)));
  const broken = checked.flatMap((relation) => brokenBy(relation, values, name, given) ?? []);
  const all = [...problems, ...broken];
  return all.length > 0
    ? { ok: false, problems: all }
    : { ok: true, config: toConfig(withDerived(values), given, env) };
}

/** The rules that the values make. */
export function rulesOf(values: Values): Rules {
  const { workerCores, workerMemoryMiB } = values;
  const whole = workerCores !== undefined && workerMemoryMiB !== undefined;
  return {
    minWorkers: values.minWorkers,
    maxWorkers: values.maxWorkers,
    ...learningOf(values),
    burstMs: values.burstMs,
    growStepWorkers: values.growStepWorkers,
    deadBandWorkers: values.deadBandWorkers,
    headroomWorkers: values.headroomWorkers,
    reversalsPerHour: values.reversalsPerHour,
    policy: values.policy,
    placement: values.placement,
    removalMode: values.removalMode,
    moveCachedBlocks: values.moveCachedBlocks,
    pinAgeLimitMs: values.pinAgeLimitMs,
    externalShuffleService: values.externalShuffleService === 'auto',
    drainDeadlineMs: values.drainDeadlineMs,
    onDrainDeadline: values.onDrainDeadline,
    maxDrainingWorkers: values.maxDrainingWorkers,
    quietMs: values.quietMs,
    settleMs: values.settleMs,
    heartbeatFreshMs: values.heartbeatFreshMs,
    paused: values.paused,
    workerShape: whole ? resources(workerCores, workerMemoryMiB) : undefined,
  };
}

/** With a hold that is set nothing is learned: whoever sets it knows when workers go. */
function learningOf({ holdMs, profile }: Values): ProfileRules & Pick<Rules, 'holdMs'> {
  return holdMs === 'auto' ? { ...PROFILES[profile], holdMs: LEARNED_HOLD_MS } : { ...NOTHING_LEARNED, holdMs };
}

/** The variable a setting's value came from. */
function nameInEnvironment(id: SettingId, given: ReadonlySet<SettingId>, env: Environment): string {
  const { variable, alias } = SETTINGS[id];
  const fromAlias = alias !== undefined && !given.has(id) && (env[alias] ?? '').trimEnd() !== '';
  return fromAlias ? alias : variable;
}

/** Fills in what follows from other settings. */
function withDerived(values: Values): Values {
  const { cluster, target, targetSelector, leaseName } = values;
  const bySelector = target === undefined && cluster !== undefined;
  const owner = cluster?.toLowerCase().replace(/[_.]/g, '-') ?? target?.name;
  return {
    ...values,
    targetSelector: targetSelector ?? (bySelector ? oshinkoWorkers(cluster) : undefined),
    leaseName: leaseName ?? (owner === undefined ? 'elastic-worker' : leaseNameFor(owner)),
  };
}

function oshinkoWorkers(cluster: string): string {
  return `oshinko-cluster=${cluster},oshinko-type=worker`;
}

/** A cluster's name is looked for in the labels of everybody who makes standalone clusters. */
function selectionOf({ target, targetSelector = '', cluster }: Values): TargetSelection {
  if (target !== undefined) return { by: 'reference', reference: target };
  if (cluster === undefined || targetSelector !== oshinkoWorkers(cluster)) {
    return { by: 'labels', selectors: [targetSelector] };
  }
  return {
    by: 'labels',
    selectors: [
      targetSelector,
      `radanalytics.io/SparkCluster=${cluster},radanalytics.io/podType=worker`,
      `radanalytics.io/SparkCluster=${cluster},radanalytics.io/rcType=worker`,
      `spark.operator/spark-cluster-name=${cluster},spark-role=worker`,
    ],
  };
}

/** Names of objects end in a letter or digit, also where they had to be cut. */
function leaseNameFor(owner: string): string {
  return `elastic-worker-${owner}`.slice(0, LONGEST_OBJECT_NAME).replace(/[-.]{1,253}$/, '');
}

function toConfig(values: Values, given: ReadonlySet<SettingId>, env: Environment): Config {
  const { pollMs, cluster } = values;
  return {
    cluster,
    namespace: values.namespace,
    target: selectionOf(values),
    configMap: values.configMap,
    enabled: values.enable,
    rules: rulesOf(values),
    pollMs,
    beatBudgetMs: Math.min(BEAT_BUDGET_SHARE * pollMs, LONGEST_BEAT_BUDGET_MS),
    spark: sparkConfigOf(values),
    sources: sourcesConfigOf(values),
    kube: {
      kubeconfig: values.kubeconfig,
      timeoutMs: values.kubeTimeoutMs,
      podsPeriodMs: values.podsPeriodMs,
      targetPeriodMs: values.targetPeriodMs,
      configPeriodMs: values.configPeriodMs,
      leaseName: values.leaseName ?? 'elastic-worker',
      watchNodes: values.watchNodes,
      leaseDurationMs: values.leaseDurationMs,
      events: values.events,
    },
    http: values.listen,
    log: { level: values.logLevel, format: values.logFormat },
    dryRun: values.dryRun,
    values,
    given,
    oshinko: cluster === undefined ? undefined : oshinkoServices(cluster, env),
  };
}

function sparkConfigOf(values: Values): SparkConfig {
  return {
    masterUrl: values.masterUrl,
    requestTimeoutMs: values.requestTimeoutMs,
    masterTimeoutMs: values.masterTimeoutMs,
    driverRequestsPerSecond: values.driverRequestsPerSecond,
    maxConcurrentRequests: values.maxConcurrentRequests,
    maxBodyMiB: values.maxBodyMiB,
    useProxy: values.driverProxy,
    allowedNetworks: values.allowedNetworks,
    caFile: values.sparkCaFile,
    certFile: values.sparkCertFile,
    keyFile: values.sparkKeyFile,
    username: values.sparkUsername,
    passwordFile: values.sparkPasswordFile,
    tokenFile: values.sparkTokenFile,
    headersFile: values.sparkHeadersFile,
    driverUsername: values.driverUsername,
    driverPasswordFile: values.driverPasswordFile,
    driverTokenFile: values.driverTokenFile,
  };
}
