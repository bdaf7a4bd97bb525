import { expect } from 'chai';
import fc from 'fast-check';
import type { PinnedWorker } from '../../src/core/pins.ts';
import { createMetrics, type Metrics } from '../../src/status/metrics.ts';
import type { CycleReport } from '../../src/status/report.ts';
import { parseExposition, samplesOf, type Family } from './exposition.ts';
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
  type ReportParts,
} from './support.ts';

const INFO = { version: '1.2.3', node: 'v24.0.0' };
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0';

/** Every family, with its type. */
const FAMILIES: Readonly<Record<string, string>> = {
  elastic_worker_build_info: 'gauge',
  elastic_worker_workers: 'gauge',
  elastic_worker_hold_seconds: 'gauge',
  elastic_worker_worker_start_seconds: 'gauge',
  elastic_worker_calendar_workers: 'gauge',
  elastic_worker_demand_executors: 'gauge',
  elastic_worker_infeasible_executors: 'gauge',
  elastic_worker_standing_by: 'gauge',
  elastic_worker_shrink_blockers: 'gauge',
  elastic_worker_leaving_workers: 'gauge',
  elastic_worker_serving_workers: 'gauge',
  elastic_worker_undrainable_applications: 'gauge',
  elastic_worker_live_setting_problems: 'gauge',
  elastic_worker_longest_pin_seconds: 'gauge',
  elastic_worker_pinned_bytes: 'gauge',
  elastic_worker_pinned_workers: 'gauge',
  elastic_worker_source_age_seconds: 'gauge',
  elastic_worker_source_applications: 'gauge',
  elastic_worker_source_disagreements: 'gauge',
  elastic_worker_source_holds: 'gauge',
  elastic_worker_source_oldest_seconds: 'gauge',
  elastic_worker_source_target_executors: 'gauge',
  elastic_worker_source_unmatched_series: 'gauge',
  elastic_worker_source_reads_total: 'counter',
  elastic_worker_source_received_total: 'counter',
  elastic_worker_source_failures_total: 'counter',
  elastic_worker_skipped_passes_total: 'counter',
  elastic_worker_decisions_total: 'counter',
  elastic_worker_resizes_total: 'counter',
  elastic_worker_actions_total: 'counter',
  elastic_worker_errors_total: 'counter',
  elastic_worker_wrong_victims_total: 'counter',
  elastic_worker_api_calls_total: 'counter',
  elastic_worker_api_call_seconds_total: 'counter',
  elastic_worker_pass_seconds: 'histogram',
};

const BUSY: ReportParts = {
  decision: {
    demands: [
      demand('app-1', { executors: 4 }),
      demand('app-2', { executors: 2 }),
      demand('app-3', { executors: 1, basis: 'held-plus-owed' }),
    ],
    infeasible: [
      { owner: 'app-1', executors: 3, mend: '' },
      { owner: 'app-2', executors: 4, mend: '' },
    ],
    blockers: ['one', 'two'],
    calendar: { workers: 5, untilEpochMs: 0, until: '', entry: '', sentence: '' },
    leaving: [
      { name: 'w-1', phase: 'chosen', note: '' },
      { name: 'w-2', phase: 'chosen', note: '' },
      { name: 'w-3', phase: 'draining', note: '' },
    ],
    report: {
      standings: { unstarted: 0, idle: 1, drainable: 2, kept: 3 },
      lackRoom: false,
      free: 0,
      undrainable: [{ applicationId: 'app-1', why: '' }],
      kept: new Map(),
      pins: [
        pin('w-1', 100, 60_000),
        pin('w-1', 20, 5_000),
        pin('w-2', 3, 1_000),
        { ...pin('w-3', 4, 0), tooOld: true },
      ],
    },
    newWrongVictims: ['w-9', 'w-10'],
  },
  sources: [
    source('master', { ageMs: 1500, reads: 10, failures: 2 }),
    source('pods', { ageMs: undefined, reads: 3 }),
    source('carbon', {
      ageMs: undefined,
      reads: 0,
      traffic: { totals: { lines: 238, garbage: 1 }, held: { owners: 2 } },
    }),
  ],
  errors: [errorOf('timeout'), errorOf('timeout'), errorOf('conflict')],
  problems: ['one'],
  skippedPasses: 5,
  durationMs: 40,
};

function pin(name: string, bytes: number, forMs: number): PinnedWorker {
  const kept = {
    key: 'app-1 h',
    applicationId: 'app-1',
    host: 'h',
    why: '',
    mode: 'external-service',
    sinceMs: 0,
    tooOld: false,
  } as const;
  return { ...kept, name, bytes, forMs, idle: true };
}

async function familiesOf(metrics: Metrics): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render('')).text, 'prometheus');
}

async function valuesOf(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const family = (await familiesOf(metrics)).get(`elastic_worker_${name}`);
  return Object.fromEntries(
    [...(family?.samples ?? [])].map(([key, value]) => [key.replace(`elastic_worker_${name}`, ''), value]),
  );
}

async function after(...reports: readonly CycleReport[]): Promise<Metrics> {
  const metrics = createMetrics(INFO);
  for (const report of reports) metrics.observe(report);
  return Promise.resolve(metrics);
}

describe('metrics: the page', () => {
  for (const [format, accept, type] of [
    ['prometheus', '', 'text/plain; version=0.0.4; charset=utf-8'],
    ['prometheus', 'text/html,*/*;q=0.1', 'text/plain; version=0.0.4; charset=utf-8'],
    ['openmetrics', OPENMETRICS, 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
    // What Prometheus itself sends.
    [
      'openmetrics',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ],
  ] as const) {
    it(`is valid ${format} for ${accept === '' ? 'who says nothing' : accept}, with every family once`, async () => {
      const metrics = await after(reportOf(1, BUSY), resized(2, 3, 5));
      metrics.apiCall('patch replicationcontrollers/scale', 'ok', 0.2);
      const { text, contentType } = await metrics.render(accept);
      expect(contentType).to.equal(type);
      const families = parseExposition(text, format);
      const short = (name: string): string => (format === 'openmetrics' ? name.replace(/_total$/, '') : name);
      expect(Object.fromEntries([...families].map(([name, family]) => [name, family.type]))).to.deep.equal(
        Object.fromEntries(Object.entries(FAMILIES).map(([name, kind]) => [short(name), kind])),
      );
      for (const { help } of families.values()) expect(help).to.match(/^[A-Z0-9].*\.$/);
    });
  }

  it('says the same in both formats', async () => {
    const metrics = await after(reportOf(1, BUSY), resized(2, 3, 5));
    const open = parseExposition((await metrics.render(OPENMETRICS)).text, 'openmetrics');
    expect([...samplesOf(open)]).to.have.deep.members([...samplesOf(await familiesOf(metrics))]);
  });

  it('tells the version before the first pass, and that nothing was resized', async () => {
    const metrics = createMetrics(INFO);
    expect(await valuesOf(metrics, 'build_info')).to.deep.equal({ '{version="1.2.3",node="v24.0.0"}': 1 });
    expect(await valuesOf(metrics, 'resizes_total')).to.deep.equal({
      '{direction="grow"}': 0,
      '{direction="shrink"}': 0,
      '{direction="cancel-unfilled"}': 0,
    });
    expect(await valuesOf(metrics, 'workers')).to.deep.equal({});
  });
});

describe('metrics: the state', () => {
  it('wanted, kept ready, desired, planned, observed', async () => {
    const decision = { wantedWorkers: 7, floorWorkers: 2, desiredWorkers: 6, plannedWorkers: 5, observedWorkers: 4 };
    expect(await valuesOf(await after(reportOf(1, { decision })), 'workers')).to.deep.equal({
      '{count="wanted"}': 7,
      '{count="floor"}': 2,
      '{count="desired"}': 6,
      '{count="planned"}': 5,
      '{count="observed"}': 4,
    });
  });

  it('a count that is no longer known has no value, neither 0 nor the last one', async () => {
    const decision = { wantedWorkers: undefined, desiredWorkers: undefined, observedWorkers: undefined };
    const metrics = await after(reportOf(1), reportOf(2, { decision }));
    expect(await valuesOf(metrics, 'workers')).to.deep.equal({ '{count="planned"}': 3 });
  });

  it('the hold, and how long a worker takes to start, as far as they are known', async () => {
    const restart = { startMs: 9_000, helpMs: 11_500, costMs: 21_000 };
    const held = reportOf(1, { decision: { hold: { holdMs: 20_000, restart } } });
    expect(await valuesOf(await after(held), 'hold_seconds')).to.deep.equal({ '': 20 });
    expect(await valuesOf(await after(held), 'worker_start_seconds')).to.deep.equal({ '': 9 });
    for (const name of ['hold_seconds', 'worker_start_seconds']) {
      expect(await valuesOf(await after(held, reportOf(2)), name), name).to.deep.equal({});
    }
  });

  const table: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ['demand_executors', { '{basis="max-needed"}': 6, '{basis="held-plus-owed"}': 1 }],
    ['infeasible_executors', { '': 7 }],
    ['shrink_blockers', { '': 2 }],
    ['calendar_workers', { '': 5 }],
    ['leaving_workers', { '{phase="chosen"}': 2, '{phase="draining"}': 1 }],
    [
      'serving_workers',
      {
        '{standing="unstarted"}': 0,
        '{standing="idle"}': 1,
        '{standing="drainable"}': 2,
        '{standing="kept"}': 3,
      },
    ],
    ['undrainable_applications', { '': 1 }],
    ['pinned_workers', { '{mode="external-service"}': 2 }],
    ['pinned_bytes', { '': 127 }],
    ['longest_pin_seconds', { '': 60 }],
    ['live_setting_problems', { '': 1 }],
    ['source_age_seconds', { '{source="master"}': 1.5 }],
    ['source_reads_total', { '{source="master"}': 10, '{source="pods"}': 3, '{source="carbon"}': 0 }],
    ['source_failures_total', { '{source="master"}': 2, '{source="pods"}': 0, '{source="carbon"}': 0 }],
    ['source_received_total', { '{source="carbon",what="lines"}': 238, '{source="carbon",what="garbage"}': 1 }],
    ['source_holds', { '{source="carbon",what="owners"}': 2 }],
    ['skipped_passes_total', { '': 5 }],
    ['errors_total', { '{kind="timeout"}': 2, '{kind="conflict"}': 1 }],
    ['wrong_victims_total', { '': 2 }],
    ['decisions_total', { '{reason="steady"}': 1 }],
  ];
  for (const [name, values] of table) {
    it(name, async () => {
      expect(await valuesOf(await after(reportOf(1, BUSY)), name)).to.deep.equal(values);
    });
  }

  it('sources of demand: what they say in sum, how they stand, and what they leave open', async () => {
    const view = { source: 'driver', state: 'in-use', why: undefined, ageMs: 500 } as const;
    const app = (application: string, target: number) => ({
      application,
      inUse: 'driver',
      disagreement: target > 3 ? 'they differ' : undefined,
      sources: [
        { ...view, numbers: { target, needed: target } },
        { ...view, source: 'graphite', state: 'stale' as const, numbers: undefined, ageMs: 40_000 },
      ],
    });
    const graphite = { name: 'graphite', ageMs: 1, periodMs: 1, error: undefined, reads: 1, failures: 0 };
    const metrics = await after(
      reportOf(1, {
        gaugeSources: [app('app-1', 3), app('app-2', 5)],
        sources: [{ ...graphite, strangers: { count: 4, named: [] } }],
      }),
    );
    expect(await valuesOf(metrics, 'source_target_executors')).to.deep.equal({ '{source="driver"}': 8 });
    expect(await valuesOf(metrics, 'source_applications')).to.deep.equal({
      '{source="driver",state="in-use"}': 2,
      '{source="graphite",state="stale"}': 2,
    });
    expect(await valuesOf(metrics, 'source_oldest_seconds')).to.deep.equal({
      '{source="driver"}': 0.5,
      '{source="graphite"}': 40,
    });
    expect(await valuesOf(metrics, 'source_disagreements')).to.deep.equal({ '': 1 });
    expect(await valuesOf(metrics, 'source_unmatched_series')).to.deep.equal({ '{source="graphite"}': 4 });
  });

  it('what is over is gone', async () => {
    const metrics = await after(reportOf(1, { ...BUSY, standing: standby('disabled') }), reportOf(2));
    for (const name of ['demand_executors', 'leaving_workers', 'source_age_seconds', 'source_holds', 'standing_by'])
      expect(await valuesOf(metrics, name), name).to.deep.equal({});
    for (const name of ['infeasible_executors', 'shrink_blockers', 'calendar_workers', 'live_setting_problems'])
      expect(await valuesOf(metrics, name), name).to.deep.equal({ '': 0 });
  });

  it('standing by, with its reason', async () => {
    const metrics = await after(
      reportOf(1, { standing: standby('disabled') }),
      reportOf(2, { standing: standby('dry-run') }),
    );
    expect(await valuesOf(metrics, 'standing_by')).to.deep.equal({ '{reason="dry-run"}': 1 });
  });
});

describe('metrics: what happened', () => {
  it('resizes by direction, and actions by kind and outcome', async () => {
    const action = resizeAction(3, 5);
    const metrics = await after(
      resized(1, 3, 5),
      resized(2, 5, 3, pods(2)),
      reportOf(3, { outcome: done({ kind: 'choose', cost: -1_000_000, pods: pods(1) }) }),
      reportOf(4, { outcome: { kind: 'withheld', action, why: 'off' } }),
      reportOf(5, { outcome: { kind: 'failed', action, error: errorOf('timeout') } }),
      reportOf(6),
    );
    expect(await valuesOf(metrics, 'resizes_total')).to.include({ '{direction="grow"}': 1, '{direction="shrink"}': 1 });
    expect(await valuesOf(metrics, 'actions_total')).to.deep.equal({
      '{action="resize",outcome="done"}': 2,
      '{action="choose",outcome="done"}': 1,
      '{action="resize",outcome="withheld"}': 1,
      '{action="resize",outcome="failed"}': 1,
    });
  });

  it('passes by length', async () => {
    const metrics = await after(...[5, 40, 40, 20_000].map((durationMs, index) => reportOf(index, { durationMs })));
    const values = await valuesOf(metrics, 'pass_seconds');
    expect(values).to.include({
      '_bucket{le="0.01"}': 1,
      '_bucket{le="0.05"}': 3,
      '_bucket{le="10"}': 3,
      '_bucket{le="+Inf"}': 4,
      _count: 4,
    });
    expect(values._sum).to.be.closeTo(20.085, 1e-9);
  });

  it('calls to the API by what they were and how they ended', async () => {
    const metrics = createMetrics(INFO);
    metrics.apiCall('list pods', 'ok', 0.25);
    metrics.apiCall('list pods', 'timeout', 5);
    expect(await valuesOf(metrics, 'api_calls_total')).to.deep.equal({
      '{call="list pods",outcome="ok"}': 1,
      '{call="list pods",outcome="timeout"}': 1,
    });
    expect(await valuesOf(metrics, 'api_call_seconds_total')).to.deep.equal({ '{call="list pods"}': 5.25 });
  });

  it('counters only rise, whatever the totals of a source do', async () => {
    const totals = fc.array(fc.nat(20), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(totals, async (reads) => {
        const metrics = createMetrics(INFO);
        let highest = 0;
        for (const [index, total] of reads.entries()) {
          const before = samplesOf(await familiesOf(metrics));
          const sources = [source('master', { reads: total, failures: total })];
          metrics.observe(reportOf(index, { sources, skippedPasses: total }));
          highest = Math.max(highest, total);
          for (const [name, value] of samplesOf(await familiesOf(metrics)))
            if (/_total|_count|_bucket/.test(name)) expect(value, name).to.be.at.least(before.get(name) ?? 0);
        }
        expect(await valuesOf(metrics, 'source_reads_total')).to.deep.equal({ '{source="master"}': highest });
      }),
      { numRuns: 10 },
    );
  });

  it('no name that a user chose becomes a label: the page does not grow with the applications', async () => {
    const metrics = createMetrics(INFO);
    const sizes = [1, 500].map(async (count) => {
      for (let index = 0; index < count; index += 1) {
        const id = `app-hostile-${index}`;
        metrics.observe(
          reportOf(index, {
            decision: {
              demands: [demand(id)],
              infeasible: [{ owner: id, executors: 1, mend: id }],
              starved: [id],
              blockers: [id],
              newWrongVictims: [id],
              sentence: id,
            },
            problems: [id],
            errors: [errorOf('blocked', { what: id, detail: id })],
          }),
        );
      }
      const { text } = await metrics.render('');
      expect(text).to.not.contain('hostile');
      return samplesOf(await familiesOf(metrics)).size;
    });
    const [one, many] = await Promise.all(sizes);
    expect(many).to.equal(one);
  });
});
