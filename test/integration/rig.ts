/**
 * The real daemon against the stand-in over HTTP: what the integration tests share.
 *
 * The stand-in lives in this process and follows the wall clock; the daemon is the bundle in a process of its own. Tests
 * wait for what has to happen, with a deadline, never for a time.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { daemonSettings, startDaemon, type Daemon, type Ending, type StatusDocument } from '../../demo/daemon.ts';
import type { ApplicationSpec, Worker } from '../../demo/standin/spark/model.ts';
import type { StageSpec } from '../../demo/standin/spark/tasks.ts';
import { startStandin, type Standin, type StandinOptions } from '../../demo/standin/standin.ts';
import type { World } from '../../demo/standin/world.ts';

/** Most rigs at the same time: a daemon mostly waits for its next second, but it takes a moment of CPU to start. */
const TOGETHER = 5;
const LOOK_MS = 20;
const DEADLINE_MS = 60_000;

export type Variables = Readonly<Record<string, string>>;

/** As short as the settings allow, so that a test takes seconds. */
const QUICK: Variables = {
  ELASTIC_WORKER_MAX: '6',
  ELASTIC_WORKER_HOLD: '1s',
  ELASTIC_WORKER_BURST: '0s',
  ELASTIC_WORKER_SETTLE: '0s',
  ELASTIC_WORKER_MAX_DRAINING: '10',
  ELASTIC_WORKER_PODS_PERIOD: '1s',
  ELASTIC_WORKER_TARGET_PERIOD: '1s',
  ELASTIC_WORKER_LOG_LEVEL: 'debug',
};

const QUICK_WORLD: StandinOptions = {
  initialWorkers: 1,
  podStartMs: 400,
  podStopMs: 200,
  executorStartMs: 100,
  executorExitMs: 100,
};

/** One executor fills a worker, so that executors wanted are workers wanted. */
export const WHOLE_WORKER: ApplicationSpec = {
  name: 'job',
  executorCores: 4,
  executorMemoryMiB: 1024,
  dynamicAllocation: true,
  maxExecutors: 20,
  idleTimeoutMs: 200,
  backlogTimeoutMs: 200,
};

/** Tasks that keep so many whole workers busy until the test ends. */
export function endless(workers: number): StageSpec {
  return { tasks: workers * 4, taskMs: 600_000 };
}

export interface Rig {
  readonly standin: Standin;
  readonly world: World;
  /** Every value that the replicas had, the first one included. */
  readonly replicas: readonly number[];
  /** Pods whose end was asked for, by whoever it was. */
  readonly endedPods: ReadonlySet<string>;
  /** When writes of the count came in; milliseconds since the epoch. */
  readonly resizeTimes: readonly number[];
  /** Names of requests to the API that could have changed something: "patch pods". */
  readonly writes: () => readonly string[];
  /** Starts the daemon; `place` tells daemons of one rig apart. */
  readonly daemon: (variables?: Variables, place?: number) => Daemon;
  /** Runs a command of the daemon to its end. */
  readonly command: (name: string, variables?: Variables) => Promise<Finished>;
  /** Starts an application of executors as large as a worker, with a job. */
  readonly submit: (job: StageSpec, spec?: Partial<ApplicationSpec>) => Promise<string>;
  /** Looks until `probe` gives something else than undefined or false. Rejects at the deadline, or if a daemon fails. */
  readonly eventually: <T>(what: string, probe: () => T | undefined | false) => Promise<T>;
}

export interface Finished extends Ending {
  readonly output: string;
  readonly errorText: string;
}

/** Makes a rig, hands it over and stops all of it afterwards, whatever happened. */
export async function withRig(options: StandinOptions, use: (rig: Rig) => Promise<void>): Promise<void> {
  const standin = await startStandin({ ...QUICK_WORLD, ...options });
  const daemons: Daemon[] = [];
  let recorder: ReturnType<typeof record> | undefined;
  let directory: string | undefined;
  try {
    directory = await mkdtemp(join(tmpdir(), 'elastic-worker-test-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, standin.kubeconfig(), { mode: 0o600 });
    recorder = record(standin.world);
    standin.run();
    const start = (variables: Variables, place: number, args: readonly string[]): Daemon => {
      const settings = { ...daemonSettings(standin, kubeconfig, place), ...QUICK, ...variables };
      const daemon = startDaemon(withoutEmpty(settings), args);
      daemons.push(daemon);
      return daemon;
    };
    await use({
      standin,
      world: standin.world,
      ...recorder,
      writes: () => writesOf(standin.world),
      daemon: (variables = {}, place = 0) => start(variables, place, []),
      command: async (name, variables = {}) => {
        const process = start(variables, 0, [name]);
        const ending = await process.ended;
        return { ...ending, output: process.lines.join('\n'), errorText: process.errorText() };
      },
      submit: async (job, spec = {}) => {
        const app = await standin.startApplication({ ...WHOLE_WORKER, ...spec });
        standin.submitJob(app, job);
        return app;
      },
      eventually: (what, probe) =>
        eventually(what, () => {
          for (const daemon of daemons) if ((daemon.ending()?.code ?? 0) !== 0) throw endedBefore(what, daemon);
          return probe();
        }),
    });
  } finally {
    for (const daemon of daemons) daemon.kill('SIGKILL');
    await Promise.all(daemons.map(({ ended }) => ended));
    recorder?.stop();
    await standin.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** A variable set to nothing is one that is not to be given. */
function withoutEmpty(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

function record(world: World) {
  const replicas = [world.kube.controller.replicas];
  const seenPods = new Set<string>();
  const endedPods = new Set<string>();
  const resizeTimes: number[] = [];
  const look = (): void => {
    const now = world.kube.controller.replicas;
    if (now !== replicas.at(-1)) replicas.push(now);
    const alive = [...world.kube.pods.values()].filter((pod) => pod.deletion === undefined).map(({ name }) => name);
    for (const pod of world.kube.pods.values()) seenPods.add(pod.name);
    // On a busy machine a pod may be gone from one look to the next.
    for (const name of seenPods) if (!alive.includes(name)) endedPods.add(name);
    const resizes = world.apiUsage.requests.get('patch replicationcontrollers/scale') ?? 0;
    while (resizeTimes.length < resizes) resizeTimes.push(Date.now());
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = (): void => {
    clearInterval(timer);
  };
  return { replicas, endedPods, resizeTimes, stop };
}

function writesOf({ apiUsage }: World): readonly string[] {
  const readOnly = /^(get|list) |^create selfsubjectaccessreviews$/;
  return [...apiUsage.requests.keys()].filter((name) => !readOnly.test(name));
}

function endedBefore(what: string, daemon: Daemon): Error {
  const { code, signal } = daemon.ending() ?? {};
  return new Error(`the daemon ended (${code ?? signal}) before: ${what}\n${daemon.errorText()}`);
}

async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const untilMs = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > untilMs) throw new Error(`waited ${DEADLINE_MS} ms in vain for: ${what}`);
    await delay(LOOK_MS);
  }
}

type Newest = StatusDocument['decisions'][number];

/** The first status whose newest decision is as told. Rejects at once if the daemon ends. */
export function decided(
  daemon: Daemon,
  what: string,
  isSo: (newest: Newest, status: StatusDocument) => boolean,
): Promise<StatusDocument> {
  let newest: Newest | undefined;
  return eventually(what, async () => {
    if (daemon.ending() !== undefined) throw endedBefore(what, daemon);
    const status = await daemon.status();
    newest = status?.decisions[0];
    return status !== undefined && newest !== undefined && isSo(newest, status) ? status : undefined;
  }).catch((cause: unknown) => {
    throw new Error(`${String(cause)}; last decision: ${JSON.stringify(newest, undefined, 1)}`, { cause });
  });
}

/** The status after so many more passes. */
export async function passes(daemon: Daemon, count: number): Promise<StatusDocument> {
  const first = (await decided(daemon, 'a decision', () => true)).decisions[0]?.sequence ?? 0;
  return decided(daemon, `${count} more passes`, ({ sequence }) => sequence >= first + count);
}

/** Changes of the count as the daemon tells them, oldest first: [[1, 4], [4, 1]]. */
export function changesIn(status: StatusDocument): readonly (readonly [number, number])[] {
  return status.decisions
    .flatMap(({ change }) => (change === null ? [] : [[change.from, change.to] as const]))
    .reverse();
}

/** The count's changes as the API server saw them, in the same form. */
export function changesSeen({ replicas }: Pick<Rig, 'replicas'>): readonly (readonly [number, number])[] {
  return replicas.slice(1).map((to, index) => [replicas[index] ?? NaN, to] as const);
}

export function workersIn({ world }: Rig, state: Worker['state']): readonly Worker[] {
  return [...world.spark.workers.values()].filter((worker) => worker.state === state);
}

/** The lines that the daemon logged so far. */
export function logged(daemon: Daemon): readonly Readonly<Record<string, unknown>>[] {
  return daemon.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Value of one metric line, like `elastic_worker_resizes_total{direction="grow"}`; undefined where there is none. */
export async function metric(daemon: Daemon, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${daemon.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** What was asked for in all files that mocha has loaded, and what became of it: undefined for a test that passed. */
const started = new Map<() => Promise<void>, Promise<unknown>>();
const waiting: (() => Promise<void>)[] = [];

function startAll(): void {
  const limit = pLimit(TOGETHER);
  const failed = (cause: unknown): unknown => cause ?? new Error('rejected without a reason');
  for (const test of waiting.splice(0))
    started.set(
      test,
      limit(test).then(() => undefined, failed),
    );
}

/** Tests that run side by side, those of other files too, so that their waiting does not add up. Each is one test. */
export function sideBySide(tests: Readonly<Record<string, () => Promise<void>>>): void {
  waiting.push(...Object.values(tests));
  before(startAll);
  for (const [title, test] of Object.entries(tests)) {
    it(title, async () => {
      const failure = await started.get(test);
      if (failure !== undefined) throw failure as Error;
    });
  }
}
