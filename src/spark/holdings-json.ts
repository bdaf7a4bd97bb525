/** What an application holds, from its driver's REST: executors, running jobs, active stages (spark.md 9.2). */
import * as v from 'valibot';
import type { ExecutorHolding, JobActivity } from '../core/holdings.ts';
import { ok, type Result } from '../core/result.ts';
import type { TaskPace } from '../core/spark-view.ts';
import { Count, parseJson } from './json-text.ts';

const Executors = v.array(
  v.object({
    id: v.string(),
    hostPort: v.string(),
    isActive: v.boolean(),
    activeTasks: Count,
    totalShuffleWrite: Count,
    rddBlocks: Count,
    memoryUsed: Count,
    diskUsed: Count,
    maxMemory: Count,
  }),
);

const Paces = v.array(v.object({ id: v.string(), completedTasks: Count, failedTasks: Count, totalDuration: Count }));

const Jobs = v.array(v.object({ stageIds: v.array(v.number()) }));

const Stages = v.array(
  v.object({
    stageId: v.number(),
    numCompleteTasks: Count,
    shuffleReadBytes: Count,
    shuffleReadRecords: Count,
    shuffleWriteBytes: Count,
    shuffleWriteRecords: Count,
  }),
);

/** `/allexecutors`: active and ended ones, without the driver. Never throws. */
export function parseExecutors(body: string, what: string): Result<readonly ExecutorHolding[]> {
  const parsed = parseJson(Executors, body, what);
  if (!parsed.ok) return parsed;
  return ok(
    parsed.value
      .filter(({ id }) => id !== 'driver')
      .map((executor) => ({
        id: executor.id,
        host: executor.hostPort.replace(/:\d+$/, ''),
        active: executor.isActive,
        activeTasks: executor.activeTasks,
        shuffleWriteBytes: executor.totalShuffleWrite,
        rddBlocks: executor.rddBlocks,
        memoryUsedBytes: executor.memoryUsed,
        diskUsedBytes: executor.diskUsed,
        maxMemoryBytes: executor.maxMemory,
      })),
  );
}

/** How long the tasks of `/executors` took on each, without the driver. Never throws. */
export function parsePace(body: string, what: string): Result<TaskPace> {
  const parsed = parseJson(Paces, body, what);
  if (!parsed.ok) return parsed;
  const executors = parsed.value.filter(({ id }) => id !== 'driver');
  return ok(
    new Map(
      executors.map(({ id, completedTasks, failedTasks, totalDuration }) => [
        id,
        { tasks: completedTasks + failedTasks, totalMs: totalDuration },
      ]),
    ),
  );
}

/** Stage ids of each running job of `/jobs?status=running`. Never throws. */
export function parseRunningJobs(body: string, what: string): Result<readonly (readonly number[])[]> {
  const parsed = parseJson(Jobs, body, what);
  return parsed.ok ? ok(parsed.value.map(({ stageIds }) => stageIds)) : parsed;
}

/**
 * What running jobs may do with shuffle data, from `/stages?status=active`; there is at least one job.
 *
 * A job of one stage reads no shuffle; but adaptive execution runs each map stage as a job of its own, so the stage must
 * have finished tasks that wrote none. An endless task finishes nothing, so it never counts as apart (R20).
 */
export function parseActivity(jobs: readonly (readonly number[])[], body: string, what: string): Result<JobActivity> {
  const parsed = parseJson(Stages, body, what);
  if (!parsed.ok) return parsed;
  const apart = jobs.every(([only, ...others]) => {
    const stage = parsed.value.find(({ stageId }) => stageId === only);
    if (stage === undefined || others.length > 0 || stage.numCompleteTasks === 0) return false;
    const { shuffleReadBytes, shuffleReadRecords, shuffleWriteBytes, shuffleWriteRecords } = stage;
    return shuffleReadBytes + shuffleReadRecords + shuffleWriteBytes + shuffleWriteRecords === 0;
  });
  return ok(apart ? 'apart' : 'shuffling');
}
