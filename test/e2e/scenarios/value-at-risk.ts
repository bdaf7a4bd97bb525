/**
 * The talk's demo, through each source of demand: a person asks for values at risk, one Spark job a question, and thinks in
 * between; the cluster grows for each question and shrinks while the person thinks.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceName } from '../../../src/config/source-names.ts';
import type { EventLogReport } from '../event-log.ts';
import { SOURCES, startFeed } from '../rig/feeds.ts';
import type { ScenarioResult } from '../rig/result.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import { linesAbout, runOf, startTelling } from '../rig/value-at-risk-run.ts';
import { checkRisk } from '../rig/value-at-risk.ts';
import { judge } from '../rig/verdict.ts';
import type { RunningApp } from '../spark-app.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const TICKERS = 12;
const TASKS = 24;
/** Of the shuffle in the first question. */
const REDUCE_TASKS = 4;
const CORES = 4;
/** Executors, and so workers: one has them all. */
const MOST = 4;
const ARGS = { tickers: TICKERS, tasks: TASKS, runs: 10_000, pause: 2 };
const WITHIN_MS = 120_000;

/** How long the play is. */
export interface Length {
  /** Each is one question more. */
  readonly portfolios: number;
  /** That each task waits. */
  readonly seconds: number;
}

/** Of the scenario that reads this source. */
export function scenarioName(source: SourceName): string {
  return source === 'driver' ? 'value-at-risk' : `value-at-risk-${source}`;
}

/** Plays it; what is drawn and told of it is the context's. */
export async function playValueAtRisk(
  context: ScenarioContext,
  source: SourceName,
  length: Length,
): Promise<ScenarioResult> {
  const { bench, controlPlane, spark, namespace } = context;
  const feed = await startFeed(bench, source);
  const rig = await startRig({
    ...{ bench, controlPlane, spark, name: namespace, maxWorkers: MOST, workerCores: CORES },
    env: { ELASTIC_WORKER_HOLD: '5s', ...feed.env },
  });
  await rig.startDaemon();
  const goOn = join(await bench.makeDirectory('go-on'), 'after-');
  const app = await rig.submit(
    {
      script: 'value_at_risk.py',
      name: 'value-at-risk',
      args: { ...ARGS, ...length, goOn },
      properties: { 'spark.executor.cores': String(CORES), ...feed.properties },
      dynamicAllocation: { max: MOST, idleTimeoutSeconds: 3 },
    },
    1,
  );
  await feed.submitted?.(app);
  if (context.tell !== undefined) bench.onStop(startTelling(rig, app, context.tell));
  for (let question = 1; question <= 1 + length.portfolios; question += 1) await ask(rig, app, question, goOn);
  const { result } = await app.waitUntilDone();
  const risk = checkRisk(result);
  const judged = await judge(rig, scenarioName(source));
  const problems = [...judged.problems, ...repeated(await app.readEventLog(), length), ...risk.problems];
  await context.draw?.(await runOf(rig, app, source));
  return { ...judged, passed: problems.length === 0, problems, notes: linesAbout(risk) };
}

/** Waits until the cluster has grown for it, it is answered, and the cluster is small again; then the next may come. */
async function ask(rig: Rig, app: RunningApp, question: number, goOn: string): Promise<void> {
  await app.waitForPhase({ name: 'question', number: question });
  await rig.waitForPlanned(question === 1 ? TICKERS / CORES : MOST);
  await app.waitForPhase({ name: 'pause', number: question }, WITHIN_MS);
  await rig.waitForPlanned(1, WITHIN_MS);
  await rig.waitForRegistered(1);
  await writeFile(`${goOn}${question}`, '');
}

/** One job a question, each task once. */
function repeated(log: EventLogReport, { portfolios }: Length): string[] {
  const expected = TICKERS + REDUCE_TASKS + portfolios * TASKS;
  const counts = {
    'jobs that succeeded': [log.jobsSucceeded, 1 + portfolios],
    'tasks that started': [log.tasksStarted, expected],
    'tasks that succeeded': [log.tasksSucceeded, expected],
    'map tasks repeated': [log.mapTasksRepeated, 0],
    'tasks resubmitted': [log.resubmitted, 0],
    'stages run twice': [log.stagesRunTwice.length, 0],
  } as const;
  return Object.entries(counts)
    .filter(([, [found, right]]) => found !== right)
    .map(([what, [found, right]]) => `${what}: ${found}, not ${right}`);
}

export const VALUE_AT_RISK_SCENARIOS: readonly Scenario[] = SOURCES.map((source) => ({
  name: scenarioName(source),
  inCut: source === 'driver' ? ['3.5'] : false,
  run: (context) => playValueAtRisk(context, source, { portfolios: 1, seconds: 1.5 }),
}));
