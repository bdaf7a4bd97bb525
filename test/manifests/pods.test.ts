/** What the pods of the manifests must be. */
import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import type { PodText } from '../../src/kube/container.ts';
import { workerShapeOf } from '../../src/kube/worker-shape.ts';
import { at, listAt, named, objectOf, sparkProperties, textAt, textsAt, type Value } from './support.ts';

const master = objectOf('base/master.yaml');
const workers = objectOf('base/workers.yaml');
const sidecarPatch = objectOf('add-sidecar/sidecar.yaml');
const sidecar = named(listAt(sidecarPatch, 'spec', 'template', 'spec', 'containers'), 'elastic-worker');
const podSpecs = { master: at(master, 'spec', 'template', 'spec'), worker: at(workers, 'spec', 'template', 'spec') };

describe('the pods of the manifests', () => {
  for (const [name, spec] of Object.entries(podSpecs)) {
    describe(name, () => {
      it('meets Pod Security "restricted"', () => {
        expect(at(spec, 'securityContext', 'runAsNonRoot')).to.equal(true);
        expect(at(spec, 'securityContext', 'seccompProfile', 'type')).to.equal('RuntimeDefault');
        for (const host of ['hostNetwork', 'hostPID', 'hostIPC']) expect(at(spec, host)).to.equal(undefined);
        const allowed = ['configMap', 'emptyDir', 'persistentVolumeClaim', 'projected'];
        for (const volume of listAt(spec, 'volumes')) expect(volume).to.have.any.keys(...allowed);
        const containers = listAt(spec, 'containers');
        expect(containers).to.have.length.above(0);
        for (const container of containers) expectRestricted(container);
      });

      it('has a user that is a number, since the image only says a name', () => {
        expect(at(spec, 'securityContext', 'runAsUser')).to.equal(185);
      });

      it('gets neither a token nor variables for Services', () => {
        expect(at(spec, 'automountServiceAccountToken')).to.equal(false);
        expect(at(spec, 'enableServiceLinks')).to.equal(false);
        expect(JSON.stringify(spec)).not.to.include('serviceAccountToken');
      });

      it('has memory limits and requests', () => {
        for (const container of listAt(spec, 'containers')) {
          expect(textAt(container, 'resources', 'limits', 'memory')).to.equal(
            textAt(container, 'resources', 'requests', 'memory'),
          );
        }
      });
    });
  }

  function expectRestricted(container: Value): void {
    expect(at(container, 'securityContext', 'allowPrivilegeEscalation')).to.equal(false);
    expect(at(container, 'securityContext', 'capabilities', 'drop')).to.deep.equal(['ALL']);
    expect(at(container, 'securityContext', 'capabilities', 'add')).to.equal(undefined);
    expect(at(container, 'securityContext', 'privileged')).to.equal(undefined);
    for (const port of listAt(container, 'ports')) expect(at(port, 'hostPort')).to.equal(undefined);
  }

  describe('the sidecar', () => {
    it('meets "restricted" by itself, in whatever pod it is put', () => {
      expectRestricted(sidecar);
      expect(at(sidecar, 'securityContext', 'runAsNonRoot')).to.equal(true);
      expect(at(sidecar, 'securityContext', 'seccompProfile', 'type')).to.equal('RuntimeDefault');
      expect(at(sidecar, 'securityContext', 'readOnlyRootFilesystem')).to.equal(true);
    });

    it('R27: alone has the token, and keeps it from the rest of the pod', () => {
      const spec = at(sidecarPatch, 'spec', 'template', 'spec');
      expect(at(spec, 'automountServiceAccountToken')).to.equal(false);
      expect(listAt(spec, 'containers')).to.have.length(1);
      const [volume, ...others] = listAt(spec, 'volumes');
      expect(others).to.deep.equal([]);
      expect(at(volume, 'projected', 'sources', 0, 'serviceAccountToken', 'path')).to.equal('token');
      expect(listAt(sidecar, 'volumeMounts')).to.deep.equal([
        {
          name: textAt(volume, 'name'),
          mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
          readOnly: true,
        },
      ]);
      for (const mount of listAt(podSpecs.master, 'containers', 0, 'volumeMounts'))
        expect(at(mount, 'name')).not.to.equal(textAt(volume, 'name'));
    });

    it('has a liveness probe and no other: readiness would take the master out of its Service', () => {
      expect(sidecar).to.have.property('livenessProbe');
      expect(sidecar).not.to.have.any.keys('readinessProbe', 'startupProbe');
      expect(at(sidecar, 'livenessProbe', 'httpGet', 'host')).to.equal(undefined);
    });
  });

  describe('the master', () => {
    it('R28: keeps what it knows on a volume and is never there twice', () => {
      const properties = sparkProperties('base/conf/master.conf');
      expect(properties['spark.deploy.recoveryMode']).to.equal('FILESYSTEM');
      const mount = named(listAt(podSpecs.master, 'containers', 0, 'volumeMounts'), 'recovery');
      expect(at(mount, 'mountPath')).to.equal(properties['spark.deploy.recoveryDirectory']);
      const volume = named(listAt(podSpecs.master, 'volumes'), 'recovery');
      const claim = textAt(objectOf('base/recovery-volume.yaml'), 'metadata', 'name');
      expect(at(volume, 'persistentVolumeClaim', 'claimName')).to.equal(claim);
      expect(at(master, 'spec', 'strategy', 'type')).to.equal('Recreate');
      expect(at(master, 'spec', 'replicas')).to.equal(1);
    });

    it('is known to pack executors', () => {
      const properties = sparkProperties('base/conf/master.conf');
      expect(properties).to.include({
        'spark.deploy.spreadOut': 'false',
        'spark.deploy.spreadOutApps': 'false',
        'spark.deploy.workerSelectionPolicy': 'CORES_FREE_ASC',
      });
      const [container] = listAt(objectOf('base/placement.yaml'), 'spec', 'template', 'spec', 'containers');
      expect(at(container, 'name')).to.equal(at(sidecar, 'name'));
      expect(at(container, 'env')).to.deep.equal([{ name: 'ELASTIC_WORKER_PLACEMENT', value: 'packed' }]);
    });
  });

  describe('the workers', () => {
    it('R28: have no count, so that applying again does not reset it', () => {
      expect(at(workers, 'spec')).to.be.an('object').and.not.to.have.property('replicas');
    });

    it('say their size to the daemon (R6)', () => {
      expect(workerShapeOf(at(workers, 'spec', 'template') as PodText)).to.deep.equal(resources(2, 2048));
    });

    it('R24: are not swept away by other autoscalers', () => {
      expect(textsAt(workers, 'spec', 'template', 'metadata', 'annotations')).to.include({
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
        'karpenter.sh/do-not-disrupt': 'true',
      });
      const budget = objectOf('base/disruption-budget.yaml');
      expect(at(budget, 'spec', 'selector', 'matchLabels')).to.deep.equal(at(workers, 'spec', 'selector'));
      expect(at(budget, 'spec', 'maxUnavailable')).to.equal(1);
    });

    it('carry the labels of their selector', () => {
      expect(textsAt(workers, 'spec', 'template', 'metadata', 'labels')).to.include(
        textsAt(workers, 'spec', 'selector'),
      );
      expect(textsAt(workers, 'spec', 'selector')).to.have.all.keys('oshinko-cluster', 'oshinko-type');
    });
  });

  describe('the settings of Spark', () => {
    const confs = ['master', 'worker', 'application'] as const;
    for (const conf of confs) {
      it(`let the ${conf} take part in decommissioning and in the reverse proxy`, () => {
        expect(sparkProperties(`base/conf/${conf}.conf`)).to.include({
          'spark.decommission.enabled': 'true',
          'spark.ui.reverseProxy': 'true',
        });
      });
    }

    it('let applications ask for executors and hand over what these hold', () => {
      expect(sparkProperties('base/conf/application.conf')).to.include({
        'spark.dynamicAllocation.enabled': 'true',
        'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
        'spark.storage.decommission.enabled': 'true',
        'spark.storage.decommission.replicationReattemptInterval': '3s',
        'spark.executor.cores': '1',
      });
    });
  });
});
