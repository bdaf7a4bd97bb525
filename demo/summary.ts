/** What the minute cost and what it did not: numbers first, then the table. */
import Table from 'cli-table3';
import type { StatusDecision } from './daemon.ts';
import { busyWorkersKilled, countTasks, submittedTasks } from './load.ts';
import { worldStats, type World } from './standin/world.ts';
import type { Outage } from './story.ts';

export interface Summary {
  readonly seconds: number;
  readonly workerSeconds: number;
  /** What a cluster that is always at its maximum would have used in the same time. */
  readonly alwaysMaxWorkerSeconds: number;
  readonly tasksSubmitted: number;
  readonly tasksDone: number;
  /** Killed with their executor, or run again since their output was lost with it. */
  readonly tasksKilled: number;
  readonly tasksRepeated: number;
  readonly busyWorkersKilled: number;
  readonly growths: number;
  readonly shrinks: number;
  readonly outage: Outage;
  readonly shrinksInOutage: number;
}

export interface SummaryInput {
  readonly world: World;
  /** Worker-seconds used before the story began. */
  readonly workerSecondsBefore: number;
  readonly seconds: number;
  readonly maxWorkers: number;
  /** The daemon's decisions that changed the count. */
  readonly decisions: readonly StatusDecision[];
  readonly outage: Outage;
}

/** Adds up the story. Pure but for reading the world. */
export function summaryOf({
  world,
  workerSecondsBefore,
  seconds,
  maxWorkers,
  decisions,
  outage,
}: SummaryInput): Summary {
  const stats = worldStats(world);
  const shrinks = decisions.filter(({ change }) => change !== null && change.to < change.from);
  return {
    seconds,
    workerSeconds: stats.workerSeconds - workerSecondsBefore,
    alwaysMaxWorkerSeconds: maxWorkers * seconds,
    tasksSubmitted: submittedTasks(world),
    tasksDone: countTasks(world).done,
    tasksKilled: stats.tasksKilled,
    tasksRepeated: stats.tasksRepeated,
    busyWorkersKilled: busyWorkersKilled(world),
    growths: decisions.filter(({ change }) => change !== null && change.to > change.from).length,
    shrinks: shrinks.length,
    outage,
    shrinksInOutage: shrinks.filter(({ atEpochMs }) => atEpochMs >= outage.fromEpochMs && atEpochMs <= outage.toEpochMs)
      .length,
  };
}

/** What went wrong, in sentences; empty after a good run. */
export function failuresOf(summary: Summary): readonly string[] {
  const { tasksSubmitted, tasksDone, tasksKilled, tasksRepeated, shrinksInOutage } = summary;
  return [
    ...(tasksDone === tasksSubmitted ? [] : [`${tasksDone} of ${tasksSubmitted} tasks are done`]),
    ...(tasksKilled === 0 ? [] : [`${tasksKilled} tasks were killed`]),
    ...(tasksRepeated === 0 ? [] : [`${tasksRepeated} tasks had to run again`]),
    ...(summary.busyWorkersKilled === 0 ? [] : [`${summary.busyWorkersKilled} busy workers were killed`]),
    ...(shrinksInOutage === 0 ? [] : [`the count was lowered ${shrinksInOutage} times while demand was unknown`]),
  ];
}

/** The table, without a newline at its end. */
export function summaryTable(summary: Summary, colour: boolean): string {
  const { workerSeconds, alwaysMaxWorkerSeconds: always, outage } = summary;
  const table = new Table({
    head: ['', `in ${Math.round(summary.seconds)} s`],
    colAligns: ['left', 'right'],
    style: colour ? { head: ['cyan'] } : { head: [], border: [] },
  });
  table.push(
    ['worker-seconds used', workerSeconds.toFixed(0)],
    ['worker-seconds of always-max', always.toFixed(0)],
    ['saved', `${((1 - workerSeconds / always) * 100).toFixed(0)} %`],
    ['tasks run', `${summary.tasksDone} of ${summary.tasksSubmitted}`],
    ['tasks killed', summary.tasksKilled],
    ['busy workers killed', summary.busyWorkersKilled],
    ['resizes', `${summary.growths} up, ${summary.shrinks} down`],
    [
      `shrinks in the outage of ${((outage.toEpochMs - outage.fromEpochMs) / 1000).toFixed(0)} s\n` +
        `(unknown is not zero: ${outage.busyWorkers} workers\nwith ${outage.runningTasks} tasks were at stake)`,
      summary.shrinksInOutage,
    ],
  );
  return table.toString();
}
