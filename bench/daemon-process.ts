/** The bundle as a process of its own, started as the image starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { readImageStart } from './image.ts';

export const BUNDLE = fileURLToPath(new URL('../dist/elastic-worker.mjs', import.meta.url));

const ASK_EVERY_MS = 5;
const START_WITHIN_MS = 20_000;

/** A decision that was made on something: before that the daemon has nothing to show. */
const Status = v.object({ decisions: v.array(v.object({ counts: v.object({ observed: v.nullable(v.number()) }) })) });

export interface DaemonProcess {
  readonly pid: number;
  /** Resolves with the milliseconds from its start until `/status` shows a decision; rejects if it does not come. */
  firstDecision(): Promise<number>;
  /** What it wrote to standard error. */
  errorText(): string;
  isRunning(): boolean;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts it with these variables, the image's flags and variables, and nothing else. Throws where the bundle was not built. */
export async function startDaemonProcess(env: Readonly<Record<string, string>>): Promise<DaemonProcess> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: npm run build`);
  const image = await readImageStart();
  const startedMs = performance.now();
  // Its log goes nowhere: reading it would cost the stand-in's process time, and the daemon writes it all the same.
  const child = spawn(process.execPath, [...image.flags, BUNDLE], {
    env: { ...image.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${process.execPath}`);
  const ended = once(child, 'exit');
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errorText += text));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  async function firstDecision(): Promise<number> {
    while (isRunning() && performance.now() - startedMs < START_WITHIN_MS) {
      if (await hasDecided(`http://${env.ELASTIC_WORKER_LISTEN ?? ''}/status`)) return performance.now() - startedMs;
      await setTimeout(ASK_EVERY_MS);
    }
    throw new Error(`the daemon showed no decision: ${errorText || 'and said nothing'}`);
  }

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', killed);
  }

  return { pid, firstDecision, errorText: () => errorText, isRunning, stop };
}

async function hasDecided(url: string): Promise<boolean> {
  let body: unknown;
  try {
    body = await (await fetch(url)).json();
  } catch {
    return false; // it does not listen yet
  }
  return v.parse(Status, body).decisions.some(({ counts }) => counts.observed !== null);
}
