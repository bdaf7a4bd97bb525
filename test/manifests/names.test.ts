/** What the manifests name must be there, under that name, in the manifests and in the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LIVE_PREFIX } from '../../src/config/setting.ts';
import { SETTING_IDS, SETTINGS } from '../../src/config/settings.ts';
import { neededPermissions } from '../../src/kube/access.ts';
import * as annotations from '../../src/kube/annotations.ts';
import {
  at,
  granted,
  listAt,
  MANIFESTS,
  named,
  objectOf,
  objectsOf,
  ROOT,
  textAt,
  textsAt,
  yamlFiles,
} from './support.ts';

const sidecarPatch = objectOf('add-sidecar/sidecar.yaml');
const sidecar = named(listAt(sidecarPatch, 'spec', 'template', 'spec', 'containers'), 'elastic-worker');
const account = objectOf('add-sidecar/serviceaccount.yaml');
const lease = objectOf('add-sidecar/lease.yaml');
const clusterConfig = objectOf('add-sidecar/cluster-config.yaml');
const workers = objectOf('base/workers.yaml');
const role = objectOf('add-sidecar/role.yaml');

function env(name: string): string {
  return textAt(named(listAt(sidecar, 'env'), name), 'value');
}

function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('the manifests', () => {
  for (const file of yamlFiles()) {
    it(`${file} is YAML without a fault`, () => {
      expect(objectsOf(file)).to.have.length.above(0);
    });
  }

  describe('and the settings', () => {
    const variables = SETTING_IDS.map((id) => SETTINGS[id].variable);

    it('every variable of the sidecar is one that exists', () => {
      const names = [...listAt(sidecar, 'env'), { name: 'ELASTIC_WORKER_PLACEMENT' }].map((one) => textAt(one, 'name'));
      const ours = names.filter((name) => !/^POD_(NAME|NAMESPACE|UID|IP)$/.test(name));
      expect(ours).to.have.length.above(2);
      expect(variables).to.include.members(ours);
    });

    it('every key of the ConfigMap is a live setting and holds an allowed value', () => {
      const live = new Map(SETTING_IDS.map((id) => [SETTINGS[id].liveKey, id]));
      const data = textsAt(clusterConfig, 'data');
      expect(data).to.have.property(`${LIVE_PREFIX}enable`, 'true');
      for (const [key, value] of Object.entries(data)) {
        const id = live.get(key);
        if (id === undefined) throw new Error(`${key} is no live setting`);
        expect(SETTINGS[id].parse(value).ok, key).to.equal(true);
      }
      const example = textsAt(objectOf('example/cluster/cluster-config.yaml'), 'data');
      for (const key of Object.keys(example)) expect(live.has(key), key).to.equal(true);
    });

    it('the probe asks the port that the daemon serves by default', () => {
      const [port] = listAt(sidecar, 'ports');
      expect(SETTINGS.listen.defaultText).to.equal(`:${String(at(port, 'containerPort'))}`);
      expect(at(sidecar, 'livenessProbe', 'httpGet', 'port')).to.equal(at(port, 'name'));
      expect(readText('Dockerfile')).to.include(`EXPOSE ${String(at(port, 'containerPort'))}`);
    });
  });

  describe('and each other', () => {
    it('the sidecar points at the workers, the ConfigMap and the cluster that are there', () => {
      const cluster = textAt(workers, 'spec', 'selector', 'oshinko-cluster');
      expect(env('ELASTIC_WORKER_CLUSTER')).to.equal(cluster);
      expect(env('ELASTIC_WORKER_TARGET')).to.equal(textAt(workers, 'metadata', 'name'));
      expect(env('ELASTIC_WORKER_CONFIG_MAP')).to.equal(textAt(clusterConfig, 'metadata', 'name'));
      expect(textAt(lease, 'metadata', 'name')).to.equal(`elastic-worker-${cluster}`);
      expect(lease).not.to.have.property('spec');
    });

    it('the account is the one that is bound and used', () => {
      const name = textAt(account, 'metadata', 'name');
      const binding = objectOf('add-sidecar/rolebinding.yaml');
      expect(at(sidecarPatch, 'spec', 'template', 'spec', 'serviceAccountName')).to.equal(name);
      expect(at(binding, 'subjects')).to.deep.equal([{ kind: 'ServiceAccount', name }]);
      expect(at(binding, 'roleRef', 'name')).to.equal(textAt(role, 'metadata', 'name'));
      expect(at(account, 'automountServiceAccountToken')).to.equal(false);
    });

    it('the Services lead to the ports of the master', () => {
      const master = objectOf('base/master.yaml');
      const ports = listAt(master, 'spec', 'template', 'spec', 'containers', 0, 'ports').map((one) =>
        textAt(one, 'name'),
      );
      for (const service of objectsOf('base/services.yaml')) {
        const labels = textsAt(master, 'spec', 'template', 'metadata', 'labels');
        expect(labels).to.include(textsAt(service, 'spec', 'selector'));
        for (const port of listAt(service, 'spec', 'ports')) expect(ports).to.include(textAt(port, 'targetPort'));
        // Spark would take the variables of such a Service for its own.
        expect(textAt(service, 'metadata', 'name')).not.to.match(/^spark-(master|worker)$/);
      }
    });

    it('name one version of the image', () => {
      const { version } = JSON.parse(readText('package.json')) as { version: string };
      expect(textAt(sidecar, 'image')).to.equal(`elastic-worker:${version}`);
      for (const file of ['base/kustomization.yaml', 'example/cluster/kustomization.yaml'])
        expect(at(named(listAt(objectOf(file), 'images'), 'elastic-worker'), 'newTag'), file).to.equal(version);
      expect(readText('Dockerfile')).to.include(`ARG VERSION=${version}\n`);
    });
  });

  it('the Role grants what the daemon asks for, and no more', () => {
    const needed = neededPermissions({
      target: { kind: 'replicationcontroller', name: env('ELASTIC_WORKER_TARGET') },
      byLabels: false,
      configMap: env('ELASTIC_WORKER_CONFIG_MAP'),
      lease: textAt(lease, 'metadata', 'name'),
    }).map(({ group, resource, verb, name }) => [group, resource, verb, name ?? ''].join(' '));
    expect(granted(role).sort()).to.deep.equal(needed.sort());
  });

  describe('R27: the admission policy', () => {
    const policy = objectOf('admission-policy/policy.yaml');
    const binding = objectOf('admission-policy/binding.yaml');

    it('allows the annotations that the program writes on pods, and no others', () => {
      const { CHOSEN_AT, MARKED_AT, EARLIER_COST, DELETION_COST } = annotations;
      const ours = textAt(named(listAt(policy, 'spec', 'variables'), 'ours'), 'expression');
      expect([...ours.matchAll(/'([^']+)'/g)].map(([, key]) => key)).to.have.members([
        CHOSEN_AT,
        MARKED_AT,
        EARLIER_COST,
        DELETION_COST,
      ]);
    });

    it('is bound to the account of the manifests, and denies', () => {
      expect(at(binding, 'spec', 'policyName')).to.equal(textAt(policy, 'metadata', 'name'));
      expect(at(binding, 'spec', 'validationActions')).to.deep.equal(['Deny']);
      expect(at(policy, 'spec', 'failurePolicy')).to.equal('Fail');
      const labels = textsAt(account, 'metadata', 'labels');
      expect(labels).to.include(textsAt(binding, 'spec', 'paramRef', 'selector', 'matchLabels'));
      expect(labels['oshinko-cluster']).to.equal(textAt(workers, 'spec', 'selector', 'oshinko-cluster'));
    });

    it('stands apart from what a namespace may apply', () => {
      const scoped = yamlFiles().filter((file) =>
        objectsOf(file).some((one) => /^(Cluster|ValidatingAdmission)/.test(String(at(one, 'kind')))),
      );
      expect(scoped).to.deep.equal([
        'admission-policy/binding.yaml',
        'admission-policy/policy.yaml',
        'watch-nodes/clusterrole.yaml',
        'watch-nodes/clusterrolebinding.yaml',
      ]);
      expect(readFileSync(join(MANIFESTS, 'base/kustomization.yaml'), 'utf8')).not.to.match(
        /^ +- .*admission-policy$/m,
      );
    });
  });
});

describe('the Dockerfile', () => {
  const final =
    readText('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? '';

  it('runs as a number that is not root, in the group that OpenShift gives', () => {
    expect(final).to.match(/^USER [1-9]\d*:0$/m);
  });

  it('starts Node without a shell, with room for what is not heap', () => {
    const [, list = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(final) ?? [];
    expect(JSON.parse(list)).to.deep.equal([
      'node',
      '--max-old-space-size=64',
      '--max-semi-space-size=4',
      '--liftoff-only',
      '/app/elastic-worker.mjs',
    ]);
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const kept = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copies = [...readText('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
    expect(copies).to.have.length.above(2);
    for (const [, sources = ''] of copies)
      for (const source of sources.split(' ')) expect(kept).to.include(source.replace('./', ''));
  });
});
