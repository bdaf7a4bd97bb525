import { expect } from 'chai';
import { describeError } from '../../src/core/result.ts';
import { resources } from '../../src/core/resources.ts';
import { changed, adapters, errorOf, fixture, never, temporaryFiles, valueOf, worker } from './support.ts';
import { master } from './cluster.ts';
import { closeServers, serve, type Reply, type TestServer } from './servers.ts';

const ID = 'worker-20261123000424-127.0.1.2-7078';
const BODY = fixture('spark-3.5.7/worker-decommissioned-draining.json');
const SELF = { id: ID, used: resources(2, 1024), executorCount: 1 };
const COMMAND = 'CoarseGrainedExecutorBackend';

describe("a worker's own page", () => {
  afterEach(closeServers);

  /** A worker with this page, and a master whose proxy answers so. */
  async function cluster(
    page: Reply,
    proxied: Reply = { status: 500 },
  ): Promise<{ own: TestServer; spark: TestServer }> {
    return { own: await serve(() => page), spark: await master({ proxy: () => proxied }) };
  }

  it('is read at the address the worker registered', async () => {
    const { own, spark } = await cluster({ body: BODY });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    expect(valueOf(await workerUis.read(worker(ID, `${own.url}/`), never))).to.deep.equal(SELF);
    expect(own.asked.map(({ url }) => url)).to.deep.equal(['/json/']);
    expect(spark.asked).to.deep.equal([]);
  });

  it("is read through the master's proxy where that address does not answer", async () => {
    const { own, spark } = await cluster({ status: 500 }, { body: BODY });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    expect(valueOf(await workerUis.read(worker(ID, own.url), never))).to.deep.equal(SELF);
    expect(spark.asked.map(({ url }) => url)).to.deep.equal([`/proxy/${ID}/json/`]);
  });

  it('says what is wrong at the address itself where both fail', async () => {
    const { own, spark } = await cluster({ status: 503 }, { body: '<html>' });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    expect(errorOf(await workerUis.read(worker(ID, own.url), never))).to.include({ kind: 'refused', status: 503 });
  });

  it('R3: proves nothing where another worker answers, directly or through the proxy', async () => {
    const other = changed(BODY, ['id'], 'worker-other');
    for (const useProxy of ['auto', 'never', 'always'] as const) {
      const { own, spark } = await cluster({ body: other }, { body: BODY });
      const { workerUis } = await adapters({ masterUrl: spark.url, useProxy });
      expect(errorOf(await workerUis.read(worker(ID, own.url), never))).to.deep.equal({
        kind: 'malformed',
        what: `page of ${ID}`,
        detail: 'another worker answers there: worker-other',
      });
    }
    const { own, spark } = await cluster({ status: 500 }, { body: other });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    expect(errorOf(await workerUis.read(worker(ID, own.url), never)).kind).to.equal('refused');
  });

  it('R26: is asked only where the guard allows it, and never at the API server', async () => {
    const own = await serve(() => ({ body: BODY }), { host: '127.0.0.9' });
    const spark = await master({});
    for (const more of [{ allowedNetworks: ['10.0.0.0/8'] }, { deniedAddresses: ['127.0.0.9'] }]) {
      const { workerUis } = await adapters({ masterUrl: spark.url, ...more });
      const error = errorOf(await workerUis.read(worker(ID, own.url), never));
      expect(error).to.include({ kind: 'blocked', what: `page of ${ID}` });
      expect(error.detail).to.match(/^127\.0\.0\.9:\d+ is not asked: /);
    }
    expect(own.asked).to.deep.equal([]);
  });

  it("R26: is given Spark's credentials, and not by way of the proxy unless that was opted into", async () => {
    const files = await temporaryFiles();
    const tokenFile = await files.write('token', 'abc');
    for (const [useProxy, times] of [
      ['auto', 0],
      ['never', 0],
      ['always', 1],
    ] as const) {
      const { own, spark } = await cluster({ status: 500 }, { body: BODY });
      const { workerUis } = await adapters({ masterUrl: spark.url, useProxy, tokenFile });
      await workerUis.read(worker(ID, own.url), never);
      expect(own.asked.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer abc']);
      expect(spark.asked, useProxy).to.have.length(times);
    }
    await files.remove();
  });

  it('is never quoted in an error: it holds launch commands', async () => {
    expect(BODY).to.include(COMMAND);
    const bodies: Reply[] = [
      { body: BODY.slice(0, -10) },
      { body: `<html>${BODY}` },
      { body: JSON.stringify(BODY) },
      { body: changed(BODY, ['coresused'], COMMAND) },
      { body: changed(BODY, ['executors'], COMMAND) },
      { body: changed(BODY, ['id'], { [COMMAND]: 1 }) },
      { body: BODY + ' '.repeat(2 * 1024 * 1024) },
      ...[201, 302, 400, 401, 403, 404, 500].map((status) => ({ status, body: BODY })),
      (response) => {
        response.writeHead(200, { 'Content-Length': BODY.length + 1 }).write(BODY, () => response.destroy());
      },
    ];
    for (const body of bodies) {
      const { own, spark } = await cluster(body, body);
      const { workerUis } = await adapters({ masterUrl: spark.url });
      const error = errorOf(await workerUis.read(worker(ID, own.url), never));
      expect(JSON.stringify(error) + describeError(error)).not.to.include(COMMAND);
    }
  });

  it('is never written out, nor kept', async () => {
    const written: string[] = [];
    const streams = [process.stdout, process.stderr];
    const writes = streams.map((stream) => stream.write.bind(stream));
    const { own, spark } = await cluster({ body: BODY });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    for (const stream of streams) stream.write = (chunk: unknown): boolean => written.push(String(chunk)) > 0;
    try {
      expect(JSON.stringify(await workerUis.read(worker(ID, own.url), never))).not.to.include(COMMAND);
    } finally {
      streams.forEach((stream, index) => (stream.write = writes[index]!));
    }
    expect(written.join('')).not.to.include(COMMAND);
  });

  for (const address of ['', 'http://', 'worker', 'ftp://127.0.0.1', 'http://user:pw@127.0.0.1:8081', 'http://[']) {
    it(`is an error where the address is ${JSON.stringify(address)}`, async () => {
      const spark = await master({});
      const { workerUis } = await adapters({ masterUrl: spark.url, useProxy: 'never' });
      expect(errorOf(await workerUis.read(worker(ID, address), never)).kind).to.equal('blocked');
    });
  }

  it('cuts ids short that others chose', async () => {
    const long = 'w'.repeat(5000);
    const { own, spark } = await cluster({ body: changed(BODY, ['id'], long) });
    const { workerUis } = await adapters({ masterUrl: spark.url });
    for (const id of [ID, `${ID}${long}`, '\ud800\n']) {
      const error = describeError(errorOf(await workerUis.read(worker(id, own.url), never)));
      expect(error.length).to.be.below(320);
      expect(error).to.match(/^[^\p{Cc}\p{Cs}]+$/u);
    }
  });
});
