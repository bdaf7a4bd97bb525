/** Ray's autoscaler v2 on KubeRay: packing, and an idle timeout for each node (policies.md 6). */
import type { PeerApplication, PeerBounds, PeerDecision, PeerObservation, PeerPolicy, PeerWorker } from '../peer.ts';
import { pack, type RayNode, type Requests } from './ray-packing.ts';
import { clamp, presentWorkers, type Gauge } from './signals.ts';

export interface RayParameters {
  readonly idleTimeoutMs: number;
  /** Conservative: 1; otherwise without a limit in practice. */
  readonly upscalingSpeed: number;
  /** Which executors count as requests that wait. */
  readonly gauge: Gauge;
  readonly periodMs: number;
  readonly signalAgeMs: number;
}

export const RAY_DEFAULTS: RayParameters = {
  idleTimeoutMs: 60_000,
  upscalingSpeed: 1000,
  gauge: 'max-needed',
  periodMs: 5_000,
  signalAgeMs: 1_000,
};

export function ray(parameters: RayParameters): PeerPolicy<PeerBounds> {
  return {
    name: 'kuberay',
    models: 'ray-project/ray, autoscaler v2, with KubeRay; idleTimeoutSeconds 60',
    periodMs: parameters.periodMs,
    signalAgeMs: parameters.signalAgeMs,
    start: (bounds) => bounds,
    decide: (bounds, observation) => decide(bounds, observation, parameters),
  };
}

function decide(bounds: PeerBounds, observation: PeerObservation, parameters: RayParameters): PeerDecision<PeerBounds> {
  const workers = presentWorkers(observation);
  const live = observation.podNames.length;
  const cut = cutAboveMax(observation.podNames, workers, live - bounds.maxWorkers);
  const cutSet = new Set(cut);
  const nodes = nodesOf(observation, workers).filter(({ name }) => name === undefined || !cutSet.has(name));
  const toMin = Math.max(0, bounds.minWorkers - live);
  const empty = { cores: observation.workerCores, memoryMiB: observation.workerMemoryMiB };
  const raised = Array.from({ length: toMin }, (): RayNode => ({ name: undefined, total: empty, free: empty }));
  const headroom = Math.max(0, bounds.maxWorkers - nodes.length - toMin);
  const packing = pack(requestsOf(observation, parameters.gauge), [...nodes, ...raised], empty, headroom);
  const idle = idleNodes(workers, packing.used, parameters.idleTimeoutMs, nodes.length - bounds.minWorkers).filter(
    (name) => !cutSet.has(name),
  );
  const launches = Math.max(
    toMin,
    Math.min(packing.launches + toMin, roomForLaunches(live, workers.length, parameters)),
  );
  const victims = [...cut, ...idle];
  return {
    desiredWorkers: clamp(live + launches - victims.length, bounds),
    victims,
    drains: true,
    state: bounds,
    why: `launches ${launches}, idle ${idle.length}, infeasible ${packing.infeasible}`,
  };
}

/** Executors that are needed and not there. */
function requestsOf({ applications }: PeerObservation, gauge: Gauge): Requests[] {
  return applications.map((one) => {
    const wanted = gauge === 'target' ? one.targetExecutors : one.maxNeededExecutors;
    return { cores: one.executorCores, memoryMiB: one.executorMemoryMiB, count: Math.max(0, wanted - one.executors) };
  });
}

/** Nodes that are there, and those on their way with all they will have. */
function nodesOf(observation: PeerObservation, workers: readonly PeerWorker[]): RayNode[] {
  const byPod = new Map(workers.map((worker) => [worker.pod, worker]));
  const total = { cores: observation.workerCores, memoryMiB: observation.workerMemoryMiB };
  const shape = meanExecutor(observation.applications);
  return observation.podNames.map((name) => {
    const executors = byPod.get(name)?.executors ?? 0;
    if (executors === 0) return { name, total, free: total };
    const free = {
      cores: Math.max(0, total.cores - executors * shape.cores),
      memoryMiB: Math.max(0, total.memoryMiB - executors * shape.memoryMiB),
    };
    return { name, total, free };
  });
}

/** A worker shows how many executors it has, not of which size; that is exact where all have one size. */
function meanExecutor(applications: readonly PeerApplication[]): { cores: number; memoryMiB: number } {
  const executors = applications.reduce((sum, one) => sum + one.executors, 0);
  if (executors === 0) return { cores: Infinity, memoryMiB: Infinity };
  return {
    cores: applications.reduce((sum, one) => sum + one.executors * one.executorCores, 0) / executors,
    memoryMiB: applications.reduce((sum, one) => sum + one.executors * one.executorMemoryMiB, 0) / executors,
  };
}

/** Never started first, then idle for longest, then least used. */
function cutAboveMax(podNames: readonly string[], workers: readonly PeerWorker[], surplus: number): readonly string[] {
  if (surplus <= 0) return [];
  const started = new Set(workers.map(({ pod }) => pod));
  const never = podNames.filter((name) => !started.has(name));
  const byUse = [...workers].sort((a, b) => b.idleMs - a.idleMs || a.busySlots / a.slots - b.busySlots / b.slots);
  return [...never, ...byUse.map(({ pod }) => pod)].slice(0, surplus);
}

/** Idle for longer than the timeout, with nothing packed onto it in this pass; all of them, down to min. */
export function idleNodes(
  workers: readonly PeerWorker[],
  packedOnto: ReadonlySet<string>,
  idleTimeoutMs: number,
  aboveMin: number,
): readonly string[] {
  return workers
    .filter(({ pod, executors, idleMs }) => executors === 0 && idleMs > idleTimeoutMs && !packedOnto.has(pod))
    .map(({ pod }) => pod)
    .slice(0, Math.max(0, aboveMin));
}

/** The rule of v1 on how many may be on their way at once. */
function roomForLaunches(live: number, running: number, { upscalingSpeed }: RayParameters): number {
  const pending = live - running;
  return Math.max(0, Math.max(5, Math.trunc(upscalingSpeed * Math.max(running, 1))) - pending);
}
