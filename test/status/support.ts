/** Reports to start from: all is well, and each test says what is not. */
import type { PodView } from '../../src/core/cluster-view.ts';
import { emptyDecision, type Decision } from '../../src/core/decision.ts';
import type { ApplicationDemand } from '../../src/core/demand.ts';
import type { Action } from '../../src/core/removal.ts';
import type { OperatingError } from '../../src/core/result.ts';
import { newTrace, type TraceLine } from '../../src/core/trace.ts';
import type { CycleReport, Outcome, SourceReport, Standing } from '../../src/status/report.ts';
import { podView, RULES, WORKER_SHAPE } from '../daemon/support/things.ts';

/** Monday, some time. */
export const AT_EPOCH_MS = Date.UTC(2026, 10, 23, 8, 0, 0);

export const ACTS: Standing = { acts: true };

export function standby(code: Exclude<Standing, { acts: true }>['code']): Standing {
  return { acts: false, code, why: `the test says ${code}` };
}

/** Every reason to stand by. */
export const STANDBY_CODES = [
  'disabled',
  'dry-run',
  'flag-unreadable',
  'not-holder',
  'master-not-alive',
  'original-present',
] as const;

/** Three workers serve what is wanted. */
export function decisionOf(more: Partial<Decision> = {}): Decision {
  return {
    ...emptyDecision('steady', '3 workers serve what is wanted', newTrace()),
    wantedWorkers: 3,
    desiredWorkers: 3,
    plannedWorkers: 3,
    observedWorkers: 3,
    blockers: [],
    ...more,
  };
}

export interface ReportParts extends Partial<Omit<CycleReport, 'decision'>> {
  readonly decision?: Partial<Decision>;
}

/** The `sequence`-th pass; a pass is a second. */
export function reportOf(sequence = 1, { decision, ...more }: ReportParts = {}): CycleReport {
  return {
    sequence,
    atEpochMs: AT_EPOCH_MS + sequence * 1000,
    durationMs: 12.4,
    standing: ACTS,
    decision: decisionOf(decision),
    outcome: { kind: 'nothing' },
    rules: RULES,
    sources: [],
    gaugeSources: [],
    errors: [],
    problems: [],
    skippedPasses: 0,
    ...more,
  };
}

export function pods(count: number): readonly PodView[] {
  return Array.from({ length: count }, (_, index) => podView(`w-${index + 1}`));
}

export function resizeAction(from: number, to: number, victims: readonly PodView[] = []): Action {
  return { kind: 'resize', direction: to > from ? 'grow' : 'shrink', from, to, victims };
}

export function done(action: Action): Outcome {
  return { kind: 'done', action, text: 'it was done' };
}

/** A pass that changed the count. */
export function resized(sequence: number, from: number, to: number, victims: readonly PodView[] = []): CycleReport {
  const decision = { reason: to > from ? 'demand' : 'surplus', sentence: `the test wants ${to}` } as const;
  return reportOf(sequence, { decision, outcome: done(resizeAction(from, to, victims)) });
}

export function errorOf(kind: OperatingError['kind'], more: Partial<OperatingError> = {}): OperatingError {
  return { kind, what: 'rc/workers', detail: `made ${kind}`, ...more };
}

export function demand(id: string, more: Partial<ApplicationDemand> = {}): ApplicationDemand {
  return {
    id,
    name: `name of ${id}`,
    executors: 2,
    held: 1,
    targetExecutors: 2,
    shape: WORKER_SHAPE,
    basis: 'max-needed',
    certain: true,
    takesAll: false,
    taskMs: undefined,
    advice: undefined,
    sentence: `${id} wants 2 executors`,
    ...more,
  };
}

export function source(name: string, more: Partial<SourceReport> = {}): SourceReport {
  return { name, ageMs: 400, periodMs: 1000, error: undefined, reads: 1, failures: 0, ...more };
}

export function traceLine(stage: TraceLine['stage'], text: string): TraceLine {
  return { stage, text, facts: { number: 1 } };
}
