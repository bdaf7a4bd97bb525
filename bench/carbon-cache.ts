/** The real carbon-cache as a process of its own, on the settings it is shipped with but for addresses and folders. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { installCarbon } from '../test/e2e/install/carbon.ts';

export interface CarbonCache {
  readonly version: string;
  readonly pid: number;
  /** SIGKILL: what it wrote is thrown away. */
  stop(): Promise<void>;
}

const START_WITHIN_MS = 20_000;

/** Starts it; resolves when it listens. The first time it is installed beside the tools of the end-to-end tests. */
export async function startCarbonCache(host: string, port: number): Promise<CarbonCache> {
  const { version, directory } = await installCarbon();
  const root = await mkdtemp(join(tmpdir(), 'elastic-worker-carbon-'));
  const config = await writeConfiguration(directory, root, host, port);
  const args = [join(directory, 'bin', 'carbon-cache.py'), `--config=${config}`, '--nodaemon', 'start'];
  const env = { PATH: process.env.PATH ?? '', PYTHONPATH: directory, GRAPHITE_ROOT: root };
  const child = spawn('python3', args, { env, stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('cannot start python3');
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  async function stop(): Promise<void> {
    process.off('exit', killed);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(root, { recursive: true, force: true });
  }
  for (let waitedMs = 0; !(await listens(host, port)); waitedMs += 50) {
    if (waitedMs > START_WITHIN_MS || child.exitCode !== null) {
      await stop();
      throw new Error('carbon-cache did not begin to listen');
    }
    await setTimeout(50);
  }
  return { version, pid, stop };
}

async function writeConfiguration(directory: string, root: string, host: string, port: number): Promise<string> {
  const examples = join(directory, 'conf');
  const folder = join(root, 'conf');
  await mkdir(folder);
  await mkdir(join(root, 'storage', 'log'), { recursive: true });
  await copyFile(join(examples, 'storage-schemas.conf.example'), join(folder, 'storage-schemas.conf'));
  const shipped = await readFile(join(examples, 'carbon.conf.example'), 'utf8');
  const own: Readonly<Record<string, string>> = {
    LINE_RECEIVER_INTERFACE: host,
    LINE_RECEIVER_PORT: String(port),
    PICKLE_RECEIVER_INTERFACE: host,
    CACHE_QUERY_INTERFACE: host,
  };
  // Only the first section is that of carbon-cache.
  const text = shipped.replace(/^([A-Z_]+) *=.*$/gm, (line, name: string) =>
    name in own ? `${name} = ${own[name] ?? ''}` : line,
  );
  const folders = ['STORAGE_DIR', 'LOG_DIR', 'PID_DIR', 'LOCAL_DATA_DIR'].map((name) => `${name} = ${root}/storage/`);
  const file = join(folder, 'carbon.conf');
  await writeFile(file, text.replace(/^\[cache\]$/m, ['[cache]', ...folders, `CONF_DIR = ${folder}/`].join('\n')));
  return file;
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
