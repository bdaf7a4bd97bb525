import { expect } from 'chai';
import type { CycleReport } from '../../src/status/report.ts';
import { eventsOf as eventsWith, MOST_EVENTS_A_PASS } from '../../src/status/events-of.ts';
import { EMPTY_REPORT } from '../../src/core/removal-report.ts';
import {
  ACTS,
  demand,
  done,
  errorOf,
  pods,
  reportOf,
  resizeAction,
  resized,
  standby,
  STANDBY_CODES,
  type ReportParts,
} from './support.ts';

const eventsOf = (report: CycleReport, previous: CycleReport | undefined) =>
  eventsWith(report, previous, 'kubectl annotate lease elastic-worker-spark elastic-worker/state-');

const reasonsOf = (report: CycleReport, previous?: CycleReport): string[] =>
  eventsOf(report, previous).map(({ reason }) => reason);

/** Everything at once that somebody has to mend. */
const TROUBLED: ReportParts = {
  decision: {
    infeasible: [{ owner: 'app-1', executors: 3, mend: 'make the workers larger' }],
    starved: ['app-2'],
    demands: [demand('app-3', { advice: 'set spark.cores.max' })],
    newWrongVictims: ['w-9'],
  },
  problems: ['elasticWorker.max=x: allowed is a number'],
  errors: [errorOf('unauthorized'), errorOf('blocked', { what: 'address 10.0.0.1' })],
};

describe('events: of changes', () => {
  it('a resize is told with both counts and its reason', () => {
    expect(eventsOf(resized(1, 3, 5), undefined)).to.deep.equal([
      { type: 'Normal', reason: 'SuccessfulRescale', message: 'New size: 5; was 3; reason: the test wants 5' },
    ]);
  });

  it('a resize is told every time, also one like the one before', () => {
    expect(reasonsOf(resized(2, 3, 5), resized(1, 3, 5))).to.deep.equal(['SuccessfulRescale']);
  });

  it('a resize that failed is told with the count that was not reached and the error', () => {
    const error = errorOf('refused', { status: 422 });
    const report = reportOf(1, { outcome: { kind: 'failed', action: resizeAction(3, 5), error } });
    expect(eventsOf(report, undefined)).to.deep.equal([
      {
        type: 'Warning',
        reason: 'FailedRescale',
        message: 'New size: 5; error: rc/workers: refused (HTTP 422): made refused',
      },
    ]);
  });

  it('a conflict is no failure: somebody else was faster', () => {
    const error = errorOf('conflict');
    expect(reasonsOf(reportOf(1, { outcome: { kind: 'failed', action: resizeAction(3, 5), error } }))).to.deep.equal(
      [],
    );
  });

  it('an error of the write is told once, not as a missing permission too', () => {
    const error = errorOf('unauthorized', { status: 403 });
    const outcome = { kind: 'failed', action: resizeAction(3, 5), error } as const;
    expect(reasonsOf(reportOf(1, { outcome, errors: [error] }))).to.deep.equal(['FailedRescale']);
  });

  const removal = { kind: 'mark', pods: pods(1), hosts: ['10.0.0.1'] } as const;
  const failures: readonly (readonly [string, ReturnType<typeof errorOf>, readonly string[]])[] = [
    ['refused by the master', errorOf('refused', { status: 405 }), ['FailedRemoval']],
    ['not permitted', errorOf('unauthorized', { status: 403 }), ['FailedRemoval']],
    ["a server's own trouble", errorOf('refused', { status: 500 }), []],
    ['a lost answer', errorOf('timeout'), []],
  ];
  for (const [what, error, reasons] of failures) {
    it(`a removal that failed is ${reasons.length === 0 ? 'nothing to mend' : 'told'}: ${what}`, () => {
      expect(reasonsOf(reportOf(1, { outcome: { kind: 'failed', action: removal, error } }))).to.deep.equal(reasons);
    });
  }

  it('steps of a removal that go well are no events', () => {
    expect(reasonsOf(reportOf(1, { outcome: done(removal) }))).to.deep.equal([]);
  });
});

describe('events: of what a person must mend', () => {
  it('in mode drain, an application whose settings forbid it is told; in mode auto it is not', () => {
    const undrainable = [{ applicationId: 'app-1', why: 'spark.decommission.enabled is not set for it' }];
    const decision = { report: { ...EMPTY_REPORT, undrainable } };
    const told = (removalMode: 'auto' | 'drain'): readonly string[] =>
      eventsOf(reportOf(1, { decision, rules: { ...reportOf().rules, removalMode } }), undefined).map(
        ({ reason, message }) => `${reason}: ${message}`,
      );
    expect(told('drain')).to.deep.equal(['NotDrainable: app-1: spark.decommission.enabled is not set for it']);
    expect(told('auto')).to.deep.equal([]);
  });

  it('each is told, as a warning that says what it is about', () => {
    const events = eventsOf(reportOf(1, TROUBLED), undefined);
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).to.have.members([
      'InfeasibleExecutors: executors of app-1: make the workers larger',
      'StarvedApplication: more workers would not help app-2: another application takes every core first',
      'AdviceForApplication: app-3: set spark.cores.max',
      'WrongVictim: w-9 ended though it was not chosen: from now on one worker goes at a time. To end that, turn the daemon ' +
        'off, run kubectl annotate lease elastic-worker-spark elastic-worker/state- and restart the daemon',
      'InvalidLiveSetting: elasticWorker.max=x: allowed is a number',
      'NotPermitted: rc/workers: unauthorized: made unauthorized',
      'NotPermitted: address 10.0.0.1: blocked: made blocked',
    ]);
    expect(new Set(events.map(({ type }) => type))).to.deep.equal(new Set(['Warning']));
  });

  it('what lasts is told once', () => {
    expect(reasonsOf(reportOf(2, TROUBLED), reportOf(1, TROUBLED))).to.deep.equal([]);
  });

  it('an infeasible application is told once though its executors become more', () => {
    const infeasible = (executors: number): ReportParts => ({
      decision: { infeasible: [{ owner: 'app-1', executors, mend: 'make the workers larger' }] },
    });
    expect(reasonsOf(reportOf(2, infeasible(4)), reportOf(1, infeasible(3)))).to.deep.equal([]);
  });

  it('what went and came again is told again', () => {
    expect(reasonsOf(reportOf(2), reportOf(1, TROUBLED))).to.deep.equal([]);
    expect(reasonsOf(reportOf(3, TROUBLED), reportOf(2))).to.have.length(7);
  });

  for (const reason of ['target-unknown', 'master-unknown'] as const) {
    it(`${reason} is told once while it lasts, though its sentence tells another age each time`, () => {
      const blind = (ageMs: number): ReportParts => ({ decision: { reason, sentence: `stale: ${ageMs} ms old` } });
      expect(eventsOf(reportOf(1, blind(3000)), reportOf(0)).map(({ message }) => message)).to.deep.equal([
        'stale: 3000 ms old',
      ]);
      expect(reasonsOf(reportOf(2, blind(4000)), reportOf(1, blind(3000)))).to.deep.equal([]);
    });
  }

  it('errors that mend themselves are no events', () => {
    const kinds = ['unreachable', 'timeout', 'malformed', 'throttled', 'conflict', 'not-found'] as const;
    expect(reasonsOf(reportOf(1, { errors: kinds.map((kind) => errorOf(kind)) }))).to.deep.equal([]);
  });

  it('a thousand applications do not make a thousand events, and the change of the count comes first', () => {
    const demands = Array.from({ length: 1000 }, (_, index) => demand(`app-${index}`, { advice: 'set cores.max' }));
    const report = { ...resized(1, 3, 5), decision: { ...resized(1, 3, 5).decision, demands } };
    const events = eventsOf(report, undefined);
    expect(events).to.have.length(MOST_EVENTS_A_PASS);
    expect(events[0]?.reason).to.equal('SuccessfulRescale');
    expect(events.at(-1)).to.deep.equal({
      type: 'Warning',
      reason: 'MoreToMend',
      message: '992 more things; see the page /status',
    });
  });
});

describe('events: a daemon that stands by writes none', () => {
  const titles: Partial<Record<string, string>> = {
    'flag-unreadable': 'R11: the flag cannot be read',
    'original-present': 'R15: the original daemon is there',
  };
  for (const code of STANDBY_CODES) {
    it(titles[code] ?? code, () => {
      const outcome = { kind: 'withheld', action: resizeAction(3, 5), why: 'it stands by' } as const;
      expect(eventsOf(reportOf(1, { ...TROUBLED, outcome, standing: standby(code) }), undefined)).to.deep.equal([]);
    });
  }

  it('what was amiss while it stood by is told once it acts', () => {
    const before = reportOf(1, { ...TROUBLED, standing: standby('disabled') });
    expect(reasonsOf(reportOf(2, { ...TROUBLED, standing: ACTS }), before)).to.have.length(7);
  });
});
