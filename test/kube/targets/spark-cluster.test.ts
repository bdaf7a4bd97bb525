import { expect } from 'chai';
import { resources } from '../../../src/core/resources.ts';
import { allStubsUsed, api, never, status } from '../support.ts';
import { errorOf, named, RCS, SPARK_CLUSTERS, valueOf, workload, type Json } from './support.ts';

const ONE = `${SPARK_CLUSTERS}/mine`;
const CONTROLLER = `${RCS}/mine-w`;

function cluster(worker: Json | undefined, resourceVersion = '41'): Json {
  return { metadata: { name: 'mine', uid: 'uid-of-cr', resourceVersion }, spec: { worker, master: { instances: 1 } } };
}
const controller = (spec: Json = {}): Json =>
  workload({ name: 'mine-w', metadata: { labels: { 'radanalytics.io/SparkCluster': 'mine' } }, spec });

describe('a SparkCluster of radanalytics as target', () => {
  afterEach(allStubsUsed);

  it('reads its count from the resource and the rest from the controller below', async () => {
    api()
      .get(ONE)
      .reply(200, cluster({ instances: 3 }));
    api().get(CONTROLLER).reply(200, controller());
    const target = named('sparkcluster', 'mine');
    expect(valueOf(await target.read(never))).to.deep.equal({
      name: 'sparkcluster/mine',
      uid: 'uid-of-cr',
      plannedWorkers: 3,
      existingPods: 2,
      readyPods: 1,
      revision: '41',
      workerShape: resources(2, 4096),
      podOwnerUids: ['uid-of-mine-w'],
      removal: 'by-cost',
      unsettled: undefined,
    });
    expect(valueOf(await target.identity(never))).to.deep.equal({
      apiVersion: 'radanalytics.io/v1',
      kind: 'SparkCluster',
      name: 'mine',
      uid: 'uid-of-cr',
      podSelector: 'radanalytics.io/SparkCluster=mine,radanalytics.io/podType=worker',
      below: [{ apiVersion: 'v1', kind: 'ReplicationController', name: 'mine-w' }],
    });
  });

  for (const [name, worker] of [
    ['no worker section', undefined],
    ['no count in it', {}],
  ] as const) {
    it(`means one worker where there is ${name}`, async () => {
      api().get(ONE).reply(200, cluster(worker));
      api()
        .get(CONTROLLER)
        .reply(200, controller({ replicas: 1 }));
      expect(valueOf(await named('sparkcluster', 'mine').read(never))).to.include({
        plannedWorkers: 1,
        unsettled: undefined,
      });
    });
  }

  it('is unsettled while the operator has not followed', async () => {
    api()
      .get(ONE)
      .reply(200, cluster({ instances: 5 }));
    api().get(CONTROLLER).reply(200, controller());
    const { unsettled } = valueOf(await named('sparkcluster', 'mine').read(never));
    expect(unsettled).to.equal('the operator has not followed yet: rc/mine-w has 3 replicas, 5 are asked for');
  });

  it('has no pods while the operator has made no controller', async () => {
    api()
      .get(ONE)
      .reply(200, cluster({ instances: 2 }));
    api()
      .get(CONTROLLER)
      .reply(404, status(404, 'NotFound', 'not found'));
    const view = valueOf(await named('sparkcluster', 'mine').read(never));
    expect(view).to.deep.include({ plannedWorkers: 2, existingPods: 0, readyPods: 0, podOwnerUids: [] });
    expect(view).to.include({ uid: 'uid-of-cr', workerShape: undefined });
  });

  it('names the right to read the controller', async () => {
    api()
      .get(ONE)
      .reply(200, cluster({ instances: 2 }));
    api()
      .get(CONTROLLER)
      .reply(403, status(403, 'Forbidden', ''));
    const { detail } = errorOf(await named('sparkcluster', 'mine').read(never));
    expect(detail).to.include('resources: ["replicationcontrollers"], verbs: ["get"]');
  });

  it('does not take a count that is no number', async () => {
    api()
      .get(ONE)
      .reply(200, cluster({ instances: 'many' }));
    expect(errorOf(await named('sparkcluster', 'mine').read(never)).kind).to.equal('malformed');
  });

  it('changes that number alone, with the revision', async () => {
    api()
      .patch(ONE, { metadata: { resourceVersion: '41' }, spec: { worker: { instances: 0 } } })
      .query({ fieldManager: 'elastic-worker' })
      .matchHeader('content-type', 'application/merge-patch+json')
      .reply(200, cluster({ instances: 0 }, '42'));
    expect(valueOf(await named('sparkcluster', 'mine').resize(0, '41', never))).to.deep.equal({ revision: '42' });
  });

  it('passes on a conflict', async () => {
    api()
      .patch(ONE)
      .query(true)
      .reply(409, status(409, 'Conflict', 'modified'));
    expect(errorOf(await named('sparkcluster', 'mine').resize(2, '41', never)).kind).to.equal('conflict');
  });

  it('says so when another count was stored', async () => {
    api()
      .patch(ONE)
      .query(true)
      .reply(200, cluster({ instances: 9 }));
    const { detail } = errorOf(await named('sparkcluster', 'mine').resize(2, '41', never));
    expect(detail).to.equal('asked for 2 workers, 9 were stored');
  });

  it('says that the cluster may not know the kind when there is none', async () => {
    api().get(ONE).reply(404, '404 page not found', { 'content-type': 'text/plain' });
    const { detail } = errorOf(await named('sparkcluster', 'mine').read(never));
    expect(detail).to.match(/no SparkCluster mine in namespace team, or this cluster does not know the kind/);
  });
});
