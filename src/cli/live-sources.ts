/**
 * The sources of demand that are read now. Variables name them for good; where none does, an Oshinko cluster config may,
 * and that can change while the daemon runs.
 */
import { sourcesConfigOf, type SourcesConfig } from '../config/sources-config.ts';
import type { SourceName } from '../config/source-names.ts';
import type { Values } from '../config/settings.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { GaugeSource } from '../spark/ports.ts';
import { buildSource, type SourceParts } from './gauge-sources.ts';

interface Entry {
  readonly name: SourceName;
  /** Where it is read, as far as that can change. */
  readonly address: string | undefined;
  readonly source: GaugeSource;
}

export class LiveSources {
  readonly #parts: SourceParts;
  #entries: readonly Entry[];
  #following: Promise<void> | undefined;
  #problems: readonly string[] = [];

  private constructor(parts: SourceParts, entries: readonly Entry[]) {
    this.#parts = parts;
    this.#entries = entries;
  }

  /** Builds those of the settings; nothing is started or asked yet. On failure: sentences for a person. */
  static async open(parts: SourceParts): Promise<Result<LiveSources, readonly string[]>> {
    const entries = await buildAll(parts, []);
    return entries.ok ? ok(new LiveSources(parts, entries.value)) : entries;
  }

  /** In order of preference. */
  readonly list = (): readonly GaugeSource[] => this.#entries.map(({ source }) => source);

  /** Why the newest settings could not be followed; empty where they were. */
  problems(): readonly string[] {
    return this.#problems;
  }

  /** Goes over to the sources of these settings. Those that stay are kept as they are, with what they have learnt. */
  follow(values: Values): Promise<void> {
    const wanted = sourcesConfigOf(values);
    const same =
      wanted.names.length === this.#entries.length &&
      wanted.names.every((name, index) => {
        const entry = this.#entries[index];
        return entry?.name === name && entry.address === addressOf(name, wanted);
      });
    if (same && this.#following === undefined) {
      this.#problems = [];
      return Promise.resolve();
    }
    this.#following ??= this.#goOver(wanted).finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  /** Starts those that listen. @returns why some could not be started, each with its setting; empty if all were. */
  async start(): Promise<readonly string[]> {
    const started = await Promise.all(this.list().map(async (source) => source.start?.() ?? ok(undefined)));
    return started.flatMap((result) => (result.ok ? [] : [result.error]));
  }

  /** Stops all of them, also those that were never started. */
  async stop(): Promise<void> {
    await this.#following;
    await Promise.all(this.list().map(async (source) => source.stop?.()));
  }

  /** None of those that come or go listens: Oshinko's config leads to Graphite and to Jolokia only. */
  async #goOver(sources: SourcesConfig): Promise<void> {
    const built = await buildAll({ ...this.#parts, config: { ...this.#parts.config, sources } }, this.#entries);
    this.#problems = built.ok ? [] : built.error;
    if (built.ok) this.#entries = built.value;
  }
}

async function buildAll(
  parts: SourceParts,
  kept: readonly Entry[],
): Promise<Result<readonly Entry[], readonly string[]>> {
  const { sources } = parts.config;
  const entries: Entry[] = [];
  const problems: string[] = [];
  for (const name of sources.names) {
    const address = addressOf(name, sources);
    const earlier = kept.find((one) => one.name === name && one.address === address);
    const built = earlier === undefined ? await buildSource(name, parts) : ok(earlier.source);
    if (built.ok) entries.push({ name, address, source: built.value });
    else problems.push(...built.error);
  }
  return problems.length > 0 ? err(problems) : ok(entries);
}

function addressOf(name: SourceName, { graphite, jolokia }: SourcesConfig): string | undefined {
  if (name === 'graphite') return graphite.url;
  return name === 'jolokia' ? jolokia.url : undefined;
}
