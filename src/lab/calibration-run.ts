/** A recorded run as its files have it, played again; and whether simulation and reality are near enough. */
import * as v from 'valibot';
import { NOTHING_LEARNED } from '../core/profiles.ts';
import { calibrate, type Calibration, type CalibrationOptions } from './calibration.ts';
import { recordingOf, timelineOf } from './calibration-log.ts';
import { ours } from './ours.ts';

const Cluster = v.object({
  /** Version of Spark. */
  spark: v.string(),
  /** There at the start. */
  workers: v.number(),
  workerCores: v.number(),
  workerMemoryMiB: v.number(),
  /** Where our daemon set the count: up to this, with this hold, and how long each worker took from the count's being written. */
  resized: v.optional(v.object({ maxWorkers: v.number(), holdMs: v.number(), workerStartsMs: v.array(v.number()) })),
});

/** What a recorded run says of its cluster; `cluster.json`. */
export type RecordedCluster = v.InferOutput<typeof Cluster>;

/** The text of a run's three files, unpacked. */
export interface RunFiles {
  readonly cluster: string;
  readonly eventLog: string;
  /** Its times are seconds since the application's start. */
  readonly timeline: string;
}

/** Plays a recorded run. Throws where a file is not what it should be. */
export function replay(files: RunFiles, options: Pick<CalibrationOptions, 'seed' | 'executors'>): Calibration {
  const { resized, ...cluster } = v.parse(Cluster, JSON.parse(files.cluster));
  return calibrate(recordingOf(files.eventLog.split('\n')), timelineOf(files.timeline.split('\n')), {
    ...options,
    cluster,
    timelineOffsetMs: 0,
    ...(resized !== undefined && {
      maxWorkers: resized.maxWorkers,
      workerStartsMs: resized.workerStartsMs,
      controller: ours({ rules: { ...NOTHING_LEARNED, holdMs: resized.holdMs } }),
    }),
  });
}

/** A job may end this share of its time earlier or later. */
const JOB_SHARE = 0.1;

/** What is not as near as it has to be: each step of the ramp to the second, each job's end within a tenth of its time. */
export function tooFar({ ramp, jobs }: Calibration): readonly string[] {
  return [
    ...(ramp.length === 0 ? ['the target never climbed'] : []),
    ...ramp
      .filter(({ within }) => !within)
      .map(
        ({ stage, target, realAfterMs: [fromMs, toMs], simulatedAfterMs }) =>
          `stage ${stage}, target ${target}: simulated after ${simulatedAfterMs} ms, seen between ${fromMs} and ${toMs} ms`,
      ),
    ...jobs
      .filter(({ error }) => !(Math.abs(error) <= JOB_SHARE))
      .map(({ id, realMs, simulatedMs }) => `job ${id}: simulated ${simulatedMs} ms, real ${realMs} ms`),
  ];
}
