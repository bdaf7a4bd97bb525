/**
 * Reality against the simulator: one recorded run is played again and compared gauge by gauge. The cluster, how long workers
 * and executors took to start and what their first tasks took longer are taken from the run; when which executors are asked
 * for and let go, when tasks run and when jobs end is the simulator's own.
 */
import { middle, type Recording, type TimelineReading } from './calibration-log.ts';
import { gaugesOf } from './ours-views.ts';
import { LATENCIES, type ExecutorTimes, type Latencies, type SimulationOptions } from './sim/options.ts';
import type { Spread } from './sim/random.ts';
import { simulate, type Controller, type Site } from './sim/simulate.ts';

export interface CalibrationCluster {
  readonly workers: number;
  readonly workerCores: number;
  readonly workerMemoryMiB: number;
  readonly placement?: 'spread' | 'packed';
}

export interface CalibrationOptions {
  readonly cluster: CalibrationCluster;
  readonly seed: number;
  /** Who scales; nobody if absent. Then `cluster.workers` are there from the start. */
  readonly controller?: Controller;
  readonly maxWorkers?: number;
  /** From the count's being written to each worker's registration, in order; drawn from the latencies if absent. */
  readonly workerStartsMs?: readonly number[];
  /** What has to be added to the timeline's times to have times since the application's start; found if absent. */
  readonly timelineOffsetMs?: number;
  /** Each executor starts and warms up as in the run (default), or all as the run's middle one. */
  readonly executors?: 'each' | 'middle';
  readonly latencies?: Partial<Latencies>;
}

/** One gauge over all readings that show it. */
export interface GaugeComparison {
  readonly gauge: string;
  readonly readings: number;
  /** Readings that are equal to the simulated value at some moment within {@link NEAR_MS} of theirs. */
  readonly equal: number;
  /** Mean and largest difference at the very moment of the reading. */
  readonly meanError: number;
  readonly worstError: number;
}

export interface RampStep {
  readonly stage: number;
  readonly target: number;
  /** Since the stage's submission: the earliest reading that shows this target or more, and the one before it. */
  readonly realAfterMs: readonly [number, number];
  readonly simulatedAfterMs: number;
  /** Whether the simulated moment lies between the two readings, give or take what a reading takes. */
  readonly within: boolean;
}

export interface Calibration {
  /** What has to be added to times of the timeline to have times since the application's start. */
  readonly timelineOffsetMs: number;
  readonly gauges: readonly GaugeComparison[];
  /** How long the run's executors took to start and to warm up, in the order in which they were granted. */
  readonly executors: readonly ExecutorTimes[];
  /** The target's climbs, each from a stage's submission to the target's next fall or the next stage. */
  readonly ramp: readonly RampStep[];
  readonly jobs: readonly {
    readonly id: number;
    readonly realMs: number;
    readonly simulatedMs: number;
    /** Simulated less real, as a share of the real. */
    readonly error: number;
  }[];
}

/** Gauges of one answer are read one after the other, and a timeline's clock is that of its reader. */
const NEAR_MS = 500;
const STEP_MS = 50;

type Shown = readonly [name: string, value: number][];

/** Plays the run and compares. Pure. */
export function calibrate(
  recording: Recording,
  timeline: readonly TimelineReading[],
  options: CalibrationOptions,
): Calibration {
  const timelineOffsetMs = options.timelineOffsetMs ?? offsetOf(recording, timeline);
  const all = timeline.map((reading) => ({ ...reading, atMs: reading.atMs + timelineOffsetMs }));
  const probe = new Probe(options.controller);
  const { cluster } = options;
  const result = simulate({ name: 'recorded run', kind: 'batch', applications: [recording.application] }, probe, {
    seed: options.seed,
    minWorkers: cluster.workers,
    maxWorkers: options.maxWorkers ?? cluster.workers,
    workerCores: cluster.workerCores,
    workerMemoryMiB: cluster.workerMemoryMiB,
    ...(cluster.placement === undefined ? {} : { placement: cluster.placement }),
    ...executorTimes(recording, all, options),
  });
  const readings = all.filter(
    ({ atMs, gauges }) => gauges.size > 0 && atMs >= 0 && atMs < Math.min(recording.endedAtMs, result.endedAtMs),
  );
  const shown = readings.map(({ gauges, coresUsed, aliveWorkers }): Shown => [
    ...gauges,
    ['coresUsed', coresUsed],
    ...(aliveWorkers === undefined ? [] : [['aliveWorkers', aliveWorkers] satisfies Shown[number]]),
  ]);
  const names = [...new Set(shown.flatMap((one) => one.map(([name]) => name)))].filter((name) => probe.knows(name));
  return {
    timelineOffsetMs,
    executors: measuredExecutors(recording, all),
    gauges: names.map((name) => compareGauge(name, readings, shown, probe)),
    ramp: rampOf(recording, readings, probe),
    jobs: recording.jobs.map(({ id, submittedAtMs, endedAtMs }) => {
      const realMs = endedAtMs - submittedAtMs;
      const run = result.jobs.find(({ jobId }) => jobId === id);
      const simulatedMs = (run?.endedAtMs ?? Infinity) - (run?.submittedAtMs ?? 0);
      return { id, realMs, simulatedMs, error: (simulatedMs - realMs) / realMs };
    }),
  };
}

/** What the simulator is told of how long things took; see `executors` of the options. */
function executorTimes(
  recording: Recording,
  readings: readonly TimelineReading[],
  { executors = 'each', latencies, workerStartsMs = [] }: CalibrationOptions,
): Pick<SimulationOptions, 'latencies' | 'measured'> {
  const times = measuredExecutors(recording, readings);
  const spread = (values: readonly number[], absent: Spread): Spread => {
    const medianMs = middle(values);
    return medianMs === undefined ? absent : { medianMs, sigma: 0 };
  };
  return {
    latencies: {
      executorStart: spread(
        times.map(({ startMs }) => startMs),
        LATENCIES.executorStart,
      ),
      coldTask: spread(
        times.flatMap(({ coldTasksMs }) => coldTasksMs),
        LATENCIES.coldTask,
      ),
      ...latencies,
    },
    measured: {
      podStartsMs: workerStartsMs.map((ms) => Math.max(0, ms - LATENCIES.controllerMs)),
      executors: executors === 'each' ? times : [],
    },
  };
}

/**
 * From each executor's being granted to its registration. It was granted no earlier than it was asked for, and no earlier
 * than the last reading in which the master had not booked it.
 */
function measuredExecutors(
  { executors, application }: Recording,
  readings: readonly TimelineReading[],
): readonly ExecutorTimes[] {
  const bookedAfterMs = readings.flatMap(({ coresUsed }, index) => {
    const before = readings[index - 1];
    const more = (coresUsed - (before?.coresUsed ?? 0)) / application.executorCores;
    return Array.from({ length: Math.max(0, more) }, () => before?.atMs ?? 0);
  });
  return executors.map(({ requestedAtMs, registeredAtMs, coldTasksMs }, index) => {
    const grantedAtMs = Math.max(requestedAtMs ?? 0, bookedAfterMs[index] ?? 0);
    return { startMs: Math.max(0, registeredAtMs - grantedAtMs), coldTasksMs };
  });
}

/** The offset at which the tasks of the log explain best what `numberMaxNeededExecutors` showed. No simulation in it. */
function offsetOf(recording: Recording, timeline: readonly TimelineReading[]): number {
  const { executorCores, taskCpus } = recording.application;
  const slots = Math.max(1, Math.floor(executorCores / taskCpus));
  const seen = timeline.flatMap(({ atMs, gauges }) => {
    const value = gauges.get('numberMaxNeededExecutors');
    return value === undefined ? [] : [{ atMs, value }];
  });
  const lengthMs = timeline.at(-1)?.atMs ?? 0;
  let best: number[] = [];
  let least = Infinity;
  for (let offsetMs = -lengthMs; offsetMs <= lengthMs; offsetMs += STEP_MS) {
    const error = seen.reduce(
      (sum, { atMs, value }) => sum + Math.abs(value - Math.ceil(tasksAt(recording, atMs + offsetMs) / slots)),
      0,
    );
    if (error < least) {
      best = [];
      least = error;
    }
    if (error === least) best.push(offsetMs);
  }
  return best[best.length >> 1] ?? 0;
}

function tasksAt({ taskChanges }: Recording, atMs: number): number {
  let tasks = 0;
  for (const change of taskChanges) {
    if (change.atMs > atMs) break;
    tasks += change.by;
  }
  return tasks;
}

function compareGauge(
  gauge: string,
  readings: readonly { readonly atMs: number }[],
  shown: readonly Shown[],
  probe: Probe,
): GaugeComparison {
  let equal = 0;
  let sum = 0;
  let worstError = 0;
  let count = 0;
  for (const [index, { atMs }] of readings.entries()) {
    const real = shown[index]?.find(([name]) => name === gauge)?.[1];
    if (real === undefined) continue;
    count += 1;
    const error = Math.abs(probe.at(gauge, atMs) - real);
    sum += error;
    worstError = Math.max(worstError, error);
    if (probe.shows(gauge, real, atMs - NEAR_MS, atMs + NEAR_MS)) equal += 1;
  }
  return { gauge, readings: count, equal, meanError: count === 0 ? 0 : sum / count, worstError };
}

function rampOf(
  { stages }: Recording,
  readings: readonly (TimelineReading & { readonly atMs: number })[],
  probe: Probe,
): readonly RampStep[] {
  return stages.flatMap(({ id, submittedAtMs }, index) => {
    const untilMs = stages[index + 1]?.submittedAtMs ?? Infinity;
    const simulatedFromMs = probe.submitted.get(id) ?? Infinity;
    const steps: RampStep[] = [];
    let before = readings.findLast(({ atMs }) => atMs <= submittedAtMs);
    for (const reading of readings) {
      if (reading.atMs <= submittedAtMs || reading.atMs >= untilMs) continue;
      const target = reading.gauges.get('numberTargetExecutors') ?? 0;
      const was = before?.gauges.get('numberTargetExecutors') ?? 0;
      if (target < was && steps.length > 0) break;
      if (target > was) {
        const realAfterMs: readonly [number, number] = [
          (before?.atMs ?? submittedAtMs) - submittedAtMs,
          reading.atMs - submittedAtMs,
        ];
        const simulatedAfterMs = probe.firstReaches('numberTargetExecutors', target, simulatedFromMs) - simulatedFromMs;
        const within = simulatedAfterMs > realAfterMs[0] - NEAR_MS && simulatedAfterMs <= realAfterMs[1] + NEAR_MS;
        steps.push({ stage: id, target, realAfterMs, simulatedAfterMs, within });
      }
      before = reading;
    }
    return steps;
  });
}

/** Lets another controller act, and notes what the first application's gauges would show. */
class Probe implements Controller {
  readonly name = 'probe';
  readonly #controller: Controller | undefined;
  /** When each stage first ran. */
  readonly submitted = new Map<number, number>();
  readonly #samples = new Map<string, number[]>();

  constructor(controller: Controller | undefined) {
    this.#controller = controller;
  }

  attach(site: Site): void {
    this.#controller?.attach(site);
    this.#sample(site, 0);
  }

  knows(gauge: string): boolean {
    return this.#samples.has(gauge);
  }

  at(gauge: string, atMs: number): number {
    const values = this.#samples.get(gauge) ?? [];
    return values[Math.max(0, Math.min(values.length - 1, Math.round(atMs / STEP_MS)))] ?? 0;
  }

  /** Whether the gauge had this value, or jumped over it, at some moment in between. */
  shows(gauge: string, value: number, fromMs: number, toMs: number): boolean {
    for (let atMs = fromMs; atMs <= toMs; atMs += STEP_MS) if (this.at(gauge, atMs) === value) return true;
    return false;
  }

  firstReaches(gauge: string, value: number, fromMs: number): number {
    const first = fromMs / STEP_MS;
    const index = (this.#samples.get(gauge) ?? []).findIndex((sample, at) => at >= first && sample >= value);
    return index < 0 ? Infinity : index * STEP_MS;
  }

  #sample(site: Site, atMs: number): void {
    site.kernel.at(atMs, () => {
      const [driver] = site.drivers;
      const gauges = driver && gaugesOf(driver);
      if (driver !== undefined && gauges !== undefined) {
        for (const [name, value] of Object.entries(gauges)) this.#note(name, Number(value), atMs);
        this.#note('numberExecutorsToAdd', driver.allocation?.step ?? 0, atMs);
        this.#note('coresUsed', driver.grantedExecutors * driver.spec.executorCores, atMs);
        this.#note('aliveWorkers', site.master.alive, atMs);
        for (const stage of driver.dag.activeJobs().flat()) {
          const { id } = stage.spec;
          if (stage.state === 'running' && !this.submitted.has(id)) this.submitted.set(id, atMs);
        }
      }
      this.#sample(site, atMs + STEP_MS);
    });
  }

  #note(name: string, value: number, atMs: number): void {
    const values = this.#samples.get(name) ?? [];
    values[atMs / STEP_MS] = value;
    this.#samples.set(name, values);
  }
}
