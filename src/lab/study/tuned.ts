/** Each peer with the best tuning of its grid, found on seeds that nothing is reported on. */
import { METRICS, type Measured } from '../measure/metrics.ts';
import { PEERS } from '../peers/index.ts';
import type { Peer, Variant } from '../peers/variant.ts';
import { peer } from '../sim/peers.ts';
import type { RunResult } from '../sim/result.ts';
import { bestOf } from '../tuning.ts';
import type { Workload, WorkloadKind } from '../workload.ts';
import { STATIC_MAX, type LabPolicy } from './policies.ts';
import { playOnce, type ClusterShape } from './study.ts';

export interface TuningOptions {
  readonly workloadOf: (seed: number) => Workload;
  /** The training half. */
  readonly seeds: readonly number[];
  readonly cluster: ClusterShape;
  readonly onProgress?: (peerName: string) => void;
}

export interface TunedPeer {
  readonly name: string;
  /** What of its parameters differs from its defaults; "default" where nothing is better. */
  readonly tuning: string;
  readonly tried: number;
  readonly policy: LabPolicy;
}

/** All peers of which something can be tuned. */
export function tunedPeers({ workloadOf, seeds, cluster, onProgress }: TuningOptions): readonly TunedPeer[] {
  const games = new Map(
    seeds.map((seed) => {
      const workload = workloadOf(seed);
      return [
        seed,
        { workload, staticMax: playOnce({ workload, policy: STATIC_MAX, staticMax: undefined, seed, cluster }) },
      ];
    }),
  );
  const cost = (variant: Variant, seed: number): number => {
    const game = games.get(seed);
    if (game === undefined) return Infinity;
    const { workload, staticMax } = game;
    const run = playOnce({ workload, policy: asLabPolicy('tuning', variant), staticMax, seed, cluster });
    return tuningCost({ run, staticMax, maxWorkers: cluster.maxWorkers }, workload.kind);
  };
  return PEERS.filter(({ tunings }) => tunings.length > 1).map((one: Peer) => {
    onProgress?.(one.name);
    const { best } = bestOf(one.tunings, seeds, cost);
    const name = `${one.name} tuned`;
    return { name: one.name, tuning: best.label, tried: one.tunings.length, policy: asLabPolicy(name, best) };
  });
}

function asLabPolicy(name: string, { policy }: Variant): LabPolicy {
  return { name, models: policy.models, play: () => ({ controller: peer({ ...policy, name }) }) };
}

/**
 * What a tuning is chosen by: the share of static-max's worker-seconds that it takes, and beside it what jobs lose: by
 * how much longer they take (0.05 for 5 %), for interactive work the p95 of the added wait in minutes.
 */
export function tuningCost(measured: Measured, kind: WorkloadKind): number {
  const { run, staticMax } = measured;
  if (run.unfinishedJobs > 0) return Infinity;
  return share(run, staticMax) + (kind === 'interactive' ? lostMinutes(measured) : lostShare(measured));
}

function share(run: RunResult, staticMax: RunResult): number {
  return run.workerSeconds / staticMax.workerSeconds;
}

function lostShare(measured: Measured): number {
  return (METRICS.completionMean.of(measured) ?? 1) - 1;
}

function lostMinutes(measured: Measured): number {
  return (METRICS.addedWaitP95.of(measured) ?? 0) / 60;
}
