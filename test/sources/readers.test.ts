/** What Graphite, Prometheus, the servlet and Jolokia answer, and what is made of it. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { err, ok, type Result } from '../../src/core/result.ts';
import { graphiteReader } from '../../src/sources/graphite.ts';
import { prometheusReader } from '../../src/sources/prometheus.ts';
import { applicationIdIn, parseServletText } from '../../src/sources/prometheus-text.ts';
import { seriesSource, type SeriesAnswer } from '../../src/sources/series-source.ts';
import type { Answer, Request } from '../../src/spark/http-client.ts';
import type { GaugeSample } from '../../src/spark/ports.ts';
import { application } from '../daemon/support/things.ts';
import { errorOf, never, valueOf } from '../spark/support.ts';

const NOW_EPOCH_MS = Date.UTC(2026, 10, 26, 20, 0, 0);
const NOW_SEC = NOW_EPOCH_MS / 1000;
const PATH = 'driver.ExecutorAllocationManager.executors';
const UNDERSCORED = 'metrics_app_1_driver_ExecutorAllocationManager_executors';

type Asked = Omit<Request, 'credentials'>;

/** Answers always the same, by a server whose clock may be another than ours. */
function server(body: unknown, { status = 200, clockMs = NOW_EPOCH_MS } = {}) {
  const asked: Asked[] = [];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    asked,
    send: (request: Asked): Promise<Result<Answer>> => {
      asked.push(request);
      return Promise.resolve(ok({ status, body: text, dateEpochMs: clockMs }));
    },
  };
}

const CLOCK = { nowMs: () => 0, nowEpochMs: () => NOW_EPOCH_MS };

function graphite(body: unknown, more: Parameters<typeof server>[1] = {}) {
  const { send, asked } = server(body, more);
  const options = { url: 'http://g', target: '*.x', periodMs: 10_000, pollMs: 1_000, ...CLOCK };
  return { reader: graphiteReader(options, send), asked };
}

function prometheus(body: unknown, more: Parameters<typeof server>[1] & { ownerLabel?: string } = {}) {
  const { send, asked } = server(body, more);
  const own = { url: 'http://p', query: '{__name__=~".*${gauge}"}', periodMs: 15_000, pollMs: 1_000 };
  return { reader: prometheusReader({ ...own, ownerLabel: more.ownerLabel, ...CLOCK }, send), asked };
}

function series(target: string, points: readonly (readonly [number | null, number])[]) {
  return { target, tags: { name: target }, datapoints: points };
}

function matrix(result: readonly unknown[], more: object = {}) {
  return { status: 'success', data: { resultType: 'matrix', result }, ...more };
}

async function pointsOf(reader: { read(signal: AbortSignal): Promise<Result<SeriesAnswer>> }) {
  return valueOf(await reader.read(never)).points.map(({ gauge, value, ageMs }) => [gauge, value, ageMs]);
}

describe('graphite', () => {
  const TARGET = `app-1.${PATH}.numberTargetExecutors`;

  it('takes the newest point that has a value, as young as the end of its step allows', async () => {
    const points = [
      [3, NOW_SEC - 30],
      [7, NOW_SEC - 20],
      [null, NOW_SEC - 10],
    ] as const;
    expect(await pointsOf(graphite([series(TARGET, points)]).reader)).to.deep.equal([
      ['numberTargetExecutors', 7, 10_000],
    ]);
  });

  it("counts ages by the server's clock where it tells it, and by ours where it does not", async () => {
    const points = [
      [7, NOW_SEC - 20],
      [7, NOW_SEC - 10],
    ] as const;
    const ahead = { clockMs: NOW_EPOCH_MS + 5_000 };
    expect(await pointsOf(graphite([series(TARGET, points)], ahead).reader)).to.deep.equal([
      ['numberTargetExecutors', 7, 5_000],
    ]);
    const silent = { clockMs: undefined };
    expect(await pointsOf(graphite([series(TARGET, points)], silent).reader)).to.deep.equal([
      ['numberTargetExecutors', 7, 0],
    ]);
  });

  it('learns the step, counts it as the period if it is longer, and asks for no more than is needed then', async () => {
    const points = [
      [7, NOW_SEC - 120],
      [7, NOW_SEC - 60],
    ] as const;
    const { reader, asked } = graphite([series(TARGET, points)]);
    expect(reader.periodMs()).to.equal(10_000);
    await reader.read(never);
    expect(reader.periodMs()).to.equal(60_000);
    await reader.read(never);
    expect(asked.map(({ url }) => /from=-(\d+)s/.exec(url)?.[1])).to.deep.equal(['180', '240']);
    expect(asked[0]?.url).to.equal('http://g/render?target=*.x&from=-180s&format=json&noCache=1');
  });

  it('reads a series behind functions by its tag', async () => {
    const body = [{ ...series(TARGET, [[7, NOW_SEC]]), target: `maxSeries(${TARGET})` }];
    expect(await pointsOf(graphite(body).reader)).to.deep.equal([['numberTargetExecutors', 7, 0]]);
  });

  it('series without a value in the window are of applications that ended', async () => {
    expect(await pointsOf(graphite([series(TARGET, [[null, NOW_SEC]])]).reader)).to.deep.equal([]);
  });

  const bad: readonly [what: string, body: unknown, status: number, detail: RegExp][] = [
    ['an error', 'no', 500, /ELASTIC_WORKER_GRAPHITE_URL/],
    ['series of something else', [series('a.b', [[7, NOW_SEC]])], 200, /none of 1 series .*GRAPHITE_TARGET/],
    ['an object', {}, 200, /expected Array/],
    ['points without times', [{ target: TARGET, datapoints: [[7]] }], 200, /datapoints/],
    ['a word for a value', [{ target: TARGET, datapoints: [['7', NOW_SEC]] }], 200, /datapoints/],
  ];
  for (const [what, body, status, detail] of bad) {
    it(`refuses ${what}`, async () => {
      expect(errorOf(await graphite(body, { status }).reader.read(never)).detail).to.match(detail);
    });
  }
});

describe('prometheus', () => {
  const metric = { __name__: `${UNDERSCORED}_numberTargetExecutors_Value`, instance: 'a:4040' };

  it('asks for a range of four scrapes, and takes the newest with the time of its scrape', async () => {
    const values = [
      [NOW_SEC - 17.5, '3'],
      [NOW_SEC - 2.5, '7'],
    ];
    const { reader, asked } = prometheus(matrix([{ metric, values }]));
    expect(await pointsOf(reader)).to.deep.equal([['numberTargetExecutors', 7, 2_500]]);
    expect(asked[0]?.form?.get('query')).to.match(/^\{__name__=~"\.\*\(numberTargetExecutors\|.*\)"\}\[60s\]$/);
  });

  it('hands on what is no number as it is', async () => {
    for (const [text, value] of [
      ['NaN', NaN],
      ['+Inf', Infinity],
      ['-Inf', -Infinity],
      ['', NaN],
      ['1e3', 1000],
    ] as const) {
      const { reader } = prometheus(matrix([{ metric, values: [[NOW_SEC, text]] }]));
      expect(await pointsOf(reader)).to.deep.equal([['numberTargetExecutors', value, 0]]);
    }
  });

  it('takes the owner from a label where the setting names one', async () => {
    const body = matrix([{ metric: { ...metric, app: 'app-7' }, values: [[NOW_SEC, '1']] }]);
    const { reader } = prometheus(body, { ownerLabel: 'app' });
    expect(valueOf(await reader.read(never)).points[0]).to.include({ owner: 'app-7', origin: 'a:4040' });
  });

  it('R4: a partial answer leaves those unknown that are not in it, and those that are in it known', async () => {
    const both = ['numberTargetExecutors', 'numberMaxNeededExecutors'].map((gauge) => ({
      metric: { __name__: `${UNDERSCORED}_${gauge}_Value`, instance: 'a:4040' },
      values: [[NOW_SEC, '7']],
    }));
    const { reader } = prometheus(matrix(both, { warnings: ['a store is away'] }));
    const answers = await readAll(reader);
    expect(valueOf(answers.get('app-1')!).answer.kind).to.equal('gauges');
    expect(errorOf(answers.get('app-2')!).detail).to.match(/partial answer.*a store is away/);
    const whole = await readAll(prometheus(matrix(both)).reader);
    expect(valueOf(whole.get('app-2')!).answer).to.deep.equal({ kind: 'absent' });
  });

  it('series of one name from two instances count for nobody: they may be two clusters', async () => {
    const of = (instance: string) =>
      ['numberTargetExecutors', 'numberMaxNeededExecutors'].map((gauge) => ({
        metric: { __name__: `${UNDERSCORED}_${gauge}_Value`, instance },
        values: [[NOW_SEC, '7']],
      }));
    const answers = await readAll(prometheus(matrix([...of('a:4040'), ...of('b:4040')])).reader);
    expect(errorOf(answers.get('app-1')!).detail).to.match(
      /^2 kinds of series lead to it: app_1 at a:4040, app_1 at b:4040$/,
    );
  });

  const bad: readonly [what: string, body: unknown, status: number, detail: RegExp][] = [
    ['a query that it refuses', { status: 'error', errorType: 'bad_data', error: 'x' }, 400, /^bad_data: .*_QUERY$/],
    [
      'an instant vector',
      { status: 'success', data: { resultType: 'vector', result: [] } },
      200,
      /selector without a range/,
    ],
    ['series without values', matrix([{ metric }]), 200, /no values with times/],
    ['an error with status 200', { status: 'error', errorType: 'x' }, 200, /status/],
    ['series of something else', matrix([{ metric: { __name__: 'up' }, values: [[1, '1']] }]), 200, /none of 1 series/],
  ];
  for (const [what, body, status, detail] of bad) {
    it(`refuses ${what}`, async () => {
      expect(errorOf(await prometheus(body, { status }).reader.read(never)).detail).to.match(detail);
    });
  }

  async function readAll(
    reader: ReturnType<typeof prometheus>['reader'],
  ): Promise<ReadonlyMap<string, Result<GaugeSample>>> {
    const source = seriesSource(reader, { namespace: '${spark.app.id}' });
    const census = { endedIds: [], nowEpochMs: NOW_EPOCH_MS, settingsOf: () => undefined };
    return source.read([application('app-1'), application('app-2')], never, census);
  }
});

describe('a series source', () => {
  it('a failure of the one request is one and the same error for all applications', async () => {
    const failure = err({ kind: 'unreachable', what: 'x', detail: 'y' } as const);
    const source = seriesSource(
      { name: 'x', periodMs: () => 1, read: () => Promise.resolve(failure) },
      { namespace: '' },
    );
    const census = { endedIds: [], nowEpochMs: 0, settingsOf: () => undefined };
    const answers = await source.read([application('app-1'), application('app-2')], never, census);
    expect(new Set([...answers.values()].map((one) => errorOf(one))).size).to.equal(1);
  });
});

describe("Spark's Prometheus text", () => {
  const fixture = (version: string): string =>
    readFileSync(new URL(`../fixtures/spark-${version}/driver-metrics-busy.prom`, import.meta.url), 'utf8');

  for (const [version, target, needed] of [
    ['3.5.7', 26, 26],
    ['4.1.0', 7, 15],
  ] as const) {
    it(`of a real ${version} says target ${target}, max needed ${needed}`, () => {
      const gauges = valueOf(parseServletText(fixture(version), 'x'))?.gauges;
      expect([gauges?.numberTargetExecutors, gauges?.numberMaxNeededExecutors]).to.deep.equal([target, needed]);
    });

    it(`of a real ${version} cut anywhere is refused, or says the same, or nothing, never another number`, () => {
      const whole = fixture(version);
      for (let end = 0; end < whole.length; end += 97) {
        const parsed = parseServletText(whole.slice(0, end), 'x');
        const found = parsed.ok ? parsed.value?.gauges.numberTargetExecutors : undefined;
        expect([undefined, target]).to.include(found);
      }
    });
  }

  const bad: readonly [what: string, body: string, detail: RegExp][] = [
    ['nothing', '', /nothing/],
    ['a page', '<html></html>\n', /HTML page/],
    ['JSON', '{}\n', /JSON/],
    ['half a line', 'a 1\nb', /middle of a line/],
    ['no metric', 'a 1\nb c d e\n', /line 2 is no metric/],
    [
      'two applications',
      `${UNDERSCORED}_numberTargetExecutors_Value 1\n${UNDERSCORED.replace('1', '2')}_numberTargetExecutors_Value 1\n`,
      /several/,
    ],
  ];
  for (const [what, body, detail] of bad) {
    it(`refuses ${what}`, () => {
      expect(errorOf(parseServletText(body, 'x')).detail).to.match(detail);
    });
  }

  it('tells whose executors they are, whatever the application is called', () => {
    const hostile = 'x", application_id="other"} 1\\nmetrics_executor_y{application_id="third';
    const body = `metrics_executor_rddBlocks{application_id="app-1", application_name="${hostile}", executor_id="0"} 0\n`;
    expect(applicationIdIn(body)).to.equal('app-1');
    expect(applicationIdIn('spark_info{version="4"} 1\n')).to.equal(undefined);
  });
});
