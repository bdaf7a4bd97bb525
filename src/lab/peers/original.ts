/** The original daemon's three generations as they were, unsafe: no bounds of their own, nobody chosen, nobody drained. */
import { ORIGINAL_TICK_MS, originalTick } from '../../core/original.ts';
import type { PeerBounds, PeerObservation, PeerPolicy } from '../peer.ts';
import { clamp, count } from './signals.ts';

export type Generation = 'G1' | 'G2' | 'G3';

export interface OriginalParameters {
  readonly generation: Generation;
  /** A series counts with its last point for so long, also when its application has ended: ghost demand. */
  readonly lookbackMs: number;
  readonly periodMs: number;
  /** Graphite's reporting period, on average half of it, and the driver's own. */
  readonly signalAgeMs: number;
}

/** Nothing of them can be set; the times are in their code. */
export const ORIGINALS: Readonly<Record<Generation, OriginalParameters>> = {
  G1: { generation: 'G1', lookbackMs: 180_000, periodMs: 30_000, signalAgeMs: 10_000 },
  G2: { generation: 'G2', lookbackMs: 180_000, periodMs: 30_000, signalAgeMs: 10_000 },
  G3: { generation: 'G3', lookbackMs: 60_000, periodMs: ORIGINAL_TICK_MS, signalAgeMs: 10_000 },
};

interface Point {
  readonly executors: number;
  /** When it was produced. */
  readonly atMs: number;
}

export interface OriginalState {
  readonly bounds: PeerBounds;
  readonly series: ReadonlyMap<string, Point>;
  /** G3's last floors. */
  readonly window: readonly number[];
}

/** policies.md 2. Where the cluster has room for max workers only, and a floor of min, its request is clamped to that. */
export function original(parameters: OriginalParameters): PeerPolicy<OriginalState> {
  const { generation, periodMs, signalAgeMs } = parameters;
  return {
    name: `original-${generation.toLowerCase()}`,
    models: `radanalyticsio/scorpion-stare, daemon of generation ${generation}`,
    periodMs,
    signalAgeMs,
    start: (bounds) => ({ bounds, series: new Map(), window: [] }),
    decide: (state, observation) => {
      const series = nextSeries(state.series, observation, parameters);
      const sum = [...series.values()].reduce((total, { executors }) => total + executors, 0);
      const { requested, window } = tickOf(generation, state.window, sum, observation.plannedWorkers);
      const desired = requested === undefined ? observation.plannedWorkers : clamp(requested, state.bounds);
      return count(desired, { ...state, series, window }, `sum of targets ${sum}, requests ${requested ?? 'nothing'}`);
    },
  };
}

/** What one tick requests; undefined for nothing. One executor is taken for one worker. */
export function tickOf(
  generation: Generation,
  window: readonly number[],
  sum: number,
  available: number,
): { readonly requested: number | undefined; readonly window: readonly number[] } {
  if (generation === 'G3') return originalTick(window, sum, available);
  if (generation === 'G1') {
    const target = Math.max(1, sum);
    return { requested: target === available ? undefined : target, window };
  }
  const requested = Math.trunc(sum > available ? sum : (sum + available) / 2);
  // A request of 0 is skipped, so 1 never becomes 0.
  return { requested: requested === available || requested === 0 ? undefined : requested, window };
}

function nextSeries(
  series: ReadonlyMap<string, Point>,
  observation: PeerObservation,
  { lookbackMs, signalAgeMs }: OriginalParameters,
): ReadonlyMap<string, Point> {
  const producedAtMs = observation.nowMs - signalAgeMs;
  const points = new Map(series);
  for (const { id, targetExecutors } of observation.applications)
    points.set(id, { executors: targetExecutors, atMs: producedAtMs });
  return new Map([...points].filter(([, { atMs }]) => atMs > observation.nowMs - lookbackMs));
}
