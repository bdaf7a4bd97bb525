/** Whole runs: what holds for every workload, and what must never happen. */
import { expect } from 'chai';
import fc from 'fast-check';
import { PROFILES } from '../../../src/core/profiles.ts';
import { ours } from '../../../src/lab/ours.ts';
import { peer } from '../../../src/lab/sim/peers.ts';
import type { RunResult } from '../../../src/lab/sim/result.ts';
import { NO_CONTROLLER, simulate, type Site } from '../../../src/lab/sim/simulate.ts';
import { DEFAULT_ALLOCATION } from '../../../src/lab/workload.ts';
import {
  anyWorkload,
  application,
  CLUSTER,
  job,
  notebook,
  PLAIN,
  stage,
  tasksIn,
  watched,
  workload,
} from './support.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

function checkBooks({ master, pods, settings }: Site): void {
  for (const worker of master.workers) {
    const sum = (of: (spec: { executorCores: number; executorMemoryMiB: number }) => number): number =>
      worker.executors.reduce((all, { driver }) => all + of(driver.spec), 0);
    expect(sum((spec) => spec.executorCores)).to.be.at.most(settings.workerCores);
    expect(sum((spec) => spec.executorMemoryMiB)).to.be.at.most(settings.workerMemoryMiB);
    if (worker.state === 'ALIVE') {
      expect(worker.freeCores).to.equal(settings.workerCores - sum((spec) => spec.executorCores));
    }
    for (const executor of worker.executors) expect(executor.tasks.length).to.be.at.most(executor.slots);
  }
  for (const owner of master.applications) {
    const granted = master.workers
      .flatMap(({ executors }) => executors)
      .filter(({ driver, granted }) => granted && driver === owner);
    expect(owner.grantedExecutors).to.equal(granted.length);
    expect(owner.grantedExecutors * owner.spec.executorCores).to.be.at.most(owner.spec.coresMax ?? Infinity);
  }
  expect(pods.live).to.equal(pods.list.filter(({ terminating }) => !terminating).length);
}

function checkParents({ drivers }: Site): void {
  for (const driver of drivers) {
    for (const one of driver.dag.activeJobs().flat()) {
      if (one.state === 'running') expect(one.parents.every((parent) => parent.completedOnce)).to.equal(true);
    }
    const running = [...driver.registered.values()].reduce((sum, { tasks }) => sum + tasks.length, 0);
    expect(driver.pool.running).to.equal(running);
  }
}

describe('simulator: every run', () => {
  it('ends every task exactly once unless it ran again, books no core twice, and runs no stage before its parents', () => {
    fc.assert(
      fc.property(anyWorkload, fc.integer(), fc.constantFrom('none', 'ours', 'plain'), (work, seed, who) => {
        const by = who === 'none' ? NO_CONTROLLER : who === 'ours' ? ours() : peer(PLAIN);
        const controller = watched(by, 250, (site) => {
          checkBooks(site);
          checkParents(site);
        });
        const initialWorkers = who === 'none' ? 8 : 1;
        const run = simulate(work, controller, { ...CLUSTER, seed, initialWorkers });
        expect(run.unfinishedJobs).to.equal(0);
        expect(run.tasksEnded).to.equal(tasksIn(work) + run.mapTasksRerun);
        expect(run.timelines.running.values.at(-1)).to.equal(0);
        // Without shuffle tracking Spark itself lets idle executors go, the last of them with what it holds.
        const tracks = work.applications.every(({ allocation }) => allocation?.shuffleTracking === true);
        if (who === 'none' && tracks) expect([run.mapTasksRerun, run.stagesRerun]).to.deep.equal([0, 0]);
        if (who !== 'plain') expect(run.tasksKilled).to.equal(0);
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);

  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(anyWorkload, fc.integer(), (work, seed) => {
        const run = (): RunResult => simulate(work, ours(), { ...CLUSTER, seed });
        expect(run()).to.deep.equal(run());
      }),
      { numRuns: 10 },
    );
  }).timeout(30_000);

  it('differs between seeds', () => {
    const ends = SEEDS.map((seed) => simulate(notebook(), ours(), { ...CLUSTER, seed }).endedAtMs);
    expect(new Set(ends).size).to.be.greaterThan(1);
  });
});

describe('simulator: a cluster of its full size', () => {
  it('takes as many waves as there must be', () => {
    const fixed = application('fixed', [job(0, [stage(0, 65, 2_000)])], { allocation: undefined, coresMax: 32 });
    const latencies = { executorStart: { medianMs: 1_000, sigma: 0 } };
    const run = simulate(workload(fixed), NO_CONTROLLER, { ...CLUSTER, initialWorkers: 8, latencies });
    // 32 slots: 65 tasks are three waves; the first begins when the executors have started.
    expect(run.endedAtMs).to.equal(1_000 + 3 * 2_000 + 40);
  });

  it('is never beaten in time on equal tasks', () => {
    for (const seed of SEEDS) {
      const work = workload(
        application('one', [job(0, [stage(0, 100, 3_000)]), job(1, [stage(1, 50, 3_000)], 1_200_000)]),
      );
      const full = simulate(work, NO_CONTROLLER, { ...CLUSTER, seed, initialWorkers: 8 });
      const elastic = simulate(work, ours(), { ...CLUSTER, seed });
      expect(elastic.endedAtMs).to.be.at.least(full.endedAtMs);
      expect(elastic.workerSeconds).to.be.below(full.workerSeconds);
    }
  });
});

describe('simulator: idle executors', () => {
  it('go in time, also those that were idle before the target fell for the last time', () => {
    // One executor is idle from 1 s on, the other keeps the target at 1 until 4 s.
    const uneven = { ...stage(0, 2, 1_000), taskMs: [1_000, 4_000] };
    const work = workload(
      application('uneven', [job(0, [uneven]), job(1, [stage(1, 1, 1_000)], 60_000)], {
        executorCores: 1,
        canDrain: false,
        allocation: { ...DEFAULT_ALLOCATION, executorIdleMs: 5_000 },
      }),
    );
    const seen: string[] = [];
    const look = watched(NO_CONTROLLER, 1_000, ({ kernel, drivers: [driver] }) => {
      const line = `${driver?.registered.size ?? 0} registered`;
      if (seen.at(-1) !== line && kernel.nowMs < 40_000) seen.push(line);
    });
    const latencies = { executorStart: { medianMs: 1_000, sigma: 0 } };
    simulate(work, look, { ...CLUSTER, initialWorkers: 2, latencies });
    expect(seen).to.deep.equal(['0 registered', '1 registered', '2 registered', '1 registered', '0 registered']);
  });
});

describe('simulator: what cannot end', () => {
  it('is cut off, and said to be unfinished', () => {
    const huge = application('huge', [job(0, [stage(0, 4, 1_000)])], { executorCores: 16 });
    const run = simulate(workload(huge), NO_CONTROLLER, CLUSTER);
    expect([run.endedAtMs, run.unfinishedJobs]).to.deep.equal([30 * 86_400_000, 1]);
    expect(run.workerSeconds).to.equal(30 * 86_400);
    const soon = simulate(workload(huge), ours(), { ...CLUSTER, untilMs: 90_000 });
    expect([soon.endedAtMs, soon.jobs]).to.deep.equal([
      90_000,
      [{ applicationId: 'huge', jobId: 0, submittedAtMs: 0, endedAtMs: undefined }],
    ]);
    // Infeasible demand alone never raises the count.
    expect(soon.resizes).to.deep.equal([]);
  });
});

describe('simulator: what a shrink costs', () => {
  for (const seed of SEEDS) {
    it(`ours kills no task and loses no block, seed ${seed}`, () => {
      // Workers go in every pause that is longer than a minute: nothing is kept for the next job.
      const eager = ours({ rules: { ...PROFILES.saving, learnsHold: false } });
      const run = simulate(notebook(), eager, { ...CLUSTER, seed });
      expect(run.resizes.some(({ direction }) => direction === 'shrink')).to.equal(true);
      const harm = [run.tasksKilled, run.shuffleBlocksLost, run.mapTasksRerun, run.stagesRerun, run.wrongVictims];
      expect(harm).to.deep.equal([0, 0, 0, 0, 0]);
      expect(run.shuffleBlocksMoved).to.be.greaterThan(0);
    });
  }

  it('a plain shrink loses blocks that the next job computes again', () => {
    for (const seed of SEEDS) {
      const run = simulate(notebook(), peer(PLAIN), { ...CLUSTER, seed });
      expect(run.neededBlocksLost).to.be.greaterThan(0);
      expect(run.mapTasksRerun).to.be.greaterThan(0);
      expect(run.unfinishedJobs).to.equal(0);
    }
  });

  it('a plain shrink in the middle of a stage kills tasks', () => {
    // Half of the tasks are short, so that demand falls while the others run everywhere.
    const taskMs = Array.from({ length: 64 }, (_, index) => (index % 2 === 0 ? 5_000 : 60_000));
    const work = workload(application('uneven', [job(0, [{ ...stage(0, 0, 0), taskMs }])]));
    const killed = SEEDS.map((seed) => simulate(work, peer(PLAIN), { ...CLUSTER, seed }).tasksKilled);
    expect(Math.max(...killed)).to.be.greaterThan(0);
    const spared = SEEDS.map((seed) => simulate(work, ours(), { ...CLUSTER, seed }).tasksKilled);
    expect(Math.max(...spared)).to.equal(0);
  });
});
