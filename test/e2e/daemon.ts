/** Starts the daemon under test as a process of its own, the way its container does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './support/wait.ts';
import type { Ending } from './support/processes.ts';
import type { Workbench } from './workbench.ts';

export interface DaemonOptions {
  /** The program, from the project's root. Default "dist/elastic-worker.mjs". */
  readonly bundle?: string;
  /** Its whole environment; nothing is added but PATH, HOME and the marks of the run. */
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Where its status server answers, as the caller set it in `env`; like "http://127.73.0.3:9091". */
  readonly statusUrl?: string;
  /** Folder name below the workbench's directory. Default "daemon". */
  readonly name?: string;
}

/** One line of its output: the parsed JSON object, or `{ text }` where a line is none. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface Daemon {
  readonly pid: number;
  readonly startedMs: number;
  readonly statusUrl: string | undefined;
  /** Lines of stdout so far, oldest first. */
  readonly logs: readonly LogLine[];
  /** stderr. */
  readonly errorFile: string;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Ending>;
  /** Sends a signal; does not wait. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the first line, past or to come, for which `matches` says true. Rejects early if the daemon ends. */
  waitForLog(what: string, matches: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** SIGTERM, SIGKILL after `graceMs` (default 10 000). */
  stop(graceMs?: number): Promise<Ending>;
}

/** Starts the bundle with this very Node. Throws if the bundle is missing. The workbench stops it. */
export async function startDaemon(bench: Workbench, options: DaemonOptions): Promise<Daemon> {
  const { bundle = 'dist/elastic-worker.mjs', env, args = [], name = 'daemon' } = options;
  const program = join(import.meta.dirname, '..', '..', bundle);
  if (!existsSync(program)) throw new Error(`${bundle} is missing; build it first`);
  const directory = await bench.makeDirectory(name);
  const errorFile = join(directory, 'stderr.log');
  const logs: LogLine[] = [];
  let rest = '';
  const daemon = bench.start({
    command: process.execPath,
    args: [program, ...args],
    env,
    cwd: directory,
    logFile: errorFile,
    onStdout: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') logs.push(parseLine(line));
    },
  });
  const stop = (graceMs = 10_000): Promise<Ending> => daemon.stop(graceMs);
  bench.onStop(async () => {
    await stop();
  });
  return {
    pid: daemon.pid,
    startedMs: daemon.startedMs,
    statusUrl: options.statusUrl,
    logs,
    errorFile,
    exited: daemon.exited,
    kill: (signal) => {
      daemon.signal(signal);
    },
    waitForLog: async (what, matches, timeoutMs = 60_000) => {
      const found = await waitFor(
        `the daemon to log ${what}`,
        () => logs.find(matches) ?? (daemon.isRunning() ? undefined : ('ended' as const)),
        { timeoutMs, intervalMs: 50 },
      );
      if (found === 'ended') throw new Error(`the daemon ended before it logged ${what} (stderr: ${errorFile})`);
      return found;
    },
    stop,
  };
}

function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Not JSON: a stack trace, a warning of Node's.
  }
  return { text: line };
}
