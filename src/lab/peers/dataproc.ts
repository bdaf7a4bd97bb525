/** Google Dataproc's autoscaling policy, in its mode for Spark standalone (policies.md 7). */
import type { PeerBounds, PeerDecision, PeerObservation, PeerPolicy } from '../peer.ts';
import { ceil, clamp, count, floor, neededWorkers, presentWorkers, type Gauge } from './signals.ts';

export interface DataprocParameters {
  /** What the policy is called in the tables: there are two in wide use. */
  readonly name: string;
  /** From 2 minutes to a day; counts from the end of the resize before. */
  readonly cooldownMs: number;
  readonly scaleUpFactor: number;
  readonly scaleDownFactor: number;
  /** A change that is less than this share of the cluster is left out. */
  readonly scaleUpMinFraction: number;
  readonly scaleDownMinFraction: number;
  readonly removeOnlyIdleWorkers: boolean;
  readonly gauge: Gauge;
  readonly sampleMs: number;
  readonly signalAgeMs: number;
}

export const DATAPROC_DEFAULTS: DataprocParameters = {
  name: 'dataproc-1.0',
  cooldownMs: 120_000,
  scaleUpFactor: 1,
  scaleDownFactor: 1,
  scaleUpMinFraction: 0,
  scaleDownMinFraction: 0,
  removeOnlyIdleWorkers: false,
  gauge: 'max-needed',
  sampleMs: 10_000,
  signalAgeMs: 10_000,
};

/** The sample policy that many configurations carry. */
export const DATAPROC_SAMPLE_DEFAULTS: DataprocParameters = {
  ...DATAPROC_DEFAULTS,
  name: 'dataproc-0.05',
  cooldownMs: 240_000,
  scaleUpFactor: 0.05,
};

export interface DataprocState {
  readonly bounds: PeerBounds;
  /** Needed workers since the last resize was finished. */
  readonly samples: readonly number[];
  readonly cooldownEndsMs: number | undefined;
  /** What a resize waits for; undefined where none is under way. */
  readonly resizingTo: number | undefined;
}

export function dataproc(parameters: DataprocParameters): PeerPolicy<DataprocState> {
  return {
    name: parameters.name,
    models: 'Google Dataproc, AutoscalingPolicy with SparkStandaloneAutoscalingConfig, graceful decommission',
    periodMs: parameters.sampleMs,
    signalAgeMs: parameters.signalAgeMs,
    start: (bounds) => ({ bounds, samples: [], cooldownEndsMs: undefined, resizingTo: undefined }),
    decide: (state, observation) => decide(state, observation, parameters),
  };
}

function decide(
  before: DataprocState,
  observation: PeerObservation,
  parameters: DataprocParameters,
): PeerDecision<DataprocState> {
  const { nowMs, plannedWorkers: size } = observation;
  const state = sampled(before, observation, parameters);
  if (state.resizingTo !== undefined) return count(size, state, 'the resize goes on');
  if (nowMs < (state.cooldownEndsMs ?? nowMs)) return count(size, state, 'cooling down');
  const average = state.samples.reduce((sum, sample) => sum + sample, 0) / state.samples.length;
  const fresh = { ...state, samples: [], cooldownEndsMs: nowMs + parameters.cooldownMs };
  if (Number.isNaN(average)) return count(size, fresh, 'nothing was measured');
  const change = changeFor(average - size, size, parameters);
  const bounded = clamp(size + change, state.bounds);
  if (bounded === size) return count(size, fresh, `needs ${average.toFixed(2)}`);
  if (bounded > size) return count(bounded, { ...fresh, resizingTo: bounded }, `needs ${average.toFixed(2)}`);
  const victims = leaving(observation, size - bounded, parameters.removeOnlyIdleWorkers);
  const desiredWorkers = size - victims.length;
  const next = victims.length === 0 ? fresh : { ...fresh, resizingTo: desiredWorkers };
  return { desiredWorkers, victims, drains: true, state: next, why: `needs ${average.toFixed(2)}` };
}

/** Collects what is needed; while a resize goes on, nothing, and its end starts the cooldown. */
function sampled(
  state: DataprocState,
  observation: PeerObservation,
  { gauge, cooldownMs }: DataprocParameters,
): DataprocState {
  const { nowMs, plannedWorkers, readyWorkers } = observation;
  if (state.resizingTo !== undefined) {
    // A write that failed leaves another count: that ends the resize too.
    const done = readyWorkers === plannedWorkers || plannedWorkers !== state.resizingTo;
    return done ? { ...state, resizingTo: undefined, samples: [], cooldownEndsMs: nowMs + cooldownMs } : state;
  }
  const cooldownEndsMs = state.cooldownEndsMs ?? nowMs + cooldownMs;
  if (observation.sourceFailed) return { ...state, cooldownEndsMs };
  return { ...state, cooldownEndsMs, samples: [...state.samples, Math.ceil(neededWorkers(observation, gauge))] };
}

/**
 * Workers to add, or negative to remove, for a gap: in YARN mode (pending − available memory) / memory per worker, in
 * standalone mode the average of what is needed less what there is.
 */
export function changeFor(
  gap: number,
  size: number,
  factors: Pick<
    DataprocParameters,
    'scaleUpFactor' | 'scaleDownFactor' | 'scaleUpMinFraction' | 'scaleDownMinFraction'
  >,
): number {
  if (gap > 0) {
    const added = ceil(gap * factors.scaleUpFactor);
    return added >= factors.scaleUpMinFraction * size ? added : 0;
  }
  const removed = floor(-gap * factors.scaleDownFactor);
  return removed > 0 && removed >= factors.scaleDownMinFraction * size ? -removed : 0;
}

/** Pods that never came, then idle workers, then those with the fewest running tasks and stored blocks. */
function leaving(observation: PeerObservation, howMany: number, onlyIdle: boolean): readonly string[] {
  const workers = presentWorkers(observation);
  const known = new Set(workers.map(({ pod }) => pod));
  const coming = observation.podNames.filter((name) => !known.has(name));
  const able = onlyIdle ? workers.filter(({ executors }) => executors === 0) : [...workers];
  const order = [...able].sort(
    (a, b) => a.executors - b.executors || a.busySlots - b.busySlots || a.storedMiB - b.storedMiB,
  );
  return [...coming, ...order.map(({ pod }) => pod)].slice(0, howMany);
}
