import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import { CarbonLines } from '../../src/sources/carbon-lines.ts';
import { newFeedCounts } from '../../src/sources/feed-counts.ts';
import { TcpListener } from '../../src/sources/tcp-listener.ts';
import { Turns } from '../../src/sources/turns.ts';
import { freePort, realSockets, until } from './support.ts';

const HOST = '127.0.0.1';
const TARGET = 'app-1.driver.ExecutorAllocationManager.executors.numberTargetExecutors';
const LIMITS = { maxConnections: 3, idleMs: 5_000 };

/** A listener whose clock stands still unless it is turned. */
async function listening(limits: Partial<typeof LIMITS> = {}) {
  const clock = { nowMs: 0 };
  const counts = newFeedCounts();
  const heard = { bytes: 0 };
  const values: number[] = [];
  const listener = new TcpListener({
    ...LIMITS,
    ...limits,
    setting: 'X',
    address: { host: HOST, port: await freePort(HOST) },
    turns: new Turns(() => clock.nowMs),
    sweepMs: 5,
    nowMs: () => clock.nowMs,
    converse: () => {
      const lines = new CarbonLines(counts, ({ value }) => values.push(value));
      return {
        write: (chunk) => {
          heard.bytes += chunk.length;
          return lines.write(chunk);
        },
        end: () => {
          lines.end();
        },
        get isInLine() {
          return lines.isInLine;
        },
      };
    },
  });
  await listener.listen();
  opened.push(listener);
  return { clock, counts, heard, values, listener };
}

const opened: TcpListener[] = [];
const clients: Socket[] = [];

async function client(listener: TcpListener): Promise<Socket> {
  const socket = connect(listener.address.port, HOST);
  clients.push(socket);
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** However it ends: a reset is an end too. */
async function ended(socket: Socket): Promise<void> {
  await until(() => socket.closed);
}

describe('TCP listener', () => {
  realSockets();
  afterEach(async () => {
    for (const socket of clients.splice(0)) socket.destroy();
    await Promise.all(opened.splice(0).map((listener) => listener.close()));
  });

  it('reads what several connections send at once, each in pieces', async () => {
    const { counts, values, listener } = await listening();
    const [one, two] = [await client(listener), await client(listener)];
    one.write(`${TARGET} 1`);
    two.write(`${TARGET} 2 1795`);
    one.write(`1 1795394710\n${TARGET} 12 1795394711\n`);
    two.end('394710\n');

    await until(() => values.length === 3);

    expect(values.toSorted((a, b) => a - b)).to.deep.equal([2, 11, 12]);
    expect(counts).to.deep.equal({ lines: 3, gauges: 3, garbage: 0, cut: 0 });
    await ended(two);
    await until(() => listener.counts().open === 1);
    expect(listener.counts().accepted).to.equal(2);
  });

  it('ends a connection on which nothing comes', async () => {
    const { clock, counts, listener } = await listening();
    const socket = await client(listener);
    socket.write('a.b 1 1\n');
    await until(() => counts.lines === 1);
    clock.nowMs = 5_001;
    await ended(socket);

    expect(listener.counts()).to.deep.include({ open: 0, endedIdle: 1, endedSlow: 0 });
  });

  it('ends a connection that sends a line byte by byte', async () => {
    const { clock, heard, listener } = await listening();
    const socket = await client(listener);
    socket.write('ok 1 1\na');
    await until(() => heard.bytes === 8);
    for (let second = 1; second <= 10; second += 1) {
      clock.nowMs = second * 1000;
      socket.write('a');
      await until(() => heard.bytes === 8 + second);
    }
    expect(listener.counts()).to.deep.include({ open: 1, endedSlow: 0 });
    clock.nowMs = 10_001;
    await ended(socket);

    expect(listener.counts()).to.deep.include({ open: 0, endedIdle: 0, endedSlow: 1 });
  });

  it('keeps a connection that ends its lines, however they are cut', async () => {
    const { clock, counts, listener } = await listening();
    const socket = await client(listener);
    for (let second = 1; second <= 30; second += 1) {
      clock.nowMs = second * 1000;
      socket.write(`.b 1 1\na${second}`);
      await until(() => counts.lines === second);
    }

    expect(socket.closed).to.equal(false);
    expect(listener.counts()).to.deep.include({ open: 1, endedIdle: 0, endedSlow: 0 });
  });

  it('makes room for a newcomer by ending the connection that has been silent longest', async () => {
    const { clock, counts, listener } = await listening();
    const held: Socket[] = [];
    for (let number = 0; number < 3; number += 1) {
      clock.nowMs = number * 10;
      held.push(await client(listener));
      await until(() => listener.counts().open === number + 1);
    }
    clock.nowMs = 3_000;
    held[0]?.write('a.b 1 1\n');
    await until(() => counts.lines === 1);
    const newcomer = await client(listener);
    newcomer.write('a.b 1 1\n');
    await until(() => counts.lines === 2);

    expect(held.map((socket) => socket.closed)).to.deep.equal([false, true, false]);
    expect(listener.counts()).to.deep.include({ open: 3, accepted: 4, endedForRoom: 1 });
  });

  it('lets no newcomer in while all others are busy', async () => {
    const { clock, counts, listener } = await listening({ maxConnections: 1 });
    const busy = await client(listener);
    busy.write('a.b 1 1\n');
    await until(() => counts.lines === 1);
    clock.nowMs = 900;
    await ended(await client(listener));

    expect(busy.closed).to.equal(false);
    expect(listener.counts()).to.deep.include({ open: 1, accepted: 1, endedForRoom: 1 });
  });

  it('survives a connection that is reset', async () => {
    const { counts, listener } = await listening();
    const socket = await client(listener);
    socket.write('a.b 1 1\n');
    await until(() => counts.lines === 1);
    socket.resetAndDestroy();
    await until(() => listener.counts().open === 0);

    (await client(listener)).write('a.b 1 1\n');
    await until(() => counts.lines === 2);
  });

  it('closes with connections open, and says why it cannot listen', async () => {
    const { listener } = await listening();
    const socket = await client(listener);
    await listener.close();
    await ended(socket);

    const other = createServer().listen(0, HOST);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const taken = new TcpListener({
      ...LIMITS,
      setting: 'X',
      address: { host: HOST, port },
      turns: new Turns(() => 0),
      nowMs: () => 0,
      converse: () => new CarbonLines(newFeedCounts(), () => undefined),
    });
    const failure = await taken.listen().catch((cause: unknown) => cause);
    await taken.close();
    other.close();

    expect(failure).to.have.property('code', 'EADDRINUSE');
  });
});

describe('taking turns', () => {
  /** A clock that work moves. */
  function turnsWith(workMs: number) {
    const clock = { nowMs: 0 };
    const turns = new Turns(() => clock.nowMs);
    return {
      clock,
      turns,
      work: () => {
        clock.nowMs += workMs;
      },
    };
  }

  it('lets connections rest once their share of the stretch is used up, and wakes them again', async () => {
    const { turns, work } = turnsWith(2);
    const told: string[] = [];
    const connection = (name: string) => ({
      pause: () => told.push(`${name} rests`),
      resume: () => told.push(`${name} goes on`),
    });
    const [one, two] = [connection('one'), connection('two')];
    turns.take(one, work);
    turns.take(one, work);
    expect(told).to.deep.equal([]);
    turns.take(one, work);
    turns.take(two, work);
    expect(told).to.deep.equal(['one rests', 'two rests']);
    turns.forget(two);

    await until(() => told.length === 3);

    expect(told.at(-1)).to.equal('one goes on');
    turns.stop();
  });
});
