import { expect } from 'chai';
import { NOT_READY_AFTER_MS, StatusState } from '../../src/status/status-state.ts';
import type { CycleReport } from '../../src/status/report.ts';
import { FakeClock } from '../daemon/support/clock.ts';
import {
  demand,
  done,
  errorOf,
  pods,
  reportOf,
  resizeAction,
  resized,
  source,
  standby,
  traceLine,
  type ReportParts,
} from './support.ts';

const BLIND: ReportParts = {
  decision: { reason: 'master-unknown', sentence: 'the master is silent', observedWorkers: undefined },
};

interface Shown {
  readonly sequence: number;
  readonly change: unknown;
  readonly trace: readonly unknown[];
  readonly abridged?: boolean;
}

describe('status state', () => {
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock();
  });

  const stateOf = (pollMs = 1000): StatusState =>
    new StatusState({ version: '1.2.3', pollMs, nowMs: clock.nowMs, settings: () => ({ ELASTIC_WORKER_MAX: 10 }) });

  const decisionsOf = (state: StatusState): readonly Shown[] => state.document().decisions as readonly Shown[];

  function add(state: StatusState, reports: readonly CycleReport[]): void {
    for (const report of reports) {
      clock.advance(1000);
      state.add(report);
    }
  }

  describe('alive: passes run', () => {
    it('from the start, for as long as a first pass may take', () => {
      const state = stateOf();
      clock.advance(60_000);
      expect(state.alive()).to.deep.equal({ well: true, text: 'passes run' });
      clock.advance(1);
      expect(state.alive()).to.deep.equal({ well: false, text: 'no pass completed for 60 s' });
    });

    it('whatever a pass sees or does: blind, standing by, failing', () => {
      const failed = { kind: 'failed', action: resizeAction(3, 5), error: errorOf('unauthorized') } as const;
      for (const more of [BLIND, { standing: standby('disabled') }, { outcome: failed }]) {
        const state = stateOf();
        clock.advance(100_000);
        state.add(reportOf(1, more));
        clock.advance(60_000);
        expect(state.alive().well).to.equal(true);
        clock.advance(1);
        expect(state.alive().well).to.equal(false);
      }
    });

    it('waits for 30 polls where these are longer than a minute', () => {
      const state = stateOf(10_000);
      clock.advance(300_000);
      expect(state.alive().well).to.equal(true);
      clock.advance(1);
      expect(state.alive().well).to.equal(false);
    });
  });

  describe('ready: it sees the workers and the master', () => {
    it('not before the first pass', () => {
      expect(stateOf().ready()).to.deep.equal({ well: false, text: 'no pass has completed yet' });
    });

    const table: readonly (readonly [string, ReportParts, boolean])[] = [
      ['it sees both', {}, true],
      ['standing by is no matter', { standing: standby('disabled') }, true],
      ['the demand is unknown, the cluster is not', { decision: { reason: 'unknown-demand' } }, true],
      ['no worker is a known count', { decision: { plannedWorkers: 0, observedWorkers: 0 } }, true],
      ['the master is unknown', BLIND, false],
      ['the target is unknown', { decision: { reason: 'target-unknown', plannedWorkers: undefined } }, false],
      [
        'the master is STANDBY: it is seen, and the daemon beside it is ready to take over',
        { decision: { reason: 'master-not-alive', observedWorkers: undefined } },
        true,
      ],
      [
        'the master is STANDBY and the target unknown',
        { decision: { reason: 'master-not-alive', observedWorkers: undefined, plannedWorkers: undefined } },
        false,
      ],
    ];
    for (const [what, more, well] of table) {
      it(`${well ? 'ready' : 'not ready'}: ${what}`, () => {
        const state = stateOf();
        add(state, [reportOf(1, more)]);
        expect(state.ready().well).to.equal(well);
      });
    }

    it('stays so for a minute of blindness, then says why it is not, and comes back', () => {
      const state = stateOf();
      add(state, [reportOf(1)]);
      clock.advance(NOT_READY_AFTER_MS - 1000);
      add(state, [reportOf(2, BLIND)]);
      expect(state.ready().well).to.equal(true);
      clock.advance(1);
      expect(state.ready()).to.deep.equal({ well: false, text: 'blind for 60 s: the master is silent' });
      add(state, [reportOf(3)]);
      expect(state.ready()).to.deep.equal({ well: true, text: 'it sees the workers and the master' });
    });
  });

  describe('the document', () => {
    it('is whole before the first pass', () => {
      expect(stateOf().document()).to.deep.equal({
        version: '1.2.3',
        standing: null,
        ready: { well: false, text: 'no pass has completed yet' },
        problems: [],
        sources: [],
        gaugeSources: [],
        skippedPasses: 0,
        settings: { ELASTIC_WORKER_MAX: 10 },
        decisions: [],
      });
    });

    it('tells of the newest pass: standing, problems, sources with their errors, skipped passes', () => {
      const state = stateOf();
      const failing = source('driver-metrics', { ageMs: undefined, error: errorOf('timeout'), failures: 2 });
      const newest = reportOf(2, {
        standing: standby('disabled'),
        problems: ['mend this'],
        sources: [source('master', { ageMs: 12.6 }), failing],
        skippedPasses: 4,
      });
      add(state, [resized(1, 3, 5), newest]);
      expect(state.document()).to.deep.include({
        standing: { acts: false, code: 'disabled', why: 'the test says disabled' },
        problems: ['mend this'],
        sources: [
          { name: 'master', ageMs: 13, periodMs: 1000, error: null, reads: 1, failures: 0 },
          {
            name: 'driver-metrics',
            ageMs: null,
            periodMs: 1000,
            error: 'rc/workers: timeout: made timeout',
            reads: 1,
            failures: 2,
          },
        ],
        skippedPasses: 4,
      });
    });

    it('shows the settings as they are at that moment', () => {
      let max = 10;
      const settings = (): Record<string, unknown> => ({ max });
      const state = new StatusState({ version: '', pollMs: 1000, nowMs: clock.nowMs, settings });
      max = 20;
      expect(state.document().settings).to.deep.equal({ max: 20 });
    });

    it('shows the newest passes first, with their traces', () => {
      const state = stateOf();
      const trace = [traceLine('policy', 'steady')];
      add(
        state,
        [1, 2, 3, 4, 5, 6, 7].map((sequence) => reportOf(sequence, { decision: { trace: { lines: trace } } })),
      );
      expect(decisionsOf(state).map(({ sequence }) => sequence)).to.deep.equal([7, 6, 5, 4, 3]);
      expect(decisionsOf(state)[0]?.trace).to.deep.equal(trace);
    });

    it('keeps what was written far longer than what was steady, in one order', () => {
      const state = stateOf();
      const chosen = reportOf(2, { outcome: done({ kind: 'choose', cost: -1_000_000, pods: pods(1) }) });
      const failed = reportOf(3, {
        outcome: { kind: 'failed', action: resizeAction(3, 5), error: errorOf('timeout') },
      });
      add(state, [resized(1, 3, 5), chosen, failed]);
      add(
        state,
        Array.from({ length: 100 }, (_, index) => reportOf(index + 4)),
      );
      expect(decisionsOf(state).map(({ sequence }) => sequence)).to.deep.equal([103, 102, 101, 100, 99, 3, 2, 1]);
      expect(decisionsOf(state).at(-1)?.change).to.include({ from: 3, to: 5 });
    });

    it('failures in a row do not push out changes of the count', () => {
      const state = stateOf();
      const error = errorOf('unauthorized');
      const failed = { kind: 'failed', action: resizeAction(5, 7), error } as const;
      add(state, [resized(1, 3, 5)]);
      add(
        state,
        Array.from({ length: 300 }, (_, index) => reportOf(index + 2, { outcome: failed })),
      );
      expect(decisionsOf(state).filter(({ change }) => change !== null)).to.have.length(1);
    });

    it('keeps 200 changes of the count, and what led to the newest 20', () => {
      const state = stateOf();
      const trace = [traceLine('policy', 'why')];
      for (let sequence = 1; sequence <= 250; sequence += 1) {
        const report = resized(sequence, sequence, sequence + 1);
        add(state, [{ ...report, decision: { ...report.decision, trace: { lines: trace } } }]);
      }
      const shown = decisionsOf(state);
      expect(shown).to.have.length(200);
      expect(shown.map(({ trace: lines }) => lines.length)).to.deep.equal([
        ...Array.from({ length: 20 }, () => 1),
        ...Array.from({ length: 180 }, () => 0),
      ]);
      expect(shown[19]?.abridged).to.equal(undefined);
      expect(shown[20]).to.deep.include({
        abridged: true,
        change: { direction: 'grow', from: 230, to: 231, victims: [] },
      });
    });

    it('stays readable for a thousand applications that change all the time', () => {
      const state = stateOf();
      const demands = Array.from({ length: 1000 }, (_, index) => demand(`app-20261123080000-${index}`));
      const trace = demands.map(({ sentence }) => traceLine('demand', sentence.repeat(100)));
      const busy = { ...resized(1, 3, 5, pods(1000)).decision, demands, trace: { lines: trace } };
      const victims = pods(1000);
      for (let sequence = 1; sequence <= 300; sequence += 1) {
        add(state, [{ ...resized(sequence, 3, 5, victims), decision: busy }]);
      }
      expect(JSON.stringify(state.document()).length).to.be.lessThan(10_000_000);
    });
  });
});
