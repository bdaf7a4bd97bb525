/** A real Spark standalone master on an address of its own. */
import { join } from 'node:path';
import * as v from 'valibot';
import type { SparkInstall, SparkLine } from './install/index.ts';
import {
  DECOMMISSION_PROPERTIES,
  prepareSparkDirectory,
  sparkEnvironment,
  type SparkProperties,
} from './spark-runtime.ts';
import type { ManagedProcess } from './support/processes.ts';
import { getJson, waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

const RPC_PORT = 7077;
const REST_PORT = 6066;
/** A JVM on a machine with better things to do takes a minute and more. */
const START_WITHIN_MS = 180_000;

export interface MasterOptions {
  readonly sparkVersion: SparkLine;
  /** Loopback address; a fresh one by default. */
  readonly host?: string;
  /** Default 8080. */
  readonly uiPort?: number;
  /** `spark.ui.reverseProxy`; default true. */
  readonly reverseProxy?: boolean;
  /** Whether workers can drain (`spark.decommission.enabled`); default true. */
  readonly decommission?: boolean;
  /** Further properties of the master; they win over everything above. */
  readonly properties?: SparkProperties;
  /** With it, FILESYSTEM recovery: applications and workers survive {@link Master.restart}. */
  readonly recoveryDirectory?: string;
}

const WorkerState = v.object({
  id: v.string(),
  host: v.string(),
  port: v.number(),
  webuiaddress: v.string(),
  cores: v.number(),
  coresused: v.number(),
  memory: v.number(),
  memoryused: v.number(),
  state: v.string(),
});

const AppState = v.object({ id: v.string(), name: v.string(), cores: v.number(), state: v.string() });

const DriverState = v.object({ id: v.string(), state: v.string(), worker: v.string() });

const MasterState = v.object({
  url: v.string(),
  status: v.string(),
  workers: v.array(WorkerState),
  activeapps: v.array(AppState),
  completedapps: v.array(AppState),
  activedrivers: v.array(DriverState),
  completeddrivers: v.array(DriverState),
});

/** The master's `/json/`, the fields that tests look at. Memory in MiB. */
export type MasterState = v.InferOutput<typeof MasterState>;

export interface Master {
  readonly sparkVersion: SparkLine;
  readonly spark: SparkInstall;
  readonly host: string;
  /** Like "spark://127.73.0.3:7077". */
  readonly masterUrl: string;
  /** Like "http://127.73.0.3:8080", no slash at the end. */
  readonly uiUrl: string;
  readonly reverseProxy: boolean;
  readonly decommission: boolean;
  /** Where applications are submitted in cluster mode. */
  readonly restUrl: string;
  /** stderr of the master, all its lives. */
  readonly logFile: string;
  /** Reads `/json/`. Rejects when the master does not answer. */
  state(): Promise<MasterState>;
  /** Resolves when exactly `count` workers are ALIVE. */
  waitForAliveWorkers(count: number, timeoutMs?: number): Promise<MasterState>;
  /** Ends the process: SIGTERM, SIGKILL after 5 s. With 'SIGKILL', at once. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again at the same address; resolves when it is ALIVE. */
  start(): Promise<void>;
  /** stop() and start(). */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a master; resolves when `/json/` says ALIVE. The workbench stops it. */
export async function startMaster(bench: Workbench, options: MasterOptions): Promise<Master> {
  const { sparkVersion, host = bench.nextAddress(), uiPort = 8080, reverseProxy = true, decommission = true } = options;
  const spark = bench.spark(sparkVersion);
  const directory = await bench.makeDirectory(`master-${host}`);
  const uiUrl = `http://${host}:${uiPort}`;
  const logFile = join(directory, 'master.log');
  await prepareSparkDirectory(directory, masterProperties({ ...options, reverseProxy, decommission }));

  let process: ManagedProcess | undefined;
  const state = async (): Promise<MasterState> => v.parse(MasterState, await getJson(`${uiUrl}/json/`));
  async function start(): Promise<void> {
    if (process?.isRunning() === true) throw new Error('the master runs already');
    const started = bench.start({
      command: join(spark.home, 'bin', 'spark-class'),
      args: masterArguments(host, uiPort),
      env: sparkEnvironment(bench, spark, directory, host),
      cwd: directory,
      logFile,
    });
    process = started;
    await waitFor(
      `the master at ${uiUrl} to be ALIVE (log: ${logFile})`,
      async () => {
        if (!started.isRunning()) throw new Error('it ended');
        return (await state()).status === 'ALIVE';
      },
      { timeoutMs: START_WITHIN_MS },
    );
  }
  async function stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (signal === 'SIGKILL') process?.signal('SIGKILL');
    await process?.stop(5000);
  }
  async function restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await stop(signal);
    await start();
  }
  bench.onStop(() => stop('SIGKILL'));
  await start();
  return {
    sparkVersion,
    spark,
    host,
    masterUrl: `spark://${host}:${RPC_PORT}`,
    uiUrl,
    restUrl: `http://${host}:${REST_PORT}`,
    reverseProxy,
    decommission,
    logFile,
    state,
    waitForAliveWorkers: (count, timeoutMs = 60_000) => waitForAlive(state, count, timeoutMs),
    stop,
    start,
    restart,
  };
}

function masterArguments(host: string, uiPort: number): string[] {
  const ports = ['--port', String(RPC_PORT), '--webui-port', String(uiPort)];
  return ['org.apache.spark.deploy.master.Master', '--host', host, ...ports];
}

function masterProperties(options: MasterOptions): SparkProperties {
  return {
    'spark.master.rest.enabled': 'true',
    'spark.ui.reverseProxy': String(options.reverseProxy),
    ...(options.decommission === true && DECOMMISSION_PROPERTIES),
    ...(options.recoveryDirectory !== undefined && {
      'spark.deploy.recoveryMode': 'FILESYSTEM',
      'spark.deploy.recoveryDirectory': options.recoveryDirectory,
    }),
    ...options.properties,
  };
}

async function waitForAlive(read: () => Promise<MasterState>, count: number, timeoutMs: number): Promise<MasterState> {
  let seen: string[] = [];
  try {
    return await waitFor(
      `${count} ALIVE workers`,
      async () => {
        const state = await read();
        seen = state.workers.map((worker) => `${worker.host} ${worker.state}`);
        return state.workers.filter((worker) => worker.state === 'ALIVE').length === count && state;
      },
      { timeoutMs },
    );
  } catch (cause) {
    throw new Error(`not ${count} ALIVE workers; last seen: ${seen.join(', ')}`, { cause });
  }
}
