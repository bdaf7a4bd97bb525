/** What must hold after every scenario, whatever it was about; and its figures. */
import { setTimeout } from 'node:timers/promises';
import { readAuditLog, type AuditEntry } from '../audit-log.ts';
import type { EventLogReport } from '../event-log.ts';
import { SERVICE_ACCOUNT } from './manifests.ts';
import { median, type ScenarioResult } from './result.ts';
import { equalBut, isSubsequence, scaleWrites, type ScaleWrite } from './replica-changes.ts';
import { tookEffect } from './cut-writes.ts';
import type { Rig } from './rig.ts';
import { wrongVictims } from './wrong-victims.ts';

export interface VerdictOptions {
  /** The daemon was killed: what it wrote last may be missing from its own account. */
  readonly killed?: boolean;
  /** Ids, as in the audit log, of the daemon's writes whose answers it never got: it cannot tell of these. */
  readonly untold?: ReadonlySet<string>;
  /** The daemon was not allowed to act when the demand came: how long it took says nothing. */
  readonly stoodBy?: boolean;
  /** Pods that somebody else ended by scaling, at most. */
  readonly endedByOthers?: number;
}

/** Event logs are written in the background; the last lines come within this time. */
const LOG_SETTLE_MS = 500;

/** Waits for all applications, compares what was done with what was said, and sums up. */
export async function judge(rig: Rig, name: string, options: VerdictOptions = {}): Promise<ScenarioResult> {
  const problems: string[] = [];
  for (const app of rig.apps) {
    const outcome = await app.waitUntilDone();
    if (outcome.exitCode !== 0 || outcome.result?.correct !== true) {
      problems.push(`${app.name}: exit code ${outcome.exitCode ?? 'none'}, result ${JSON.stringify(outcome.result)}`);
    }
  }
  await setTimeout(LOG_SETTLE_MS);
  const reports = await Promise.all(rig.apps.map((app) => app.readEventLog()));
  const losses = lossesOf(reports, problems);
  const writes = await acceptedWrites(rig);
  const wrongCount = compareVictims(rig, writes, options, problems);
  await compareChanges(rig, writes, options, problems);
  const reaction = options.stoodBy === true ? NO_REACTION : reactionsOf(rig, writes);
  rig.stopWatching();
  const tookSeconds = (Date.now() - rig.sampler.startedAtMs) / 1000;
  return {
    name,
    spark: rig.options.spark,
    passed: problems.length === 0,
    ...losses,
    wrongVictims: wrongCount,
    reactionMsP50: median(reaction.reactionsMs),
    reactionMsMax: reaction.reactionsMs.length === 0 ? null : Math.max(...reaction.reactionsMs),
    workerSeconds: Math.round(rig.sampler.workerSeconds()),
    staticMaxWorkerSeconds: Math.round(rig.options.maxWorkers * tookSeconds),
    allRegisteredMs: reaction.allRegisteredMs,
    tookSeconds: Math.round(tookSeconds),
    problems,
  };
}

/** Figures of a run in which no daemon was to judge. */
export function unjudged(rig: Rig, name: string): ScenarioResult {
  rig.stopWatching();
  const tookSeconds = (Date.now() - rig.sampler.startedAtMs) / 1000;
  return {
    name,
    spark: rig.options.spark,
    passed: true,
    tasksKilled: 0,
    executorsLostWithWork: 0,
    wrongVictims: 0,
    reactionMsP50: null,
    reactionMsMax: null,
    workerSeconds: Math.round(rig.sampler.workerSeconds()),
    staticMaxWorkerSeconds: Math.round(rig.options.maxWorkers * tookSeconds),
    allRegisteredMs: null,
    tookSeconds: Math.round(tookSeconds),
    problems: [],
  };
}

/** What the daemon wrote to the API server in this namespace, oldest first; with what was cut by its death and took effect. */
export async function acceptedWrites(rig: Rig): Promise<readonly AuditEntry[]> {
  const entries = await readAuditLog(rig.options.controlPlane.auditLogFile);
  return entries
    .filter(
      (entry) =>
        entry.namespace === rig.options.name &&
        entry.user.endsWith(`:${SERVICE_ACCOUNT}`) &&
        tookEffect(entry, rig.agent.events()),
    )
    .sort((a, b) => a.atMs - b.atMs);
}

function lossesOf(
  reports: readonly EventLogReport[],
  problems: string[],
): { tasksKilled: number; executorsLostWithWork: number } {
  let tasksKilled = 0;
  let executorsLostWithWork = 0;
  for (const report of reports) {
    tasksKilled += report.tasksKilled;
    executorsLostWithWork += report.executorsLostWithWork;
    if (report.tasksKilled > 0) problems.push(`${report.appId}: ${report.tasksKilled} tasks went down with executors`);
    if (report.executorsLostWithWork > 0) problems.push(`${report.appId}: executors with work were lost`);
    for (const failure of report.failures.slice(0, 3)) problems.push(`${report.appId}: task failed: ${failure.reason}`);
  }
  return { tasksKilled, executorsLostWithWork };
}

/** Every pod that ended was one that the daemon had chosen, or deleted by name. */
function compareVictims(rig: Rig, writes: readonly AuditEntry[], options: VerdictOptions, problems: string[]): number {
  const wrong = wrongVictims(writes, rig.agent.events());
  const allowed = options.endedByOthers ?? 0;
  if (wrong.length > allowed) problems.push(`pods ended that were not chosen: ${wrong.join(', ')}`);
  return Math.max(0, wrong.length - allowed);
}

/** A kill this soon after a write may have come before anybody could read of it in `/status`. */
const TOLD_WITHIN_MS = 1_500;

/** Replica changes in the API server's own log equal the decisions in `/status`. */
async function compareChanges(
  rig: Rig,
  writes: readonly AuditEntry[],
  options: VerdictOptions,
  problems: string[],
): Promise<void> {
  const untold = options.untold ?? new Set();
  const mayMiss = ({ id, atMs }: ScaleWrite): boolean =>
    untold.has(id) || rig.killsAtMs.some((killMs) => killMs >= atMs && killMs - atMs < TOLD_WITHIN_MS);
  const scales = scaleWrites(writes);
  const written = scales.map(({ replicas }) => replicas);
  const said = (await rig.statusLog.changes()).map(({ to }) => to);
  const matches = options.killed === true ? isSubsequence(said, written) : equalBut(said, scales, mayMiss);
  if (!matches) problems.push(`the API server saw counts ${written.join(', ')}; /status tells of ${said.join(', ')}`);
}

const NO_REACTION: ReturnType<typeof reactionsOf> = { reactionsMs: [], allRegisteredMs: null };

/** For each application: from its demand being visible to the first growth accepted after that. */
function reactionsOf(
  rig: Rig,
  writes: readonly AuditEntry[],
): { reactionsMs: number[]; allRegisteredMs: number | null } {
  const scales = scaleWrites(writes);
  const growths = scales.filter(
    ({ replicas }, index) => replicas > (scales[index - 1]?.replicas ?? rig.options.initialWorkers ?? 1),
  );
  const reactionsMs = rig.probes.flatMap((probe) => {
    const visibleAtMs = probe.visibleAtMs();
    if (visibleAtMs === undefined) return [];
    const growth = growths.find(({ atMs }) => atMs >= visibleAtMs);
    return growth === undefined ? [] : [growth.atMs - visibleAtMs];
  });
  const [first] = growths;
  if (first === undefined) return { reactionsMs, allRegisteredMs: null };
  const ready = rig.agent.events().filter(({ what, atMs }) => what === 'ready' && atMs >= first.atMs);
  const last = ready[first.replicas - (rig.options.initialWorkers ?? 1) - 1];
  return { reactionsMs, allRegisteredMs: last === undefined ? null : Math.round(last.atMs - first.atMs) };
}
