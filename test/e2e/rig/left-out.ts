/**
 * Cycles that prove nothing about removals, since Spark's restarted master itself killed executors. A worker that registers
 * again while the master recovers is told to kill those of its executors that the master has not heard of yet (seen on
 * 4.3.0). Nobody has marked such a worker and its pod goes on, so what was lost with it is no removal's fault. Pure.
 */
import type { EventLogReport, RemovedExecutor } from '../event-log.ts';
import type { PodEvent } from '../node-agent.ts';
import type { Repeats } from './totals.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LeftOutCycle extends Span {
  /** What was repeated in it. */
  readonly repeats: Repeats;
}

/** A worker was asked to kill its executor; one that was marked has another reason before it. */
const KILLED = /^Runner thread for executor \S+ interrupted$/;
/** The end of a pod is noted somewhat later than its executors'. */
const SLACK_MS = 5_000;

/** Executors of this span that were killed on workers which had not been marked, and whose pods went on. */
export function killedByMaster(
  removed: readonly RemovedExecutor[],
  podEvents: readonly PodEvent[],
  { fromMs, toMs }: Span,
): readonly RemovedExecutor[] {
  const ends = podEvents.filter(({ what }) => what === 'terminating' || what === 'gone' || what === 'restarted');
  return removed.filter(
    ({ reason, host, removedMs }) =>
      KILLED.test(reason) &&
      removedMs >= fromMs &&
      removedMs <= toMs &&
      !ends.some((event) => event.host === host && event.atMs <= removedMs + SLACK_MS),
  );
}

/** Whether a moment is in one of these. */
export function isLeftOut(atMs: number, cycles: readonly Span[]): boolean {
  return cycles.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
}

export function repeatsOf({ fetchFailures, stagesRunTwice, mapTasksRepeated }: EventLogReport): Repeats {
  return { fetchFailures, stagesRunTwice: stagesRunTwice.length, mapTasksRepeated };
}

/** What `all` has more than these. */
export function without(all: Repeats, some: readonly Repeats[]): Repeats {
  const rest = (of: keyof Repeats): number => some.reduce((left, one) => left - one[of], all[of]);
  return {
    fetchFailures: rest('fetchFailures'),
    stagesRunTwice: rest('stagesRunTwice'),
    mapTasksRepeated: rest('mapTasksRepeated'),
  };
}
