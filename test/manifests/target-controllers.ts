/**
 * What a plain control plane lacks, as small loops over the API: a kubelet that calls every pod ready, and controllers
 * that treat DeploymentConfigs, SparkClusters and Rollouts as theirs do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import type { Json, KubeApi } from '../e2e/kube-api.ts';
import {
  DEPLOYMENT_CONFIG,
  pathOf,
  podTemplate,
  RC,
  ROLLOUT,
  RS,
  SPARK_CLUSTER,
  type KindPath,
} from './target-objects.ts';

const PERIOD_MS = 100;

const Texts = v.optional(v.record(v.string(), v.string()), {});
const Item = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    uid: v.string(),
    generation: v.optional(v.number()),
    deletionTimestamp: v.optional(v.string()),
    annotations: Texts,
    labels: Texts,
  }),
  spec: v.looseObject({
    nodeName: v.optional(v.string()),
    replicas: v.optional(v.number()),
    worker: v.optional(v.object({ instances: v.optional(v.number(), 1) })),
    labels: Texts,
  }),
  status: v.optional(
    v.looseObject({
      phase: v.optional(v.string()),
      replicas: v.optional(v.number(), 0),
      readyReplicas: v.optional(v.number(), 0),
    }),
    { replicas: 0, readyReplicas: 0 },
  ),
});
type Item = v.InferOutput<typeof Item>;

/** Which rollout of a DeploymentConfig is the current one: a test sets it to begin the next. */
export const ROLLOUT_NUMBER = 'test/rollout';

/** Runs all loops until stopped; without the kubelet where another one runs the pods. */
export function runControllers(api: KubeApi, { kubelet: withKubelet = true } = {}): { stop(): Promise<void> } {
  const ended = new AbortController();
  const loops = [
    ...(withKubelet ? [loop(ended.signal, () => kubelet(api))] : []),
    loop(ended.signal, () => deploymentConfigs(api)),
    loop(ended.signal, () => sparkClusters(api)),
    loop(ended.signal, () => rollouts(api)),
  ];
  return {
    stop: async () => {
      ended.abort();
      await Promise.all(loops);
    },
  };
}

/** A step that fails met an object that changed under it: the next one sees it anew. */
async function loop(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await step().catch(() => undefined);
    await delay(PERIOD_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function all(api: KubeApi, { apiVersion, plural }: KindPath, query = ''): Promise<Item[]> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return v.parse(v.object({ items: v.array(Item) }), await api.get(`${root}/${plural}${query}`)).items;
}

async function kubelet(api: KubeApi): Promise<void> {
  for (const { metadata, spec, status } of await all(api, { apiVersion: 'v1', plural: 'pods' })) {
    const path = pathOf({ apiVersion: 'v1', plural: 'pods' }, metadata.namespace, metadata.name);
    if (metadata.deletionTimestamp !== undefined) {
      await api.remove(path, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
    } else if (spec.nodeName === undefined) {
      const target = { apiVersion: 'v1', kind: 'Node', name: 'test-node' };
      await api.create(`${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: metadata.name },
        target,
      });
    } else if (status.phase !== 'Running') {
      const conditions = [
        { type: 'Ready', status: 'True', lastTransitionTime: `${new Date().toISOString().slice(0, 19)}Z` },
      ];
      await api.patch(`${path}/status`, { status: { phase: 'Running', podIP: '10.9.8.7', conditions } });
    }
  }
}

/** The current rollout's controller gets the config's count whatever it had, all others get 0 (kubernetes.md 1.4). */
async function deploymentConfigs(api: KubeApi): Promise<void> {
  for (const config of await all(api, DEPLOYMENT_CONFIG)) {
    const { name, namespace } = config.metadata;
    const number = config.metadata.annotations[ROLLOUT_NUMBER] ?? '1';
    const labels = { 'openshift.io/deployment-config.name': name };
    const annotations = { ...labels, 'openshift.io/deployment.phase': 'Complete' };
    const selector = { ...config.metadata.labels, deployment: `${name}-${number}` };
    const owner = {
      apiVersion: DEPLOYMENT_CONFIG.apiVersion,
      kind: 'DeploymentConfig',
      name,
      uid: config.metadata.uid,
    };
    await ensure(api, RC, namespace, {
      metadata: { name: `${name}-${number}`, labels, annotations, ownerReferences: [{ ...owner, controller: true }] },
      spec: { replicas: 0, selector, template: podTemplate(selector, number) },
    });
    const controllers = await all(api, RC, `?labelSelector=openshift.io/deployment-config.name%3D${name}`);
    for (const one of controllers.filter(({ metadata }) => metadata.namespace === namespace)) {
      const count = one.metadata.name === `${name}-${number}` ? (config.spec.replicas ?? 0) : 0;
      await setReplicas(api, RC, one, count);
    }
    await report(api, DEPLOYMENT_CONFIG, config, controllers);
  }
}

/** The operator brings its controller to the count of the resource. */
async function sparkClusters(api: KubeApi): Promise<void> {
  for (const { metadata, spec } of await all(api, SPARK_CLUSTER)) {
    const { name, namespace } = metadata;
    const own = { 'radanalytics.io/kind': 'SparkCluster', 'radanalytics.io/SparkCluster': name };
    const pods = { ...own, 'radanalytics.io/podType': 'worker' };
    await ensure(api, RC, namespace, {
      metadata: { name: `${name}-w`, labels: { ...own, 'radanalytics.io/rcType': 'worker' } },
      spec: { replicas: 0, selector: pods, template: podTemplate({ ...spec.labels, ...pods }) },
    });
    const controllers = await all(api, RC, `?fieldSelector=metadata.name%3D${name}-w`);
    for (const one of controllers) await setReplicas(api, RC, one, spec.worker?.instances ?? 1);
  }
}

/** Something with a scale whose pods belong to a ReplicaSet below it. */
async function rollouts(api: KubeApi): Promise<void> {
  for (const rollout of await all(api, ROLLOUT)) {
    const { name, namespace, labels, uid } = rollout.metadata;
    const owner = { apiVersion: ROLLOUT.apiVersion, kind: 'Rollout', name, uid, controller: true };
    await ensure(api, RS, namespace, {
      metadata: { name: `${name}-1`, labels, ownerReferences: [owner] },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: podTemplate(labels) },
    });
    const controllers = await all(api, RS, `?fieldSelector=metadata.name%3D${name}-1`);
    for (const one of controllers) await setReplicas(api, RS, one, rollout.spec.replicas ?? 0);
    await report(api, ROLLOUT, rollout, controllers);
  }
}

async function ensure(api: KubeApi, kind: KindPath, namespace: string, body: Json): Promise<void> {
  const { status } = await api.send('POST', pathOf(kind, namespace), body);
  if (status >= 300 && status !== 409) throw new Error(`${kind.plural} could not be made: ${status}`);
}

async function setReplicas(api: KubeApi, kind: KindPath, { metadata, spec }: Item, replicas: number): Promise<void> {
  if (spec.replicas === replicas) return;
  await api.patch(`${pathOf(kind, metadata.namespace, metadata.name)}/scale`, { spec: { replicas } });
}

async function report(api: KubeApi, kind: KindPath, of: Item, below: readonly Item[]): Promise<void> {
  const { name, namespace, labels, generation } = of.metadata;
  const sum = (field: 'replicas' | 'readyReplicas'): number =>
    below.reduce((total, { status }) => total + status[field], 0);
  const status = {
    replicas: sum('replicas'),
    readyReplicas: sum('readyReplicas'),
    ...(generation !== undefined && { observedGeneration: generation }),
    selector: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  };
  await api.patch(`${pathOf(kind, namespace, name)}/status`, { status });
}
