/**
 * What one gets without the daemon: the count follows the same demand after the same hold, by nothing but the
 * ReplicationController. No worker is marked, no pod has a cost; Kubernetes takes whom it likes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningApp } from '../spark-app.ts';
import type { PlainLosses } from './result.ts';
import { neededExecutors } from './sampler.ts';
import type { Rig } from './rig.ts';

const PERIOD_MS = 500;

export interface PlainScalerOptions {
  readonly rig: Rig;
  /** One executor of it fills one worker. */
  readonly app: RunningApp;
  readonly holdMs: number;
  readonly maxWorkers: number;
}

/** Starts it; growth is at once, a shrink to the most that was wanted during the hold. The workbench stops it. */
export function startPlainScaler({ rig, app, holdMs, maxWorkers }: PlainScalerOptions): void {
  const ended = new AbortController();
  const wanted: { readonly atMs: number; readonly workers: number }[] = [];
  const sinceMs = Date.now();
  async function look(): Promise<void> {
    const workers = Math.min(maxWorkers, Math.max(1, await neededExecutors(app.uiUrl)));
    const nowMs = Date.now();
    wanted.push({ atMs: nowMs, workers });
    while ((wanted[0]?.atMs ?? nowMs) < nowMs - holdMs) wanted.shift();
    const most = Math.max(...wanted.map((one) => one.workers));
    const planned = await rig.planned();
    if (most > planned || (most < planned && nowMs - sinceMs > holdMs)) await rig.scaleByHand(most);
  }
  const loop = (async () => {
    while (!ended.signal.aborted) {
      // A driver that is gone wants nothing more; the next look tells.
      await look().catch(() => undefined);
      await delay(PERIOD_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  rig.options.bench.onStop(async () => {
    ended.abort();
    await loop;
  });
}

/** What the applications lost, from their event logs. */
export async function plainLosses(rig: Rig): Promise<PlainLosses> {
  const logs = await Promise.all(rig.apps.map((app) => app.readEventLog()));
  const sum = (pick: (one: (typeof logs)[number]) => number): number =>
    logs.reduce((total, one) => total + pick(one), 0);
  return {
    podsRemoved: rig.agent.events().filter(({ what }) => what === 'gone').length,
    tasksKilled: sum((one) => one.tasksKilled),
    executorsLostWithWork: sum((one) => one.executorsLostWithWork),
    fetchFailures: sum((one) => one.fetchFailures),
    stagesRunTwice: sum((one) => one.stagesRunTwice.length),
    mapTasksRepeated: sum((one) => one.mapTasksRepeated),
  };
}
