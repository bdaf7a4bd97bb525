/** The rigs of the sources that are asked. */
import { graphiteReader } from '../../../src/sources/graphite.ts';
import { jolokia } from '../../../src/sources/jolokia.ts';
import { prometheusReader } from '../../../src/sources/prometheus.ts';
import { prometheusServlet } from '../../../src/sources/prometheus-servlet.ts';
import { seriesSource } from '../../../src/sources/series-source.ts';
import type { OwnerRules } from '../../../src/sources/owners.ts';
import type { TurnOptions } from '../../../src/spark/in-turns.ts';
import type { FakeClock } from '../../daemon/support/clock.ts';
import { HOUR_MS, spoilt, type Expected, type Fault, type Published, type RigKind } from './rig.ts';
import { masterPage, sender, sparkOf, webRig, type WebState } from './web-rig.ts';

const PATH = 'driver.ExecutorAllocationManager.executors';
const noticed = (why: RegExp): Expected => ({ noticed: why });
const harmless = (why: string): Expected => ({ harmless: why });

/** What every source that asks over HTTP makes of what can go wrong on the way. */
const ON_THE_WAY = {
  refused: noticed(/unreachable/),
  'status 500': noticed(/HTTP 500/),
  timeout: noticed(/timeout: no whole answer/),
  HTML: noticed(/an HTML page/),
} as const;

const ASKED_AFRESH = 'values are computed when they are asked for, and carry no time';
const SPOILT = {
  infinity: noticed(/numberTargetExecutors is (?:Infinity|missing)/),
  negative: noticed(/numberTargetExecutors is (?:-1|missing)/),
  huge: noticed(/numberTargetExecutors is (?:4611686018427388000|missing)/),
} as const;

/** What a driver itself answers. */
const OF_A_DRIVER = {
  ...ON_THE_WAY,
  ...SPOILT,
  NaN: noticed(/numberTargetExecutors is (?:NaN|missing)/),
  'clock an hour ahead': harmless(ASKED_AFRESH),
  'clock an hour behind': harmless(ASKED_AFRESH),
  frozen: harmless('a driver that answers has the value; one that never changes is nothing to doubt'),
} as const;

function rules(byName: boolean): OwnerRules {
  return { namespace: byName ? '${spark.app.name}' : '${spark.app.id}' };
}

function turns(clock: FakeClock): TurnOptions {
  return { pollMs: 1_000, driverRequestsPerSecond: 50, now: clock.nowMs };
}

function timesOf({ nowMs, nowEpochMs }: FakeClock): Pick<FakeClock, 'nowMs' | 'nowEpochMs'> {
  return { nowMs, nowEpochMs };
}

function ownerOf({ applicationId, name }: Published, byName: boolean): string {
  return byName ? name : applicationId;
}

/** Both gauges of one driver, by their names. */
function gaugesOf(one: Published, owner: string, fault: Fault | undefined): readonly (readonly [string, number])[] {
  const path = fault === 'renamed' ? PATH.replace('AllocationManager', 'AllocationController') : PATH;
  return [
    [`${owner}.${path}.numberTargetExecutors`, spoilt(fault, one.target)],
    [`${owner}.${path}.numberMaxNeededExecutors`, spoilt(fault, one.needed)],
  ];
}

/** JSON has no word for what is no number; Java's servlet writes it all the same. */
function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return '"NaN"';
  return value === Infinity ? '1e9999' : String(value);
}

/** The application whose driver is asked: through the proxy of the master. */
function askedFor(url: string, published: readonly Published[]): Published | undefined {
  const id = /^\/proxy\/([^/]+)\//.exec(url)?.[1];
  return published.find(({ applicationId }) => applicationId === id);
}

const DRIVER: RigKind = {
  name: 'driver',
  expected: {
    ...OF_A_DRIVER,
    'half an answer': noticed(/no whole JSON/),
    renamed: noticed(/no allocation gauges/),
  },
  build: (clock, byName) =>
    webRig({
      clock,
      body({ url }, { published, fault }) {
        const one = url.endsWith('/metrics/json/') ? askedFor(url, published) : undefined;
        if (one === undefined) return undefined;
        const gauges = gaugesOf(one, ownerOf(one, byName), fault).map(
          ([name, v]) => `"${name}":{"value":${jsonNumber(v)}}`,
        );
        return `{"version":"4.0.0","gauges":{${gauges.join()}}}`;
      },
      source: async (url) => (await sparkOf(url, clock)).gauges,
    }),
};

const SERVLET: RigKind = {
  name: 'prometheus-servlet',
  expected: {
    ...OF_A_DRIVER,
    'half an answer': noticed(/ends in the middle of a line/),
    renamed: noticed(/no allocation gauges/),
  },
  build: (clock, byName) =>
    webRig({
      clock,
      body({ url }, { published, fault }) {
        const one = askedFor(url, published);
        if (one === undefined) return undefined;
        if (url.endsWith('/metrics/executors/prometheus/')) return executorsText(one);
        if (!url.endsWith('/metrics/prometheus/')) return undefined;
        const lines = gaugesOf(one, ownerOf(one, byName), fault).flatMap(([name, value]) => {
          const spelled = `metrics_${name.replace(/[^A-Za-z0-9]/g, '_')}`;
          return [`${spelled}_Number{type="gauges"} ${value}`, `${spelled}_Value{type="gauges"} ${value}`];
        });
        return `${lines.join('\n')}\n`;
      },
      source: async (url) => prometheusServlet(turns(clock), (await sparkOf(url, clock)).drivers, rules(byName)),
    }),
};

function executorsText({ applicationId, name }: Published): string {
  const labels = `application_id="${applicationId}", application_name="${name}", executor_id="driver"`;
  return `spark_info{version="4.3.0", revision="x"} 1.0\nmetrics_executor_rddBlocks{${labels}} 0\n`;
}

const JOLOKIA: RigKind = {
  name: 'jolokia',
  expected: {
    ...OF_A_DRIVER,
    NaN: noticed(/numberTargetExecutors is NaN/),
    'half an answer': noticed(/no whole JSON/),
    renamed: noticed(/no allocation gauges/),
  },
  build: (clock, byName) =>
    webRig({
      clock,
      spared: ({ url }) => url.startsWith('/app/'),
      body(asked, { published, fault }) {
        const id = /^\/jolokia\/([^/]+)\/$/.exec(asked.url)?.[1];
        const one = published.find(({ applicationId }) => applicationId === id);
        if (one === undefined) return masterPage(asked, `http://${asked.headers.host ?? ''}`);
        const beans = gaugesOf(one, ownerOf(one, byName), fault)
          .filter(([name]) => name.includes('AllocationManager'))
          .map(([name, v]) => `"metrics:name=${name},type=gauges":{"Value":${jsonNumber(v)}}`);
        const none = '{"status":404,"error_type":"javax.management.InstanceNotFoundException"}';
        return beans.length === 0 ? `[${none},${none}]` : `[{"status":200,"value":{${beans.join()}}},${none}]`;
      },
      source: async (url) => {
        const { guard, master } = await sparkOf(url, clock);
        const { port } = new URL(url);
        const parts = { send: await sender(clock), guard, master, rules: rules(byName) };
        return jolokia({ ...turns(clock), url: `http://\${host}:${port}/jolokia/\${spark.app.id}` }, parts);
      },
    }),
};

/** The hours by which the clock that stamps values is off. */
function skewMs(fault: Fault | undefined): number {
  if (fault === 'clock an hour ahead') return HOUR_MS;
  return fault === 'clock an hour behind' ? -HOUR_MS : 0;
}

/** What a server keeps of each series: its newest values, with the times that their senders gave them. */
class Kept {
  readonly series = new Map<string, { readonly value: number; readonly atMs: number }[]>();
  readonly #periodMs: number;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Takes what is published, each period. */
  take({ clock, published, fault }: WebState, nameOf: (name: string) => string, byName: boolean): void {
    if (clock.nowMs() % this.#periodMs !== 0 || fault === 'frozen') return;
    for (const one of published) {
      for (const [name, value] of gaugesOf(one, ownerOf(one, byName), fault)) {
        const points = this.series.get(nameOf(name)) ?? [];
        points.push({ value, atMs: clock.nowEpochMs() + skewMs(fault) });
        this.series.set(nameOf(name), points.slice(-20));
      }
    }
  }

  /** Points not older than so much, by the server's clock, and never from its future. */
  since(clock: FakeClock, ms: number): [name: string, points: { value: number; atMs: number }[]][] {
    const nowMs = clock.nowEpochMs();
    return [...this.series].map(([name, points]) => [
      name,
      points.filter(({ atMs }) => atMs > nowMs - ms && atMs <= nowMs).sort((a, b) => a.atMs - b.atMs),
    ]);
  }
}

/** A server that leaves out what its clock says is past or to come shows an application without values. */
const OUT_OF_SIGHT = noticed(/stale|no allocation gauges/);

const GRAPHITE: RigKind = {
  name: 'graphite',
  expected: {
    ...ON_THE_WAY,
    ...SPOILT,
    NaN: OUT_OF_SIGHT,
    'half an answer': noticed(/no whole JSON/),
    'clock an hour ahead': OUT_OF_SIGHT,
    'clock an hour behind': OUT_OF_SIGHT,
    frozen: noticed(/stale|no allocation gauges/),
    renamed: noticed(/has a name of Spark's allocation gauges|stale|no allocation gauges/),
  },
  build(clock, byName) {
    const kept = new Kept(10_000);
    return webRig({
      clock,
      tick: (state) => {
        kept.take(state, (name) => name, byName);
      },
      body({ url }) {
        const from = /[?&]from=-(\d+)s/.exec(url)?.[1];
        if (!url.startsWith('/render?') || from === undefined) return undefined;
        const series = kept.since(clock, Number(from) * 1000).map(([target, points]) => {
          const datapoints = points.map(({ value, atMs }) => {
            const shown = Number.isNaN(value) ? 'null' : jsonNumber(value);
            return `[${shown},${Math.floor(atMs / 10_000) * 10}]`;
          });
          return `{"target":"${target}","tags":{"name":"${target}"},"datapoints":[${datapoints.join()}]}`;
        });
        return `[${series.join()}]`;
      },
      source: async (url) => {
        const own = { url, target: 'x', periodMs: 10_000, pollMs: 1_000, ...timesOf(clock) };
        return seriesSource(graphiteReader(own, await sender(clock)), rules(byName));
      },
    });
  },
};

const PROMETHEUS: RigKind = {
  name: 'prometheus',
  expected: {
    ...ON_THE_WAY,
    ...SPOILT,
    NaN: noticed(/numberTargetExecutors is NaN/),
    'half an answer': noticed(/no whole JSON/),
    'clock an hour ahead': OUT_OF_SIGHT,
    'clock an hour behind': OUT_OF_SIGHT,
    frozen: noticed(/stale|no allocation gauges/),
    renamed: noticed(/has a name of Spark's allocation gauges|stale|no allocation gauges/),
  },
  build(clock, byName) {
    const kept = new Kept(15_000);
    return webRig({
      clock,
      tick: (state) => {
        kept.take(state, (name) => `metrics_${name.replace(/[^A-Za-z0-9]/g, '_')}_Value`, byName);
      },
      body({ url, body }) {
        const range = /\[(\d+)s\]$/.exec(new URLSearchParams(body).get('query') ?? '')?.[1];
        if (url !== '/api/v1/query' || range === undefined) return undefined;
        const result = kept
          .since(clock, Number(range) * 1000)
          .filter(([, points]) => points.length > 0)
          .map(([name, points]) => {
            const values = points.map(({ value, atMs }) => `[${atMs / 1000},"${prometheusNumber(value)}"]`);
            return `{"metric":{"__name__":"${name}","instance":"driver:4040"},"values":[${values.join()}]}`;
          });
        return `{"status":"success","data":{"resultType":"matrix","result":[${result.join()}]}}`;
      },
      source: async (url) => {
        const own = {
          url,
          query: '{x="${gauge}"}',
          ownerLabel: undefined,
          periodMs: 15_000,
          pollMs: 1_000,
          ...timesOf(clock),
        };
        return seriesSource(prometheusReader(own, await sender(clock)), rules(byName));
      },
    });
  },
};

function prometheusNumber(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}

export const ASKED_RIGS: readonly RigKind[] = [DRIVER, SERVLET, JOLOKIA, GRAPHITE, PROMETHEUS];
