/** Each kind of target with a real Spark: workers that hold shuffle leave, and exactly these. */
import { judgeRemovals } from '../rig/campaign.ts';
import { submitCommanded } from '../rig/commanded-app.ts';
import { startRig } from '../rig/rig.ts';
import type { KindName } from '../rig/target-kinds.ts';
import { HOLD_MS, settledAt } from '../rig/world.ts';
import { check, type Scenario } from './scenario.ts';

const WORKERS = 4;
/** As the workloads' pods say. */
const CORES = 4;

function onKind(kind: KindName, inCut: Scenario['inCut']): Scenario {
  const name = `drain-${kind}`;
  return {
    name,
    inCut,
    async run({ bench, controlPlane, spark, namespace }) {
      const env = { ELASTIC_WORKER_HOLD: `${HOLD_MS / 1000}s` };
      const rig = await startRig({ bench, controlPlane, spark, name: namespace, maxWorkers: WORKERS, kind, env });
      await rig.startDaemon();
      const app = await submitCommanded(rig, {
        properties: { 'spark.executor.cores': String(CORES) },
        dynamicAllocation: { max: WORKERS, idleTimeoutSeconds: 3 },
      });
      await app.run({ do: 'spread', executors: WORKERS, slots: CORES });
      await app.run({ do: 'shuffle', tasks: WORKERS * CORES });
      await settledAt({ rig }, 1);
      await app.run({ do: 'again' });
      await app.stop();
      const result = await judgeRemovals(rig, name);
      const { heldShuffle = 0 } = result.removals ?? {};
      check(heldShuffle >= WORKERS - 1, `only ${heldShuffle} workers that held shuffle went`);
      return result;
    },
  };
}

export const KIND_SCENARIOS: readonly Scenario[] = [
  onKind('deployment', ['3.5']),
  onKind('statefulset', ['4']),
  onKind('deploymentconfig', false),
  onKind('sparkcluster', false),
];
