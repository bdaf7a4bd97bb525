/** Scenarios in which workers go that still hold something. */
import { judge } from '../rig/verdict.ts';
import { startRig } from '../rig/rig.ts';
import { check, type Scenario } from './scenario.ts';

const WIDE = { 'spark.executor.cores': '4' };

const drainIdle: Scenario = {
  name: 'drain-idle-shuffle',
  inCut: true,
  async run({ bench, controlPlane, spark, namespace }) {
    // Every worker holds shuffle of an application that thinks for a while: shuffle tracking would keep them all.
    const rig = await startRig({ bench, controlPlane, spark, name: namespace });
    await rig.startDaemon();
    const app = await rig.submit(
      {
        script: 'shuffle.py',
        args: { mapTasks: 32, mapSeconds: 1.5, reduceTasks: 16, pause: 50, jobs: 2 },
        properties: WIDE,
        dynamicAllocation: { idleTimeoutSeconds: 5 },
      },
      1,
    );
    await rig.waitForPlanned(4);
    await app.waitForPhase({ name: 'pause' });
    await rig.waitForPlanned(1, 48_000);
    await app.waitUntilDone();
    const log = await app.readEventLog();
    check(log.mapTasksRepeated === 0, `${log.mapTasksRepeated} map tasks ran again`);
    check(log.fetchFailures === 0, `${log.fetchFailures} fetches failed`);
    check(log.stagesRunTwice.length === 0, `stages ran twice: ${JSON.stringify(log.stagesRunTwice)}`);
    return judge(rig, drainIdle.name);
  },
};

export const REMOVAL_SCENARIOS: readonly Scenario[] = [drainIdle];
