/**
 * Proves what scenarios rely on when things go wrong: `node test/e2e/self-check.ts --spark 3.5`.
 *
 * Faults of the node agent, a worker that dies, an outage of the API server, a master restarted with recovery, a
 * drain that loses nothing beside a shrink that does, and an end by SIGKILL that leaves no process behind.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readAuditLog } from './audit-log.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { isSparkLine, type SparkLine } from './install/index.ts';
import { controllerPath, createNamespace, scale, workerController } from './kube-api.ts';
import { startNodeAgent, type NodeAgent } from './node-agent.ts';
import { submitApp, type RunningApp } from './spark-app.ts';
import { startMaster, type Master } from './spark-master.ts';
import { markedProcesses, RUN_MARK } from './support/processes.ts';
import { getJson, waitFor } from './support/wait.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const NAMESPACE = 'self-check';
const PATH = controllerPath(NAMESPACE, 'worker');

interface Stage {
  readonly bench: Workbench;
  readonly controlPlane: ControlPlane;
  readonly master: Master;
  readonly agent: NodeAgent;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as it should be: ${what}`);
  console.log(`      ok  ${what}`);
}

async function setUp(bench: Workbench, sparkVersion: SparkLine): Promise<Stage> {
  const controlPlane = await startControlPlane(bench);
  const { admin } = controlPlane;
  await createNamespace(admin, NAMESPACE, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  const template = { name: 'worker', replicas: 3, cores: 2, memoryMiB: 1280, labels: { app: 'worker' } };
  await admin.create(`/api/v1/namespaces/${NAMESPACE}/replicationcontrollers`, workerController(template));
  const recoveryDirectory = await bench.makeDirectory('recovery');
  const master = await startMaster(bench, { sparkVersion, recoveryDirectory });
  const agent = startNodeAgent(bench, { api: admin, namespace: NAMESPACE, labelSelector: 'app=worker', master });
  await agent.waitForReadyPods(3);
  await master.waitForAliveWorkers(3);
  return { bench, controlPlane, master, agent };
}

async function faultsOfPods({ controlPlane, agent, master }: Stage): Promise<void> {
  const { admin } = controlPlane;
  agent.neverReady(({ index }) => index === 3);
  await scale(admin, PATH, 4);
  await master.waitForAliveWorkers(4);
  check(agent.pods().filter((pod) => pod.ready).length === 3, 'a pod that is never Ready runs a worker all the same');
  agent.slowToEnd(3000);
  const sentMs = Date.now();
  await scale(admin, PATH, 3);
  await agent.waitForReadyPods(3);
  check(Date.now() - sentMs >= 3000, 'a slow pod stays in the API while it ends');
  const gone = agent.events().filter(({ what }) => what === 'gone');
  const everReady = new Set(agent.events().flatMap(({ what, pod }) => (what === 'ready' ? [pod] : [])));
  check(gone.length === 1 && gone.every(({ pod }) => !everReady.has(pod)), 'the unready pod was the one to go');
  agent.slowToEnd(0);
  agent.neverReady(() => false);

  const [victim] = agent.pods();
  if (victim?.pid === undefined) throw new Error('no worker to kill');
  process.kill(victim.pid, 'SIGKILL');
  await waitFor('the restart', () => agent.pods().some((pod) => pod.restarts === 1 && pod.ready));
  const after = agent.pods().find((pod) => pod.uid === victim.uid);
  check(after?.podIp === victim.podIp && after.pid !== victim.pid, 'a dead worker is restarted at the same address');
  await master.waitForAliveWorkers(3);
}

async function outages({ controlPlane, master, agent }: Stage): Promise<void> {
  await controlPlane.stopApiServer();
  await delay(2000);
  check(
    (await master.state()).workers.some((worker) => worker.state === 'ALIVE'),
    'workers outlive the API server',
  );
  await controlPlane.startApiServer();
  await scale(controlPlane.admin, PATH, 4);
  await agent.waitForReadyPods(4);
  check(true, 'the controllers and the agent are back after the outage');
  const ids = (await master.waitForAliveWorkers(4)).workers.map((worker) => worker.id);
  await master.restart('SIGKILL');
  const again = await master.waitForAliveWorkers(4);
  check(
    again.workers.filter((worker) => worker.state === 'ALIVE').every((worker) => ids.includes(worker.id)),
    'a master with recovery knows its workers again',
  );
}

async function shuffleOn({ bench, master }: Stage): Promise<RunningApp> {
  const app = await submitApp(bench, {
    master,
    script: 'shuffle.py',
    args: { mapTasks: 24, mapSeconds: 1, reduceTasks: 8, pause: 30 },
    dynamicAllocation: { max: 8, idleTimeoutSeconds: 5 },
  });
  await app.waitForPhase({ name: 'pause' });
  return app;
}

async function drainKeepsWork(stage: Stage): Promise<void> {
  const { master, agent, controlPlane } = stage;
  const app = await shuffleOn(stage);
  const busy = (await master.state()).workers.filter(({ state, coresused }) => state === 'ALIVE' && coresused > 0);
  check(busy.length >= 2, `the shuffle is spread: ${busy.length} workers`);
  const host = busy[0]?.host ?? '';
  const startedMs = Date.now();
  const answer = await fetch(`${master.uiUrl}/workers/kill/?host=${host}`, { method: 'POST' });
  check(answer.status === 200, 'the master marks the worker');
  await waitFor('the drain', async () => (await executorsOn(host)) === 0);
  console.log(`          drained in ${Date.now() - startedMs} ms`);
  const pod = agent.pods().find(({ podIp }) => podIp === host);
  await controlPlane.admin.remove(`/api/v1/namespaces/${NAMESPACE}/pods/${pod?.name ?? ''}`);
  const outcome = await app.waitUntilDone();
  const report = await app.readEventLog();
  check(outcome.result?.correct === true, 'the answer after the drain is right');
  check(report.mapTasksRepeated === 0 && report.tasksKilled === 0, 'the drain lost nothing');
  const reasons = report.executorsRemoved.filter((executor) => executor.host === host).map(({ reason }) => reason);
  check(
    reasons.length > 0 && reasons.every((reason) => reason.startsWith('Executor decommission')),
    reasons.join(', '),
  );
}

async function executorsOn(host: string): Promise<number> {
  const page = await getJson(`http://${host}:8081/json/`);
  return JSON.stringify(page).includes('"executors":[]') ? 0 : 1;
}

async function killLosesWork(stage: Stage): Promise<void> {
  const { master, agent, controlPlane } = stage;
  await agent.waitForReadyPods(4);
  await master.waitForAliveWorkers(4);
  const app = await shuffleOn(stage);
  const busy = (await master.state()).workers.filter(({ state, coresused }) => state === 'ALIVE' && coresused > 0);
  const pod = agent.pods().find(({ podIp }) => podIp === busy[0]?.host);
  await controlPlane.admin.remove(`/api/v1/namespaces/${NAMESPACE}/pods/${pod?.name ?? ''}`);
  const outcome = await app.waitUntilDone();
  const report = await app.readEventLog();
  const { mapTasksRepeated, fetchFailures, stagesRunTwice } = report;
  console.log(
    `          ${JSON.stringify({ mapTasksRepeated, fetchFailures, runs: stagesRunTwice.map(({ runs }) => runs) })}`,
  );
  check(outcome.result?.correct === true, 'the answer after a plain deletion is right too');
  check(mapTasksRepeated > 0, 'but map tasks ran again, and the event log tells');
}

async function audited({ controlPlane }: Stage): Promise<void> {
  const entries = await readAuditLog(controlPlane.auditLogFile);
  const scales = entries.filter(
    ({ verb, resource }) => verb === 'patch' && resource === 'replicationcontrollers/scale',
  );
  check(scales.length === 3 && scales.every(({ request }) => request !== undefined), 'the audit log has all writes');
}

/** Runs this file as a child that sets up and waits to be killed, and looks for what it left. */
async function killedRunLeavesNothing(): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, '--linger'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const line = /^UP (.+)$/m.exec(text)?.[1];
      if (line !== undefined) resolve(line);
    });
  });
  const [runId = '', directory = ''] = said.split(' ');
  check(markedProcesses(RUN_MARK, runId).length >= 4, 'the killed run had its processes');
  child.kill('SIGKILL');
  await waitFor('the reaper', () => markedProcesses(RUN_MARK, runId).length === 0 && !existsSync(directory));
  check(true, 'a run killed by SIGKILL leaves no process and no folder');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { spark: { type: 'string', default: '3.5' }, linger: { type: 'boolean', default: false } },
  });
  if (!isSparkLine(values.spark)) throw new Error(`--spark ${values.spark} is not one of 3.5, 4`);
  const bench = await openWorkbench({ sparkLines: [values.spark], ...(values.linger && { keepDirectory: false }) });
  try {
    if (values.linger) {
      await startControlPlane(bench);
      await startMaster(bench, { sparkVersion: values.spark });
      console.log(`UP ${bench.runId} ${bench.directory}`);
      await delay(600_000);
    }
    const stage = await setUp(bench, values.spark);
    for (const part of [faultsOfPods, outages, drainKeepsWork, killLosesWork, audited]) {
      console.log(part.name);
      await part(stage);
    }
  } finally {
    await bench.stop();
  }
  check(markedProcesses(RUN_MARK, bench.runId).length === 0, 'nothing is left running');
  await killedRunLeavesNothing();
}

await main();
