/** An application that begins each of its jobs when the test says so (apps/commanded.py). */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppOptions, RunningApp } from '../spark-app.ts';
import { waitFor } from '../support/wait.ts';
import type { Rig } from './rig.ts';

/** What it can be told to do; apps/commanded.py says what each means. Seconds are of one task. */
export type Command =
  | { readonly do: 'spread'; readonly executors: number; readonly slots: number }
  | { readonly do: 'shuffle'; readonly tasks: number; readonly seconds?: number }
  | { readonly do: 'again'; readonly seconds?: number }
  | {
      readonly do: 'tail';
      readonly slow: number;
      readonly slowSeconds?: number;
      readonly short?: number;
      readonly shortSeconds?: number;
      /** Executors asked for at once, without the allocation manager’s ramp. */
      readonly ask?: number;
    }
  | { readonly do: 'stop' };

export interface CommandedApp {
  readonly app: RunningApp;
  /** Tells it, and resolves when it is done. Rejects when the application ended instead, or at the deadline. */
  run(command: Command, timeoutMs?: number): Promise<void>;
  /** Tells it, and resolves with the number that `done` takes. */
  begin(command: Command): Promise<number>;
  /** Resolves when the command of this number is done. */
  done(number: number, timeoutMs?: number): Promise<void>;
  /** Ends it; resolves when its driver has ended. */
  stop(): Promise<void>;
}

/** Submits it; options are those of any application. */
export async function submitCommanded(
  rig: Rig,
  options: Omit<AppOptions, 'master' | 'script' | 'args'> = {},
): Promise<CommandedApp> {
  const directory = await rig.options.bench.makeDirectory('commands');
  const commands = join(directory, `${options.name ?? 'app'}-${Date.now()}.jsonl`);
  const app = await rig.submit({ ...options, script: 'commanded.py', args: { commands } });
  let told = 0;
  let ended = false;
  void app.waitUntilDone(24 * 3_600_000).then(() => (ended = true));
  async function begin(command: Command): Promise<number> {
    const number = told;
    told += 1;
    await appendFile(commands, `${JSON.stringify(command)}\n`);
    return number;
  }
  async function done(number: number, timeoutMs = 300_000): Promise<void> {
    const found = await waitFor(
      `command ${number} of ${app.name}`,
      async () => {
        const lines = await app.lines();
        const line = lines.find(
          ({ word, fields }) => word === 'PHASE' && fields.name === 'done' && fields.number === number,
        );
        return line ?? (ended ? ('ended' as const) : undefined);
      },
      { timeoutMs },
    );
    if (found === 'ended') throw new Error(`${app.name} ended before command ${number} was done`);
  }
  return {
    app,
    begin,
    done,
    run: async (command, timeoutMs) => done(await begin(command), timeoutMs),
    stop: async () => {
      await begin({ do: 'stop' });
      await app.waitUntilDone();
    },
  };
}
