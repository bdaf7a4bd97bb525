/** The container of one worker pod: a real Spark worker, restarted when it dies by itself, as kubelet would. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SparkInstall } from './install/index.ts';
import { prepareSparkDirectory, sparkEnvironment, type SparkProperties } from './spark-runtime.ts';
import { killMarked, UNIT_MARK, type Ending, type ManagedProcess } from './support/processes.ts';
import type { Workbench } from './workbench.ts';

/** Port of each worker's web UI, on the pod's own address. */
export const WORKER_UI_PORT = 8081;

export interface WorkerProcessOptions {
  readonly spark: SparkInstall;
  readonly masterUrl: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podIp: string;
  /** The container's environment; SPARK_WORKER_CORES and SPARK_WORKER_MEMORY size the worker. */
  readonly env: Readonly<Record<string, string>>;
  readonly properties: SparkProperties;
  /** Wait before each start, as a slow image pull would. */
  readonly startDelayMs: number;
}

/** What kubelet would report about the container. */
export interface WorkerProcessState {
  readonly running: boolean;
  /** Since when the worker's web UI answers; undefined while it does not. */
  readonly answeringSinceMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly restarts: number;
  readonly lastEnding: Ending | undefined;
}

export interface WorkerProcess {
  /** Process id of the worker, undefined while none runs. */
  pid(): number | undefined;
  state(): WorkerProcessState;
  /** Folder with worker.log, work/ (executors' and drivers' output), local/ (blocks). */
  readonly directory: string;
  /** SIGTERM, after `graceMs` SIGKILL; then everything it ever started is killed. Resolves when all is gone. */
  end(graceMs: number): Promise<void>;
}

/** Starts the worker (after `startDelayMs`) and keeps it running until `end`. */
export function runWorker(bench: Workbench, options: WorkerProcessOptions): WorkerProcess {
  const directory = join(bench.directory, 'pods', `${options.podName}-${options.podUid.slice(0, 8)}`);
  const ending = new AbortController();
  let process: ManagedProcess | undefined;
  let answeringSinceMs: number | undefined;
  let restarts = 0;
  let lastEnding: Ending | undefined;

  const isEnding = (): boolean => ending.signal.aborted;

  async function live(): Promise<void> {
    await prepareSparkDirectory(directory, options.properties);
    for (;;) {
      await pause(options.startDelayMs, ending.signal);
      if (isEnding()) return;
      const started = startWorker(bench, directory, options);
      process = started;
      void watchAnswer(started);
      lastEnding = await started.exited;
      answeringSinceMs = undefined;
      if (isEnding()) return;
      restarts += 1;
      // A container's processes end with its first one. Kubelet starts the next at once, then ever later.
      await killMarked(UNIT_MARK, options.podUid);
      await pause(restarts === 1 ? 0 : Math.min(10_000 * 2 ** (restarts - 2), 300_000), ending.signal);
    }
  }

  async function watchAnswer(started: ManagedProcess): Promise<void> {
    while (started.isRunning() && !isEnding()) {
      const now = (await answers(options.podIp)) && started.isRunning();
      answeringSinceMs = now ? (answeringSinceMs ?? Date.now()) : undefined;
      await pause(now ? 1000 : 150, ending.signal);
    }
  }

  const life = live();
  return {
    directory,
    pid: () => (process?.isRunning() === true ? process.pid : undefined),
    state: () => ({
      running: process?.isRunning() ?? false,
      answeringSinceMs,
      startedMs: process?.startedMs,
      restarts,
      lastEnding,
    }),
    end: async (graceMs) => {
      ending.abort();
      await process?.stop(graceMs);
      await life;
      await killMarked(UNIT_MARK, options.podUid);
    },
  };
}

function startWorker(bench: Workbench, directory: string, options: WorkerProcessOptions): ManagedProcess {
  const { spark, podIp, masterUrl } = options;
  const ui = ['--webui-port', String(WORKER_UI_PORT)];
  return bench.start({
    command: join(spark.home, 'bin', 'spark-class'),
    args: ['org.apache.spark.deploy.worker.Worker', '--host', podIp, ...ui, masterUrl],
    env: { ...options.env, ...sparkEnvironment(bench, spark, directory, podIp) },
    cwd: directory,
    logFile: join(directory, 'worker.log'),
    unitId: options.podUid,
  });
}

async function answers(podIp: string): Promise<boolean> {
  try {
    const url = `http://${podIp}:${WORKER_UI_PORT}/json/`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Sleeps, but not beyond the end of the pod. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
}
