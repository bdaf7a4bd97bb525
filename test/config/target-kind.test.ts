import { expect } from 'chai';
import { describeConfig } from '../../src/config/describe.ts';
import { configOf, envOf, problemsOf } from './environments.ts';

const known = (kind: string, name = 'w'): Record<string, string> => ({ kind, name });

describe('ELASTIC_WORKER_TARGET', () => {
  const read: [string, Record<string, string>][] = [
    ['w', known('replicationcontroller')],
    ['rc/w', known('replicationcontroller')],
    ['replicationcontroller/w', known('replicationcontroller')],
    ['ReplicationControllers/w', known('replicationcontroller')],
    ['core/v1/replicationcontrollers/w', known('replicationcontroller')],
    ['/v1/replicationcontrollers/w', known('replicationcontroller')],
    ['rs/w', known('replicaset')],
    ['replicaset.apps/w', known('replicaset')],
    ['deploy/w', known('deployment')],
    ['deployment/w', known('deployment')],
    ['deployment.apps/w', known('deployment')],
    ['apps/v1/deployments/w', known('deployment')],
    ['sts/w', known('statefulset')],
    ['statefulset/w', known('statefulset')],
    ['dc/w', known('deploymentconfig')],
    ['deploymentconfig.apps.openshift.io/w', known('deploymentconfig')],
    ['sparkcluster/w', known('sparkcluster')],
    ['radanalytics.io/v1/sparkclusters/w.x', known('sparkcluster', 'w.x')],
    [
      'argoproj.io/v1alpha1/rollouts/w',
      { kind: 'scalable', group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', name: 'w' },
    ],
    [
      'http://oshinko-rest:8081/clusters/mine',
      { kind: 'oshinko-rest', url: 'http://oshinko-rest:8081/clusters/mine', name: 'mine' },
    ],
    [
      'https://gate/oshinko/clusters/mine/',
      { kind: 'oshinko-rest', url: 'https://gate/oshinko/clusters/mine', name: 'mine' },
    ],
  ];
  for (const [text, reference] of read) {
    it(`${text} is understood`, () => {
      expect(configOf(envOf({ TARGET: text })).target).to.deep.equal({ by: 'reference', reference });
    });
  }

  const refused: [string, RegExp][] = [
    ['Workers', /with its kind in front: deployment\/spark-w/],
    ['deployment/', /write the name as kubectl get shows it/],
    ['deploymnt/w', /there is no kind deploymnt: did you mean deployment\/w\?/],
    ['deployment.extensions/w', /there is no kind deployment\.extensions/],
    ['apps/deployments/w', /write kind\/name or group\/version\/plural\/name/],
    ['a/b/c/d/e', /write kind\/name or group\/version\/plural\/name/],
    ['core/v1/pods/w', /of the core group only replicationcontrollers have a scale: write rc\/name/],
    ['argoproj.io/alpha/rollouts/w', /write it like apps\/v1\/deployments\/spark-w/],
    ['Argo/v1/rollouts/w', /write it like apps\/v1\/deployments\/spark-w/],
    ['argoproj.io/v1/Rollouts/w', /write it like apps\/v1\/deployments\/spark-w/],
    ['http://oshinko-rest:8081/', /write it like http:\/\/oshinko-rest:8081\/clusters\/mine/],
    ['http://oshinko-rest:8081/clusters/', /write it like http:\/\/oshinko-rest:8081\/clusters\/mine/],
    ['http://o/clusters/My_Cluster', /write it like/],
    ['http://user:secret@o/clusters/mine', /take user and password out/],
    ['http://o/clusters/mine?token=x', /write it like http:\/\/oshinko-rest/],
  ];
  for (const [text, mend] of refused) {
    it(`${text} is refused with the mend`, () => {
      const [problem, ...others] = problemsOf(envOf({ TARGET: text }));
      expect(others).to.deep.equal([]);
      expect(problem?.name).to.equal('ELASTIC_WORKER_TARGET');
      expect(problem?.mend).to.match(mend);
      expect(problem?.value).not.to.match(/secret|token=x/);
    });
  }

  it('is shown as it would be written', () => {
    for (const [text, shown] of [
      ['w', 'rc/w'],
      ['deploy/w', 'deployment/w'],
      ['argoproj.io/v1/rollouts/w', 'argoproj.io/v1/rollouts/w'],
      ['http://o/clusters/mine', 'http://o/clusters/mine'],
    ] as const) {
      expect(describeConfig(configOf(envOf({ TARGET: text })))).to.include({ ELASTIC_WORKER_TARGET: shown });
    }
  });

  it('names the Lease by the name alone', () => {
    expect(configOf({ ELASTIC_WORKER_TARGET: 'deploy/w' }).kube.leaseName).to.equal('elastic-worker-w');
    expect(configOf({ ELASTIC_WORKER_TARGET: 'http://o/clusters/mine' }).kube.leaseName).to.equal(
      'elastic-worker-mine',
    );
  });
});
