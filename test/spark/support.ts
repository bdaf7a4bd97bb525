/** What the tests of the Spark adapters share: captured answers, views, options, and taking results apart. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssertionError } from 'chai';
import fc from 'fast-check';
import type { OperatingError, Result } from '../../src/core/result.ts';
import { resources } from '../../src/core/resources.ts';
import type { ApplicationView, WorkerView } from '../../src/core/spark-view.ts';
import { sparkAdapters, type SparkAdapters } from '../../src/spark/adapters.ts';
import type { SparkHttpOptions } from '../../src/spark/options.ts';

const FOLDERS = ['../fixtures/', '../standin/fixtures/'];

/** A captured answer, by "spark-3.5.7/master-idle.json". */
export function fixture(name: string): string {
  for (const folder of FOLDERS) {
    try {
      return readFileSync(new URL(folder + name, import.meta.url), 'utf8');
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
    }
  }
  throw new Error(`no such fixture: ${name}`);
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON with one place changed, by path: at(body, ['workers', 0, 'cores'], 'many'); undefined takes the place away. */
export function changed(body: string, path: readonly (string | number)[], value: unknown): string {
  const root: unknown = JSON.parse(body);
  let holder = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (!(last in holder) && value === undefined) throw new Error(`nothing to take away at ${path.join('.')}`);
  // Assigning would not make a place of the name __proto__.
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else Object.defineProperty(holder, last, { value, enumerable: true, configurable: true, writable: true });
  return JSON.stringify(root);
}

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(`${result.error.kind}: ${result.error.what}: ${result.error.detail}`);
  return result.value;
}

export function errorOf(result: Result<unknown>): OperatingError {
  if (result.ok) throw new AssertionError(`expected an error, got ${JSON.stringify(result.value)}`);
  return result.error;
}

export const never = new AbortController().signal;

/** Deadlines long enough for a busy machine: a test of a deadline sets its own. */
export function options(more: Partial<SparkHttpOptions> = {}): SparkHttpOptions {
  return {
    masterUrl: 'http://127.0.0.1:1',
    pollMs: 1000,
    masterTimeoutMs: 4000,
    requestTimeoutMs: 4000,
    driverRequestsPerSecond: 50,
    maxConcurrentRequests: 16,
    maxBodyMiB: 1,
    useProxy: 'auto',
    allowedNetworks: ['127.0.0.0/8', '::1/128'],
    learntNetworks: () => [],
    deniedAddresses: ['10.96.0.1'],
    now: () => 0,
    ...more,
  };
}

export async function adapters(more: Partial<SparkHttpOptions> = {}): Promise<SparkAdapters> {
  const built = await sparkAdapters(options(more));
  if (!built.ok) throw new AssertionError(built.error.join('; '));
  return built.value;
}

export function application(id: string, more: Partial<ApplicationView> = {}): ApplicationView {
  return {
    id,
    name: 'job',
    state: 'RUNNING',
    startedAtEpochMs: 0,
    grantedCores: 0,
    memoryPerExecutorMiB: 1024,
    customPerExecutor: {},
    ...more,
  };
}

export function worker(id: string, webUiAddress: string): WorkerView {
  return {
    id,
    host: '127.0.0.1',
    port: 7078,
    webUiAddress,
    state: 'ALIVE',
    total: resources(2, 2048),
    used: resources(0, 0),
    lastHeartbeatAtEpochMs: 0,
  };
}

/** Any characters at all, control characters and halves of surrogate pairs too. (fc's unit 'binary' takes a second to build.) */
export function anyText(maxLength = 10): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength }).map((codes) => String.fromCharCode(...codes));
}

export interface Files {
  /** Writes a file and answers its path. */
  write(name: string, text: string): Promise<string>;
  path(name: string): string;
  remove(): Promise<void>;
}

/** A directory of the test's own. */
export async function temporaryFiles(): Promise<Files> {
  const directory = await mkdtemp(join(tmpdir(), 'spark-'));
  const path = (name: string): string => join(directory, name);
  return {
    path,
    write: async (name, text) => {
      await writeFile(path(name), text);
      return path(name);
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
