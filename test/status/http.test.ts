import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import nock from 'nock';
import { createStatusServer, type StatusServer, type StatusServerOptions } from '../../src/status/http.ts';
import { createMetrics, type Metrics } from '../../src/status/metrics.ts';
import { StatusState } from '../../src/status/status-state.ts';
import { FakeClock } from '../daemon/support/clock.ts';
import { parseExposition } from './exposition.ts';
import { reportOf } from './support.ts';

const HOST = '127.0.0.1';

describe('status server', () => {
  let clock: FakeClock;
  let state: StatusState;
  let metrics: Metrics;
  let server: StatusServer;
  let port: number;
  let sockets: Socket[];

  async function start(more: Partial<StatusServerOptions> = {}): Promise<void> {
    server = createStatusServer({ host: HOST, port: 0, metrics, state, ...more });
    ({ port } = await server.listen());
  }

  // Nock holds back what a socket of this process sends until it is a whole request.
  before(() => {
    nock.restore();
  });

  after(() => {
    nock.activate();
  });

  beforeEach(() => {
    clock = new FakeClock();
    const settings = (): Record<string, unknown> => ({ ELASTIC_WORKER_MAX: 10 });
    state = new StatusState({ version: '1.2.3', pollMs: 1000, nowMs: clock.nowMs, settings });
    metrics = createMetrics({ version: '1.2.3', node: 'v24.0.0' });
    sockets = [];
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${HOST}:${port}${path}`, { signal: AbortSignal.timeout(3000), ...init });

  /** A client that sends what it is given and no more. Resolves with all it was answered once the connection ended. */
  function rawClient(text: string): { readonly socket: Socket; readonly ended: Promise<string> } {
    const socket = connect(port, HOST);
    sockets.push(socket);
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => undefined);
    socket.write(text);
    return { socket, ended: once(socket, 'close').then(() => answer) };
  }

  const PAGES: readonly (readonly [string, number, string])[] = [
    ['/', 200, 'text/plain; charset=utf-8'],
    ['/healthz', 200, 'text/plain; charset=utf-8'],
    ['/readyz', 503, 'text/plain; charset=utf-8'],
    ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8'],
    ['/status', 200, 'application/json; charset=utf-8'],
    ['/nothing', 404, 'text/plain; charset=utf-8'],
    ['/status/', 404, 'text/plain; charset=utf-8'],
    ['/healthz?verbose=1', 200, 'text/plain; charset=utf-8'],
  ];
  for (const [path, status, type] of PAGES) {
    it(`${path}: ${status}, ${type}, never stored; HEAD answers the same without the body`, async () => {
      await start();
      const page = await ask(path);
      const body = await page.text();
      expect(page.status).to.equal(status);
      expect(page.headers.get('content-type')).to.equal(type);
      expect(page.headers.get('cache-control')).to.equal('no-store');
      expect(page.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(page.headers.get('content-length')).to.equal(String(Buffer.byteLength(body)));
      const head = await ask(path, { method: 'HEAD' });
      expect(head.status).to.equal(status);
      expect(head.headers.get('content-length')).to.equal(String(Buffer.byteLength(body)));
      expect(await head.text()).to.equal('');
    });
  }

  it('the index names every other page', async () => {
    await start();
    const index = await (await ask('/')).text();
    for (const path of ['/status', '/metrics', '/healthz', '/readyz']) expect(index).to.contain(path);
  });

  it('/healthz: 200 while passes run, 503 when none has completed for too long', async () => {
    await start();
    expect(await (await ask('/healthz')).text()).to.equal('passes run\n');
    clock.advance(60_001);
    const page = await ask('/healthz');
    expect([page.status, await page.text()]).to.deep.equal([503, 'no pass completed for 60 s\n']);
  });

  it('/readyz: 200 once a pass has seen the workers and the master', async () => {
    await start();
    expect(await (await ask('/readyz')).text()).to.equal('no pass has completed yet\n');
    state.add(reportOf(1));
    const page = await ask('/readyz');
    expect([page.status, await page.text()]).to.deep.equal([200, 'it sees the workers and the master\n']);
  });

  it('/status: the whole document', async () => {
    await start();
    state.add(reportOf(1));
    expect(await (await ask('/status')).json()).to.deep.equal(JSON.parse(JSON.stringify(state.document())));
  });

  it('/metrics: in the format the reader asks for', async () => {
    await start();
    metrics.observe(reportOf(1));
    parseExposition(await (await ask('/metrics')).text(), 'prometheus');
    const open = await ask('/metrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    expect(open.headers.get('content-type')).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8');
    parseExposition(await open.text(), 'openmetrics');
  });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    it(`${method} is refused on every page, with what is allowed`, async () => {
      await start();
      for (const path of ['/', '/status', '/nothing']) {
        const page = await ask(path, { method });
        expect([page.status, page.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
        await page.text();
      }
    });
  }

  it('the body of a POST is not waited for: the refusal ends the connection', async () => {
    await start();
    const { ended } = rawClient(`POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nfirst bytes`);
    expect(await ended).to.match(/^HTTP\/1\.1 405 .*\r\nallow: GET, HEAD\r\n.*connection: close\r\n/is);
  });

  for (const [what, path] of [
    ['no URL', '//['],
    ['dots', '/../status/..%2f'],
    ['a very long one', `/${'x'.repeat(10_000)}`],
  ] as const) {
    it(`a path that is ${what} is not found`, async () => {
      await start();
      const { ended } = rawClient(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(await ended).to.match(/^HTTP\/1\.1 404 /);
    });
  }

  it('what is no HTTP is refused, and the next one is served', async () => {
    await start();
    expect(await rawClient('\u0016\u0003\u0001 hello\r\n\r\n').ended).to.match(/^HTTP\/1\.1 400 /);
    expect((await ask('/healthz')).status).to.equal(200);
  });

  it('clients that are slow to ask do not keep others waiting, nor the end', async () => {
    await start();
    const slow = Array.from({ length: 50 }, () => rawClient('GET /status HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    await Promise.all(slow.map(({ socket }) => once(socket, 'connect')));
    expect((await ask('/healthz')).status).to.equal(200);
    await server.close();
    await Promise.all(slow.map(({ ended }) => ended));
  });

  it('who holds a connection without asking is shown out', async () => {
    await start({ patienceMs: 100 });
    const { ended } = rawClient('GET /status HTTP/1.1\r\nHost: x\r\n');
    expect(await ended).to.match(/^(HTTP\/1\.1 408 |$)/);
  });

  it('a page that cannot be made is a 500, and the next one is served', async () => {
    const broken: Metrics = { ...metrics, render: () => Promise.reject(new Error('broken')) };
    await start({ metrics: broken });
    const page = await ask('/metrics');
    expect([page.status, await page.text()]).to.deep.equal([500, 'the page could not be made\n']);
    expect((await ask('/healthz')).status).to.equal(200);
  });

  it('an address that is taken rejects', async () => {
    await start();
    const second = createStatusServer({ host: HOST, port, metrics, state });
    const cause = await second.listen().catch((error: unknown) => error);
    expect(cause).to.have.property('code', 'EADDRINUSE');
    await second.close();
  });

  it('serves nothing any more once it is closed', async () => {
    await start();
    await ask('/healthz');
    await server.close();
    expect(await ask('/healthz').catch(() => 'refused')).to.equal('refused');
  });
});
