/** A person thinks: every worker holds shuffle of an application that is idle, and then goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import { submitCommanded, type CommandedApp } from '../rig/commanded-app.ts';
import { judgeRemovals } from '../rig/campaign.ts';
import { plainLosses, startPlainScaler } from '../rig/plain-scaler.ts';
import type { PlainLosses } from '../rig/result.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import { APP_OPTIONS, HOLD_MS, settledAt, smallWorkers, WORKER_CORES, WORKERS } from '../rig/world.ts';
import { check, type Scenario, type ScenarioContext } from './scenario.ts';

/** How long the person thinks; the same for all, so that worker-seconds can be compared. */
const THINKING_MS = 60_000;

/** While the person thought, and until all workers were back after that. */
interface Used {
  readonly thinking: number;
  readonly workerSeconds: number;
  readonly seconds: number;
}

/** All workers hold shuffle; a long pause; another job over the same shuffle; one that needs all workers again. */
async function think(rig: Rig, app: CommandedApp, whileThinking: () => Promise<unknown>): Promise<Used> {
  await app.run({ do: 'spread', executors: WORKERS, slots: WORKER_CORES });
  await app.run({ do: 'shuffle', tasks: 2 * WORKERS });
  const from = rig.sampler.workerSeconds();
  const beganMs = Date.now();
  const fell = whileThinking();
  fell.catch(() => undefined);
  await delay(THINKING_MS);
  const thinking = rig.sampler.workerSeconds() - from;
  // On a busy machine the cluster may still be on its way down; the next job waits for that.
  await fell;
  await app.run({ do: 'again' });
  await app.run({ do: 'spread', executors: WORKERS, slots: WORKER_CORES });
  return { thinking, workerSeconds: rig.sampler.workerSeconds() - from, seconds: (Date.now() - beganMs) / 1000 };
}

async function regime(
  context: ScenarioContext,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly rig: Rig; readonly app: CommandedApp }> {
  const { bench, controlPlane, spark, namespace } = context;
  const options = smallWorkers({ bench, controlPlane, spark, name: `${namespace}-${name}` });
  const rig = await startRig({ ...options, env: { ...options.env, ...env } });
  return { rig, app: await submitCommanded(rig, { ...APP_OPTIONS, name }) };
}

async function underPlainScaling(context: ScenarioContext): Promise<{ used: Used; lost: PlainLosses }> {
  const { rig, app } = await regime(context, 'plain', {});
  startPlainScaler({ rig, app: app.app, holdMs: HOLD_MS, maxWorkers: WORKERS });
  const used = await think(rig, app, () => settledAt({ rig }, 1));
  await app.stop();
  const lost = await plainLosses(rig);
  await rig.close();
  check(lost.mapTasksRepeated + lost.fetchFailures > 0, 'plain scaling lost nothing: nothing to compare with');
  return { used, lost };
}

async function underIdleMode(context: ScenarioContext): Promise<Used> {
  const { rig, app } = await regime(context, 'idle', { ELASTIC_WORKER_REMOVAL_MODE: 'idle' });
  await rig.startDaemon();
  const used = await think(rig, app, () => Promise.resolve());
  await app.stop();
  const log = await app.app.readEventLog();
  check(log.mapTasksRepeated === 0, `in idle mode ${log.mapTasksRepeated} map tasks ran again`);
  await rig.close();
  return used;
}

const interactive: Scenario = {
  name: 'interactive',
  inCut: false,
  async run(context) {
    const plain = await underPlainScaling(context);
    const idle = await underIdleMode(context);
    const { rig, app } = await regime(context, 'auto', {});
    await rig.startDaemon();
    const used = await think(rig, app, () => settledAt({ rig }, 1));
    check((await rig.planned()) === WORKERS, 'it did not grow back');
    await app.stop();
    const tell = (name: string, { thinking, workerSeconds, seconds }: Used): string =>
      `${name}: ${thinking.toFixed(0)} worker-seconds in a pause of ${THINKING_MS / 1000} s, ` +
      `${workerSeconds.toFixed(0)} in ${seconds.toFixed(0)} s until all workers were back`;
    return {
      ...(await judgeRemovals(rig, interactive.name)),
      withoutDaemon: plain.lost,
      notes: [
        tell('auto mode', used),
        tell('idle mode', idle),
        tell('plain scaling', plain.used),
        tell('static max', {
          thinking: (WORKERS * THINKING_MS) / 1000,
          workerSeconds: WORKERS * used.seconds,
          seconds: used.seconds,
        }),
      ],
    };
  },
};

export const INTERACTIVE_SCENARIOS: readonly Scenario[] = [interactive];
