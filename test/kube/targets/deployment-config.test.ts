import { expect } from 'chai';
import { allStubsUsed, api, never, status } from '../support.ts';
import { DCS, errorOf, list, named, ownedBy, RCS, valueOf, workload, type Json, type Shown } from './support.ts';

const ONE = `${DCS}/workers`;
const ROLLOUTS = { labelSelector: 'openshift.io/deployment-config.name=workers' };

const config = (shown: Shown = {}): Json =>
  workload({ ...shown, spec: { selector: { deploymentconfig: 'workers' }, ...shown.spec } });

function rollout(name: string, phase = 'Complete', counts: Json = {}, owner: Json = OWNED): Json {
  const annotations = { 'openshift.io/deployment.phase': phase };
  const spec = { selector: { deployment: name }, ...counts };
  return workload({ name, metadata: { ...owner, annotations }, spec, status: counts });
}
const OWNED = ownedBy('apps.openshift.io/v1', 'DeploymentConfig', 'workers');

function stub(shown: Shown, ...rollouts: Json[]): void {
  api().get(ONE).reply(200, config(shown));
  api()
    .get(RCS)
    .query(ROLLOUTS)
    .reply(200, list(...rollouts));
}

/** As OpenShift answers: the selector as a map, and no 0. */
function scale(replicas: number): Json {
  return {
    kind: 'Scale',
    apiVersion: 'extensions/v1beta1',
    metadata: { name: 'workers', uid: 'uid-of-workers', resourceVersion: '42' },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: 2, selector: { deploymentconfig: 'workers' }, targetSelector: 'deploymentconfig=workers' },
  };
}

describe('a DeploymentConfig as target', () => {
  afterEach(allStubsUsed);

  it('counts the pods of all its rollouts as its own', async () => {
    stub(
      {},
      rollout('workers-1', 'Complete', { replicas: 0 }),
      rollout('workers-2'),
      rollout('old', 'Complete', { replicas: 0 }, {}),
      rollout('x', 'Complete', {}, ownedBy('v1', 'Other', 'y')),
    );
    const target = named('deploymentconfig');
    expect(valueOf(await target.read(never))).to.deep.include({
      name: 'deploymentconfig/workers',
      plannedWorkers: 3,
      existingPods: 2,
      readyPods: 1,
      revision: '41',
      podOwnerUids: ['uid-of-workers-1', 'uid-of-workers-2', 'uid-of-old'],
      removal: 'by-cost',
      unsettled: undefined,
    });
    expect(valueOf(await target.identity(never))).to.include({
      apiVersion: 'apps.openshift.io/v1',
      kind: 'DeploymentConfig',
      podSelector: 'deploymentconfig=workers',
    });
  });

  it('reads 0 that is left out as 0', async () => {
    stub({ spec: { replicas: undefined } });
    expect(valueOf(await named('deploymentconfig').read(never)).plannedWorkers).to.equal(0);
  });

  const unsettled: [string, Shown, Json[], RegExp | undefined][] = [
    ['it is paused', { spec: { paused: true } }, [rollout('workers-1')], /is paused: its count has no effect/],
    ['two rollouts have pods', {}, [rollout('workers-1'), rollout('workers-2')], /pods of 2 rollouts come and go/],
    ['a deployer is at work', {}, [rollout('workers-1', 'Running')], /under way: workers-1/],
    ['its last rollout failed', {}, [rollout('workers-1', 'Failed')], undefined],
  ];
  for (const [when, shown, rollouts, expected] of unsettled) {
    it(`is ${expected === undefined ? 'settled' : 'unsettled'} when ${when}`, async () => {
      stub(shown, ...rollouts);
      const { unsettled: why } = valueOf(await named('deploymentconfig').read(never));
      if (expected === undefined) expect(why).to.equal(undefined);
      else expect(why).to.match(expected);
    });
  }

  it('says that the cluster may be no OpenShift when there is none', async () => {
    api().get(ONE).reply(404, '404 page not found', { 'content-type': 'text/plain' });
    const error = errorOf(await named('deploymentconfig').read(never));
    expect(error.kind).to.equal('not-found');
    expect(error.detail).to.match(
      /no DeploymentConfig workers in namespace team, or this cluster does not know the kind/,
    );
  });

  describe('resized', () => {
    const read = async (shown: Shown = {}): Promise<ReturnType<typeof named>> => {
      stub(shown, rollout('workers-1'));
      const target = named('deploymentconfig');
      valueOf(await target.read(never));
      return target;
    };
    const patched = (from: number | null, to: number): ReturnType<ReturnType<typeof api>['patch']> =>
      api()
        .patch(`${ONE}/scale`, [
          { op: 'test', path: '/spec/replicas', value: from },
          { op: 'add', path: '/spec/replicas', value: to },
        ])
        .query({ fieldManager: 'elastic-worker' })
        .matchHeader('content-type', 'application/json-patch+json');

    it('R23: is a JSON patch that tests the count it was decided on, and looks again', async () => {
      const target = await read();
      patched(3, 5).reply(200, scale(5));
      api()
        .get(ONE)
        .reply(200, config({ spec: { replicas: 5 }, metadata: { resourceVersion: '43' } }));
      expect(valueOf(await target.resize(5, '41', never))).to.deep.equal({ revision: '43' });
    });

    it('R23: from 0 tests that there is no count, and to 0 understands an answer without one', async () => {
      const up = await read({ spec: { replicas: 0 } });
      patched(null, 1).reply(200, scale(1));
      api()
        .get(ONE)
        .reply(200, config({ spec: { replicas: 1 } }));
      expect((await up.resize(1, '41', never)).ok).to.equal(true);
      const down = await read();
      patched(3, 0).reply(200, scale(0));
      api()
        .get(ONE)
        .reply(200, config({ spec: { replicas: undefined } }));
      expect((await down.resize(0, '41', never)).ok).to.equal(true);
    });

    it('R23: is a conflict when the count has moved', async () => {
      const target = await read();
      patched(3, 5).reply(
        422,
        status(422, 'Invalid', 'the server rejected our request due to an error in our request'),
      );
      expect(errorOf(await target.resize(5, '41', never))).to.include({
        kind: 'conflict',
        detail: 'its count is no longer 3',
      });
    });

    it('R23: is a conflict when somebody set another count right after it', async () => {
      const target = await read();
      patched(3, 5).reply(200, scale(5));
      api()
        .get(ONE)
        .reply(200, config({ spec: { replicas: 3 } }));
      expect(errorOf(await target.resize(5, '41', never))).to.include({
        kind: 'conflict',
        detail: '5 was set, and right after it somebody else set 3',
      });
    });

    it('sends nothing for a revision that is no longer the newest', async () => {
      const target = await read();
      expect(errorOf(await target.resize(5, '40', never)).kind).to.equal('conflict');
      expect(errorOf(await named('deploymentconfig').resize(5, '41', never)).kind).to.equal('conflict');
    });

    it('says so when another count was stored', async () => {
      const target = await read();
      patched(3, 5).reply(200, scale(4));
      expect(errorOf(await target.resize(5, '41', never)).detail).to.equal('asked for 5 replicas, 4 were stored');
    });

    it('names the right that is missing', async () => {
      const target = await read();
      patched(3, 5).reply(403, status(403, 'Forbidden', ''));
      expect(errorOf(await target.resize(5, '41', never)).detail).to.include(
        '{apiGroups: ["apps.openshift.io"], resources: ["deploymentconfigs/scale"], verbs: ["patch"]}',
      );
    });
  });
});
