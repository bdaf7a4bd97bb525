import { expect } from 'chai';
import nock from 'nock';
import { resources } from '../../../src/core/resources.ts';
import { workerTarget, type KubeTarget } from '../../../src/kube/target.ts';
import { allStubsUsed, api, localServer, never, status, testClient } from '../support.ts';
import { errorOf, list, RCS, valueOf, workload, type Json } from './support.ts';

const SERVICE = 'http://oshinko-rest.test:8081';
const PATH = '/clusters/mine';
const LABELS = { labelSelector: 'oshinko-cluster=mine,oshinko-type=worker' };

function target(url = SERVICE + PATH, timeoutMs = 1000): KubeTarget {
  const reference = { kind: 'oshinko-rest', url, name: 'mine' } as const;
  return workerTarget(testClient(), { by: 'reference', reference }, { timeoutMs });
}

const cluster = (workerCount: unknown): Json => ({
  cluster: { name: 'mine', status: 'Running', config: { masterCount: 1, workerCount, name: 'default' }, pods: [] },
});
const controller = (name: string, counts: Json = {}): Json =>
  workload({ name, spec: { selector: { a: 'b' }, ...counts }, status: counts });

function stubWorkers(...controllers: Json[]): void {
  api()
    .get(RCS)
    .query(LABELS)
    .reply(200, list(...controllers));
}

describe('a cluster of oshinko-rest as target', () => {
  afterEach(allStubsUsed);

  it('reads its count from the service and the rest from the controllers of its workers', async () => {
    nock(SERVICE).get(PATH).reply(200, cluster(3));
    stubWorkers(controller('mine-w-1', { replicas: 0 }), controller('mine-w-2'));
    const one = target();
    expect(valueOf(await one.read(never))).to.deep.equal({
      name: 'oshinko-rest/mine',
      uid: 'uid-of-mine-w-2',
      plannedWorkers: 3,
      existingPods: 2,
      readyPods: 1,
      revision: '3 workers',
      workerShape: resources(2, 4096),
      podOwnerUids: ['uid-of-mine-w-1', 'uid-of-mine-w-2'],
      removal: 'by-cost',
      unsettled: undefined,
    });
    expect(valueOf(await one.identity(never))).to.deep.include({
      kind: 'ReplicationController',
      name: 'mine-w-2',
      podSelector: LABELS.labelSelector,
    });
  });

  it('is unsettled while two rollouts have pods', async () => {
    nock(SERVICE).get(PATH).reply(200, cluster(3));
    stubWorkers(controller('mine-w-1'), controller('mine-w-2'));
    expect(valueOf(await target().read(never)).unsettled).to.match(/rollout of oshinko-rest\/mine is under way/);
  });

  it('needs the controllers of the workers', async () => {
    nock(SERVICE).get(PATH).twice().reply(200, cluster(3));
    stubWorkers();
    expect(errorOf(await target().read(never)).detail).to.match(
      /no ReplicationController in namespace team has the labels/,
    );
    api()
      .get(RCS)
      .query(true)
      .reply(403, status(403, 'Forbidden', ''));
    expect(errorOf(await target().read(never)).detail).to.include(
      'resources: ["replicationcontrollers"], verbs: ["list"]',
    );
  });

  it('sets the whole count after one more look', async () => {
    nock(SERVICE)
      .get(PATH)
      .reply(200, cluster(3))
      .put(PATH, { name: 'mine', config: { workerCount: 5 } })
      .reply(202, '');
    expect(valueOf(await target().resize(5, '3 workers', never))).to.deep.equal({ revision: '5 workers' });
  });

  it('speaks as the first versions did to one that answers as they did', async () => {
    nock(SERVICE)
      .get(PATH)
      .reply(200, { cluster: { name: 'mine', masterCount: 1, workerCount: 3 } })
      .put(PATH, { name: 'mine', masterCount: 1, workerCount: 0 })
      .reply(202, '');
    expect(valueOf(await target().resize(0, '3 workers', never))).to.deep.equal({ revision: '0 workers' });
  });

  it('sets nothing when the count has moved since', async () => {
    nock(SERVICE).get(PATH).reply(200, cluster(4));
    expect(errorOf(await target().resize(5, '3 workers', never))).to.include({
      kind: 'conflict',
      detail: 'its count is 4 by now',
    });
  });

  const answers: [string, number, string | Json, string, RegExp][] = [
    ['no such cluster', 404, '', 'not-found', /knows no such cluster; set ELASTIC_WORKER_TARGET/],
    ['a login', 401, '', 'unauthorized', /wants a login/],
    ['a redirect', 302, '', 'refused', /answered 302/],
    ['trouble of its own', 500, 'oops', 'refused', /answered 500/],
    ['another program', 200, '<html>', 'malformed', /is this oshinko-rest/],
    ['no count', 200, { cluster: { config: {} } }, 'malformed', /no workerCount/],
    ['a count below 0', 200, cluster(-1), 'malformed', /no workerCount/],
  ];
  for (const [what, code, body, kind, detail] of answers) {
    it(`fails with ${kind} for ${what}`, async () => {
      nock(SERVICE).get(PATH).reply(code, body, { location: 'http://elsewhere.test/' });
      const error = errorOf(await target().read(never));
      expect(error.kind).to.equal(kind);
      expect(error.detail).to.match(detail);
    });
  }

  it('passes on that a PUT was refused', async () => {
    nock(SERVICE).get(PATH).reply(200, cluster(3)).put(PATH).reply(409, '');
    expect(errorOf(await target().resize(5, '3 workers', never)).kind).to.equal('conflict');
  });

  it('gives up at the deadline, and when it is told to', async () => {
    const server = await localServer(() => undefined);
    try {
      const silent = server.url + PATH;
      expect(errorOf(await target(silent, 20).read(never))).to.include({ kind: 'timeout' });
      const given = await target(silent, 10_000).read(AbortSignal.timeout(20));
      expect(errorOf(given).detail).to.equal('given up by the caller before the answer came');
    } finally {
      await server.close();
    }
    const gone = errorOf(await target(server.url + PATH).read(never));
    expect(gone.kind).to.equal('unreachable');
    expect(gone.detail).to.include('ECONNREFUSED');
  });
});
