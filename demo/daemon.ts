/** The real daemon as a process of its own, as its container would start it: nothing is handed over but variables. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Standin } from './standin/standin.ts';

const BUNDLE = fileURLToPath(new URL('../dist/elastic-worker.mjs', import.meta.url));
const STATUS_PORT = 9404;
const ASK_MS = 2000;
/** Read before the daemon: its input is a pipe from us, so it ends when we do, even by SIGKILL. */
const ENDS_WITH_US =
  'data:text/javascript,process.stdin.resume().once("end", () => process.exit(1)).once("error", () => {}).unref();';
/** A daemon that was told to end has five seconds by its own word; then it is killed. */
const STOP_MS = 8000;

const Count = v.nullable(v.number());
const Change = v.object({
  direction: v.picklist(['grow', 'shrink', 'cancel-unfilled']),
  from: v.number(),
  to: v.number(),
  victims: v.array(v.string()),
});
const Demand = v.looseObject({
  application: v.string(),
  executors: v.number(),
  basis: v.string(),
  certain: v.boolean(),
});
const Decision = v.looseObject({
  sequence: v.number(),
  atEpochMs: v.number(),
  change: v.nullable(Change),
  reason: v.string(),
  sentence: v.string(),
  outcome: v.looseObject({ kind: v.string() }),
  counts: v.object({ wanted: Count, desired: Count, planned: Count, observed: Count }),
  demands: v.array(Demand),
  blockers: v.array(v.string()),
});
const Status = v.looseObject({
  standing: v.nullable(v.looseObject({ acts: v.boolean(), code: v.optional(v.string()), why: v.optional(v.string()) })),
  problems: v.array(v.string()),
  sources: v.array(v.looseObject({ name: v.string(), error: v.nullable(v.string()) })),
  settings: v.record(v.string(), v.unknown()),
  decisions: v.array(Decision),
});

/** The daemon's `/status`, as far as it is used here. Newest decision first. */
export type StatusDocument = v.InferOutput<typeof Status>;
export type StatusDecision = v.InferOutput<typeof Decision>;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Daemon {
  readonly pid: number;
  /** Where it serves, without a slash at the end. */
  readonly url: string;
  /** Lines of its standard output so far, and what it wrote to standard error. */
  readonly lines: readonly string[];
  errorText(): string;
  /** Undefined while it runs. */
  ending(): Ending | undefined;
  /** Resolves once the process has ended and all its output was read. */
  readonly ended: Promise<Ending>;
  /** Sends a signal to this process alone; nothing after its end. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL to one that does not obey in time. */
  stop(): Promise<Ending>;
  /** The status page; undefined while it does not answer. Throws where the document is not what was agreed. */
  status(): Promise<StatusDocument | undefined>;
}

/** Variables that point a daemon to a stand-in and make it act. Its own address is the `place`-th of the stand-in's. */
export function daemonSettings(standin: Standin, kubeconfigFile: string, place = 0): Record<string, string> {
  const { network, namespace, controllerName } = standin.world.options;
  return {
    ELASTIC_WORKER_KUBECONFIG: kubeconfigFile,
    ELASTIC_WORKER_NAMESPACE: namespace,
    ELASTIC_WORKER_TARGET: controllerName,
    ELASTIC_WORKER_MASTER_URL: standin.masterUiUrl,
    // Everything here lives on loopback, where applications may not point to unless told so.
    ELASTIC_WORKER_ALLOWED_NETWORKS: '127.0.0.0/8',
    ELASTIC_WORKER_LISTEN: `${network}.255.${1 + place}:${STATUS_PORT}`,
    ELASTIC_WORKER_ENABLE: 'true',
    ELASTIC_WORKER_LOG_FORMAT: 'json',
  };
}

/**
 * Starts the bundle with this very Node. Of our own environment it gets PATH alone.
 *
 * @throws where the bundle was not built.
 */
export function startDaemon(env: Readonly<Record<string, string>>, args: readonly string[] = []): Daemon {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: npm run build`);
  const child = spawn(process.execPath, ['--import', ENDS_WITH_US, BUNDLE, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: 'pipe',
    // A Ctrl-C at the terminal goes to the whole group; who ends the daemon, and when, is decided here.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${process.execPath}`);
  const lines = linesOf(child.stdout);
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errorText += text));
  let ending: Ending | undefined;
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      ending = { code, signal };
      resolve(ending);
    });
  });
  const url = `http://${env.ELASTIC_WORKER_LISTEN ?? ''}`;
  return {
    pid,
    url,
    lines,
    errorText: () => errorText,
    ending: () => ending,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
    status: () => readStatus(url),
  };
}

function linesOf(stream: NodeJS.ReadableStream): readonly string[] {
  const lines: string[] = [];
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return lines;
}

async function readStatus(url: string): Promise<StatusDocument | undefined> {
  let text: string;
  try {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(ASK_MS) });
    if (!response.ok) return undefined;
    text = await response.text();
  } catch {
    return undefined;
  }
  return v.parse(v.pipe(v.string(), v.parseJson(), Status), text);
}
