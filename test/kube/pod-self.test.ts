import { expect } from 'chai';
import type { ContainerText } from '../../src/kube/container.ts';
import { originalDaemonIn, readOwnPod } from '../../src/kube/pod-self.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';

const master: ContainerText = { name: 'spark-m', image: 'radanalyticsio/openshift-spark:2.4' };
const original: ContainerText = { name: 'spark-m-stare', image: 'radanalyticsio/scorpion-stare:latest' };
const ours: ContainerText = { name: 'elastic-worker', image: 'mirror.example/tools/elastic-worker:0.1.0' };

describe('originalDaemonIn (R15)', () => {
  const cases: readonly { name: string; containers: ContainerText[]; expected: string | undefined }[] = [
    { name: 'the original beside us', containers: [master, original, ours], expected: 'spark-m-stare' },
    { name: 'nobody else', containers: [master, ours], expected: undefined },
    {
      name: 'us in the place of the original',
      containers: [master, { ...ours, name: 'spark-m-stare' }],
      expected: undefined,
    },
    {
      name: 'us in its place, by a digest',
      containers: [master, { ...ours, name: 'm-stare', image: 'r:5000/elastic-worker@sha256:00' }],
      expected: undefined,
    },
    {
      name: 'us in its place under another image name, known by a setting',
      containers: [master, { name: 'm-stare', image: 'mirror/x:1', env: [{ name: 'ELASTIC_WORKER_MAX', value: '5' }] }],
      expected: undefined,
    },
    {
      name: 'us in its place under another image name and without a setting',
      containers: [master, { name: 'm-stare', image: 'mirror/x:1' }],
      expected: undefined,
    },
    {
      name: 'two of which at most one can be us',
      containers: [
        { name: 'a-stare', image: 'mirror/x:1' },
        { name: 'b-stare', image: 'mirror/y:1' },
      ],
      expected: 'a-stare',
    },
    {
      name: 'a second one',
      containers: [master, { ...ours, name: 'm-stare' }, { ...original, name: 'x-stare' }],
      expected: 'x-stare',
    },
    {
      name: 'an image that only ends like ours',
      containers: [ours, { name: 'm-stare', image: 'not-elastic-worker:1' }],
      expected: 'm-stare',
    },
  ];
  for (const { name, containers, expected } of cases) {
    it(`sees ${name}`, () => {
      expect(originalDaemonIn({ spec: { containers } })).to.equal(expected);
    });
  }

  it('looks among native sidecars too', () => {
    expect(originalDaemonIn({ spec: { initContainers: [original], containers: [master, ours] } })).to.equal(
      'spark-m-stare',
    );
  });
});

describe('readOwnPod', () => {
  afterEach(allStubsUsed);
  const PATH = '/api/v1/namespaces/team/pods/spark-m-0';

  it('tells where it is and who is beside it', async () => {
    api()
      .get(PATH)
      .reply(200, {
        metadata: { name: 'spark-m-0', uid: 'u', labels: { 'oshinko-cluster': 'c' } },
        spec: { containers: [master, original, ours] },
        status: { podIPs: [{ ip: '10.1.0.9' }, { ip: 'fd00::9' }] },
      });
    expect(await readOwnPod(testClient(), 'spark-m-0', never)).to.deep.equal({
      ok: true,
      value: {
        name: 'spark-m-0',
        uid: 'u',
        addresses: ['10.1.0.9', 'fd00::9'],
        labels: { 'oshinko-cluster': 'c' },
        originalDaemon: 'spark-m-stare',
      },
    });
  });

  it('does not take nothing for nobody', async () => {
    api()
      .get(PATH)
      .reply(200, {})
      .get(PATH)
      .reply(403, status(403, 'Forbidden', ''));
    for (const kind of ['malformed', 'unauthorized']) {
      const result = await readOwnPod(testClient(), 'spark-m-0', never);
      expect(result.ok ? 'ok' : result.error.kind).to.equal(kind);
    }
  });
});
