import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { GaugeSample, GaugeSource, Census } from '../../src/spark/ports.ts';
import type { Result } from '../../src/core/result.ts';
import type { ApplicationView } from '../../src/core/spark-view.ts';
import { carbonListener } from '../../src/sources/carbon-listener.ts';
import { GaugeStore } from '../../src/sources/gauge-store.ts';
import { pushSource } from '../../src/sources/push-source.ts';
import { statsdListener } from '../../src/sources/statsd-listener.ts';
import { application } from '../daemon/support/things.ts';
import { freePort, realSockets, until } from './support.ts';

const HOST = '127.0.0.1';
const STARTED_EPOCH_MS = 1_000_000;
const CENSUS: Census = { endedIds: ['app-0'], nowEpochMs: STARTED_EPOCH_MS, settingsOf: () => undefined };

interface Heard {
  readonly source: GaugeSource;
  readonly store: GaugeStore;
  readonly clock: { nowMs: number };
  readonly port: number;
  readonly read: (...applications: readonly ApplicationView[]) => Promise<ReadonlyMap<string, Result<GaugeSample>>>;
}

const sources: GaugeSource[] = [];

async function listening(name: 'carbon' | 'statsd', maxOwners = 10): Promise<Heard> {
  const clock = { nowMs: 0 };
  const nowMs = (): number => clock.nowMs;
  const store = new GaugeStore({ maxOwners, firstPeriodMs: 10_000 });
  const port = await freePort(HOST);
  const address = { host: HOST, port };
  const listener =
    name === 'carbon'
      ? carbonListener({ store, nowMs, address, maxConnections: 4, idleMs: 60_000 })
      : statsdListener({ store, nowMs, address });
  const source = pushSource({ name, store, listener, rules: { namespace: '${spark.app.name}' }, nowMs });
  sources.push(source);
  expect(await source.start?.()).to.deep.include({ ok: true });
  const census = (): Census => ({ ...CENSUS, nowEpochMs: STARTED_EPOCH_MS + clock.nowMs });
  return {
    source,
    store,
    clock,
    port,
    read: (...applications) => source.read(applications, new AbortController().signal, census()),
  };
}

function app(id: string, name = 'report'): ApplicationView {
  return { ...application(id), name, startedAtEpochMs: STARTED_EPOCH_MS };
}

const line = (owner: string, gauge: string, value: number, stampS: number): string =>
  `${owner}.driver.ExecutorAllocationManager.executors.${gauge} ${value} ${stampS}\n`;

const report = (owner: string, value: number, stampS = 0): string =>
  line(owner, 'numberMaxNeededExecutors', value, stampS) + line(owner, 'numberTargetExecutors', value, stampS);

async function sendTcp(port: number, text: string): Promise<void> {
  const socket = connect(port, HOST);
  socket.resume();
  socket.end(text);
  await once(socket, 'close');
}

async function sendUdp(port: number, text: string): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.send(text, port, HOST, resolve);
  });
  socket.close();
}

const linesOf = (source: GaugeSource): number => source.traffic?.().totals.lines ?? 0;

describe('a source that drivers send to', () => {
  realSockets();
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.stop?.();
  });

  it('carbon: takes what comes over TCP and UDP, and says of each application how old it is and how often it comes', async () => {
    const { source, clock, port, read } = await listening('carbon');
    await read(app('app-1'), app('app-2'));
    for (const second of [0, 2, 4]) {
      clock.nowMs = second * 1000;
      await sendTcp(port, report('prefix.app-1', 5, second));
      await until(() => linesOf(source) === second * 2 + 2);
      await sendUdp(port, report('app-2', 7, second).trimEnd());
      await until(() => linesOf(source) === second * 2 + 4);
    }
    clock.nowMs = 5_500;

    const answers = await read(app('app-1'), app('app-2'), app('app-3'));

    const [one, two, three] = [answers.get('app-1'), answers.get('app-2'), answers.get('app-3')];
    expect(one).to.have.nested.property('value.answer.gauges.numberTargetExecutors', 5);
    expect(one).to.deep.nested.include({ 'value.ageMs': 1_500, 'value.periodMs': 2_000 });
    expect(two).to.have.nested.property('value.answer.gauges.numberMaxNeededExecutors', 7);
    expect(three).to.deep.equal({ ok: true, value: { answer: { kind: 'absent' }, ageMs: 0 } });
    expect(source.periodMs(3)).to.equal(2_000);
    expect(source.traffic?.()).to.deep.equal({
      totals: {
        lines: 12,
        gauges: 12,
        garbage: 0,
        cut: 0,
        refused: 0,
        outdated: 0,
        orphaned: 0,
        datagrams: 3,
        connections: 3,
        connectionsEndedIdle: 0,
        connectionsEndedSlow: 0,
        connectionsEndedForRoom: 0,
      },
      held: { owners: 2, otherOwners: 0, connections: 0 },
    });
  });

  it('statsd: takes values and changes, and counts the rest', async () => {
    const { source, port, read } = await listening('statsd');
    await read(app('app-1'));
    const name = 'app-1.driver.ExecutorAllocationManager.executors.numberTargetExecutors';
    await sendUdp(port, `${name}:5|g\napp-1.x:1|c\n${name.replace('Target', 'MaxNeeded')}:6|g\nwhat?\n${name}:+3|g`);
    await until(() => linesOf(source) === 5);

    const answer = (await read(app('app-1'))).get('app-1');

    expect(answer).to.have.nested.property('value.answer.gauges.numberTargetExecutors', 8);
    expect(source.traffic?.().totals).to.deep.include({ gauges: 3, garbage: 1, datagrams: 1 });
    expect(source.traffic?.().held).to.deep.equal({ owners: 1, otherOwners: 0 });
  });

  it('names series of nobody, not those of applications that have ended, and counts neither', async () => {
    const { source, port, read } = await listening('carbon');
    await read(app('app-1'));
    await sendTcp(port, report('app-0', 9) + report('somebody', 9));
    await until(() => linesOf(source) === 4);

    expect(await read(app('app-1'))).to.deep.equal(
      new Map([['app-1', { ok: true, value: { answer: { kind: 'absent' }, ageMs: 0 } }]]),
    );
    expect(source.strangers?.()).to.deep.equal({
      count: 1,
      named: [{ owner: 'somebody', why: 'no active application publishes under this name' }],
    });
  });

  it('does not choose between two names that lead to one application, while both are sent', async () => {
    const { source, clock, port, read } = await listening('carbon');
    await read(app('app-1'));
    await sendTcp(port, report('a.app-1', 9) + report('b.app-1', 2));
    await until(() => linesOf(source) === 4);
    expect((await read(app('app-1'))).get('app-1')).to.have.nested.property(
      'error.detail',
      'series under 2 names lead to it, a.app-1 and b.app-1',
    );

    for (const second of [10, 20, 35]) {
      clock.nowMs = second * 1000;
      await sendTcp(port, report('b.app-1', 2, second));
    }
    await until(() => linesOf(source) === 10);
    expect((await read(app('app-1'))).get('app-1')).to.have.nested.property(
      'value.answer.gauges.numberTargetExecutors',
      2,
    );
  });

  it('does not count what came before the application began', async () => {
    const { source, clock, port, read } = await listening('carbon');
    await sendTcp(port, report('report', 0));
    await until(() => linesOf(source) === 2);
    clock.nowMs = 5_000;
    const late = { ...app('app-2'), startedAtEpochMs: STARTED_EPOCH_MS + 4_000 };

    expect((await read(late)).get('app-2')).to.have.nested.property('value.answer.kind', 'absent');
  });

  it('says which setting makes room, where there is no place for an application', async () => {
    const { source, port, read } = await listening('carbon', 1);
    await read(app('app-1'), app('app-2', 'other'));
    await sendTcp(port, report('app-1', 1) + report('app-2', 1));
    await until(() => linesOf(source) === 4);

    const answers = await read(app('app-1'), app('app-2', 'other'));

    expect(answers.get('app-1')).to.have.property('ok', true);
    expect(answers.get('app-2')).to.have.nested.property('error.detail').that.includes('LISTENER_MAX_OWNERS');
  });

  it('says where it cannot listen, and leaves no door open', async () => {
    const { port } = await listening('carbon');
    const address = { host: HOST, port };
    const store = new GaugeStore({ maxOwners: 1, firstPeriodMs: 10_000 });
    const nowMs = (): number => 0;
    const second = pushSource({
      name: 'carbon',
      store,
      listener: carbonListener({ store, nowMs, address, maxConnections: 4, idleMs: 60_000 }),
      rules: { namespace: '${spark.app.id}' },
      nowMs,
    });

    expect(await second.start?.()).to.deep.equal({
      ok: false,
      error: `carbon cannot listen on ${HOST}:${port} (EADDRINUSE); set ELASTIC_WORKER_CARBON_LISTEN to an address that is free here`,
    });
    await second.stop?.();
  });

  it('listens on every address of the pod where no host is given', async () => {
    const nowMs = (): number => 0;
    const store = new GaugeStore({ maxOwners: 4, firstPeriodMs: 10_000 });
    const address = { host: undefined, port: await freePort(HOST) };
    const listener = carbonListener({ store, nowMs, address, maxConnections: 4, idleMs: 60_000 });
    const source = pushSource({ name: 'carbon', store, listener, rules: { namespace: 'x' }, nowMs });
    sources.push(source);
    expect(await source.start?.()).to.deep.include({ ok: true });
    await sendTcp(address.port, report('app-1', 1));
    await sendUdp(address.port, report('app-1', 1));

    await until(() => linesOf(source) === 4);
  });
});
