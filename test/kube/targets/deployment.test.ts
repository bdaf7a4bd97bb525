import { expect } from 'chai';
import { allStubsUsed, api, never, status } from '../support.ts';
import {
  DEPLOYMENTS,
  errorOf,
  list,
  named,
  ownedBy,
  RSS,
  valueOf,
  workload,
  type Json,
  type Shown,
} from './support.ts';

const ONE = `${DEPLOYMENTS}/workers`;
const replicaSet = (name: string, counts: Json = {}, owner = 'workers'): Json =>
  workload({ name, metadata: ownedBy('apps/v1', 'Deployment', owner), spec: counts, status: counts });

function stub(shown: Shown, ...replicaSets: Json[]): void {
  api().get(ONE).reply(200, workload(shown));
  api()
    .get(RSS)
    .query({ labelSelector: 'a=b' })
    .reply(200, list(...replicaSets));
}

describe('a Deployment as target', () => {
  afterEach(allStubsUsed);

  it('counts the pods of all its ReplicaSets as its own, and nobody else’s', async () => {
    stub({}, replicaSet('workers-1', { replicas: 0 }), replicaSet('workers-2'), replicaSet('other-1', {}, 'other'));
    const target = named('deployment');
    expect(valueOf(await target.read(never))).to.deep.include({
      name: 'deployment/workers',
      uid: 'uid-of-workers',
      plannedWorkers: 3,
      existingPods: 2,
      readyPods: 1,
      revision: '41',
      podOwnerUids: ['uid-of-workers-1', 'uid-of-workers-2'],
      removal: 'by-cost',
      unsettled: undefined,
    });
    expect(valueOf(await target.identity(never))).to.deep.equal({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'workers',
      uid: 'uid-of-workers',
      podSelector: 'a=b',
      below: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'workers-1' },
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'workers-2' },
      ],
    });
  });

  const unsettled: [string, Shown, Json[], RegExp | undefined][] = [
    [
      'two ReplicaSets have pods',
      {},
      [replicaSet('a'), replicaSet('b')],
      /rollout .* pods of 2 ReplicaSets come and go/,
    ],
    [
      'the pods of an old one are still there',
      {},
      [
        workload({ name: 'a', metadata: ownedBy('apps/v1', 'Deployment', 'workers'), spec: { replicas: 0 } }),
        replicaSet('b'),
      ],
      /rollout .* under way/,
    ],
    ['an old one is empty', {}, [replicaSet('a', { replicas: 0 }), replicaSet('b')], undefined],
    ['it has no ReplicaSet yet', {}, [], undefined],
    [
      'its controller has not seen the last change',
      { metadata: { generation: 2 }, status: { observedGeneration: 1 } },
      [replicaSet('b')],
      /was changed and its controller has not looked yet/,
    ],
    [
      'its controller has seen it',
      { metadata: { generation: 2 }, status: { observedGeneration: 2 } },
      [replicaSet('b')],
      undefined,
    ],
  ];
  for (const [when, shown, replicaSets, expected] of unsettled) {
    it(`is ${expected === undefined ? 'settled' : 'unsettled'} when ${when}`, async () => {
      stub(shown, ...replicaSets);
      const { unsettled: why } = valueOf(await named('deployment').read(never));
      if (expected === undefined) expect(why).to.equal(undefined);
      else expect(why).to.match(expected);
    });
  }

  it('is resized by a merge patch of its scale with its revision', async () => {
    api()
      .patch(`${ONE}/scale`, { metadata: { resourceVersion: '41' }, spec: { replicas: 0 } })
      .query({ fieldManager: 'elastic-worker' })
      .matchHeader('content-type', 'application/merge-patch+json')
      .reply(200, { metadata: { resourceVersion: '42' }, spec: {} });
    expect(valueOf(await named('deployment').resize(0, '41', never))).to.deep.equal({ revision: '42' });
  });

  it('passes on a conflict', async () => {
    api()
      .patch(`${ONE}/scale`)
      .query(true)
      .reply(409, status(409, 'Conflict', 'modified'));
    expect(errorOf(await named('deployment').resize(5, '41', never))).to.include({
      kind: 'conflict',
      what: 'scale of deployment/workers',
    });
  });

  it('says which setting to mend when there is none', async () => {
    api()
      .get(ONE)
      .reply(404, status(404, 'NotFound', 'not found'));
    const { detail } = errorOf(await named('deployment').read(never));
    expect(detail).to.match(/^there is no Deployment workers in namespace team; set ELASTIC_WORKER_TARGET/);
  });

  it('names the right to list ReplicaSets', async () => {
    api().get(ONE).reply(200, workload());
    api()
      .get(RSS)
      .query(true)
      .reply(403, status(403, 'Forbidden', ''));
    const { detail } = errorOf(await named('deployment').read(never));
    expect(detail).to.include('{apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list"]}');
  });
});
