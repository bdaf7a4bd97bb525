/** What a scenario reports, and how a run of them is summed up. */
import type { SparkLine } from '../install/index.ts';
import { removalLines, type RemovalFigures } from './totals.ts';

export interface ScenarioResult {
  readonly name: string;
  readonly spark: SparkLine;
  readonly passed: boolean;
  readonly tasksKilled: number;
  readonly executorsLostWithWork: number;
  readonly wrongVictims: number;
  /** From demand visible in the driver to the growth accepted by the API server; null where nothing grew. */
  readonly reactionMsP50: number | null;
  readonly reactionMsMax: number | null;
  readonly workerSeconds: number;
  /** What always keeping max workers would have used in the same time. */
  readonly staticMaxWorkerSeconds: number;
  /** From the growth accepted to all its workers registered; the longest seen. */
  readonly allRegisteredMs: number | null;
  readonly tookSeconds: number;
  /** Where removals are what it is about. */
  readonly removals?: RemovalFigures;
  /** What the same load lost without the daemon; the fields above then count what the daemon lost, so nothing. */
  readonly withoutDaemon?: PlainLosses;
  /** Further figures, one a line. */
  readonly notes?: readonly string[];
  readonly problems: readonly string[];
}

export interface PlainLosses {
  readonly podsRemoved: number;
  readonly tasksKilled: number;
  readonly executorsLostWithWork: number;
  readonly fetchFailures: number;
  readonly stagesRunTwice: number;
  readonly mapTasksRepeated: number;
}

/** Middle of the sorted values; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

/** One readable line per scenario. */
export function renderResult(result: ScenarioResult): string {
  const verdict = result.passed ? 'ok  ' : 'FAIL';
  const reaction = result.reactionMsP50 === null ? '-' : `${result.reactionMsP50}/${result.reactionMsMax ?? 0} ms`;
  const used = `${result.workerSeconds.toFixed(0)} of ${result.staticMaxWorkerSeconds.toFixed(0)} worker-seconds`;
  const losses = `killed ${result.tasksKilled}, lost ${result.executorsLostWithWork}, wrong ${result.wrongVictims}`;
  return (
    `${verdict} ${result.name} on Spark ${result.spark}: ${losses}; reaction p50/max ${reaction}; ` +
    `registered after ${result.allRegisteredMs ?? '-'} ms; ${used}; ${result.tookSeconds.toFixed(0)} s` +
    [...removalLines(result.removals), ...plainLines(result.withoutDaemon), ...(result.notes ?? [])]
      .map((line) => `\n       ${line}`)
      .join('') +
    result.problems.map((problem) => `\n       ${problem}`).join('')
  );
}

function plainLines(losses: PlainLosses | undefined): readonly string[] {
  if (losses === undefined) return [];
  const { podsRemoved, tasksKilled, executorsLostWithWork, fetchFailures, stagesRunTwice, mapTasksRepeated } = losses;
  return [
    `without the daemon, ${podsRemoved} pods removed: ${tasksKilled} tasks killed, ${executorsLostWithWork} executors lost ` +
      `with work, ${fetchFailures} fetches failed, ${stagesRunTwice} stages run twice, ${mapTasksRepeated} map tasks repeated`,
  ];
}
