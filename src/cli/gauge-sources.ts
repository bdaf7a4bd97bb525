/** The sources of demand that the settings name, built in one place, in order of preference. */
import type { Config } from '../config/config.ts';
import type { SourceName } from '../config/source-names.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { SparkAdapters } from '../spark/adapters.ts';
import type { GaugeSource } from '../spark/ports.ts';

export interface SourceParts {
  readonly config: Config;
  readonly spark: SparkAdapters;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

type Builder = (parts: SourceParts) => GaugeSource;

/** One line for each source; a new one is a file in src/sources and a line here. */
const BUILDERS: Partial<Record<SourceName, Builder>> = {
  driver: ({ spark }) => spark.gauges,
};

/** Builds them; nothing is started or asked yet. On failure: sentences for a person. */
export function buildSources(parts: SourceParts): Result<readonly GaugeSource[], readonly string[]> {
  const built: GaugeSource[] = [];
  const problems: string[] = [];
  for (const name of parts.config.sources.names) {
    const builder = BUILDERS[name];
    if (builder === undefined) problems.push(`ELASTIC_WORKER_SOURCES: there is no source ${name} in this build`);
    else built.push(builder(parts));
  }
  return problems.length > 0 ? err(problems) : ok(built);
}

/** Starts those that listen. @returns why some could not be started, each with its setting; empty if all were. */
export async function startSources(sources: readonly GaugeSource[]): Promise<readonly string[]> {
  const started = await Promise.all(sources.map(async (source) => source.start?.() ?? ok(undefined)));
  return started.flatMap((result) => (result.ok ? [] : [result.error]));
}

/** Stops all of them, also those that were never started. */
export async function stopSources(sources: readonly GaugeSource[]): Promise<void> {
  await Promise.all(sources.map(async (source) => source.stop?.()));
}
