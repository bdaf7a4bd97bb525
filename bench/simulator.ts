/**
 * How fast the simulator is: a day of 200 workers and 20 applications, a busier one, and an hour of 10,000 workers, under our daemon
 * and under a policy that costs nothing to ask, so that what the core takes is seen beside what the world takes.
 */
import { ours } from '../src/lab/ours.ts';
import type { PeerPolicy } from '../src/lab/peer.ts';
import { peer } from '../src/lab/sim/peers.ts';
import { simulate, type Controller } from '../src/lab/sim/simulate.ts';
import { DEFAULT_ALLOCATION, type ApplicationSpec, type JobSpec, type Workload } from '../src/lab/workload.ts';
import { newRandom, type Random } from './random.ts';
import { rounded } from './statistics.ts';

export interface SimulatorCase {
  readonly name: string;
  readonly workers: number;
  readonly applications: number;
  readonly hours: number;
  /** Mean length of a task and of a pause between jobs. */
  readonly taskMs: number;
  readonly pauseMs: number;
}

export interface SimulatorResult {
  readonly name: string;
  readonly controller: string;
  readonly processorSeconds: number;
  readonly tasks: number;
  readonly events: number;
  readonly passesDecided: number;
  readonly passesSkipped: number;
  readonly meanWorkers: number;
}

export const SIMULATOR_CASES: readonly SimulatorCase[] = [
  { name: 'a day of 200 workers', workers: 200, applications: 20, hours: 24, taskMs: 20_000, pauseMs: 1_800_000 },
  {
    name: 'a day in which something changes every second',
    workers: 200,
    applications: 20,
    hours: 24,
    taskMs: 20_000,
    pauseMs: 600_000,
  },
  { name: 'an hour of 10,000 workers', workers: 10_000, applications: 20, hours: 1, taskMs: 45_000, pauseMs: 60_000 },
];

/** A taste, to see that it works; its times say nothing. */
export const QUICK_SIMULATOR_CASES: readonly SimulatorCase[] = SIMULATOR_CASES.map((one) => ({
  ...one,
  workers: 20,
  applications: 3,
  hours: one.hours / 24,
}));

const CORES = 8;
const EXECUTOR_CORES = 4;

/** Runs one case under both. */
export function measureSimulator(one: SimulatorCase): readonly SimulatorResult[] {
  const work = workloadOf(one);
  return [ours(), peer(followerOf(one))].map((controller) => measureOne(one, work, controller));
}

function measureOne(one: SimulatorCase, work: Workload, controller: Controller): SimulatorResult {
  const before = process.threadCpuUsage();
  const run = simulate(work, controller, {
    seed: 1,
    minWorkers: 1,
    maxWorkers: one.workers,
    workerCores: CORES,
    workerMemoryMiB: 16_384,
    untilMs: one.hours * 3_600_000,
  });
  const { user, system } = process.threadCpuUsage(before);
  return {
    name: one.name,
    controller: run.controller,
    processorSeconds: rounded((user + system) / 1e6, 2),
    tasks: run.tasksEnded,
    events: run.events,
    passesDecided: run.passesDecided,
    passesSkipped: run.passesSkipped,
    meanWorkers: rounded(run.workerSeconds / (run.endedAtMs / 1000), 1),
  };
}

/** Every application may have its share, so that none waits for ever; it runs map and reduce in two waves, and pauses. */
function workloadOf(one: SimulatorCase): Workload {
  const random = newRandom(one.workers);
  const slots = Math.max(8, Math.ceil((one.workers * CORES) / one.applications));
  const jobs = Math.ceil((one.hours * 3_600_000) / (2 * one.taskMs + one.pauseMs));
  const applications = Array.from({ length: one.applications }, (_, index): ApplicationSpec => ({
    id: `app-${index}`,
    arrivesAtMs: index * 3_000,
    executorCores: EXECUTOR_CORES,
    executorMemoryMiB: 4_096,
    taskCpus: 1,
    coresMax: slots,
    allocation: DEFAULT_ALLOCATION,
    canDrain: true,
    jobs: Array.from({ length: jobs }, (_, job) => jobOf(job, slots, one, random)),
  }));
  return { name: one.name, kind: 'batch', applications };
}

function jobOf(id: number, slots: number, one: SimulatorCase, random: Random): JobSpec {
  const tasks = (count: number): number[] =>
    Array.from({ length: count }, () => Math.round(one.taskMs * (0.5 + random.next())));
  const map = { id: 2 * id, parents: [], taskMs: tasks(2 * slots), shuffleWriteMiB: slots, cachedMiB: 0 };
  const reduce = { id: 2 * id + 1, parents: [2 * id], taskMs: tasks(slots >> 2), shuffleWriteMiB: 0, cachedMiB: 0 };
  const thinkMs = Math.round(one.pauseMs * (0.2 + 1.6 * random.next()));
  return { id, start: { kind: 'after-previous', thinkMs }, stages: [map, reduce] };
}

function followerOf({ workers }: SimulatorCase): PeerPolicy<null> {
  return {
    name: 'follows demand',
    models: 'nothing in particular',
    periodMs: 15_000,
    signalAgeMs: 15_000,
    start: () => null,
    decide: (_state, { applications, workerCores }) => {
      const cores = applications.reduce((sum, one) => sum + one.maxNeededExecutors * one.executorCores, 0);
      const desiredWorkers = Math.min(workers, Math.max(1, Math.ceil(cores / workerCores)));
      return { desiredWorkers, victims: undefined, drains: false, state: null, why: `${cores} cores` };
    },
  };
}
