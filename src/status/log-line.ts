/**
 * What the log says of a pass: one line, with a constant text and the facts in fields.
 *
 * info on change, warn when blind or failed, debug while steady. A state that lasts is told when it begins and then
 * every few minutes, not every second.
 */
import { describeError } from '../core/result.ts';
import type { CycleReport } from './report.ts';
import { replicaChangeOf } from './status-json.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A state that lasts is told again after this long. */
export const REPEAT_AFTER_MS = 5 * 60_000;

/** Names and the like in one line, at most: container runtimes cut long lines apart. */
const NAMES_SHOWN = 20;

/** Makes the line. Pure. `toldAtEpochMs`: when a line of this key was last written at its full level. */
export function logLineOf(
  report: CycleReport,
  previous: CycleReport | undefined,
  toldAtEpochMs: ReadonlyMap<string, number>,
): LogLine {
  const line = rawLine(report, previous);
  // What was done is told each time: it changes something, whatever the counts are.
  if (line.level === 'debug' || report.outcome.kind === 'done') return line;
  const told = toldAtEpochMs.get(keyOf(line));
  const lasts = told !== undefined && report.atEpochMs - told < REPEAT_AFTER_MS;
  return lasts && sameState(report, previous) ? { ...line, level: 'debug' } : line;
}

/** Live settings that cannot be used: told when they change, and again while they last. */
export function problemLineOf(
  { problems, atEpochMs }: CycleReport,
  previous: CycleReport | undefined,
  toldAtEpochMs: ReadonlyMap<string, number>,
): LogLine | undefined {
  const before = previous?.problems ?? [];
  if (problems.length === 0) {
    return before.length === 0 ? undefined : { level: 'info', message: 'live settings are well again', fields: {} };
  }
  const line: LogLine = { level: 'warn', message: 'live settings', fields: named('problems', problems) };
  const told = toldAtEpochMs.get(keyOf(line));
  const lasts = told !== undefined && atEpochMs - told < REPEAT_AFTER_MS;
  return lasts && problems.join('\n') === before.join('\n') ? undefined : line;
}

/** What makes two lines the same for repeating. */
export function keyOf({ message, fields }: LogLine): string {
  return [message, fields.reason, fields.standby, fields.action].map(String).join('\n');
}

function rawLine(report: CycleReport, previous: CycleReport | undefined): LogLine {
  const { decision, outcome, standing } = report;
  const base = {
    reason: decision.reason,
    sentence: decision.sentence,
    wantedWorkers: decision.wantedWorkers,
    desiredWorkers: decision.desiredWorkers,
    plannedWorkers: decision.plannedWorkers,
    observedWorkers: decision.observedWorkers,
  };
  const news = sameState(report, previous) ? 'debug' : 'info';
  const change = replicaChangeOf(report);
  if (change !== undefined) {
    const fields = { ...base, ...change, ...named('victims', change.victims) };
    return { level: 'info', message: 'workers changed', fields };
  }
  if (outcome.kind === 'failed') {
    const quiet = outcome.error.kind === 'conflict';
    const fields = { ...base, action: outcome.action.kind, error: describeError(outcome.error) };
    return { level: quiet ? 'info' : 'warn', message: 'action failed', fields };
  }
  if (outcome.kind === 'done') {
    const pods = 'pods' in outcome.action ? outcome.action.pods.map(({ name }) => name) : [];
    const fields = { ...base, action: outcome.action.kind, ...named('pods', pods) };
    return { level: 'info', message: 'action done', fields };
  }
  const standby = standing.acts ? {} : { standby: standing.code, why: standing.why };
  if (!standing.acts && LOUD.includes(standing.code))
    return { level: 'warn', message: 'standing by', fields: { ...base, ...standby } };
  // A master that is not ALIVE is seen, and rightly left alone.
  const unseen = decision.observedWorkers === undefined || decision.plannedWorkers === undefined;
  if (unseen && decision.reason !== 'master-not-alive') {
    const errors = report.errors.slice(0, 3).map(describeError);
    return { level: 'warn', message: 'blind', fields: { ...base, ...standby, errors } };
  }
  if (!standing.acts) return { level: news, message: 'standing by', fields: { ...base, ...standby } };
  if (decision.reason === 'unknown-demand') return { level: 'warn', message: 'demand unknown', fields: base };
  return { level: news, message: 'pass', fields: base };
}

/** Standing by for a reason that a person must mend. */
const LOUD: readonly string[] = ['flag-unreadable', 'original-present'];

function named(field: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (names.length <= NAMES_SHOWN) return { [field]: names };
  return { [field]: [...names.slice(0, NAMES_SHOWN), `and ${names.length - NAMES_SHOWN} more`] };
}

/** Whether the pass before was in the same state, so that this one has nothing new to tell. */
function sameState(report: CycleReport, previous: CycleReport | undefined): boolean {
  if (previous === undefined) return false;
  const { decision: a, standing: now } = report;
  const { decision: b, standing: then } = previous;
  return (
    a.reason === b.reason &&
    a.wantedWorkers === b.wantedWorkers &&
    a.plannedWorkers === b.plannedWorkers &&
    a.observedWorkers === b.observedWorkers &&
    (now.acts ? 'acts' : now.code) === (then.acts ? 'acts' : then.code)
  );
}
