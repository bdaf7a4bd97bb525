import { expect } from 'chai';
import { err, ok } from '../../src/core/result.ts';
import { scalerSource } from '../../src/kube/second-writer.ts';
import type { TargetIdentity } from '../../src/kube/targets/adapter.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';
import { errorOf, list, valueOf, type Json } from './targets/support.ts';

const HPAS = '/apis/autoscaling/v2/namespaces/team/horizontalpodautoscalers';
const SCALED_OBJECTS = '/apis/keda.sh/v1alpha1/namespaces/team/scaledobjects';

const identity: TargetIdentity = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'w',
  uid: 'u',
  podSelector: 'a=b',
  below: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'w-1' }],
};
const source = scalerSource(testClient(), { identity: () => Promise.resolve(ok(identity)) });

const scaler = (name: string, scaleTargetRef: Json, metadata: Json = {}): Json => ({
  metadata: { name, ...metadata },
  spec: { scaleTargetRef },
});
const OURS = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'w' };

function stub(hpas: Json[] | number, scaledObjects: Json[] | number = 404): void {
  for (const [path, answer] of [
    [HPAS, hpas],
    [SCALED_OBJECTS, scaledObjects],
  ] as const) {
    if (typeof answer === 'number')
      api()
        .get(path)
        .reply(answer, status(answer, 'No', ''));
    else
      api()
        .get(path)
        .reply(200, list(...answer));
  }
}

describe('scalerSource', () => {
  afterEach(allStubsUsed);

  const hpas: [string, Json, boolean][] = [
    ['names the target', OURS, true],
    ['names it by another version', { ...OURS, apiVersion: 'apps/v1beta2' }, true],
    ['names it without a version', { kind: 'Deployment', name: 'w' }, true],
    ['writes the kind in lower case', { ...OURS, kind: 'deployment' }, true],
    ['names the controller below', { ...OURS, kind: 'ReplicaSet', name: 'w-1' }, true],
    ['names another object', { ...OURS, name: 'v' }, false],
    ['names another kind', { ...OURS, kind: 'StatefulSet' }, false],
    ['names another group', { ...OURS, apiVersion: 'example.com/v1' }, false],
  ];
  for (const [name, reference, expected] of hpas) {
    it(`${expected ? 'reports' : 'leaves alone'} an HPA that ${name}`, async () => {
      stub([scaler('h', reference)]);
      expect(valueOf(await source.read(never))).to.deep.equal(expected ? ['HorizontalPodAutoscaler/h'] : []);
    });
  }

  it('takes a Deployment where KEDA says no kind, and names the ScaledObject in place of its HPA', async () => {
    const hpa = scaler('keda-hpa-s', OURS, { labels: { 'scaledobject.keda.sh/name': 's' } });
    stub([hpa, scaler('h', OURS)], [scaler('s', { name: 'w' }), scaler('other', { name: 'v' })]);
    expect(valueOf(await source.read(never))).to.deep.equal(['HorizontalPodAutoscaler/h', 'ScaledObject/s']);
  });

  it('leaves a paused ScaledObject alone', async () => {
    const paused = { annotations: { 'autoscaling.keda.sh/paused': 'true' } };
    stub([], [scaler('s', { name: 'w' }, paused)]);
    expect(valueOf(await source.read(never))).to.deep.equal([]);
    stub([], [scaler('s', { name: 'w' }, { annotations: { 'autoscaling.keda.sh/paused': 'false' } })]);
    expect(valueOf(await source.read(never))).to.deep.equal(['ScaledObject/s']);
  });

  it('sees none where it may not look, or where there is no such kind', async () => {
    stub(403, 403);
    expect(valueOf(await source.read(never))).to.deep.equal([]);
    stub([scaler('h', OURS)], 403);
    expect(valueOf(await source.read(never))).to.deep.equal(['HorizontalPodAutoscaler/h']);
    stub(404, 404);
    expect(valueOf(await source.read(never))).to.deep.equal([]);
  });

  it('says so when it cannot look for another reason', async () => {
    stub(500, []);
    expect(errorOf(await source.read(never)).kind).to.equal('refused');
    stub([], 401);
    expect(errorOf(await source.read(never)).kind).to.equal('unauthorized');
  });

  it('does not take what is no autoscaler for one', async () => {
    stub([{ metadata: { name: 'x' } }, {}]);
    expect(valueOf(await source.read(never))).to.deep.equal([]);
  });

  it('asks nothing while the target is not known: that is said elsewhere', async () => {
    const error = { kind: 'not-found', what: 'w', detail: 'gone' } as const;
    const blind = scalerSource(testClient(), { identity: () => Promise.resolve(err(error)) });
    expect(valueOf(await blind.read(never))).to.deep.equal([]);
  });
});
