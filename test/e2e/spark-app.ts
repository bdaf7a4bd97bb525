/** Real PySpark applications: submitted, followed line by line, waited for, killed. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import * as v from 'valibot';
import { clusterDriver } from './cluster-driver.ts';
import { analyseEventLog, type EventLogReport } from './event-log.ts';
import type { Master } from './spark-master.ts';
import {
  DECOMMISSION_PROPERTIES,
  EXECUTOR_PROPERTIES,
  prepareSparkDirectory,
  sparkEnvironment,
  type SparkProperties,
} from './spark-runtime.ts';
import { killMarked, markedProcesses, UNIT_MARK } from './support/processes.ts';
import { waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

/** Scripts in apps/; each file's head says what it does and which arguments it takes. */
export type AppScript = 'burst.py' | 'shuffle.py' | 'notebook.py' | 'commanded.py' | 'value_at_risk.py' | 'shapes.py';

export interface DynamicAllocation {
  /** Executors. Defaults: 0, 30, 0. */
  readonly min?: number;
  readonly max?: number;
  readonly initial?: number;
  /** `executorIdleTimeout`, whole seconds. Default 10. */
  readonly idleTimeoutSeconds?: number;
}

export interface AppOptions {
  readonly master: Master;
  readonly script: AppScript;
  /** Arguments of the script, like `{ tasks: 40, seconds: 2 }` for `--tasks 40 --seconds 2`. */
  readonly args?: Readonly<Record<string, number | string>>;
  /** Shown by the master; the script's name by default. */
  readonly name?: string;
  /** 'client' (default): a driver beside the cluster, on its own address. 'cluster': a driver on a worker. */
  readonly deployMode?: 'client' | 'cluster';
  /** With shuffle tracking. On by default; false turns it off (then set `spark.cores.max` in `properties`). */
  readonly dynamicAllocation?: DynamicAllocation | false;
  /** Win over everything the harness sets. */
  readonly properties?: SparkProperties;
  /** How long until the application must be registered. Default 120 000. */
  readonly startTimeoutMs?: number;
}

/** A line of the script: a word and fields, `atMs` always. */
export interface AppLine {
  readonly word: 'APP' | 'PHASE' | 'RESULT';
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface AppOutcome {
  readonly appId: string;
  /** Fields of the RESULT line, undefined if there was none. `correct` says whether the answer is right. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  /** Of the driver; null if it was killed. In cluster mode 0 for FINISHED and 1 for all else. */
  readonly exitCode: number | null;
  readonly eventLogFile: string;
}

export interface RunningApp {
  readonly appId: string;
  readonly name: string;
  /** The application's own address; executors and master reach the driver there. In cluster mode its worker's. */
  readonly driverHost: string;
  /** Driver's web UI and REST, like "http://127.73.0.9:4040". */
  readonly uiUrl: string;
  /** In cluster mode, like "driver-20261123083000-0000". */
  readonly driverId: string | undefined;
  readonly eventLogFile: string;
  /** Lines so far. */
  lines(): Promise<readonly AppLine[]>;
  /** Resolves with the first PHASE line that has all these fields, past or to come. */
  waitForPhase(fields: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<AppLine>;
  /** Resolves when the driver has ended. Rejects after `timeoutMs` (default 300 000). */
  waitUntilDone(timeoutMs?: number): Promise<AppOutcome>;
  /** Analyses the event log as far as it is written. */
  readEventLog(): Promise<EventLogReport>;
  /** Ends the driver by SIGKILL (cluster mode: asks the master). */
  kill(): Promise<void>;
  /** Fault: stops the driver's processes where they stand, as a long pause of its JVM does. Client mode only. */
  pause(): void;
  resume(): void;
}

/** How the driver ends and is ended, in either mode. */
interface Driver {
  readonly driverId: string | undefined;
  /** Exit code once it has ended. */
  ended(): Promise<number | null | undefined>;
  kill(): Promise<void>;
  signal?(signal: NodeJS.Signals): void;
}

/** Submits a script; resolves when the application is registered at the master. The workbench kills it at the end. */
export async function submitApp(bench: Workbench, options: AppOptions): Promise<RunningApp> {
  const { name = options.script.replace('.py', ''), deployMode = 'client', startTimeoutMs = 120_000 } = options;
  const host = bench.nextAddress();
  const directory = await bench.makeDirectory(`app-${name}-${host}`);
  const eventLogDirectory = await bench.makeDirectory('event-logs');
  const outFile = join(directory, 'out.txt');
  const properties = {
    ...appProperties(options, name, eventLogDirectory),
    ...(deployMode === 'client' && { 'spark.driver.host': host, 'spark.driver.bindAddress': host }),
    ...options.properties,
  };
  const scriptArgs: Readonly<Record<string, number | string>> = { ...options.args, out: outFile };
  const args = Object.entries(scriptArgs).flatMap(([key, value]) => [flagOf(key), String(value)]);
  const script = join(import.meta.dirname, 'apps', options.script);
  const driver: Driver =
    deployMode === 'client'
      ? await clientDriver(bench, options.master, { directory, host, script, args, properties })
      : await clusterDriver(options.master, { script, args, properties });

  const started = await waitFor(
    `${name} to register (logs: ${directory})`,
    async () => {
      const line = (await readLines(outFile)).find(({ word }) => word === 'APP');
      if (line === undefined && (await driver.ended()) !== undefined) return 'ended' as const;
      return line;
    },
    { timeoutMs: startTimeoutMs },
  );
  if (started === 'ended') throw new Error(`${name} ended before it registered (logs: ${directory})`);
  return runningApp({ name, outFile, eventLogDirectory, driver, line: started });
}

/** mapTasks becomes --map-tasks. */
function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

interface Started {
  readonly name: string;
  readonly outFile: string;
  readonly eventLogDirectory: string;
  readonly driver: Driver;
  readonly line: AppLine;
}

const AppFields = v.object({ id: v.string(), ui: v.pipe(v.string(), v.url()) });

function runningApp({ name, outFile, eventLogDirectory, driver, line }: Started): RunningApp {
  const { id, ui } = v.parse(AppFields, line.fields);
  const eventLogFile = join(eventLogDirectory, id);
  const lines = (): Promise<AppLine[]> => readLines(outFile);
  async function waitUntilDone(timeoutMs = 300_000): Promise<AppOutcome> {
    const end = await waitFor(
      `${name} to end`,
      async () => {
        const exitCode = await driver.ended();
        return exitCode === undefined ? undefined : { exitCode };
      },
      { timeoutMs },
    );
    const result = (await lines()).find(({ word }) => word === 'RESULT')?.fields;
    return { appId: id, result, exitCode: end.exitCode, eventLogFile };
  }
  return {
    appId: id,
    name,
    driverHost: new URL(ui).hostname,
    uiUrl: ui.replace(/\/$/, ''),
    driverId: driver.driverId,
    eventLogFile,
    lines,
    waitForPhase: (fields, timeoutMs = 120_000) =>
      waitFor(
        `phase ${JSON.stringify(fields)} of ${name}`,
        async () =>
          (await lines()).find(
            (each) =>
              each.word === 'PHASE' && Object.entries(fields).every(([key, value]) => each.fields[key] === value),
          ),
        { timeoutMs },
      ),
    waitUntilDone,
    readEventLog: () => readEventLog(eventLogFile),
    kill: () => driver.kill(),
    pause: () => driver.signal?.('SIGSTOP'),
    resume: () => driver.signal?.('SIGCONT'),
  };
}

/** Analyses an event log, finished or still being written. */
export async function readEventLog(file: string): Promise<EventLogReport> {
  const path = existsSync(file) ? file : `${file}.inprogress`;
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) lines.push(line);
  return analyseEventLog(lines);
}

function appProperties(options: AppOptions, name: string, eventLogDirectory: string): SparkProperties {
  const { master, dynamicAllocation = {} } = options;
  return {
    ...EXECUTOR_PROPERTIES,
    ...(master.decommission && DECOMMISSION_PROPERTIES),
    ...(dynamicAllocation !== false && dynamicAllocationProperties(dynamicAllocation)),
    'spark.master': master.masterUrl,
    'spark.app.name': name,
    'spark.ui.reverseProxy': String(master.reverseProxy),
    'spark.ui.showConsoleProgress': 'false',
    'spark.eventLog.enabled': 'true',
    'spark.eventLog.dir': `file:${eventLogDirectory}`,
    'spark.eventLog.compress': 'false',
    'spark.eventLog.rolling.enabled': 'false',
  };
}

function dynamicAllocationProperties(options: DynamicAllocation): SparkProperties {
  const { min = 0, max = 30, initial = min, idleTimeoutSeconds = 10 } = options;
  return {
    'spark.dynamicAllocation.enabled': 'true',
    'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
    'spark.dynamicAllocation.minExecutors': String(min),
    'spark.dynamicAllocation.maxExecutors': String(max),
    'spark.dynamicAllocation.initialExecutors': String(initial),
    'spark.dynamicAllocation.executorIdleTimeout': `${idleTimeoutSeconds}s`,
  };
}

interface ClientSubmission {
  readonly directory: string;
  readonly host: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly properties: SparkProperties;
}

/** Starts the driver as a Python program of ours; its JVM is its child. */
async function clientDriver(bench: Workbench, master: Master, submission: ClientSubmission): Promise<Driver> {
  const { directory, host, script, args, properties } = submission;
  const { spark } = master;
  await prepareSparkDirectory(directory, properties);
  const unitId = `app-${host}`;
  const process = bench.start({
    command: 'python3',
    args: [script, ...args],
    env: {
      ...sparkEnvironment(bench, spark, directory, host),
      PYTHONPATH: spark.pythonPath,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    cwd: directory,
    logFile: join(directory, 'driver.log'),
    unitId,
  });
  let exitCode: number | null | undefined;
  void process.exited.then(({ code }) => (exitCode = code));
  return {
    driverId: undefined,
    ended: () => Promise.resolve(exitCode),
    kill: () => killMarked(UNIT_MARK, unitId),
    signal: (signal) => {
      for (const pid of markedProcesses(UNIT_MARK, unitId)) globalThis.process.kill(pid, signal);
    },
  };
}

async function readLines(file: string): Promise<AppLine[]> {
  if (!existsSync(file)) return [];
  return (await readFile(file, 'utf8')).split('\n').flatMap((text) => {
    const [, word, json = ''] = /^(APP|PHASE|RESULT) (\{.*\})$/.exec(text) ?? [];
    if (word !== 'APP' && word !== 'PHASE' && word !== 'RESULT') return [];
    return [{ word, fields: v.parse(v.record(v.string(), v.unknown()), JSON.parse(json)) }];
  });
}
