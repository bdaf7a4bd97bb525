/** The autoscaler of Dask's Kubernetes operator (policies.md 5). */
import type { PeerBounds, PeerPolicy } from '../peer.ts';
import { adaptiveTarget, workersToClose } from './dask-target.ts';
import { clamp, count, presentWorkers } from './signals.ts';

export interface DaskOperatorParameters {
  readonly targetDurationMs: number;
  readonly cooldownMs: number;
  /** The largest share that goes in one step, at least one worker. */
  readonly stepShare: number;
  readonly periodMs: number;
}

/** The scheduler is asked itself: what it says is of the moment. */
export const DASK_OPERATOR_DEFAULTS: DaskOperatorParameters = {
  targetDurationMs: 5_000,
  cooldownMs: 15_000,
  stepShare: 0.25,
  periodMs: 5_000,
};

export interface DaskOperatorState {
  readonly bounds: PeerBounds;
  readonly cooldownUntilMs: number;
}

export function daskOperator(parameters: DaskOperatorParameters): PeerPolicy<DaskOperatorState> {
  return {
    name: 'dask-operator',
    models: 'dask/dask-kubernetes, operator, DaskAutoscaler',
    periodMs: parameters.periodMs,
    signalAgeMs: 0,
    start: (bounds) => ({ bounds, cooldownUntilMs: 0 }),
    decide: (state, observation) => {
      const { nowMs, plannedWorkers: current } = observation;
      if (nowMs < state.cooldownUntilMs) return count(current, state, 'cooling down');
      if (observation.sourceFailed) return count(current, state, 'the scheduler does not answer');
      const target = adaptiveTarget(observation, parameters.targetDurationMs);
      const desired = damped(current, clamp(target, state.bounds), parameters.stepShare);
      if (desired === current) return count(current, state, `target ${target}`);
      const next = { ...state, cooldownUntilMs: nowMs + parameters.cooldownMs };
      if (desired > current) return count(desired, next, `target ${target}`);
      const closing = workersToClose(presentWorkers(observation), current - desired, observation.workerMemoryMiB);
      const victims = withLastIn(
        closing.map(({ pod }) => pod),
        observation.podNames,
        current - desired,
      );
      return {
        desiredWorkers: desired,
        victims,
        drains: true,
        state: next,
        why: `target ${target}, a quarter at a time`,
      };
    },
  };
}

/** At most a share of the workers goes at once; clamped before, so a count above max comes down in steps too. */
export function damped(current: number, desired: number, stepShare: number): number {
  if (current === 0) return desired;
  return Math.max(current - Math.max(1, Math.trunc(stepShare * current)), desired);
}

/** Where the scheduler knows too few, the newest pods go. */
function withLastIn(retired: readonly string[], podNames: readonly string[], howMany: number): readonly string[] {
  const known = new Set(retired);
  const newestFirst = podNames.filter((name) => !known.has(name)).reverse();
  return [...retired, ...newestFirst].slice(0, howMany);
}
