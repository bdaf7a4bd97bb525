import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildClusterSide, type ClusterSide, type Environment } from '../../src/cli/cluster-side.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import { storedDocuments } from '../../demo/standin/kube/documents.ts';
import { isObject, objectAt, textAt } from '../../demo/standin/json.ts';
import { configOf } from '../config/environments.ts';
import { never } from '../daemon/support/results.ts';
import { startBench, type Bench, type Variables } from './support.ts';

const LEASE = 'elastic-worker-spark-worker';

describe('cluster side', () => {
  let directory: string;
  let sides: ClusterSide[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'elastic-worker-cluster-side-'));
    sides = [];
  });

  afterEach(async () => {
    for (const { client } of sides) client.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function build(variables: Variables, env: Environment = variables): Promise<ClusterSide> {
    const calls: string[] = [];
    const built = await buildClusterSide(configOf(variables), env, systemClock, (call) => calls.push(call));
    if (!built.ok) throw new Error(built.error.join('\n'));
    sides.push(built.value);
    return built.value;
  }

  /** Variables with a kubeconfig for this server and namespace. */
  async function kubeconfig(server: string, namespace?: string): Promise<Variables> {
    const file = join(directory, 'kubeconfig');
    const context = { cluster: 'c', user: 'u', ...(namespace !== undefined && { namespace }) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'x', context }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return { ELASTIC_WORKER_TARGET: 'spark-worker', KUBECONFIG: file };
  }

  describe('which namespace', () => {
    const table: readonly (readonly [string, Variables, string | undefined, string])[] = [
      ['the setting', { ELASTIC_WORKER_NAMESPACE: 'set', POD_NAMESPACE: 'pod' }, 'context', 'set'],
      ["the pod's own", { POD_NAMESPACE: 'pod' }, 'context', 'pod'],
      ["the credential's", {}, 'context', 'context'],
      ["an empty one of the downward API is none: the credential's", { POD_NAMESPACE: '' }, 'context', 'context'],
    ];
    for (const [what, more, context, expected] of table) {
      it(what, async () => {
        const side = await build({ ...(await kubeconfig('https://10.0.0.1:6443', context)), ...more });
        expect(side.client.namespace).to.equal(expected);
      });
    }
  });

  it('without any credentials it fails, and says where it looked', async () => {
    const variables = { ELASTIC_WORKER_TARGET: 'spark-worker' };
    const built = await buildClusterSide(configOf(variables), variables, systemClock, () => undefined);
    expect(built.ok ? [] : built.error.join()).to.match(/KUBERNETES_SERVICE_HOST is not set/);
  });

  for (const [server, host] of [
    ['https://10.0.0.1:6443', '10.0.0.1'],
    ['https://[fd00::1]:6443', 'fd00::1'],
    ['https://api.example:6443/path', 'api.example'],
  ] as const) {
    it(`R26: the API server's host is known as an application would name it: ${host}`, async () => {
      expect((await build(await kubeconfig(server, 'x'))).serverHost).to.equal(host);
    });
  }

  it('the own pod is known from the downward API; outside a cluster there is none', async () => {
    const variables = await kubeconfig('https://10.0.0.1:6443', 'x');
    expect((await build({ ...variables, POD_NAME: 'spark-m' })).ownPod).to.equal('spark-m');
    expect((await build(variables)).ownPod).to.equal(undefined);
    expect((await build({ ...variables, POD_NAME: '' })).ownPod).to.equal(undefined);
  });

  it('there is a ConfigMap to read only where one is set', async () => {
    const variables = await kubeconfig('https://10.0.0.1:6443', 'x');
    expect((await build(variables)).clusterConfig).to.equal(undefined);
    expect((await build({ ...variables, ELASTIC_WORKER_CONFIG_MAP: 'demo' })).clusterConfig?.name).to.equal('demo');
  });

  describe('against an API', () => {
    let bench: Bench;

    beforeEach(async () => {
      bench = await startBench();
    });

    afterEach(() => bench.stop());

    async function holder(env: Variables): Promise<string> {
      const side = await build({ ...bench.env, ...env });
      await side.tenure.renew(never);
      const lease = storedDocuments(bench.standin.world.kube, 'leases').get(LEASE);
      return (isObject(lease) ? textAt(objectAt(lease, 'spec'), 'holderIdentity') : undefined) ?? '';
    }

    it('a container of a pod holds the Lease by the pod, so that its successor need not wait', async () => {
      const env = { POD_NAME: 'spark-m', POD_UID: 'u1' };
      const first = await holder(env);
      expect(first).to.match(/^spark-m_u1_[0-9a-f-]{36}$/);
      const second = await holder(env);
      expect(second)
        .to.match(/^spark-m_u1_/)
        .and.not.equal(first);
    });

    it('any other process waits: also one of a pod of the same name', async () => {
      const first = await holder({ POD_NAME: 'spark-m', POD_UID: 'u1' });
      expect(await holder({ POD_NAME: 'spark-m', POD_UID: 'u2' })).to.equal(first);
      expect(await holder({ POD_NAME: 'spark-m', POD_UID: '' })).to.equal(first);
    });

    it('without the UID of its pod it waits as well: who knows whose container that was', async () => {
      const first = await holder({ POD_NAME: 'spark-m', POD_UID: '' });
      expect(first).to.match(/^spark-m_/);
      expect(await holder({ POD_NAME: 'spark-m', POD_UID: '' })).to.equal(first);
    });

    it('outside a pod it is known by its host', async () => {
      expect((await holder({})).startsWith(`${hostname()}_`)).to.equal(true);
    });

    it('R26: every list of the pods is learnt from', async () => {
      const side = await build(bench.env);
      expect(side.learntNetworks.list()).to.deep.equal([]);
      // The stand-in's pods live on loopback, from which nothing is learnt; so one is given another address.
      const { pods } = bench.standin.world.kube;
      const [pod] = pods.values();
      if (pod !== undefined) pods.set(pod.name, { ...pod, ip: '10.9.8.7' });
      await side.pods.list(false, never);
      expect(side.learntNetworks.list()).to.deep.equal(['10.9.0.0/16']);
    });

    it('events are written, unless they are switched off', async () => {
      const event = { type: 'Normal', reason: 'Tested', message: 'x' } as const;
      const silent = await build({ ...bench.env, ELASTIC_WORKER_EVENTS: 'false' });
      expect(await silent.events.publish(event, never)).to.deep.equal({ ok: true, value: undefined });
      expect(bench.writes()).to.deep.equal([]);
      const loud = await build(bench.env);
      await loud.events.publish(event, never);
      expect(bench.writes()).to.deep.equal(['create events']);
    });
  });
});
