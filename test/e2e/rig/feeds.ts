/** Every source of demand, and what it takes that a real Spark feeds it: one row each. */
import type { SourceName } from '../../../src/config/source-names.ts';
import type { SparkProperties } from '../spark-runtime.ts';
import type { Workbench } from '../workbench.ts';

export interface Feed {
  /** Variables of the daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** Properties of each application. */
  readonly properties: SparkProperties;
}

/** Starts what stands between Spark and the daemon, if anything does; the workbench stops it. */
export type StartFeed = (bench: Workbench) => Promise<Feed>;

export const FEEDS: Partial<Record<SourceName, StartFeed>> = {
  driver: () => Promise.resolve({ env: {}, properties: {} }),
};

/** The names of the rows. */
export function fedSources(): readonly SourceName[] {
  return Object.keys(FEEDS).filter((name): name is SourceName => name in FEEDS);
}

/** Starts the feed of this source, and makes it the daemon's only one. */
export async function startFeed(bench: Workbench, source: SourceName): Promise<Feed> {
  const start = FEEDS[source];
  if (start === undefined) throw new Error(`there is no feed of ${source}; there are ${fedSources().join(', ')}`);
  const { env, properties } = await start(bench);
  return { env: { ELASTIC_WORKER_SOURCES: source, ...env }, properties };
}
