import { expect } from 'chai';
import { resources } from '../../../src/core/resources.ts';
import type { KnownKind } from '../../../src/kube/targets/reference.ts';
import { allStubsUsed, api, never, status } from '../support.ts';
import { errorOf, named, ownedBy, RCS, RSS, STSS, valueOf, workload, type Json, type Shown } from './support.ts';

const PLAIN_SELECTOR = { selector: { 'oshinko-cluster': 'c', 'oshinko-type': 'worker' } };
const controller = (shown: Shown = {}): Json => workload({ ...shown, spec: { ...PLAIN_SELECTOR, ...shown.spec } });

/** The path, how it is shown, and what it reads as. */
const kinds: [KnownKind, string, string, Json][] = [
  ['replicationcontroller', RCS, 'rc', controller()],
  ['replicaset', RSS, 'replicaset', workload()],
  ['statefulset', STSS, 'statefulset', workload()],
];

for (const [kind, path, word, shown] of kinds) {
  describe(`a ${kind} as target`, () => {
    afterEach(allStubsUsed);
    const one = `${path}/workers`;

    it('reads counts, revision, size of a worker, whose pods are its own and who goes', async () => {
      api().get(one).reply(200, shown);
      expect(valueOf(await named(kind).read(never))).to.deep.equal({
        name: `${word}/workers`,
        uid: 'uid-of-workers',
        plannedWorkers: 3,
        existingPods: 2,
        readyPods: 1,
        revision: '41',
        workerShape: resources(2, 4096),
        podOwnerUids: ['uid-of-workers'],
        unsettled: undefined,
        ...(kind === 'statefulset' ? { removal: 'highest-ordinal', firstOrdinal: 0 } : { removal: 'by-cost' }),
      });
    });

    it('reads 0 as 0', async () => {
      const spec = { ...(shown.spec as Json), replicas: 0 };
      api()
        .get(one)
        .reply(200, { ...shown, spec, status: { replicas: 0 } });
      const view = valueOf(await named(kind).read(never));
      expect(view).to.include({ plannedWorkers: 0, existingPods: 0, readyPods: 0 });
    });

    it('says which setting to mend when there is none', async () => {
      api()
        .get(one)
        .reply(404, status(404, 'NotFound', 'not found'));
      const error = errorOf(await named(kind).read(never));
      expect(error).to.include({ kind: 'not-found', status: 404 });
      expect(error.detail.toLowerCase()).to.include(
        `there is no ${kind} workers in namespace team; set elastic_worker_target`,
      );
    });

    it('names the right that is missing', async () => {
      api()
        .get(one)
        .reply(403, status(403, 'Forbidden', ''));
      const error = errorOf(await named(kind).read(never));
      expect(error.kind).to.equal('unauthorized');
      expect(error.detail).to.include(`resources: ["${path.split('/').at(-1) ?? ''}"], verbs: ["get"]`);
    });

    const notOne: Record<string, Json | string> = {
      'an empty object': {},
      'a page of a proxy': '<html>log in</html>',
      'one without spec': { metadata: { name: 'workers', uid: 'u', resourceVersion: '1' } },
      'an empty selector, which would match every pod': { ...shown, spec: { ...(shown.spec as Json), selector: {} } },
      'a negative count': { ...shown, spec: { ...(shown.spec as Json), replicas: -1 } },
    };
    for (const [name, body] of Object.entries(notOne)) {
      it(`does not take ${name} for one`, async () => {
        const type = typeof body === 'string' ? 'text/html' : 'application/json';
        api().get(one).reply(200, body, { 'content-type': type });
        expect(errorOf(await named(kind).read(never)).kind).to.equal('malformed');
      });
    }

    describe('resized', () => {
      const scale = (replicas?: number, resourceVersion: string | undefined = '42'): Json => ({
        kind: 'Scale',
        metadata: { name: 'workers', resourceVersion },
        spec: replicas === undefined ? {} : { replicas },
      });

      it('is one merge patch of the scale that carries the revision and our name', async () => {
        api()
          .patch(`${one}/scale`, { metadata: { resourceVersion: '41' }, spec: { replicas: 5 } })
          .query({ fieldManager: 'elastic-worker' })
          .matchHeader('content-type', 'application/merge-patch+json')
          .reply(200, scale(5));
        expect(valueOf(await named(kind).resize(5, '41', never))).to.deep.equal({ revision: '42' });
      });

      it('to 0 is understood from an answer without a count', async () => {
        api()
          .patch(`${one}/scale`, { metadata: { resourceVersion: '41' }, spec: { replicas: 0 } })
          .query(true)
          .reply(200, scale());
        expect((await named(kind).resize(0, '41', never)).ok).to.equal(true);
      });

      it('says so when another count was stored', async () => {
        api().patch(`${one}/scale`).query(true).reply(200, scale(2));
        const error = errorOf(await named(kind).resize(5, '41', never));
        expect(error).to.include({ kind: 'refused', detail: 'asked for 5 replicas, 2 were stored' });
      });

      it('does not take an answer without a revision for a success', async () => {
        api()
          .patch(`${one}/scale`)
          .query(true)
          .reply(200, { metadata: {}, spec: { replicas: 5 } });
        expect(errorOf(await named(kind).resize(5, '41', never)).kind).to.equal('malformed');
      });

      it('passes on a conflict', async () => {
        api()
          .patch(`${one}/scale`)
          .query(true)
          .reply(409, status(409, 'Conflict', 'modified'));
        const error = errorOf(await named(kind).resize(5, '41', never));
        expect(error).to.include({ kind: 'conflict', what: `scale of ${word}/workers` });
      });

      it('names the right that is missing', async () => {
        api()
          .patch(`${one}/scale`)
          .query(true)
          .reply(403, status(403, 'Forbidden', ''));
        const error = errorOf(await named(kind).resize(5, '41', never));
        expect(error.detail).to.include(`resources: ["${path.split('/').at(-1) ?? ''}/scale"], verbs: ["patch"]`);
      });

      for (const workers of [-1, 1.5, NaN, 2 ** 31]) {
        it(`to ${workers} is a bug`, async () => {
          const result = named(kind).resize(workers, '41', never);
          expect(await result.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
        });
      }
    });
  });
}

describe('a controller that something else sets back', () => {
  afterEach(allStubsUsed);
  const owned: [string, KnownKind, string, Json, string][] = [
    [
      'by an owner reference',
      'replicationcontroller',
      RCS,
      controller({ metadata: ownedBy('apps.openshift.io/v1', 'DeploymentConfig', 'spark-w') }),
      'deploymentconfig/spark-w',
    ],
    [
      'by an annotation of OpenShift',
      'replicationcontroller',
      RCS,
      controller({ metadata: { annotations: { 'openshift.io/deployment-config.name': 'spark-w' } } }),
      'deploymentconfig/spark-w',
    ],
    [
      'by a label of the radanalytics operator',
      'replicationcontroller',
      RCS,
      controller({ metadata: { labels: { 'radanalytics.io/SparkCluster': 'mine' } } }),
      'sparkcluster/mine',
    ],
    [
      'by a Deployment',
      'replicaset',
      RSS,
      workload({ metadata: ownedBy('apps/v1', 'Deployment', 'd') }),
      'deployment/d',
    ],
  ];
  for (const [how, kind, path, shown, above] of owned) {
    it(`is refused with what to set instead: ${kind}, ${how}`, async () => {
      api().get(`${path}/workers`).reply(200, shown);
      const error = errorOf(await named(kind).read(never));
      expect(error.kind).to.equal('refused');
      expect(error.detail).to.equal(
        `it belongs to ${above}, which sets its count back; set ELASTIC_WORKER_TARGET to ${above}`,
      );
    });
  }

  it('is refused for an owner that we do not know', async () => {
    const metadata = ownedBy('argoproj.io/v1alpha1', 'Rollout', 'r');
    api().get(`${RSS}/workers`).reply(200, workload({ metadata }));
    const { kind, detail } = errorOf(await named('replicaset').read(never));
    expect(kind).to.equal('refused');
    expect(detail).to.match(/belongs to Rollout\/r of argoproj\.io\/v1alpha1.*as group\/version\/plural\/name/);
  });

  it('is none for an owner that does not control it', async () => {
    const { ownerReferences } = ownedBy('apps/v1', 'Deployment', 'd') as { ownerReferences: Json[] };
    const metadata = { ownerReferences: ownerReferences.map((one) => ({ ...one, controller: false })) };
    api().get(`${RSS}/workers`).reply(200, workload({ metadata }));
    expect((await named('replicaset').read(never)).ok).to.equal(true);
  });

  it('is none of an operator that made a StatefulSet and lets its count alone', async () => {
    const metadata = ownedBy('spark.apache.org/v1', 'SparkCluster', 'mine');
    api().get(`${STSS}/workers`).reply(200, workload({ metadata }));
    expect((await named('statefulset').read(never)).ok).to.equal(true);
  });
});

describe('the query for the pods', () => {
  afterEach(allStubsUsed);
  const selectors: [Json, string | undefined][] = [
    [{ matchLabels: { a: 'b', 'x/y': 'z' } }, 'a=b,x/y=z'],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }, 'a in (b,c)'],
    [
      { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['d'] }] },
      'a=b,c notin (d)',
    ],
    [
      {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'b', operator: 'DoesNotExist' },
        ],
      },
      'a,!b',
    ],
    [{ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Near' }] }, undefined],
  ];
  for (const [selector, expected] of selectors) {
    it(`says ${expected ?? 'nothing for an operator that nobody knows'}`, async () => {
      api()
        .get(`${RSS}/workers`)
        .reply(200, workload({ spec: { selector } }));
      const identity = await named('replicaset').identity(never);
      if (expected === undefined) expect(errorOf(identity).kind).to.equal('malformed');
      else expect(valueOf(identity).podSelector).to.equal(expected);
    });
  }
});

describe('a StatefulSet', () => {
  afterEach(allStubsUsed);

  it('says where its ordinals begin', async () => {
    api()
      .get(`${STSS}/workers`)
      .reply(200, workload({ spec: { ordinals: { start: 5 } } }));
    expect(valueOf(await named('statefulset').read(never)).firstOrdinal).to.equal(5);
  });

  const rolling = { currentRevision: 'w-1', updateRevision: 'w-2' };
  const partition = (number: number): Json => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } },
  });
  const unsettled: [string, Shown, boolean][] = [
    ['its revisions differ', { status: rolling }, true],
    ['they differ and it rolls down to 0', { status: rolling, spec: partition(0) }, true],
    ['they differ, but only some pods are to be updated', { status: rolling, spec: partition(2) }, false],
    [
      'they differ, but pods are updated by hand',
      { status: rolling, spec: { updateStrategy: { type: 'OnDelete' } } },
      false,
    ],
    ['they are the same', { status: { currentRevision: 'w-1', updateRevision: 'w-1' } }, false],
    [
      'its controller has not seen the last change',
      { metadata: { generation: 3 }, status: { observedGeneration: 2 } },
      true,
    ],
    [
      'its controller has seen the last change',
      { metadata: { generation: 3 }, status: { observedGeneration: 3 } },
      false,
    ],
  ];
  for (const [when, shown, expected] of unsettled) {
    it(`is ${expected ? 'in a rollout' : 'settled'} when ${when}`, async () => {
      api().get(`${STSS}/workers`).reply(200, workload(shown));
      const { unsettled: why } = valueOf(await named('statefulset').read(never));
      if (expected) expect(why).to.match(/^a rollout of statefulset\/workers is under way/);
      else expect(why).to.equal(undefined);
    });
  }
});
