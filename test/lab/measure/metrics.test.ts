import { expect } from 'chai';
import { METRIC_KEYS, METRICS, type Measured, type MetricKey } from '../../../src/lab/measure/metrics.ts';
import type { RunResult } from '../../../src/lab/sim/result.ts';
import { jobsThatTook, runResult } from '../support/runs.ts';

const staticMax = runResult({ jobs: jobsThatTook(10, 20, 40), workerSeconds: 7_200 });

function measured(run: Partial<RunResult>, more: Partial<Measured> = {}): Measured {
  return { run: runResult(run), staticMax, maxWorkers: 10, ...more };
}

describe('metrics of a run', () => {
  const jobs = jobsThatTook(10, 30, 80);
  const reactions = [
    { visibleAtMs: 1_000, raisedAtMs: 3_000, registeredAtMs: 9_000, fullAtMs: 11_000 },
    { visibleAtMs: 5_000, raisedAtMs: 9_000, registeredAtMs: undefined, fullAtMs: undefined },
    { visibleAtMs: 8_000, raisedAtMs: undefined, registeredAtMs: undefined, fullAtMs: undefined },
  ];
  const demand = { atMs: [0, 600_000, 1_200_000], values: [2, 14, 0] };
  const bound = { workerSeconds: 1_800, exact: true, reversals: 1 };
  const cases: readonly [key: MetricKey, of: Measured, expected: number | undefined][] = [
    ['completionMean', measured({ jobs }), (1 + 1.5 + 2) / 3],
    ['completionP50', measured({ jobs }), 1.5],
    ['completionP95', measured({ jobs }), 2],
    ['completionP99', measured({ jobs }), 2],
    ['completionMean', measured({}), undefined],
    ['addedWaitP50', measured({ jobs }), 10],
    ['addedWaitP95', measured({ jobs }), 40],
    ['addedWaitP50', measured({ jobs: jobsThatTook(8) }), -2],
    ['workerHours', measured({}), 1],
    ['saved', measured({}), 0.5],
    ['overBoundAtOwn', measured({}), undefined],
    ['overBoundAtOwn', measured({}, { boundAtOwn: bound }), 2],
    ['overBoundAtStaticMax', measured({}, { boundAtStaticMax: bound }), 2],
    ['reaction', measured({ reactions }), 3],
    ['timeToFull', measured({ reactions }), 10],
    ['reaction', measured({}), undefined],
    ['reversals', measured({ reversals: 3, endedAtMs: 1_800_000 }), 6],
    ['reversalsBeyond', measured({ reversals: 3, endedAtMs: 1_800_000 }), undefined],
    ['reversalsBeyond', measured({ reversals: 3, endedAtMs: 1_800_000 }, { boundAtOwn: bound }), 4],
    ['reversalsBeyond', measured({ reversals: 0 }, { boundAtOwn: bound }), 0],
    ['apiWrites', measured({ apiWrites: 5, endedAtMs: 7_200_000 }), 2.5],
    ['tasksKilled', measured({ tasksKilled: 4 }), 4],
    ['blocksLost', measured({ shuffleBlocksLost: 5 }), 5],
    ['neededBlocksLost', measured({ neededBlocksLost: 6 }), 6],
    ['stagesRerun', measured({ stagesRerun: 7 }), 7],
    ['wrongVictims', measured({ wrongVictims: 8 }), 8],
    ['unfinished', measured({ unfinishedJobs: 9 }), 9],
    // 600 s of 2 workers and 600 s of 10, which is all that max allows.
    ['under', measured({ timelines: { ...staticMax.timelines, demand }, underProvisionedWorkerSeconds: 720 }), 0.1],
    ['under', measured({}), undefined],
    ['over', measured({ overProvisionedWorkerSeconds: 900 }), 0.25],
  ];
  for (const [key, of, expected] of cases) {
    it(`${METRICS[key].label}: ${expected}`, () => {
      const value = METRICS[key].of(of);
      if (expected === undefined) expect(value).to.equal(undefined);
      else expect(value).to.be.closeTo(expected, 1e-9);
    });
  }

  it('a job without an end has taken at least until the end of the run', () => {
    expect(METRICS.completionMean.of(measured({ jobs: jobsThatTook(undefined) }))).to.equal(360);
  });

  it('every metric has a case here', () => {
    expect([...new Set(cases.map(([key]) => key))]).to.have.members(METRIC_KEYS);
  });
});
