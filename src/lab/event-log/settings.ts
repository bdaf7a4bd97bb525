/** An application's shape and its dynamic allocation, from the properties in its log (spark.md 6.1, 7.3, 8.5). */
import { DEFAULT_EXECUTOR_MEMORY_MIB, isAtLeast, Properties } from '../../spark/properties.ts';
import { DEFAULT_ALLOCATION, type AllocationSpec, type ApplicationSpec } from '../workload.ts';

export interface Seen {
  readonly sparkVersion: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Of the default resource profile, by resource; empty before 3.1. */
  readonly executorRequests: Readonly<Record<string, number>>;
  /** Cores of the first executor that came; undefined if none did. */
  readonly totalCores: number | undefined;
}

type Shape = Omit<ApplicationSpec, 'id' | 'arrivesAtMs' | 'jobs'>;

export interface Settings extends Shape {
  /** Names of properties whose text makes no sense; Spark's default stands in. */
  readonly unreadable: readonly string[];
}

/** What an executor has where nothing in the log tells. */
const UNKNOWN_CORES = 1;

export function settingsOf({ sparkVersion, properties, executorRequests, totalCores }: Seen): Settings {
  const read = new Properties(Object.entries(properties));
  const since34 = isAtLeast(sparkVersion, 3, 4);
  const taskCpus = Math.max(1, read.count('spark.task.cpus') ?? 1);
  const cores = read.count('spark.executor.cores') ?? totalCores ?? executorRequests.cores ?? UNKNOWN_CORES;
  const memoryMiB = read.memoryMiB('spark.executor.memory') ?? executorRequests.memory ?? DEFAULT_EXECUTOR_MEMORY_MIB;
  return {
    executorCores: Math.max(taskCpus, cores),
    executorMemoryMiB: memoryMiB,
    taskCpus,
    coresMax: read.count('spark.cores.max'),
    allocation: read.flag('spark.dynamicAllocation.enabled') ? allocationOf(read, since34) : undefined,
    canDrain:
      read.flag('spark.decommission.enabled') &&
      read.flag('spark.storage.decommission.enabled') &&
      read.flag('spark.storage.decommission.shuffleBlocks.enabled', since34),
    unreadable: [...read.unreadable],
  };
}

function allocationOf(read: Properties, since34: boolean): AllocationSpec {
  const minExecutors = read.count('spark.dynamicAllocation.minExecutors') ?? 0;
  const backlogMs =
    read.durationMs('spark.dynamicAllocation.schedulerBacklogTimeout') ?? DEFAULT_ALLOCATION.schedulerBacklogMs;
  return {
    minExecutors,
    maxExecutors: read.count('spark.dynamicAllocation.maxExecutors'),
    // The largest of the three is what Spark starts with.
    initialExecutors: Math.max(
      minExecutors,
      read.count('spark.dynamicAllocation.initialExecutors') ?? 0,
      read.count('spark.executor.instances') ?? 0,
    ),
    schedulerBacklogMs: backlogMs,
    sustainedBacklogMs: read.durationMs('spark.dynamicAllocation.sustainedSchedulerBacklogTimeout') ?? backlogMs,
    executorIdleMs: read.durationMs('spark.dynamicAllocation.executorIdleTimeout') ?? DEFAULT_ALLOCATION.executorIdleMs,
    shuffleTracking:
      !read.flag('spark.shuffle.service.enabled') &&
      read.flag('spark.dynamicAllocation.shuffleTracking.enabled', since34),
  };
}
