/** Peers get the tuning that is best on the training seeds, by a cost that anybody can check. */
import { expect } from 'chai';
import { PEERS } from '../../../src/lab/peers/index.ts';
import { familyNamed } from '../../../src/lab/families/families.ts';
import type { Measured } from '../../../src/lab/measure/metrics.ts';
import { NO_CONTROLLER, simulate } from '../../../src/lab/sim/simulate.ts';
import { tunedPeers, tuningCost } from '../../../src/lab/study/tuned.ts';

const CLUSTER = { minWorkers: 1, maxWorkers: 20, workerCores: 4, workerMemoryMiB: 8192 };
const step = familyNamed('step');

describe("lab: the peers' tuning", () => {
  if (step === undefined) throw new Error('no family step');
  const workload = step.make(1);
  const play = (initialWorkers: number) => simulate(workload, NO_CONTROLLER, { seed: 1, ...CLUSTER, initialWorkers });
  const staticMax = play(20);
  const few = play(6);
  const measured = (run: Measured['run']): Measured => ({ run, staticMax, maxWorkers: 20 });

  it('costs static-max 1, whatever the kind', () => {
    expect(tuningCost(measured(staticMax), 'batch')).to.equal(1);
    expect(tuningCost(measured(staticMax), 'interactive')).to.equal(1);
  });

  it('costs fewer workers less of them, and what the jobs lose', () => {
    const share = few.workerSeconds / staticMax.workerSeconds;
    expect(tuningCost(measured(few), 'batch')).to.be.above(share + 0.1);
    expect(tuningCost(measured(few), 'adversary')).to.equal(tuningCost(measured(few), 'batch'));
    // Jobs of minutes wait for minutes longer: far more than their share.
    expect(tuningCost(measured(few), 'interactive')).to.be.above(tuningCost(measured(few), 'batch') + 1);
  });

  it('never takes what leaves jobs undone', () => {
    expect(tuningCost(measured({ ...few, unfinishedJobs: 1 }), 'batch')).to.equal(Infinity);
  });

  it('finds one for every peer that can be tuned, under a name of its own, and tells which', () => {
    const names: string[] = [];
    const tuned = tunedPeers({
      workloadOf: () => workload,
      seeds: [1],
      cluster: CLUSTER,
      onProgress: (name) => names.push(name),
    });
    const tunable = PEERS.filter(({ tunings }) => tunings.length > 1);
    expect(tuned.map(({ name }) => name)).to.deep.equal(tunable.map(({ name }) => name));
    expect(names).to.deep.equal(tunable.map(({ name }) => name));
    for (const { name, tuning, policy } of tuned) {
      expect(policy.name).to.equal(`${name} tuned`);
      expect(tunable.find((one) => one.name === name)?.tunings.map(({ label }) => label)).to.include(tuning);
    }
  }).timeout(60_000);
});
