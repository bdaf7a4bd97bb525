/** A driver's `/metrics/json/`: the registry names that matter for allocation, among some that do not. */
import type { JsonObject } from '../json.ts';
import { gaugesOf } from './allocation.ts';
import type { Application } from './model.ts';
import { activeStage } from './tasks.ts';

const ALLOCATION = 'ExecutorAllocationManager.executors';

export function driverMetrics(app: Application): JsonObject {
  const named = (short: string): string => `${app.id}.driver.${short}`;
  const gauges: [string, number][] = [
    ['BlockManager.memory.maxMem_MB', 434],
    ['BlockManager.memory.memUsed_MB', 0],
    ['DAGScheduler.job.activeJobs', app.openJobs.size],
    ['DAGScheduler.job.allJobs', app.jobs.length],
    ['DAGScheduler.stage.failedStages', 0],
    ['DAGScheduler.stage.runningStages', runningStages(app)],
    ['DAGScheduler.stage.waitingStages', waitingStages(app)],
    ['LiveListenerBus.queue.executorManagement.size', 0],
    ...allocationGauges(app),
  ];
  const allocationCounters: [string, number][] = [
    [`${ALLOCATION}.numberExecutorsDecommissionUnfinished`, 0],
    [`${ALLOCATION}.numberExecutorsExitedUnexpectedly`, app.counters.exitedUnexpectedly],
    [`${ALLOCATION}.numberExecutorsGracefullyDecommissioned`, app.counters.gracefullyDecommissioned],
    [`${ALLOCATION}.numberExecutorsKilledByDriver`, app.counters.killedByDriver],
  ];
  const counters: [string, number][] = [
    ...(app.dynamic === undefined ? [] : allocationCounters),
    ['LiveListenerBus.queue.executorManagement.numDroppedEvents', 0],
  ];
  return {
    version: '4.0.0',
    gauges: Object.fromEntries(gauges.sort(byName).map(([name, value]) => [named(name), { value }])),
    counters: Object.fromEntries(counters.sort(byName).map(([name, count]) => [named(name), { count }])),
    histograms: {},
    meters: {},
    timers: {},
  };
}

function allocationGauges(app: Application): [string, number][] {
  const gauges = gaugesOf(app);
  if (gauges === undefined) return [];
  return Object.entries(gauges).map(([name, value]: [string, number]) => [`${ALLOCATION}.${name}`, value]);
}

function byName([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}

function runningStages(app: Application): number {
  return [...app.openJobs].filter((job) => activeStage(job) !== undefined).length;
}

function waitingStages(app: Application): number {
  const open = [...app.openJobs].flatMap((job) => job.stages.filter((stage) => stage.done < stage.tasks));
  return open.length - runningStages(app);
}
