/** The same of who could go: a surplus of workers in use, whose executors and blocks would find room on the others. */
import { decide } from '../../src/core/decide.ts';
import { resources } from '../../src/core/resources.ts';
import {
  applicationAsking,
  gauges,
  NOW_MS,
  numbers,
  pendingPod,
  pod,
  pods,
  reading,
  rules,
  target,
  worker,
  type ObservationParts,
} from './support/builders.ts';
import { held, holding } from './support/holdings.ts';
import { changes, later, scene, withApplication, withRemoval, type Scene } from './support/unchanged.ts';

/** All its pods have been seen before. */
function remembering(...parts: Parameters<typeof scene>): Scene {
  const one = scene(...parts);
  return { ...one, memory: decide(one.seen, one.memory, one.rules).memory };
}

/** It wants two executors, and has one on half of each of so many workers. */
function onHalves(count: number): Required<Pick<ObservationParts, 'applications' | 'workers'>> {
  const all = numbers(1, count);
  const settings = { executorCores: 2, executorMemoryMiB: 2048 };
  const one = held(NOW_MS, { executors: all.map((n) => holding(n)), settings });
  const application = { ...one.application, grantedCores: 2 * count, memoryPerExecutorMiB: 2048 };
  return {
    workers: all.map((n) => worker(n, { used: resources(2, 2048) })),
    applications: [{ ...one, application, gauges: reading(gauges(2)) }],
  };
}

/** Of three workers, each with an executor on half of it, one or two can be done without. */
const SPREAD = remembering({ ...onHalves(3), pods: pods(1, 3) }, { removalMode: 'auto' });
/** A worker can be done without if its executor goes to the half that is free, and not to the worker that another one needs. */
const MIXED = ((): Scene => {
  const { workers, applications } = onHalves(2);
  const { settings, holdings } = held(NOW_MS, { id: 'app-2', settings: { executorCores: 4 } });
  const other = { ...applicationAsking(1, { id: 'app-2' }), settings, holdings };
  return remembering(
    { workers: [...workers, worker(3)], pods: pods(1, 3), applications: [...applications, other] },
    { removalMode: 'auto' },
  );
})();
const STARTING = remembering({ workers: [worker(1)], pods: [pod(1), pendingPod(2)] });
const SILENT = later(SPREAD, SPREAD.memory, rules().heartbeatFreshMs);

describe('what is kept of who could go never stands in for', () => {
  changes([
    {
      title: 'what of the room elsewhere is wanted',
      before: SPREAD,
      after: (before) => withApplication(before, { gauges: reading(gauges(3)) }),
    },
    {
      title: 'how much room there is elsewhere',
      before: SPREAD,
      after: (before) => {
        const { master } = before.seen;
        if (!master.known) throw new Error('known');
        const [first, second, third] = master.value.workers;
        const workers = [first!, second!, { ...third!, used: third!.total }];
        return { ...before, seen: { ...before.seen, master: reading({ ...master.value, workers }) } };
      },
    },
    {
      title: 'how many executors would have to find room',
      before: SPREAD,
      after: (before) => {
        const executors = [1, 2, 3, 1, 2, 3, 1, 2, 3].map((n, nth) => holding(n, { id: `${nth}` }));
        return withApplication(before, { holdings: held(NOW_MS, { executors }).holdings });
      },
    },
    {
      title: 'the order in which the master places',
      before: MIXED,
      after: (before) => ({ ...before, rules: { ...before.rules, placement: 'packed' } }),
    },
    {
      title: 'what its executors hold',
      before: SPREAD,
      after: (before) => {
        const executors = [holding(1), holding(2, { activeTasks: 1 }), holding(3)];
        return withApplication(before, { holdings: held(NOW_MS, { executors }).holdings });
      },
    },
    {
      title: 'whether the master marks workers',
      before: SPREAD,
      after: (before) => ({ ...before, seen: { ...before.seen, markAbility: 'refused' } }),
    },
    {
      title: 'the rules',
      before: SPREAD,
      after: (before) => ({ ...before, rules: { ...before.rules, removalMode: 'idle' } }),
    },
    {
      title: 'whom the platform takes first',
      before: SPREAD,
      after: (before) => {
        const view = target(3, { existingPods: 3, removal: 'highest-ordinal' });
        return { ...before, seen: { ...before.seen, target: reading(view) } };
      },
    },
    {
      title: 'who was seen Ready before',
      before: STARTING,
      after: (before) => withRemoval(before, { seenReady: new Set(['uid-1', 'uid-2']) }),
    },
    {
      title: 'that more than one worker was seen in a pod',
      before: SPREAD,
      after: (before) => withRemoval(before, { shared: new Map([['uid-1', 0]]) }),
    },
    {
      title: 'that workers have fallen silent',
      before: SPREAD,
      after: () => SILENT,
    },
    {
      title: 'for how long they have been silent',
      before: SILENT,
      after: (before) => later(before, before.memory, 5_000),
    },
  ]);
});
