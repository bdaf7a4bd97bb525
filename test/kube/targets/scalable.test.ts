import { expect } from 'chai';
import { workerTarget, type KubeTarget } from '../../../src/kube/target.ts';
import { allStubsUsed, api, never, status, testClient } from '../support.ts';
import { DEPLOYMENTS, errorOf, list, ownedBy, pod, PODS, RSS, valueOf, workload, type Json } from './support.ts';

const ONE = '/apis/argoproj.io/v1alpha1/namespaces/team/rollouts/workers';
const reference = {
  kind: 'scalable',
  group: 'argoproj.io',
  version: 'v1alpha1',
  plural: 'rollouts',
  name: 'workers',
} as const;
const target = (): KubeTarget => workerTarget(testClient(), { by: 'reference', reference });

const object = {
  ...workload({ metadata: { resourceVersion: '40' } }),
  kind: 'Rollout',
  apiVersion: 'argoproj.io/v1alpha1',
};

function scale(spec: Json = { replicas: 3 }, more: Json = { selector: 'a=b,c=d' }): Json {
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name: 'workers', uid: 'uid-of-workers', resourceVersion: '41' },
    spec,
    status: { replicas: 2, ...more },
  };
}

function stub(shown: Json, pods: Json[] = []): void {
  api().get(ONE).reply(200, object);
  api().get(`${ONE}/scale`).reply(200, shown);
  api()
    .get(PODS)
    .query(({ labelSelector }) => labelSelector === 'a=b,c=d')
    .reply(200, list(...pods));
}

describe('anything with a scale subresource as target', () => {
  afterEach(allStubsUsed);

  it('reads the count from its scale, and says that nobody knows who goes', async () => {
    stub(scale());
    expect(valueOf(await target().read(never))).to.deep.include({
      name: 'rollouts.argoproj.io/workers',
      uid: 'uid-of-workers',
      plannedWorkers: 3,
      existingPods: 2,
      readyPods: 1,
      revision: '41',
      podOwnerUids: ['uid-of-workers'],
      removal: 'unknowable',
      unsettled: undefined,
    });
  });

  it('is named in Events as what it is', async () => {
    stub(scale());
    expect(valueOf(await target().identity(never))).to.deep.equal({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      name: 'workers',
      uid: 'uid-of-workers',
      podSelector: 'a=b,c=d',
      below: [],
    });
  });

  it('reads a 0 that is left out as 0', async () => {
    stub(scale({}));
    expect(valueOf(await target().read(never)).plannedWorkers).to.equal(0);
  });

  it('understands the selector of extensions/v1beta1', async () => {
    stub(scale({ replicas: 3 }, { selector: { a: 'b', c: 'd' }, targetSelector: 'a=b,c=d' }));
    expect((await target().read(never)).ok).to.equal(true);
  });

  it('is refused without a selector, since it would have no pods', async () => {
    for (const more of [{}, { selector: '' }]) {
      api().get(ONE).reply(200, object);
      api()
        .get(`${ONE}/scale`)
        .reply(200, scale({ replicas: 3 }, more));
      expect(errorOf(await target().read(never)).detail).to.include('status.selector, which names its pods');
    }
  });

  it('tells a missing object from one that cannot be scaled', async () => {
    api()
      .get(ONE)
      .reply(404, status(404, 'NotFound', 'not found'));
    const missing = errorOf(await target().read(never));
    expect(missing.kind).to.equal('not-found');
    expect(missing.detail).to.match(
      /no rollouts\.argoproj\.io\/workers in namespace team, or this cluster does not know/,
    );
    api().get(ONE).reply(200, object);
    api().get(`${ONE}/scale`).reply(404, '404 page not found', { 'content-type': 'text/plain' });
    const unscalable = errorOf(await target().read(never));
    expect(unscalable.kind).to.equal('refused');
    expect(unscalable.detail).to.match(/^it has no scale subresource.*set ELASTIC_WORKER_TARGET/);
  });

  it('names the right to read the scale', async () => {
    api().get(ONE).reply(200, object);
    api()
      .get(`${ONE}/scale`)
      .reply(403, status(403, 'Forbidden', ''));
    const { detail } = errorOf(await target().read(never));
    expect(detail).to.include('{apiGroups: ["argoproj.io"], resources: ["rollouts/scale"], verbs: ["get"]}');
  });

  it('is resized by a merge patch of its scale', async () => {
    api()
      .patch(`${ONE}/scale`, { metadata: { resourceVersion: '41' }, spec: { replicas: 7 } })
      .query({ fieldManager: 'elastic-worker' })
      .matchHeader('content-type', 'application/merge-patch+json')
      .reply(200, scale({ replicas: 7 }));
    expect((await target().resize(7, '41', never)).ok).to.equal(true);
    api()
      .patch(`${ONE}/scale`)
      .query(true)
      .reply(409, status(409, 'Conflict', 'modified'));
    expect(errorOf(await target().resize(7, '41', never)).kind).to.equal('conflict');
  });

  describe('whose pods are made by others', () => {
    const ours = pod('p-1', ownedBy('apps/v1', 'ReplicaSet', 'rs-1'));
    const foreign = pod('p-2', ownedBy('apps/v1', 'ReplicaSet', 'rs-2'));
    const bare = pod('p-3');

    it('follows each controller upward, once', async () => {
      const one = target();
      stub(scale(), [ours, foreign, bare]);
      const above = ownedBy('argoproj.io/v1alpha1', 'Rollout', 'workers');
      api()
        .get(`${RSS}/rs-1`)
        .reply(200, workload({ name: 'rs-1', metadata: above }));
      api()
        .get(`${RSS}/rs-2`)
        .reply(200, workload({ name: 'rs-2' }));
      expect(valueOf(await one.read(never)).podOwnerUids).to.deep.equal(['uid-of-workers', 'uid-of-rs-1']);
      stub(scale(), [ours, foreign]);
      expect(valueOf(await one.read(never)).podOwnerUids).to.deep.equal(['uid-of-workers', 'uid-of-rs-1']);
    });

    it('follows two levels', async () => {
      stub(scale(), [ours]);
      api()
        .get(`${RSS}/rs-1`)
        .reply(200, workload({ name: 'rs-1', metadata: ownedBy('apps/v1', 'Deployment', 'd') }));
      api()
        .get(`${DEPLOYMENTS}/d`)
        .reply(200, workload({ name: 'd', metadata: ownedBy('argoproj.io/v1alpha1', 'Rollout', 'workers') }));
      expect(valueOf(await target().read(never)).podOwnerUids).to.deep.equal(['uid-of-workers', 'uid-of-rs-1']);
    });

    it('may grow but not shrink while it may not look', async () => {
      stub(scale(), [ours]);
      api()
        .get(`${RSS}/rs-1`)
        .reply(403, status(403, 'Forbidden', ''));
      const view = valueOf(await target().read(never));
      expect(view.podOwnerUids).to.deep.equal(['uid-of-workers']);
      expect(view.unsettled).to.match(
        /whose its pods are is not known.*resources: \["replicasets"\], verbs: \["get"\]/,
      );
    });

    it('takes a controller that is gone for nobody’s', async () => {
      stub(scale(), [ours]);
      api()
        .get(`${RSS}/rs-1`)
        .reply(404, status(404, 'NotFound', 'not found'));
      const view = valueOf(await target().read(never));
      expect(view).to.deep.include({ podOwnerUids: ['uid-of-workers'], unsettled: undefined });
    });
  });
});
