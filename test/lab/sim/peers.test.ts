/** Peers in the simulator: what they see and how old it is, whom they name, how their drains end. */
import { expect } from 'chai';
import type { PeerObservation, PeerPolicy } from '../../../src/lab/peer.ts';
import { Views } from '../../../src/lab/ours-views.ts';
import { peer } from '../../../src/lab/sim/peers.ts';
import { simulate } from '../../../src/lab/sim/simulate.ts';
import { application, CLUSTER, job, notebook, stage, watched, workload } from './support.ts';

/** Sets a count by time, and says whom it names. */
function scripted(
  over: Partial<PeerPolicy<null>>,
  say: (seen: PeerObservation) => {
    readonly workers: number;
    readonly victims?: readonly string[];
    readonly drains?: boolean;
  },
): PeerPolicy<null> {
  return {
    name: 'scripted',
    models: 'a script',
    periodMs: 1_000,
    signalAgeMs: 0,
    start: () => null,
    decide: (_state, seen) => {
      const { workers, victims, drains } = say(seen);
      return { desiredWorkers: workers, victims, drains: drains ?? false, state: null, why: 'scripted' };
    },
    ...over,
  };
}

describe('simulator: peers', () => {
  it('see samples as old as their pipeline makes them', () => {
    const firstSeen = (signalAgeMs: number): number => {
      let firstMs = Infinity;
      const policy = scripted({ signalAgeMs }, (seen) => {
        if (seen.applications.some(({ maxNeededExecutors }) => maxNeededExecutors > 0))
          firstMs = Math.min(firstMs, seen.nowMs);
        return { workers: 2 };
      });
      const work = workload(application('late', [job(0, [stage(0, 40, 3_000)], 30_000)]));
      simulate(work, peer(policy), CLUSTER);
      return firstMs;
    };
    expect(firstSeen(10_000) - firstSeen(0)).to.equal(10_000);
  });

  it('see tasks, and how long all of them will still take', () => {
    const seen: PeerObservation[] = [];
    const policy = scripted({}, (one) => {
      seen.push(one);
      return { workers: 1 };
    });
    simulate(workload(application('one', [job(0, [stage(0, 10, 5_000)])])), peer(policy), CLUSTER);
    const lefts = seen.flatMap(({ applications }) => applications.map(({ taskSecondsLeft }) => taskSecondsLeft));
    expect(Math.max(...lefts)).to.equal(50);
    for (const { applications, workers } of seen) {
      const running = applications.reduce((sum, one) => sum + one.runningTasks, 0);
      expect(workers.reduce((sum, { busySlots }) => sum + busySlots, 0)).to.equal(running);
    }
  });

  it('have exactly those pods ended that they name', () => {
    const named: string[] = [];
    const policy = scripted({}, ({ nowMs, podNames, plannedWorkers }) => {
      if (nowMs < 20_000 || plannedWorkers < 4) return { workers: plannedWorkers };
      const victims = podNames.slice(1, 2);
      named.push(...victims);
      return { workers: 3, victims };
    });
    let left: string[] = [];
    const controller = watched(peer(policy), 1_000, ({ pods }) => {
      left = pods.list.map(({ name }) => name);
    });
    const run = simulate(notebook(), controller, { ...CLUSTER, initialWorkers: 4 });
    expect(named.length).to.be.greaterThan(0);
    expect(left).to.deep.equal(['workers-1', 'workers-3', 'workers-4']);
    expect(run.wrongVictims).to.equal(0);
  });

  it('lose nothing where they drain in a pause', () => {
    const policy = scripted({ periodMs: 5_000 }, ({ nowMs, podNames, plannedWorkers }) => {
      if (nowMs < 60_000 || plannedWorkers < 4) return { workers: plannedWorkers };
      return { workers: 2, victims: podNames.slice(0, 2), drains: true };
    });
    const run = simulate(notebook(), peer(policy), { ...CLUSTER, initialWorkers: 4 });
    expect(run.resizes.map(({ to }) => to).at(-1)).to.equal(2);
    expect([run.shuffleBlocksLost, run.mapTasksRerun, run.tasksKilled]).to.deep.equal([0, 0, 0]);
    expect(run.shuffleBlocksMoved).to.be.greaterThan(0);
  });

  it('fail the fetches of a stage that reads what they drain, and compute no map task again (R17)', () => {
    const reads = workload(
      application('reads', [
        job(0, [stage(0, 24, 2_000, { shuffleWriteMiB: 24 }), stage(1, 120, 4_000, { parents: [0] })]),
      ]),
    );
    const policy = scripted({ periodMs: 2_000 }, ({ nowMs, podNames, plannedWorkers }) =>
      nowMs < 20_000 || plannedWorkers < 4
        ? { workers: plannedWorkers }
        : { workers: 3, victims: podNames.slice(0, 1), drains: true },
    );
    const run = simulate(reads, peer(policy), { ...CLUSTER, initialWorkers: 4 });
    expect(run.fetchFailures).to.be.greaterThan(0);
    expect([run.stagesRerun, run.mapTasksRerun, run.tasksKilled, run.unfinishedJobs]).to.deep.equal([1, 0, 0, 0]);
  });

  it('are blind while the drivers are silent', () => {
    const blind = new Set<number>();
    const policy = scripted({}, ({ sourceFailed, nowMs, applications }) => {
      if (sourceFailed) blind.add(Math.floor(nowMs / 1_000));
      if (sourceFailed) expect(applications).to.deep.equal([]);
      return { workers: 2 };
    });
    const faults = { driversSilent: [{ fromMs: 10_000, toMs: 15_000 }] };
    simulate(notebook(), peer(policy), { ...CLUSTER, faults });
    expect(blind.size).to.equal(5);
  });
});

describe('simulator: what the master shows', () => {
  it('is frozen for a worker that was decommissioned, while its own page tells the truth (spark.md 8.4)', () => {
    const policy = scripted({}, ({ nowMs, podNames, plannedWorkers }) => {
      if (nowMs < 60_000 || plannedWorkers < 4) return { workers: plannedWorkers };
      return { workers: 3, victims: podNames.slice(0, 1), drains: true };
    });
    const seen = new Set<string>();
    const controller = watched(peer(policy), 200, (site) => {
      for (const [index, view] of new Views(site).master().workers.entries()) {
        if (view.state !== 'DECOMMISSIONED') continue;
        seen.add(`${view.used.cores} cores, ${site.master.workers[index]?.executors.length} executors`);
      }
    });
    simulate(notebook(), controller, { ...CLUSTER, initialWorkers: 4 });
    // Two executors of two cores drained; until its pod is gone the master goes on showing four cores.
    expect([...seen].every((one) => one.startsWith('4 cores'))).to.equal(true);
    expect([...seen].at(-1)).to.equal('4 cores, 0 executors');
  });
});
