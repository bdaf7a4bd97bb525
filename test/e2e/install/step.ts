/** One install step: shown on stderr, run in a folder of its own, put in place by one rename. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PARTIAL = '.partial-';

/** Something the person at the keyboard can mend; its message says how. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** Prints one progress line, with the seconds since `startedMs`. */
export function progress(startedMs: number, text: string): void {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`e2e install ${seconds} s  ${text}\n`);
}

/**
 * Makes `target` unless it is there already. `build` fills a temporary folder beside it, which is then renamed:
 * whoever sees `target` sees all of it, and an interrupted step starts again at the next install.
 */
export async function ensureDirectory(target: string, build: (directory: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return;
  const name = basename(target);
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent, name);
  const partial = join(parent, `${PARTIAL}${name}-${process.pid}`);
  const startedMs = Date.now();
  progress(startedMs, `${name}: started`);
  await mkdir(partial, { recursive: true });
  await build(partial);
  try {
    await rename(partial, target);
  } catch (cause) {
    // Another install was faster; its folder is as good as ours.
    if (!existsSync(target)) throw cause;
    await rm(partial, { recursive: true, force: true });
  }
  progress(startedMs, `${name}: ready`);
}

/** Removes what interrupted installs left of this step, but nothing that a living process still fills. */
async function removeAbandoned(parent: string, name: string): Promise<void> {
  const prefix = `${PARTIAL}${name}-`;
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(prefix)) continue;
    if (!isAlive(Number(entry.slice(prefix.length)))) await rm(join(parent, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export interface RunOptions {
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Runs a program to its end, output to `logFile`. Rejects with the log's last lines when it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('error', (cause) => {
      reject(new InstallError(`cannot run ${command}: ${cause.message}`));
    });
    child.once('close', resolve);
  });
  await new Promise((resolve) => log.end(resolve));
  if (code === 0) return;
  const tail = (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-20).join('\n');
  throw new InstallError(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${tail}`);
}

/** Output (stdout and stderr together) of a short command, or undefined if it cannot be run or fails. */
export async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const add = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', () => {
      resolve(undefined);
    });
    child.once('close', (code) => {
      resolve(code === 0 ? text : undefined);
    });
  });
}
