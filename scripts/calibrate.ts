/**
 * Compares the simulator with one recorded run.
 *
 *   node scripts/calibrate.ts --event-log F --timeline F --workers 2 --worker-cores 2 --worker-memory 2048
 *     [--placement packed] [--ours --max-workers N] [--seed N] [--json]
 *
 * F may be gzipped. The timeline holds one JSON object a line: t (seconds), coresUsed, gauges.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { calibrate, type Calibration } from '../src/lab/calibration.ts';
import { recordingOf, timelineOf } from '../src/lab/calibration-log.ts';
import { ours } from '../src/lab/ours.ts';

const { values } = parseArgs({
  options: {
    'event-log': { type: 'string' },
    timeline: { type: 'string' },
    workers: { type: 'string', default: '2' },
    'worker-cores': { type: 'string', default: '2' },
    'worker-memory': { type: 'string', default: '2048' },
    placement: { type: 'string', default: 'spread' },
    ours: { type: 'boolean', default: false },
    'max-workers': { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

function linesOf(file: string | undefined, option: string): string[] {
  if (file === undefined) throw new Error(`--${option} is missing`);
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
}

function print({ timelineOffsetMs, gauges, ramp, jobs }: Calibration): void {
  console.log(`timeline starts ${-timelineOffsetMs} ms before the application`);
  console.table(
    gauges.map(({ gauge, readings, equal, meanError, worstError }) => ({
      gauge,
      readings,
      'equal within 0.5 s': equal,
      'mean error': Number(meanError.toFixed(2)),
      'worst error': worstError,
    })),
  );
  console.table(
    ramp.map(({ target, realAfterMs, simulatedAfterMs, within }) => ({
      target,
      'real between, s': realAfterMs.map((ms) => (ms / 1000).toFixed(2)).join(' and '),
      'simulated, s': simulatedAfterMs / 1000,
      within,
    })),
  );
  console.table(
    jobs.map(({ id, realMs, simulatedMs, error }) => ({
      job: id,
      'real, s': realMs / 1000,
      'simulated, s': simulatedMs / 1000,
      'error, %': Number((100 * error).toFixed(1)),
    })),
  );
}

const calibration = calibrate(
  recordingOf(linesOf(values['event-log'], 'event-log')),
  timelineOf(linesOf(values.timeline, 'timeline')),
  {
    cluster: {
      workers: Number(values.workers),
      workerCores: Number(values['worker-cores']),
      workerMemoryMiB: Number(values['worker-memory']),
      placement: values.placement === 'packed' ? 'packed' : 'spread',
    },
    seed: Number(values.seed),
    ...(values.ours ? { controller: ours() } : {}),
    ...(values['max-workers'] === undefined ? {} : { maxWorkers: Number(values['max-workers']) }),
  },
);
if (values.json) console.log(JSON.stringify(calibration, undefined, 2));
else print(calibration);
