/** All peers by name, each with its defaults and the tunings that are tried on it. */
import { DASK_ADAPTIVE_DEFAULTS, daskAdaptive } from './dask-adaptive.ts';
import { DASK_OPERATOR_DEFAULTS, daskOperator } from './dask-operator.ts';
import { dataproc, DATAPROC_DEFAULTS, DATAPROC_SAMPLE_DEFAULTS, type DataprocParameters } from './dataproc.ts';
import { staticMax, staticMean } from './fixed.ts';
import { hpa, HPA_CPU_DEFAULTS, HPA_DEFAULTS, type HpaParameters } from './hpa.ts';
import { keda, KEDA_DEFAULTS } from './keda.ts';
import { original, ORIGINALS } from './original.ts';
import { ray, RAY_DEFAULTS } from './ray.ts';
import { SPARK_OPERATOR_DEFAULTS, sparkOperator } from './spark-operator.ts';
import { combinations, peerOf, type Peer } from './variant.ts';

const HPA_GRID = combinations<HpaParameters>({
  metric: ['max-needed', 'target'],
  downWindowMs: [60_000, 120_000],
  growth: ['default', 'unlimited'],
  tolerance: [0],
  signalAgeMs: [15_000],
});
const CPU_GRID = combinations<HpaParameters>({
  cpuTarget: [0.3, 0.5, 0.8],
  downWindowMs: [60_000, 300_000],
  growth: ['unlimited'],
  shrink: ['default'],
});
const DATAPROC_GRID = combinations<DataprocParameters>({
  scaleUpFactor: [0.5, 1],
  scaleDownFactor: [0.5, 1],
  removeOnlyIdleWorkers: [false, true],
});

/** All but static-mean, which needs a number (see {@link staticMeanPeer}). */
export const PEERS: readonly Peer[] = [
  peerOf(staticMax, {}),
  peerOf(original, ORIGINALS.G1),
  peerOf(original, ORIGINALS.G2),
  peerOf(original, ORIGINALS.G3),
  peerOf(hpa, HPA_DEFAULTS, HPA_GRID),
  peerOf(hpa, HPA_CPU_DEFAULTS, CPU_GRID),
  peerOf(
    keda,
    KEDA_DEFAULTS,
    combinations({
      cooldownMs: [60_000, 300_000],
      downWindowMs: [60_000, 120_000],
      growth: ['default', 'unlimited'],
      pollingMs: [15_000],
      tolerance: [0],
    }),
  ),
  peerOf(
    daskOperator,
    DASK_OPERATOR_DEFAULTS,
    combinations({
      targetDurationMs: [5_000, 15_000, 60_000],
      cooldownMs: [15_000, 60_000],
    }),
  ),
  peerOf(
    daskAdaptive,
    DASK_ADAPTIVE_DEFAULTS,
    combinations({
      targetDurationMs: [5_000, 15_000],
      waitCount: [10, 30, 60],
    }),
  ),
  peerOf(
    ray,
    RAY_DEFAULTS,
    combinations({ idleTimeoutMs: [30_000, 60_000, 120_000, 300_000], gauge: ['max-needed', 'target'] }),
  ),
  peerOf(dataproc, DATAPROC_DEFAULTS, DATAPROC_GRID),
  peerOf(dataproc, DATAPROC_SAMPLE_DEFAULTS),
  peerOf(sparkOperator, SPARK_OPERATOR_DEFAULTS, CPU_GRID),
];

/** static-mean, for a demand whose mean is known. */
export function staticMeanPeer(workers: number): Peer {
  return peerOf(() => staticMean(workers), {});
}

export function peerNamed(name: string): Peer | undefined {
  return PEERS.find((one) => one.name === name);
}
