/** What happens in the demo's minute: a burst, a notebook with pauses, a metrics outage. */
import { setTimeout as delay } from 'node:timers/promises';
import { BURST, busyWorkers, countTasks, NOTEBOOK } from './load.ts';
import type { Standin } from './standin/standin.ts';
import type { Job } from './standin/spark/model.ts';

/** About how long the story takes, in seconds. */
export const STORY_SEC = 60;
export const MIN_WORKERS = 1;
export const MAX_WORKERS = 8;
/** Short, so that a minute holds a whole story; the daemon's own default is 60 s. */
export const HOLD_SEC = 5;

const LOOK_MS = 100;
/** Nothing in the story takes as long; a scene that does is stuck. */
const STUCK_MS = 40_000;

export interface Scene {
  readonly title: string;
  /** One sentence: what is happening, and what to watch. */
  readonly text: string;
}

export interface Stage {
  readonly standin: Standin;
  narrate(scene: Scene): void;
  /** Ends the story early: its promise rejects. */
  readonly signal: AbortSignal;
}

/** When nobody could read any demand, and what ran when that began. Times are milliseconds since the epoch. */
export interface Outage {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly busyWorkers: number;
  readonly runningTasks: number;
}

/** Plays all scenes. Rejects when it is stopped, or when something that has to happen does not. */
export async function playStory(stage: Stage): Promise<Outage> {
  stage.narrate({
    title: 'quiet',
    text: `No application runs: ${MIN_WORKERS} of at most ${MAX_WORKERS} workers waits.`,
  });
  await pause(stage, 2);
  await burst(stage);
  const notebook = await notebookWithPauses(stage);
  const outage = await metricsOutage(stage, notebook);
  await backToMin(stage);
  await stage.standin.finishApplication(notebook);
  return outage;
}

async function burst(stage: Stage): Promise<void> {
  const { standin } = stage;
  const app = await standin.startApplication(BURST);
  const job = standin.submitJob(app, { tasks: 80, taskMs: 2500 });
  stage.narrate({
    title: 'a burst',
    text: '80 tasks of 2.5 s at once: growth is immediate, no hold and no budget delays it.',
  });
  await untilDone(stage, job);
  await standin.finishApplication(app);
  stage.narrate({
    title: 'after the burst',
    text: `The work is done: once nothing was wanted for ${HOLD_SEC} s, idle workers are chosen, marked, proven empty, and go.`,
  });
  await backToMin(stage);
}

/** Cells of a notebook that come faster than the hold is long. */
async function notebookWithPauses(stage: Stage): Promise<string> {
  const { standin } = stage;
  const app = await standin.startApplication(NOTEBOOK);
  stage.narrate({
    title: 'a notebook',
    text: 'Someone runs a cell, looks at the result, runs the next: the pauses are shorter than the hold, so nothing flaps.',
  });
  for (let cell = 0; cell < 2; cell += 1) {
    await untilDone(stage, standin.submitJob(app, { tasks: 12, taskMs: 3000 }));
    await pause(stage, 1.5);
  }
  return app;
}

/** The drivers' metrics go, and the master's pages with them, which the daemon would read instead. */
async function metricsOutage(stage: Stage, app: string): Promise<Outage> {
  const { standin } = stage;
  const job = standin.submitJob(app, { tasks: 12, taskMs: 7000 });
  await until(stage, 'tasks of the third cell', () => countTasks(standin.world).running === 12);
  // The daemon has to have seen this demand, so that it is what it holds on to.
  await pause(stage, 2);
  const { faults, nowMs: fromEpochMs } = standin.world;
  const facts = { fromEpochMs, busyWorkers: busyWorkers(standin.world), runningTasks: 12 };
  faults.metrics = 'error';
  faults.appPages = 'error';
  stage.narrate({
    title: 'a metrics outage',
    text: 'In mid-cell every source of demand fails: unknown is not zero, so nobody is taken away.',
  });
  await untilDone(stage, job);
  await pause(stage, 3);
  faults.metrics = 'none';
  faults.appPages = 'none';
  stage.narrate({
    title: 'metrics are back',
    text: `Demand is known again, and it is zero: the hold of ${HOLD_SEC} s starts anew, then the idle workers go.`,
  });
  return { ...facts, toEpochMs: standin.world.nowMs };
}

async function backToMin(stage: Stage): Promise<void> {
  const { world } = stage.standin;
  await until(stage, `${MIN_WORKERS} worker again`, () => world.kube.pods.size === MIN_WORKERS);
}

function untilDone(stage: Stage, job: Job): Promise<void> {
  return until(stage, `the end of job ${job.id}`, () => job.doneAtMs !== undefined);
}

async function until(stage: Stage, what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + STUCK_MS;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${STUCK_MS / 1000} s in vain for ${what}`);
    await delay(LOOK_MS, undefined, { signal: stage.signal });
  }
}

async function pause(stage: Stage, seconds: number): Promise<void> {
  await delay(seconds * 1000, undefined, { signal: stage.signal });
}
