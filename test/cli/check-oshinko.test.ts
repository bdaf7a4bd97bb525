/** `check` for who comes from Oshinko with the cluster that is there. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect } from 'chai';
import { check } from '../../src/cli/check.ts';
import { putConfigMap } from '../../demo/standin/world.ts';
import { CONFIG_MAP, commandLine, startBench, type Bench, type Changes } from './support.ts';

const ON = { 'scorpionstare.enable': 'true\n', 'scorpionstare.image': 'registry.example.com/x/elastic-worker:0.1.0' };
const CLUSTER = { OSHINKO_SPARK_CLUSTER: 'demo' };
const DRAINS = { 'spark-defaults.conf': 'spark.ui.reverseProxy true\nspark.decommission.enabled  true\n' };
const JOB = { name: 'job', executorCores: 2, executorMemoryMiB: 1024, dynamicAllocation: true };
const FILES = { sparkmasterconfig: 'm-conf\n', sparkworkerconfig: 'w-conf' };

describe('check of an Oshinko cluster', () => {
  let bench: Bench;
  let servers: Server[];

  beforeEach(async () => {
    bench = await startBench();
    servers = [];
  });

  afterEach(async () => {
    for (const server of servers) server.close();
    await bench.stop();
  });

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** What it says of these subjects, with their marks. */
  async function said(
    data: Readonly<Record<string, string>>,
    more: Changes = CLUSTER,
    subjects: readonly string[] = ['oshinko'],
  ): Promise<readonly string[]> {
    putConfigMap(bench.standin.world, CONFIG_MAP, data);
    const { lines } = await bench.run(check, more);
    return lines.flatMap((line) => {
      const [, mark = '', subject = '', text = ''] = /^(ok|warn|FAIL) {1,4} (\S.{11}) {2}(.+)$/.exec(line) ?? [];
      return subjects.includes(subject.trim()) ? [`${mark}: ${text}`] : [];
    });
  }

  it('says nothing of other clusters', async () => {
    expect(await said({ 'elasticWorker.enable': 'true', other: 'x' }, {})).to.deep.equal([]);
  });

  it('with everything in place, Graphite and carbon too, it has nothing to mend', async () => {
    const asked: string[] = [];
    const graphite = createHttpServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('Content-Type', 'application/json').end('[]');
    });
    const env = {
      ...CLUSTER,
      DEMO_METRICS_SERVICE_HOST: '127.0.0.1',
      DEMO_METRICS_SERVICE_PORT: String(await listening(graphite)),
      DEMO_CARBON_SERVICE_HOST: '127.0.0.1',
      DEMO_CARBON_SERVICE_PORT: String(await listening(createServer((socket) => socket.resume()))),
    };
    for (const name of ['m-conf', 'w-conf']) putConfigMap(bench.standin.world, name, DRAINS);
    await bench.standin.startApplication(JOB);

    const lines = await said({ ...ON, ...FILES, 'metrics.enable': 'true\n' }, env, [
      'oshinko',
      'flag',
      'graphite',
      'driver',
    ]);

    const graphiteUrl = `http://127.0.0.1:${env.DEMO_METRICS_SERVICE_PORT}`;
    expect(lines.filter((line) => !line.includes('no series of it'))).to.have.length(7);
    expect(lines).to.include.members([
      'ok: switched on',
      `ok: metrics.enable: Graphite at ${graphiteUrl} is read beside the drivers`,
      `ok: carbon at 127.0.0.1:${env.DEMO_CARBON_SERVICE_PORT} takes what Spark's GraphiteSink sends`,
      `ok: scorpionstare.image=${ON['scorpionstare.image']} is this program`,
      'ok: sparkmasterconfig: m-conf has spark.decommission.enabled=true',
      'ok: sparkworkerconfig: w-conf has spark.decommission.enabled=true',
    ]);
    expect(asked.filter((url) => url.startsWith('/render'))).to.have.length(1);
  });

  it('a Graphite and a carbon that do not answer are named', async () => {
    const env = {
      ...bench.env,
      ...CLUSTER,
      DEMO_METRICS_SERVICE_HOST: '127.0.0.1',
      DEMO_METRICS_SERVICE_PORT: '1',
      DEMO_CARBON_SERVICE_HOST: '127.0.0.1',
      DEMO_CARBON_SERVICE_PORT: '1',
    };
    await bench.standin.startApplication(JOB);
    putConfigMap(bench.standin.world, CONFIG_MAP, { ...ON, 'metrics.enable': 'true' });
    // A process of its own: what keeps tests off the network lets every connection look made.
    const { output } = await commandLine(['check'], env);
    expect(output)
      .to.match(/^warn {2}oshinko .* carbon at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED.*; nothing new/m)
      .and.match(/^warn {2}graphite .* Graphite \/render: unreachable: ECONNREFUSED/m);
  });

  const table: readonly (readonly [
    what: string,
    data: Readonly<Record<string, string>>,
    env: Changes,
    line: RegExp,
  ])[] = [
    ['metrics off', ON, CLUSTER, /^ok: metrics are off: the drivers themselves are asked$/m],
    [
      'agents of Jolokia',
      { ...ON, metrics: 'true' },
      CLUSTER,
      /^ok: metrics=jolokia: its agents are in master and workers \(port 7777\)/m,
    ],
    [
      'agents of Prometheus',
      { ...ON, metrics: 'prometheus' },
      CLUSTER,
      /^ok: metrics=prometheus: .* the drivers themselves are asked$/m,
    ],
    [
      'metrics without an image',
      { ...ON, 'metrics.enable': '1', 'metrics.carbon': '' },
      CLUSTER,
      /^warn: metrics\.enable: with an empty metrics\.carbon/m,
    ],
    [
      'sources of our own',
      { ...ON, 'metrics.enable': 'true' },
      {
        ...CLUSTER,
        ELASTIC_WORKER_SOURCES: 'driver',
        DEMO_CARBON_SERVICE_HOST: '127.0.0.1',
        DEMO_CARBON_SERVICE_PORT: '1',
      },
      /^ok: metrics\.enable: ELASTIC_WORKER_SOURCES=driver decides, not this$/m,
    ],
    [
      'a cluster without a name',
      { ...ON, 'metrics.enable': 'true' },
      {},
      /^warn: metrics\.enable: .* set ELASTIC_WORKER_CLUSTER$/m,
    ],
    [
      "the original's image",
      { ...ON, 'scorpionstare.image': 'docker.io/manyangled/scorpionstare' },
      CLUSTER,
      /^warn: scorpionstare\.image=docker\.io\/manyangled\/scorpionstare: .* gets the original daemon/m,
    ],
    ['no image', { 'scorpionstare.enable': 'true' }, CLUSTER, /^warn: scorpionstare\.image is not set: /m],
    [
      'no files of Spark',
      ON,
      CLUSTER,
      /^warn: no sparkworkerconfig: .* spark\.decommission\.enabled=true in spark-defaults\.conf/m,
    ],
    [
      'files that are not there',
      { ...ON, sparkworkerconfig: 'gone' },
      CLUSTER,
      /^warn: sparkworkerconfig: there is no ConfigMap gone$/m,
    ],
    [
      'files without the line',
      { ...ON, sparkmasterconfig: 'bare' },
      CLUSTER,
      /^warn: sparkmasterconfig: bare lacks spark\.decommission\.enabled=true/m,
    ],
    ['oshinko-rest', ON, { ...CLUSTER, OSHINKO_REST_HOST: '10.0.0.1' }, /^ok: oshinko-rest is not needed/m],
    [
      'no cluster config',
      ON,
      { ...CLUSTER, ELASTIC_WORKER_CONFIG_MAP: undefined },
      /^warn: no cluster config is named, .* ELASTIC_WORKER_CONFIG_MAP /m,
    ],
  ];
  for (const [what, data, env, line] of table) {
    it(`${what}: says so`, async () => {
      putConfigMap(bench.standin.world, 'bare', { 'spark-defaults.conf': '# spark.decommission.enabled true\n' });
      expect((await said(data, env)).join('\n')).to.match(line);
    });
  }

  it('files that may not be read are left to the person', async () => {
    putConfigMap(bench.standin.world, 'w-conf', DRAINS);
    bench.standin.world.faults.denials.push({ verb: 'get', resource: 'configmaps', name: 'w-conf' });
    const lines = await said({ ...ON, ...FILES });
    expect(lines.join('\n')).to.match(
      /^warn: sparkworkerconfig: configmap\/w-conf: unauthorized .*; see for yourself that it has spark\.decommission/m,
    );
  });

  it('R11: a value that cannot be read fails, with the names of ConfigMap and key', async () => {
    const lines = await said({ ...ON, 'metrics.enable': 'yes' }, CLUSTER, ['live value', 'flag']);
    expect(lines[0]).to.match(
      /^warn: stands by: no good value was seen since the start of: cluster-config\.metrics\.enable$/,
    );
    expect(lines[1]).to.match(/^FAIL: cluster-config\.metrics\.enable=yes: allowed is one of 1 t T/);
  });
});
