/**
 * Every kind of target on a real API server, each with nothing but the rights of its Role; part of `npm run e2e`.
 * ReplicationController, ReplicaSet, Deployment and StatefulSet run on the real controllers, the others on small ones.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssertionError, expect } from 'chai';
import { parse } from 'yaml';
import type { PodView, TargetView } from '../../src/core/cluster-view.ts';
import type { Result } from '../../src/core/result.ts';
import { ordinalOf } from '../../src/core/removal-target.ts';
import { checkAccess, neededPermissions } from '../../src/kube/access.ts';
import { kubeClient, type KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/credentials.ts';
import { kubeEventSink } from '../../src/kube/events.ts';
import { workerPods } from '../../src/kube/pods.ts';
import { scalerSource } from '../../src/kube/second-writer.ts';
import { workerTarget, type KubeTarget } from '../../src/kube/target.ts';
import { describeReference, type TargetReference } from '../../src/kube/targets/reference.ts';
import { startControlPlane, type ControlPlane } from '../e2e/control-plane.ts';
import { createNamespace, type Json, type KubeApi } from '../e2e/kube-api.ts';
import { waitFor } from '../e2e/support/wait.ts';
import { openWorkbench, type Workbench } from '../e2e/workbench.ts';
import { ROLLOUT_NUMBER, runControllers } from './target-controllers.ts';
import { CRDS, LABELS, pathOf, RC, WORKLOADS, type WorkloadKind } from './target-objects.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', 'manifests', 'add-sidecar');
const SELECTOR = Object.entries(LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');
const signal = new AbortController().signal;

interface Place {
  readonly namespace: string;
  /** With the rights of the kind's Role. */
  readonly client: KubeClient;
  readonly daemon: KubeApi;
  readonly reference: TargetReference;
  readonly target: KubeTarget;
  /** Path of the object itself. */
  readonly path: string;
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(`${result.error.kind}: ${result.error.what}: ${result.error.detail}`);
  return result.value;
}

const outcomeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.kind);

function referenceTo(kind: WorkloadKind): TargetReference {
  const { name } = WORKLOADS[kind];
  if (kind !== 'scalable') return { kind, name };
  return { kind, group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', name };
}

describe('targets on a real API server', function () {
  this.timeout(120_000);
  let bench: Workbench;
  let plane: ControlPlane;

  before(async () => {
    bench = await openWorkbench({ sparkLines: [] });
    plane = await startControlPlane(bench);
    for (const definition of CRDS)
      await plane.admin.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    for (const path of [
      'apps.openshift.io/v1/deploymentconfigs',
      'radanalytics.io/v1/sparkclusters',
      'argoproj.io/v1alpha1/rollouts',
    ])
      await waitFor(path, async () => (await plane.admin.send('GET', `/apis/${path}`)).status === 200);
    const controllers = runControllers(plane.admin);
    bench.onStop(() => controllers.stop());
  });
  after(async () => {
    await bench.stop(); // whatever got as far as being started
  });

  async function clientWith(token: string, namespace: string): Promise<KubeClient> {
    const account = await bench.makeDirectory(`account-${namespace}-${token.slice(-6)}`);
    await cp(plane.caFile, join(account, 'ca.crt'));
    await writeFile(join(account, 'namespace'), namespace);
    await writeFile(join(account, 'token'), token);
    const { hostname, port } = new URL(plane.apiUrl);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const nowMs = (): number => performance.now();
    const credentials = await loadCredentials({ env, nowMs, serviceAccountDirectory: account });
    if (!credentials.ok) throw new AssertionError(credentials.error.join());
    const client = kubeClient({ credentials: credentials.value, namespace, nowMs, nowEpochMs: Date.now });
    bench.onStop(() => {
      client.close();
      return Promise.resolve();
    });
    return client;
  }

  async function applyFile(namespace: string, plural: string, file: string): Promise<void> {
    const body = parse(await readFile(join(MANIFESTS, file), 'utf8')) as Json;
    const root = plural === 'serviceaccounts' ? '/api/v1' : '/apis/rbac.authorization.k8s.io/v1';
    await plane.admin.create(`${root}/namespaces/${namespace}/${plural}`, body);
  }

  /** A namespace with the workload, the account of the manifests and the Role of the kind. */
  async function placeFor(kind: WorkloadKind): Promise<Place> {
    const namespace = `targets-${kind}`;
    await createNamespace(plane.admin, namespace);
    await applyFile(namespace, 'serviceaccounts', 'serviceaccount.yaml');
    await applyFile(namespace, 'roles', kind === 'replicationcontroller' ? 'role.yaml' : `roles/${kind}/role.yaml`);
    await applyFile(namespace, 'rolebindings', 'rolebinding.yaml');
    const { kind: where, body, name } = WORKLOADS[kind];
    await plane.admin.create(pathOf(where, namespace), body);
    const token = await plane.createToken(namespace, 'elastic-worker');
    const daemon = plane.clientFor(token);
    bench.onStop(() => {
      daemon.close();
      return Promise.resolve();
    });
    const client = await clientWith(token, namespace);
    const reference = referenceTo(kind);
    const target = workerTarget(client, { by: 'reference', reference });
    return { namespace, client, daemon, reference, target, path: pathOf(where, namespace, name) };
  }

  /** The view once all of so many pods are ready and nothing moves. */
  function settledAt({ target }: Place, count: number): Promise<TargetView> {
    return waitFor(`${count} settled workers`, async () => {
      const view = valueOf(await target.read(signal));
      const { plannedWorkers, existingPods, readyPods, unsettled } = view;
      const there = plannedWorkers === count && existingPods === count && readyPods === count;
      return there && unsettled === undefined ? view : undefined;
    });
  }

  /** Controllers' own status updates may come between reading and writing, as in life. */
  async function resizeTo({ target }: Place, count: number): Promise<void> {
    await waitFor(`a count of ${count}`, async () => {
      const { revision } = valueOf(await target.read(signal));
      const result = await target.resize(count, revision, signal);
      if (!result.ok) expect(result.error.kind, result.error.detail).to.equal('conflict');
      return result.ok;
    });
  }

  async function podsOf({ client, target }: Place): Promise<readonly PodView[]> {
    const pods = valueOf(await workerPods(client, target).list(true, signal));
    return pods.filter((pod) => !pod.terminating);
  }

  for (const kind of Object.keys(WORKLOADS) as WorkloadKind[]) {
    describe(kind, () => {
      let place: Place;
      before(async () => {
        place = await placeFor(kind);
        await settledAt(place, 3);
      });

      it('the Role grants what the daemon asks for, and not the object, its pods’ images or secrets', async () => {
        const { client, daemon, reference, namespace, path } = place;
        const needs = { target: reference, byLabels: false, configMap: 'spark-cluster', lease: 'elastic-worker-spark' };
        const lines = valueOf(await checkAccess(client, neededPermissions(needs), signal));
        expect(lines.filter(({ allowed }) => !allowed).map(({ text }) => text)).to.deep.equal([]);
        const forbidden = [
          ['GET', `/api/v1/namespaces/${namespace}/secrets`],
          ['GET', '/api/v1/namespaces/default/pods'],
          ['DELETE', path],
          ...(kind === 'sparkcluster' ? [] : [['PATCH', path]]),
        ] as const;
        for (const [method, to] of forbidden) {
          const { status } = await daemon.send(method, to, {}, 'application/merge-patch+json');
          expect(status, `${method} ${to}`).to.equal(403);
        }
      });

      it('reads the size of a worker, and every pod of it is ours (R22)', async () => {
        const view = await settledAt(place, 3);
        expect(view.workerShape).to.deep.include({ cores: 4, memoryMiB: 6144 });
        const pods = await podsOf(place);
        expect(pods).to.have.length(3);
        for (const { ownerUid } of pods) expect(view.podOwnerUids).to.include(ownerUid);
      });

      it('is found by labels from its pods upward, or says which right that takes', async () => {
        const selection = {
          by: 'labels',
          selectors: kind === 'sparkcluster' ? ['radanalytics.io/SparkCluster=spark'] : [SELECTOR],
        } as const;
        const found = workerTarget(place.client, selection);
        const result = await found.read(signal);
        if (kind === 'deployment' || kind === 'deploymentconfig') {
          expect(result.ok ? '' : result.error.detail).to.match(/resources: \["replica\w+"\], verbs: \["get"\]/);
        } else expect(outcomeOf(result)).to.equal('ok');
        const admin = workerTarget(await clientWith(plane.adminToken, place.namespace), selection);
        valueOf(await admin.read(signal));
        expect(admin.reference()).to.deep.equal(place.reference);
      });

      it('is resized, against the revision that was read', async () => {
        const before = await settledAt(place, 3);
        await resizeTo(place, 5);
        await settledAt(place, 5);
        const stale = await place.target.resize(1, before.revision, signal);
        expect(outcomeOf(stale)).to.equal('conflict');
        expect(valueOf(await place.target.read(signal)).plannedWorkers).to.equal(5);
      });

      it('loses exactly the pod that the daemon expects', async () => {
        const { removal } = await settledAt(place, 5);
        const pods = await podsOf(place);
        const byOrdinal = [...pods].sort((a, b) => (ordinalOf(b.name) ?? 0) - (ordinalOf(a.name) ?? 0));
        const oldest = [...pods].sort((a, b) => a.createdAtEpochMs - b.createdAtEpochMs)[0];
        const victim = removal === 'highest-ordinal' ? byOrdinal[0] : oldest;
        if (victim === undefined) throw new AssertionError('no pod');
        // The cost is written for every kind: a StatefulSet must not care.
        const chosen = removal === 'highest-ordinal' ? byOrdinal.at(-1) : victim;
        valueOf(await workerPods(place.client, place.target).choose(chosen ?? victim, Date.now(), -1_000_000, signal));
        // Pods and counts reach the controller by two ways.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await resizeTo(place, 4);
        await settledAt(place, 4);
        const left = new Set((await podsOf(place)).map(({ uid }) => uid));
        expect(pods.filter(({ uid }) => !left.has(uid)).map(({ name }) => name)).to.deep.equal([victim.name]);
      });

      it('goes to 0 and back, where the API leaves the 0 out', async () => {
        await resizeTo(place, 0);
        await settledAt(place, 0);
        await resizeTo(place, 2);
        await settledAt(place, 2);
      });

      it('carries our Events', async () => {
        const clock = { nowMs: () => performance.now(), nowEpochMs: Date.now };
        const events = kubeEventSink(place.client, place.target, { reportingInstance: 'test', ...clock });
        valueOf(await events.publish({ type: 'Normal', reason: 'SuccessfulRescale', message: 'New size: 2' }, signal));
        const { apiVersion, kind: name, uid } = valueOf(await place.target.identity(signal));
        const object = (await plane.admin.get(place.path)) as { metadata: { uid: string } };
        expect(object).to.include({ apiVersion, kind: name });
        expect(object.metadata.uid).to.equal(uid);
      });

      it('shows an HPA as a second writer, and KEDA’s kind may be missing', async () => {
        const { namespace, client, target } = place;
        const { apiVersion, kind: name } = valueOf(await target.identity(signal));
        const scalers = scalerSource(client, target);
        expect(valueOf(await scalers.read(signal))).to.deep.equal([]);
        const scaleTargetRef = { apiVersion, kind: name, name: WORKLOADS[kind].name };
        const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
        await plane.admin.create(path, { metadata: { name: 'h' }, spec: { maxReplicas: 5, scaleTargetRef } });
        expect(valueOf(await scalers.read(signal))).to.deep.equal(['HorizontalPodAutoscaler/h']);
        await plane.admin.remove(`${path}/h`);
        expect(valueOf(await scalers.read(signal))).to.deep.equal([]);
      });

      it('is missed with words that name the setting', async () => {
        const wrong = { ...place.reference, name: 'no-such' };
        // As admin: the Role names its object, and RBAC does not say whether there is another.
        const admin = await clientWith(plane.adminToken, place.namespace);
        const result = await workerTarget(admin, { by: 'reference', reference: wrong }).read(signal);
        expect(outcomeOf(result)).to.equal('not-found');
        expect(result.ok ? '' : result.error.detail).to.match(
          /there is no .*no-such in namespace .*set ELASTIC_WORKER_TARGET/,
        );
      });
    });
  }

  describe('rollouts', () => {
    const rolling = async (target: KubeTarget): Promise<TargetView | undefined> => {
      const view = valueOf(await target.read(signal));
      return view.unsettled === undefined ? undefined : view;
    };

    it('of a Deployment are seen, and the pods of old and new are ours', async () => {
      const place = await deployed('deployment');
      const before = await settledAt(place, 2);
      const template = { metadata: { annotations: { version: '2' } } };
      await plane.admin.patch(place.path, { spec: { template } }, 'strategic-merge');
      expect(await waitFor('a rollout', () => rolling(place.target))).to.have.property('unsettled');
      const after = await settledAt(place, 2);
      expect(after.podOwnerUids).to.include.members([...before.podOwnerUids]);
      expect(after.podOwnerUids).to.have.length(before.podOwnerUids.length + 1);
      for (const { ownerUid } of await podsOf(place)) expect(after.podOwnerUids).to.include(ownerUid);
    });

    it('of a StatefulSet are seen', async () => {
      const place = await deployed('statefulset');
      const template = { metadata: { annotations: { version: '2' } } };
      await plane.admin.patch(place.path, { spec: { template } }, 'strategic-merge');
      expect(await waitFor('a rollout', () => rolling(place.target))).to.have.property('removal', 'highest-ordinal');
      await settledAt(place, 2);
    });

    it('of a DeploymentConfig are seen, and its controllers are not ours to scale', async () => {
      const place = await deployed('deploymentconfig');
      const controller = pathOf(RC, place.namespace, 'spark-workers-1');
      const owned = workerTarget(await clientWith(plane.adminToken, place.namespace), {
        by: 'reference',
        reference: { kind: 'replicationcontroller', name: 'spark-workers-1' },
      });
      const refused = await owned.read(signal);
      expect(refused.ok ? '' : refused.error.detail).to.match(
        /set ELASTIC_WORKER_TARGET to deploymentconfig\/spark-workers/,
      );
      await plane.admin.patch(`${controller}/scale`, { spec: { replicas: 7 } });
      await settledAt(place, 2);
      await plane.admin.patch(place.path, { metadata: { annotations: { [ROLLOUT_NUMBER]: '2' } } });
      await waitFor(
        'the second rollout',
        async () => valueOf(await place.target.read(signal)).podOwnerUids.length === 2,
      );
      await settledAt(place, 2);
    });

    it('R23: of two who change a DeploymentConfig from the same count one is told of the conflict', async () => {
      const place = await deployed('deploymentconfig');
      const { revision } = await settledAt(place, 2);
      await plane.admin.patch(`${place.path}/scale`, { spec: { replicas: 6 } });
      const late = await place.target.resize(1, revision, signal);
      expect(outcomeOf(late), late.ok ? '' : late.error.detail).to.equal('conflict');
      expect(late.ok ? '' : late.error.detail).to.equal('its count is no longer 2');
      await settledAt(place, 6);
      await resizeTo(place, 2);
    });

    /** As the describe of its kind left it. */
    async function deployed(kind: WorkloadKind): Promise<Place> {
      const namespace = `targets-${kind}`;
      const token = await plane.createToken(namespace, 'elastic-worker');
      const client = await clientWith(token, namespace);
      const reference = referenceTo(kind);
      const target = workerTarget(client, { by: 'reference', reference });
      const path = pathOf(WORKLOADS[kind].kind, namespace, WORKLOADS[kind].name);
      const place = { namespace, client, daemon: plane.admin, reference, target, path };
      await resizeTo(place, 2);
      return place;
    }
  });

  describe('a kind that cannot be scaled', () => {
    it('is told apart from an object that is not there', async () => {
      const client = await clientWith(plane.adminToken, 'default');
      const reference = { kind: 'scalable', group: 'batch', version: 'v1', plural: 'cronjobs', name: 'c' } as const;
      const target = workerTarget(client, { by: 'reference', reference });
      expect(outcomeOf(await target.read(signal))).to.equal('not-found');
      const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } };
      const spec = { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } };
      await plane.admin.create('/apis/batch/v1/namespaces/default/cronjobs', { metadata: { name: 'c' }, spec });
      const result = await target.read(signal);
      expect(result.ok ? '' : result.error.detail).to.match(/^it has no scale subresource/);
      expect(describeReference(reference)).to.equal('batch/v1/cronjobs/c');
    });
  });
});
