/** Puts the project's own manifests into a namespace: the daemon runs with exactly the rights that users give it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { createNamespace, type Json, type KubeApi } from '../kube-api.ts';
import type { KindName } from './target-kinds.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');

export const SERVICE_ACCOUNT = 'elastic-worker';
export const TARGET = 'spark-workers';
export const CONFIG_MAP = 'spark-cluster';
export const CLUSTER = 'spark';
export const WORKER_SELECTOR = 'oshinko-cluster=spark,oshinko-type=worker';

const COLLECTIONS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/NS/serviceaccounts',
  ConfigMap: '/api/v1/namespaces/NS/configmaps',
  ReplicationController: '/api/v1/namespaces/NS/replicationcontrollers',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings',
  Lease: '/apis/coordination.k8s.io/v1/namespaces/NS/leases',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/NS/poddisruptionbudgets',
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

const Manifest = v.looseObject({ kind: v.string(), metadata: v.looseObject({ name: v.string() }) });
type Manifest = v.InferOutput<typeof Manifest>;

async function read(file: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await readFile(join(MANIFESTS, file), 'utf8'));
  return documents.map((document) => v.parse(Manifest, document.toJS()));
}

async function create(api: KubeApi, namespace: string, manifest: Manifest): Promise<void> {
  const collection = COLLECTIONS[manifest.kind];
  if (collection === undefined) throw new Error(`no path is known for the kind ${manifest.kind}`);
  // What came out of YAML is JSON.
  await api.create(collection.replace('NS', namespace), manifest as unknown as Json);
}

/** The admission policy that holds the daemon to its own annotations; once for the whole cluster. */
export async function installAdmissionPolicy(api: KubeApi): Promise<void> {
  for (const file of ['admission-policy/policy.yaml', 'admission-policy/binding.yaml']) {
    for (const manifest of await read(file)) await create(api, '', manifest);
  }
}

export interface InstallOptions {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly workerCores: number;
  readonly workerMemory: string;
}

/**
 * A namespace of level "restricted" with the daemon's rights, its Lease and ConfigMap, and the workers' controller. For
 * another kind of target, without the controller, with the rights of that kind, and of no level.
 */
export async function installManifests(
  api: KubeApi,
  namespace: string,
  options: InstallOptions,
  kind?: KindName,
): Promise<void> {
  await createNamespace(
    api,
    namespace,
    kind === undefined ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {},
  );
  const role = kind === undefined ? 'role' : `roles/${kind}/role`;
  const sidecar = ['serviceaccount', role, 'rolebinding', 'lease'].map((name) => `add-sidecar/${name}.yaml`);
  for (const file of [...sidecar, 'base/disruption-budget.yaml']) {
    for (const manifest of await read(file)) await create(api, namespace, manifest);
  }
  for (const manifest of await read('add-sidecar/cluster-config.yaml')) {
    await create(api, namespace, { ...manifest, data: clusterConfig(options) });
  }
  if (kind !== undefined) return;
  for (const manifest of await read('base/workers.yaml')) await create(api, namespace, sized(manifest, options));
}

function clusterConfig({ minWorkers, maxWorkers }: InstallOptions): Record<string, string> {
  return {
    'elasticWorker.enable': 'true\n',
    'elasticWorker.min': String(minWorkers),
    'elasticWorker.max': String(maxWorkers),
  };
}

const Workers = v.looseObject({
  spec: v.looseObject({
    template: v.looseObject({
      spec: v.looseObject({
        containers: v.array(
          v.looseObject({ env: v.array(v.looseObject({ name: v.string(), value: v.optional(v.string()) })) }),
        ),
      }),
    }),
  }),
});

/** The controller with other sizes in its workers' environment; everything else stays as it is shipped. */
function sized(manifest: Manifest, options: InstallOptions): Manifest {
  const workers = v.parse(Workers, structuredClone(manifest));
  const values: Readonly<Record<string, string>> = {
    SPARK_WORKER_CORES: String(options.workerCores),
    SPARK_WORKER_MEMORY: options.workerMemory,
  };
  for (const container of workers.spec.template.spec.containers) {
    for (const variable of container.env) variable.value = values[variable.name] ?? variable.value;
  }
  return v.parse(Manifest, workers);
}
