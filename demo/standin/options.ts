/** How a stand-in cluster is made. Times are milliseconds, memory is MiB. */

export interface WorldOptions {
  /** Time of the world's first moment, milliseconds since the epoch. */
  readonly startAtEpochMs: number;
  readonly namespace: string;
  readonly controllerName: string;
  /** Labels of the worker pods, which are the controller's selector. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Workers that are Ready and registered when the world begins. */
  readonly initialWorkers: number;
  readonly workerCores: number;
  readonly workerMemoryMiB: number;
  /** Half of a 127.x network that pods get their addresses from: "127.1". */
  readonly network: string;
  readonly workerUiPort: number;
  readonly driverUiPort: number;
  /** `spread` is the master's default; `pack` is spreadOutApps=false with CORES_FREE_ASC (spark.md 7.4). */
  readonly placement: 'spread' | 'pack';
  readonly sparkVersion: string;
  /** `spark.decommission.enabled` at master and workers; without it a mark answers 405. */
  readonly decommissionEnabled: boolean;
  /** `spark.ui.reverseProxy`: with it pages link to /proxy/<id> and the master serves it. */
  readonly reverseProxy: boolean;
  /** From a pod's creation until it is Ready and its worker registers. */
  readonly podStartMs: number;
  /** From a running pod's deletion until it is gone; its executors die at once (spark.md 8.3). */
  readonly podStopMs: number;
  /** From an executor's launch by the master until it registers with its driver. */
  readonly executorStartMs: number;
  /** From a driver's decision to remove an idle executor until it is gone. */
  readonly executorExitMs: number;
  /** How long a draining executor needs to move its shuffle data to others of its application. */
  readonly shuffleMigrationMs: number;
  /** ConfigMaps that exist from the start: name to data. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Seed of names and UIDs; equal seeds give equal worlds. */
  readonly seed: number;
}

const DEFAULTS: WorldOptions = {
  startAtEpochMs: Date.UTC(2026, 0, 1, 12),
  namespace: 'spark',
  controllerName: 'spark-worker',
  podLabels: { app: 'spark', component: 'worker' },
  initialWorkers: 2,
  workerCores: 4,
  workerMemoryMiB: 8192,
  network: '127.1',
  workerUiPort: 8081,
  driverUiPort: 4040,
  placement: 'spread',
  sparkVersion: '4.1.0',
  decommissionEnabled: true,
  reverseProxy: true,
  podStartMs: 3000,
  podStopMs: 1000,
  executorStartMs: 1000,
  executorExitMs: 500,
  shuffleMigrationMs: 6000,
  configMaps: {},
  seed: 1,
};

/** Fills in what was not given. */
export function worldOptions(given: Partial<WorldOptions> = {}): WorldOptions {
  return { ...DEFAULTS, ...given };
}
