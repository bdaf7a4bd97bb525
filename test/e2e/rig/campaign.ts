/** Cycles of load that grow the cluster to its max and let it fall to one worker, with faults on the way. */
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { CommandedApp } from './commanded-app.ts';
import { executorTimeline } from './executor-timeline.ts';
import type { FiredFault } from './fault-log.ts';
import type { Injection } from './injections.ts';
import { isLeftOut, without, type LeftOutCycle } from './left-out.ts';
import { removalsOf } from './removals.ts';
import type { ScenarioResult } from './result.ts';
import type { Rig } from './rig.ts';
import { figuresOf, type RemovalFigures } from './totals.ts';
import { acceptedWrites, judge, type VerdictOptions } from './verdict.ts';
import { settledAt, WORKER_CORES, WORKERS, type World } from './world.ts';

/**
 * What a cycle's victims are. `shuffle`: all hold shuffle of an idle application. `tasks`: half run tasks and hold
 * shuffle, then the others are idle and hold shuffle. `burst`: half run tasks, then the others have no executor.
 */
export type Load = 'shuffle' | 'tasks' | 'burst';

export interface CyclePlan {
  readonly load: Load;
  /** Armed before the first victims are chosen. */
  readonly faults?: readonly Injection[];
  /** Armed when the tasks are done, before the rest is chosen. */
  readonly later?: readonly Injection[];
}

export interface Steps {
  /** Called when the first surplus is about to begin. */
  surplusBegins?(): void;
  /** Called when all tasks are done. */
  tasksDone?(): void;
  /** Resolves when the cluster has fallen to one worker. */
  fallen(): Promise<unknown>;
}

/** One for each executor. */
const SLOW_TASKS = WORKERS;

/** One cycle of load; who shrinks the cluster is not its concern. */
export async function runLoad(app: CommandedApp, load: Load, steps: Steps): Promise<void> {
  await app.run({ do: 'spread', executors: WORKERS, slots: WORKER_CORES });
  if (load !== 'burst') await app.run({ do: 'shuffle', tasks: 2 * WORKERS });
  steps.surplusBegins?.();
  // Each of these executors has one slow task and room for two: half of the workers would do.
  if (load !== 'shuffle') await app.run({ do: 'tail', slow: SLOW_TASKS });
  steps.tasksDone?.();
  await steps.fallen();
  if (load !== 'burst') await app.run({ do: 'again' });
}

/** Runs one cycle under the daemon; what was armed and did not hit is taken back at its end. */
export async function runCycle(world: World, plan: CyclePlan): Promise<void> {
  const armed: ReturnType<Injection['arm']>[] = [];
  const arm = (faults: readonly Injection[] = []): void => {
    armed.push(...faults.map((fault) => fault.arm(world)));
  };
  await runLoad(world.app, plan.load, {
    surplusBegins: () => {
      arm(plan.faults);
    },
    tasksDone: () => {
      arm(plan.later);
    },
    fallen: async () => {
      await settledAt(world, 1);
      for (const one of armed) await one.end();
      await settledAt(world, 1);
    },
  });
}

export interface RemovalJudging extends VerdictOptions {
  /** Cycles whose removals and repeats do not count. */
  readonly leftOut?: readonly LeftOutCycle[];
}

/** Ends the application, judges the run, and adds the figures of its removals. Strict: any loss or repeat is a problem. */
export async function judgeRemovals(
  rig: Rig,
  name: string,
  fired: readonly FiredFault[] = [],
  options: RemovalJudging = {},
): Promise<ScenarioResult> {
  const result = await judge(rig, name, options);
  const removals = await readRemovals(rig, fired, options.leftOut);
  const problems = [...result.problems];
  const { fetchFailures, stagesRunTwice, mapTasksRepeated } = removals;
  if (fetchFailures > 0) problems.push(`${fetchFailures} fetches failed`);
  if (stagesRunTwice > 0) problems.push(`${stagesRunTwice} stages ran twice`);
  if (mapTasksRepeated > 0) problems.push(`${mapTasksRepeated} map tasks ran again`);
  return { ...result, passed: problems.length === 0, problems, removals };
}

/** Figures of all removals of a run whose applications have ended. */
export async function readRemovals(
  rig: Rig,
  fired: readonly FiredFault[],
  leftOut: readonly LeftOutCycle[] = [],
): Promise<RemovalFigures> {
  const logs = await Promise.all(rig.apps.map(({ eventLogFile }) => linesOf(eventLogFile)));
  const reports = await Promise.all(rig.apps.map((app) => app.readEventLog()));
  const sum = (pick: (one: (typeof reports)[number]) => number): number =>
    reports.reduce((total, one) => total + pick(one), 0);
  const removals = removalsOf({
    writes: await acceptedWrites(rig),
    podEvents: rig.agent.events(),
    timelines: logs.map((lines) => executorTimeline(lines)),
    passes: rig.statusLog.passes(),
    faults: fired,
  });
  const all = {
    fetchFailures: sum(({ fetchFailures }) => fetchFailures),
    stagesRunTwice: sum(({ stagesRunTwice }) => stagesRunTwice.length),
    mapTasksRepeated: sum(({ mapTasksRepeated }) => mapTasksRepeated),
  };
  return figuresOf(
    removals.filter(({ goneAtMs }) => !isLeftOut(goneAtMs, leftOut)),
    fired.filter(({ atMs }) => !isLeftOut(atMs, leftOut)),
    without(
      all,
      leftOut.map(({ repeats }) => repeats),
    ),
  );
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(existsSync(file) ? file : `${file}.inprogress`, 'utf8')).split('\n');
}
