/** The component of each kind of target, as kustomize puts it on top of the base; needs `kubectl`. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { at, listAt, MANIFESTS, named, objectOf, textAt, type Value } from './support.ts';

const run = promisify(execFile);
const ROLES = 'add-sidecar/roles';

describe('the components of the kinds of target', function () {
  this.timeout(20_000);
  let scratch: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'roles-'));
  });
  after(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  for (const kind of readdirSync(join(MANIFESTS, ROLES))) {
    it(`${kind}: puts its Role in the place of the usual one, and names the target`, async () => {
      const path = relative(scratch, MANIFESTS);
      const kustomization = { resources: [`${path}/base`], components: [`${path}/${ROLES}/${kind}`] };
      await writeFile(join(scratch, 'kustomization.yaml'), JSON.stringify(kustomization));
      const { stdout } = await run('kubectl', ['kustomize', scratch]);
      const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Value);
      const roles = objects.filter((one) => at(one, 'kind') === 'Role');
      expect(roles).to.have.length(1);
      expect(at(roles[0], 'rules')).to.deep.equal(at(objectOf(`${ROLES}/${kind}/role.yaml`), 'rules'));
      const master = objects.find((one) => at(one, 'kind') === 'Deployment');
      const sidecar = named(listAt(master, 'spec', 'template', 'spec', 'containers'), 'elastic-worker');
      const target = SETTINGS.target.parse(textAt(named(listAt(sidecar, 'env'), 'ELASTIC_WORKER_TARGET'), 'value'));
      expect(target.ok ? target.value?.kind : target.mend).to.equal(kind);
      expect(listAt(sidecar, 'env').length, 'the other variables stay').to.be.greaterThan(4);
    });
  }
});
