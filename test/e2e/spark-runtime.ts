/** What master, workers and drivers have in common: environment, configuration folder, small heaps. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkInstall } from './install/index.ts';
import type { Workbench } from './workbench.ts';

/** Spark properties, as in spark-defaults.conf. */
export type SparkProperties = Readonly<Record<string, string>>;

// Two-core machines run a dozen of these at once: one GC thread and the quick compiler keep them out of each other's way.
const JVM_OPTIONS = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k';

/** Properties that let workers drain; the short reattempt interval makes a drain take 6 s instead of 32 s. */
export const DECOMMISSION_PROPERTIES: SparkProperties = {
  'spark.decommission.enabled': 'true',
  'spark.storage.decommission.enabled': 'true',
  'spark.storage.decommission.shuffleBlocks.enabled': 'true',
  'spark.storage.decommission.rddBlocks.enabled': 'true',
  'spark.storage.decommission.replicationReattemptInterval': '3s',
};

/** Properties every application of the harness gets, unless it names its own. */
export const EXECUTOR_PROPERTIES: SparkProperties = {
  'spark.executor.cores': '1',
  'spark.executor.memory': '512m',
  'spark.executor.extraJavaOptions': JVM_OPTIONS,
  'spark.driver.memory': '512m',
  'spark.driver.extraJavaOptions': JVM_OPTIONS,
};

/**
 * Environment of one Spark program that lives at `host`. All its files go below `directory`.
 * SPARK_LOCAL_IP makes the web UI listen there too, and not everywhere.
 */
export function sparkEnvironment(
  bench: Workbench,
  spark: SparkInstall,
  directory: string,
  host: string,
): Record<string, string> {
  return {
    JAVA_HOME: bench.tools.javaHome,
    SPARK_HOME: spark.home,
    SPARK_CONF_DIR: join(directory, 'conf'),
    SPARK_LOCAL_IP: host,
    SPARK_LOCAL_DIRS: join(directory, 'local'),
    SPARK_WORKER_DIR: join(directory, 'work'),
    SPARK_DAEMON_MEMORY: '256m',
    SPARK_DAEMON_JAVA_OPTS: JVM_OPTIONS,
    PYSPARK_PYTHON: 'python3',
    TMPDIR: join(directory, 'local'),
  };
}

/** Makes `directory` ready for {@link sparkEnvironment}, with these defaults. */
export async function prepareSparkDirectory(directory: string, properties: SparkProperties): Promise<void> {
  for (const name of ['conf', 'local', 'work']) await mkdir(join(directory, name), { recursive: true });
  await writeProperties(join(directory, 'conf', 'spark-defaults.conf'), properties);
}

/** Writes a properties file. */
export async function writeProperties(file: string, properties: SparkProperties): Promise<void> {
  const lines = Object.entries(properties).map(([key, value]) => `${key} ${value}\n`);
  await writeFile(file, lines.join(''));
}
