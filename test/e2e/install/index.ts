/**
 * Installs what the end-to-end tests need, into a cache outside the tree. Also a program:
 * `node test/e2e/install/index.ts` installs everything and prints where it is.
 */
import { mkdir } from 'node:fs/promises';
import { installControlPlane, type ControlPlaneBinaries } from './control-plane-binaries.ts';
import { installJava, installSpark, type SparkInstall } from './python-packages.ts';
import { InstallError } from './step.ts';
import { cacheDirectory, isSparkLine, SPARK_RELEASES, type SparkLine } from './versions.ts';

export type { ControlPlaneBinaries } from './control-plane-binaries.ts';
export type { SparkInstall } from './python-packages.ts';
export { isSparkLine, type SparkLine } from './versions.ts';

/** Everything installed. */
export interface Tools {
  readonly cache: string;
  readonly javaHome: string;
  readonly spark: ReadonlyMap<SparkLine, SparkInstall>;
  readonly controlPlane: ControlPlaneBinaries;
}

export interface InstallOptions {
  /** Which Spark lines; all of them by default. */
  readonly sparkLines?: readonly SparkLine[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Installs what is missing; well under a second when nothing is. Downloads and Go builds run at the same time.
 * Rejects with an InstallError whose message names the mend.
 */
export async function install(options: InstallOptions = {}): Promise<Tools> {
  const env = options.env ?? process.env;
  const lines = options.sparkLines ?? Object.keys(SPARK_RELEASES).filter(isSparkLine);
  const cache = cacheDirectory(env);
  await mkdir(cache, { recursive: true });
  const [controlPlane, javaHome, sparks] = await Promise.all([
    installControlPlane(cache),
    installJava(cache, env),
    installSparks(cache, lines),
  ]);
  return { cache, javaHome, controlPlane, spark: new Map(sparks.map((spark) => [spark.line, spark])) };
}

// One after the other: each download uses the line and a core alone, beside the Go build.
async function installSparks(cache: string, lines: readonly SparkLine[]): Promise<SparkInstall[]> {
  const sparks: SparkInstall[] = [];
  for (const line of lines) sparks.push(await installSpark(cache, line));
  return sparks;
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  try {
    const tools = await install();
    const spark = [...tools.spark.values()].map(({ version, home }) => ({ version, home }));
    const seconds = (Date.now() - startedMs) / 1000;
    console.log(JSON.stringify({ ...tools, spark, seconds }, null, 2));
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
