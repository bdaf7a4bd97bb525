/** KEDA: its own loop between 0 and 1, and the HPA it makes from 1 on (policies.md 4). */
import type { PeerBounds, PeerDecision, PeerObservation, PeerPolicy } from '../peer.ts';
import { hpaSync, NEW_HPA_MEMORY, type HpaMemory } from './hpa-behavior.ts';
import { averageValue } from './hpa-metrics.ts';
import { behaviorOf, HPA_DEFAULTS, type HpaParameters } from './hpa.ts';
import { count, neededWorkers } from './signals.ts';

export interface KedaParameters extends HpaParameters {
  readonly metric: Exclude<HpaParameters['metric'], 'cpu'>;
  /** A multiple of `syncMs`. */
  readonly pollingMs: number;
  /** From the last active poll to the drop to 0. */
  readonly cooldownMs: number;
  /** The same where no poll was ever active, from the start. */
  readonly initialCooldownMs: number;
  readonly activationThreshold: number;
  /** The Prometheus scaler's `ignoreNullValues`: no answer is taken for 0, rather than for an error. */
  readonly missingIsZero: boolean;
  /** What an error is answered with once it has lasted; absent by default. */
  readonly fallback: KedaFallback | undefined;
}

export interface KedaFallback {
  /** Failures before it is used. */
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior: 'static' | 'currentReplicas' | 'currentReplicasIfHigher' | 'currentReplicasIfLower';
}

export const KEDA_DEFAULTS: KedaParameters = {
  ...HPA_DEFAULTS,
  name: 'keda',
  models: 'KEDA 2, ScaledObject with the Prometheus scaler on needed workers, threshold 1',
  metric: 'max-needed',
  pollingMs: 30_000,
  cooldownMs: 300_000,
  initialCooldownMs: 0,
  activationThreshold: 0,
  missingIsZero: true,
  fallback: undefined,
  signalAgeMs: 15_000,
};

export interface KedaState {
  readonly bounds: PeerBounds;
  readonly hpa: HpaMemory;
  readonly createdAtMs: number | undefined;
  readonly lastActiveMs: number | undefined;
  readonly nextPollMs: number;
  readonly failures: number;
}

/** A value, or undefined for an error of the scaler. */
type Reading = number | undefined;

export function keda(parameters: KedaParameters): PeerPolicy<KedaState> {
  const { name, models, syncMs, signalAgeMs } = parameters;
  return {
    name,
    models,
    periodMs: syncMs,
    signalAgeMs,
    start: (bounds) => ({
      bounds,
      hpa: NEW_HPA_MEMORY,
      createdAtMs: undefined,
      lastActiveMs: undefined,
      nextPollMs: 0,
      failures: 0,
    }),
    decide: (state, observation) => decide(state, observation, parameters),
  };
}

function decide(before: KedaState, observation: PeerObservation, parameters: KedaParameters): PeerDecision<KedaState> {
  const { nowMs, plannedWorkers, podNames } = observation;
  const reading = readingOf(observation, parameters);
  const state = {
    ...before,
    createdAtMs: before.createdAtMs ?? nowMs,
    failures: reading === undefined ? before.failures + 1 : 0,
  };
  if (nowMs >= state.nextPollMs) {
    const polled = kedaTick({ nowMs, current: plannedWorkers, reading }, state, parameters);
    if (polled.desired !== plannedWorkers) return count(polled.desired, polled.state, polled.why);
    return withHpa(polled.state);
  }
  return withHpa(state);

  function withHpa(now: KedaState): PeerDecision<KedaState> {
    const tolerance = { share: parameters.tolerance, test: parameters.toleranceTest };
    const value = reading ?? fallbackValue(now.failures, plannedWorkers, parameters.fallback);
    const recommended =
      value === undefined
        ? undefined
        : averageValue({ usage: value, target: 1 }, plannedWorkers, podNames.length, tolerance);
    const { desired, memory, why } = hpaSync(
      { nowMs, spec: plannedWorkers, ...hpaBounds(now.bounds), recommended },
      now.hpa,
      behaviorOf(parameters),
    );
    return count(desired, { ...now, hpa: memory }, why);
  }
}

function readingOf(observation: PeerObservation, { metric, missingIsZero }: KedaParameters): Reading {
  if (observation.sourceFailed) return missingIsZero ? 0 : undefined;
  return neededWorkers(observation, metric);
}

function hpaBounds({ minWorkers, maxWorkers }: PeerBounds): PeerBounds {
  return { minWorkers: Math.max(1, minWorkers), maxWorkers: Math.max(1, maxWorkers) };
}

/** What KEDA itself writes at a poll: the table of policies.md 4, without idle mode and pause. */
export function kedaTick(
  poll: { readonly nowMs: number; readonly current: number; readonly reading: Reading },
  before: KedaState,
  parameters: KedaParameters,
): { readonly desired: number; readonly state: KedaState; readonly why: string } {
  const { nowMs, current, reading } = poll;
  const { minWorkers } = before.bounds;
  const state = { ...before, nextPollMs: nowMs + parameters.pollingMs };
  const stay = (why: string, next: KedaState = state): ReturnType<typeof kedaTick> => ({
    desired: current,
    state: next,
    why,
  });
  if (reading !== undefined && reading > parameters.activationThreshold) {
    const active = { ...state, lastActiveMs: nowMs };
    return current === 0
      ? { desired: Math.max(1, minWorkers), state: active, why: 'active at 0' }
      : stay('active', active);
  }
  // A fallback of 0 replicas falls through to the drop to zero, as the real one does.
  if (reading === undefined && parameters.fallback?.replicas !== 0) return stay('the scaler fails');
  if (current > 0 && minWorkers === 0) {
    return cooledDown(nowMs, state, parameters)
      ? { desired: 0, state, why: 'inactive for the cooldown' }
      : stay('cooling down');
  }
  return current < minWorkers ? { desired: minWorkers, state, why: 'below min' } : stay('inactive');
}

function cooledDown(nowMs: number, state: KedaState, { cooldownMs, initialCooldownMs }: KedaParameters): boolean {
  if (state.lastActiveMs !== undefined) return state.lastActiveMs + cooldownMs < nowMs;
  return (state.createdAtMs ?? nowMs) + initialCooldownMs < nowMs;
}

/** Replicas that the HPA is made to see after so many failures in a row; undefined while the error is passed on. */
export function fallbackValue(
  failures: number,
  current: number,
  fallback: KedaFallback | undefined,
): number | undefined {
  if (fallback === undefined || failures <= fallback.failureThreshold) return undefined;
  switch (fallback.behavior) {
    case 'static':
      return fallback.replicas;
    case 'currentReplicas':
      return current;
    case 'currentReplicasIfHigher':
      return Math.max(current, fallback.replicas);
    case 'currentReplicasIfLower':
      return Math.min(current, fallback.replicas);
  }
}
