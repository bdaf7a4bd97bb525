/** One daemon over a fake world: everything it remembers begins anew with it. */
import { Actuator } from '../../../src/daemon/actuator.ts';
import { Cycle, type LiveView } from '../../../src/daemon/cycle.ts';
import { Observer, type ObserverDeps } from '../../../src/daemon/observer.ts';
import type { Rivals } from '../../../src/daemon/rivals.ts';
import { LeaseKeeper } from '../../../src/daemon/tenancy.ts';
import type { CycleReport } from '../../../src/status/report.ts';
import { RULES } from './things.ts';
import { never } from './results.ts';
import type { World } from './world.ts';

export const POLL_MS = 1_000;
export const LEASE_DURATION_MS = 15_000;

export const ENABLED: LiveView = { standby: undefined, rules: RULES, problems: [] };

/** Real milliseconds: only sources that a test holds back ever use them up. */
const BUDGET_MS = 20;

export interface Daemon {
  readonly cycle: Cycle;
  readonly observer: Observer;
  readonly actuator: Actuator;
  readonly lease: LeaseKeeper;
  /** A second passes, the world moves, and a pass runs. */
  pass(): Promise<CycleReport>;
  /** So many passes; the report of the last. */
  passes(count: number): Promise<CycleReport>;
}

export interface DaemonOptions {
  readonly identity?: string;
  readonly live?: ConstructorParameters<typeof Cycle>[0]['live'];
  readonly observer?: Partial<ObserverDeps>;
  readonly rivals?: Rivals;
}

export function observerOver(world: World, more: Partial<ObserverDeps> = {}): Observer {
  return new Observer({
    clock: world.clock,
    master: world.master,
    gaugeSources: () => [world.gauges],
    sourceTolerance: 1,
    settingsSource: world.settings,
    holdingsSource: world.holdings,
    paceSource: world.paces,
    workerUis: world.workerUis,
    target: world.target,
    pods: world.pods,
    clusterConfig: world.clusterConfig,
    pollMs: POLL_MS,
    podsPeriodMs: 2_000,
    targetPeriodMs: 2_000,
    configPeriodMs: 2_000,
    beatBudgetMs: BUDGET_MS,
    signal: never,
    ...more,
  });
}

export function daemonOver(world: World, options: DaemonOptions = {}): Daemon {
  const { clock, target, pods, master } = world;
  const observer = observerOver(world, options.observer);
  const actuator = new Actuator({ clock, target, pods, master, random: () => 1 });
  const tenure = world.tenure(options.identity ?? 'first');
  const lease = new LeaseKeeper({ clock, tenure, leaseDurationMs: LEASE_DURATION_MS });
  const live = options.live ?? ((): LiveView => ENABLED);
  const cycle = new Cycle({
    clock,
    observer,
    actuator,
    lease,
    ...(options.rivals !== undefined && { rivals: options.rivals }),
    live,
    skippedPasses: () => 0,
    writeSignal: never,
  });

  async function pass(): Promise<CycleReport> {
    clock.advance(POLL_MS);
    world.step();
    return cycle.run();
  }

  async function passes(count: number): Promise<CycleReport> {
    for (let left = count; left > 1; left -= 1) await pass();
    return pass();
  }

  return { cycle, observer, actuator, lease, pass, passes };
}

/** Three workers, of which one is needed, and a daemon that has just chosen the other two. */
export async function untilChosen(world: World, daemon: Daemon): Promise<void> {
  world.wantedExecutors = 1;
  for (let count = 0; count < 30; count += 1) {
    const { outcome } = await daemon.pass();
    if (outcome.kind === 'done' && outcome.action.kind === 'choose') return;
  }
  throw new Error('nobody was chosen');
}
