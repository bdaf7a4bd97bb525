/** Observations for the peers, and a cluster without any latency to play them on. */
import type {
  PeerApplication,
  PeerBounds,
  PeerDecision,
  PeerObservation,
  PeerPolicy,
  PeerWorker,
} from '../../../src/lab/peer.ts';

/** One executor fills one worker. */
export function application(executors: Partial<PeerApplication> = {}): PeerApplication {
  return {
    id: 'app-1',
    targetExecutors: 0,
    maxNeededExecutors: 0,
    executors: 0,
    executorCores: 4,
    executorMemoryMiB: 4096,
    runningTasks: 0,
    pendingTasks: 0,
    taskSecondsLeft: 0,
    ...executors,
  };
}

export function worker(pod: string, state: Partial<PeerWorker> = {}): PeerWorker {
  return { pod, executors: 0, busySlots: 0, slots: 4, idleMs: 0, storedMiB: 0, ...state };
}

export function observation(state: Partial<PeerObservation> = {}): PeerObservation {
  const workers = state.workers ?? [];
  return {
    nowMs: 0,
    plannedWorkers: workers.length,
    readyWorkers: workers.length,
    podNames: workers.map(({ pod }) => pod),
    workers,
    applications: [],
    sourceFailed: false,
    workerCores: 4,
    workerMemoryMiB: 8192,
    ...state,
  };
}

/** So many workers, registered, all alike. */
export function workers(howMany: number, state: Partial<PeerWorker> = {}): PeerWorker[] {
  return Array.from({ length: howMany }, (_, index) => worker(`w-${index}`, state));
}

/** What needs so many workers: both gauges, and every slot of theirs busy. */
export function demand(needed: number): Partial<PeerObservation> {
  return { applications: needed === 0 ? [] : [application({ targetExecutors: needed, maxNeededExecutors: needed })] };
}

export interface Write {
  readonly atSeconds: number;
  readonly workers: number;
}

/** A cluster where each count comes true at once; tells when the policy wrote what. */
export function play<State>(
  policy: PeerPolicy<State>,
  bounds: PeerBounds,
  initialWorkers: number,
  untilSeconds: number,
  scene: (seconds: number, planned: number) => Partial<PeerObservation>,
): { readonly writes: readonly Write[]; readonly decisions: readonly PeerDecision<State>[] } {
  let state = policy.start(bounds, initialWorkers);
  let planned = initialWorkers;
  const writes: Write[] = [];
  const decisions: PeerDecision<State>[] = [];
  for (let nowMs = 0; nowMs <= untilSeconds * 1000; nowMs += policy.periodMs) {
    const there = workers(planned);
    const decision = policy.decide(state, observation({ nowMs, workers: there, ...scene(nowMs / 1000, planned) }));
    decisions.push(decision);
    state = decision.state;
    if (decision.desiredWorkers !== planned) {
      writes.push({ atSeconds: nowMs / 1000, workers: decision.desiredWorkers });
    }
    planned = decision.desiredWorkers;
  }
  return { writes, decisions };
}

export const ROOM: PeerBounds = { minWorkers: 0, maxWorkers: 1000 };
