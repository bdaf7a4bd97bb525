/** The same of who could go: a surplus of workers in use, whose executors and blocks would find room on the others. */
import { resources } from '../../src/core/resources.ts';
import { gauges, NOW_MS, pods, reading, rules, settings, target, worker } from './support/builders.ts';
import { held, holding } from './support/holdings.ts';
import { changes, later, scene, withApplication, type Scene } from './support/unchanged.ts';

/** Of three workers, each with an executor on half of it, one or two can be done without. */
const SPREAD = ((): Scene => {
  const one = scene(
    {
      workers: [1, 2, 3].map((n) => worker(n, { used: resources(2, 2048) })),
      pods: pods(1, 3),
      applications: [held(NOW_MS, { executors: [1, 2, 3].map((n) => holding(n)) })],
    },
    { removalMode: 'auto' },
  );
  const shape = reading(settings({ executorCores: 2, executorMemoryMiB: 2048 }));
  const [first] = one.seen.applications;
  const application = { ...first!.application, grantedCores: 6, memoryPerExecutorMiB: 2048 };
  return withApplication(one, { application, gauges: reading(gauges(2)), settings: drainable(shape) });
})();

function drainable(shape: ReturnType<typeof reading<ReturnType<typeof settings>>>): typeof shape {
  const { settings: all } = held(NOW_MS, {});
  if (!all.known) throw new Error('known');
  const { executorCores, executorMemoryMiB } = shape.value;
  return { ...shape, value: { ...all.value, executorCores, executorMemoryMiB } };
}

const SILENT = later(SPREAD, SPREAD.memory, rules().heartbeatFreshMs);

describe('what is kept of who could go never stands in for', () => {
  changes([
    {
      title: 'what of the room elsewhere is wanted',
      before: SPREAD,
      after: (before) => withApplication(before, { gauges: reading(gauges(3)) }),
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
      title: 'that more than one worker was seen in a pod',
      before: SPREAD,
      after: (before) => {
        const removal = { ...before.memory.removal, shared: new Map([['uid-1', 0]]) };
        return { ...before, memory: { ...before.memory, removal } };
      },
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
