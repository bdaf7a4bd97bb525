/**
 * What is kept with the objects that it was made of: where one thing is another, all else being the same objects, the decision
 * is that on a copy of it all.
 */
import { NO_DEMAND_MEMORY, type DemandMemory } from '../../src/core/demand.ts';
import type { Observation } from '../../src/core/observation.ts';
import { resources } from '../../src/core/resources.ts';
import {
  NOW_MS,
  applicationAsking,
  applicationSeen,
  busyWorker,
  gauges,
  page,
  pendingPod,
  pods,
  reading,
  settings,
  target,
  waitingDriver,
  worker,
} from './support/builders.ts';
import { ASKING, changes, later, scene, withApplication, type Case, type Scene } from './support/unchanged.ts';

function withTarget(before: Scene, change: Parameters<typeof target>[1]): Scene {
  return { ...before, seen: { ...before.seen, target: reading(target(2, change)) } };
}

function known(executors: number, more: Partial<DemandMemory> = {}): DemandMemory {
  return { ...NO_DEMAND_MEMORY, lastKnownExecutors: executors, ...more };
}

/** With what is remembered of the only application. */
function remembering(before: Scene, one: DemandMemory): Scene {
  return { ...before, memory: { ...before.memory, demands: [['app-1', one]] } };
}

/** A need that has been the same for so long. */
function steps(neededExecutors: number, forMs: number): DemandMemory['needs'] {
  return [NOW_MS - forMs, NOW_MS].map((takenAtMs) => ({ takenAtMs, neededExecutors }));
}

function withGauges(before: Scene, target: number, needed: number | undefined): Observation {
  const answer = reading(gauges(target, { numberMaxNeededExecutors: needed }));
  return withApplication(before, { gauges: answer, settings: reading(settings()) }).seen;
}

const UNNAMED = scene({
  workers: [],
  pods: [],
  applications: [applicationSeen({ gauges: reading(gauges(undefined, { numberMaxNeededExecutors: undefined })) })],
});
const WHOLE = scene({ workers: [], pods: [], applications: [applicationAsking(16, {}, { executorCores: undefined })] });
const BURSTING = scene(
  {
    workers: [],
    pods: [],
    applications: [applicationSeen({ gauges: reading(gauges(2, { numberMaxNeededExecutors: 10 })) })],
  },
  { burstMs: 2_000 },
);
/** Its need has been the same for long, so that nothing of it has to be remembered. */
const STEADY = remembering(
  ASKING,
  known(20, {
    needs: steps(20, 1_000),
    pace: { executors: new Map(), taskMs: 400 },
  }),
);
const WAITING = scene({ workers: [], pods: [], drivers: [waitingDriver('driver-1', { needs: resources(8, 1024) })] });
const HALF_FULL = scene({
  workers: [1, 2].map((n) => worker(n, { used: resources(2, 2048) })),
  pods: pods(1, 2),
  applications: [applicationAsking(2), applicationAsking(1, { id: 'app-2' }, { executorCores: 2 })],
});
const LEARNING = ((): Scene => {
  const gaps = [{ gapMs: 20_000, workers: 3 }];
  const startsMs = [8_000];
  const { policy, restart } = ASKING.memory;
  const memory = {
    ...ASKING.memory,
    policy: { ...policy, gaps },
    restart: { ...restart, startsMs, removalsMs: [4_000] },
  };
  return { ...ASKING, memory, rules: { ...ASKING.rules, learnsHold: true } };
})();
const FLOORED = ((): Scene => {
  const bursts = [4, 6, 8].map((workers) => ({ gapMs: 9_000, workers, taskMs: 4_000 }));
  const { foresight } = LEARNING.memory;
  const memory = {
    ...LEARNING.memory,
    foresight: { ...foresight, bursts: { bursts, open: undefined, lastMs: NOW_MS - 1_000 } },
  };
  return { ...LEARNING, memory, rules: { ...LEARNING.rules, floorShare: 0.9 } };
})();

/** One worker has registered since the pods were listed. */
const COMING = ((): Scene => {
  const one = scene({
    workers: [busyWorker(3)],
    pods: [pendingPod(1), pendingPod(2)],
    planned: 3,
    applications: [applicationAsking(13, { grantedCores: 4 })],
  });
  return { ...one, memory: { ...one.memory, listing: { listedAtMs: NOW_MS, strangers: new Set<string>() } } };
})();

/** What may change of one application. */
function ofApplication(before: Scene, when = ''): readonly Case[] {
  return [
    {
      title: `the gauges, of the same master and pods${when}`,
      before,
      after: (one: Scene) => withApplication(one, { gauges: reading(gauges(12)) }),
    },
    {
      title: `what an application holds${when}`,
      before,
      after: (one: Scene) =>
        withApplication(one, { application: { ...one.seen.applications[0]!.application, grantedCores: 2 } }),
    },
    {
      title: `its page${when}`,
      before,
      after: (one: Scene) => withApplication(one, { page: reading(page({ coresMax: 8 })) }),
    },
    {
      title: `its settings${when}`,
      before,
      after: (one: Scene) => withApplication(one, { settings: reading(settings({ maxExecutors: 9 })) }),
    },
    {
      title: `how long its tasks take${when}`,
      before,
      after: (one: Scene) => withApplication(one, { pace: reading(new Map([['0', { tasks: 10, totalMs: 5_000 }]])) }),
    },
  ];
}

describe('what is kept from one pass to the next never stands in for', () => {
  changes([
    ...ofApplication(STEADY, ', in a steady state'),
    {
      title: 'the window that its need has to last in a steady state',
      before: remembering(BURSTING, known(10, { needs: steps(10, 2_000) })),
      after: (before) => ({ ...before, rules: { ...before.rules, burstMs: 5_000 } }),
    },
    {
      title: 'whether late help counts, where a need was seen before and none is now',
      before: remembering(
        {
          ...UNNAMED,
          seen: withGauges(UNNAMED, 2, undefined),
          rules: { ...UNNAMED.rules, burstMs: 1_000, skipsLate: false },
        },
        known(2, { needs: [{ takenAtMs: NOW_MS, neededExecutors: 9 }], pace: { executors: new Map(), taskMs: 400 } }),
      ),
      after: (before) => ({ ...before, rules: { ...before.rules, skipsLate: true } }),
    },
    {
      title: 'the size of a worker in a steady state',
      before: remembering(WHOLE, known(4, { needs: steps(16, 1_000) })),
      after: (before) => withTarget(before, { workerShape: resources(8, 16_384), plannedWorkers: 0, existingPods: 0 }),
    },
    {
      title: 'for how long it has needed as much, after the same reading was seen twice',
      before: remembering(BURSTING, known(2, { needs: [{ takenAtMs: NOW_MS, neededExecutors: 10 }] })),
      after: (before, remembered) => later(before, remembered, 2_000),
    },
    {
      title: 'which rooms the master takes first',
      before: scene({
        workers: [3, 1].map((cores, nth) => worker(nth + 1, { used: resources(cores, 1024) })),
        pods: pods(1, 2),
        applications: [applicationAsking(1), applicationAsking(1, { id: 'app-2' }, { executorCores: 3 })],
      }),
      after: (before) => ({ ...before, rules: { ...before.rules, placement: 'packed' } }),
    },
    {
      title: 'which share of bursts the floor has to serve',
      before: FLOORED,
      after: (before) => ({ ...before, rules: { ...before.rules, floorShare: 0.3 } }),
    },
    {
      title: 'what a restart costs, for the same bursts',
      before: FLOORED,
      after: (before) => {
        const { restart } = before.memory;
        return { ...before, memory: { ...before.memory, restart: { ...restart, startsMs: [20_000] } } };
      },
    },
    {
      title: 'when the last burst was',
      before: FLOORED,
      after: (before) => {
        const { foresight } = before.memory;
        const bursts = { ...foresight.bursts, lastMs: NOW_MS - 9_000 };
        return { ...before, memory: { ...before.memory, foresight: { ...foresight, bursts } } };
      },
    },
    {
      title: 'which master was seen before',
      before: ASKING,
      after: (before) => {
        const lastSeen = { url: 'spark://another:7077', applicationIds: [], completedIds: [] };
        return { ...before, memory: { ...before.memory, guard: { ...before.memory.guard, lastSeen } } };
      },
    },
    ...ofApplication(ASKING),
    {
      title: 'what was known of it last',
      before: UNNAMED,
      after: (before) => ({ ...before, memory: { ...before.memory, demands: [['app-1', known(7)]] } }),
    },
    {
      title: 'for how long it has needed as much',
      before: { ...BURSTING, memory: { ...BURSTING.memory, demands: [['app-1', known(2)]] } },
      after: (before, remembered) => later(before, remembered, 2_000),
    },
    {
      title: 'the size of a worker, which each executor takes whole',
      before: WHOLE,
      after: (before) => withTarget(before, { workerShape: resources(8, 16_384), plannedWorkers: 0, existingPods: 0 }),
    },
    {
      title: 'the size of a worker',
      before: WAITING,
      after: (before) => withTarget(before, { workerShape: resources(8, 16_384), plannedWorkers: 0, existingPods: 0 }),
    },
    {
      title: 'who has registered since the pods were listed',
      before: COMING,
      after: (before) => {
        const listing = { listedAtMs: NOW_MS, strangers: new Set(['worker-3']) };
        return { ...before, memory: { ...before.memory, listing } };
      },
    },
    {
      title: 'the size of a worker, as which those count that have just come',
      before: COMING,
      after: (before) => withTarget(before, { workerShape: resources(8, 16_384), plannedWorkers: 3, existingPods: 2 }),
    },
    {
      title: 'the count',
      before: ASKING,
      after: (before) => withTarget(before, { plannedWorkers: 4, existingPods: 2 }),
    },
    {
      title: 'the order in which the master places',
      before: HALF_FULL,
      after: (before) => ({ ...before, rules: { ...before.rules, placement: 'packed' } }),
    },
    {
      title: 'what a restart costs, for the same gaps and starts',
      before: LEARNING,
      after: (before) => {
        const { restart } = before.memory;
        return { ...before, memory: { ...before.memory, restart: { ...restart, removalsMs: [30_000] } } };
      },
    },
    {
      title: 'what bursts were seen',
      before: FLOORED,
      after: (before) => {
        const { foresight } = before.memory;
        const bursts = foresight.bursts.bursts.map((one) => ({ ...one, workers: 3 * one.workers }));
        const seen = { ...foresight, bursts: { ...foresight.bursts, bursts } };
        return { ...before, memory: { ...before.memory, foresight: seen } };
      },
    },
    {
      title: 'the longest hold, for the same gaps',
      before: LEARNING,
      after: (before) => ({ ...before, rules: { ...before.rules, holdMs: 10_000 } }),
    },
  ]);
});
