/**
 * Reality against the simulator: one recorded run is played again and compared gauge by gauge. The cluster and how long
 * executors took to start are taken from the run; when which executors are asked for, when tasks run and when jobs end is
 * the simulator's own.
 */
import type { Recording, TimelineReading } from './calibration-log.ts';
import { gaugesOf } from './ours-views.ts';
import type { Latencies } from './sim/options.ts';
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
  readonly target: number;
  /** Since the first stage's submission: the earliest reading that shows this target or more, and the one before it. */
  readonly realAfterMs: readonly [number, number];
  readonly simulatedAfterMs: number;
  /** Whether the simulated moment lies between the two readings, give or take what a reading takes. */
  readonly within: boolean;
}

export interface Calibration {
  /** What has to be added to times of the timeline to have times since the application's start. */
  readonly timelineOffsetMs: number;
  readonly gauges: readonly GaugeComparison[];
  /** The target's climb from the first submission to its first fall. */
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
  const timelineOffsetMs = offsetOf(recording, timeline);
  const probe = new Probe(options.controller);
  const { cluster } = options;
  const result = simulate({ name: 'recorded run', kind: 'batch', applications: [recording.application] }, probe, {
    seed: options.seed,
    minWorkers: cluster.workers,
    maxWorkers: options.maxWorkers ?? cluster.workers,
    workerCores: cluster.workerCores,
    workerMemoryMiB: cluster.workerMemoryMiB,
    ...(cluster.placement === undefined ? {} : { placement: cluster.placement }),
    latencies: { executorStart: { medianMs: executorStartMs(recording), sigma: 0 }, ...options.latencies },
  });
  const readings = timeline
    .map((reading) => ({ ...reading, atMs: reading.atMs + timelineOffsetMs }))
    .filter(
      ({ atMs, gauges }) => gauges.size > 0 && atMs >= 0 && atMs < Math.min(recording.endedAtMs, result.endedAtMs),
    );
  const shown = readings.map((reading): Shown => [...reading.gauges, ['coresUsed', reading.coresUsed]]);
  const names = [...new Set(shown.flatMap((one) => one.map(([name]) => name)))].filter((name) => probe.knows(name));
  return {
    timelineOffsetMs,
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

/** Half of the executors took longer; the default where the log does not say. */
function executorStartMs({ executors }: Recording): number {
  const took = executors
    .flatMap(({ requestedAtMs, registeredAtMs }) =>
      requestedAtMs === undefined ? [] : [registeredAtMs - requestedAtMs],
    )
    .sort((a, b) => a - b);
  const middle = took.length >> 1;
  const upper = took[middle];
  if (upper === undefined) return 2_500;
  return took.length % 2 === 1 ? upper : ((took[middle - 1] ?? upper) + upper) / 2;
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
  recording: Recording,
  readings: readonly (TimelineReading & { readonly atMs: number })[],
  probe: Probe,
): readonly RampStep[] {
  const submittedAtMs = recording.stages[0]?.submittedAtMs ?? 0;
  const steps: RampStep[] = [];
  let before = { atMs: 0, target: 0 };
  for (const { atMs, gauges } of readings) {
    const target = gauges.get('numberTargetExecutors');
    if (target === undefined) continue;
    if (target < before.target) break;
    if (target > before.target) {
      const simulatedAfterMs = probe.firstReaches('numberTargetExecutors', target) - submittedAtMs;
      const realAfterMs: readonly [number, number] = [before.atMs - submittedAtMs, atMs - submittedAtMs];
      const within = simulatedAfterMs > realAfterMs[0] - NEAR_MS && simulatedAfterMs <= realAfterMs[1] + NEAR_MS;
      steps.push({ target, realAfterMs, simulatedAfterMs, within });
    }
    before = { atMs, target };
  }
  return steps;
}

/** Lets another controller act, and notes what the first application's gauges would show. */
class Probe implements Controller {
  readonly name = 'probe';
  readonly #controller: Controller | undefined;
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

  firstReaches(gauge: string, value: number): number {
    const index = (this.#samples.get(gauge) ?? []).findIndex((sample) => sample >= value);
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
