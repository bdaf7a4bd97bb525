/** Oshinko's cluster config: read as Oshinko reads it, and what follows for the sources of demand. */
import { expect } from 'chai';
import fc from 'fast-check';
import { applyLive, initialLive, type LiveState } from '../../src/config/live.ts';
import { readOshinko, type OshinkoConfig } from '../../src/config/oshinko.ts';
import { httpUrlOf, oshinkoServices } from '../../src/config/oshinko-services.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { configOf } from './environments.ts';

type Data = Readonly<Record<string, string>>;

const MAP = 'clusterconfig';

describe('readOshinko', () => {
  const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
  const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
  const table: readonly (readonly [what: string, data: Data, expected: Partial<OshinkoConfig>])[] = [
    ['nothing', {}, { present: false, graphite: false, agent: 'none', stare: false, sparkMasterConfig: undefined }],
    ['our keys alone', { 'elasticWorker.enable': 'true' }, { present: false }],
    ['keys it does not know', { exposeui: 'maybe', workercount: 'x', other: '' }, { present: false, problems: [] }],
    ...TRUE.map((word) => [`metrics.enable ${word}`, { 'metrics.enable': word }, { graphite: true }] as const),
    ...FALSE.map((word) => [`metrics.enable ${word}`, { 'metrics.enable': word }, { graphite: false }] as const),
    [
      'line ends, as out of a file',
      { 'metrics.enable': 'true\n', metrics: '\nprometheus\n' },
      { graphite: true, agent: 'prometheus' },
    ],
    ['an empty flag', { 'metrics.enable': '\n' }, { present: true, graphite: false, problems: [] }],
    [
      'images',
      { 'metrics.enable': 'true', 'metrics.carbon': 'a/carbon', 'metrics.graphite': 'a/graphite' },
      { graphite: true },
    ],
    [
      'metrics.enable without an image of carbon',
      { 'metrics.enable': 'true', 'metrics.carbon': '\n' },
      { graphite: false },
    ],
    [
      'metrics.enable without an image of Graphite',
      { 'metrics.enable': 'true', 'metrics.graphite': '' },
      { graphite: false },
    ],
    ['metrics true, which is Jolokia', { metrics: 'true' }, { agent: 'jolokia', graphite: false }],
    ['metrics T', { metrics: 'T\n' }, { agent: 'jolokia' }],
    ['metrics false', { metrics: 'F' }, { agent: 'none' }],
    ['metrics jolokia', { metrics: 'jolokia' }, { agent: 'jolokia' }],
    ['metrics prometheus', { metrics: 'prometheus' }, { agent: 'prometheus' }],
    ['an empty metrics', { metrics: '' }, { agent: 'none', problems: [] }],
    [
      'the daemon',
      { 'scorpionstare.enable': 't', 'scorpionstare.image': 'a/b:1\n' },
      { stare: true, stareImage: 'a/b:1' },
    ],
    [
      'the daemon off',
      { 'scorpionstare.enable': '0', 'scorpionstare.image': '' },
      { stare: false, stareImage: undefined },
    ],
    [
      'files of Spark',
      { sparkmasterconfig: 'm-conf\n', sparkworkerconfig: 'w.conf' },
      { sparkMasterConfig: 'm-conf', sparkWorkerConfig: 'w.conf' },
    ],
  ];
  for (const [what, data, expected] of table) {
    it(what, () => {
      expect(readOshinko(data, MAP)).to.deep.include({ problems: [], unreadable: [], ...expected });
    });
  }

  const bad: readonly (readonly [data: Data, sentence: RegExp, open: boolean])[] = [
    [
      { 'metrics.enable': 'yes' },
      /^clusterconfig\.metrics\.enable=yes: allowed is one of 1 t T .*; write true or false/,
      true,
    ],
    [{ 'metrics.enable': ' true' }, /^clusterconfig\.metrics\.enable= true: /, true],
    [
      { metrics: 'graphite' },
      /^clusterconfig\.metrics=graphite: allowed is jolokia, prometheus, .* true \(which is jolokia\)/,
      true,
    ],
    [{ metrics: 'Jolokia' }, /^clusterconfig\.metrics=Jolokia: /, true],
    [{ sparkmasterconfig: 'a b' }, /^clusterconfig\.sparkmasterconfig=a b: allowed is a name/, false],
    [{ sparkworkerconfig: 'UPPER' }, /^clusterconfig\.sparkworkerconfig=UPPER: /, false],
  ];
  for (const [data, sentence, open] of bad) {
    it(`${JSON.stringify(data)} is told with the names of ConfigMap and key`, () => {
      const { problems, unreadable } = readOshinko(data, MAP);
      expect(problems.map(describeProblem).join('\n')).to.match(sentence);
      expect(unreadable).to.deep.equal(open ? problems.map(({ name }) => name) : []);
    });
  }

  it('leaves a bad scorpionstare.enable to the flag, which tells it', () => {
    expect(readOshinko({ 'scorpionstare.enable': 'on' }, MAP)).to.deep.include({ stare: false, problems: [] });
  });

  it('never throws, and tells of what it could not read', () => {
    const key = fc.constantFrom('metrics.enable', 'metrics', 'sparkmasterconfig', 'metrics.carbon', 'constructor');
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ unit: 'binary' })), (data) => {
        const { problems, unreadable } = readOshinko(data, MAP);
        expect(problems.map(({ name }) => name)).to.include.members([...unreadable]);
      }),
    );
  });
});

describe('oshinkoServices', () => {
  it('are found by their names', () => {
    const { metrics, carbon } = oshinkoServices('my-cluster', {});
    expect(httpUrlOf(metrics)).to.equal('http://my-cluster-metrics:8000');
    expect(carbon).to.deep.equal({ host: 'my-cluster-carbon', port: 2003 });
  });

  const env = {
    MY_CLUSTER_METRICS_SERVICE_HOST: '10.0.0.7',
    MY_CLUSTER_METRICS_SERVICE_PORT: '8001',
    MY_CLUSTER_CARBON_SERVICE_HOST: 'fd00::7',
  };
  it('are found by the variables that Kubernetes leaves in a pod', () => {
    const { metrics, carbon } = oshinkoServices('my-cluster', env);
    expect(httpUrlOf(metrics)).to.equal('http://10.0.0.7:8001');
    expect(httpUrlOf(carbon)).to.equal('http://[fd00::7]:2003');
    expect(oshinkoServices('cluster', env).metrics.host).to.equal('cluster-metrics');
  });

  for (const [host, port] of [
    ['somewhere', '1'],
    ['', ''],
    ['10.0.0.7/x', '80'],
  ] as const) {
    it(`a variable that Kubernetes would not write does not count: ${host}`, () => {
      const variables = { X_METRICS_SERVICE_HOST: host, X_METRICS_SERVICE_PORT: port };
      expect(oshinkoServices('x', variables).metrics).to.deep.equal({ host: 'x-metrics', port: 8000 });
    });
  }

  for (const port of ['0', '65536', 'tcp', '80.5', undefined]) {
    it(`nor does a port of ${port ?? 'nothing'}`, () => {
      const variables = { X_METRICS_SERVICE_HOST: '10.0.0.7', X_METRICS_SERVICE_PORT: port };
      expect(oshinkoServices('x', variables).metrics.port).to.equal(8000);
    });
  }
});

describe('applyLive: the sources of demand, by an Oshinko cluster config', () => {
  const ON: Data = { 'scorpionstare.enable': 'true\n' };
  const ENV = { OSHINKO_SPARK_CLUSTER: 'demo', ELASTIC_WORKER_CONFIG_MAP: MAP };

  function after(env: Data, ...readings: readonly (Data | undefined)[]): LiveState {
    const config = configOf(env);
    return readings.reduce<LiveState>((state, data) => applyLive(config, state, data), initialLive(config));
  }

  const table: readonly (readonly [what: string, env: Data, data: Data, expected: Partial<LiveState['values']>])[] = [
    ['no metrics', ENV, ON, { sources: ['driver'], graphiteUrl: undefined, jolokiaUrl: 'http://${host}:8778/jolokia' }],
    [
      'metrics.enable',
      ENV,
      { ...ON, 'metrics.enable': 'true\n' },
      { sources: ['driver', 'graphite'], graphiteUrl: 'http://demo-metrics:8000' },
    ],
    [
      'metrics.enable, with the variables of the Service',
      { ...ENV, DEMO_METRICS_SERVICE_HOST: '10.0.0.9', DEMO_METRICS_SERVICE_PORT: '8000' },
      { ...ON, 'metrics.enable': 'true' },
      { sources: ['driver', 'graphite'], graphiteUrl: 'http://10.0.0.9:8000' },
    ],
    ['metrics off', ENV, { ...ON, 'metrics.enable': 'false' }, { sources: ['driver'], graphiteUrl: undefined }],
    [
      'metrics.enable, but sources of our own',
      { ...ENV, ELASTIC_WORKER_SOURCES: 'carbon,driver' },
      { ...ON, 'metrics.enable': 'true' },
      { sources: ['carbon', 'driver'], graphiteUrl: undefined },
    ],
    [
      'metrics.enable, but a Graphite of our own',
      { ...ENV, ELASTIC_WORKER_SOURCES: 'graphite', ELASTIC_WORKER_GRAPHITE_URL: 'http://g' },
      { ...ON, 'metrics.enable': 'true' },
      { sources: ['graphite'], graphiteUrl: 'http://g' },
    ],
    [
      'metrics.enable without the name of a cluster',
      { ELASTIC_WORKER_TARGET: 'rc/w', ELASTIC_WORKER_CONFIG_MAP: MAP },
      { ...ON, 'metrics.enable': 'true' },
      { sources: ['driver'], graphiteUrl: undefined },
    ],
    [
      'metrics jolokia: agents in master and workers, so drivers are asked themselves',
      ENV,
      { ...ON, metrics: 'true' },
      { sources: ['driver'], jolokiaUrl: 'http://${host}:7777/jolokia' },
    ],
    [
      'metrics jolokia, but an address of our own',
      { ...ENV, ELASTIC_WORKER_SOURCES: 'jolokia', ELASTIC_WORKER_JOLOKIA_URL: 'http://${host}:1/j' },
      { ...ON, metrics: 'jolokia' },
      { sources: ['jolokia'], jolokiaUrl: 'http://${host}:1/j' },
    ],
    [
      'metrics prometheus',
      ENV,
      { ...ON, metrics: 'prometheus' },
      { sources: ['driver'], jolokiaUrl: 'http://${host}:8778/jolokia' },
    ],
  ];
  for (const [what, env, data, expected] of table) {
    it(what, () => {
      const state = after(env, data);
      expect(state.values).to.deep.include(expected);
      expect(state.problems).to.deep.equal([]);
      expect(state.enabled).to.equal(true);
    });
  }

  const GRAPHITE: Data = { ...ON, 'metrics.enable': 'true' };
  const BAD: Data = { ...ON, 'metrics.enable': 'maybe' };

  it('change while it runs', () => {
    expect(after(ENV, ON, GRAPHITE).values.sources).to.deep.equal(['driver', 'graphite']);
    expect(after(ENV, GRAPHITE, ON).values.sources).to.deep.equal(['driver']);
  });

  it('R11: a bad value leaves the last good one in force, and is told', () => {
    const state = after(ENV, GRAPHITE, BAD);
    expect(state.values).to.deep.include({ sources: ['driver', 'graphite'], graphiteUrl: 'http://demo-metrics:8000' });
    expect(state.enabled).to.equal(true);
    expect(state.problems.map(({ name }) => name)).to.deep.equal(['clusterconfig.metrics.enable']);
    expect(after(ENV, ON, BAD).values.sources).to.deep.equal(['driver']);
  });

  it('R11: where none was good since the start, it stands by until one is', () => {
    expect(after(ENV, BAD).standby).to.deep.equal({
      code: 'flag-unreadable',
      why: 'no good value was seen since the start of: clusterconfig.metrics.enable',
    });
    expect(after(ENV, BAD, GRAPHITE).enabled).to.equal(true);
  });

  it('a bad value is told and no more where a variable of ours names the sources', () => {
    const state = after({ ...ENV, ELASTIC_WORKER_SOURCES: 'driver' }, BAD);
    expect(state.enabled).to.equal(true);
    expect(state.problems).to.have.length(1);
  });

  it('a bad name of a ConfigMap of Spark is told and no more', () => {
    const state = after(ENV, { ...GRAPHITE, sparkworkerconfig: 'a b' });
    expect(state.enabled).to.equal(true);
    expect(state.values.sources).to.deep.equal(['driver', 'graphite']);
    expect(state.problems.map(({ name }) => name)).to.deep.equal(['clusterconfig.sparkworkerconfig']);
  });

  it('no ConfigMap any more: what was read stays, standing by', () => {
    const state = after(ENV, GRAPHITE, undefined);
    expect(state.values.sources).to.deep.equal(['driver', 'graphite']);
    expect(state.standby?.code).to.equal('disabled');
  });
});
