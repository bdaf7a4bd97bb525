/** What has to hold for every workload, wherever it came from. */
import type { ApplicationSpec, Workload } from '../../../src/lab/workload.ts';

function* problemsOf(application: ApplicationSpec): Generator<string> {
  const stages = new Set<number>();
  const jobs = new Set<number>();
  for (const job of application.jobs) {
    if (jobs.has(job.id)) yield `job ${job.id} stands twice`;
    jobs.add(job.id);
    if (job.stages.length === 0) yield `job ${job.id} has no stage`;
    const start = 'thinkMs' in job.start ? job.start.thinkMs : 'atMs' in job.start ? job.start.atMs : job.start.delayMs;
    if (!Number.isInteger(start) || start < 0) yield `job ${job.id} starts at ${start}`;
    for (const stage of job.stages) {
      if (stages.has(stage.id)) yield `stage ${stage.id} stands twice`;
      if (stage.parents.some((parent) => !stages.has(parent))) yield `stage ${stage.id} reads from what comes later`;
      stages.add(stage.id);
      if (stage.taskMs.length === 0) yield `stage ${stage.id} has no task`;
      if (stage.taskMs.some((ms) => !Number.isInteger(ms) || ms < 0)) yield `stage ${stage.id} has no whole times`;
      if (!(stage.shuffleWriteMiB >= 0 && stage.cachedMiB >= 0)) yield `stage ${stage.id} has no sizes`;
    }
  }
}

/** Everything about it that no simulator could play; none where it is sound. */
export function workloadProblems(workload: Workload): string[] {
  const ids = workload.applications.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `application ${id} stands twice`);
  const late = workload.applications
    .filter(({ arrivesAtMs }) => !Number.isInteger(arrivesAtMs) || arrivesAtMs < 0)
    .map(({ id }) => `application ${id} comes at no whole time`);
  return [...twice, ...late, ...workload.applications.flatMap((application) => [...problemsOf(application)])];
}

/** All task time together, in hours. */
export function taskHours(workload: Workload): number {
  const stages = workload.applications.flatMap(({ jobs }) => jobs.flatMap((job) => job.stages));
  return stages.reduce((sum, { taskMs }) => sum + taskMs.reduce((ms, one) => ms + one, 0), 0) / 3_600_000;
}
