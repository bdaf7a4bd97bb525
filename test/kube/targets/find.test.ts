import { expect } from 'chai';
import { workerTarget, type KubeTarget } from '../../../src/kube/target.ts';
import { describeReference } from '../../../src/kube/targets/reference.ts';
import { allStubsUsed, api, never, status, testClient } from '../support.ts';
import {
  DCS,
  DEPLOYMENTS,
  errorOf,
  list,
  ownedBy,
  pod,
  PODS,
  RCS,
  RSS,
  SPARK_CLUSTERS,
  STSS,
  valueOf,
  workload,
  type Json,
} from './support.ts';

const SELECTOR = 'role=worker';
const LISTED = [RCS, DEPLOYMENTS, STSS, RSS, DCS];
const PLAIN = { spec: { selector: { a: 'b' } } };
const CONFIG_NAME = 'openshift.io/deployment-config.name';

const target = (...selectors: string[]): KubeTarget =>
  workerTarget(testClient(), { by: 'labels', selectors: selectors.length > 0 ? selectors : [SELECTOR] });

function stubPods(items: Json[], selector = SELECTOR): void {
  api()
    .get(PODS)
    .query(({ labelSelector }) => labelSelector === selector)
    .reply(200, list(...items));
}

/** What each kind that is searched by labels answers; kinds that are not named have none. */
function stubControllers(items: Record<string, Json[] | number>, labelSelector: string | undefined = SELECTOR): void {
  for (const path of LISTED) {
    const answer = items[path] ?? [];
    const stub = api().get(path);
    if (labelSelector !== '') stub.query({ labelSelector });
    if (typeof answer === 'number') stub.reply(answer, status(answer, 'No', ''));
    else stub.reply(200, list(...answer));
  }
}

const found = async (one: KubeTarget): Promise<string> => {
  valueOf(await one.read(never));
  const reference = one.reference();
  return reference === undefined ? 'nothing' : describeReference(reference);
};

describe('found from a worker pod upward', () => {
  afterEach(allStubsUsed);

  it('a ReplicationController', async () => {
    stubPods([pod('w-1', ownedBy('v1', 'ReplicationController', 'w'))]);
    api()
      .get(`${RCS}/w`)
      .twice()
      .reply(200, workload({ name: 'w', ...PLAIN }));
    expect(await found(target())).to.equal('rc/w');
  });

  it('the DeploymentConfig above it, by owner reference and by annotation', async () => {
    for (const metadata of [
      ownedBy('apps.openshift.io/v1', 'DeploymentConfig', 'w'),
      { annotations: { [CONFIG_NAME]: 'w' } },
    ]) {
      stubPods([pod('w-1-x', ownedBy('v1', 'ReplicationController', 'w-1'))]);
      api()
        .get(`${RCS}/w-1`)
        .reply(200, workload({ name: 'w-1', metadata, ...PLAIN }));
      api()
        .get(`${DCS}/w`)
        .reply(200, workload({ name: 'w', ...PLAIN }));
      api()
        .get(RCS)
        .query({ labelSelector: `${CONFIG_NAME}=w` })
        .reply(200, list());
      expect(await found(target())).to.equal('deploymentconfig/w');
    }
  });

  it('the SparkCluster of radanalytics above it', async () => {
    stubPods([pod('mine-w-x', ownedBy('v1', 'ReplicationController', 'mine-w'))]);
    const controller = workload({ name: 'mine-w', metadata: { labels: { 'radanalytics.io/SparkCluster': 'mine' } } });
    api().get(`${RCS}/mine-w`).twice().reply(200, controller);
    api()
      .get(`${SPARK_CLUSTERS}/mine`)
      .reply(200, { metadata: { name: 'mine', uid: 'u', resourceVersion: '1' }, spec: {} });
    expect(await found(target())).to.equal('sparkcluster/mine');
  });

  it('a ReplicaSet that stands alone, and the Deployment above one', async () => {
    stubPods([pod('w-x', ownedBy('apps/v1', 'ReplicaSet', 'w'))]);
    api()
      .get(`${RSS}/w`)
      .twice()
      .reply(200, workload({ name: 'w' }));
    expect(await found(target())).to.equal('replicaset/w');

    stubPods([
      pod('w-1-x', ownedBy('apps/v1', 'ReplicaSet', 'w-1')),
      pod('w-2-x', ownedBy('apps/v1', 'ReplicaSet', 'w-2')),
    ]);
    const metadata = ownedBy('apps/v1', 'Deployment', 'w');
    for (const name of ['w-1', 'w-2']) api().get(`${RSS}/${name}`).reply(200, workload({ name, metadata }));
    api()
      .get(`${DEPLOYMENTS}/w`)
      .reply(200, workload({ name: 'w' }));
    api().get(RSS).query(true).reply(200, list());
    expect(await found(target())).to.equal('deployment/w');
  });

  it('a StatefulSet, whoever made it', async () => {
    stubPods([pod('w-0', ownedBy('apps/v1', 'StatefulSet', 'w'))]);
    api()
      .get(`${STSS}/w`)
      .reply(200, workload({ name: 'w', metadata: ownedBy('spark.apache.org/v1', 'SparkCluster', 'mine') }));
    expect(await found(target())).to.equal('statefulset/w');
  });

  describe('a kind that we do not know', () => {
    const kinds = '/apis/argoproj.io/v1alpha1';
    const rollout = (): void => {
      stubPods([pod('w-x', ownedBy('apps/v1', 'ReplicaSet', 'w-1'))]);
      api()
        .get(`${RSS}/w-1`)
        .reply(200, workload({ name: 'w-1', metadata: ownedBy('argoproj.io/v1alpha1', 'Rollout', 'w') }));
    };

    it('if it has a scale subresource', async () => {
      rollout();
      const resources = [
        { name: 'experiments', kind: 'Experiment' },
        { name: 'rollouts/status', kind: 'Rollout' },
        { name: 'rollouts', kind: 'Rollout' },
        { name: 'rollouts/scale', kind: 'Scale' },
      ];
      api().get(kinds).reply(200, { kind: 'APIResourceList', resources });
      api()
        .get(`${kinds}/namespaces/team/rollouts/w`)
        .reply(404, status(404, 'NotFound', ''));
      const one = target();
      const error = errorOf(await one.read(never));
      expect(one.reference()).to.deep.equal({
        kind: 'scalable',
        group: 'argoproj.io',
        version: 'v1alpha1',
        plural: 'rollouts',
        name: 'w',
      });
      expect(error.retryAfterMs, 'the search is not repeated at once').to.equal(10_000);
    });

    it('is refused without one', async () => {
      rollout();
      const resources = [
        { name: 'rollouts', kind: 'Rollout' },
        { name: 'others/scale', kind: 'Scale' },
      ];
      api().get(kinds).reply(200, { kind: 'APIResourceList', resources });
      const error = errorOf(await target().read(never));
      expect(error).to.include({ kind: 'refused', what: 'Rollout/w of argoproj.io/v1alpha1', retryAfterMs: 10_000 });
      expect(error.detail).to.match(/no scale subresource.*set ELASTIC_WORKER_TARGET/);
    });
  });

  it('names the right that following takes', async () => {
    stubPods([pod('w-x', ownedBy('apps/v1', 'ReplicaSet', 'w-1'))]);
    api()
      .get(`${RSS}/w-1`)
      .reply(403, status(403, 'Forbidden', ''));
    const error = errorOf(await target().read(never));
    expect(error.kind).to.equal('unauthorized');
    expect(error.detail).to.include('{apiGroups: ["apps"], resources: ["replicasets"], verbs: ["get"]}');
    expect(error.detail).to.match(/to find what sets the count of replicaset\/w-1, or set ELASTIC_WORKER_TARGET/);
  });

  it('is ambiguous where the pods are of several', async () => {
    stubPods([
      pod('w-0', ownedBy('apps/v1', 'StatefulSet', 'w')),
      pod('m-0', ownedBy('apps/v1', 'StatefulSet', 'm')),
      pod('w-1', ownedBy('apps/v1', 'StatefulSet', 'w')),
    ]);
    const error = errorOf(await target().read(never));
    expect(error.detail).to.equal(
      'several set the number of such pods: statefulset/w, statefulset/m; ' +
        'set ELASTIC_WORKER_TARGET to the one that sets the number of workers',
    );
  });

  it('does not count pods that have ended, nor those whose controller is gone', async () => {
    const ended = { ...pod('m-0', ownedBy('apps/v1', 'StatefulSet', 'm')), status: { phase: 'Failed' } };
    stubPods([
      ended,
      pod('o-1', ownedBy('v1', 'ReplicationController', 'o')),
      pod('w-0', ownedBy('apps/v1', 'StatefulSet', 'w')),
    ]);
    api()
      .get(`${RCS}/o`)
      .reply(404, status(404, 'NotFound', ''));
    api()
      .get(`${STSS}/w`)
      .reply(200, workload({ name: 'w' }));
    expect(await found(target())).to.equal('statefulset/w');
  });

  it('is nothing where pods were made by hand', async () => {
    stubPods([pod('by-hand')]);
    expect(errorOf(await target().read(never)).detail).to.match(/^pod by-hand was made by hand/);
  });

  it('tries the labels in turn', async () => {
    stubPods([], 'first=1');
    stubPods([pod('w-0', ownedBy('apps/v1', 'StatefulSet', 'w'))], 'second=2');
    api()
      .get(`${STSS}/w`)
      .reply(200, workload({ name: 'w' }));
    expect(await found(target('first=1', 'second=2', 'third=3'))).to.equal('statefulset/w');
  });
});

describe('found by labels while there is no pod', () => {
  afterEach(allStubsUsed);

  it('the only controller that carries them, and asked for by name from then on', async () => {
    const one = target();
    stubPods([]);
    stubControllers({ [RCS]: [workload({ name: 'w', ...PLAIN })] });
    api()
      .get(`${RCS}/w`)
      .twice()
      .reply(200, workload({ name: 'w', ...PLAIN }));
    expect(await found(one)).to.equal('rc/w');
    expect(valueOf(await one.read(never)).plannedWorkers).to.equal(3);
  });

  it('is looked for again when it has gone', async () => {
    const one = target();
    stubPods([]);
    stubControllers({ [STSS]: [workload({ name: 'w' })] });
    api()
      .get(`${STSS}/w`)
      .reply(200, workload({ name: 'w' }));
    await found(one);
    api()
      .get(`${STSS}/w`)
      .reply(404, status(404, 'NotFound', ''));
    stubPods([]);
    stubControllers({ [RCS]: [workload({ name: 'v', ...PLAIN })] });
    api()
      .get(`${RCS}/v`)
      .reply(200, workload({ name: 'v', ...PLAIN }));
    expect(await found(one)).to.equal('rc/v');
  });

  it('is what stands above all that carry them', async () => {
    const metadata = ownedBy('apps/v1', 'Deployment', 'w');
    stubPods([]);
    stubControllers({
      [RSS]: [workload({ name: 'w-1', metadata }), workload({ name: 'w-2', metadata })],
      [DEPLOYMENTS]: [workload({ name: 'w' })],
      [DCS]: 404,
    });
    api()
      .get(`${DEPLOYMENTS}/w`)
      .reply(200, workload({ name: 'w' }));
    api().get(RSS).query(true).reply(200, list());
    expect(await found(target())).to.equal('deployment/w');
  });

  it('does with the kinds that may be listed', async () => {
    stubPods([]);
    stubControllers({
      [RCS]: [workload({ name: 'w', ...PLAIN })],
      [DEPLOYMENTS]: 403,
      [STSS]: 403,
      [RSS]: 403,
      [DCS]: 403,
    });
    api()
      .get(`${RCS}/w`)
      .reply(200, workload({ name: 'w', ...PLAIN }));
    expect(await found(target())).to.equal('rc/w');
  });

  it('is ambiguous where several carry them', async () => {
    stubPods([]);
    stubControllers({ [RCS]: [workload({ name: 'a' }), workload({ name: 'b' })], [STSS]: [workload({ name: 'c' })] });
    expect(errorOf(await target().read(never)).detail).to.match(
      /several set the number of such pods: rc\/a, rc\/b, statefulset\/c; set ELASTIC_WORKER_TARGET/,
    );
  });

  it('lists what is there, and the rights that are missing, when nothing carries them', async () => {
    stubPods([]);
    stubControllers({ [DEPLOYMENTS]: 403, [DCS]: 404 });
    stubControllers(
      { [RCS]: [workload({ name: 'other' })], [STSS]: [workload({ name: 'db' })], [DEPLOYMENTS]: 403 },
      '',
    );
    const error = errorOf(await target().read(never));
    expect(error).to.include({ kind: 'not-found', retryAfterMs: 10_000 });
    expect(error.detail).to.match(/there are: rc\/other, statefulset\/db; with no pod to begin at/);
    expect(error.detail).to.include('resources: ["deployments"], verbs: ["list"]');
    expect(error.detail).to.match(/set ELASTIC_WORKER_TARGET to the one that sets the number of workers$/);
  });

  it('does not take a page of a proxy for an empty list', async () => {
    stubPods([]);
    for (const path of LISTED) api().get(path).query(true).reply(200, '<html>', { 'content-type': 'text/html' });
    expect(errorOf(await target().read(never)).kind).to.equal('malformed');
  });

  it('does not search at all while pods cannot be listed', async () => {
    api()
      .get(PODS)
      .query(true)
      .reply(403, status(403, 'Forbidden', ''));
    const error = errorOf(await target().read(never));
    expect(error).to.include({ kind: 'unauthorized', retryAfterMs: 10_000 });
  });
});

describe('a target that was not found', () => {
  it('cannot be resized: that is a bug', async () => {
    const result = target().resize(1, '1', never);
    expect(await result.catch((error: unknown) => error)).to.be.instanceOf(Error);
  });
});
