import { expect } from 'chai';
import { keyOf, logLineOf, problemLineOf, REPEAT_AFTER_MS, type LogLine } from '../../src/status/log-line.ts';
import type { CycleReport } from '../../src/status/report.ts';
import {
  AT_EPOCH_MS,
  done,
  errorOf,
  pods,
  reportOf,
  resizeAction,
  resized,
  standby,
  type ReportParts,
} from './support.ts';

const NOTHING_TOLD: ReadonlyMap<string, number> = new Map();

function lineOf(report: CycleReport, previous?: CycleReport): LogLine {
  return logLineOf(report, previous, NOTHING_TOLD);
}

/** Logs a row of passes as the log does; the lines that came out at more than debug. */
function told(reports: readonly CycleReport[]): readonly LogLine[] {
  const lastAtEpochMs = new Map<string, number>();
  return reports.flatMap((report, index) => {
    const line = logLineOf(report, reports[index - 1], lastAtEpochMs);
    if (line.level === 'debug') return [];
    lastAtEpochMs.set(keyOf(line), report.atEpochMs);
    return [line];
  });
}

function passes(count: number, more: ReportParts): readonly CycleReport[] {
  return Array.from({ length: count }, (_, index) => reportOf(index + 1, more));
}

const FAILED: ReportParts = {
  outcome: { kind: 'failed', action: resizeAction(3, 5), error: errorOf('refused', { status: 422 }) },
};
const BLIND: ReportParts = {
  decision: { reason: 'master-unknown', observedWorkers: undefined },
  errors: [errorOf('unreachable')],
};

describe('log line: of a pass', () => {
  it('a change of the count is one line with its reason, its numbers and who goes', () => {
    const report = resized(7, 5, 3, pods(2));
    expect(lineOf(report)).to.deep.equal({
      level: 'info',
      message: 'workers changed',
      fields: {
        reason: 'surplus',
        sentence: 'the test wants 3',
        wantedWorkers: 3,
        desiredWorkers: 3,
        plannedWorkers: 3,
        observedWorkers: 3,
        direction: 'shrink',
        from: 5,
        to: 3,
        victims: ['w-1', 'w-2'],
      },
    });
  });

  it('names at most 20 pods, and counts the rest', () => {
    const { fields } = lineOf(resized(1, 30, 5, pods(25)));
    expect(fields.victims).to.have.length(21);
    expect(fields.victims).to.include.members(['w-20', 'and 5 more']).and.not.include('w-21');
    const chosen = reportOf(1, { outcome: done({ kind: 'choose', cost: -1_000_000, pods: pods(25) }) });
    expect(lineOf(chosen).fields.pods).to.have.length(21);
  });

  const table: readonly (readonly [string, ReportParts, LogLine['level'], string])[] = [
    ['all is well', {}, 'info', 'pass'],
    ['a step of a removal', { outcome: done({ kind: 'release', pods: pods(1) }) }, 'info', 'action done'],
    ['a write that failed', FAILED, 'warn', 'action failed'],
    [
      'a conflict',
      { outcome: { kind: 'failed', action: resizeAction(3, 5), error: errorOf('conflict') } },
      'info',
      'action failed',
    ],
    ['the master is unseen', BLIND, 'warn', 'blind'],
    ['the target is unseen', { decision: { reason: 'target-unknown', plannedWorkers: undefined } }, 'warn', 'blind'],
    ['the demand is unknown', { decision: { reason: 'unknown-demand' } }, 'warn', 'demand unknown'],
    ['switched off', { standing: standby('disabled') }, 'info', 'standing by'],
    ['a dry run', { standing: standby('dry-run') }, 'info', 'standing by'],
    ['another holds the Lease', { standing: standby('not-holder') }, 'info', 'standing by'],
    ['R11: the flag cannot be read', { standing: standby('flag-unreadable') }, 'warn', 'standing by'],
    ['R15: the original daemon is there', { standing: standby('original-present') }, 'warn', 'standing by'],
    [
      'the master is STANDBY, which is seen and no trouble',
      {
        standing: standby('master-not-alive'),
        decision: { reason: 'master-not-alive', wantedWorkers: undefined, observedWorkers: undefined },
      },
      'info',
      'standing by',
    ],
    ['switched off and blind', { ...BLIND, standing: standby('disabled') }, 'warn', 'blind'],
    ['without the Lease, and blind', { ...BLIND, standing: standby('not-holder') }, 'warn', 'blind'],
  ];
  for (const [what, more, level, message] of table) {
    it(`${what}: ${level} "${message}"`, () => {
      expect(lineOf(reportOf(1, more))).to.include({ level, message });
    });
  }

  it('says why it stands by, beside the reason of the decision', () => {
    const { fields } = lineOf(reportOf(1, { standing: standby('disabled') }));
    expect(fields).to.include({ reason: 'steady', standby: 'disabled', why: 'the test says disabled' });
  });

  it('says what failed and why it is blind', () => {
    expect(lineOf(reportOf(1, FAILED)).fields).to.include({
      action: 'resize',
      error: 'rc/workers: refused (HTTP 422): made refused',
    });
    expect(lineOf(reportOf(1, BLIND)).fields.errors).to.deep.equal(['rc/workers: unreachable: made unreachable']);
  });

  it('tells three of many errors', () => {
    const errors = Array.from({ length: 50 }, () => errorOf('unreachable'));
    expect(lineOf(reportOf(1, { ...BLIND, errors })).fields.errors).to.have.length(3);
  });
});

describe('log line: of passes in a row', () => {
  it('what is steady is debug, and each change of state is info', () => {
    const steady: readonly ReportParts[] = [{}, { decision: { sentence: 'the same in other words' } }];
    const changes: readonly ReportParts[] = [
      { decision: { wantedWorkers: 2 } },
      { decision: { plannedWorkers: 4 } },
      { decision: { observedWorkers: 2 } },
      { decision: { reason: 'surplus-held' } },
    ];
    for (const more of steady) expect(lineOf(reportOf(2, more), reportOf(1)).level).to.equal('debug');
    for (const more of changes)
      expect(lineOf(reportOf(2, more), reportOf(1)).level, JSON.stringify(more)).to.equal('info');
    expect(told(passes(500, {})).map(({ message }) => message)).to.deep.equal(['pass']);
  });

  it('the moment it begins or ceases to act is info', () => {
    const off = reportOf(1, { standing: standby('disabled') });
    expect(lineOf(reportOf(2), off)).to.include({ level: 'info', message: 'pass' });
    expect(lineOf({ ...off, sequence: 2 }, reportOf(1))).to.include({ level: 'info', message: 'standing by' });
    expect(lineOf({ ...off, sequence: 2 }, off).level).to.equal('debug');
  });

  for (const [what, more] of [
    ['blind', BLIND],
    ['a failing write', FAILED],
    ['R11: an unreadable flag', { standing: standby('flag-unreadable') }],
    ['an unknown demand', { decision: { reason: 'unknown-demand' } }],
  ] as const) {
    it(`${what}: warned of at once and every five minutes, not every second`, () => {
      const lines = told(passes(700, more));
      expect(lines.map(({ level }) => level)).to.deep.equal(['warn', 'warn', 'warn']);
      expect(REPEAT_AFTER_MS).to.equal(300_000);
    });
  }

  it('what was told long ago is told again when it comes back, also within five minutes', () => {
    const lines = told([reportOf(1, BLIND), reportOf(2), reportOf(3, BLIND), reportOf(4, BLIND)]);
    expect(lines.map(({ message }) => message)).to.deep.equal(['blind', 'pass', 'blind']);
  });

  it('every step of a removal is told, though the counts stay as they are', () => {
    const kinds = ['choose', 'release', 'choose', 'replace', 'replace'] as const;
    const reports = kinds.map((kind, index) =>
      reportOf(index + 1, { outcome: done({ kind, cost: -1_000_000, pods: pods(1) }) }),
    );
    expect(told(reports).map(({ fields }) => fields.action)).to.deep.equal(kinds);
  });

  it('every change of the count is told, also two alike', () => {
    expect(told([resized(1, 3, 5), resized(2, 3, 5), resized(3, 3, 5)])).to.have.length(3);
  });

  it('another action that fails is told, though the one before failed as well', () => {
    const choose = { kind: 'choose', cost: -1_000_000, pods: pods(1) } as const;
    const other: ReportParts = { outcome: { kind: 'failed', action: choose, error: errorOf('timeout') } };
    const lines = told([reportOf(1, FAILED), reportOf(2, other), reportOf(3, FAILED)]);
    expect(lines.map(({ fields }) => fields.action)).to.deep.equal(['resize', 'choose']);
  });

  it('counts time by the reports, not by their number', () => {
    const late = { ...reportOf(2, BLIND), atEpochMs: AT_EPOCH_MS + 1000 + REPEAT_AFTER_MS };
    expect(told([reportOf(1, BLIND), late])).to.have.length(2);
    expect(told([reportOf(1, BLIND), { ...late, atEpochMs: late.atEpochMs - 1 }])).to.have.length(1);
  });
});

describe('log line: of live settings that cannot be used', () => {
  /** The passes (from 1) at which something is told. */
  function toldAt(rows: readonly (readonly string[])[]): readonly string[] {
    const lastAtEpochMs = new Map<string, number>();
    return rows.flatMap((problems, index) => {
      const report = reportOf(index + 1, { problems });
      const previous = index === 0 ? undefined : reportOf(index, { problems: rows[index - 1] ?? [] });
      const line = problemLineOf(report, previous, lastAtEpochMs);
      if (line === undefined) return [];
      lastAtEpochMs.set(keyOf(line), report.atEpochMs);
      return [`${index + 1}: ${line.level} ${line.message}: ${JSON.stringify(line.fields.problems ?? null)}`];
    });
  }

  it('are warned of when they come and when they change, and their end is told', () => {
    expect(toldAt([[], ['max'], ['max'], ['max', 'min'], ['max', 'min'], [], []])).to.deep.equal([
      '2: warn live settings: ["max"]',
      '4: warn live settings: ["max","min"]',
      '6: info live settings are well again: null',
    ]);
  });

  it('are warned of every five minutes while they last', () => {
    expect(toldAt(Array.from({ length: 700 }, () => ['max'])).map((line) => line.split(':')[0])).to.deep.equal([
      '1',
      '301',
      '601',
    ]);
  });

  it('are listed up to 20', () => {
    const many = Array.from({ length: 30 }, (_, index) => `key ${index}`);
    expect(problemLineOf(reportOf(1, { problems: many }), undefined, NOTHING_TOLD)?.fields.problems).to.have.length(21);
  });
});
