/**
 * Proves the harness itself, without the daemon: `node test/e2e/smoke.ts --spark 3.5 [--cluster]`.
 *
 * Control plane, namespace, ReplicationController of one worker, master, node agent; then 1 → 3 workers, an
 * application, 3 → 1 workers, its event log. Prints what took how long; exits 1 at the first thing out of place.
 */
import { parseArgs } from 'node:util';
import { startControlPlane } from './control-plane.ts';
import { isSparkLine, type SparkLine } from './install/index.ts';
import { controllerPath, createNamespace, readReplicas, scale, workerController } from './kube-api.ts';
import { startNodeAgent } from './node-agent.ts';
import { submitApp } from './spark-app.ts';
import { startMaster } from './spark-master.ts';
import { waitFor } from './support/wait.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const NAMESPACE = 'smoke';
const WORKERS = 'spark-worker';
const LABELS = { app: 'spark', component: 'worker' };

interface Choice {
  readonly sparkVersion: SparkLine;
  readonly deployMode: 'client' | 'cluster';
}

function choiceOf(args: readonly string[]): Choice {
  const { values } = parseArgs({
    args: [...args],
    options: { spark: { type: 'string', default: '3.5' }, cluster: { type: 'boolean', default: false } },
  });
  if (!isSparkLine(values.spark)) throw new Error(`--spark ${values.spark} is not one of 3.5, 4`);
  return { sparkVersion: values.spark, deployMode: values.cluster ? 'cluster' : 'client' };
}

/** Prints how long each step took. */
function stopwatch(): (step: string) => void {
  let lastMs = Date.now();
  return (step) => {
    const nowMs = Date.now();
    console.log(`${((nowMs - lastMs) / 1000).toFixed(1).padStart(6)} s  ${step}`);
    lastMs = nowMs;
  };
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as it should be: ${what}`);
}

async function smoke(bench: Workbench, { sparkVersion, deployMode }: Choice): Promise<void> {
  const lap = stopwatch();
  const path = controllerPath(NAMESPACE, WORKERS);
  const controlPlane = await startControlPlane(bench);
  lap('control plane ready');
  const { admin } = controlPlane;
  await createNamespace(admin, NAMESPACE, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  const replicationControllers = `/api/v1/namespaces/${NAMESPACE}/replicationcontrollers`;
  const template = { name: WORKERS, replicas: 1, cores: 4, memoryMiB: 2560, labels: LABELS };
  await admin.create(replicationControllers, workerController(template));
  const master = await startMaster(bench, { sparkVersion });
  lap(`Spark ${master.spark.version} master ALIVE`);
  const agent = startNodeAgent(bench, { api: admin, namespace: NAMESPACE, master });
  await agent.waitForReadyPods(1);
  await master.waitForAliveWorkers(1);
  lap('1 worker ready');
  await scale(admin, path, 3);
  await agent.waitForReadyPods(3);
  await master.waitForAliveWorkers(3);
  lap('3 workers ready');

  const app = await submitApp(bench, {
    master,
    script: 'burst.py',
    deployMode,
    args: { tasks: 24, seconds: 1 },
    dynamicAllocation: { max: 8, idleTimeoutSeconds: 5 },
  });
  lap(`application registered (${deployMode} mode, driver at ${app.driverHost})`);
  const outcome = await app.waitUntilDone();
  lap('application done');
  check(outcome.exitCode === 0 && outcome.result?.correct === true, `outcome ${JSON.stringify(outcome)}`);

  await scale(admin, path, 1);
  await agent.waitForReadyPods(1);
  await master.waitForAliveWorkers(1);
  lap('1 worker left');
  const counts = await waitFor('the controller to see it', async () => {
    const now = await readReplicas(admin, path);
    return now.existing === 1 && now.ready === 1 && now;
  });
  const report = await app.readEventLog();
  const { tasksSucceeded, failures, tasksKilled, mapTasksRepeated, executorsAdded } = report;
  console.log(JSON.stringify({ counts, tasksSucceeded, failures, tasksKilled, mapTasksRepeated, executorsAdded }));
  check(report.ended && tasksSucceeded === 24 && failures.length === 0, 'the event log tells of 24 good tasks');
}

async function main(): Promise<void> {
  const choice = choiceOf(process.argv.slice(2));
  const bench = await openWorkbench({ sparkLines: [choice.sparkVersion] });
  try {
    await smoke(bench, choice);
  } finally {
    const startedMs = Date.now();
    await bench.stop();
    console.log(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  everything stopped`);
  }
}

await main();
