import {
  ApiException,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1DeleteOptions,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { startStandin, type Standin } from '../../demo/standin/standin.ts';
import { worldStats } from '../../demo/standin/world.ts';
import { isObject, parseJson, textAt, type Json } from '../../demo/standin/json.ts';
import { at } from './support.ts';

describe('stand-in over HTTP', () => {
  let standin: Standin;

  beforeEach(async () => {
    standin = await startStandin({ initialWorkers: 2 });
  });

  afterEach(() => standin.stop());

  async function later(seconds: number): Promise<void> {
    await standin.advance(standin.world.nowMs + seconds * 1000);
  }

  async function json(url: string): Promise<Json | undefined> {
    return parseJson(await (await fetch(url)).text());
  }

  async function application(): Promise<string> {
    return standin.startApplication({
      name: 'demo',
      executorCores: 2,
      executorMemoryMiB: 1024,
      dynamicAllocation: true,
      maxExecutors: 10,
    });
  }

  it('serves each worker at the address it registered, which is its pod’s IP, and ends it with the pod', async () => {
    const master = await json(`${standin.masterUiUrl}/json/`);
    const addresses = [0, 1].map((index) => {
      const worker = at(master, 'workers', index);
      return isObject(worker) ? textAt(worker, 'webuiaddress') : undefined;
    });
    const ips = [...standin.world.kube.pods.values()].map(({ ip }) => `http://${ip}:8081`);
    expect(addresses).to.deep.equal(ips);
    for (const [index, address] of ips.entries())
      expect(at(await json(`${address}/json/`), 'id')).to.equal(at(master, 'workers', index, 'id'));
    standin.world.kube.controller.replicas = 0;
    await later(5);
    for (const address of ips) {
      const outcome = await fetch(`${address}/json/`).then(
        () => 'answered',
        () => 'refused',
      );
      expect(outcome).to.equal('refused');
    }
  });

  it('serves a driver at its own address and through the proxy, alike, until the application ends', async () => {
    const id = await application();
    standin.submitJob(id, {
      stages: [
        { tasks: 4, taskMs: 1000 },
        { tasks: 1, taskMs: 1000 },
        { tasks: 9, taskMs: 1000 },
      ],
    });
    await later(0.5);
    const driver = `http://${standin.world.spark.apps.get(id)!.driverHost}:4040`;
    const proxy = `${standin.masterUiUrl}/proxy/${id}`;
    for (const path of ['/metrics/json/', `/api/v1/applications/${id}/executors`, '/api/v1/applications'])
      expect(await json(driver + path)).to.deep.equal(await json(proxy + path));
    const stages = await json(`${proxy}/api/v1/applications/${id}/stages?status=pending&status=active`);
    const brief = [0, 1, 2].map((index) => [at(stages, index, 'status'), at(stages, index, 'numTasks')]);
    expect(brief).to.deep.equal([
      ['PENDING', 9],
      ['PENDING', 1],
      ['ACTIVE', 4],
    ]);
    const environment = at(await json(`${proxy}/api/v1/applications/${id}/environment`), 'sparkProperties');
    expect(environment).to.deep.include(['spark.executor.cores', '2']);
    const redirected = await fetch(`${driver}/metrics/json`, { redirect: 'manual' });
    expect(redirected.status).to.equal(302);
    await later(20);
    const jobs = await json(`${driver}/api/v1/applications/${id}/jobs`);
    expect(at(jobs, 0, 'status')).to.equal('SUCCEEDED');
    expect(at(jobs, 0, 'numCompletedTasks')).to.equal(14);
    await standin.finishApplication(id);
    expect((await fetch(`${proxy}/metrics/json/`)).status).to.equal(403);
    expect(worldStats(standin.world)).to.include({ tasksKilled: 0 });
  });

  it('breaks as told: error, garbage, empty, hang, drop', async () => {
    const url = `${standin.masterUiUrl}/proxy/${await application()}/metrics/json/`;
    const { faults } = standin.world;
    faults.metrics = 'error';
    expect((await fetch(url)).status).to.equal(500);
    faults.metrics = 'garbage';
    expect(await (await fetch(url)).text()).to.include('<html>');
    faults.metrics = 'empty';
    expect(await (await fetch(url)).text()).to.equal('');
    faults.metrics = 'none';
    faults.master = 'hang';
    const cause = await fetch(url, { signal: AbortSignal.timeout(100) }).catch((error: unknown) => error);
    expect(cause).to.have.property('name', 'TimeoutError');
    faults.master = 'drop';
    expect(await fetch(url).catch(() => 'dropped')).to.equal('dropped');
    expect(at(await json(`${standin.apiUrl}/version`), 'gitVersion')).to.equal('v1.36.3');
  });

  it('speaks with the Kubernetes client library', async () => {
    const config = new KubeConfig();
    config.loadFromString(standin.kubeconfig());
    const core = config.makeApiClient(CoreV1Api);
    const name = 'spark-worker';
    const namespace = 'spark';
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    const scale = await core.readNamespacedReplicationControllerScale({ name, namespace });
    expect(scale.spec?.replicas).to.equal(2);
    const resourceVersion = scale.metadata?.resourceVersion;
    const body = { metadata: { resourceVersion }, spec: { replicas: 3 } };
    const written = await core.patchNamespacedReplicationControllerScale({ name, namespace, body }, merge);
    expect(written.spec?.replicas).to.equal(3);
    const lost = await core
      .patchNamespacedReplicationControllerScale({ name, namespace, body }, merge)
      .catch((error: unknown) => error);
    expect(lost).to.be.instanceOf(ApiException).and.to.have.property('code', 409);
    await later(4);
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=spark,component=worker' });
    expect(items.map(({ status }) => status?.podIP)).to.deep.equal(
      [...standin.world.spark.workers.values()].map(({ host }) => host),
    );
    const [pod] = items;
    const uid = pod?.metadata?.uid ?? '';
    expect(pod?.metadata?.ownerReferences?.[0]?.kind).to.equal('ReplicationController');
    const options = Object.assign(new V1DeleteOptions(), { preconditions: { uid } });
    await core.deleteNamespacedPod({ name: pod?.metadata?.name ?? '', namespace, body: options });
    const deleted = await core.readNamespacedPod({ name: pod?.metadata?.name ?? '', namespace });
    expect(deleted.metadata?.deletionTimestamp).to.be.instanceOf(Date);
  });

  it('follows the wall clock once it runs', async () => {
    const before = standin.world.nowMs;
    standin.run();
    const until = Date.now() + 2000;
    while (standin.world.nowMs === before && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
    expect(standin.world.nowMs).to.be.above(before);
  });
});
