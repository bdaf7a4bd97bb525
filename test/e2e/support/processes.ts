/**
 * Starting and ending the programs of a test run.
 *
 * Every program carries the run's mark in its environment, and so do its children, wherever they end up: Python
 * daemons leave the process group of their executor, marks stay. What carries the mark is ours to end. Linux only.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Environment variable that marks everything started by one test run. */
export const RUN_MARK = 'EW_E2E_RUN';
/** Environment variable that marks everything started for one part of it, like a pod. */
export const UNIT_MARK = 'EW_E2E_UNIT';

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; only PATH and HOME are taken over from ours, unless named here. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where stderr goes, and stdout too unless `onStdout` is given. Appended to. */
  readonly logFile: string;
  /** Gets stdout as it comes. */
  readonly onStdout?: (text: string) => void;
  /** Value of the run's mark. */
  readonly runId: string;
  /** Value of the unit's mark, if this program is one part that is ended by itself. */
  readonly unitId?: string;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly atMs: number;
}

export interface ManagedProcess {
  readonly pid: number;
  readonly startedMs: number;
  /** Resolves when the program has ended and its stdout was read to the end; never rejects. */
  readonly exited: Promise<Ending>;
  /** True until it ends. */
  isRunning(): boolean;
  /** Signals the program itself, not its children. No-op after its end. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL to its process group after `graceMs`. Resolves when it has ended. */
  stop(graceMs?: number): Promise<Ending>;
}

/** Starts a program in a process group of its own. Throws if it cannot be started. */
export function startProcess(options: ProcessOptions): ManagedProcess {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    detached: true,
    env: environmentOf(options),
    stdio: ['ignore', options.onStdout === undefined ? log : 'pipe', log],
  });
  closeSync(log);
  // Not started: the 'error' event follows; the throw below says it sooner.
  child.once('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${options.command}`);
  const { onStdout } = options;
  if (onStdout !== undefined) child.stdout?.setEncoding('utf8').on('data', onStdout);
  let running = true;
  child.once('exit', () => {
    running = false;
  });
  const exited = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      const ending = { code, signal, atMs: Date.now() };
      if (child.stdout === null || child.stdout.readableEnded) resolve(ending);
      // A grandchild may hold the pipe open for long; what matters was written before the program's end.
      else
        void Promise.race([new Promise((done) => child.once('close', done)), delay(1000)]).then(() => {
          resolve(ending);
        });
    });
  });
  const signal = (name: NodeJS.Signals): void => {
    if (running) child.kill(name);
  };
  async function stop(graceMs = 5000): Promise<Ending> {
    signal('SIGTERM');
    const cancel = new AbortController();
    const ended = await Promise.race([exited, delay(graceMs, undefined, { signal: cancel.signal })]);
    cancel.abort();
    if (ended === undefined && running) killGroup(pid);
    return exited;
  }
  return { pid, startedMs: Date.now(), exited, isRunning: () => running, signal, stop };
}

function environmentOf(options: ProcessOptions): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  const marks = { [RUN_MARK]: options.runId, ...(options.unitId !== undefined && { [UNIT_MARK]: options.unitId }) };
  return { PATH, HOME, LANG: 'C.UTF-8', ...options.env, ...marks };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** Process ids whose environment has `mark` with this value, ourselves excepted. */
export function markedProcesses(mark: string, value: string): number[] {
  const entry = `${mark}=${value}`;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && hasEntry(pid, entry));
}

function hasEntry(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry);
  } catch {
    return false; // ended meanwhile, or another user's
  }
}

/** Ends everything with this mark by SIGKILL, also what is being started meanwhile. Rejects if some survive 10 s. */
export async function killMarked(mark: string, value: string): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  for (;;) {
    const pids = markedProcesses(mark, value);
    if (pids.length === 0) return;
    if (Date.now() > deadlineMs) throw new Error(`processes ${pids.join(', ')} survive SIGKILL`);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended between the look and the signal.
      }
    }
    await delay(20);
  }
}
