import { expect } from 'chai';
import { renderExplanation } from '../../src/status/explanation.ts';
import { EMPTY_REPORT } from '../../src/core/removal-report.ts';
import { ACTS, decisionOf, resizeAction, standby, traceLine } from './support.ts';

const TRACE = [
  traceLine('observe', '3 workers registered, 3 planned'),
  traceLine('demand', 'app-1 wants 8 executors'),
  traceLine('demand', 'app-2 wants 1 executor'),
  traceLine('policy', 'demand needs 5 workers, 3 serve'),
];

describe('explanation', () => {
  it('tells the counts, the verdict, the action, and the trace stage by stage', () => {
    const decision = decisionOf({
      wantedWorkers: 5,
      desiredWorkers: 5,
      reason: 'demand',
      sentence: 'demand needs 5 workers, 3 serve',
      action: resizeAction(3, 5),
      trace: { lines: TRACE },
    });
    expect(renderExplanation(decision, ACTS)).to.equal(
      [
        'wanted 5, desired 5, planned 3, observed 3 workers',
        'verdict: demand: demand needs 5 workers, 3 serve',
        'action: resize',
        '',
        'observe   3 workers registered, 3 planned',
        'demand    app-1 wants 8 executors',
        '          app-2 wants 1 executor',
        'policy    demand needs 5 workers, 3 serve',
        '',
      ].join('\n'),
    );
  });

  it('tells the hold, what was measured for it, and who is kept ready', () => {
    const restart = { startMs: 9_000, helpMs: 11_500, costMs: 21_300 };
    const lineOf = (more: Parameters<typeof decisionOf>[0]): string | undefined =>
      renderExplanation(decisionOf(more), ACTS)
        .split('\n')
        .find((line) => line.startsWith('hold'));
    expect(lineOf({ hold: { holdMs: 60_000, restart: undefined } })).to.equal(
      'hold: 60 s; no worker was seen to start yet',
    );
    expect(lineOf({ hold: { holdMs: 20_000, restart }, floorWorkers: 3 })).to.equal(
      'hold: 20 s; a worker takes 9 s to start, to leave and come again 21.3 s; 3 workers are kept ready',
    );
    expect(lineOf({})).to.equal(undefined);
  });

  it('says "unknown" where nothing is known, never 0', () => {
    const decision = decisionOf({ wantedWorkers: undefined, desiredWorkers: undefined, observedWorkers: undefined });
    expect(renderExplanation(decision, ACTS)).to.match(
      /^wanted unknown, desired unknown, planned 3, observed unknown workers\n/,
    );
  });

  it('tells who is leaving, and why the others stay', () => {
    const decision = decisionOf({
      leaving: [{ name: 'w-1', phase: 'draining', note: 'it still runs 1 executors' }],
      report: { ...EMPTY_REPORT, kept: new Map([['app-1: a running job may read its shuffle (1.2 GiB)', 2]]) },
    });
    expect(renderExplanation(decision, ACTS)).to.match(
      /\nleaving {3}w-1: draining, it still runs 1 executors\nkept {6}2 workers: app-1: a running job may read its shuffle \(1\.2 GiB\)\n$/,
    );
  });

  it('says that it stands by, and why', () => {
    expect(renderExplanation(decisionOf({ action: resizeAction(3, 5) }), standby('disabled'))).to.contain(
      'action: resize, but it stands by: the test says disabled\n',
    );
  });

  it('names that others chose begin no line and move no cursor', () => {
    const text = 'app \u001b[2J\r\nverdict: forged\u2028';
    const decision = decisionOf({ sentence: text, trace: { lines: [traceLine('demand', text)] } });
    const shown = renderExplanation(decision, { acts: false, code: 'disabled', why: text });
    expect(shown.split('\n').filter((line) => line.startsWith('verdict'))).to.have.length(1);
    expect(shown.replaceAll('\n', '')).to.not.match(/[\p{Cc}\p{Zl}]/u);
  });

  it('tells what each source of demand says, and whose series nobody knows', () => {
    const view = { source: 'driver', state: 'in-use', why: undefined, ageMs: 61.4 } as const;
    const facts = {
      gaugeSources: [
        {
          application: 'app-1',
          inUse: 'driver',
          disagreement: 'driver says 3, graphite says 9',
          sources: [
            { ...view, numbers: { target: 3, needed: 8 } },
            { ...view, source: 'graphite', state: 'stale' as const, why: 'graphite is stale', numbers: undefined },
          ],
        },
      ],
      sources: [
        {
          ...{ name: 'graphite', ageMs: 1, periodMs: 1, error: undefined, reads: 1, failures: 0 },
          strangers: { count: 1, named: [{ owner: 'nightly', why: 'nobody' }] },
        },
      ],
    };
    const lines = renderExplanation(decisionOf(), ACTS, facts).split('\n');
    expect(lines.filter((line) => line.startsWith('source'))).to.deep.equal([
      'source    app-1: driver in-use, target 3, max needed 8, 61 ms old',
      'source    app-1: graphite stale, 61 ms old: graphite is stale',
      'source    app-1: they disagree: driver says 3, graphite says 9',
      'source    graphite: series of nightly are not counted: nobody',
    ]);
  });
});
