/** What kustomize makes of the manifests; part of `npm run e2e`, which installs `kubectl`. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { neededPermissions } from '../../src/kube/access.ts';
import { install } from '../e2e/install/index.ts';
import { at, granted, listAt, MANIFESTS, named, textAt, type Value } from './support.ts';

const run = promisify(execFile);

let kubectl = '';

async function render(directory: string): Promise<Value[]> {
  const { stdout } = await run(kubectl, ['kustomize', directory]);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Value);
}

function ofKind(objects: readonly Value[], kind: string): Value {
  return objects.find((one) => at(one, 'kind') === kind);
}

function containers(object: Value): Value[] {
  return listAt(object, 'spec', 'template', 'spec', 'containers');
}

describe('kustomize', function () {
  this.timeout(20_000);
  let scratch: string;

  before(async () => {
    ({ kubectl } = (await install({ sparkLines: [] })).controlPlane);
    scratch = await mkdtemp(join(tmpdir(), 'kustomize-'));
  });
  after(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  /** A kustomization of one's own that uses ours; paths have to be relative. */
  async function overlay(
    name: string,
    kustomization: Record<string, unknown>,
    files: Record<string, unknown> = {},
  ): Promise<Value[]> {
    const directory = join(scratch, name);
    await mkdir(directory);
    const text = JSON.stringify(kustomization).replaceAll('@', relative(directory, MANIFESTS));
    await writeFile(join(directory, 'kustomization.yaml'), text);
    for (const [file, content] of Object.entries(files))
      await writeFile(join(directory, file), JSON.stringify(content));
    return render(directory);
  }

  it('puts the sidecar beside the master of the base, and nowhere else', async () => {
    const objects = await render(join(MANIFESTS, 'base'));
    const deployments = objects.filter((one) => at(one, 'kind') === 'Deployment');
    expect(deployments).to.have.length(1);
    const names = containers(deployments[0]).map((one) => at(one, 'name'));
    expect(names).to.have.members(['master', 'elastic-worker']);
    const sidecar = named(containers(deployments[0]), 'elastic-worker');
    expect(at(named(listAt(sidecar, 'env'), 'ELASTIC_WORKER_PLACEMENT'), 'value')).to.equal('packed');
    expect(containers(ofKind(objects, 'ReplicationController')).map((one) => at(one, 'name'))).to.deep.equal([
      'worker',
    ]);
    for (const one of objects) expect(at(one, 'metadata', 'namespace')).to.equal(undefined);
  });

  it('keeps the names of the ConfigMaps, so that a line in them does not roll the master', async () => {
    const objects = await render(join(MANIFESTS, 'base'));
    const names = objects.filter((one) => at(one, 'kind') === 'ConfigMap').map((one) => at(one, 'metadata', 'name'));
    expect(names).to.have.members([
      'spark-master-conf',
      'spark-worker-conf',
      'spark-application-conf',
      'spark-cluster',
    ]);
  });

  it('puts everything of the example into its namespace but what has none', async () => {
    const objects = await render(join(MANIFESTS, 'example'));
    const outside = objects
      .filter((one) => at(one, 'metadata', 'namespace') === undefined)
      .map((one) => at(one, 'kind'));
    expect(outside).to.have.members(['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);
    const sidecar = named(containers(ofKind(objects, 'Deployment')), 'elastic-worker');
    expect(at(sidecar, 'image')).to.equal('registry.example.com/tools/elastic-worker:0.1.0');
  });

  it('changes to Spark 3.5 and takes the user numbers away for OpenShift', async () => {
    const objects = await overlay('choices', { resources: ['@/base'], components: ['@/spark-3.5', '@/openshift'] });
    for (const kind of ['Deployment', 'ReplicationController']) {
      const object = ofKind(objects, kind);
      const spark = containers(object).filter((one) => at(one, 'name') !== 'elastic-worker');
      expect(spark.map((one) => at(one, 'image'))).to.deep.equal(['apache/spark:3.5.8']);
      expect(at(object, 'spec', 'template', 'spec', 'securityContext')).to.deep.equal({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
  });

  it('adds the sidecar to a master that is there already', async () => {
    const spec = { containers: [{ name: 'spark', image: 'mine' }], volumes: [{ name: 'v', emptyDir: {} }] };
    const master = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', labels: { 'oshinko-type': 'master' } },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec } },
    };
    const kustomization = { resources: ['master.yaml'], components: ['@/add-sidecar'] };
    const objects = await overlay('existing', kustomization, { 'master.yaml': master });
    const deployment = ofKind(objects, 'Deployment');
    expect(at(deployment, 'metadata', 'name')).to.equal('x');
    expect(containers(deployment).map((one) => at(one, 'name'))).to.have.members(['spark', 'elastic-worker']);
    const volumes = listAt(deployment, 'spec', 'template', 'spec', 'volumes').map((one) => at(one, 'name'));
    expect(volumes).to.have.members(['v', 'elastic-worker-token']);
    expect(objects.map((one) => at(one, 'kind'))).to.include.members(['Role', 'Lease', 'ConfigMap', 'ServiceAccount']);
  });

  const beside = ['ServiceAccount', 'Role', 'RoleBinding', 'Lease'];
  const variants = [
    { of: 'oshinko', kinds: beside, target: 'deploymentconfig/spark-w', configMap: 'clusterconfig' },
    { of: 'bitnami', kinds: [...beside, 'ConfigMap'], target: 'statefulset/spark-worker', configMap: 'spark-cluster' },
  ];
  for (const { of, kinds, target, configMap } of variants) {
    it(`${of}: brings what the sidecar needs, with the Role for the workers there`, async () => {
      const objects = await render(join(MANIFESTS, of));
      expect(objects.map((one) => at(one, 'kind'))).to.have.members(kinds);
      const parsed = SETTINGS.target.parse(target);
      if (!parsed.ok || parsed.value === undefined) throw new Error(`${target} is no target`);
      const lease = textAt(ofKind(objects, 'Lease'), 'metadata', 'name');
      const needed = neededPermissions({ target: parsed.value, byLabels: false, configMap, lease });
      expect(granted(ofKind(objects, 'Role')).sort()).to.deep.equal(
        needed.map(({ group, resource, verb, name }) => [group, resource, verb, name ?? ''].join(' ')).sort(),
      );
    });
  }
});
