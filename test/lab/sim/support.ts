/** Small workloads and clusters for tests of the simulator. */
import fc from 'fast-check';
import type { PeerPolicy } from '../../../src/lab/peer.ts';
import type { SimulationOptions } from '../../../src/lab/sim/options.ts';
import type { Controller, Site } from '../../../src/lab/sim/simulate.ts';
import {
  DEFAULT_ALLOCATION,
  type ApplicationSpec,
  type JobSpec,
  type StageSpec,
  type Workload,
} from '../../../src/lab/workload.ts';

export const CLUSTER: SimulationOptions = {
  seed: 1,
  minWorkers: 1,
  maxWorkers: 8,
  workerCores: 4,
  workerMemoryMiB: 8192,
};

export function stage(id: number, tasks: number, ms: number, over: Partial<StageSpec> = {}): StageSpec {
  return { id, parents: [], taskMs: Array<number>(tasks).fill(ms), shuffleWriteMiB: 0, cachedMiB: 0, ...over };
}

export function job(id: number, stages: readonly StageSpec[], thinkMs = 0): JobSpec {
  return { id, start: { kind: 'after-previous', thinkMs }, stages };
}

export function application(
  id: string,
  jobs: readonly JobSpec[],
  over: Partial<ApplicationSpec> = {},
): ApplicationSpec {
  return {
    id,
    arrivesAtMs: 0,
    executorCores: 2,
    executorMemoryMiB: 2048,
    taskCpus: 1,
    coresMax: undefined,
    allocation: DEFAULT_ALLOCATION,
    canDrain: true,
    jobs,
    ...over,
  };
}

export function workload(...applications: readonly ApplicationSpec[]): Workload {
  return { name: 'test', kind: 'batch', applications };
}

/** Map and reduce, a pause longer than the hold, and the same map's shuffle read once more. */
export function notebook(pauseMs = 200_000): Workload {
  const map = stage(0, 24, 4_000, { shuffleWriteMiB: 24 });
  return workload(
    application('notebook', [
      job(0, [map, stage(1, 4, 1_000, { parents: [0] })]),
      job(1, [stage(2, 16, 2_000, { parents: [0] })], pauseMs),
      job(2, [stage(3, 30, 1_500, { shuffleWriteMiB: 3 }), stage(4, 2, 500, { parents: [3] })], pauseMs),
    ]),
  );
}

/** Sets what the tasks need at this moment, and lets Kubernetes pick who goes: what every plain autoscaler does. */
export const PLAIN: PeerPolicy<null> = {
  name: 'plain',
  models: 'an autoscaler that follows demand and picks no victims',
  periodMs: 5_000,
  signalAgeMs: 1_000,
  start: () => null,
  decide: (_state, seen) => {
    const cores = seen.applications.reduce((sum, one) => sum + one.maxNeededExecutors * one.executorCores, 0);
    const desiredWorkers = Math.min(8, Math.max(1, Math.ceil(cores / seen.workerCores)));
    return { desiredWorkers, victims: undefined, drains: false, state: null, why: `${cores} cores` };
  },
};

/** Looks at the world every so often while another controller acts. */
export function watched(by: Controller, everyMs: number, look: (site: Site) => void): Controller {
  return {
    name: by.name,
    attach: (site) => {
      by.attach(site);
      const again = (): void => {
        look(site);
        site.kernel.after(everyMs, again);
      };
      again();
    },
  };
}

const times = fc.array(fc.integer({ min: 50, max: 6_000 }), { minLength: 1, maxLength: 20 });

/** Jobs of a few stages in a chain or side by side; some read what an earlier job wrote. */
function jobsOf(
  shapes: readonly { readonly stages: readonly number[][]; readonly chained: boolean; readonly thinkMs: number }[],
): JobSpec[] {
  let id = 0;
  return shapes.map(({ stages, chained, thinkMs }, index) => {
    const first = id;
    const specs = stages.map((taskMs, place): StageSpec => {
      const own = first + place;
      const parents = chained && place > 0 ? [own - 1] : place === 0 && index > 0 ? [first - 1] : [];
      return { id: own, parents, taskMs, shuffleWriteMiB: taskMs.length, cachedMiB: 0 };
    });
    id += stages.length;
    return { id: index, start: { kind: 'after-previous', thinkMs }, stages: specs };
  });
}

/** Any small workload whose executors fit a worker of {@link CLUSTER}. */
export const anyWorkload: fc.Arbitrary<Workload> = fc
  .array(
    fc.record({
      arrivesAtMs: fc.integer({ min: 0, max: 60_000 }),
      executorCores: fc.constantFrom(1, 2, 4),
      executorMemoryMiB: fc.constantFrom(1024, 2048, 4096),
      shuffleTracking: fc.boolean(),
      executorIdleMs: fc.constantFrom(5_000, 60_000),
      jobs: fc
        .array(
          fc.record({
            stages: fc.array(times, { minLength: 1, maxLength: 3 }),
            chained: fc.boolean(),
            thinkMs: fc.constantFrom(0, 3_000, 90_000),
          }),
          { minLength: 1, maxLength: 3 },
        )
        .map(jobsOf),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((specs) =>
    workload(
      ...specs.map(({ shuffleTracking, executorIdleMs, ...spec }, index) =>
        application(`app-${index}`, spec.jobs, {
          ...spec,
          // One that holds on to all it has must not keep the others out for ever.
          coresMax: 8,
          allocation: { ...DEFAULT_ALLOCATION, shuffleTracking, executorIdleMs },
        }),
      ),
    ),
  );

export function tasksIn({ applications }: Workload): number {
  const stages = applications.flatMap(({ jobs }) => jobs.flatMap((one) => one.stages));
  return stages.reduce((sum, { taskMs }) => sum + taskMs.length, 0);
}
