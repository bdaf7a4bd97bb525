import { expect } from 'chai';
import fc from 'fast-check';
import { bounded, LONGEST_LIST, LONGEST_TEXT, type Omitted } from '../../src/status/bounded.ts';
import { abridgedJson, decisionJson, replicaChangeOf } from '../../src/status/status-json.ts';
import { EMPTY_REPORT } from '../../src/core/removal-report.ts';
import { AT_EPOCH_MS, demand, done, errorOf, pods, reportOf, resizeAction, resized, traceLine } from './support.ts';

const BIG = Array.from({ length: 1000 }, (_, index) => `app-${index}`);

describe('status JSON: one pass', () => {
  it('tells when, why, what came of it, the counts, and the whole trace', () => {
    const trace = [traceLine('observe', '3 workers registered'), traceLine('policy', 'steady')];
    const report = reportOf(7, {
      decision: {
        trace: { lines: trace },
        demands: [demand('app-1')],
        report: { ...EMPTY_REPORT, kept: new Map([['busy', 2]]) },
      },
    });
    expect(decisionJson(report)).to.deep.equal({
      sequence: 7,
      at: new Date(AT_EPOCH_MS + 7000).toISOString(),
      atEpochMs: AT_EPOCH_MS + 7000,
      durationMs: 12,
      change: null,
      reason: 'steady',
      sentence: '3 workers serve what is wanted',
      outcome: { kind: 'nothing' },
      counts: { wanted: 3, desired: 3, planned: 3, observed: 3, floor: 0 },
      hold: null,
      calendar: null,
      demands: [{ application: 'app-1', executors: 2, heldExecutors: 1, basis: 'max-needed', certain: true }],
      infeasible: [],
      starved: [],
      blockers: [],
      leaving: [],
      standings: { unstarted: 0, idle: 0, drainable: 0, kept: 0 },
      undrainable: [],
      kept: { busy: 2 },
      disrupted: [],
      pins: [],
      trace,
    });
  });

  it('what the calendar keeps is told with its entry and its end', () => {
    const told = {
      workers: 5,
      entry: '8 for 2h at 0 7 * * *',
      until: '2026-11-23 09:00 UTC',
      untilEpochMs: AT_EPOCH_MS,
    };
    const decision = { calendar: { ...told, sentence: 'it keeps 8' } };
    expect(decisionJson(reportOf(1, { decision })).calendar).to.deep.equal(told);
  });

  it('what is not known is null, never 0', () => {
    const decision = { wantedWorkers: undefined, desiredWorkers: undefined, observedWorkers: undefined };
    const { counts } = decisionJson(reportOf(1, { decision }));
    expect(counts).to.deep.equal({ wanted: null, desired: null, planned: 3, observed: null, floor: null });
  });

  it('the hold, and what was measured for it', () => {
    const restart = { startMs: 9_000.4, helpMs: 11_500, costMs: 21_000 };
    const held = (one: typeof restart | undefined): unknown =>
      decisionJson(reportOf(1, { decision: { hold: { holdMs: 20_000, restart: one } } })).hold;
    expect(held(restart)).to.deep.equal({ holdMs: 20_000, workerStartMs: 9_000, restartMs: 21_000 });
    expect(held(undefined)).to.deep.equal({ holdMs: 20_000, workerStartMs: null, restartMs: null });
  });

  it('an advice is told with its application', () => {
    const { demands } = decisionJson(reportOf(1, { decision: { demands: [demand('app-1', { advice: 'mend it' })] } }));
    expect(demands).to.have.nested.property('[0].advice', 'mend it');
  });

  it('a change has both counts and the names of those who go', () => {
    expect(decisionJson(resized(1, 5, 3, pods(2))).change).to.deep.equal({
      direction: 'shrink',
      from: 5,
      to: 3,
      victims: ['w-1', 'w-2'],
    });
  });

  it('a change that was withheld or failed is none', () => {
    const action = resizeAction(3, 5);
    expect(replicaChangeOf(reportOf(1, { outcome: { kind: 'withheld', action, why: 'off' } }))).to.equal(undefined);
    const failed = { kind: 'failed', action, error: errorOf('timeout') } as const;
    expect(replicaChangeOf(reportOf(1, { outcome: failed }))).to.equal(undefined);
    expect(
      replicaChangeOf(reportOf(1, { outcome: done({ kind: 'choose', cost: -1_000_000, pods: pods(1) }) })),
    ).to.equal(undefined);
  });

  const [pod] = pods(1);
  const some = pod === undefined ? [] : [pod];
  const actions = [
    [{ kind: 'none' }, { kind: 'none' }],
    [
      resizeAction(3, 2, some),
      { kind: 'resize', direction: 'shrink', from: 3, to: 2, victims: [{ name: 'w-1', uid: 'uid-w-1' }] },
    ],
    [
      { kind: 'choose', cost: -1_000_000, pods: some },
      { kind: 'choose', cost: -1_000_000, pods: ['w-1'] },
    ],
    [
      { kind: 'release', pods: some },
      { kind: 'release', pods: ['w-1'] },
    ],
    [
      { kind: 'replace', pods: some },
      { kind: 'replace', pods: ['w-1'] },
    ],
    [
      { kind: 'mark', pods: some, hosts: ['10.0.0.1'] },
      { kind: 'mark', pods: ['w-1'], hosts: ['10.0.0.1'] },
    ],
  ] as const;
  for (const [action, shown] of actions) {
    it(`names pods, and never shows a whole one: ${action.kind}`, () => {
      const shownOf = (outcome: Parameters<typeof reportOf>[1]): unknown => decisionJson(reportOf(1, outcome)).outcome;
      expect(shownOf({ outcome: done(action) })).to.deep.equal({ kind: 'done', action: shown, text: 'it was done' });
      expect(shownOf({ outcome: { kind: 'withheld', action, why: 'off' } })).to.deep.equal({
        kind: 'withheld',
        action: shown,
        why: 'off',
      });
      expect(shownOf({ outcome: { kind: 'failed', action, error: errorOf('timeout') } })).to.deep.equal({
        kind: 'failed',
        action: shown,
        error: 'rc/workers: timeout: made timeout',
      });
    });
  }
});

describe('status JSON: bounds', () => {
  it('lists of a large cluster are cut, and it says how much is missing', () => {
    const json = decisionJson(
      reportOf(1, {
        decision: {
          demands: BIG.map((id) => demand(id)),
          starved: BIG,
          blockers: [`waiting for ${BIG.join(', ')} to register`],
        },
        outcome: done({ kind: 'choose', cost: -1_000_000, pods: pods(300) }),
      }),
    );
    expect(json.demands).to.have.length(LONGEST_LIST);
    expect(json.starved).to.have.length(LONGEST_LIST);
    expect(json.blockers).to.have.nested.property('[0].length', LONGEST_TEXT);
    expect(json.omitted).to.deep.equal({ demands: 900, starved: 900, pods: 200 });
  });

  it('many applications do not crowd out what was decided of them', () => {
    const trace = [
      traceLine('observe', 'first'),
      ...BIG.map((id) => traceLine('demand', id)),
      traceLine('action', 'last'),
    ];
    const json = decisionJson(reportOf(1, { decision: { trace: { lines: trace } } }));
    expect(json.trace).to.have.length(LONGEST_LIST + 2);
    expect(json.trace).to.deep.include(trace.at(-1));
    expect(json.omitted).to.deep.equal({ trace: 900 });
  });

  it('long texts in the trace are cut', () => {
    const json = decisionJson(
      reportOf(1, { decision: { trace: { lines: [traceLine('removal', 'x'.repeat(9999))] } } }),
    );
    expect(json.trace).to.have.nested.property('[0].text.length', LONGEST_TEXT);
  });

  it('abridged, a pass keeps what changed and why, and loses what only explains it', () => {
    const json = decisionJson(resized(1, 5, 3, pods(2)));
    const trace = [traceLine('policy', 'x')];
    const short = abridgedJson({ ...json, trace, demands: [1], kept: { busy: 1 }, omitted: { trace: 3 } });
    expect(short).to.deep.include({ sequence: 1, reason: 'surplus', change: json.change, outcome: json.outcome });
    expect(short).to.deep.include({ abridged: true, trace: [], demands: [], kept: {}, omitted: undefined });
  });

  it('whatever goes in: no list and no text is too long, and what is short is not touched', () => {
    const longest = (value: unknown): number => {
      if (typeof value === 'string') return value.length / LONGEST_TEXT;
      if (typeof value !== 'object' || value === null) return 0;
      const inner = Object.values(value);
      return Math.max(inner.length / LONGEST_LIST, ...inner.map(longest));
    };
    const text = fc.oneof(
      fc.string(),
      fc.nat(3000).map((length) => 'x'.repeat(length)),
    );
    const list = fc.array(fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { maxLength: 300 });
    const object = fc.dictionary(fc.string(), fc.oneof(text, list), { maxKeys: 200, noNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(list, object), (value) => {
        const omitted: Omitted = {};
        const cut = bounded(value, omitted);
        expect(longest(cut)).to.be.at.most(1);
        if (longest(value) <= 1) expect(cut).to.deep.equal(value);
        if (longest(value) <= 1) expect(omitted).to.deep.equal({});
      }),
      { numRuns: 50 },
    );
  });
});
