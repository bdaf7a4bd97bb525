/** The commands in this process, against a stand-in that stands still unless a test moves it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { Environment } from '../../src/cli/cluster-side.ts';
import type { Print } from '../../src/cli/print.ts';
import { startStandin, type Standin, type StandinOptions } from '../../demo/standin/standin.ts';
import { configOf } from '../config/environments.ts';

export const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
export const CONFIG_MAP = 'cluster-config';

export type Variables = Readonly<Record<string, string>>;

/** Variables that are set or, with undefined, taken away. */
export type Changes = Readonly<Record<string, string | undefined>>;

export interface Bench {
  readonly standin: Standin;
  /** Variables that lead to the stand-in and switch the daemon on. */
  readonly env: Variables;
  /** Runs a command in this process: what it printed, and its exit code. */
  run(
    command: (config: Config, env: Environment, print: Print) => Promise<number>,
    more?: Changes,
  ): Promise<{ readonly code: number; readonly lines: readonly string[] }>;
  /** Requests that could have changed something: "patch pods", "master /workers". */
  writes(): readonly string[];
  stop(): Promise<void>;
}

/** Two workers, and a ConfigMap with the flag on. */
export async function startBench(options: StandinOptions = {}): Promise<Bench> {
  const configMaps = { [CONFIG_MAP]: { 'elasticWorker.enable': 'true' } };
  const standin = await startStandin({ configMaps, ...options });
  const directory = await mkdtemp(join(tmpdir(), 'elastic-worker-cli-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, standin.kubeconfig(), { mode: 0o600 });
  const env: Variables = {
    ELASTIC_WORKER_TARGET: standin.world.options.controllerName,
    ELASTIC_WORKER_CONFIG_MAP: CONFIG_MAP,
    ELASTIC_WORKER_MASTER_URL: standin.masterUiUrl,
    ELASTIC_WORKER_ALLOWED_NETWORKS: '127.0.0.0/8',
    ELASTIC_WORKER_BURST: '0s',
    KUBECONFIG: kubeconfig,
  };
  return {
    standin,
    env,
    async run(command, more = {}) {
      const all = Object.fromEntries(
        Object.entries({ ...env, ...more }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
      let text = '';
      const code = await command(configOf(all), all, (piece) => (text += piece));
      return { code, lines: text.split('\n').slice(0, -1) };
    },
    writes: () => {
      const { apiUsage } = standin.world;
      const readOnly = /^(get|list) |^create selfsubjectaccessreviews$/;
      return [...apiUsage.requests.keys()].filter((name) => !readOnly.test(name));
    },
    async stop() {
      await standin.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  readonly errorText: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  text(): string;
  errorText(): string;
  readonly finished: Promise<Finished>;
}

/** The program as a process of its own, from its sources. It gets these variables and PATH, nothing else. */
export function startCommand(args: readonly string[], variables: Variables = {}): Started {
  const env = { PATH: process.env.PATH ?? '', ...variables };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errorText = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errorText += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output, errorText });
    });
  });
  return { child, text: () => output, errorText: () => errorText, finished };
}

/** Runs it to its end. */
export function commandLine(args: readonly string[], variables: Variables = {}): Promise<Finished> {
  return startCommand(args, variables).finished;
}
