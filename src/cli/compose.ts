/** The composition root: the one place that knows every concrete adapter. */
import type { Config } from '../config/config.ts';
import { err, ok, type Result } from '../core/result.ts';
import { Actuator } from '../daemon/actuator.ts';
import { systemClock, type Clock } from '../daemon/clock.ts';
import { Cycle, type LiveView } from '../daemon/cycle.ts';
import { Observer, type ConfigReading } from '../daemon/observer.ts';
import { Rivals } from '../daemon/rivals.ts';
import { LeaseKeeper } from '../daemon/tenancy.ts';
import type { CallHook } from '../kube/client.ts';
import { sparkAdapters, type SparkAdapters } from '../spark/adapters.ts';
import { buildClusterSide, type ClusterSide, type Environment } from './cluster-side.ts';
import { driverShareOf } from './gauge-sources.ts';
import { LiveSources } from './live-sources.ts';
import { LiveSettings } from './live-view.ts';
import { OriginalWatch } from './original-watch.ts';

export interface Parts {
  readonly clock: Clock;
  readonly cluster: ClusterSide;
  readonly spark: SparkAdapters;
  /** In order of preference; those that listen are started and stopped by the commands. */
  readonly sources: LiveSources;
  readonly observer: Observer;
  readonly lease: LeaseKeeper;
  readonly cycle: Cycle;
  readonly live: LiveSettings;
  readonly original: OriginalWatch;
}

export interface ComposeOptions {
  readonly env: Environment;
  readonly onCall: CallHook;
  readonly skippedPasses: () => number;
  /** Ends reads. */
  readonly reads: AbortSignal;
  /** Ends writes. */
  readonly writes: AbortSignal;
}

/** Builds all parts; nothing is started and nothing is sent yet but what reading credentials takes. */
export async function compose(config: Config, options: ComposeOptions): Promise<Result<Parts, readonly string[]>> {
  const clock = systemClock;
  const built = await buildClusterSide(config, options.env, clock, options.onCall);
  if (!built.ok) return err(built.error);
  const cluster = built.value;
  const adapters = await sparkAdapters({
    ...config.spark,
    driverRequestsPerSecond: driverShareOf(config),
    pollMs: config.pollMs,
    deniedAddresses: [cluster.serverHost],
    learntNetworks: () => cluster.learntNetworks.list(),
    now: clock.nowMs,
  });
  const sources = adapters.ok ? await LiveSources.open({ config, spark: adapters.value, clock }) : adapters;
  if (!adapters.ok || !sources.ok) {
    cluster.client.close();
    return err(sources.ok ? [] : sources.error);
  }
  const spark = adapters.value;
  const observer = new Observer({
    clock,
    master: spark.master,
    gaugeSources: sources.value.list,
    sourceTolerance: config.sources.tolerance,
    settingsSource: spark.settings,
    holdingsSource: spark.holdings,
    paceSource: spark.paces,
    workerUis: spark.workerUis,
    target: cluster.target,
    pods: cluster.pods,
    clusterConfig: cluster.clusterConfig,
    scalers: cluster.scalers,
    nodes: cluster.nodes,
    pollMs: config.pollMs,
    podsPeriodMs: config.kube.podsPeriodMs,
    targetPeriodMs: config.kube.targetPeriodMs,
    configPeriodMs: config.kube.configPeriodMs,
    beatBudgetMs: config.beatBudgetMs,
    signal: options.reads,
  });
  const { target, pods, tenure } = cluster;
  const actuator = new Actuator({ clock, target, pods, master: spark.master, random: Math.random });
  const lease = new LeaseKeeper({ clock, tenure, leaseDurationMs: config.kube.leaseDurationMs });
  const original = new OriginalWatch(cluster.client, cluster.ownPod, options.reads);
  const live = new LiveSettings(config, original.current, clock.nowEpochMs);
  const cycle = new Cycle({
    clock,
    observer,
    actuator,
    lease,
    rivals: new Rivals(),
    live: (reading) => followed(live, sources.value, reading),
    skippedPasses: options.skippedPasses,
    writeSignal: options.writes,
  });
  return ok({ clock, cluster, spark, sources: sources.value, observer, lease, cycle, live, original });
}

/** What the ConfigMap says now. The sources go over to it by themselves, and a later pass reads them. */
function followed(live: LiveSettings, sources: LiveSources, reading: ConfigReading | undefined): LiveView {
  const view = live.view(reading);
  void sources.follow(live.values());
  return { ...view, problems: [...view.problems, ...sources.problems()] };
}
