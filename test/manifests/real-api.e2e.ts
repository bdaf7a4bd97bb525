/** The manifests and the Kubernetes adapters against a real API server and its controllers; part of `npm run e2e`. */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AssertionError, expect } from 'chai';
import type { PodView } from '../../src/core/cluster-view.ts';
import type { Result } from '../../src/core/result.ts';
import { checkAccess, neededPermissions } from '../../src/kube/access.ts';
import { kubeClient, type KubeClient } from '../../src/kube/client.ts';
import { clusterConfigSource } from '../../src/kube/cluster-config.ts';
import { loadCredentials } from '../../src/kube/credentials.ts';
import { kubeEventSink } from '../../src/kube/events.ts';
import { leaseTenure } from '../../src/kube/lease.ts';
import { readOwnPod } from '../../src/kube/pod-self.ts';
import { workerPods } from '../../src/kube/pods.ts';
import { workerTarget } from '../../src/kube/target.ts';
import { startControlPlane, type ControlPlane } from '../e2e/control-plane.ts';
import type { Json, KubeApi, PatchType } from '../e2e/kube-api.ts';
import { waitFor } from '../e2e/support/wait.ts';
import { openWorkbench, type Workbench } from '../e2e/workbench.ts';

const run = promisify(execFile);
const MANIFESTS = join(import.meta.dirname, '..', '..', 'manifests');
const NAMESPACE = 'spark-demo';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const signal = new AbortController().signal;

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(`${result.error.kind}: ${result.error.what}: ${result.error.detail}`);
  return result.value;
}

describe('on a real API server', function () {
  this.timeout(120_000);
  let bench: Workbench;
  let plane: ControlPlane;
  let account: string;
  let client: KubeClient;
  let daemon: KubeApi;

  before(async () => {
    bench = await openWorkbench({ sparkLines: [] });
    plane = await startControlPlane(bench);
    const output = await apply(join(MANIFESTS, 'example'));
    expect(output).not.to.include('Warning');
    await podsWith('oshinko-type=worker', 1);
    await podsWith('oshinko-type=master', 1);
    account = await bench.makeDirectory('account');
    await cp(plane.caFile, join(account, 'ca.crt'));
    await writeFile(join(account, 'namespace'), NAMESPACE);
    const token = await plane.createToken(NAMESPACE, 'elastic-worker');
    await writeFile(join(account, 'token'), `${token}\n`);
    daemon = plane.clientFor(token);
    bench.onStop(() => {
      daemon.close();
      return Promise.resolve();
    });
    client = await inClusterClient();
    bench.onStop(() => {
      client.close();
      return Promise.resolve();
    });
    // A policy takes effect some moments after it is stored.
    const pod = await onePod();
    await waitFor('the admission policy', async () => {
      const body = { metadata: { labels: { x: 'y' } } };
      const path = `${PODS}/${pod.name}?dryRun=All`;
      return (await daemon.send('PATCH', path, body, 'application/merge-patch+json')).status === 403;
    });
  });
  after(async () => {
    await bench.stop(); // whatever got as far as being started
  });

  async function apply(directory: string): Promise<string> {
    const arguments_ = ['--kubeconfig', plane.kubeconfigFile, 'apply', '-k', directory];
    const { stdout, stderr } = await run(bench.tools.controlPlane.kubectl, arguments_);
    return stdout + stderr;
  }

  async function podsWith(labelSelector: string, count: number): Promise<{ name: string; uid: string }[]> {
    return waitFor(`${count} pods with ${labelSelector}`, async () => {
      const list = (await plane.admin.get(`${PODS}?labelSelector=${labelSelector}`)) as {
        items: { metadata: { name: string; uid: string; deletionTimestamp?: string } }[];
      };
      const pods = list.items.map(({ metadata }) => metadata).filter((one) => one.deletionTimestamp === undefined);
      return pods.length === count ? pods : undefined;
    });
  }

  async function inClusterClient(): Promise<KubeClient> {
    const { hostname, port } = new URL(plane.apiUrl);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const nowMs = (): number => performance.now();
    const credentials = await loadCredentials({ env, nowMs, serviceAccountDirectory: account });
    if (!credentials.ok) throw new AssertionError(credentials.error.join());
    return kubeClient({ credentials: credentials.value, namespace: NAMESPACE, nowMs, nowEpochMs: Date.now });
  }

  const workers = { kind: 'replicationcontroller', name: 'spark-workers' } as const;
  const target = (): ReturnType<typeof workerTarget> => workerTarget(client, { by: 'reference', reference: workers });

  /** The controller's own status updates may come between reading and writing, as in life. */
  async function resizeTo(count: number): Promise<void> {
    const one = target();
    await waitFor(`a count of ${count}`, async () => {
      const { revision } = valueOf(await one.read(signal));
      const result = await one.resize(count, revision, signal);
      if (!result.ok) expect(result.error.kind).to.equal('conflict');
      return result.ok;
    });
  }

  async function onePod(): Promise<PodView> {
    const [pod] = valueOf(await workerPods(client, target()).list(true, signal));
    if (pod === undefined) throw new AssertionError('no worker pod');
    return pod;
  }

  it('the Role grants what the daemon asks for, and no more', async () => {
    const lease = 'elastic-worker-spark';
    const needs = { target: workers, byLabels: false, configMap: 'spark-cluster', lease };
    const lines = valueOf(await checkAccess(client, neededPermissions(needs), signal));
    expect(lines.filter(({ allowed }) => !allowed)).to.deep.equal([]);
    const forbidden: [string, string, Json?][] = [
      ['GET', `/api/v1/namespaces/${NAMESPACE}/secrets`],
      ['GET', `/api/v1/namespaces/${NAMESPACE}/replicationcontrollers`],
      ['GET', `/api/v1/namespaces/default/pods`],
      ['PATCH', `/api/v1/namespaces/${NAMESPACE}/replicationcontrollers/spark-workers`, {}],
      ['DELETE', PODS],
    ];
    for (const [method, path, body] of forbidden) {
      const { status } = await daemon.send(method, path, body, 'application/merge-patch+json');
      expect(status, `${method} ${path}`).to.equal(403);
    }
  });

  it('the target is read, resized, resized to 0, and found from its pods with no further right', async () => {
    const one = target();
    const before = valueOf(await one.read(signal));
    expect(before).to.include({ name: 'rc/spark-workers', plannedWorkers: 1 });
    expect(before.workerShape).to.deep.include({ cores: 4, memoryMiB: 6144 });
    await resizeTo(0);
    expect(valueOf(await one.read(signal)).plannedWorkers).to.equal(0);
    const stale = await one.resize(5, before.revision, signal);
    expect(stale.ok ? 'ok' : stale.error.kind).to.equal('conflict');
    await resizeTo(3);
    await podsWith('oshinko-type=worker', 3);
    const found = workerTarget(client, { by: 'labels', selectors: ['oshinko-type=worker'] });
    expect(valueOf(await found.read(signal)).name).to.equal('rc/spark-workers');
  });

  it('R28: applying again leaves the count alone', async () => {
    await resizeTo(10);
    await podsWith('oshinko-type=worker', 10);
    await apply(join(MANIFESTS, 'example'));
    expect(valueOf(await target().read(signal)).plannedWorkers).to.equal(10);
    await podsWith('oshinko-type=worker', 10);
  });

  it('a pod is chosen, marked, released and removed', async () => {
    const pods = workerPods(client, target());
    const pod = await onePod();
    valueOf(await pods.choose(pod, 1000, -1_000_000, signal));
    const again = await pods.choose(pod, 1001, -1_000_000, signal);
    expect(again.ok ? 'ok' : again.error.kind).to.equal('conflict');
    const chosen = await onePodNamed(pod.name);
    expect(chosen).to.include({ chosenAtEpochMs: 1000, deletionCost: -1_000_000 });
    valueOf(await pods.noteMark(chosen, 2000, signal));
    expect(await onePodNamed(pod.name)).to.include({ markedAtEpochMs: 2000 });
    valueOf(await pods.release(chosen, signal));
    expect(await onePodNamed(pod.name)).to.include({
      chosenAtEpochMs: undefined,
      markedAtEpochMs: undefined,
      deletionCost: 0,
    });
    const other = await pods.remove({ ...pod, uid: 'another' }, signal);
    expect(other.ok ? 'ok' : other.error.kind).to.equal('conflict');
    valueOf(await pods.remove(pod, signal));
    valueOf(await pods.remove(pod, signal));
  });

  async function onePodNamed(name: string): Promise<PodView> {
    const list = valueOf(await workerPods(client, target()).list(true, signal));
    const pod = list.find((one) => one.name === name);
    if (pod === undefined) throw new AssertionError(`no pod ${name}`);
    return pod;
  }

  it('the Lease is taken, saved to, applied again, given up and taken by another', async () => {
    const options = { nowMs: () => performance.now(), nowEpochMs: Date.now };
    const a = leaseTenure(client, { name: 'elastic-worker-spark', identity: 'a', ...options });
    const b = leaseTenure(client, { name: 'elastic-worker-spark', identity: 'b', lookEveryMs: 0, ...options });
    expect(valueOf(await a.renew(signal))).to.deep.equal({ held: true, holder: 'a', saved: undefined });
    expect(valueOf(await b.renew(signal))).to.include({ held: false, holder: 'a' });
    valueOf(await a.save('{"x":1}', signal));
    expect(valueOf(await a.renew(signal)).held).to.equal(true);
    await apply(join(MANIFESTS, 'example'));
    expect(valueOf(await a.renew(signal))).to.include({ held: true, saved: '{"x":1}' });
    valueOf(await a.release(signal));
    expect(valueOf(await b.renew(signal))).to.include({ held: true, holder: 'b', saved: '{"x":1}' });
    const missing = await leaseTenure(client, { name: 'other', identity: 'a', ...options }).renew(signal);
    expect(missing.ok ? '' : missing.error.detail).to.match(/may not get leases/);
  });

  it('events, the ConfigMap and the own pod', async () => {
    const clock = { nowMs: () => performance.now(), nowEpochMs: Date.now };
    const events = kubeEventSink(client, target(), { reportingInstance: 'test', ...clock });
    valueOf(await events.publish({ type: 'Normal', reason: 'SuccessfulRescale', message: 'New size: 3' }, signal));
    const arguments_ = ['--kubeconfig', plane.kubeconfigFile, '-n', NAMESPACE, 'describe', 'rc', 'spark-workers'];
    expect((await run(bench.tools.controlPlane.kubectl, arguments_)).stdout).to.match(
      /SuccessfulRescale .* New size: 3/,
    );
    const config = valueOf(await clusterConfigSource(client, 'spark-cluster').read(signal));
    expect(config).to.deep.equal({
      'elasticWorker.enable': 'true',
      'elasticWorker.min': '1',
      'elasticWorker.max': '10',
    });
    const [master] = await podsWith('oshinko-type=master', 1);
    const own = valueOf(await readOwnPod(client, master?.name ?? '', signal));
    expect(own).to.deep.include({ uid: master?.uid, originalDaemon: undefined });
  });

  it('a replaced token is taken up after a 401, and a wrong one is named', async () => {
    const fresh = await inClusterClient();
    const read = (): Promise<Result<unknown>> => clusterConfigSource(fresh, 'spark-cluster').read(signal);
    try {
      const good = await plane.createToken(NAMESPACE, 'elastic-worker');
      await writeFile(join(account, 'token'), 'wrong');
      const wrong = await inClusterClient();
      const result = await clusterConfigSource(wrong, 'spark-cluster').read(signal);
      expect(result.ok ? 'ok' : result.error.kind).to.equal('unauthorized');
      await writeFile(join(account, 'token'), good);
      valueOf(await clusterConfigSource(wrong, 'spark-cluster').read(signal));
      wrong.close();
      valueOf(await read());
    } finally {
      fresh.close();
    }
  });

  describe('R27: the admission policy', () => {
    const worker = async (): Promise<string> => `${PODS}/${(await onePod()).name}`;
    const master = async (): Promise<string> => {
      const [pod] = await podsWith('oshinko-type=master', 1);
      return `${PODS}/${pod?.name ?? ''}`;
    };
    const CONTENT: Record<PatchType, string> = {
      merge: 'application/merge-patch+json',
      'strategic-merge': 'application/strategic-merge-patch+json',
      json: 'application/json-patch+json',
    };
    const denied: Record<string, readonly [() => Promise<string>, PatchType, Json, RegExp]> = {
      'another image': [
        worker,
        'strategic-merge',
        { spec: { containers: [{ name: 'worker', image: 'evil' }] } },
        /spec/,
      ],
      'another label': [worker, 'merge', { metadata: { labels: { x: 'y' } } }, /labels/],
      'a label less': [worker, 'merge', { metadata: { labels: { 'app.kubernetes.io/name': null } } }, /labels/],
      'a finalizer': [worker, 'merge', { metadata: { finalizers: ['example.com/x'] } }, /finalizers/],
      'no owner': [worker, 'merge', { metadata: { ownerReferences: null } }, /owner/],
      "somebody else's annotation": [worker, 'merge', { metadata: { annotations: { x: 'y' } } }, /annotations/],
      'an annotation less': [
        worker,
        'merge',
        { metadata: { annotations: { 'karpenter.sh/do-not-disrupt': null } } },
        /annotations/,
      ],
      'an annotation that only begins like ours': [
        worker,
        'merge',
        { metadata: { annotations: { 'elastic-worker/chosen-at-will': '1' } } },
        /annotations/,
      ],
      'its own annotation on the master': [
        master,
        'merge',
        { metadata: { annotations: { 'elastic-worker/chosen-at': '1' } } },
        /only pods with the labels/,
      ],
    };
    for (const [name, [path, type, body, message]] of Object.entries(denied)) {
      it(`forbids the daemon ${name}`, async () => {
        const response = await daemon.send('PATCH', await path(), body, CONTENT[type]);
        expect(response.status, JSON.stringify(response.body)).to.equal(403);
        expect(JSON.stringify(response.body)).to.match(message);
      });
    }

    it('forbids the daemon to delete what is no worker of its cluster', async () => {
      const alien = {
        metadata: { name: 'alien', labels: { 'oshinko-type': 'worker', 'oshinko-cluster': 'other' } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'c',
              image: 'x',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      };
      await plane.admin.create(PODS, alien);
      for (const path of [await master(), `${PODS}/alien`]) {
        const response = await daemon.send('DELETE', path);
        expect(response.status).to.equal(403);
        expect(JSON.stringify(response.body)).to.include('only pods with the labels');
      }
    });

    it('leaves others alone', async () => {
      await plane.admin.patch(await worker(), { metadata: { annotations: { x: 'y' }, labels: { x: 'y' } } });
      await plane.admin.patch(await master(), { metadata: { annotations: { x: 'y' } } });
    });

    it('keeps what others wrote when the daemon writes', async () => {
      const pods = workerPods(client, target());
      const pod = await onePod();
      valueOf(await pods.choose(pod, 1, -1_000_000, signal));
      valueOf(await pods.release(pod, signal));
    });
  });

  it('the sidecar goes into a Deployment that is there already', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [{ name: 'spark', image: 'mine', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    };
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    await plane.admin.create(deployments, {
      metadata: { name: 'x' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    const text = await readFile(join(MANIFESTS, 'add-sidecar', 'sidecar.yaml'), 'utf8');
    const file = join(account, 'sidecar.yaml');
    await writeFile(file, text.replace('name: spark-master', 'name: x'));
    const patch = ['patch', 'deployment', 'x', '--type', 'strategic', '--patch-file', file];
    await run(bench.tools.controlPlane.kubectl, ['--kubeconfig', plane.kubeconfigFile, ...patch]);
    const { spec } = (await plane.admin.get(`${deployments}/x`)) as {
      spec: { template: { spec: { containers: { name: string }[]; volumes: { name: string }[] } } };
    };
    expect(spec.template.spec.containers.map(({ name }) => name)).to.have.members(['spark', 'elastic-worker']);
    expect(spec.template.spec.volumes.map(({ name }) => name)).to.have.members(['v', 'elastic-worker-token']);
  });

  it('Pod Security is what admits these pods: the same without its fields is refused', async () => {
    const pod = { metadata: { name: 'bad' }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const response = await plane.admin.send('POST', PODS, pod);
    expect(response.status).to.equal(403);
    expect(JSON.stringify(response.body)).to.include('PodSecurity');
  });
});
