import { expect } from 'chai';
import type { AllocationGauges } from '../../src/core/spark-view.ts';
import { parseDriverMetrics } from '../../src/spark/metrics-json.ts';
import { errorOf, fixture, valueOf } from './support.ts';

const IN_FRONT = 'driver.ExecutorAllocationManager.executors.';

const NOTHING: AllocationGauges = {
  numberTargetExecutors: undefined,
  numberMaxNeededExecutors: undefined,
  numberAllExecutors: undefined,
  numberExecutorsPendingToRemove: undefined,
  numberDecommissioningExecutors: undefined,
};

function document(gauges: Record<string, unknown>): string {
  return JSON.stringify({ version: '4.0.0', gauges, counters: {}, histograms: {}, meters: {}, timers: {} });
}

function gaugesIn(body: string): AllocationGauges {
  const answer = valueOf(parseDriverMetrics(body, 'x'));
  if (answer.kind !== 'gauges') throw new Error('no gauges');
  return answer.gauges;
}

describe("a driver's /metrics/json/, as captured", () => {
  for (const [name, target, needed, all] of [
    ['spark-3.5.7/driver-metrics-busy.json', 26, 26, 2],
    ['spark-3.5.7/driver-metrics-idle-holding-shuffle.json', 0, 0, 2],
    ['spark-4.1.0/driver-metrics-busy.json', 7, 15, 0],
  ] as const) {
    it(`reads the gauges of ${name}`, () => {
      expect(gaugesIn(fixture(name))).to.deep.equal({
        numberTargetExecutors: target,
        numberMaxNeededExecutors: needed,
        numberAllExecutors: all,
        numberExecutorsPendingToRemove: 0,
        numberDecommissioningExecutors: 0,
      });
    });
  }
});

describe("a driver's /metrics/json/, by hand", () => {
  for (const namespace of ['app-1.', '', 'my.team.', 'a name.with spaces.', 'x.driver.', `x.${IN_FRONT}`, '..']) {
    it(`finds the gauges in the namespace "${namespace}"`, () => {
      const body = document({ [`${namespace}${IN_FRONT}numberTargetExecutors`]: { value: 7 } });
      expect(gaugesIn(body)).to.deep.equal({ ...NOTHING, numberTargetExecutors: 7 });
    });
  }

  for (const name of [
    'app-1.driver.DAGScheduler.stage.runningStages',
    `app-1.${IN_FRONT}`,
    `app-1.${IN_FRONT}numberTargetExecutors.max`,
    'app-1.exec-driver.ExecutorAllocationManager.executors.numberTargetExecutors',
    'app-1.1.ExecutorAllocationManager.executors.numberTargetExecutors',
  ]) {
    it(`does not take ${name} for one of them`, () => {
      expect(valueOf(parseDriverMetrics(document({ [name]: { value: 7 } }), 'x'))).to.deep.equal({ kind: 'absent' });
    });
  }

  it('says that they are absent where a driver without dynamic allocation answers in full', () => {
    const body = document({ 'app-1.driver.DAGScheduler.job.activeJobs': { value: 1 } });
    expect(valueOf(parseDriverMetrics(body, 'x'))).to.deep.equal({ kind: 'absent' });
  });

  it('leaves what an older Spark does not publish undefined, never 0', () => {
    const body = document({
      [`a.${IN_FRONT}numberTargetExecutors`]: { value: 3 },
      [`a.${IN_FRONT}numberAllExecutors`]: { value: 0 },
    });
    expect(gaugesIn(body)).to.deep.equal({ ...NOTHING, numberTargetExecutors: 3, numberAllExecutors: 0 });
  });

  const odd = [
    ...[{ error: 'java.lang.NullPointerException' }, {}, null, 7, '7', [], { value: null }, { value: '7' }],
    ...[{ value: -1 }, { value: 1.5 }, { value: 1e300 }, { value: true }, { value: [7] }, { count: 7 }],
  ];
  for (const gauge of odd) {
    it(`makes ${JSON.stringify(gauge)} undefined and keeps the others`, () => {
      const body = document({
        [`a.${IN_FRONT}numberTargetExecutors`]: gauge,
        [`a.${IN_FRONT}numberMaxNeededExecutors`]: { value: 9 },
      });
      expect(gaugesIn(body)).to.deep.equal({ ...NOTHING, numberMaxNeededExecutors: 9 });
    });
  }

  it('never reads numbers that JavaScript would make infinite', () => {
    const body = document({ [`a.${IN_FRONT}numberTargetExecutors`]: { value: 7 } }).replace(
      '"value":7',
      '"value":1e999',
    );
    expect(gaugesIn(body)).to.deep.equal(NOTHING);
  });

  for (const [what, body] of [
    ['an empty body', ''],
    ['half a document', fixture('spark-4.1.0/driver-metrics-busy.json').slice(0, 4000)],
    ['a page to log in', '<html></html>'],
    ['no gauges', '{"version":"4.0.0"}'],
    ['gauges as null', '{"version":"4.0.0","gauges":null}'],
    ['gauges as a list', '{"version":"4.0.0","gauges":[]}'],
    ['no version', '{"gauges":{}}'],
    ['a number', '0'],
    ['a list', '[]'],
  ] as const) {
    it(`is an error, not absent gauges, where the answer is ${what}`, () => {
      expect(errorOf(parseDriverMetrics(body, 'driver'))).to.include({ kind: 'malformed', what: 'driver' });
    });
  }
});
