/** Jobs, stages and tasks: what the executors do with their time. */
import type { Application, Executor, Job, SparkState, Stage } from './model.ts';

export interface StageSpec {
  readonly tasks: number;
  readonly taskMs: number;
  /** Default: every stage but the job's last writes what the next one reads. */
  readonly writesShuffle?: boolean;
}

/** One stage, or several that run one after the other. */
export type JobSpec = StageSpec | { readonly stages: readonly StageSpec[] };

export function submitJob(app: Application, spec: JobSpec, nowMs: number): Job {
  const stages = 'stages' in spec ? spec.stages : [spec];
  const job: Job = {
    id: app.jobs.length,
    submittedAtMs: nowMs,
    doneAtMs: undefined,
    stages: stages.map((stage, index) => ({
      id: app.nextStageId + index,
      tasks: stage.tasks,
      taskMs: stage.taskMs,
      writesShuffle: stage.writesShuffle ?? index < stages.length - 1,
      running: 0,
      done: 0,
      submittedAtMs: undefined,
      completedAtMs: undefined,
    })),
  };
  app.nextStageId += stages.length;
  app.jobs.push(job);
  app.openJobs.add(job);
  return job;
}

/** The first stage of a job that is not complete: the only one that may start tasks. */
export function activeStage(job: Job): Stage | undefined {
  return job.stages.find((stage) => stage.done < stage.tasks);
}

export function pendingTasks(app: Application): number {
  let pending = 0;
  for (const job of app.openJobs) {
    const stage = activeStage(job);
    if (stage !== undefined) pending += stage.tasks - stage.done - stage.running;
  }
  return pending;
}

export function runningTasks(app: Application): number {
  let running = 0;
  for (const executor of app.executors) running += executor.tasks.length;
  return running;
}

/** Ends what has run its time. */
export function finishTasks(app: Application, nowMs: number): void {
  for (const executor of app.executors) {
    const ended = executor.tasks.filter((task) => task.endsAtMs <= nowMs);
    if (ended.length === 0) continue;
    executor.tasks = executor.tasks.filter((task) => task.endsAtMs > nowMs);
    executor.idleSinceMs = nowMs;
    for (const { stage } of ended) noteTaskEnd(executor, stage);
  }
  for (const job of app.openJobs) {
    noteProgress(job, nowMs);
    if (job.doneAtMs !== undefined) app.openJobs.delete(job);
  }
}

function noteTaskEnd(executor: Executor, stage: Stage): void {
  stage.running -= 1;
  stage.done += 1;
  executor.completedTasks += 1;
  executor.completedTaskMs += stage.taskMs;
  if (!stage.writesShuffle) return;
  executor.shuffleTasksWritten += 1;
  executor.outputs.set(stage, (executor.outputs.get(stage) ?? 0) + 1);
}

function noteProgress(job: Job, nowMs: number): void {
  for (const stage of job.stages) {
    const complete = stage.done >= stage.tasks;
    stage.completedAtMs = complete ? (stage.completedAtMs ?? nowMs) : undefined;
    if (complete) continue;
    stage.submittedAtMs ??= nowMs;
    return;
  }
  job.doneAtMs = nowMs;
}

export function slots(executor: Executor): number {
  const perTask = executor.app.taskCpus;
  return Math.max(1, Math.floor(executor.cores / perTask));
}

/** Hands pending tasks to free slots, one executor after the other, jobs in order. */
export function startTasks(app: Application, nowMs: number): void {
  const free = [...app.executors].filter(
    (executor) => executor.registered && executor.leaving === undefined && executor.tasks.length < slots(executor),
  );
  for (const job of app.openJobs) {
    const stage = activeStage(job);
    if (stage === undefined) continue;
    while (free.length > 0 && stage.done + stage.running < stage.tasks) {
      const executor = free.shift();
      if (executor === undefined) break;
      executor.tasks.push({ stage, endsAtMs: nowMs + stage.taskMs });
      stage.running += 1;
      if (executor.tasks.length < slots(executor)) free.push(executor);
    }
  }
}

/**
 * Accounts for an executor that ends now: tasks in flight are killed and wait again; shuffle output that lies on it
 * is lost, and its tasks run again where a job that is not done may still read it.
 */
export function abandonWork(spark: SparkState, executor: Executor): void {
  if (executor.tasks.length > 0) spark.stats.executorsLostWithWork += 1;
  for (const { stage } of executor.tasks) {
    stage.running -= 1;
    executor.killedTasks += 1;
    spark.stats.tasksKilled += 1;
  }
  executor.tasks = [];
  for (const job of executor.app.openJobs) {
    for (const stage of job.stages) {
      const lost = executor.outputs.get(stage) ?? 0;
      stage.done -= lost;
      spark.stats.tasksRepeated += lost;
    }
  }
  executor.outputs.clear();
}
