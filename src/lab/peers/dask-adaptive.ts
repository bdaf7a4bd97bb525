/** Dask's own Adaptive, as its cluster objects run it: votes before anybody is closed (policies.md 5). */
import type { PeerBounds, PeerObservation, PeerPolicy } from '../peer.ts';
import { adaptiveTarget, workersToClose } from './dask-target.ts';
import { clamp, count, presentWorkers } from './signals.ts';

export interface DaskAdaptiveParameters {
  readonly targetDurationMs: number;
  /** Rounds in a row in which a worker must be superfluous. */
  readonly waitCount: number;
  readonly intervalMs: number;
}

export const DASK_ADAPTIVE_DEFAULTS: DaskAdaptiveParameters = {
  targetDurationMs: 5_000,
  waitCount: 3,
  intervalMs: 1_000,
};

/** How often each worker was suggested in a row. */
export type Votes = ReadonlyMap<string, number>;

export interface DaskAdaptiveState {
  readonly bounds: PeerBounds;
  readonly votes: Votes;
}

export function daskAdaptive(parameters: DaskAdaptiveParameters): PeerPolicy<DaskAdaptiveState> {
  return {
    name: 'dask-adaptive',
    models: 'dask/distributed, deploy/adaptive.py and adaptive_core.py',
    periodMs: parameters.intervalMs,
    signalAgeMs: 0,
    start: (bounds) => ({ bounds, votes: new Map() }),
    decide: (state, observation) => {
      const { plannedWorkers: plan, podNames } = observation;
      if (observation.sourceFailed) return count(plan, state, 'the scheduler does not answer');
      const wanted = adaptiveTarget(observation, parameters.targetDurationMs);
      const target = clamp(wanted, state.bounds);
      if (plan !== podNames.length) return count(plan, state, 'waits for the platform');
      if (target >= plan) return count(target, { ...state, votes: new Map() }, `target ${target}`);
      const { closed, votes } = vote(state.votes, candidates(observation, plan - target), parameters.waitCount);
      return {
        desiredWorkers: plan - closed.length,
        victims: closed,
        drains: true,
        state: { ...state, votes },
        why: `target ${target}, ${votes.size} have votes`,
      };
    },
  };
}

/** Who might go: those that have not arrived first, then whom the scheduler can spare. */
function candidates(observation: PeerObservation, surplus: number): readonly string[] {
  const workers = presentWorkers(observation);
  const arrived = new Set(workers.map(({ pod }) => pod));
  const coming = observation.podNames.filter((name) => !arrived.has(name)).slice(0, surplus);
  if (coming.length >= surplus) return coming;
  const closing = workersToClose(workers, surplus - coming.length, observation.workerMemoryMiB);
  return [...coming, ...closing.map(({ pod }) => pod)];
}

/** One round: who has been suggested often enough is closed now; who is not suggested starts anew. */
export function vote(
  before: Votes,
  suggested: readonly string[],
  waitCount: number,
): { readonly closed: readonly string[]; readonly votes: Votes } {
  const votes = new Map(suggested.map((name) => [name, (before.get(name) ?? 0) + 1]));
  const closed = [...votes].filter(([, times]) => times >= waitCount).map(([name]) => name);
  for (const name of closed) votes.delete(name);
  return { closed, votes };
}
