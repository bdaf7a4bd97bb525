/** The daemon as it is without any setting of how it decides: it learns the hold and the floor from a real Spark. */
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { submitCommanded, type CommandedApp } from '../rig/commanded-app.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import { judge } from '../rig/verdict.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario } from './scenario.ts';

const WORKERS = 4;
const CORES = 4;
const BURSTS = 4;
/** A job of a second on all workers: over long before a worker that is asked for then could help. */
const BURST = { do: 'tail', slow: 0, short: WORKERS * CORES, shortSeconds: 1 } as const;
const WIDE = { do: 'spread', executors: WORKERS, slots: CORES } as const;
const PAUSE_MS = 8_000;
/** The hold until a restart of a worker has been measured. */
const LONGEST_HOLD_MS = 60_000;
/** What was learned is written down once a minute. */
const NOTED_MS = 70_000;

const Learned = v.object({
  counts: v.object({ floor: v.nullable(v.number()) }),
  hold: v.nullable(v.object({ holdMs: v.number(), workerStartMs: v.nullable(v.number()) })),
});

/** What the newest pass says of it. */
async function learnedBy(rig: Rig): Promise<{ floor: number; holdMs: number; workerStartMs: number | null }> {
  const newest = await waitFor('a pass', async () => (await rig.statusLog.now()).decisions[0], { timeoutMs: 20_000 });
  const { counts, hold } = v.parse(Learned, newest);
  return { floor: counts.floor ?? 0, holdMs: hold?.holdMs ?? NaN, workerStartMs: hold?.workerStartMs ?? null };
}

/** Short jobs with pauses; resolves when the last has ended. */
async function burst(app: CommandedApp, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    if (count > 0) await delay(PAUSE_MS);
    await app.run(BURST);
  }
}

const defaults: Scenario = {
  name: 'defaults',
  inCut: false,
  async run({ bench, controlPlane, spark, namespace }) {
    const options = { bench, controlPlane, spark, name: namespace, maxWorkers: WORKERS, workerCores: CORES };
    const rig = await startRig({ ...options, env: { ELASTIC_WORKER_HOLD: 'auto' } });
    await rig.startDaemon();
    check((await learnedBy(rig)).workerStartMs === null, 'a start was measured before there was one');
    const app = await submitCommanded(rig, {
      name: 'person',
      properties: { 'spark.executor.cores': String(CORES) },
      dynamicAllocation: { max: WORKERS, idleTimeoutSeconds: 3 },
    });
    // Nobody knows how long its tasks take: all that is asked for comes at once.
    await app.run(WIDE);
    const { workerStartMs } = await learnedBy(rig);
    check(workerStartMs !== null && workerStartMs > 0, 'no start of a worker was measured');
    // Its executors leave without shuffle, so nothing but the hold keeps workers.
    await rig.waitForPlanned(1, 240_000);
    const { holdMs } = await learnedBy(rig);
    check(
      holdMs < LONGEST_HOLD_MS || (workerStartMs ?? 0) >= LONGEST_HOLD_MS / 2,
      `the hold is ${holdMs} ms, though a worker starts in ${workerStartMs} ms`,
    );
    await app.run(WIDE);
    await burst(app, BURSTS);
    // Longer than the hold, and long enough for all of them to be written down.
    await delay(Math.max(1.5 * holdMs, NOTED_MS));
    const { floor } = await learnedBy(rig);
    check(floor > 1, `${BURSTS} bursts of ${WORKERS} workers taught a floor of ${floor}`);
    check((await rig.planned()) >= floor, `${floor} workers were to be kept, ${await rig.planned()} are planned`);
    await rig.killDaemon();
    await rig.startDaemon();
    const again = await waitFor('demand to be known again', () => knownAgain(rig), { timeoutMs: 30_000 });
    check(again.floor === floor, `a floor of ${floor} became ${again.floor} by a restart`);
    check(
      (await rig.planned()) >= floor,
      `${await rig.planned()} workers are left after a restart, ${floor} were kept`,
    );
    await app.stop();
    const result = await judge(rig, defaults.name, { killed: true });
    const starts = `${((workerStartMs ?? NaN) / 1000).toFixed(1)} s`;
    return {
      ...result,
      notes: [
        `a worker takes ${starts} to start; hold ${(holdMs / 1000).toFixed(1)} s; floor ${floor} of ${WORKERS} workers`,
      ],
    };
  },
};

/** What it says once it knows the demand again. */
async function knownAgain(rig: Rig): Promise<Awaited<ReturnType<typeof learnedBy>> | undefined> {
  const learned = await learnedBy(rig);
  return Number.isNaN(learned.holdMs) || learned.workerStartMs === null ? undefined : learned;
}

export const LEARNING_SCENARIOS: readonly Scenario[] = [defaults];
