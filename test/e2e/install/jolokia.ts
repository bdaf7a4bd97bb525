/** The Jolokia agent, out of Maven's central repository. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory, InstallError, outputOf, run } from './step.ts';
import { JOLOKIA_VERSION } from './versions.ts';

const COORDINATES = `org.jolokia:jolokia-agent-jvm:${JOLOKIA_VERSION}:jar:javaagent`;

/** Path of the agent's jar. */
export async function installJolokia(cache: string): Promise<string> {
  const directory = join(cache, `jolokia-${JOLOKIA_VERSION}`);
  await ensureDirectory(directory, download);
  return join(directory, 'jolokia-agent.jar');
}

async function download(directory: string): Promise<void> {
  if ((await outputOf('mvn', ['--version'])) === undefined)
    throw new InstallError('The Jolokia agent is taken from Maven Central: no mvn (Debian: apt-get install maven).');
  const repository = join(directory, 'repository');
  const args = ['-q', '-B', `-Dmaven.repo.local=${repository}`, 'dependency:get', `-Dartifact=${COORDINATES}`];
  await run('mvn', [...args, '-Dtransitive=false'], { cwd: directory, logFile: join(directory, 'install.log') });
  const folder = join(repository, 'org/jolokia/jolokia-agent-jvm', JOLOKIA_VERSION);
  const jar = (await readdir(folder)).find((file) => file.endsWith('-javaagent.jar'));
  if (jar === undefined) throw new InstallError(`mvn brought no agent into ${folder}`);
  await copyFile(join(folder, jar), join(directory, 'jolokia-agent.jar'));
}
