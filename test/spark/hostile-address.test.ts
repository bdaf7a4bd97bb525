/** R26: an application chooses the address of its own UI; what that address is asked, and what it is given. */
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import nock from 'nock';
import type { OperatingError } from '../../src/core/result.ts';
import type { SparkAdapters } from '../../src/spark/adapters.ts';
import { driver, master, metricsOf, timesAsked } from './cluster.ts';
import { giveNames, takeNames } from './names.ts';
import { closeServers, identity, pem, pemFile, serve, type Asked, type TestServer } from './servers.ts';
import { adapters, application, errorOf, never, temporaryFiles, valueOf, type Files } from './support.ts';

const APP = 'app-1';
/** 127.5.x is a pod network here; the rest of loopback is as forbidden as it is by default. */
const PODS = { allowedNetworks: ['127.5.0.0/16'] };

async function read(spark: SparkAdapters): Promise<number | undefined> {
  const answer = (await spark.gauges.read([application(APP)], never)).get(APP);
  const { answer: said } = valueOf(answer!);
  return said.kind === 'gauges' ? said.gauges.numberTargetExecutors : undefined;
}

async function refused(spark: SparkAdapters): Promise<OperatingError> {
  const answer = (await spark.gauges.read([application(APP)], never)).get(APP);
  return errorOf(answer!);
}

describe('R26: where an application leads us', () => {
  afterEach(async () => {
    takeNames();
    await closeServers();
  });

  it('R26: asks an address in an allowed network', async () => {
    const own = await driver(5, { host: '127.5.0.1' });
    const spark = await master({ drivers: { [APP]: own.url } });
    expect(await read(await adapters({ masterUrl: spark.url, ...PODS }))).to.equal(5);
  });

  it('R26: asks an address in a network as soon as that is learnt, without a new start', async () => {
    const learnt: string[] = [];
    const spark = await master({ drivers: { [APP]: 'http://198.51.101.7:4040' } });
    const learntNetworks = (): string[] => learnt;
    const tools = await adapters({ masterUrl: spark.url, pollMs: 0, allowedNetworks: [], learntNetworks });
    expect((await refused(tools)).kind).to.equal('blocked');
    learnt.push('198.51.101.0/24');
    nock('http://198.51.101.7:4040').get('/metrics/json/').reply(200, metricsOf(5));
    expect(await read(tools)).to.equal(5);
  });

  for (const useProxy of ['auto', 'never'] as const) {
    it(`R26: asks no other address, says which setting would allow it, and sends it nothing (proxy: ${useProxy})`, async () => {
      const victim = await driver(5, { host: '127.0.0.9' });
      for (const address of [
        victim.url,
        `http://[::ffff:127.0.0.9]:${victim.port}`,
        `http://127.9:${victim.port}`,
        `http://2130706441:${victim.port}`,
      ]) {
        const spark = await master({ drivers: { [APP]: address } });
        const error = await refused(await adapters({ masterUrl: spark.url, useProxy, ...PODS }));
        expect(error, address).to.include({ kind: 'blocked', what: `driver of ${APP}` });
        expect(error.detail)
          .to.match(/127\.0\.0\.9|::ffff:7f00:9/)
          .and.include('ELASTIC_WORKER_ALLOWED_NETWORKS');
      }
      expect(victim.asked).to.deep.equal([]);
    });
  }

  it('R26: never asks the API server, also within an allowed network', async () => {
    const api = await driver(5, { host: '127.5.0.2' });
    const spark = await master({ drivers: { [APP]: api.url } });
    const denied = { deniedAddresses: ['127.5.0.2'] };
    const error = await refused(await adapters({ masterUrl: spark.url, ...PODS, ...denied }));
    expect(error).to.include({ kind: 'blocked' });
    expect(error.detail).to.include('it is the Kubernetes API server');
    expect(api.asked).to.deep.equal([]);
  });

  it('R26: never asks link-local addresses, whatever is allowed', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]']) {
      const spark = await master({ drivers: { [APP]: `http://${host}/latest/meta-data` } });
      const all = { allowedNetworks: ['0.0.0.0/0', '::/0', '169.254.0.0/16', 'fe80::/10'] };
      const error = await refused(await adapters({ masterUrl: spark.url, useProxy: 'never', ...all }));
      expect(error, host).to.include({ kind: 'blocked' });
      expect(error.detail).to.match(/linkLocal addresses are never asked/);
    }
  });

  it('R26: follows a name to an allowed address', async () => {
    const own = await driver(5, { host: '127.5.0.1' });
    giveNames({ 'driver.test': ['127.5.0.1'] });
    const spark = await master({ drivers: { [APP]: `http://driver.test:${own.port}` } });
    expect(await read(await adapters({ masterUrl: spark.url, ...PODS }))).to.equal(5);
    expect(own.asked[0]?.headers.host).to.equal(`driver.test:${own.port}`);
  });

  for (const addresses of [
    ['127.0.0.9'],
    ['127.5.0.1', '127.0.0.9'],
    ['::ffff:127.0.0.9'],
    ['127.5.0.1', '169.254.169.254'],
  ]) {
    it(`R26: follows no name that leads to ${addresses.join(' and ')}`, async () => {
      const victim = await driver(5, { host: '127.0.0.9' });
      giveNames({ 'driver.test': addresses });
      const spark = await master({ drivers: { [APP]: `http://driver.test:${victim.port}` } });
      const error = await refused(await adapters({ masterUrl: spark.url, useProxy: 'never', ...PODS }));
      expect(error).to.include({ kind: 'blocked' });
      expect(error.detail).to.match(/^driver\.test leads to /);
      expect(victim.asked).to.deep.equal([]);
    });
  }

  it('R26: looks again after DNS when a name that was good changes', async () => {
    const own = await driver(5, { host: '127.5.0.1' });
    const victim = await serve(() => ({ body: metricsOf(9) }), { host: '127.0.0.9' });
    giveNames({ 'driver.test': ['127.5.0.1'], 'victim.test': ['127.0.0.9'] });
    const drivers = { [APP]: `http://driver.test:${own.port}` };
    const spark = await master({ drivers });
    const tools = await adapters({ masterUrl: spark.url, useProxy: 'never', pollMs: 0, ...PODS });
    expect(await read(tools)).to.equal(5);
    await own.close();
    giveNames({ 'driver.test': ['127.0.0.9'] });
    drivers[APP] = `http://driver.test:${victim.port}`;
    await refused(tools);
    expect(await refused(tools)).to.include({ kind: 'blocked' });
    expect(victim.asked).to.deep.equal([]);
  });

  it('R26: follows no redirect of a driver', async () => {
    const victim = await serve(() => ({ body: metricsOf(9) }), { host: '127.5.0.3' });
    for (const status of [301, 302, 307]) {
      const own = await serve(() => ({ status, headers: { Location: victim.url } }), { host: '127.5.0.1' });
      const spark = await master({ drivers: { [APP]: own.url } });
      expect(await refused(await adapters({ masterUrl: spark.url, useProxy: 'never', ...PODS }))).to.include({
        kind: 'refused',
        status,
      });
    }
    expect(victim.asked).to.deep.equal([]);
  });
});

describe('R26: what an application is given', () => {
  let files: Files;
  beforeEach(async () => {
    files = await temporaryFiles();
  });
  afterEach(async () => {
    await closeServers();
    await files.remove();
  });

  const SECRET = 'for-the-master-only';
  const KINDS = ['token', 'password', 'headers'] as const;

  async function sparkCredentials(kind: (typeof KINDS)[number]): Promise<object> {
    if (kind === 'token') return { tokenFile: await files.write('token', SECRET) };
    if (kind === 'headers') return { headersFile: await files.write('headers', `X-Key: ${SECRET}\nCookie: ${SECRET}`) };
    return { username: SECRET, passwordFile: await files.write('password', SECRET) };
  }

  function saysSecret({ url, headers, body }: Asked): boolean {
    const basic = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    return [url, JSON.stringify(headers), body, basic].some((text) => text.includes(SECRET));
  }

  /** A master that needs a credential, with its proxy on, and a driver that may be hostile. */
  async function cluster(): Promise<{ spark: TestServer; own: TestServer }> {
    const own = await driver(5);
    return { own, spark: await master({ drivers: { [APP]: own.url }, proxy: () => ({ body: metricsOf(7) }) }) };
  }

  for (const kind of KINDS) {
    it(`R26: never a credential of Spark's (${kind}), neither by itself nor through the proxy`, async () => {
      const { spark, own } = await cluster();
      const tools = await adapters({ masterUrl: spark.url, ...(await sparkCredentials(kind)) });
      expect(await read(tools)).to.equal(5);
      valueOf(await tools.settings.read(application(APP), never));
      expect(timesAsked(spark, '/proxy/')).to.equal(0);
      expect(own.asked).to.have.length(3);
      expect(own.asked.some(saysSecret)).to.equal(false);
      expect(own.asked.map(({ headers }) => headers.authorization)).to.deep.equal([undefined, undefined, undefined]);
      expect(spark.asked.filter(saysSecret)).to.have.length(1);
      expect(timesAsked(spark, '/app/')).to.equal(1);
    });

    it(`R26: a credential of Spark's (${kind}) by way of the proxy, where that was opted into, and only there`, async () => {
      const { spark, own } = await cluster();
      const tools = await adapters({ masterUrl: spark.url, useProxy: 'always', ...(await sparkCredentials(kind)) });
      expect(await read(tools)).to.equal(7);
      expect(spark.asked.filter(saysSecret)).to.have.length(1);
      expect(own.asked).to.deep.equal([]);
    });
  }

  it('R26: the credentials for drivers, which the master is never given', async () => {
    const { spark, own } = await cluster();
    const forDrivers = 'for-drivers-only';
    const tools = await adapters({
      masterUrl: spark.url,
      ...(await sparkCredentials('token')),
      driverTokenFile: await files.write('driver-token', forDrivers),
    });
    expect(await read(tools)).to.equal(5);
    expect(own.asked.map(({ headers }) => headers.authorization)).to.deep.equal([`Bearer ${forDrivers}`]);
    expect(spark.asked.map(({ headers }) => headers.authorization)).to.deep.equal([`Bearer ${SECRET}`]);
    const basic = await adapters({
      masterUrl: spark.url,
      useProxy: 'never',
      driverUsername: 'ann',
      driverPasswordFile: await files.write('driver-password', 'pass'),
    });
    expect(await read(basic)).to.equal(5);
    expect(own.asked.at(-1)?.headers.authorization).to.equal(`Basic ${Buffer.from('ann:pass').toString('base64')}`);
    expect(spark.asked.at(-1)?.headers.authorization).to.equal(undefined);
  });

  it('R26: no credential for drivers by way of the proxy, which would hand it to the master', async () => {
    const { spark } = await cluster();
    const driverTokenFile = await files.write('driver-token', SECRET);
    expect(await read(await adapters({ masterUrl: spark.url, driverTokenFile }))).to.equal(7);
    expect(spark.asked.some(saysSecret)).to.equal(false);
  });

  it('names the setting of a credential for drivers that is missing, and which one a driver refused', async () => {
    const own = await serve(() => ({ status: 401 }));
    const spark = await master({ drivers: { [APP]: own.url } });
    const missing = files.path('missing');
    const without = await adapters({ masterUrl: spark.url, useProxy: 'never', driverTokenFile: missing });
    expect((await refused(without)).detail).to.include(`ELASTIC_WORKER_DRIVER_TOKEN_FILE=${missing}`);
    expect(own.asked).to.deep.equal([]);
    const driverTokenFile = await files.write('driver-token', SECRET);
    const error = await refused(await adapters({ masterUrl: spark.url, useProxy: 'never', driverTokenFile }));
    expect(error).to.include({
      kind: 'unauthorized',
      status: 401,
      detail: `sent: bearer token from ${driverTokenFile}`,
    });
    expect(JSON.stringify(error)).not.to.include(SECRET);
  });

  it('R26: never our TLS certificate, which the master and the workers are shown', async () => {
    const shown: Record<string, unknown> = {};
    const asks = { ...identity('server'), ca: pem('ca'), requestCert: true, rejectUnauthorized: false };
    const note = (who: string, body: () => string): Promise<TestServer> =>
      serve(
        () => (response) => {
          shown[who] = (response.socket as TLSSocket).getPeerCertificate();
          response.end(body());
        },
        { tls: asks },
      );
    const own = await note('driver', () => metricsOf(5));
    const page = `<li>ID: ${APP}</li><a href="${own.url}">Application Detail UI</a>`;
    const spark = await note('master', () => page);
    const busy = { id: 'worker-1', coresused: 0, memoryused: 0, executors: [] };
    const worker = await note('worker', () => JSON.stringify(busy));
    const tools = await adapters({
      masterUrl: spark.url,
      useProxy: 'never',
      caFile: pemFile('ca'),
      certFile: pemFile('client'),
      keyFile: pemFile('client-key'),
    });
    expect(await read(tools)).to.equal(5);
    const view = { id: 'worker-1', webUiAddress: worker.url } as Parameters<typeof tools.workerUis.read>[0];
    valueOf(await tools.workerUis.read(view, never));
    expect(shown.driver).to.deep.equal({});
    for (const who of ['master', 'worker']) expect(shown[who]).to.have.nested.property('subject.CN', 'test client');
  });
});
