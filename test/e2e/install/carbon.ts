/** carbon-cache, for comparison: from its Python package, into the cache of the end-to-end tests. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipInstall } from './python-packages.ts';
import { ensureDirectory, InstallError } from './step.ts';
import { cacheDirectory, CARBON_VERSION } from './versions.ts';

export interface CarbonInstall {
  readonly version: string;
  /** Has bin/ and conf/, and is what PYTHONPATH needs. */
  readonly directory: string;
}

/** Installs it where it is missing. Rejects with an InstallError whose message names the mend. */
export async function installCarbon(env: NodeJS.ProcessEnv = process.env): Promise<CarbonInstall> {
  const cache = cacheDirectory(env);
  await mkdir(cache, { recursive: true });
  const directory = join(cache, `carbon-${CARBON_VERSION}`);
  await ensureDirectory(directory, (partial) =>
    // Without the variable its files would go to /opt/graphite.
    pipInstall([`carbon==${CARBON_VERSION}`, `whisper==${CARBON_VERSION}`], partial, { GRAPHITE_NO_PREFIX: 'True' }),
  );
  if (!existsSync(join(directory, 'bin', 'carbon-cache.py'))) {
    throw new InstallError(`carbon ${CARBON_VERSION} was installed without its program; remove ${directory}`);
  }
  return { version: CARBON_VERSION, directory };
}
