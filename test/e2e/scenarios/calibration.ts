/** The simulator against a real Spark: several shapes of work are run, recorded, played again and compared. */
import { readRun } from '../../../scripts/recorded-run.ts';
import type { GaugeComparison } from '../../../src/lab/calibration.ts';
import { replay, tooFar } from '../../../src/lab/calibration-run.ts';
import { recordRun } from '../rig/recorded-run.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import { HOLD_SECONDS, SHAPES, WORKER_CORES, WORKER_MEMORY_MIB, WORKERS, type Shape } from '../rig/shapes.ts';
import { judge } from '../rig/verdict.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const SEEDS = [1, 2, 3, 4];
/** Readings come four times a second. Where one takes this long the driver stood still, and its timers are as late. */
const STALLED_MS = 1_000;
const ATTEMPTS = 3;
const SHRUNK_WITHIN_MS = 300_000;

function rigOf(context: ScenarioContext, name: string, initialWorkers: number): Promise<Rig> {
  const { bench, controlPlane, spark, namespace } = context;
  return startRig({
    bench,
    controlPlane,
    spark,
    name: `${namespace}-${name}`,
    initialWorkers,
    maxWorkers: WORKERS,
    workerCores: WORKER_CORES,
    workerMemory: `${WORKER_MEMORY_MIB}m`,
    env: { ELASTIC_WORKER_HOLD: `${HOLD_SECONDS}s` },
  });
}

/** What a driver did while its machine stalled says nothing of Spark: such a run is recorded once more. */
async function recordUnstalled(rig: Rig, shape: Shape, folder: string): Promise<void> {
  const gapsMs: number[] = [];
  while (gapsMs.length < ATTEMPTS) {
    if (shape.resized === true) {
      await rig.waitForPlanned(1, SHRUNK_WITHIN_MS);
      await rig.waitForRegistered(1, SHRUNK_WITHIN_MS);
    }
    const gapMs = await recordRun(rig, shape, folder);
    if (gapMs <= STALLED_MS) return;
    gapsMs.push(gapMs);
  }
  throw new Error(`the machine stalled in every run of ${shape.name}: no reading for ${gapsMs.join(', ')} ms`);
}

/** Plays a recording again under several seeds; what is told is the worst of them. */
function compare(folder: string): { readonly note: string; readonly problems: readonly string[] } {
  const run = readRun(folder);
  const replays = SEEDS.map((seed) => replay(run, { seed }));
  const problems = new Set(replays.flatMap((one) => tooFar(one).map((what) => `${run.name}, ${what}`)));
  const steps = replays.map(({ ramp }) => ramp.filter(({ within }) => within).length);
  const errors = replays.flatMap(({ jobs }) => jobs.map(({ error }) => Math.abs(error)));
  const gauges = (replays[0]?.gauges ?? []).map(({ gauge }) => {
    const shares = replays.flatMap((one) => one.gauges.filter((each) => each.gauge === gauge).map(shareOf));
    return `${gauge} ${(100 * Math.min(...shares)).toFixed(0)} %`;
  });
  return {
    note:
      `${run.name}: ${Math.min(...steps)} of ${replays[0]?.ramp.length ?? 0} steps of the ramp to the second, job ends ` +
      `within ${(100 * Math.max(...errors)).toFixed(1)} %; readings equal: ${gauges.join(', ')}`,
    problems: [...problems],
  };
}

function shareOf({ equal, readings }: GaugeComparison): number {
  return readings === 0 ? 1 : equal / readings;
}

const calibration: Scenario = {
  name: 'calibration',
  inCut: false,
  async run(context) {
    const { results } = context;
    if (results === undefined) throw new Error('there is no folder for the recordings');
    const folders: string[] = [];
    const record = async (rig: Rig, shape: Shape): Promise<void> => {
      const folder = await results(`${rig.master.spark.version}/${shape.name}`);
      await recordUnstalled(rig, shape, folder);
      folders.push(folder);
    };
    const steady = await rigOf(context, 'steady', WORKERS);
    for (const shape of SHAPES.filter(({ resized }) => resized !== true)) {
      await record(steady, shape);
    }
    await steady.close();
    const resized = await rigOf(context, 'resized', 1);
    await resized.startDaemon();
    for (const shape of SHAPES.filter((one) => one.resized === true)) {
      await record(resized, shape);
    }
    await resized.waitForPlanned(1, SHRUNK_WITHIN_MS);
    const result = await judge(resized, calibration.name);
    const compared = folders.map((folder) => compare(folder));
    const problems = [...result.problems, ...compared.flatMap(({ problems: far }) => far)];
    const notes = [...compared.map(({ note }) => note), `recordings: ${folders.join(', ')}`];
    return { ...result, problems, notes, passed: problems.length === 0 };
  },
};

export const CALIBRATION_SCENARIOS: readonly Scenario[] = [calibration];
