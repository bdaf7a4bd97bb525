/** Shuffle files that lie where no executor is any more: an external shuffle service keeps them. */
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { judgeRemovals } from '../rig/campaign.ts';
import { submitCommanded } from '../rig/commanded-app.ts';
import { FaultLog } from '../rig/fault-log.ts';
import { startRig } from '../rig/rig.ts';
import { startShuffleService } from '../shuffle-service.ts';
import { APP_OPTIONS, HOLD_MS, settledAt, smallWorkers, WORKER_CORES } from '../rig/world.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario } from './scenario.ts';

const WORKERS = 6;
const Kept = v.object({ reason: v.string(), kept: v.optional(v.record(v.string(), v.number()), {}) });

const shuffleService: Scenario = {
  name: 'external-shuffle-service',
  inCut: false,
  async run({ bench, controlPlane, spark, namespace }) {
    const rig = await startRig(smallWorkers({ bench, controlPlane, spark, name: namespace }));
    const service = await startShuffleService(bench, spark);
    await rig.startDaemon();
    const app = await submitCommanded(rig, {
      properties: { ...APP_OPTIONS.properties, ...service.properties },
      dynamicAllocation: { max: WORKERS, idleTimeoutSeconds: 3 },
    });
    await app.run({ do: 'spread', executors: WORKERS, slots: WORKER_CORES });
    await app.run({ do: 'shuffle', tasks: 2 * WORKERS });
    async function keepers(): Promise<number | undefined> {
      const [newest] = (await rig.statusLog.now()).decisions;
      const { reason, kept } = v.parse(Kept, newest);
      const counts = Object.entries(kept).filter(([why]) => why.includes('external shuffle service'));
      const { workers } = await rig.master.state();
      const idle = workers.filter(({ state, coresused }) => state === 'ALIVE' && coresused === 0).length;
      const pinned = counts.reduce((sum, [, count]) => sum + count, 0);
      return reason === 'surplus' && idle === WORKERS && pinned === WORKERS ? pinned : undefined;
    }
    // All executors are gone, a hold has passed, and every worker is idle: nothing but the files speaks for them.
    await waitFor('idle workers to be kept', keepers, { timeoutMs: 120_000 });
    const faults = new FaultLog();
    for (const { name } of rig.agent.pods()) {
      faults.fire('shuffle on an idle worker, external shuffle service', [name]);
    }
    await delay(2 * HOLD_MS);
    check((await rig.planned()) === WORKERS, 'workers with shuffle files went');
    await app.run({ do: 'again' });
    await app.stop();
    await settledAt({ rig }, 1);
    const result = await judgeRemovals(rig, shuffleService.name, faults.fired());
    // The surplus had to wait for the application, so how long it lasted says nothing of the removals.
    return {
      ...result,
      ...(result.removals && { removals: { ...result.removals, idleSeconds: [], drainSeconds: [] } }),
    };
  },
};

export const SHUFFLE_SERVICE_SCENARIOS: readonly Scenario[] = [shuffleService];
