/**
 * What all parts of one end-to-end run share: installed tools, a temporary folder, loopback addresses, and one
 * place that ends everything.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, type SparkInstall, type SparkLine, type Tools } from './install/index.ts';
import { claimLoopbackNet } from './support/loopback.ts';
import { killMarked, RUN_MARK, startProcess, type ManagedProcess, type ProcessOptions } from './support/processes.ts';

export interface Workbench {
  readonly runId: string;
  readonly tools: Tools;
  /** Temporary folder of this run: logs and data of every part. */
  readonly directory: string;
  /** A new folder below `directory`. */
  makeDirectory(name: string): Promise<string>;
  /** A loopback address of this run, never given before. */
  nextAddress(): string;
  /** The installed Spark of a line. Throws if the workbench was opened without it. */
  spark(line: SparkLine): SparkInstall;
  /** Starts a program that ends with this run at the latest. */
  start(options: Omit<ProcessOptions, 'runId'>): ManagedProcess;
  /** Registers work for `stop`, done in reverse order. */
  onStop(close: () => Promise<void>): void;
  /** Ends every part, then whatever was left, and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

export interface WorkbenchOptions {
  /** Spark lines to have ready; all by default. */
  readonly sparkLines?: readonly SparkLine[];
  /** Keep `directory` after `stop`, for reading logs. Default: whether $ELASTIC_WORKER_E2E_KEEP is set. */
  readonly keepDirectory?: boolean;
}

/** Installs what is missing and opens a run. Whoever opens it stops it; if we die first, the reaper does. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const tools = await install({ ...(options.sparkLines !== undefined && { sparkLines: options.sparkLines }) });
  const keepDirectory = options.keepDirectory ?? process.env.ELASTIC_WORKER_E2E_KEEP !== undefined;
  const runId = randomUUID();
  const directory = await mkdtemp(join(tmpdir(), 'elastic-worker-e2e-'));
  const net = await claimLoopbackNet();
  const retireReaper = startReaper(runId, keepDirectory ? join(directory, 'none') : directory);
  const closers: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of closers.reverse()) await close().catch((error: unknown) => errors.push(error));
    await killMarked(RUN_MARK, runId);
    await net.release();
    if (!keepDirectory) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    retireReaper();
    if (errors.length > 0) throw new AggregateError(errors, 'some parts of the workbench did not stop cleanly');
  }

  return {
    runId,
    tools,
    directory,
    makeDirectory: async (name) => {
      const path = join(directory, name);
      await mkdir(path, { recursive: true });
      return path;
    },
    nextAddress: () => net.next(),
    spark: (line) => {
      const spark = tools.spark.get(line);
      if (spark === undefined) throw new Error(`the workbench was opened without Spark ${line}`);
      return spark;
    },
    start: (process) => startProcess({ ...process, runId }),
    onStop: (close) => {
      closers.push(close);
    },
    stop: () => (stopping ??= stopAll()),
  };
}

/** Starts the reaper and returns what tells it that its work is done. */
function startReaper(runId: string, directory: string): () => void {
  const program = join(import.meta.dirname, 'support', 'reaper.ts');
  const reaper = spawn(process.execPath, [program, runId, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Neither the reaper nor the pipe to it keeps the test process alive.
  reaper.unref();
  if (reaper.stdin instanceof Socket) reaper.stdin.unref();
  return () => {
    reaper.stdin.end();
  };
}
