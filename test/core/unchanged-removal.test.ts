/** The same of what belongs to the removal: what applications hold, and what is remembered of pods. */
import type { ApplicationObservation } from '../../src/core/observation.ts';
import { unknown } from '../../src/core/reading.ts';
import type { Rules } from '../../src/core/rules.ts';
import {
  NOW_MS,
  applicationAsking,
  busyWorker,
  gauges,
  knowingCosts,
  pod,
  pods,
  reading,
  worker,
} from './support/builders.ts';
import { held, holding } from './support/holdings.ts';
import { changes, later, scene, withApplication, withRemoval, type Scene } from './support/unchanged.ts';

function withSecond(before: Scene, change: Partial<ApplicationObservation>): Scene {
  const applications = before.seen.applications.map((one, nth) => (nth === 1 ? { ...one, ...change } : one));
  return { ...before, seen: { ...before.seen, applications } };
}

/** The worker of the first executor has been kept for so long. */
function keptSince(sinceMs: number, before: Scene): Scene {
  const pinnedSinceMs = new Map([['app-1', new Map([['10.0.0.1', sinceMs]])]]);
  return withRemoval(before, { pinnedSinceMs });
}

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
const KNOWN = ((): Scene => {
  const list = [pod(1, { ready: false }), pod(2)];
  const one = scene({ workers: [busyWorker(1), worker(2)], pods: list, applications: [applicationAsking(20)] });
  return withRemoval(one, { seenReady: new Set(['uid-1', 'uid-2']) });
})();
const BOTH_HOLD = ((): Scene => {
  const one = holdingWith();
  const [first] = one.seen.applications;
  const another = held(NOW_MS, { id: 'app-2', executors: [holding(2)] });
  const applications = [first!, { ...another, gauges: reading(gauges(0)) }];
  return { ...one, seen: { ...one.seen, applications } };
})();

describe('what is kept for the removal never stands in for', () => {
  changes([
    {
      title: 'since when a worker has been kept, where nobody remembers',
      before: holdingWith({ moveCachedBlocks: false }),
      after: (before) => later(before, before.memory, 5_000),
    },
    {
      title: 'since when a worker has been kept, by what is remembered',
      before: holdingWith({ moveCachedBlocks: false }),
      after: (before) => keptSince(NOW_MS - 9_000, before),
    },
    {
      title: 'when it is that a worker has been kept for too long',
      before: keptSince(NOW_MS - 9_000, holdingWith({ moveCachedBlocks: false, pinAgeLimitMs: 10_000 })),
      after: (before) => later(before, before.memory, 5_000),
    },
    {
      title: 'what the same pods have cost before',
      before: KNOWN,
      after: (before) => {
        const { costs } = knowingCosts(pods(1, 2, { deletionCost: 7 }));
        return withRemoval(before, { costs });
      },
    },
    {
      title: 'who of the same pods was seen Ready before',
      before: KNOWN,
      after: (before) => withRemoval(before, { seenReady: new Set(['uid-2']) }),
    },
    {
      title: 'what another application beside it keeps',
      before: BOTH_HOLD,
      after: (before) => {
        const [first, second] = before.seen.applications;
        const { settings: others } = held(NOW_MS, { settings: { decommission: false } });
        return { ...before, seen: { ...before.seen, applications: [first!, { ...second!, settings: others }] } };
      },
    },
    {
      title: 'whose holdings nobody knows, beside one that is known',
      before: withSecond(BOTH_HOLD, { holdings: unknown('its driver does not answer') }),
      after: (before) => ({ ...before, seen: { ...before.seen, applications: before.seen.applications.slice(0, 1) } }),
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
  ]);
});
