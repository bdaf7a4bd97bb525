/** The Kubernetes HorizontalPodAutoscaler, v2, on the metrics that a user could give it (policies.md 3). */
import type { PeerBounds, PeerObservation, PeerPolicy } from '../peer.ts';
import { DEFAULT_BEHAVIOR, hpaSync, NEW_HPA_MEMORY, type HpaBehavior, type HpaMemory } from './hpa-behavior.ts';
import { averageValue, cpuUtilisation, type Tolerance } from './hpa-metrics.ts';
import { count, neededWorkers, presentWorkers, type Gauge } from './signals.ts';

export interface HpaParameters {
  /** Whose HPA it is, and what that is known as. */
  readonly name: string;
  readonly models: string;
  /** Needed workers by a gauge as an external metric, AverageValue 1; or the workers' CPU. */
  readonly metric: Gauge | 'cpu';
  /** Of `cpu`: the share of the requests that it aims at. */
  readonly cpuTarget: number;
  readonly tolerance: number;
  /** `older` is the code before per-direction tolerances. */
  readonly toleranceTest: Tolerance['test'];
  /** Recommendations that lie back so far hold a shrink up. */
  readonly downWindowMs: number;
  /** What it may add: 4 pods or 100 % each 15 s; without bounds; one pod a minute; or as without `behavior`. */
  readonly growth: 'default' | 'unlimited' | 'pod-per-minute' | 'legacy';
  /** What it may remove: all at once; a quarter a minute; one pod in ten minutes. */
  readonly shrink: 'default' | 'quarter-per-minute' | 'pod-per-10-minutes';
  readonly syncMs: number;
  /** From scrape, adapter and its cache. */
  readonly signalAgeMs: number;
}

export const HPA_DEFAULTS: HpaParameters = {
  name: 'hpa',
  models: 'Kubernetes HPA, autoscaling/v2, external metric of needed workers, AverageValue 1',
  metric: 'max-needed',
  cpuTarget: 0.8,
  tolerance: 0.1,
  toleranceTest: 'current',
  downWindowMs: 300_000,
  growth: 'default',
  shrink: 'default',
  syncMs: 15_000,
  signalAgeMs: 30_000,
};

/** What an HPA without any metric given gets. */
export const HPA_CPU_DEFAULTS: HpaParameters = {
  ...HPA_DEFAULTS,
  name: 'hpa-cpu',
  models: 'Kubernetes HPA, autoscaling/v2, CPU utilisation 80 % as where no metric is given',
  metric: 'cpu',
};

export interface HpaState {
  readonly bounds: PeerBounds;
  readonly memory: HpaMemory;
}

const GROWTHS: Readonly<Record<Exclude<HpaParameters['growth'], 'legacy'>, HpaBehavior['up']>> = {
  default: DEFAULT_BEHAVIOR.up,
  unlimited: { windowMs: 0, policies: [{ kind: 'pods', value: 10_000, periodMs: 15_000 }], select: 'max' },
  'pod-per-minute': { windowMs: 0, policies: [{ kind: 'pods', value: 1, periodMs: 60_000 }], select: 'max' },
};
const SHRINKS: Readonly<Record<HpaParameters['shrink'], HpaBehavior['down']['policies']>> = {
  default: DEFAULT_BEHAVIOR.down.policies,
  'quarter-per-minute': [{ kind: 'percent', value: 25, periodMs: 60_000 }],
  'pod-per-10-minutes': [{ kind: 'pods', value: 1, periodMs: 600_000 }],
};

export function behaviorOf({ growth, shrink, downWindowMs }: HpaParameters): HpaBehavior | undefined {
  if (growth === 'legacy') return undefined;
  return { up: GROWTHS[growth], down: { windowMs: downWindowMs, policies: SHRINKS[shrink], select: 'max' } };
}

export function hpa(parameters: HpaParameters): PeerPolicy<HpaState> {
  const { name, models, syncMs, signalAgeMs } = parameters;
  const behavior = behaviorOf(parameters);
  return {
    name,
    models,
    periodMs: syncMs,
    signalAgeMs,
    // The API server takes no HPA with min 0.
    start: ({ minWorkers, maxWorkers }) => ({
      bounds: { minWorkers: Math.max(1, minWorkers), maxWorkers: Math.max(1, maxWorkers) },
      memory: NEW_HPA_MEMORY,
    }),
    decide: (state, observation) => {
      const { nowMs, plannedWorkers: spec } = observation;
      const recommended = recommendation(observation, parameters);
      const { desired, memory, why } = hpaSync({ nowMs, spec, ...state.bounds, recommended }, state.memory, behavior);
      return count(desired, { ...state, memory }, why);
    },
  };
}

function recommendation(observation: PeerObservation, parameters: HpaParameters): number | undefined {
  const { plannedWorkers: spec, podNames, sourceFailed } = observation;
  const tolerance = { share: parameters.tolerance, test: parameters.toleranceTest };
  if (parameters.metric === 'cpu') {
    return cpuUtilisation(cpuOf(observation), parameters.cpuTarget, spec, tolerance);
  }
  if (sourceFailed) return undefined;
  const usage = neededWorkers(observation, parameters.metric);
  return averageValue({ usage, target: 1 }, spec, podNames.length, tolerance);
}

/** A worker requests its cores, and each busy slot uses one. */
function cpuOf(observation: PeerObservation): { shares: readonly number[]; unready: number } {
  const workers = presentWorkers(observation);
  return {
    shares: workers.map(({ busySlots, slots }) => busySlots / slots),
    unready: Math.max(0, observation.podNames.length - workers.length),
  };
}
