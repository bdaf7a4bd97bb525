/** An application's own settings, from its driver's `/api/v1/…/environment` (spark.md 6.1, 7.3, 9). */
import * as v from 'valibot';
import { err, ok, type Result } from '../core/result.ts';
import { resources, type Resources } from '../core/resources.ts';
import type { ApplicationSettings, ShuffleMode } from '../core/spark-view.ts';
import { Count, dictionary, parseJson } from './json-text.ts';
import { DEFAULT_EXECUTOR_MEMORY_MIB, isAtLeast, Properties } from './properties.ts';

const Request = v.object({ amount: Count });

const Environment = v.object({
  sparkProperties: v.array(v.tuple([v.string(), v.string()])),
  resourceProfiles: v.optional(
    v.array(
      v.object({
        id: v.number(),
        executorResources: v.optional(dictionary(Request), {}),
      }),
    ),
    [],
  ),
});

/**
 * Parses the document. Never throws. Only what was set stands in it, so Spark's defaults are filled in; those that
 * changed between versions go by `sparkVersion`. What is set and cannot be read (redacted, say) is an error, not a
 * default: the default would be a guess.
 */
export function parseEnvironment(body: string, sparkVersion: string, what: string): Result<ApplicationSettings> {
  const parsed = parseJson(Environment, body, what);
  if (!parsed.ok) return parsed;
  const properties = new Properties(parsed.value.sparkProperties);
  const namespace = properties.filledIn('spark.metrics.namespace');
  const settings: ApplicationSettings = {
    dynamicAllocation: properties.flag('spark.dynamicAllocation.enabled'),
    executorCores: properties.count('spark.executor.cores'),
    executorMemoryMiB: properties.memoryMiB('spark.executor.memory') ?? DEFAULT_EXECUTOR_MEMORY_MIB,
    coresMax: properties.count('spark.cores.max'),
    minExecutors: properties.count('spark.dynamicAllocation.minExecutors') ?? 0,
    maxExecutors: properties.count('spark.dynamicAllocation.maxExecutors'),
    taskCpus: Math.max(1, properties.count('spark.task.cpus') ?? 1),
    shuffleMode: shuffleMode(properties, sparkVersion),
    decommission: properties.flag('spark.decommission.enabled'),
    storageDecommission: properties.flag('spark.storage.decommission.enabled'),
    // Both are on by default since 3.4, and only used with the line above (spark.md 8.5).
    movesShuffle: properties.flag('spark.storage.decommission.shuffleBlocks.enabled', isAtLeast(sparkVersion, 3, 4)),
    movesCachedBlocks: properties.flag('spark.storage.decommission.rddBlocks.enabled', isAtLeast(sparkVersion, 3, 4)),
    fallbackStorage: properties.has('spark.storage.decommission.fallbackStorage.path'),
    retainedEndedExecutors: properties.count('spark.ui.retainedDeadExecutors'),
    ...(namespace !== undefined && { metricsNamespace: namespace }),
    otherProfiles: parsed.value.resourceProfiles.filter(({ id }) => id !== 0).map(profileShape),
  };
  const [unreadable] = properties.unreadable;
  if (unreadable === undefined) return ok(settings);
  return err({ kind: 'malformed', what, detail: `${unreadable} is set to what cannot be read` });
}

function shuffleMode(properties: Properties, version: string): ShuffleMode {
  if (properties.flag('spark.shuffle.service.enabled')) return 'external-service';
  // These two are on by default since 3.4 (spark.md 6.1, 8.5).
  const since34 = isAtLeast(version, 3, 4);
  if (properties.flag('spark.dynamicAllocation.shuffleTracking.enabled', since34)) return 'tracking';
  const migrates =
    properties.flag('spark.decommission.enabled') &&
    properties.flag('spark.storage.decommission.enabled') &&
    properties.flag('spark.storage.decommission.shuffleBlocks.enabled', since34);
  return migrates ? 'decommission' : 'none';
}

/** What a profile may ask for besides cores, memory and custom resources; the standalone master ignores it (7.2). */
const IGNORED = new Set(['cores', 'memory', 'offHeap', 'memoryOverhead', 'pyspark.memory', 'pyspark']);

function profileShape(profile: {
  readonly executorResources: Readonly<Record<string, { readonly amount: number }>>;
}): Resources {
  const { executorResources: asked } = profile;
  const custom = Object.entries(asked).flatMap(([name, { amount }]) =>
    IGNORED.has(name) ? [] : [[name, amount] as const],
  );
  return resources(asked.cores?.amount ?? 0, asked.memory?.amount ?? 0, Object.fromEntries(custom));
}
