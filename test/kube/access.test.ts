import { AssertionError, expect } from 'chai';
import { checkAccess, neededPermissions } from '../../src/kube/access.ts';
import type { TargetReference } from '../../src/kube/targets/reference.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';

const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const needs = {
  target: { kind: 'replicationcontroller', name: 'workers' },
  byLabels: false,
  configMap: 'cluster',
  lease: 'elastic-worker-c',
} as const;
const shownFor = (target: TargetReference, byLabels: boolean): string[] =>
  neededPermissions({ ...needs, target, byLabels })
    .filter(({ resource }) => !/^(pods|configmaps|leases|events|horizontal|scaledobjects)/.test(resource))
    .map(({ group, verb, resource, name, optional }) =>
      [verb, group === '' ? resource : `${resource}.${group}`, name ?? '*', ...(optional ? ['(optional)'] : [])].join(
        ' ',
      ),
    );

describe('neededPermissions', () => {
  it('asks for no more than it has to', () => {
    const shown = neededPermissions(needs).map(({ verb, resource, name }) => [verb, resource, name ?? '*'].join(' '));
    expect(shown).to.deep.equal([
      'get replicationcontrollers workers',
      'patch replicationcontrollers/scale workers',
      'list pods *',
      'get pods *',
      'patch pods *',
      'delete pods *',
      'get configmaps cluster',
      'get leases elastic-worker-c',
      'patch leases elastic-worker-c',
      'create events *',
      'list horizontalpodautoscalers *',
      'list scaledobjects *',
    ]);
  });

  it('knows of no right to a target that is not found', () => {
    const resources = neededPermissions({ ...needs, target: undefined, byLabels: true }).map(
      ({ resource }) => resource,
    );
    expect(resources).not.to.include('replicationcontrollers');
    expect(resources).to.include('pods');
  });

  const scalable = {
    kind: 'scalable',
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural: 'rollouts',
    name: 'w',
  } as const;
  const kinds: [TargetReference, string[], string[]][] = [
    [
      { kind: 'replicationcontroller', name: 'w' },
      ['get replicationcontrollers w', 'patch replicationcontrollers/scale w'],
      ['list replicationcontrollers * (optional)'],
    ],
    [
      { kind: 'replicaset', name: 'w' },
      ['get replicasets.apps w', 'patch replicasets/scale.apps w'],
      ['list replicasets.apps * (optional)'],
    ],
    [
      { kind: 'deployment', name: 'w' },
      ['get deployments.apps w', 'patch deployments/scale.apps w', 'list replicasets.apps *'],
      ['get replicasets.apps *', 'list deployments.apps * (optional)'],
    ],
    [
      { kind: 'statefulset', name: 'w' },
      ['get statefulsets.apps w', 'patch statefulsets/scale.apps w'],
      ['list statefulsets.apps * (optional)'],
    ],
    [
      { kind: 'deploymentconfig', name: 'w' },
      [
        'get deploymentconfigs.apps.openshift.io w',
        'patch deploymentconfigs/scale.apps.openshift.io w',
        'list replicationcontrollers *',
      ],
      ['get replicationcontrollers *', 'list deploymentconfigs.apps.openshift.io * (optional)'],
    ],
    [
      { kind: 'sparkcluster', name: 'w' },
      [
        'get sparkclusters.radanalytics.io w',
        'patch sparkclusters.radanalytics.io w',
        'get replicationcontrollers w-w',
      ],
      ['list replicationcontrollers * (optional)'],
    ],
    [{ kind: 'oshinko-rest', name: 'w', url: 'http://o/clusters/w' }, ['list replicationcontrollers *'], []],
    [
      scalable,
      [
        'get rollouts.argoproj.io w',
        'get rollouts/scale.argoproj.io w',
        'patch rollouts/scale.argoproj.io w',
        'get replicasets.apps * (optional)',
        'get replicationcontrollers * (optional)',
        'get statefulsets.apps * (optional)',
      ],
      [],
    ],
  ];
  for (const [target, named, finding] of kinds) {
    it(`asks for the least that ${target.kind} takes, and a little more to find it`, () => {
      expect(shownFor(target, false)).to.deep.equal(named);
      expect(shownFor(target, true)).to.deep.equal([...named, ...finding]);
    });
  }

  it('needs no ConfigMap where there is none', () => {
    const resources = neededPermissions({ ...needs, configMap: undefined }).map(({ resource }) => resource);
    expect(resources).not.to.include('configmaps');
  });
});

describe('checkAccess', () => {
  afterEach(allStubsUsed);
  const scale = neededPermissions(needs).filter(({ resource }) => resource === 'replicationcontrollers/scale');

  it('asks about the subresource of the one object', async () => {
    const resourceAttributes = {
      namespace: 'team',
      group: '',
      verb: 'patch',
      resource: 'replicationcontrollers',
      subresource: 'scale',
      name: 'workers',
    };
    api()
      .post(PATH, (body: { spec: unknown }) => {
        expect(body.spec).to.deep.equal({ resourceAttributes });
        return true;
      })
      .reply(201, { status: { allowed: true } });
    const lines = await checkAccess(testClient(), scale, never);
    if (!lines.ok) throw new AssertionError(lines.error.detail);
    expect(lines.value.map(({ text }) => text)).to.deep.equal(['patch replicationcontrollers/scale workers: allowed']);
  });

  it('shows the rule that is missing', async () => {
    api()
      .post(PATH)
      .reply(201, { status: { allowed: false } });
    const lines = await checkAccess(testClient(), scale, never);
    if (!lines.ok) throw new AssertionError(lines.error.detail);
    expect(lines.value[0]).to.include({
      allowed: false,
      text:
        'patch replicationcontrollers/scale workers: not allowed, needed to set how many workers there are; ' +
        'add to the Role in namespace team: {apiGroups: [""], resources: ["replicationcontrollers/scale"], ' +
        'resourceNames: ["workers"], verbs: ["patch"]}',
    });
  });

  for (const [code, body, kind] of [
    [200, {}, 'malformed'],
    [403, status(403, 'Forbidden', ''), 'unauthorized'],
  ] as const) {
    it(`fails as a whole with ${kind}`, async () => {
      api().post(PATH).reply(code, body);
      const lines = await checkAccess(testClient(), scale, never);
      expect(lines.ok ? 'ok' : lines.error.kind).to.equal(kind);
    });
  }
});
