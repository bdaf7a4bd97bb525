/** Cold first tasks, and times of a recorded run in place of drawn ones. */
import { expect } from 'chai';
import { NO_CONTROLLER, simulate, type Controller } from '../../../src/lab/sim/simulate.ts';
import { application, CLUSTER, job, stage, workload } from './support.ts';

const ALL_AT_ONCE = { allocation: undefined, coresMax: 4 };
const STEADY = { executorStart: { medianMs: 1_000, sigma: 0 }, stageGapMs: 0 };

/** Two executors of two slots, three waves of tasks of 2 s. */
const work = workload(application('cold', [job(0, [stage(0, 12, 2_000)])], ALL_AT_ONCE));
const options = { ...CLUSTER, initialWorkers: 1 };

describe('simulator: cold executors', () => {
  it('takes longer for the first task on each slot, and for no other', () => {
    const latencies = { ...STEADY, coldTask: { medianMs: 700, sigma: 0 } };
    expect(simulate(work, NO_CONTROLLER, { ...options, latencies }).endedAtMs).to.equal(1_000 + 700 + 3 * 2_000);
  });

  it('starts none cold unless told so', () => {
    expect(simulate(work, NO_CONTROLLER, { ...options, latencies: STEADY }).endedAtMs).to.equal(1_000 + 3 * 2_000);
  });
});

describe('simulator: measured times', () => {
  it('starts each executor and its first tasks as they were, and those beyond as it draws', () => {
    const measured = { podStartsMs: [], executors: [{ startMs: 3_000, coldTasksMs: [400, 9_000] }] };
    const run = simulate(work, NO_CONTROLLER, { ...options, latencies: STEADY, measured });
    // The second executor: 1 s and then wave after wave. The first: 3 s, and one slot that is busy from 3 s to 14 s.
    expect(run.timelines.running.values.at(-1)).to.equal(0);
    expect(run.endedAtMs).to.equal(14_000);
  });

  it('starts each worker as it was', () => {
    const grows: Controller = {
      name: 'grows',
      attach: ({ kernel, pods }) => {
        kernel.at(1_000, () => {
          pods.setReplicas(3);
        });
      },
    };
    const seen: number[] = [];
    const looks: Controller = {
      name: 'looks',
      attach: (site) => {
        grows.attach(site);
        for (const atMs of [3_099, 3_101, 6_099, 6_101]) site.kernel.at(atMs, () => seen.push(site.master.alive));
      },
    };
    const measured = { podStartsMs: [5_000, 2_000], executors: [] };
    simulate(workload(application('long', [job(0, [stage(0, 4, 9_000)])])), looks, { ...options, measured });
    expect(seen).to.deep.equal([1, 2, 2, 3]);
  });
});
