/** Removals under load, by the hundred, with faults: nothing may be lost. */
import type { EventLogReport, RemovedExecutor } from '../event-log.ts';
import { EXECUTOR_STARTS, KILLED_DRAINING, killedAt, MASTER_RESTARTS, slowToEnd } from '../rig/breakdowns.ts';
import { judgeRemovals, runCycle, type CyclePlan } from '../rig/campaign.ts';
import {
  annotationLost,
  answers,
  conflict,
  COST_LOWERED,
  COUNT_RAISED,
  staleList,
  timesOut,
} from '../rig/injections.ts';
import { killedByMaster, repeatsOf, without, type LeftOutCycle, type Span } from '../rig/left-out.ts';
import type { Repeats } from '../rig/totals.ts';
import { startWorld } from '../rig/world.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';
import type { ScenarioResult } from '../rig/result.ts';

const STALE_MS = 4_000;
const SLOW_END_MS = 4_000;

/** What CI has time for: two cycles. */
const SHORT: readonly CyclePlan[] = [
  { load: 'tasks', faults: [answers(500, 'choose'), killedAt('count lowered'), slowToEnd(SLOW_END_MS)] },
  { load: 'burst', faults: [conflict('resize'), staleList(STALE_MS)], later: [EXECUTOR_STARTS] },
];

const LONG: readonly CyclePlan[] = [
  {
    load: 'tasks',
    faults: [killedAt('chosen'), answers(429, 'mark'), conflict('resize')],
    later: [annotationLost('choose')],
  },
  { load: 'tasks', faults: [killedAt('marked'), conflict('choose')], later: [staleList(STALE_MS)] },
  { load: 'burst', faults: [annotationLost('choose'), COST_LOWERED], later: [EXECUTOR_STARTS] },
  { load: 'shuffle', faults: [MASTER_RESTARTS, slowToEnd(SLOW_END_MS), killedAt('count lowered')] },
  {
    load: 'tasks',
    faults: [KILLED_DRAINING, answers(500, 'resize')],
    later: [staleList(STALE_MS), answers(500, 'mark')],
  },
  { load: 'tasks', faults: [killedAt('empty'), timesOut('lost', 'choose'), answers(429, 'resize')] },
  { load: 'burst', faults: [COUNT_RAISED, killedAt('count lowered'), KILLED_DRAINING], later: [EXECUTOR_STARTS] },
  { load: 'tasks', faults: [annotationLost('mark'), answers(429, 'choose')], later: [killedAt('chosen')] },
  { load: 'shuffle', faults: [MASTER_RESTARTS, conflict('mark'), killedAt('marked')] },
  { load: 'tasks', faults: [KILLED_DRAINING, timesOut('lost', 'resize')], later: [killedAt('empty')] },
  {
    load: 'burst',
    faults: [killedAt('marked'), staleList(STALE_MS)],
    later: [EXECUTOR_STARTS, annotationLost('mark')],
  },
  {
    load: 'shuffle',
    faults: [MASTER_RESTARTS, killedAt('chosen'), timesOut('unsent', 'mark'), killedAt('empty'), COST_LOWERED],
  },
];

function campaign(name: string, inCut: boolean, cycles: readonly CyclePlan[]): Scenario {
  const run = async ({ bench, controlPlane, spark, namespace }: ScenarioContext): Promise<ScenarioResult> => {
    const world = await startWorld({ bench, controlPlane, spark, name: namespace });
    const leftOut: LeftOutCycle[] = [];
    const notes: string[] = [];
    let before = NOTHING_REPEATED;
    for (const [index, cycle] of cycles.entries()) {
      const fromMs = Date.now();
      await runCycle(world, cycle);
      const span = { fromMs, toMs: Date.now() };
      const report = await world.app.app.readEventLog();
      const repeats = without(repeatsOf(report), [before]);
      before = repeatsOf(report);
      const killed = killedByMaster(report.executorsRemoved, world.rig.agent.events(), span);
      if (killed.length > 0) {
        leftOut.push({ ...span, repeats });
        notes.push(sentenceOfLeftOut(index + 1, killed, repeats));
      }
      if (cycles.length > 2) console.log(`     cycle ${index + 1}: ${sentenceOf(span, report)}`);
    }
    await world.app.stop();
    const options = { untold: world.api.lostAnswers(), leftOut };
    const result = await judgeRemovals(world.rig, name, world.faults.fired(), options);
    return notes.length === 0 ? result : { ...result, notes };
  };
  return { name, inCut, run };
}

const NOTHING_REPEATED: Repeats = { fetchFailures: 0, stagesRunTwice: 0, mapTasksRepeated: 0 };

function sentenceOf({ fromMs, toMs }: Span, { tasksKilled, fetchFailures, mapTasksRepeated }: EventLogReport): string {
  const losses = `so far ${tasksKilled} tasks killed, ${fetchFailures} fetches failed, ${mapTasksRepeated} map tasks repeated`;
  return `${((toMs - fromMs) / 1000).toFixed(0)} s; ${losses}`;
}

function sentenceOfLeftOut(cycle: number, killed: readonly RemovedExecutor[], { mapTasksRepeated }: Repeats): string {
  const ids = killed.map(({ executorId }) => executorId).join(', ');
  return (
    `cycle ${cycle} is left out: Spark's restarted master killed executors ${ids}, on workers that nobody had marked ` +
    `and whose pods went on; ${mapTasksRepeated} map tasks ran again`
  );
}

/** Without it a run is no record. */
export const LONG_CAMPAIGN = 'removal-campaign';

export const CAMPAIGN_SCENARIOS: readonly Scenario[] = [
  campaign('removals-with-faults', true, SHORT),
  campaign(LONG_CAMPAIGN, false, LONG),
];
