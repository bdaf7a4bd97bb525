/** `elastic-worker check`: one line for each thing that must work, and an exit code. Changes nothing. */
import type { Config } from '../config/config.ts';
import type { LiveData } from '../config/live.ts';
import type { TargetView } from '../core/cluster-view.ts';
import { describeError } from '../core/result.ts';
import type { MasterView } from '../core/spark-view.ts';
import { checkAccess, neededPermissions } from '../kube/access.ts';
import { checkOshinko } from './check-oshinko.ts';
import { checkSources } from './check-sources.ts';
import { checkDrains, checkPlacement } from './check-spark.ts';
import type { Environment } from './cluster-side.ts';
import { compose, type Parts } from './compose.ts';
import { Findings } from './findings.ts';
import { toStdout, type Print } from './print.ts';

/** A host that no worker can have: names under .invalid never resolve (RFC 2606). */
const NO_SUCH_HOST = 'elastic-worker-check.invalid';
const DEADLINE_MS = 20_000;

/** Says what works. @returns 0 if nothing failed, else 1; a warning is no failure. */
export async function check(config: Config, env: Environment, print: Print = toStdout): Promise<number> {
  const findings = new Findings(print);
  findings.add('ok', 'settings', 'all settings are valid');
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const noHook = (): void => undefined;
  const composed = await compose(config, {
    env,
    onCall: noHook,
    skippedPasses: () => 0,
    reads: signal,
    writes: signal,
  });
  if (!composed.ok) {
    for (const text of composed.error) findings.add('FAIL', 'credentials', text);
    return 1;
  }
  const parts = composed.value;
  try {
    const data = await checkCluster(config, parts, findings, signal);
    await checkOshinko({ config, env, data, client: parts.cluster.client }, findings, signal);
    await checkSpark(config, parts, findings, signal);
  } finally {
    parts.cluster.client.close();
  }
  return findings.failed ? 1 : 0;
}

/** @returns the data of the cluster's ConfigMap; undefined where none is configured, or it could not be read. */
async function checkCluster(config: Config, parts: Parts, findings: Findings, signal: AbortSignal): Promise<LiveData> {
  const { client, target, pods, clusterConfig, scalers } = parts.cluster;
  const found = await target.read(signal);
  if (!found.ok) findings.error('target', found.error);
  else {
    const { name, plannedWorkers, readyPods, workerShape } = found.value;
    const size = workerShape === undefined ? '; its template does not say how large a worker is' : '';
    findings.add('ok', 'target', `${name}: ${plannedWorkers} planned, ${readyPods} ready${size}`);
    reportRemoval(found.value, findings);
    const others = await scalers.read(signal);
    if (!others.ok) findings.error('autoscalers', others.error, 'warn');
    else if (others.value.length > 0) findings.add('FAIL', 'autoscalers', `${others.value.join(', ')}${ALSO_SETS}`);
  }
  // Once more of the pods: their addresses tell which networks are the cluster's.
  const listed = await pods.list(false, signal);
  if (!listed.ok) findings.error('pods', listed.error);

  const needs = {
    target: target.reference(),
    byLabels: config.target.by === 'labels',
    configMap: config.configMap,
    lease: config.kube.leaseName,
    nodes: config.kube.watchNodes,
  };
  const access = await checkAccess(client, neededPermissions(needs), signal);
  if (!access.ok) findings.error('permission', access.error);
  else {
    for (const { allowed, text, permission } of access.value) {
      findings.add(allowed ? 'ok' : permission.optional ? 'warn' : 'FAIL', 'permission', text);
    }
  }
  const data = clusterConfig === undefined ? undefined : await clusterConfig.read(signal);
  if (data?.ok === false) {
    findings.error('flag', data.error);
    return undefined;
  }
  await parts.original.look();
  const live = parts.live.view(data && { known: true, value: data.value, takenAtMs: 0, source: 'check', periodMs: 1 });
  if (live.standby === undefined) findings.add('ok', 'flag', 'switched on');
  else findings.add('warn', 'flag', `stands by: ${live.standby.why}`);
  for (const problem of live.problems) findings.add('FAIL', 'live value', problem);
  reportCalendar(parts, findings);
  await parts.sources.follow(parts.live.values());
  for (const problem of parts.sources.problems()) findings.add('FAIL', 'sources', problem);
  return data?.value;
}

const ALSO_SETS = ': sets the same count, and while it does the daemon stands still; remove it';

/** Which windows are open and which one comes: a calendar in the wrong time zone shows here. */
function reportCalendar({ live, clock }: Parts, findings: Findings): void {
  const calendar = live.calendar();
  if (calendar === undefined) return;
  const nowEpochMs = clock.nowEpochMs();
  for (const { workers, until, entry } of calendar.windows(nowEpochMs)) {
    findings.add('ok', 'calendar', `${workers} workers are kept until ${until} (${entry})`);
  }
  const next = calendar.next(nowEpochMs);
  if (next === undefined) findings.add('warn', 'calendar', 'no window opens in the next 31 days');
  else {
    const { window, opens } = next;
    findings.add(
      'ok',
      'calendar',
      `next: ${window.workers} workers from ${opens} until ${window.until} (${window.entry})`,
    );
  }
}

/** What the kind of target leaves of choosing who goes. */
function reportRemoval({ name, removal, unsettled }: TargetView, findings: Findings): void {
  if (unsettled !== undefined) findings.add('warn', 'target', `${unsettled}; the count is not lowered meanwhile`);
  if (removal === 'highest-ordinal') {
    findings.add(
      'ok',
      'target',
      `of ${name} only the highest ordinal can go, once it is idle or can be drained; nobody else does`,
    );
  }
  if (removal === 'unknowable') {
    const text = `nobody can tell which pod of ${name} would go: only replicas that never started are taken back`;
    findings.add('warn', 'target', text);
  }
}

async function checkSpark(config: Config, parts: Parts, findings: Findings, signal: AbortSignal): Promise<void> {
  const { master } = parts.spark;
  const read = await master.read(signal);
  if (!read.ok) {
    findings.error('master', read.error);
    return;
  }
  const { status, workers, applications, url } = read.value;
  const alive = workers.filter((worker) => worker.state === 'ALIVE').length;
  const text = `${url} is ${status}: ${alive} workers, ${applications.length} applications`;
  findings.add(status === 'ALIVE' ? 'ok' : 'warn', 'master', text);

  const mark = await master.decommission([NO_SUCH_HOST], signal);
  if (!mark.ok) findings.error('decommission', mark.error, 'warn');
  else if (mark.value === 'not-allowed') findings.add('warn', 'decommission', NO_DECOMMISSION);
  else findings.add('ok', 'decommission', 'the master marks workers when asked from here');
  await checkPlacement(config, parts, findings, signal);
  await checkSources(parts, read.value, findings, signal);
  await checkDrains(parts, read.value, findings, signal);
  await checkWorkerPage(parts, read.value, findings, signal);
}

const NO_DECOMMISSION =
  'the master marks no workers (405); idle ones go after a second look, with a small risk. Set on master, workers and ' +
  'applications: spark.decommission.enabled=true';

/** One worker's own page: without it no worker can be proven empty. */
async function checkWorkerPage(
  parts: Parts,
  master: MasterView,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const worker = master.workers.find(({ state }) => state === 'ALIVE');
  if (worker === undefined) return;
  const page = await parts.spark.workerUis.read(worker, signal);
  if (page.ok) findings.add('ok', 'worker page', `${worker.id} answers`);
  else findings.add('FAIL', 'worker page', `${describeError(page.error)}; no worker can be proven empty, so none goes`);
}
