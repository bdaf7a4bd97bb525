/** Results of the simulator, made up. */
import type { RunResult, Steps } from '../../../src/lab/sim/result.ts';

const NOTHING: Steps = { atMs: [], values: [] };

/** Nothing happened for an hour, but for what is said. */
export function runResult(more: Partial<RunResult> = {}): RunResult {
  return {
    workload: 'made',
    controller: 'somebody',
    seed: 1,
    endedAtMs: 3_600_000,
    jobs: [],
    unfinishedJobs: 0,
    workerSeconds: 3_600,
    timelines: { demand: NOTHING, planned: NOTHING, observed: NOTHING, running: NOTHING },
    tasksEnded: 0,
    tasksKilled: 0,
    shuffleBlocksLost: 0,
    neededBlocksLost: 0,
    cachedMiBLost: 0,
    shuffleBlocksMoved: 0,
    fetchFailures: 0,
    mapTasksRerun: 0,
    stagesRerun: 0,
    wrongVictims: 0,
    apiWrites: 0,
    resizes: [],
    reversals: 0,
    reactions: [],
    underProvisionedWorkerSeconds: 0,
    overProvisionedWorkerSeconds: 0,
    passesDecided: 0,
    passesSkipped: 0,
    events: 0,
    ...more,
  };
}

/** Jobs of one application that were submitted every 100 s and took so many seconds. */
export function jobsThatTook(...seconds: readonly (number | undefined)[]): RunResult['jobs'] {
  return seconds.map((took, jobId) => ({
    applicationId: 'app',
    jobId,
    submittedAtMs: jobId * 100_000,
    endedAtMs: took === undefined ? undefined : jobId * 100_000 + took * 1_000,
  }));
}
