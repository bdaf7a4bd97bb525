/** Each kind of target has a Role of its own: what the daemon asks for with it, and no more. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { neededPermissions } from '../../src/kube/access.ts';
import { KNOWN_KINDS, type TargetReference } from '../../src/kube/targets/reference.ts';
import { at, granted, listAt, MANIFESTS, named, objectOf, textAt, type Value } from './support.ts';

const ROLES = 'add-sidecar/roles';
const kinds = readdirSync(join(MANIFESTS, ROLES));

/** What the kind's component sets ELASTIC_WORKER_TARGET to. */
function targetOf(kind: string): TargetReference {
  const patches = listAt(objectOf(`${ROLES}/${kind}/kustomization.yaml`), 'patches');
  const patch = patches.map((one) => at(one, 'patch')).find((one) => typeof one === 'string');
  const sidecar = parseAllDocuments(String(patch))[0]?.toJS() as Value;
  const [container] = listAt(sidecar, 'spec', 'template', 'spec', 'containers');
  const text = textAt(named(listAt(container, 'env'), 'ELASTIC_WORKER_TARGET'), 'value');
  const parsed = SETTINGS.target.parse(text);
  if (!parsed.ok || parsed.value === undefined) throw new Error(`${text} is no target`);
  return parsed.value;
}

describe('the Roles of the kinds of target', () => {
  it('are there for every kind but the usual one, which role.yaml is for', () => {
    const others = KNOWN_KINDS.filter((kind) => kind !== 'replicationcontroller');
    expect(kinds).to.have.members([...others, 'oshinko-rest', 'scalable']);
  });

  for (const kind of kinds) {
    it(`${kind}: grants what the daemon asks for, and no more`, () => {
      const target = targetOf(kind);
      expect(target.kind).to.equal(kind);
      const needs = { target, byLabels: false, configMap: 'spark-cluster', lease: 'elastic-worker-spark' };
      const needed = neededPermissions(needs).map(({ group, resource, verb, name }) =>
        [group, resource, verb, name ?? ''].join(' '),
      );
      const role = objectOf(`${ROLES}/${kind}/role.yaml`);
      expect(granted(role).sort()).to.deep.equal(needed.sort());
      expect(at(role, 'metadata')).to.deep.equal(at(objectOf('add-sidecar/role.yaml'), 'metadata'));
    });
  }

  it('R24: watch-nodes grants the list of nodes, and no more, to the account that the daemon has', () => {
    const target = { kind: 'replicationcontroller', name: 'w' } as const;
    const needs = { target, byLabels: false, configMap: undefined, lease: 'l' };
    const without = new Set(neededPermissions(needs).map(({ resource }) => resource));
    const more = neededPermissions({ ...needs, nodes: true }).filter(({ resource }) => !without.has(resource));
    expect(more.map(({ group, resource, verb }) => [group, resource, verb, ''].join(' '))).to.deep.equal(
      granted(objectOf('watch-nodes/clusterrole.yaml')),
    );
    expect(more.every(({ clusterWide, optional }) => clusterWide === true && optional)).to.equal(true);
    const binding = objectOf('watch-nodes/clusterrolebinding.yaml');
    expect(at(binding, 'subjects', 0, 'name')).to.equal(
      textAt(objectOf('add-sidecar/serviceaccount.yaml'), 'metadata', 'name'),
    );
    expect(at(binding, 'roleRef', 'name')).to.equal(
      textAt(objectOf('watch-nodes/clusterrole.yaml'), 'metadata', 'name'),
    );
  });
});
