/** Reality wins: the run that was captured on a real 3.5.7 cluster, played again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { calibrate, type Calibration } from '../../src/lab/calibration.ts';
import { recordingOf, timelineOf } from '../../src/lab/calibration-log.ts';
import { gaugesOf } from '../../src/lab/ours-views.ts';
import { NO_CONTROLLER, simulate } from '../../src/lab/sim/simulate.ts';
import { application, CLUSTER, job, stage, watched, workload } from './sim/support.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/spark-3.5.7');

describe('calibration: the burst captured on 3.5.7', () => {
  const log = gunzipSync(readFileSync(join(FIXTURES, 'event-log-burst.json.gz'))).toString('utf8');
  const recording = recordingOf(log.split('\n'));
  const timeline = timelineOf(readFileSync(join(FIXTURES, 'allocation-gauges-timeline.jsonl'), 'utf8').split('\n'));
  const cluster = { workers: 2, workerCores: 2, workerMemoryMiB: 2048 };
  const runs: readonly Calibration[] = [1, 2, 3, 4].map((seed) => calibrate(recording, timeline, { cluster, seed }));

  it('reads the run as it was', () => {
    expect(recording.application).to.deep.include({ executorCores: 2, executorMemoryMiB: 1024, canDrain: false });
    expect(recording.application.allocation).to.deep.include({ executorIdleMs: 20_000, shuffleTracking: true });
    expect(recording.application.jobs.map(({ stages }) => stages.map(({ taskMs }) => taskMs.length))).to.deep.equal([
      [60, 3],
      [4],
    ]);
    // The first task on each slot of 3 s came 0.4 s after its executor, and took up to 3 s longer than later ones.
    expect(recording.executors).to.deep.equal([
      { requestedAtMs: 4_510, registeredAtMs: 9_998, coldTasksMs: [3_141, 3_127] },
      { requestedAtMs: 5_571, registeredAtMs: 11_537, coldTasksMs: [2_202, 2_222] },
    ]);
  });

  it('shows every gauge as it was shown, at each of its readings', () => {
    for (const { gauges } of runs) {
      expect(gauges.length).to.equal(7);
      for (const { gauge, readings, equal } of gauges) expect([gauge, equal]).to.deep.equal([gauge, readings]);
      expect(gauges[0]?.readings).to.equal(77);
    }
  });

  it('climbs to the second', () => {
    for (const { ramp } of runs) {
      expect(ramp.map(({ target }) => target)).to.deep.equal([1, 7, 30]);
      expect(ramp.every(({ within }) => within)).to.equal(true);
    }
  });

  it('ends each job within a tenth of its time', () => {
    for (const { jobs } of runs) for (const { error } of jobs) expect(Math.abs(error)).to.be.below(0.1);
  });

  it('tells a cluster of another size apart', () => {
    const { jobs, gauges } = calibrate(recording, timeline, { cluster: { ...cluster, workers: 4 }, seed: 1 });
    expect(jobs[0]?.error).to.be.below(-0.3);
    expect(gauges.some(({ equal, readings }) => equal < readings / 2)).to.equal(true);
  });

  it('says so where the log names no application', () => {
    expect(() => recordingOf(['{"Event":"SparkListenerLogStart"}'])).to.throw('SparkListenerApplicationStart');
  });
});

describe('calibration: the wide-narrow-wide job seen on 4.1.0', () => {
  /** Task times read off the timeline; three workers of two cores, executors of two cores that take 12 s to start. */
  const work = workload(
    application('dag', [
      job(0, [
        stage(0, 30, 1_900, { shuffleWriteMiB: 1 }),
        stage(1, 2, 18_000, { parents: [0], shuffleWriteMiB: 1 }),
        stage(2, 20, 4_500, { parents: [1] }),
      ]),
    ]),
  );
  const shown = new Set<string>();
  const all: number[] = [];
  const look = watched(NO_CONTROLLER, 50, ({ drivers: [driver] }) => {
    const gauges = driver && gaugesOf(driver);
    if (gauges === undefined) return;
    shown.add(`${gauges.numberMaxNeededExecutors} needed, target ${gauges.numberTargetExecutors}`);
    all.push(gauges.numberAllExecutors ?? 0);
  });
  const latencies = { executorStart: { medianMs: 12_000, sigma: 0.1 } };
  const options = { ...CLUSTER, workerCores: 2, workerMemoryMiB: 2048, initialWorkers: 3, latencies };
  // Whether the loop of 100 ms comes round in the short gap between two stages is chance, there as here.
  for (const seed of [1, 2, 3, 4, 5, 6]) simulate(work, look, { ...options, seed });

  for (const seen of ['15 needed, target 1', '15 needed, target 7', '15 needed, target 15', '8 needed, target 8']) {
    it(`shows ${seen} in the wide stage`, () => {
      expect([...shown]).to.include(seen);
    });
  }

  it('falls to 0 in the narrow stage, whose tasks were started before any backlog lasted', () => {
    expect([...shown]).to.include('1 needed, target 0');
  });

  it('begins the next climb at one more than are there, and never lets those go that hold shuffle', () => {
    expect([...shown]).to.include('10 needed, target 4');
    expect(all.at(-1)).to.equal(3);
  });
});
