/** What is measured of a run, each figure once: what it is called, its unit, and which way is worse. */
import type { Reaction, RunResult, Steps } from '../sim/result.ts';
import { mean, percentile } from './statistics.ts';

/** The least worker-seconds that some job end times could have cost. */
export interface BoundFigure {
  readonly workerSeconds: number;
  /** Reached by some plan; otherwise only known not to be undercut. */
  readonly exact: boolean;
  /** How often its count grows after it has shrunk. */
  readonly reversals: number;
}

/** A run beside what it is measured by: the same workload and seed. */
export interface Measured {
  readonly run: RunResult;
  readonly staticMax: RunResult;
  readonly maxWorkers: number;
  /** For the job end times of static-max, and for the run's own. */
  readonly boundAtStaticMax?: BoundFigure | undefined;
  readonly boundAtOwn?: BoundFigure | undefined;
}

export type Unit = 'ratio' | 'share' | 'seconds' | 'worker-hours' | 'count' | 'per hour';

export interface Metric {
  readonly label: string;
  readonly unit: Unit;
  readonly worse: 'high' | 'low';
  /** Undefined where the run has nothing of the kind. */
  readonly of: (measured: Measured) => number | undefined;
}

const completion = (share: number) => (measured: Measured) => quantile(completionRatios(measured), share);
const addedWait = (share: number) => (measured: Measured) => quantile(addedWaitsSeconds(measured), share);
const perHour = (count: number, { endedAtMs }: RunResult): number => count / Math.max(endedAtMs / 3_600_000, 1e-9);
const over = (run: RunResult, bound: BoundFigure | undefined): number | undefined =>
  bound === undefined || bound.workerSeconds <= 0 ? undefined : run.workerSeconds / bound.workerSeconds;
const counted = (count: (run: RunResult) => number, label: string): Metric => ({
  label,
  unit: 'count',
  worse: 'high',
  of: ({ run }) => count(run),
});
const worseHigh = (label: string, unit: Unit, of: Metric['of']): Metric => ({ label, unit, worse: 'high', of });

/** In the order in which reports show them. */
export const METRICS = {
  completionMean: worseHigh('job time over static-max, mean', 'ratio', (measured) =>
    meanOf(completionRatios(measured)),
  ),
  completionP50: worseHigh('job time over static-max, p50', 'ratio', completion(0.5)),
  completionP95: worseHigh('job time over static-max, p95', 'ratio', completion(0.95)),
  completionP99: worseHigh('job time over static-max, p99', 'ratio', completion(0.99)),
  addedWaitP50: worseHigh('added wait per job, p50', 'seconds', addedWait(0.5)),
  addedWaitP95: worseHigh('added wait per job, p95', 'seconds', addedWait(0.95)),
  workerHours: worseHigh('worker-hours', 'worker-hours', ({ run }) => run.workerSeconds / 3_600),
  overBoundAtStaticMax: worseHigh('worker-seconds over the bound at static-max end times', 'ratio', (measured) =>
    over(measured.run, measured.boundAtStaticMax),
  ),
  overBoundAtOwn: worseHigh('worker-seconds over the bound at its own end times', 'ratio', (measured) =>
    over(measured.run, measured.boundAtOwn),
  ),
  saved: {
    label: 'saved against static-max',
    unit: 'share',
    worse: 'low',
    of: ({ run, staticMax }) => 1 - run.workerSeconds / staticMax.workerSeconds,
  },
  reaction: worseHigh('reaction: from demand to the count, mean', 'seconds', ({ run }) =>
    meanOf(delays(run, ({ raisedAtMs }) => raisedAtMs)),
  ),
  timeToFull: worseHigh('from demand to all its workers, mean', 'seconds', ({ run }) =>
    meanOf(delays(run, ({ fullAtMs }) => fullAtMs)),
  ),
  reversals: worseHigh('reversals an hour', 'per hour', ({ run }) => perHour(run.reversals, run)),
  reversalsBeyond: worseHigh(
    'reversals an hour beyond those of the bound at its own end times',
    'per hour',
    ({ run, boundAtOwn }) => boundAtOwn && perHour(Math.max(0, run.reversals - boundAtOwn.reversals), run),
  ),
  tasksKilled: counted((run) => run.tasksKilled, 'tasks killed'),
  blocksLost: counted((run) => run.shuffleBlocksLost, 'shuffle blocks lost'),
  neededBlocksLost: counted((run) => run.neededBlocksLost, 'shuffle blocks lost that were needed'),
  stagesRerun: counted((run) => run.stagesRerun, 'stages run again'),
  wrongVictims: counted((run) => run.wrongVictims, 'wrong victims'),
  under: worseHigh('under-provisioned, of what demand needed', 'share', ({ run, maxWorkers }) =>
    shareOf(run.underProvisionedWorkerSeconds, demandWorkerSeconds(run, maxWorkers)),
  ),
  over: worseHigh('over-provisioned, of what was paid', 'share', ({ run }) =>
    shareOf(run.overProvisionedWorkerSeconds, run.workerSeconds),
  ),
  apiWrites: worseHigh('API writes an hour', 'per hour', ({ run }) => perHour(run.apiWrites, run)),
  unfinished: counted((run) => run.unfinishedJobs, 'jobs that did not end'),
} satisfies Readonly<Record<string, Metric>>;

export type MetricKey = keyof typeof METRICS;

export const METRIC_KEYS = Object.keys(METRICS) as readonly MetricKey[];

/** How long each job took from its submission; one without an end took at least until the run's end. */
function jobSeconds(run: RunResult): ReadonlyMap<string, number> {
  return new Map(
    run.jobs.map(({ applicationId, jobId, submittedAtMs, endedAtMs }) => [
      `${applicationId}/${jobId}`,
      ((endedAtMs ?? run.endedAtMs) - submittedAtMs) / 1_000,
    ]),
  );
}

function eachJob<T>({ run, staticMax }: Measured, compare: (own: number, theirs: number) => T): T[] {
  const theirs = jobSeconds(staticMax);
  return [...jobSeconds(run)].flatMap(([job, own]) => {
    const reference = theirs.get(job);
    return reference === undefined || reference <= 0 ? [] : [compare(own, reference)];
  });
}

/** Each job's time over what the same job took with all workers always there. */
function completionRatios(measured: Measured): number[] {
  return eachJob(measured, (own, theirs) => own / theirs);
}

/** What each job took longer than with all workers always there; below 0 where it was faster. */
function addedWaitsSeconds(measured: Measured): number[] {
  return eachJob(measured, (own, theirs) => own - theirs);
}

function delays({ reactions }: RunResult, until: (reaction: Reaction) => number | undefined): number[] {
  return reactions.flatMap((reaction) => {
    const atMs = until(reaction);
    return atMs === undefined ? [] : [(atMs - reaction.visibleAtMs) / 1_000];
  });
}

/** The integral of the demand, as far as max allows it. */
function demandWorkerSeconds({ timelines, endedAtMs }: RunResult, maxWorkers: number): number {
  return integral(timelines.demand, endedAtMs, maxWorkers) / 1_000;
}

function integral({ atMs, values }: Steps, endMs: number, most: number): number {
  return values.reduce((sum, value, index) => {
    const fromMs = atMs[index] ?? endMs;
    const toMs = Math.min(atMs[index + 1] ?? endMs, endMs);
    return sum + Math.min(value, most) * Math.max(0, toMs - fromMs);
  }, 0);
}

function shareOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function meanOf(samples: readonly number[]): number | undefined {
  return samples.length === 0 ? undefined : mean(samples);
}

function quantile(samples: readonly number[], share: number): number | undefined {
  return samples.length === 0 ? undefined : percentile(samples, share);
}
