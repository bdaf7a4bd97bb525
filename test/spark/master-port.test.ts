import { expect } from 'chai';
import nock from 'nock';
import { parseMaster } from '../../src/spark/master-json.ts';
import { pageOf } from './cluster.ts';
import { closeServers, serve } from './servers.ts';
import { adapters, errorOf, fixture, never, temporaryFiles, valueOf, type Files } from './support.ts';

const MASTER = 'http://master.example:8080';
const HOSTS = ['10.1.2.3', '[fd00::7]'];

describe('the master: reading', () => {
  afterEach(closeServers);

  for (const root of ['', '/spark', '/team/spark']) {
    it(`reads /json/ with its slash, below the root "${root}"`, async () => {
      const body = fixture('spark-4.1.0/master-waiting.json');
      nock(MASTER).get(`${root}/json/`).reply(200, body, { 'Content-Type': 'text/json;charset=utf-8' });
      const { master } = await adapters({ masterUrl: `${MASTER}${root}` });
      expect(await master.read(never)).to.deep.equal(parseMaster(body, 'master /json/'));
    });

    it(`reads the page of an application below the root "${root}"`, async () => {
      nock(MASTER)
        .get(`${root}/app/`)
        .query({ appId: 'app-1&x=é' })
        .reply(200, pageOf('app-1', 'http://10.1.2.3:4040'));
      const { master } = await adapters({ masterUrl: `${MASTER}${root}` });
      const page = valueOf(await master.readApplicationPage('app-1&x=é', never));
      expect(page).to.include({ executorLimit: 3, grantedExecutors: 2, uiAddress: 'http://10.1.2.3:4040' });
    });
  }

  for (const [what, status, body, kind] of [
    ['refuses', 403, '', 'unauthorized'],
    ['has no such page', 404, '', 'not-found'],
    ['breaks', 500, 'java.lang.NullPointerException', 'refused'],
    ['redirects', 302, '', 'refused'],
    ['logs in', 200, '<html>Log in</html>', 'malformed'],
    ['says nothing', 200, '', 'malformed'],
    ['says no more than half', 200, '{"url": "spark://m:7077", "workers": [', 'malformed'],
    ['says there are no keys', 200, '{}', 'malformed'],
  ] as const) {
    it(`is an error of kind ${kind}, never an empty cluster, where it ${what}`, async () => {
      const { master } = await adapters({ masterUrl: MASTER });
      nock(MASTER).get('/json/').reply(status, body);
      expect(errorOf(await master.read(never))).to.include({ kind, what: 'master /json/' });
      nock(MASTER).get('/app/').query({ appId: 'app-1' }).reply(status, body);
      expect(errorOf(await master.readApplicationPage('app-1', never))).to.include({
        kind,
        what: "master's page of app-1",
      });
    });
  }

  it('never has a body in an error', async () => {
    for (const status of [200, 400, 401, 404, 500]) {
      nock(MASTER).get('/json/').reply(status, 'secret in a body');
      const { master } = await adapters({ masterUrl: MASTER });
      expect(JSON.stringify(errorOf(await master.read(never)))).not.to.include('secret');
    }
  });

  it('R5: may take its own deadline for /json/, while a page has the one of all others', async () => {
    const spark = await serve(({ url }) => (response) => {
      const body = url === '/json/' ? fixture('spark-3.5.7/master-idle.json') : pageOf('app-1', undefined);
      setTimeout(() => response.end(body), 300);
    });
    const { master } = await adapters({ masterUrl: spark.url, masterTimeoutMs: 4000, requestTimeoutMs: 100 });
    expect(errorOf(await master.readApplicationPage('app-1', never)).detail).to.equal('no whole answer within 100 ms');
    expect(valueOf(await master.read(never)).workers).to.have.length(2);
    const hasty = await adapters({ masterUrl: spark.url, masterTimeoutMs: 100, requestTimeoutMs: 4000 });
    expect(errorOf(await hasty.master.read(never))).to.include({ kind: 'timeout', what: 'master /json/' });
    expect(valueOf(await hasty.master.readApplicationPage('app-1', never)).executorLimit).to.equal(3);
  });

  it('R5: is not kept waiting by drivers and workers that say nothing', async () => {
    const spark = await serve(({ url }) => {
      if (url === '/json/') return { body: fixture('spark-3.5.7/master-idle.json') };
      if (url === '/workers/kill/') return { status: 200 };
      return () => undefined; // the proxy and all pages hang
    });
    const ending = new AbortController();
    const { master, gauges, workerUis } = await adapters({
      masterUrl: spark.url,
      maxConcurrentRequests: 2,
      requestTimeoutMs: 60_000,
    });
    const ids = Array.from({ length: 10 }, (_, index) => `app-${index}`);
    const silent = [
      gauges.read(
        ids.map((id) => ({ id }) as Parameters<typeof gauges.read>[0][number]),
        ending.signal,
      ),
      ...ids.map((id) => master.readApplicationPage(id, ending.signal)),
      workerUis.read({ id: 'w', webUiAddress: spark.url } as Parameters<typeof workerUis.read>[0], ending.signal),
    ];
    expect(valueOf(await master.read(never)).workers).to.have.length(2);
    expect(valueOf(await master.decommission(HOSTS, never))).to.equal('accepted');
    ending.abort();
    await Promise.all(silent);
  });
});

describe('the master: marking workers', () => {
  for (const [status, answer] of [
    [200, 'accepted'],
    [404, 'no-such-worker'],
    [405, 'not-allowed'],
  ] as const) {
    it(`takes a ${status} for ${answer}`, async () => {
      nock(MASTER, { reqheaders: { 'content-type': /^application\/x-www-form-urlencoded/ } })
        .post('/workers/kill/', 'host=10.1.2.3&host=%5Bfd00%3A%3A7%5D')
        .reply(status);
      const { master } = await adapters({ masterUrl: MASTER });
      expect(valueOf(await master.decommission(HOSTS, never))).to.equal(answer);
    });
  }

  for (const [status, kind] of [
    [201, 'refused'],
    [204, 'refused'],
    [301, 'refused'],
    [302, 'refused'],
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [500, 'refused'],
    [503, 'refused'],
  ] as const) {
    it(`takes a ${status} for no answer it knows, and asks once`, async () => {
      nock(MASTER)
        .post('/workers/kill/')
        .reply(status, '', { Location: `${MASTER}/workers/kill` });
      const { master } = await adapters({ masterUrl: MASTER });
      expect(errorOf(await master.decommission(HOSTS, never))).to.include({
        kind,
        what: 'master /workers/kill/',
        status,
      });
    });
  }

  it('escapes what a host might hold', async () => {
    nock(MASTER).post('/workers/kill/', 'host=a%26host%3Db+c').reply(404);
    const { master } = await adapters({ masterUrl: MASTER });
    expect(valueOf(await master.decommission(['a&host=b c'], never))).to.equal('no-such-worker');
  });
});

describe('the master: credentials', () => {
  let files: Files;
  beforeEach(async () => {
    files = await temporaryFiles();
  });
  afterEach(() => files.remove());

  it('are sent with every kind of request', async () => {
    const tokenFile = await files.write('token', 'abc');
    const scope = nock(MASTER, { reqheaders: { authorization: 'Bearer abc' } });
    scope.get('/json/').reply(200, fixture('spark-3.5.7/master-idle.json'));
    scope.get('/app/').query({ appId: 'app-1' }).reply(200, pageOf('app-1', undefined));
    scope.post('/workers/kill/').reply(200);
    const { master } = await adapters({ masterUrl: MASTER, tokenFile });
    valueOf(await master.read(never));
    valueOf(await master.readApplicationPage('app-1', never));
    valueOf(await master.decommission(['10.1.2.3'], never));
  });

  it('are a clear problem where their file is missing: nothing is sent', async () => {
    const passwordFile = files.path('missing');
    const { master } = await adapters({ masterUrl: MASTER, username: 'ann', passwordFile });
    for (const result of [await master.read(never), await master.decommission(['a'], never)])
      expect(errorOf(result)).to.deep.equal({
        kind: 'unauthorized',
        what: 'credential file',
        detail:
          `ELASTIC_WORKER_SPARK_PASSWORD_FILE=${passwordFile}: the file cannot be read (ENOENT); ` +
          'mount it into this container, or correct the path',
      });
  });
});
