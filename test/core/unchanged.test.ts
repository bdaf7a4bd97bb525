/**
 * What is kept with the objects that it was made of: where one thing is another, all else being the same objects, the decision
 * is that on a copy of it all.
 */
import { expect } from 'chai';
import { decide } from '../../src/core/decide.ts';
import type { CoreMemory, Decision } from '../../src/core/decision.ts';
import { NO_DEMAND_MEMORY, type DemandMemory } from '../../src/core/demand.ts';
import type { ApplicationObservation, Observation } from '../../src/core/observation.ts';
import { resources } from '../../src/core/resources.ts';
import type { Rules } from '../../src/core/rules.ts';
import { laterBy } from '../../src/lab/ours-later.ts';
import {
  applicationAsking,
  applicationSeen,
  busyWorker,
  calmMemory,
  gauges,
  knowingCosts,
  NOW_MS,
  observation,
  page,
  pods,
  reading,
  rules,
  settings,
  target,
  waitingDriver,
  worker,
} from './support/builders.ts';
import { held, holding } from './support/holdings.ts';

interface Scene {
  readonly seen: Observation;
  readonly memory: CoreMemory;
  readonly rules: Rules;
}

interface Case {
  readonly title: string;
  readonly before: Scene;
  /** `remembered` is what the pass before left. */
  readonly after: (before: Scene, remembered: CoreMemory) => Scene;
}

function scene(parts: Parameters<typeof observation>[0], moreRules: Partial<Rules> = {}): Scene {
  const memory = calmMemory({ removal: knowingCosts(parts?.pods ?? []) });
  return { seen: observation(parts), memory, rules: rules(moreRules) };
}

function withApplication(before: Scene, change: Partial<ApplicationObservation>): Scene {
  const applications = before.seen.applications.map((one, nth) => (nth === 0 ? { ...one, ...change } : one));
  return { ...before, seen: { ...before.seen, applications } };
}

function withTarget(before: Scene, change: Parameters<typeof target>[1]): Scene {
  return { ...before, seen: { ...before.seen, target: reading(target(2, change)) } };
}

function known(executors: number): DemandMemory {
  return { ...NO_DEMAND_MEMORY, lastKnownExecutors: executors };
}

/** The same objects, read so much later. */
function later({ seen, ...before }: Scene, memory: CoreMemory, byMs: number): Scene {
  return { ...before, memory, seen: laterBy(seen, seen.nowMs + byMs, true) };
}

const ASKING = scene({
  workers: [busyWorker(1), worker(2)],
  pods: pods(1, 2),
  applications: [applicationAsking(20, { grantedCores: 4 })],
});
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
const WAITING = scene({ workers: [], pods: [], drivers: [waitingDriver('driver-1', { needs: resources(8, 1024) })] });
const HALF_FULL = scene({
  workers: [1, 2].map((n) => worker(n, { used: resources(2, 2048) })),
  pods: pods(1, 2),
  applications: [applicationAsking(2), applicationAsking(1, { id: 'app-2' }, { executorCores: 2 })],
});
const holdingWith = (moreRules: Partial<Rules> = {}): Scene =>
  scene(
    {
      workers: [busyWorker(1), busyWorker(2)],
      pods: pods(1, 2),
      applications: [
        {
          ...held(NOW_MS, { executors: [holding(1, { rddBlocks: 1 }), holding(2)] }),
          gauges: reading(gauges(1)),
        },
      ],
    },
    { removalMode: 'auto', moveCachedBlocks: true, ...moreRules },
  );
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

const CASES: readonly Case[] = [
  {
    title: 'the gauges, of the same master and pods',
    before: ASKING,
    after: (before) => withApplication(before, { gauges: reading(gauges(12)) }),
  },
  {
    title: 'what an application holds',
    before: ASKING,
    after: (before) =>
      withApplication(before, { application: { ...before.seen.applications[0]!.application, grantedCores: 2 } }),
  },
  {
    title: 'its page',
    before: ASKING,
    after: (before) => withApplication(before, { page: reading(page({ coresMax: 8 })) }),
  },
  {
    title: 'its settings',
    before: ASKING,
    after: (before) => withApplication(before, { settings: reading(settings({ maxExecutors: 9 })) }),
  },
  {
    title: 'how long its tasks take',
    before: ASKING,
    after: (before) => withApplication(before, { pace: reading(new Map([['0', { tasks: 10, totalMs: 5_000 }]])) }),
  },
  {
    title: 'what was known of it last',
    before: UNNAMED,
    after: (before) => ({ ...before, memory: { ...before.memory, demands: new Map([['app-1', known(7)]]) } }),
  },
  {
    title: 'for how long it has needed as much',
    before: { ...BURSTING, memory: { ...BURSTING.memory, demands: new Map([['app-1', known(2)]]) } },
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
    title: 'the settings of who holds blocks',
    before: holdingWith(),
    after: (before) =>
      withApplication(before, { settings: held(NOW_MS, { settings: { decommission: false } }).settings }),
  },
  {
    title: 'whether cached blocks may move',
    before: holdingWith(),
    after: (before) => ({ ...before, rules: { ...before.rules, moveCachedBlocks: false } }),
  },
  {
    title: 'for how long an application has run nothing',
    before: holdingWith({ quietMs: 2_000 }),
    after: (before, remembered) => later(before, remembered, 2_000),
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
    title: 'the longest hold, for the same gaps',
    before: LEARNING,
    after: (before) => ({ ...before, rules: { ...before.rules, holdMs: 10_000 } }),
  },
];

describe('what is kept from one pass to the next never stands in for', () => {
  for (const { title, before, after } of CASES) {
    it(title, () => {
      const first = decide(before.seen, before.memory, before.rules);
      const scene = after(before, first.memory);
      const decided = (one: Scene): Decision => decide(one.seen, one.memory, one.rules).decision;
      const kept = decided(scene);
      expect(kept).to.deep.equal(decided(structuredClone(scene)));
      expect(kept, 'it matters').to.not.deep.equal(first.decision);
    });
  }
});
