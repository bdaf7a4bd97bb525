/**
 * `npm run demo`: the real daemon against a stand-in of Spark and Kubernetes, for about a minute, in your terminal.
 *
 * Exit code 0 after a good run; 1 if the daemon died, a busy worker was killed or a task went wrong; 2 for wrong usage;
 * 130 after Ctrl-C.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { daemonSettings, startDaemon, type Daemon, type StatusDocument } from './daemon.ts';
import { countTasks } from './load.ts';
import { openScreen, type Screen } from './screen.ts';
import { startStandin, type Standin } from './standin/standin.ts';
import { worldStats } from './standin/world.ts';
import { HOLD_SEC, MAX_WORKERS, MIN_WORKERS, playStory, STORY_SEC } from './story.ts';
import { failuresOf, summaryOf, summaryTable } from './summary.ts';

const LOOK_MS = 250;
const START_MS = 15_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

interface Rig {
  readonly standin: Standin;
  readonly daemon: Daemon;
  readonly directory: string;
}

async function startRig(): Promise<Rig> {
  const standin = await startStandin({
    initialWorkers: MIN_WORKERS,
    podStartMs: 2000,
    podStopMs: 500,
    executorStartMs: 500,
    executorExitMs: 200,
  });
  const directory = await mkdtemp(join(tmpdir(), 'elastic-worker-demo-'));
  try {
    standin.run();
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, standin.kubeconfig(), { mode: 0o600 });
    const daemon = startDaemon({
      ...daemonSettings(standin, kubeconfig),
      ELASTIC_WORKER_MIN: String(MIN_WORKERS),
      ELASTIC_WORKER_MAX: String(MAX_WORKERS),
      ELASTIC_WORKER_HOLD: `${HOLD_SEC}s`,
      ELASTIC_WORKER_SETTLE: '1s',
      ELASTIC_WORKER_MAX_DRAINING: String(MAX_WORKERS),
      ELASTIC_WORKER_PODS_PERIOD: '1s',
      ELASTIC_WORKER_TARGET_PERIOD: '1s',
    });
    return { standin, daemon, directory };
  } catch (cause) {
    await standin.stop();
    await rm(directory, { recursive: true, force: true });
    throw cause;
  }
}

/** Ends everything that was started, each by its own handle. */
async function stopRig({ standin, daemon, directory }: Rig): Promise<void> {
  await daemon.stop();
  await standin.stop();
  await rm(directory, { recursive: true, force: true });
}

/** The first status with a decision in it. Rejects if the daemon ends or stays silent. */
async function firstStatus(daemon: Daemon, signal: AbortSignal): Promise<StatusDocument> {
  const deadlineMs = Date.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    const status = await daemon.status();
    if (status !== undefined && status.decisions.length > 0) return status;
    if (daemon.ending() !== undefined) throw new Error(`the daemon ended at its start:\n${outputOf(daemon)}`);
    if (Date.now() > deadlineMs) throw new Error(`the daemon did not decide within ${START_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS / 5));
  }
}

function outputOf(daemon: Daemon): string {
  return [...daemon.lines.slice(-10), daemon.errorText()].join('\n').trim();
}

function addresses({ standin, daemon }: Rig): string {
  return [
    `  daemon's status    ${daemon.url}/status`,
    `  daemon's metrics   ${daemon.url}/metrics`,
    `  Spark's master     ${standin.masterUiUrl}/json/`,
    `  Kubernetes API     ${standin.apiUrl}/api/v1/namespaces/spark/replicationcontrollers`,
  ].join('\n');
}

/** Draws what the daemon says until it is stopped. */
function follow({ standin, daemon }: Rig, screen: Screen): () => void {
  const startedAtMs = Date.now();
  let newest: StatusDocument | undefined;
  let asking = false;
  const timer = setInterval(() => {
    if (!asking) {
      asking = true;
      void daemon
        .status()
        .then((status) => (newest = status))
        .catch((cause: unknown) => {
          process.stderr.write(`${String(cause)}\n`);
        })
        .finally(() => (asking = false));
    }
    const decision = newest?.decisions[0];
    const unseen = { wanted: null, planned: null, observed: null };
    screen.show({
      second: (Date.now() - startedAtMs) / 1000,
      ...(decision?.counts ?? unseen),
      tasks: countTasks(standin.world),
      sentence: decision?.sentence ?? 'nothing: its status page does not answer',
    });
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Plays the story and tells what it came to. Answers the exit code. */
async function play(rig: Rig, signal: AbortSignal): Promise<number> {
  const { standin, daemon } = rig;
  await firstStatus(daemon, signal);
  process.stdout.write(`Everything runs on this machine, no cluster needed:\n${addresses(rig)}\n\n`);
  const screen = openScreen(process.stdout, { maxWorkers: MAX_WORKERS, storySec: STORY_SEC });
  const stopFollowing = follow(rig, screen);
  const died = new AbortController();
  void daemon.ended.then(({ code, signal: by }) => {
    died.abort(new Error(`the daemon ended with ${by ?? `exit code ${code}`}:\n${outputOf(daemon)}`));
  });
  const startedAtMs = Date.now();
  const workerSecondsBefore = worldStats(standin.world).workerSeconds;
  const both = AbortSignal.any([signal, died.signal]);
  const outage = await playStory({
    standin,
    signal: both,
    narrate: (scene) => {
      screen.narrate(scene);
    },
  })
    .catch((cause: unknown) => {
      throw died.signal.aborted ? died.signal.reason : cause;
    })
    .finally(() => {
      stopFollowing();
      screen.close();
    });
  const seconds = (Date.now() - startedAtMs) / 1000;
  const status = await daemon.status();
  if (status === undefined) throw new Error('the daemon does not answer at the end');
  const { world } = standin;
  const { decisions } = status;
  const summary = summaryOf({ world, workerSecondsBefore, seconds, maxWorkers: MAX_WORKERS, decisions, outage });
  process.stdout.write(`${summaryTable(summary, process.stdout.isTTY && process.stdout.hasColors())}\n`);
  const failures = failuresOf(summary);
  for (const failure of failures) process.stderr.write(`wrong: ${failure}\n`);
  return failures.length === 0 ? 0 : EXIT_FAILED;
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

async function demo(keep: boolean): Promise<number> {
  const interrupted = new AbortController();
  const { signal } = interrupted;
  const onSignal = (): void => {
    interrupted.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  // As in `npm run demo | head`: nobody is left to play for.
  process.stdout.on('error', onSignal);
  const rig = await startRig();
  try {
    const code = await play(rig, signal);
    if (keep) {
      process.stdout.write(`\nIt stays up until Ctrl-C:\n${addresses(rig)}\n`);
      await Promise.race([once(signal), rig.daemon.ended]);
      if (!signal.aborted) throw new Error(`the daemon ended:\n${outputOf(rig.daemon)}`);
    }
    return code;
  } catch (cause) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    process.stderr.write(`the demo failed: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    return EXIT_FAILED;
  } finally {
    await stopRig(rig);
  }
}

const program = new Command('npm run demo --')
  .description(
    'Plays a burst, a notebook with pauses and a metrics outage in about a minute: the real daemon, as a process of its ' +
      'own, against a stand-in of Spark and Kubernetes over HTTP on loopback. Needs no cluster, no Spark and no Java.',
  )
  .option('--keep', 'stay up afterwards, with the addresses printed, until Ctrl-C')
  .exitOverride()
  .action(async ({ keep = false }: { keep?: boolean }) => {
    process.exitCode = await demo(keep);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
}
