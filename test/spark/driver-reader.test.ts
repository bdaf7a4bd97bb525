import { expect } from 'chai';
import type { Result } from '../../src/core/result.ts';
import type { SparkHttpOptions } from '../../src/spark/options.ts';
import type { DriverGauges } from '../../src/spark/driver-gauges.ts';
import type { GaugeSample } from '../../src/spark/ports.ts';
import { driver, master, metricsOf, timesAsked } from './cluster.ts';
import { closeServers, HAS_IPV6, serve, type TestServer } from './servers.ts';
import { adapters, application, errorOf, never, valueOf } from './support.ts';

const APP = 'app-20261124000000-0001';

/** Reads one application after the other turn of the clock, so that it is always due. */
async function reader(more: Partial<SparkHttpOptions>): Promise<(id?: string) => Promise<Result<GaugeSample>>> {
  let nowMs = 0;
  const { gauges } = await adapters({ ...more, now: () => nowMs });
  return (id = APP) => {
    nowMs += 1000;
    return readOne(gauges, id);
  };
}

async function readOne(gauges: DriverGauges, id: string): Promise<Result<GaugeSample>> {
  const answer = (await gauges.read([application(id)], never)).get(id);
  if (answer === undefined) throw new Error(`${id} was not read`);
  return answer;
}

function targetOf(result: Result<GaugeSample>): number | undefined {
  const { answer } = valueOf(result);
  return answer.kind === 'gauges' ? answer.gauges.numberTargetExecutors : undefined;
}

const throughProxy = (): { body: string } => ({ body: metricsOf(7) });

describe('the way to a driver', () => {
  afterEach(closeServers);

  it("is the master's proxy where that is on", async () => {
    const spark = await master({ drivers: {}, proxy: throughProxy });
    const read = await reader({ masterUrl: spark.url });
    expect(targetOf(await read())).to.equal(7);
    expect(spark.asked.map(({ url }) => url)).to.deep.equal([`/proxy/${APP}/metrics/json/`]);
  });

  it('is the address of its own where the proxy is off, and from then on at once', async () => {
    const own = await driver(5);
    const spark = await master({ drivers: { [APP]: own.url } });
    const read = await reader({ masterUrl: spark.url });
    expect(targetOf(await read())).to.equal(5);
    expect(spark.asked.map(({ url }) => url)).to.deep.equal([`/proxy/${APP}/metrics/json/`, `/app/?appId=${APP}`]);
    expect(targetOf(await read())).to.equal(5);
    expect(spark.asked).to.have.length(2);
    expect(own.asked.map(({ url }) => url)).to.deep.equal(['/metrics/json/', '/metrics/json/']);
  });

  it('is tried first as it went well with another application', async () => {
    const own = await driver(5);
    const spark = await master({ drivers: { [APP]: own.url, 'app-2': own.url } });
    let nowMs = 0;
    const { gauges } = await adapters({ masterUrl: spark.url, now: () => nowMs });
    const two = [application(APP), application('app-2')];
    await gauges.read([application(APP)], never);
    nowMs += 1000;
    await gauges.read(two, never);
    expect(timesAsked(spark, '/proxy/app-2/')).to.equal(0);
    expect(own.asked).to.have.length(3);
  });

  for (const [how, proxy] of [
    ['an error', () => ({ status: 500 })],
    ['a page of HTML', () => ({ body: '<html>' })],
    ['half a document', () => ({ body: metricsOf(7).slice(0, -3) })],
    ['a redirect', () => ({ status: 302, headers: { Location: '/proxy/x' } })],
    ['a broken connection', () => (response: { destroy(): unknown }) => void response.destroy()],
  ] as const) {
    it(`changes where the proxy gives ${how}`, async () => {
      const own = await driver(5);
      const spark = await master({ drivers: { [APP]: own.url }, proxy });
      expect(targetOf(await (await reader({ masterUrl: spark.url }))())).to.equal(5);
    });
  }

  it('changes back where the address of its own fails', async () => {
    let isOn = false;
    const own = await driver(5);
    const spark = await master({ drivers: { [APP]: own.url }, proxy: () => (isOn ? throughProxy() : { status: 404 }) });
    const read = await reader({ masterUrl: spark.url });
    expect(targetOf(await read())).to.equal(5);
    await own.close();
    isOn = true;
    expect(targetOf(await read())).to.equal(7);
  });

  it('is told in full where neither goes, and looked for afresh the next time', async () => {
    const first = await driver(5);
    const drivers = { [APP]: first.url };
    const spark = await master({ drivers });
    const read = await reader({ masterUrl: spark.url });
    expect(targetOf(await read())).to.equal(5);
    await first.close();
    const error = errorOf(await read());
    expect(error).to.include({ kind: 'unreachable', what: `driver of ${APP}` });
    expect(error.detail).to.match(
      /at its own address: unreachable: ECONN(?:REFUSED|RESET).*; .*through the master's proxy: malformed: /,
    );
    drivers[APP] = (await driver(6)).url;
    expect(targetOf(await read())).to.equal(6);
  });

  it('R5: is told as a deadline missed where one of both ways ran into it: that is what cost time', async () => {
    const silent = await serve(() => () => undefined);
    const spark = await master({ drivers: { [APP]: silent.url } });
    const error = errorOf(await (await reader({ masterUrl: spark.url, requestTimeoutMs: 300 }))());
    expect(error).to.include({ kind: 'timeout', what: `driver of ${APP}` });
    expect(error.detail).to.match(/proxy: malformed: .*; .*at its own address: timeout: no whole answer within 300 ms/);
  });

  it('says where the page links no address or there is no page', async () => {
    const spark = await master({ drivers: { [APP]: undefined } });
    const read = await reader({ masterUrl: spark.url, useProxy: 'never' });
    expect(errorOf(await read())).to.include({ kind: 'not-found', detail: "the master's page links no address" });
    expect(errorOf(await read('app-gone'))).to.include({ kind: 'malformed', what: "master's page of app-gone" });
  });

  it('is only the proxy, or never the proxy, where a setting says so', async () => {
    const own = await driver(5);
    const spark = await master({ drivers: { [APP]: own.url }, proxy: () => ({ status: 500 }) });
    expect(errorOf(await (await reader({ masterUrl: spark.url, useProxy: 'always' }))()).kind).to.equal('refused');
    expect(own.asked).to.deep.equal([]);
    expect(timesAsked(spark, '/app/')).to.equal(0);
    const before = timesAsked(spark, '/proxy/');
    expect(targetOf(await (await reader({ masterUrl: spark.url, useProxy: 'never' }))())).to.equal(5);
    expect(timesAsked(spark, '/proxy/')).to.equal(before);
  });

  it('is forgotten with the application', async () => {
    const own = await driver(5);
    const spark = await master({ drivers: { [APP]: own.url, 'app-2': own.url } });
    const read = await reader({ masterUrl: spark.url });
    await read();
    await read('app-2');
    const before = timesAsked(spark, `/app/?appId=${APP}`);
    await read();
    expect(timesAsked(spark, `/app/?appId=${APP}`)).to.equal(before + 1);
  });

  for (const root of ['/spark', '/team/a/spark']) {
    it(`goes below a root path at the master (${root})`, async () => {
      const spark = await master({ proxy: throughProxy, root });
      expect(targetOf(await (await reader({ masterUrl: `${spark.url}${root}` }))())).to.equal(7);
      expect(spark.asked[0]?.url).to.equal(`${root}/proxy/${APP}/metrics/json/`);
    });

    it(`goes below a root path at the driver (${root})`, async () => {
      for (const linked of [root, `${root}/`, `${root}//?x=1#y`]) {
        const own = await driver(5, { root });
        const spark = await master({ drivers: { [APP]: own.url + linked } });
        expect(targetOf(await (await reader({ masterUrl: spark.url, useProxy: 'never' }))())).to.equal(5);
      }
    });
  }

  if (HAS_IPV6) {
    it('goes to masters and drivers with IPv6 addresses', async () => {
      const own = await driver(5, { host: '::1' });
      const spark = await master({ drivers: { [APP]: own.url } }, { host: '::1' });
      expect(targetOf(await (await reader({ masterUrl: spark.url }))())).to.equal(5);
      expect(own.url).to.include('[::1]');
    });
  }

  for (const id of ['a/b?c=d#e', '../..', 'ä b', '%2e', '\ud800', '\'"\n', 'x'.repeat(3000)]) {
    it(`takes an application's id as one part of the path, whatever is in it: ${JSON.stringify(id.slice(0, 10))}`, async () => {
      const spark = await master({ proxy: throughProxy });
      expect(targetOf(await (await reader({ masterUrl: spark.url }))(id))).to.equal(7);
      expect(spark.asked[0]?.url).to.match(/^\/proxy\/[^/?#]+\/metrics\/json\/$/);
      const silent = await serve(() => ({ status: 500 }));
      const error = errorOf(await (await reader({ masterUrl: silent.url }))(id));
      expect(error.what.length).to.be.below(120);
      expect(JSON.stringify(error))
        .to.match(/^[^\p{Cc}]+$/u)
        .and.not.to.include('\\n');
    });
  }
});

describe("a driver's settings", () => {
  afterEach(closeServers);

  async function settingsThrough(spark: TestServer): Promise<Result<{ executorCores: number | undefined }>> {
    const { settings } = await adapters({ masterUrl: spark.url });
    expect(settings.name).to.equal('driver-settings');
    return settings.read(application(APP), never);
  }

  it('are read after its version, the same way as its gauges', async () => {
    const own = await driver(6);
    const spark = await master({ drivers: { [APP]: own.url } });
    expect(valueOf(await settingsThrough(spark)).executorCores).to.equal(6);
    expect(own.asked.map(({ url }) => url)).to.deep.equal([
      '/api/v1/version',
      `/api/v1/applications/${APP}/environment`,
    ]);
  });

  it('are an error, never defaults, where version or environment cannot be read', async () => {
    for (const broken of ['version', 'environment']) {
      const spark = await master({
        proxy: (path) => {
          if (path.endsWith(broken)) return { status: 500 };
          return { body: path.endsWith('version') ? '{"spark":"4.1.0"}' : '{"sparkProperties":[]}' };
        },
      });
      expect(errorOf(await settingsThrough(spark)).what).to.include(APP);
    }
  });
});
