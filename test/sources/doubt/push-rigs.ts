/** The rigs of the sources that drivers send to: real listeners on loopback, and a sender that can fail in every way. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import nock from 'nock';
import { carbonListener, type Listener } from '../../../src/sources/carbon-listener.ts';
import { GaugeStore } from '../../../src/sources/gauge-store.ts';
import { pushSource } from '../../../src/sources/push-source.ts';
import { statsdListener } from '../../../src/sources/statsd-listener.ts';
import type { FakeClock } from '../../daemon/support/clock.ts';
import { freePort, until } from '../support.ts';
import { HOUR_MS, spoilt, type DoubtRig, type Expected, type Fault, type Published, type RigKind } from './rig.ts';

const HOST = '127.0.0.1';
const PERIOD_MS = 10_000;
const HTML = '<html><body>502 Bad Gateway</body></html>\n';

const noticed = (why: RegExp): Expected => ({ noticed: why });
const harmless = (why: string): Expected => ({ harmless: why });
const STALE = noticed(/stale/);

/** What nobody can tell from a driver that has gone: nothing that is of any use arrives. */
const NOTHING_ARRIVES = {
  refused: STALE,
  'status 500': { impossible: 'nothing is asked, so there is no status' },
  timeout: STALE,
  'half an answer': STALE,
  HTML: STALE,
  NaN: STALE,
  infinity: STALE,
  negative: STALE,
  huge: STALE,
  renamed: STALE,
} as const;

/** One report as it is sent: lines, and what the fault makes of them. */
interface Report {
  readonly lines: readonly string[];
  /** Lines of it that arrive. */
  readonly count: number;
}

type Protocol = (name: string, value: number, stampS: number) => string;

const CARBON_LINE: Protocol = (name, value, stampS) => `${name} ${value} ${stampS}\n`;
const STATSD_LINE: Protocol = (name, value) => `${name}:${value}|g\n`;

function reportOf(owner: string, one: Published, stampS: number, fault: Fault | undefined, line: Protocol): Report {
  const manager = fault === 'renamed' ? 'ExecutorAllocationController' : 'ExecutorAllocationManager';
  const path = `${owner}.driver.${manager}.executors`;
  const lines = [
    line(`${path}.numberMaxNeededExecutors`, spoilt(fault, one.needed), stampS),
    line(`${path}.numberTargetExecutors`, spoilt(fault, one.target), stampS),
  ];
  // A line that is begun and never ended.
  if (fault === 'timeout') return { lines: [lines[0]?.slice(0, 20) ?? ''], count: 1 };
  if (fault === 'half an answer') return { lines: [lines[0] ?? '', lines[1]?.slice(0, -12) ?? ''], count: 2 };
  if (fault === 'HTML') return { lines: [HTML], count: 1 };
  return fault === 'refused' ? { lines: [], count: 0 } : { lines, count: 2 };
}

function skewS(fault: Fault | undefined): number {
  if (fault === 'clock an hour ahead') return HOUR_MS / 1000;
  return fault === 'clock an hour behind' ? -HOUR_MS / 1000 : 0;
}

interface PushParts {
  readonly name: 'carbon' | 'statsd';
  readonly line: Protocol;
  readonly listener: (store: GaugeStore, port: number, clock: FakeClock) => Listener;
  readonly send: (port: number, lines: readonly string[]) => Promise<void>;
}

async function pushRig(clock: FakeClock, byName: boolean, parts: PushParts): Promise<DoubtRig> {
  const { name, line } = parts;
  // nock stands before every socket; what is sent here has to arrive as it is.
  nock.restore();
  const store = new GaugeStore({ maxOwners: 100, firstPeriodMs: PERIOD_MS });
  const port = await freePort(HOST);
  const listener = parts.listener(store, port, clock);
  const rules = { namespace: byName ? '${spark.app.name}' : '${spark.app.id}' };
  const source = pushSource({ name, store, listener, rules, nowMs: clock.nowMs });
  const started = await source.start?.();
  if (started?.ok !== true) throw new Error('it does not listen');
  let fault: Fault | undefined;
  let frozen: Report | undefined;
  let arrived = 0;
  return {
    source,
    async tick(published) {
      if (clock.nowMs() % PERIOD_MS !== 0) return;
      for (const one of published) {
        const stampS = Math.floor(clock.nowEpochMs() / 1000) + skewS(fault);
        const now = reportOf(byName ? one.name : one.applicationId, one, stampS, fault, line);
        const report = fault === 'frozen' ? (frozen ?? now) : now;
        frozen = report;
        await parts.send(port, report.lines);
        arrived += report.count;
      }
      await until(() => (listener.traffic().totals.lines ?? 0) >= arrived);
    },
    breakBy(next) {
      fault = next;
      return Promise.resolve();
    },
    async stop() {
      await source.stop?.();
      nock.activate();
    },
  };
}

async function sendByTcp(port: number, lines: readonly string[]): Promise<void> {
  const socket = connect(port, HOST);
  socket.resume();
  socket.end(lines.join(''));
  await once(socket, 'close');
}

async function sendByUdp(port: number, lines: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const line of lines)
    await new Promise((resolve) => {
      socket.send(line.trimEnd(), port, HOST, resolve);
    });
  socket.close();
}

const LIMITS = { maxConnections: 10, idleMs: 60_000 };

const CARBON: RigKind = {
  name: 'carbon',
  expected: {
    ...NOTHING_ARRIVES,
    'clock an hour ahead': harmless('the moment of arrival is the truth for ages'),
    'clock an hour behind': noticed(/comes 3600 s later than it did/),
    frozen: noticed(/stale|comes \d+ s later than it did/),
  },
  build: (clock, byName) =>
    pushRig(clock, byName, {
      name: 'carbon',
      line: CARBON_LINE,
      listener: (store, port, { nowMs }) => carbonListener({ ...LIMITS, store, nowMs, address: { host: HOST, port } }),
      send: sendByTcp,
    }),
};

const NO_TIME = 'StatsD carries no time: what arrives is news';

const STATSD: RigKind = {
  name: 'statsd',
  expected: {
    ...NOTHING_ARRIVES,
    'clock an hour ahead': harmless(NO_TIME),
    'clock an hour behind': harmless(NO_TIME),
    frozen: harmless(NO_TIME),
  },
  build: (clock, byName) =>
    pushRig(clock, byName, {
      name: 'statsd',
      line: STATSD_LINE,
      listener: (store, port, { nowMs }) => statsdListener({ store, nowMs, address: { host: HOST, port } }),
      send: sendByUdp,
    }),
};

export const PUSH_RIGS: readonly RigKind[] = [CARBON, STATSD];
