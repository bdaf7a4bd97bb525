/** No simulated policy undercuts the clairvoyant at its own end times, in any family. */
import { expect } from 'chai';
import { lowerBound } from '../../../src/lab/bound/lower-bound.ts';
import { problemOf } from '../../../src/lab/bound/problem.ts';
import { FAMILIES } from '../../../src/lab/families/families.ts';
import { ours } from '../../../src/lab/ours.ts';
import { PEERS } from '../../../src/lab/peers/index.ts';
import { LATENCIES } from '../../../src/lab/sim/options.ts';
import { peer } from '../../../src/lab/sim/peers.ts';
import { simulate, type Controller } from '../../../src/lab/sim/simulate.ts';

const CLUSTER = { minWorkers: 1, maxWorkers: 20, initialWorkers: 1, workerCores: 4, workerMemoryMiB: 8192 };
/** Workers that always take the same time to come and go: then the bound holds without any luck. */
const latencies = {
  podStart: { ...LATENCIES.podStart, sigma: 0 },
  podEnd: { ...LATENCIES.podEnd, sigma: 0 },
};
const startMs = LATENCIES.podStart.medianMs;
const endMs = LATENCIES.podEnd.medianMs;
const SEEDS = [1];

const controllers: readonly (readonly [string, () => Controller])[] = [
  ['ours', () => ours()] as const,
  ...PEERS.map(({ name, default: { policy } }) => [name, () => peer(policy)] as const),
];

describe('lab: the clairvoyant beside what is simulated', () => {
  for (const family of FAMILIES) {
    it(`${family.name}: costs no more than any policy at that policy's own end times`, () => {
      for (const seed of SEEDS) {
        const workload = family.make(seed);
        for (const [name, controller] of controllers) {
          const run = simulate(workload, controller(), { seed, ...CLUSTER, latencies, untilMs: 7_200_000 });
          const cluster = { ...CLUSTER, startMs, endMs, horizonMs: run.endedAtMs };
          const bound = lowerBound(problemOf(workload, run.jobs, cluster), 40);
          expect(bound, `${name}, seed ${seed}`).to.be.above(0);
          expect(run.workerSeconds, `${name}, seed ${seed}`).to.be.at.least(bound);
        }
      }
    }).timeout(60_000);
  }
});
