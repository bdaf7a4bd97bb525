/** Runs one shape of work on a rig and writes down what the simulator is compared with. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { usedLines } from '../../../src/lab/calibration-log.ts';
import type { RecordedCluster } from '../../../src/lab/calibration-run.ts';
import { startRecorder, type RecordedReading } from './recorder.ts';
import { scaleWrites, type ScaleWrite } from './replica-changes.ts';
import type { Rig } from './rig.ts';
import { HOLD_SECONDS, IDLE_SECONDS, WORKER_CORES, WORKER_MEMORY_MIB, WORKERS, type Shape } from './shapes.ts';
import { acceptedWrites } from './verdict.ts';

/** A run of a minute takes several on a starved machine, and is then no worse a recording. */
const LONGEST_MS = 900_000;

/**
 * Runs it to its end and writes its files into the folder.
 *
 * @returns the longest time between two readings, which tells whether the machine stalled.
 */
export async function recordRun(rig: Rig, shape: Shape, folder: string): Promise<number> {
  const beganMs = Date.now();
  const max = shape.maxExecutors;
  const app = await rig.submit({
    script: 'shapes.py',
    name: shape.name,
    args: { plan: JSON.stringify(shape.plan) },
    properties: { 'spark.executor.cores': String(WORKER_CORES) },
    dynamicAllocation: { idleTimeoutSeconds: IDLE_SECONDS, ...(max !== undefined && { max }) },
  });
  const recorder = startRecorder(app, rig.master);
  const { exitCode, result } = await app.waitUntilDone(LONGEST_MS);
  recorder.stop();
  if (exitCode !== 0 || result?.correct !== true)
    throw new Error(`${shape.name} went wrong: ${JSON.stringify(result)}`);
  const log = usedLines((await readFile(app.eventLogFile, 'utf8')).split('\n'));
  const writes =
    shape.resized === true ? scaleWrites(await acceptedWrites(rig)).filter(({ atMs }) => atMs > beganMs) : [];
  const cluster: RecordedCluster = {
    spark: rig.master.spark.version,
    workers: shape.resized === true ? 1 : WORKERS,
    workerCores: WORKER_CORES,
    workerMemoryMiB: WORKER_MEMORY_MIB,
    ...(shape.resized === true && {
      resized: {
        maxWorkers: WORKERS,
        holdMs: HOLD_SECONDS * 1_000,
        workerStartsMs: workerStarts(writes, recorder.readings),
      },
    }),
  };
  await writeFile(join(folder, 'cluster.json'), `${JSON.stringify(cluster, null, 2)}\n`);
  await writeFile(join(folder, 'event-log.jsonl.gz'), gzipSync(`${log.join('\n')}\n`));
  await writeFile(join(folder, 'timeline.jsonl.gz'), gzipSync(timelineLines(log, recorder.readings)));
  return recorder.readings.reduce(
    (most, { atMs }, index, all) => Math.max(most, atMs - (all[index - 1]?.atMs ?? atMs)),
    0,
  );
}

const START = /^\{"Event":"SparkListenerApplicationStart","Timestamp":(\d+)/;

/** Seconds since the application's start, by the same machine's clock as the log's. */
function timelineLines(log: readonly string[], readings: readonly RecordedReading[]): string {
  const startedAtMs = Number(log.flatMap((line) => START.exec(line)?.[1] ?? [])[0]);
  return readings
    .map(({ atMs, ...reading }) => `${JSON.stringify({ t: (atMs - startedAtMs) / 1000, ...reading })}\n`)
    .join('');
}

/** From each growth's being written to its workers' being seen at the master, in the order in which they came. */
function workerStarts(writes: readonly ScaleWrite[], readings: readonly RecordedReading[]): number[] {
  const asked = writes.flatMap(({ atMs, replicas }, index) =>
    Array.from({ length: Math.max(0, replicas - (writes[index - 1]?.replicas ?? 1)) }, () => atMs),
  );
  const came = readings.flatMap(({ atMs, aliveWorkers }, index) =>
    Array.from({ length: Math.max(0, aliveWorkers - (readings[index - 1]?.aliveWorkers ?? 1)) }, () => atMs),
  );
  return came.flatMap((atMs, index) => {
    const askedAtMs = asked[index];
    return askedAtMs === undefined ? [] : [atMs - askedAtMs];
  });
}
