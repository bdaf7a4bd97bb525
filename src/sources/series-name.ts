/**
 * Names of series, in every spelling in which Spark's allocation gauges travel (spark.md 5.3):
 *
 * - as registered, by JSON, Graphite, Carbon, StatsD and JMX: `<owner>.driver.ExecutorAllocationManager.executors.<gauge>`;
 * - with `_` for everything that is no letter or digit, by the Prometheus servlet and the exporters:
 *   `metrics_<owner>_driver_ExecutorAllocationManager_executors_<gauge>_Value`.
 *
 * What stands in front is the owner: `spark.metrics.namespace`, which is the application's id where it is not set, and in
 * front of that the sink's own prefix, if it has one. All of them may hold dots, so names are read from their ends. Pure.
 */
import { GAUGE_NAMES } from '../core/spark-view.ts';

export type GaugeName = (typeof GAUGE_NAMES)[number];

/** Longer names are nobody's: Spark's own are under 200 characters, namespaces are names that people give. */
export const LONGEST_NAME = 1024;

export interface SeriesName {
  /** Whom it belongs to, as it is spelled there; empty where nothing stands in front. */
  readonly owner: string;
  readonly gauge: GaugeName;
}

const DOTTED = /^(?:(.*)\.)?driver\.ExecutorAllocationManager\.executors\.([A-Za-z]{1,64})$/;
/** `_Number` holds the same once more; names without an ending come from exporters that were fed by Graphite or StatsD. */
const UNDERSCORED = /^(?:metrics_)?(?:(.*)_)?driver_ExecutorAllocationManager_executors_([A-Za-z]{1,64}?)(?:_Value)?$/i;

/** Exporters may have been told to write everything in lower case. */
const GAUGES: ReadonlyMap<string, GaugeName> = new Map(GAUGE_NAMES.map((name) => [name.toLowerCase(), name]));

/** Reads a name. Undefined for every other metric, which is most of what Spark sends. Never throws. */
export function parseSeriesName(name: string): SeriesName | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const [, owner = '', short] = DOTTED.exec(name) ?? UNDERSCORED.exec(name) ?? [];
  const gauge = short === undefined ? undefined : GAUGES.get(short.toLowerCase());
  return gauge === undefined ? undefined : { owner, gauge };
}

/** The two gauges that the demand is made of; the others only help. */
export const DEMAND_GAUGES = [
  'numberTargetExecutors',
  'numberMaxNeededExecutors',
] as const satisfies readonly GaugeName[];
