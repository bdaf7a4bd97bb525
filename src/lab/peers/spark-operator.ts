/** The HPA that Apache's operator for Spark makes for a SparkCluster (policies.md 10). */
import type { PeerPolicy } from '../peer.ts';
import { hpa, HPA_DEFAULTS, type HpaParameters, type HpaState } from './hpa.ts';

export const SPARK_OPERATOR_DEFAULTS: HpaParameters = {
  ...HPA_DEFAULTS,
  name: 'spark-operator',
  models: 'apache/spark-kubernetes-operator, SparkCluster with minWorkers < maxWorkers: its generated HPA on CPU',
  metric: 'cpu',
  cpuTarget: 0.3,
  growth: 'pod-per-minute',
  shrink: 'pod-per-10-minutes',
};

/** A StatefulSet removes the highest ordinal, whatever runs there, with a grace period of 0. */
export function sparkOperator(parameters: HpaParameters): PeerPolicy<HpaState> {
  const scaler = hpa(parameters);
  return {
    ...scaler,
    decide: (state, observation) => {
      const decision = scaler.decide(state, observation);
      const surplus = observation.plannedWorkers - decision.desiredWorkers;
      if (surplus <= 0) return decision;
      return {
        ...decision,
        victims: highestOrdinals(observation.podNames, observation.podNames.length - decision.desiredWorkers),
      };
    },
  };
}

function highestOrdinals(podNames: readonly string[], howMany: number): string[] {
  const ordinal = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return [...podNames].sort((a, b) => ordinal(b) - ordinal(a)).slice(0, Math.max(0, howMany));
}
