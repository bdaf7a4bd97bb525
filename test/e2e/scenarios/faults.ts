/** Scenarios in which something breaks, or somebody else interferes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readAuditLog } from '../audit-log.ts';
import { CUT } from '../rig/cut-writes.ts';
import { HOLD_SECONDS, startRig, type Rig } from '../rig/rig.ts';
import { scaleWrites } from '../rig/replica-changes.ts';
import { judge } from '../rig/verdict.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario, type ScenarioContext } from './scenario.ts';

const WIDE = { 'spark.executor.cores': '4' };
const BURST = { tasks: 40, seconds: 2 };
const IDLE = { idleTimeoutSeconds: 5 };
/** Longer than a hold: what was to happen wrongly would have happened by then. */
const LONG_ENOUGH_MS = (HOLD_SECONDS + 7) * 1000;

function optionsOf({ bench, controlPlane, spark, namespace }: ScenarioContext): Parameters<typeof startRig>[0] {
  return { bench, controlPlane, spark, name: namespace };
}

/** Watches the planned count for a while and fails if it ever goes below `count`. */
async function staysAtLeast(rig: Rig, count: number, forMs: number): Promise<void> {
  const endMs = Date.now() + forMs;
  while (Date.now() < endMs) {
    const planned = await rig.planned();
    check(planned >= count, `planned went down to ${planned} while ${count} had to stay`);
    await setTimeout(300);
  }
}

const gaugesVanish: Scenario = {
  name: 'gauges-vanish',
  inCut: true,
  async run(context) {
    // The driver's metrics are there at first; then the driver's process is stopped, as a long pause of its JVM would.
    const rig = await startRig({ ...optionsOf(context), maxWorkers: 3 });
    await rig.startDaemon();
    // However slow the machine, the application must live when its driver is stopped: it ends when it is let go.
    const holdUntil = join(await context.bench.makeDirectory('gates'), 'burst');
    const args = { tasks: 40, seconds: 2, holdUntil };
    const app = await rig.submit(
      { script: 'burst.py', args, properties: WIDE, dynamicAllocation: { min: 3, ...IDLE } },
      1,
    );
    await rig.waitForPlanned(3);
    await rig.waitForRegistered(3);
    app.pause();
    await waitFor('the daemon to see that the demand is unknown', async () => {
      const { decisions } = await rig.statusLog.now();
      return JSON.stringify(decisions[0] ?? {}).includes('unknown');
    });
    await staysAtLeast(rig, 3, LONG_ENOUGH_MS);
    app.resume();
    await writeFile(holdUntil, '');
    await app.waitUntilDone();
    await rig.waitForPlanned(1, 120_000);
    return judge(rig, gaugesVanish.name);
  },
};

const killedAroundWrites: Scenario = {
  name: 'daemon-killed',
  inCut: true,
  async run(context) {
    const rig = await startRig(optionsOf(context));
    await rig.startDaemon();
    const app = await rig.submit({ script: 'burst.py', args: BURST, properties: WIDE, dynamicAllocation: IDLE }, 1);
    // Right after the growth was accepted, most likely before it could be reported.
    await rig.waitForPlanned(4);
    await rig.killDaemon();
    await rig.startDaemon();
    await app.waitUntilDone();
    // Between the choice of a worker and the count: after each step of the removal once.
    for (const step of ['elastic-worker/chosen-at', 'elastic-worker/marked-at']) {
      await waitForAnnotation(rig, step);
      await rig.killDaemon();
      await rig.startDaemon();
    }
    await rig.waitForPlanned(1, 180_000);
    await rig.waitForRegistered(1);
    const result = await judge(rig, killedAroundWrites.name, { killed: true });
    const counts = scaleWrites(await daemonWrites(rig)).map(({ replicas }) => replicas);
    const grown = counts.indexOf(4);
    const falls = counts.slice(grown).every((count, index, all) => index === 0 || count <= (all[index - 1] ?? count));
    check(grown >= 0 && falls, `counts went ${counts.join(', ')}: a reversal`);
    return result;
  },
};

async function waitForAnnotation(rig: Rig, annotation: string): Promise<void> {
  const path = `/api/v1/namespaces/${rig.options.name}/pods`;
  await waitFor(
    `a pod with ${annotation}`,
    async () => JSON.stringify(await rig.admin.get(path)).includes(`"${annotation}"`) || (await rig.planned()) === 1,
    { timeoutMs: 120_000, intervalMs: 50 },
  );
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** What the daemon wrote, with what its death cut: whether that took effect is for the reader to see. */
async function daemonWrites(rig: Rig): ReturnType<typeof readAuditLog> {
  const entries = await readAuditLog(rig.options.controlPlane.auditLogFile);
  return entries.filter(
    ({ namespace, user, verb, status }) =>
      namespace === rig.options.name &&
      WRITES.has(verb) &&
      user.includes(':serviceaccount:') &&
      user.endsWith(':elastic-worker') &&
      (status < 300 || status === CUT),
  );
}

const flag: Scenario = {
  name: 'flag-off-and-on',
  inCut: ['3.5'],
  async run(context) {
    const rig = await startRig(optionsOf(context));
    await rig.configure({ 'elasticWorker.enable': 'false' });
    await rig.startDaemon();
    const app = await rig.submit(
      { script: 'burst.py', args: { tasks: 24, seconds: 3 }, properties: WIDE, dynamicAllocation: IDLE },
      1,
    );
    await staysAtLeast(rig, 1, 6_000);
    check((await rig.planned()) === 1, 'it stood by: the count is as it was');
    const written = (await daemonWrites(rig)).map(({ verb, path }) => `${verb} ${path}`);
    check(written.length === 0, `it stood by, yet wrote ${written.join(', ')}`);
    await rig.configure({ 'elasticWorker.enable': 'true' });
    const onAtMs = Date.now();
    await rig.waitForPlanned(4, 10_000);
    check(Date.now() - onAtMs < 5_000, `the flag took ${Date.now() - onAtMs} ms to take effect`);
    await rig.configure({ 'elasticWorker.enable': 'not a flag' });
    await app.waitUntilDone();
    await staysAtLeast(rig, 4, LONG_ENOUGH_MS);
    await rig.configure({ 'elasticWorker.enable': 'true' });
    await rig.waitForPlanned(1, 120_000);
    return judge(rig, flag.name, { stoodBy: true });
  },
};

const byHand: Scenario = {
  name: 'scaled-by-hand',
  inCut: ['4'],
  async run(context) {
    const rig = await startRig(optionsOf(context));
    await rig.startDaemon();
    // Long enough for all of this: with 24 slots the tasks take 20 s.
    const args = { tasks: 160, seconds: 3 };
    const app = await rig.submit({ script: 'burst.py', args, properties: WIDE, dynamicAllocation: IDLE }, 1);
    await rig.waitForPlanned(4);
    // Somebody sets a count above max: it is brought back to max, and never below what is needed.
    await rig.scaleByHand(6);
    await rig.waitForPlanned(4, 90_000);
    await staysAtLeast(rig, 4, 2_000);
    await app.waitUntilDone();
    await rig.waitForPlanned(1, 120_000);
    // Somebody stops all of it: zero by hand stays zero while nothing needs a worker.
    await rig.scaleByHand(0);
    await setTimeout(5_000);
    const planned = await rig.planned();
    check(planned === 0, `zero by hand became ${planned}`);
    return judge(rig, byHand.name, { endedByOthers: 1 });
  },
};

const apiOutage: Scenario = {
  name: 'api-server-away',
  inCut: ['3.5'],
  async run(context) {
    const rig = await startRig(optionsOf(context));
    await rig.startDaemon();
    const app = await rig.submit({ script: 'burst.py', args: BURST, properties: WIDE, dynamicAllocation: IDLE }, 1);
    await rig.waitForPlanned(4);
    await rig.waitForRegistered(4);
    await context.controlPlane.stopApiServer();
    await setTimeout(20_000);
    await context.controlPlane.startApiServer();
    check((await rig.planned()) === 4, 'the count is as it was before the outage');
    await app.waitUntilDone();
    await rig.waitForPlanned(1, 180_000);
    return judge(rig, apiOutage.name);
  },
};

const withoutDecommission: Scenario = {
  name: 'no-decommission',
  inCut: false,
  async run(context) {
    const rig = await startRig({ ...optionsOf(context), decommission: false });
    await rig.startDaemon();
    const app = await rig.submit({ script: 'burst.py', args: BURST, properties: WIDE, dynamicAllocation: IDLE }, 1);
    await rig.waitForPlanned(4);
    await app.waitUntilDone();
    await rig.waitForPlanned(1, 180_000);
    return judge(rig, withoutDecommission.name);
  },
};

const masterRestart: Scenario = {
  name: 'master-restarts',
  inCut: false,
  async run(context) {
    // No recovery mode: the master comes back ALIVE and empty, which must not read as "nothing is needed" (R1).
    const rig = await startRig(optionsOf(context));
    await rig.startDaemon();
    await rig.configure({ 'elasticWorker.min': '3' });
    await rig.waitForPlanned(3);
    await rig.waitForRegistered(3);
    // Nothing has needed a worker for longer than a hold: with min lowered before, two would be on their way at once.
    await rig.master.stop('SIGKILL');
    await rig.configure({ 'elasticWorker.min': '1' });
    await rig.master.start();
    const pods = rig.agent.pods().length;
    await rig.waitForRegistered(pods, 120_000);
    await staysAtLeast(rig, 3, (HOLD_SECONDS - 2) * 1000);
    await rig.waitForPlanned(1, 120_000);
    return judge(rig, masterRestart.name);
  },
};

export const FAULT_SCENARIOS: readonly Scenario[] = [
  gaugesVanish,
  killedAroundWrites,
  flag,
  byHand,
  apiOutage,
  withoutDecommission,
  masterRestart,
];
