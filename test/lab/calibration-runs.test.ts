/**
 * Reality wins: recorded runs of two lines of Spark, played again. Those of TUNING showed what the simulator lacked; the
 * others were only ever judged by. How they were made: test/fixtures/calibration/README.md.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { readRuns } from '../../scripts/recorded-run.ts';
import { recordingOf, usedLines } from '../../src/lab/calibration-log.ts';
import { replay, tooFar } from '../../src/lab/calibration-run.ts';

const RUNS = readRuns(join(import.meta.dirname, '../fixtures/calibration'));
const TUNING = ['3.5.9-busy/bursts', '3.5.9-busy/wide-narrow-wide'];
/** Its driver stood still for a second just when its first stage came: that climb was late as a whole. */
const LATE = '4.3.0-busy/shuffle';
const SEEDS = [1, 2, 3, 4];
/** Of a gauge's readings, those that have to be equal within half a second. */
const EQUAL_SHARE = 0.9;
/** Where a climb is late as a whole, or our daemon's beats fall otherwise between Spark's own. */
const LOWER_SHARE = 0.85;
const LOWER = [LATE, '3.5.9/resized'];

describe('calibration: recorded runs', () => {
  it('are enough, on both lines, beyond those that taught us', () => {
    const judged = RUNS.filter(({ name }) => !TUNING.includes(name));
    expect(judged.length).to.be.at.least(5);
    for (const line of ['3.5', '4']) {
      expect(judged.filter(({ name }) => name.startsWith(line)).length).to.be.at.least(3);
    }
  });

  it(`${LATE}: climbs less than a second late in its first stage, and is near enough in all else`, () => {
    const late = RUNS.filter(({ name }) => name === LATE).flatMap((run) => SEEDS.map((seed) => replay(run, { seed })));
    expect(late.length).to.equal(SEEDS.length);
    for (const one of late) {
      const far = one.ramp.filter(({ within }) => !within);
      expect(tooFar(one).length).to.equal(far.length);
      for (const { stage, realAfterMs, simulatedAfterMs } of far) {
        expect([stage, realAfterMs[0] - simulatedAfterMs < 1_000]).to.deep.equal([0, true]);
      }
    }
  });

  for (const run of RUNS.filter(({ name }) => name !== LATE)) {
    it(`${run.name}: climbs to the second and ends its jobs within a tenth`, () => {
      for (const seed of SEEDS) expect([seed, ...tooFar(replay(run, { seed }))]).to.deep.equal([seed]);
    });
  }

  for (const run of RUNS) {
    it(`${run.name}: shows nearly every reading of every gauge`, () => {
      const share = LOWER.includes(run.name) ? LOWER_SHARE : EQUAL_SHARE;
      for (const seed of SEEDS) {
        const { gauges } = replay(run, { seed });
        expect(gauges.length).to.equal(8);
        for (const { gauge, equal, readings } of gauges) {
          expect(readings).to.be.greaterThan(100);
          expect(equal / readings, `${gauge}, seed ${seed}`).to.be.at.least(share);
        }
      }
    });

    it(`${run.name}: says nothing of the machine it was recorded on`, () => {
      expect(`${run.eventLog}${run.timeline}${run.cluster}`).not.to.match(/\/|\d+\.\d+\.\d+\.\d+|host/i);
    });
  }
});

describe('calibration: what would be too far', () => {
  const [run] = RUNS.filter(({ name }) => name === '3.5.9/shuffle');
  if (run === undefined) throw new Error('there is no run 3.5.9/shuffle');

  it('a cluster of half the size', () => {
    const cluster = JSON.stringify({ ...(JSON.parse(run.cluster) as object), workers: 2 });
    expect(tooFar(replay({ ...run, cluster }, { seed: 1 })).join()).to.match(/job 0: simulated \d+ ms, real \d+ ms/);
  });

  it('a ramp that waits a second longer before each round', () => {
    const eventLog = run.eventLog.replace(
      '"Spark Properties":{',
      '"Spark Properties":{"spark.dynamicAllocation.schedulerBacklogTimeout":"2s",',
    );
    expect(tooFar(replay({ ...run, eventLog }, { seed: 1 })).join()).to.match(/stage 0, target 1: simulated after/);
  });

  it('a timeline in which nothing happens', () => {
    const timeline = '{"t":1,"coresUsed":0,"gauges":{"numberTargetExecutors":0}}';
    expect(tooFar(replay({ ...run, timeline }, { seed: 1 }))).to.deep.equal(['the target never climbed']);
  });
});

describe('calibration: what is kept of an event log', () => {
  const start =
    '{"Event":"SparkListenerApplicationStart","App Name":"secret","App ID":"app-1","Timestamp":5,"User":"me"}';
  const environment = JSON.stringify({
    Event: 'SparkListenerEnvironmentUpdate',
    'JVM Information': { 'Java Home': '/opt/java' },
    'Spark Properties': {
      'spark.driver.host': '10.0.0.1',
      'spark.executor.cores': '3',
      'spark.executor.extraJavaOptions': '-Dx=/opt',
      'spark.dynamicAllocation.enabled': 'true',
      'spark.storage.decommission.enabled': 'true',
    },
  });

  it('is what a recording is read from, without names, hosts and paths', () => {
    const kept = usedLines([start, environment, '', '{"Event":"SparkListenerBlockManagerAdded","Host":"10.0.0.1"}']);
    expect(kept).to.have.lengthOf(2);
    expect(kept.join()).not.to.match(/secret|10\.0|opt|"me"/);
    expect(recordingOf(kept).application).to.deep.equal(recordingOf([start, environment]).application);
    expect(recordingOf(kept).application.executorCores).to.equal(3);
  });
});
