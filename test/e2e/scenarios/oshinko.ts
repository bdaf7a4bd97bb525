/**
 * A cluster as Oshinko makes it, taken over as it is: workers of a DeploymentConfig, Spark that reports to carbon, the
 * original's cluster config and variables. None of ours but the name of that config; the drivers cannot be reached.
 */
import * as v from 'valibot';
import { startGraphite } from '../metric-servers.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import { driverAt, graphiteSink } from '../rig/sinks.ts';
import { judge } from '../rig/verdict.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario } from './scenario.ts';

const CLUSTER = 'spark';
const HOLD_SECONDS = 4;

/** As `--storedconfig` names it. */
const STORED_CONFIG = {
  'elasticWorker.enable': null,
  mastercount: '1\n',
  workercount: '1\n',
  'metrics.enable': 'true\n',
  'scorpionstare.enable': 'true\n',
  'scorpionstare.image': 'registry.example.com/tools/elastic-worker:0.1.0\n',
};

/** The master's pod: nothing runs it, but who is in it is looked up. */
async function createMasterPod({ admin, options: { name } }: Rig): Promise<void> {
  const containers = ['', '-graphite', '-carbon', '-stare'].map((suffix) => ({
    name: `${CLUSTER}-m${suffix}`,
    image: suffix === '-stare' ? STORED_CONFIG['scorpionstare.image'].trim() : 'anything',
  }));
  await admin.create(`/api/v1/namespaces/${name}/pods`, {
    metadata: { name: `spark-master-${name}`, labels: { 'oshinko-cluster': CLUSTER, 'oshinko-type': 'master' } },
    spec: { containers },
  });
}

const Status = v.looseObject({
  settings: v.record(v.string(), v.unknown()),
  gaugeSources: v.array(v.looseObject({ inUse: v.nullable(v.string()) })),
});

const oshinko: Scenario = {
  name: 'oshinko-cluster',
  inCut: false,
  async run({ bench, controlPlane, spark, namespace }) {
    const { host, url } = await startGraphite(bench);
    const net = host.split('.').slice(0, 2).join('.');
    const env = {
      OSHINKO_SPARK_CLUSTER: CLUSTER,
      // Kubernetes leaves these of the Service spark-metrics in the pod.
      SPARK_METRICS_SERVICE_HOST: new URL(url).hostname,
      SPARK_METRICS_SERVICE_PORT: new URL(url).port,
      ELASTIC_WORKER_HOLD: `${HOLD_SECONDS}s`,
      ELASTIC_WORKER_DRIVER_PROXY: 'never',
      // The workers' pages, but no driver's.
      ELASTIC_WORKER_ALLOWED_NETWORKS: `${net}.0.0/24`,
    };
    const options = { bench, controlPlane, spark, name: namespace, env, reverseProxy: false };
    const rig = await startRig({ ...options, kind: 'deploymentconfig' });
    await rig.configure(STORED_CONFIG);
    await createMasterPod(rig);
    await rig.startDaemon();
    const app = await rig.submit({
      script: 'burst.py',
      args: { tasks: 32, seconds: 2 },
      properties: {
        'spark.executor.cores': '4',
        ...driverAt(`${net}.128.1`),
        ...graphiteSink(host),
      },
      dynamicAllocation: { idleTimeoutSeconds: 3 },
    });
    await waitFor('Graphite to be in use', async () => {
      const { settings, gaugeSources } = v.parse(Status, await rig.statusLog.now());
      check(
        settings.ELASTIC_WORKER_GRAPHITE_URL === url,
        `Graphite at ${String(settings.ELASTIC_WORKER_GRAPHITE_URL)}`,
      );
      return gaugeSources[0]?.inUse === 'graphite';
    });
    await rig.waitForPlanned(4);
    await app.waitUntilDone();
    await rig.waitForPlanned(1, 120_000);
    return judge(rig, oshinko.name);
  },
};

export const OSHINKO_SCENARIOS: readonly Scenario[] = [oshinko];
