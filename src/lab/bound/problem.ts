/** What the clairvoyant is asked: which jobs must be done by when, and what workers cost and take to come and go. */
import type { ApplicationSpec, JobSpec, Workload } from '../workload.ts';

/** Times in milliseconds. */
export interface BoundProblem {
  readonly jobs: readonly BoundJob[];
  /** From a worker's being asked for to its first task; it is paid for meanwhile. */
  readonly startMs: number;
  /** From a worker's last task to its being gone; it is paid for meanwhile, but not beyond the horizon. */
  readonly endMs: number;
  /** Worker-seconds are counted from 0 to here. No earlier than the last deadline. */
  readonly horizonMs: number;
  /** Workers that are there, started, at 0. */
  readonly initialWorkers: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
}

export interface BoundJob {
  readonly releaseMs: number;
  readonly deadlineMs: number;
  /** Parents come before those that read them. */
  readonly stages: readonly BoundStage[];
}

export interface BoundStage {
  /** Indices of stages of the same job. */
  readonly parents: readonly number[];
  readonly taskMs: readonly number[];
  /** Tasks of it that one worker can run at once, if it runs nothing else. */
  readonly slotsPerWorker: number;
  /** Tasks that may run at once at all, as the application's limits have it. */
  readonly mostAtOnce: number;
}

/** When a job came and when it was done: a policy's own, or those of static-max. */
export interface JobTimes {
  readonly applicationId: string;
  readonly jobId: number;
  readonly submittedAtMs: number;
  /** Undefined where it was not done: then nothing is demanded of it. */
  readonly endedAtMs: number | undefined;
}

export interface BoundCluster extends Omit<BoundProblem, 'jobs'> {
  readonly workerCores: number;
  readonly workerMemoryMiB: number;
}

/**
 * The problem of a workload whose jobs came and ended as `times` tell: a job may not begin before it was submitted in
 * that run, nor end later than it did.
 *
 * Where all executors have one shape, a worker has as many slots as its executors of that shape have. Where shapes
 * differ, cores alone count, so that a worker may have more slots than it really has: that only lowers the bound.
 */
export function problemOf(workload: Workload, times: readonly JobTimes[], cluster: BoundCluster): BoundProblem {
  const byJob = new Map(times.map((one) => [`${one.applicationId} ${one.jobId}`, one]));
  const uniform = new Set(workload.applications.map(shapeOf)).size <= 1;
  const jobs = workload.applications.flatMap((application) => {
    const limits = { slotsPerWorker: slotsOf(application, cluster, uniform), mostAtOnce: mostAtOnce(application) };
    return application.jobs.flatMap((job): BoundJob[] => {
      const time = byJob.get(`${application.id} ${job.id}`);
      if (time?.endedAtMs === undefined) return [];
      return [{ releaseMs: time.submittedAtMs, deadlineMs: time.endedAtMs, stages: stagesOf(job, limits) }];
    });
  });
  const { startMs, endMs, horizonMs, initialWorkers, minWorkers, maxWorkers } = cluster;
  return { jobs, startMs, endMs, horizonMs, initialWorkers, minWorkers, maxWorkers };
}

function shapeOf({ executorCores, executorMemoryMiB, taskCpus }: ApplicationSpec): string {
  return `${executorCores} ${executorMemoryMiB} ${taskCpus}`;
}

function slotsOf(application: ApplicationSpec, cluster: BoundCluster, uniform: boolean): number {
  const { executorCores, executorMemoryMiB, taskCpus } = application;
  const slots = Math.floor(executorCores / taskCpus);
  const byCores = cluster.workerCores / executorCores;
  if (!uniform) return byCores * slots;
  return Math.floor(Math.min(byCores, cluster.workerMemoryMiB / executorMemoryMiB)) * slots;
}

function mostAtOnce({ executorCores, taskCpus, coresMax, allocation }: ApplicationSpec): number {
  const executors = Math.min(Math.floor((coresMax ?? Infinity) / executorCores), allocation?.maxExecutors ?? Infinity);
  return executors * Math.floor(executorCores / taskCpus);
}

/** Stages of earlier jobs that it reads are done: their shuffle is there. */
function stagesOf({ stages }: JobSpec, limits: Pick<BoundStage, 'slotsPerWorker' | 'mostAtOnce'>): BoundStage[] {
  const indices = new Map(stages.map(({ id }, index) => [id, index]));
  return stages.map(({ parents, taskMs }) => ({
    parents: parents.flatMap((id) => indices.get(id) ?? []),
    taskMs,
    ...limits,
  }));
}
