/** One workload of every kind, named as the Roles of the manifests expect, and the kinds that a plain cluster lacks. */
import type { Json } from '../e2e/kube-api.ts';

export const LABELS = { 'oshinko-cluster': 'spark', 'oshinko-type': 'worker' };
const RADANALYTICS = { 'radanalytics.io/SparkCluster': 'spark', 'radanalytics.io/podType': 'worker' };

/** Where objects of a kind are. */
export interface KindPath {
  /** "apps/v1"; "v1" for the core group. */
  readonly apiVersion: string;
  readonly plural: string;
}

/** Path of an object, or of all of its kind. */
export function pathOf({ apiVersion, plural }: KindPath, namespace: string, name?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
}

export const RC: KindPath = { apiVersion: 'v1', plural: 'replicationcontrollers' };
export const RS: KindPath = { apiVersion: 'apps/v1', plural: 'replicasets' };
export const DEPLOYMENT: KindPath = { apiVersion: 'apps/v1', plural: 'deployments' };
export const STATEFUL_SET: KindPath = { apiVersion: 'apps/v1', plural: 'statefulsets' };
export const DEPLOYMENT_CONFIG: KindPath = { apiVersion: 'apps.openshift.io/v1', plural: 'deploymentconfigs' };
export const SPARK_CLUSTER: KindPath = { apiVersion: 'radanalytics.io/v1', plural: 'sparkclusters' };
export const ROLLOUT: KindPath = { apiVersion: 'argoproj.io/v1alpha1', plural: 'rollouts' };

/** A worker's pod of 4 cores and 6 GiB; nothing runs it. */
export function podTemplate(labels: Record<string, string>, version = '1'): Json {
  return {
    metadata: { labels, annotations: { version } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'worker',
          image: 'spark-worker:test',
          env: [
            { name: 'SPARK_WORKER_CORES', value: '4' },
            { name: 'SPARK_WORKER_MEMORY', value: '6g' },
          ],
        },
      ],
    },
  };
}

/** The workload of a kind, with three replicas asked for. */
export const WORKLOADS = {
  replicationcontroller: {
    kind: RC,
    name: 'spark-workers',
    body: {
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: { replicas: 3, selector: LABELS, template: podTemplate(LABELS) },
    },
  },
  replicaset: {
    kind: RS,
    name: 'spark-workers',
    body: {
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: { replicas: 3, selector: { matchLabels: LABELS }, template: podTemplate(LABELS) },
    },
  },
  deployment: {
    kind: DEPLOYMENT,
    name: 'spark-workers',
    body: {
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: { replicas: 3, selector: { matchLabels: LABELS }, template: podTemplate(LABELS) },
    },
  },
  statefulset: {
    kind: STATEFUL_SET,
    name: 'spark-workers',
    body: {
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: {
        replicas: 3,
        serviceName: 'spark-workers',
        ordinals: { start: 8 },
        selector: { matchLabels: LABELS },
        template: podTemplate(LABELS),
      },
    },
  },
  deploymentconfig: {
    kind: DEPLOYMENT_CONFIG,
    name: 'spark-workers',
    body: {
      apiVersion: 'apps.openshift.io/v1',
      kind: 'DeploymentConfig',
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: { replicas: 3, selector: LABELS, template: podTemplate(LABELS) },
    },
  },
  sparkcluster: {
    kind: SPARK_CLUSTER,
    name: 'spark',
    body: {
      apiVersion: 'radanalytics.io/v1',
      kind: 'SparkCluster',
      metadata: { name: 'spark' },
      spec: { worker: { instances: 3 }, template: podTemplate(RADANALYTICS) },
    },
  },
  scalable: {
    kind: ROLLOUT,
    name: 'spark-workers',
    body: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'spark-workers', labels: LABELS },
      spec: { replicas: 3, selector: LABELS, template: podTemplate(LABELS) },
    },
  },
} as const satisfies Record<string, { readonly kind: KindPath; readonly name: string; readonly body: Json }>;

export type WorkloadKind = keyof typeof WORKLOADS;

const SCALE = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.selector',
};

/** The kinds of OpenShift, of radanalytics and of Argo. The second has no scale, as in life. */
export const CRDS: readonly Json[] = [
  crd('apps.openshift.io', 'v1', 'DeploymentConfig', 'deploymentconfigs', { scale: SCALE }),
  crd('radanalytics.io', 'v1', 'SparkCluster', 'sparkclusters', {}),
  crd('argoproj.io', 'v1alpha1', 'Rollout', 'rollouts', { scale: SCALE }),
];

function crd(group: string, version: string, kind: string, plural: string, more: { readonly scale?: Json }): Json {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  const subresources = { status: {}, ...more };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema, subresources }],
    },
  };
}
