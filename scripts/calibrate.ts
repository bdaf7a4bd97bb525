/**
 * Compares the simulator with recorded runs.
 *
 *   node scripts/calibrate.ts --runs DIR [--details] [--executors middle] [--seeds N]
 *     every run in DIR and below that a folder with cluster.json holds; one row a run, the worst of the seeds
 *   node scripts/calibrate.ts --event-log F --timeline F --workers 2 --worker-cores 2 --worker-memory 2048
 *     [--placement packed] [--ours --max-workers N] [--executors middle] [--json]
 *     one run; F may be gzipped; the timeline holds one JSON object a line: t (seconds), coresUsed, gauges
 *
 * --executors middle: all executors start and warm up as the middle one of the run did, not each as its own.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { calibrate, type Calibration } from '../src/lab/calibration.ts';
import { recordingOf, timelineOf } from '../src/lab/calibration-log.ts';
import { replay, tooFar } from '../src/lab/calibration-run.ts';
import { ours } from '../src/lab/ours.ts';
import { readRuns } from './recorded-run.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    details: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '4' },
    executors: { type: 'string', default: 'each' },
    'event-log': { type: 'string' },
    timeline: { type: 'string' },
    workers: { type: 'string', default: '2' },
    'worker-cores': { type: 'string', default: '2' },
    'worker-memory': { type: 'string', default: '2048' },
    placement: { type: 'string', default: 'spread' },
    ours: { type: 'boolean', default: false },
    'max-workers': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const executors = values.executors === 'middle' ? 'middle' : 'each';

function linesOf(file: string | undefined, option: string): string[] {
  if (file === undefined) throw new Error(`--${option} is missing`);
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
}

function print({ timelineOffsetMs, executors: times, gauges, ramp, jobs }: Calibration): void {
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
    ramp.map(({ stage, target, realAfterMs, simulatedAfterMs, within }) => ({
      stage,
      target,
      'real between, s': realAfterMs.map((ms) => (ms / 1000).toFixed(2)).join(' and '),
      'simulated, s': simulatedAfterMs / 1000,
      within,
    })),
  );
  console.table(
    times.map(({ startMs, coldTasksMs }) => ({
      'executor started in, s': startMs / 1000,
      'first tasks longer by, s': coldTasksMs.map((ms) => (ms / 1000).toFixed(2)).join(', '),
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

/** One row a run: the worst seed of each figure. */
function compareRuns(folder: string): void {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const rows = readRuns(folder).map((run) => {
    const calibrations = seeds.map((seed) => replay(run, { seed, executors }));
    if (values.details) {
      console.log(`\n${run.name}`);
      for (const one of calibrations.slice(0, 1)) print(one);
    }
    return rowOf(run.name, calibrations);
  });
  console.table(Object.fromEntries(rows));
}

function rowOf(name: string, runs: readonly Calibration[]): readonly [string, Readonly<Record<string, unknown>>] {
  const least = (gauge: string): string => {
    const shares = runs.flatMap(({ gauges }) => {
      const one = gauges.find((each) => each.gauge === gauge);
      return one === undefined ? [] : [one.equal / one.readings];
    });
    return shares.length === 0 ? '' : (100 * Math.min(...shares)).toFixed(1);
  };
  const ramps = runs.map(({ ramp }) => `${ramp.filter(({ within }) => within).length} of ${ramp.length}`);
  const errors = runs.flatMap(({ jobs }) => jobs.map(({ error }) => 100 * error));
  const worst = errors.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one), 0);
  const problems = new Set(runs.flatMap(tooFar));
  return [
    name,
    {
      readings: runs[0]?.gauges[0]?.readings,
      'target, %': least('numberTargetExecutors'),
      'needed, %': least('numberMaxNeededExecutors'),
      'to add, %': least('numberExecutorsToAdd'),
      'all, %': least('numberAllExecutors'),
      'leaving, %': least('numberDecommissioningExecutors'),
      'cores, %': least('coresUsed'),
      'workers, %': least('aliveWorkers'),
      'ramp steps': ramps.sort()[0],
      jobs: runs[0]?.jobs.length,
      'worst job, %': Number(worst.toFixed(1)),
      'near enough': problems.size === 0,
    },
  ];
}

function compareOne(): void {
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
      seed: 1,
      executors,
      ...(values.ours ? { controller: ours() } : {}),
      ...(values['max-workers'] === undefined ? {} : { maxWorkers: Number(values['max-workers']) }),
    },
  );
  if (values.json) console.log(JSON.stringify(calibration, undefined, 2));
  else print(calibration);
}

if (values.runs === undefined) compareOne();
else compareRuns(values.runs);
