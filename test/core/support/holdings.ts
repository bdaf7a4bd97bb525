/** What applications hold, with quiet defaults: an idle application whose executors hold a little shuffle. */
import type { ApplicationHoldings, ExecutorHolding } from '../../../src/core/holdings.ts';
import type { ApplicationObservation } from '../../../src/core/observation.ts';
import { unknown, type Reading } from '../../../src/core/reading.ts';
import type { ApplicationSettings } from '../../../src/core/spark-view.ts';

export const MIB = 2 ** 20;

/** An active executor on worker `n`, which wrote 1 MiB of shuffle. */
export function holding(n: number, more: Partial<ExecutorHolding> = {}): ExecutorHolding {
  return {
    id: String(n),
    host: `10.0.0.${n}`,
    active: true,
    activeTasks: 0,
    shuffleWriteBytes: MIB,
    rddBlocks: 0,
    memoryUsedBytes: 0,
    diskUsedBytes: 0,
    maxMemoryBytes: 400 * MIB,
    ...more,
  };
}

/** Everything set that a drain needs. */
export const DRAINABLE: ApplicationSettings = {
  dynamicAllocation: true,
  executorCores: 4,
  executorMemoryMiB: 1024,
  coresMax: undefined,
  minExecutors: 0,
  maxExecutors: undefined,
  taskCpus: 1,
  shuffleMode: 'tracking',
  decommission: true,
  storageDecommission: true,
  movesShuffle: true,
  movesCachedBlocks: true,
  retainedEndedExecutors: undefined,
  otherProfiles: [],
};

export interface Held {
  readonly id?: string;
  readonly executors?: readonly ExecutorHolding[];
  readonly activity?: ApplicationHoldings['activity'];
  readonly settings?: Partial<ApplicationSettings> | 'unknown';
  readonly holdings?: Reading<ApplicationHoldings>;
}

/** The application with what it holds, as the core sees it. */
export function held(
  nowMs: number,
  { id = 'app-1', executors = [], activity = 'idle', ...more }: Held,
): ApplicationObservation {
  const known = <T>(value: T): Reading<T> => ({
    known: true,
    value,
    takenAtMs: nowMs,
    source: 'test',
    periodMs: 1_000,
  });
  return {
    application: {
      id,
      name: id,
      state: 'RUNNING',
      startedAtEpochMs: 0,
      grantedCores: executors.filter(({ active }) => active).length * 4,
      memoryPerExecutorMiB: 1024,
      customPerExecutor: {},
    },
    gauges: unknown('not of interest'),
    page: unknown('not of interest'),
    pace: unknown('not of interest'),
    settings: more.settings === 'unknown' ? unknown('unread') : known({ ...DRAINABLE, ...more.settings }),
    holdings: more.holdings ?? known({ executors, activity }),
  };
}
