/** The campaign's load without the daemon: what plain scaling loses. */
import { runLoad, type Load } from '../rig/campaign.ts';
import { submitCommanded } from '../rig/commanded-app.ts';
import { plainLosses, startPlainScaler } from '../rig/plain-scaler.ts';
import { startRig } from '../rig/rig.ts';
import { unjudged } from '../rig/verdict.ts';
import { APP_OPTIONS, HOLD_MS, settledAt, smallWorkers, WORKERS } from '../rig/world.ts';
import { check, type Scenario } from './scenario.ts';

const LOADS: readonly Load[] = ['shuffle', 'tasks', 'burst'];

const plainScaling: Scenario = {
  name: 'plain-scaling',
  inCut: false,
  async run({ bench, controlPlane, spark, namespace }) {
    const rig = await startRig(smallWorkers({ bench, controlPlane, spark, name: namespace }));
    const app = await submitCommanded(rig, { ...APP_OPTIONS, name: 'plain' });
    startPlainScaler({ rig, app: app.app, holdMs: HOLD_MS, maxWorkers: WORKERS });
    let cycles = 0;
    let broken = '';
    try {
      for (const load of LOADS) {
        await runLoad(app, load, { fallen: () => settledAt({ rig }, 1) });
        cycles += 1;
      }
      await app.stop();
    } catch (error) {
      // Lost too often, a job fails and its application ends: also a loss, and told as one below.
      broken = `: ${error instanceof Error ? error.message : String(error)}`;
      await app.app.kill();
    }
    const losses = await plainLosses(rig);
    const lost = losses.tasksKilled + losses.executorsLostWithWork + losses.fetchFailures + losses.mapTasksRepeated;
    check(lost > 0, `plain scaling removed ${losses.podsRemoved} pods and lost nothing: nothing to compare with`);
    const notes = [`${cycles} of ${LOADS.length} cycles came to their end${broken}`];
    return { ...unjudged(rig, plainScaling.name), withoutDaemon: losses, notes };
  },
};

export const COMPARISON_SCENARIOS: readonly Scenario[] = [plainScaling];
