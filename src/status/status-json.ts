/** A report as plain JSON for `/status`: counts, reasons, the whole trace; pods by name, never whole objects. */
import type { Decision } from '../core/decision.ts';
import type { Action } from '../core/removal.ts';
import { describeError } from '../core/result.ts';
import type { TraceLine } from '../core/trace.ts';
import { bounded, LONGEST_LIST, type Omitted } from './bounded.ts';
import type { ApplicationSources, CycleReport, Outcome } from './report.ts';

/** A change of the count that was carried out: what was asked for, and which pods were to go. */
export interface ReplicaChange {
  readonly direction: 'grow' | 'shrink' | 'cancel-unfilled';
  readonly from: number;
  readonly to: number;
  /** Names of pods. */
  readonly victims: readonly string[];
}

/** The change of the count that this pass carried out, if it did. */
export function replicaChangeOf({ outcome }: CycleReport): ReplicaChange | undefined {
  if (outcome.kind !== 'done' || outcome.action.kind !== 'resize') return undefined;
  const { direction, from, to, victims } = outcome.action;
  return { direction, from, to, victims: victims.map((pod) => pod.name) };
}

/** One pass. Long lists and texts are cut; `omitted` says how many entries are missing, by list. */
export function decisionJson(report: CycleReport): Record<string, unknown> {
  const omitted: Omitted = {};
  const json = Object.entries(wholeJson(report)).map(([key, value]) => [key, bounded(value, omitted, key)] as const);
  const trace = traceJson(report.decision.trace.lines, omitted);
  return { ...Object.fromEntries(json), trace, ...(Object.keys(omitted).length > 0 && { omitted }) };
}

/** How the sources of one application's demand stand. */
export function applicationSourcesJson(one: ApplicationSources): Record<string, unknown> {
  return {
    application: one.application,
    inUse: one.inUse ?? null,
    disagreement: one.disagreement ?? null,
    sources: one.sources.map(({ source, state, why, numbers, ageMs }) => ({
      source,
      state,
      why: why ?? null,
      targetExecutors: numbers?.target ?? null,
      maxNeededExecutors: numbers?.needed ?? null,
      ageMs: ageMs === undefined ? null : Math.round(ageMs),
    })),
  };
}

/** The same pass without what only explains it, for passes of long ago. */
export function abridgedJson(json: Record<string, unknown>): Record<string, unknown> {
  const lists = {
    demands: [],
    infeasible: [],
    starved: [],
    blockers: [],
    leaving: [],
    undrainable: [],
    kept: {},
    disrupted: [],
    pins: [],
    trace: [],
  };
  return { ...json, ...lists, omitted: undefined, abridged: true };
}

function wholeJson(report: CycleReport): Record<string, unknown> {
  const { decision } = report;
  return {
    sequence: report.sequence,
    at: new Date(report.atEpochMs).toISOString(),
    atEpochMs: report.atEpochMs,
    durationMs: Math.round(report.durationMs),
    change: replicaChangeOf(report) ?? null,
    reason: decision.reason,
    sentence: decision.sentence,
    outcome: outcomeJson(report.outcome),
    counts: countsJson(decision),
    hold: holdJson(decision.hold),
    calendar: calendarJson(decision),
    demands: decision.demands.map(({ id, executors, held, basis, certain, advice }) => ({
      application: id,
      executors,
      heldExecutors: held,
      basis,
      certain,
      ...(advice === undefined ? {} : { advice }),
    })),
    infeasible: decision.infeasible,
    starved: decision.starved,
    blockers: decision.blockers,
    leaving: decision.leaving,
    standings: decision.report.standings,
    undrainable: decision.report.undrainable,
    kept: Object.fromEntries(decision.report.kept),
    disrupted: decision.disrupted,
    pins: decision.report.pins.map(({ name, applicationId, why, mode, bytes, forMs, idle, tooOld }) => ({
      worker: name,
      application: applicationId,
      why,
      mode,
      bytes,
      forSeconds: Math.round(forMs / 1000),
      idle,
      tooOld,
    })),
  };
}

/** The bound is for each stage, so that many applications do not crowd out what was decided of them. */
function traceJson(trace: readonly TraceLine[], omitted: Omitted): readonly unknown[] {
  const lines = new Map<string, number>();
  const shown = trace.filter(({ stage }) => {
    const count = (lines.get(stage) ?? 0) + 1;
    lines.set(stage, count);
    return count <= LONGEST_LIST;
  });
  if (shown.length < trace.length) omitted.trace = trace.length - shown.length;
  return shown.map((line) => bounded(line, omitted));
}

function calendarJson({ calendar }: Decision): Record<string, unknown> | null {
  if (calendar === undefined) return null;
  const { workers, entry, until, untilEpochMs } = calendar;
  return { workers, entry, until, untilEpochMs };
}

function countsJson(decision: Decision): Record<string, number | null> {
  return {
    wanted: decision.wantedWorkers ?? null,
    desired: decision.desiredWorkers ?? null,
    planned: decision.plannedWorkers ?? null,
    observed: decision.observedWorkers ?? null,
    floor: decision.wantedWorkers === undefined ? null : decision.floorWorkers,
  };
}

function holdJson(hold: Decision['hold']): Record<string, number | null> | null {
  if (hold === undefined) return null;
  const whole = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms));
  return {
    holdMs: whole(hold.holdMs),
    workerStartMs: whole(hold.restart?.startMs),
    restartMs: whole(hold.restart?.costMs),
  };
}

function outcomeJson(outcome: Outcome): Record<string, unknown> {
  switch (outcome.kind) {
    case 'nothing':
      return { kind: 'nothing' };
    case 'done':
      return { kind: 'done', action: actionJson(outcome.action), text: outcome.text };
    case 'withheld':
      return { kind: 'withheld', action: actionJson(outcome.action), why: outcome.why };
    case 'failed':
      return { kind: 'failed', action: actionJson(outcome.action), error: describeError(outcome.error) };
  }
}

function actionJson(action: Action): Record<string, unknown> {
  switch (action.kind) {
    case 'none':
      return { kind: 'none' };
    case 'resize': {
      const { kind, direction, from, to, victims } = action;
      return { kind, direction, from, to, victims: victims.map(({ name, uid }) => ({ name, uid })) };
    }
    case 'mark':
      return { kind: action.kind, hosts: action.hosts, pods: action.pods.map(({ name }) => name) };
    case 'choose':
      return { kind: action.kind, cost: action.cost, pods: action.pods.map(({ name }) => name) };
    case 'release':
    case 'replace':
      return { kind: action.kind, pods: action.pods.map(({ name }) => name) };
  }
}
