/** Servers out of Debian's packages, unpacked into the cache: nothing is installed on the machine itself. */
import { readdir } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory, InstallError, outputOf, run } from './step.ts';

/** What unpacked packages are used with. */
export interface DebianRoot {
  /** Holds usr/, etc/. */
  readonly root: string;
  /** For PYTHONPATH, of Debian's own Python. */
  readonly pythonPath: string;
}

/** Debian's Python, for which its packages are made; not one that stands before it on the PATH. */
export const DEBIAN_PYTHON = '/usr/bin/python3';

/**
 * Downloads packages with what they depend on and the machine lacks, and unpacks them.
 *
 * @param name of the folder in the cache.
 */
export async function installDebian(cache: string, name: string, packages: readonly string[]): Promise<DebianRoot> {
  const directory = join(cache, `debian-${name}`);
  await ensureDirectory(directory, (partial) => unpack(partial, packages));
  const root = join(directory, 'root');
  return { root, pythonPath: join(root, 'usr/lib/python3/dist-packages') };
}

async function unpack(directory: string, packages: readonly string[]): Promise<void> {
  if ((await outputOf('apt-get', ['--version'])) === undefined)
    throw new InstallError(`${packages.join(', ')} are taken from Debian's packages, and this machine has no apt-get.`);
  const archives = join(directory, 'archives');
  const logFile = join(directory, 'install.log');
  await mkdir(join(archives, 'partial'), { recursive: true });
  const options = ['-y', '--no-install-recommends', '--download-only', '--reinstall'];
  const places = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='];
  const download = (): Promise<void> =>
    run('apt-get', ['install', ...options, ...places, ...packages], { cwd: directory, logFile });
  // The lists may be missing or too old to name files that are still there.
  await download().catch(async () => {
    await run('apt-get', ['update'], { cwd: directory, logFile });
    await download();
  });
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  for (const file of files) {
    await run('dpkg', ['-x', join(archives, file), join(directory, 'root')], { cwd: directory, logFile });
  }
}
