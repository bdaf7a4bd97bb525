/** Which Kubernetes Events a pass is worth: every change of the count, and what a person must mend, once each. */
import { describeError } from '../core/result.ts';
import type { ClusterEvent } from '../kube/ports.ts';
import type { CycleReport, Outcome, Standing } from './report.ts';
import { replicaChangeOf } from './status-json.ts';

/** Hundreds of applications may have the same to mend at once; the rest is on the status page. */
export const MOST_EVENTS_A_PASS = 10;

/**
 * Compares with the pass before, so that a lasting state is told once. Pure.
 *
 * A daemon that stands by writes nothing at all, Events included; log, metrics and status page tell why it does. Only
 * for a second writer of the count it holds the Lease and still speaks: its owner reads the target's Events.
 *
 * @param forgetCommand what a person types to have the daemon forget a wrong victim.
 */
export function eventsOf(
  report: CycleReport,
  previous: CycleReport | undefined,
  forgetCommand: string,
): readonly ClusterEvent[] {
  if (!report.standing.acts) return rivalry(report.standing, previous?.standing);
  const events: ClusterEvent[] = [];
  const change = replicaChangeOf(report);
  if (change !== undefined) {
    const message = `New size: ${change.to}; was ${change.from}; reason: ${report.decision.sentence}`;
    events.push({ type: 'Normal', reason: 'SuccessfulRescale', message });
  }
  events.push(...failures(report.outcome));
  // What was complained of while standing by was told to nobody.
  const told = new Set(
    previous?.standing.acts === true ? complaints(previous, forgetCommand).map(({ key }) => key) : [],
  );
  const fresh = complaints(report, forgetCommand).filter(({ key }) => !told.has(key));
  events.push(...fresh.map(({ event }) => event));
  return events.length > MOST_EVENTS_A_PASS ? shortened(events) : events;
}

function rivalry(standing: Standing, previous: Standing | undefined): readonly ClusterEvent[] {
  if (standing.acts || standing.code !== 'second-writer') return [];
  if (previous?.acts === false && previous.why === standing.why) return [];
  return [warning('SecondWriter', standing.why)];
}

function shortened(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const shown = events.slice(0, MOST_EVENTS_A_PASS - 1);
  return [...shown, warning('MoreToMend', `${events.length - shown.length} more things; see the page /status`)];
}

/** A conflict is no failure: somebody else was faster, and the next pass looks again. */
function failures(outcome: Outcome): readonly ClusterEvent[] {
  if (outcome.kind !== 'failed' || outcome.error.kind === 'conflict') return [];
  const { action, error } = outcome;
  if (action.kind === 'resize')
    return [warning('FailedRescale', `New size: ${action.to}; error: ${describeError(error)}`)];
  const mustBeMended = error.kind === 'unauthorized' || (error.kind === 'refused' && (error.status ?? 0) < 500);
  return mustBeMended ? [warning('FailedRemoval', `${action.kind}: ${describeError(error)}`)] : [];
}

/** What is done about it lasts until a person ends it, so the message says how. */
function wrongVictim(pod: string, forgetCommand: string): string {
  return (
    `${pod} ended though it was not chosen: from now on one worker goes at a time. To end that, turn the daemon off, run ` +
    `${forgetCommand} and restart the daemon`
  );
}

interface Complaint {
  readonly event: ClusterEvent;
  /** The same from pass to pass while the state lasts. */
  readonly key: string;
}

/** What somebody has to mend, as it stands in this pass. */
function complaints(report: CycleReport, forgetCommand: string): readonly Complaint[] {
  const { decision, outcome, problems, errors, rules } = report;
  const told = outcome.kind === 'failed' ? outcome.error : undefined;
  const events = [
    ...decision.newWrongVictims.map((pod) => warning('WrongVictim', wrongVictim(pod, forgetCommand))),
    ...problems.map((problem) => warning('InvalidLiveSetting', problem)),
    ...errors
      .filter((error) => error !== told && (error.kind === 'unauthorized' || error.kind === 'blocked'))
      .map((error) => warning('NotPermitted', describeError(error))),
    // The count of executors is left out of the message: it changes, the need to mend does not.
    ...decision.infeasible.map(({ owner, mend }) => warning('InfeasibleExecutors', `executors of ${owner}: ${mend}`)),
    ...decision.starved.map((owner) =>
      warning('StarvedApplication', `more workers would not help ${owner}: another application takes every core first`),
    ),
    ...(rules.removalMode === 'drain' ? decision.report.undrainable : []).map(({ applicationId, why }) =>
      warning('NotDrainable', `${applicationId}: ${why}`),
    ),
    ...decision.demands.flatMap(({ id, advice }) =>
      advice === undefined ? [] : [warning('AdviceForApplication', `${id}: ${advice}`)],
    ),
  ];
  return [...events.map((event) => ({ event, key: `${event.reason}\n${event.message}` })), ...blindness(decision)];
}

/** The sentence tells the age of the last reading, which changes from pass to pass. */
function blindness({ reason, sentence }: CycleReport['decision']): readonly Complaint[] {
  if (reason === 'target-unknown') return [{ event: warning('TargetUnknown', sentence), key: reason }];
  if (reason === 'master-unknown') return [{ event: warning('MasterUnknown', sentence), key: reason }];
  return [];
}

function warning(reason: string, message: string): ClusterEvent {
  return { type: 'Warning', reason, message };
}
