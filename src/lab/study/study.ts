/** One workload under several policies, over several seeds: the simulator's runs, measured. */
import { clairvoyantBound } from '../bound/bound.ts';
import { problemOf } from '../bound/problem.ts';
import { cellOf, differences, figuresOf, type Cell, type RunFigures } from '../measure/cell.ts';
import type { BoundFigure, MetricKey } from '../measure/metrics.ts';
import type { Estimate } from '../measure/statistics.ts';
import { LATENCIES, type SimulationOptions } from '../sim/options.ts';
import type { RunResult } from '../sim/result.ts';
import { simulate } from '../sim/simulate.ts';
import type { Workload, WorkloadKind } from '../workload.ts';
import { STATIC_MAX, type Demand, type LabPolicy } from './policies.ts';

export type ClusterShape = Pick<SimulationOptions, 'minWorkers' | 'maxWorkers' | 'workerCores' | 'workerMemoryMiB'>;

export interface StudyOptions {
  /** The same for every seed where it was read from a log: then seeds vary the cluster's own times alone. */
  readonly workloadOf: (seed: number) => Workload;
  /** At least one. */
  readonly seeds: readonly number[];
  readonly policies: readonly LabPolicy[];
  readonly cluster: ClusterShape;
  /** Measures by the clairvoyant bound too. */
  readonly bounds: boolean;
  /** Called before each run and now and then within it. */
  readonly onProgress?: (progress: StudyProgress) => void;
}

export interface StudyProgress {
  readonly runsDone: number;
  readonly runsInAll: number;
  readonly policy: string;
  readonly seed: number;
  readonly jobsEnded: number;
  readonly jobsInAll: number;
}

/** One policy of a study. */
export interface StudyRow {
  readonly policy: string;
  readonly models: string;
  readonly cell: Cell;
  /** Its figures less those of the first policy that is not static, seed by seed; undefined for that one. */
  readonly against: Readonly<Record<MetricKey, Estimate | undefined>> | undefined;
  /** The run of the first seed, for pictures. */
  readonly sample: RunResult;
}

export interface Study {
  readonly workload: string;
  readonly kind: WorkloadKind;
  readonly cluster: ClusterShape;
  readonly seeds: readonly number[];
  /** What `against` compares with. */
  readonly reference: string;
  readonly rows: readonly StudyRow[];
}

/** A run that does not end by then has lost its way: so many times static-max, and two hours. */
const LONGEST_RATIO = 4;
const LONGEST_MS = 7_200_000;

/** Throws where there are no seeds or no policies, and for what the simulator throws. */
export function runStudy(options: StudyOptions): Study {
  const { seeds, policies, workloadOf, cluster } = options;
  const [firstSeed] = seeds;
  if (firstSeed === undefined || policies.length === 0) throw new RangeError('a study needs seeds and policies');
  const figures = new Map<string, RunFigures[]>(policies.map(({ name }) => [name, []]));
  const samples = new Map<string, RunResult>();
  let runsDone = 0;
  for (const seed of seeds) {
    const workload = workloadOf(seed);
    const play = (policy: LabPolicy, staticMax: RunResult | undefined): RunResult =>
      playOnce({ workload, policy, staticMax, seed, cluster }, ({ jobsEnded, jobsInAll }) => {
        const runsInAll = seeds.length * policies.length;
        options.onProgress?.({ runsDone, runsInAll, policy: policy.name, seed, jobsEnded, jobsInAll });
      });
    const staticMax = play(STATIC_MAX, undefined);
    const bound = (run: RunResult): BoundFigure | undefined =>
      options.bounds ? boundOf(workload, run, cluster) : undefined;
    const boundAtStaticMax = bound(staticMax);
    for (const policy of policies) {
      const run = policy.name === STATIC_MAX.name ? staticMax : play(policy, staticMax);
      const boundAtOwn = run === staticMax ? boundAtStaticMax : bound(run);
      const measured = { run, staticMax, maxWorkers: cluster.maxWorkers, boundAtStaticMax, boundAtOwn };
      figures.get(policy.name)?.push(figuresOf(measured));
      if (seed === firstSeed) samples.set(policy.name, run);
      runsDone += 1;
    }
  }
  const { kind, name } = workloadOf(firstSeed);
  return { workload: name, kind, cluster, seeds, ...rowsOf(policies, figures, samples) };
}

export interface OneRun {
  readonly workload: Workload;
  readonly policy: LabPolicy;
  readonly staticMax: RunResult | undefined;
  readonly seed: number;
  readonly cluster: ClusterShape;
}

type Progress = Pick<StudyProgress, 'jobsEnded' | 'jobsInAll'>;

/** One policy on one workload. `staticMax` is what static-max made of the same seed; undefined for itself. */
export function playOnce(
  { workload, policy, staticMax, seed, cluster }: OneRun,
  onProgress: (at: Progress) => void = () => undefined,
): RunResult {
  onProgress({ jobsEnded: 0, jobsInAll: 0 });
  // static-max is measured by nobody: it makes its plan without a run before it.
  const play = policy.play(staticMax ?? NO_RUN, cluster.maxWorkers);
  return simulate(workload, play.controller, {
    seed,
    ...cluster,
    initialWorkers: play.initialWorkers ?? cluster.minWorkers,
    ...(staticMax === undefined ? {} : { untilMs: LONGEST_RATIO * staticMax.endedAtMs + LONGEST_MS }),
    onProgress,
  });
}

/** Beyond so many jobs the bound takes longer than the runs. */
const MOST_BOUND_JOBS = 1_000;

/** What the run's own job times could have cost, begun with the workers it began with; none for a workload too large for it. */
function boundOf(workload: Workload, run: RunResult, cluster: ClusterShape): BoundFigure | undefined {
  if (run.jobs.length > MOST_BOUND_JOBS) return undefined;
  const problem = problemOf(workload, run.jobs, {
    ...cluster,
    initialWorkers: run.timelines.planned.values[0] ?? cluster.minWorkers,
    // The median: a bound on what is usual, not on the luck of one seed. An executor's own start is left out.
    startMs: LATENCIES.podStart.medianMs,
    endMs: LATENCIES.podEnd.medianMs,
    horizonMs: run.endedAtMs,
  });
  const { workerSeconds, kind, reversals } = clairvoyantBound(problem);
  return { workerSeconds, exact: kind === 'exact', reversals };
}

const NOTHING = { atMs: [], values: [] };
const NO_RUN: Demand = { timelines: { demand: NOTHING }, endedAtMs: 0 };

function rowsOf(
  policies: readonly LabPolicy[],
  figures: ReadonlyMap<string, readonly RunFigures[]>,
  samples: ReadonlyMap<string, RunResult>,
): Pick<Study, 'reference' | 'rows'> {
  const reference = (policies.find(({ name }) => !name.startsWith('static-')) ?? policies[0])?.name ?? '';
  const theirs = figures.get(reference) ?? [];
  const rows = policies.flatMap(({ name, models }): StudyRow[] => {
    const runs = figures.get(name) ?? [];
    const sample = samples.get(name);
    if (sample === undefined) return [];
    const against = name === reference ? undefined : differences(runs, theirs);
    return [{ policy: name, models, cell: cellOf(runs), against, sample }];
  });
  return { reference, rows };
}
