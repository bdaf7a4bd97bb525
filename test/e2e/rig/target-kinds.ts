/** The kinds of target that a rig can have its workers made by. */
import * as v from 'valibot';
import { runControllers } from '../../manifests/target-controllers.ts';
import { CRDS, LABELS, pathOf, WORKLOADS } from '../../manifests/target-objects.ts';
import type { Json, KubeApi } from '../kube-api.ts';
import { waitFor } from '../support/wait.ts';
import type { Workbench } from '../workbench.ts';

export type KindName = 'deployment' | 'statefulset' | 'deploymentconfig' | 'sparkcluster';

/** `ELASTIC_WORKER_TARGET` for it. */
export function targetOf(kind: KindName): string {
  return `${kind}/${WORKLOADS[kind].name}`;
}

/** Path of the object that the workers are made by. */
export function kindPath(kind: KindName, namespace: string): string {
  return pathOf(WORKLOADS[kind].kind, namespace, WORKLOADS[kind].name);
}

const NEEDS_OWN_CONTROLLER: readonly KindName[] = ['deploymentconfig', 'sparkcluster'];

/** Makes the workload with one worker, and for what a plain cluster lacks, its kind and a small controller of it. */
export async function installKind(bench: Workbench, api: KubeApi, kind: KindName, namespace: string): Promise<void> {
  const { kind: where, body } = WORKLOADS[kind];
  if (NEEDS_OWN_CONTROLLER.includes(kind)) {
    for (const definition of CRDS)
      await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    for (const path of CRD_ROOTS)
      await waitFor(path, async () => (await api.send('GET', `/apis/${path}`)).status === 200);
    const controllers = runControllers(api, { kubelet: false });
    bench.onStop(() => controllers.stop());
  }
  await api.create(pathOf(where, namespace), withOneWorker(body));
}

const CRD_ROOTS = [
  'apps.openshift.io/v1/deploymentconfigs',
  'radanalytics.io/v1/sparkclusters',
  'argoproj.io/v1alpha1/rollouts',
];

const Body = v.looseObject({ spec: v.looseObject({ replicas: v.optional(v.number()) }) });

function withOneWorker(body: Json): Json {
  const { spec, ...rest } = v.parse(Body, structuredClone(body));
  // A SparkCluster's pods get the labels that our admission policy wants, as its `spec.labels` is for.
  const one =
    spec.replicas === undefined ? { ...spec, worker: { instances: 1 }, labels: LABELS } : { ...spec, replicas: 1 };
  return { ...rest, spec: one } as Json;
}

const Planned = v.object({
  spec: v.object({
    replicas: v.optional(v.number()),
    worker: v.optional(v.object({ instances: v.number() })),
  }),
});

/** The count that is asked for. */
export async function plannedBy(api: KubeApi, path: string): Promise<number> {
  const { spec } = v.parse(Planned, await api.get(path));
  return spec.replicas ?? spec.worker?.instances ?? 0;
}
