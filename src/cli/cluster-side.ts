/** Builds the Kubernetes side from the configuration: credentials, client and one adapter for each port. */
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { err, ok, type Result } from '../core/result.ts';
import { kubeClient, type CallHook, type KubeClient } from '../kube/client.ts';
import { clusterConfigSource } from '../kube/cluster-config.ts';
import { loadCredentials } from '../kube/credentials.ts';
import { kubeEventSink } from '../kube/events.ts';
import { leaseTenure } from '../kube/lease.ts';
import { nodeSource } from '../kube/nodes.ts';
import { workerPods } from '../kube/pods.ts';
import type { ClusterConfigSource, EventSink, NodeSource, ScalerSource, Tenure, WorkerPods } from '../kube/ports.ts';
import { scalerSource } from '../kube/second-writer.ts';
import { workerTarget, type KubeTarget } from '../kube/target.ts';
import type { Clock } from '../daemon/clock.ts';
import { LearntNetworks } from './learnt-networks.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ClusterSide {
  readonly client: KubeClient;
  /** Host of the API server, IPv6 without brackets: no application may name it as its own. */
  readonly serverHost: string;
  readonly target: KubeTarget;
  readonly pods: WorkerPods;
  /** Autoscalers that set the same count. */
  readonly scalers: ScalerSource;
  /** Nodes that are about to go; undefined where they are not watched. */
  readonly nodes: NodeSource | undefined;
  readonly clusterConfig: ClusterConfigSource | undefined;
  readonly tenure: Tenure;
  readonly events: EventSink;
  readonly learntNetworks: LearntNetworks;
  /** Name of the pod this process runs in: from the downward API, else its host name; undefined outside a cluster. */
  readonly ownPod: string | undefined;
}

/** Fails with sentences for a person: where the credentials were looked for, and what is missing. */
export async function buildClusterSide(
  config: Config,
  env: Environment,
  clock: Clock,
  onCall: CallHook,
): Promise<Result<ClusterSide, readonly string[]>> {
  const { nowMs, nowEpochMs } = clock;
  const credentials = await loadCredentials({ env, kubeconfig: config.kube.kubeconfig, nowMs });
  if (!credentials.ok) return credentials;
  const namespace = config.namespace ?? given(env.POD_NAMESPACE) ?? credentials.value.namespace;
  if (namespace === undefined) return err(['the namespace is not known: set ELASTIC_WORKER_NAMESPACE']);
  const timeoutMs = config.kube.timeoutMs;
  const client = kubeClient({ credentials: credentials.value, namespace, timeoutMs, onCall, nowMs, nowEpochMs });
  const target = workerTarget(client, config.target, { timeoutMs });
  const learntNetworks = new LearntNetworks();
  const identity = identityOf(env);
  return ok({
    client,
    serverHost: new URL(credentials.value.server).hostname.replace(/^\[|\]$/g, ''),
    target,
    pods: learntNetworks.watch(workerPods(client, target)),
    scalers: scalerSource(client, target),
    nodes: config.kube.watchNodes ? nodeSource(client) : undefined,
    clusterConfig: config.configMap === undefined ? undefined : clusterConfigSource(client, config.configMap),
    tenure: leaseTenure(client, {
      name: config.kube.leaseName,
      durationSec: config.kube.leaseDurationMs / 1000,
      ...identity,
      nowMs,
      nowEpochMs,
    }),
    events: config.kube.events
      ? kubeEventSink(client, target, { reportingInstance: identity.reportingInstance, nowMs, nowEpochMs })
      : { publish: () => Promise.resolve(ok(undefined)) },
    learntNetworks,
    ownPod: given(env.POD_NAME) ?? (credentials.value.kind === 'in-cluster' ? hostname() : undefined),
  });
}

/** The downward API leaves an empty text where a field is not known. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** A restarted container of the same pod may take its predecessor's Lease at once; any other process has to wait. */
function identityOf(env: Environment): {
  readonly identity: string;
  readonly reportingInstance: string;
  readonly predecessorPrefix?: string;
} {
  const { POD_NAME: podName = '', POD_UID: podUid = '' } = env;
  const reportingInstance = podName === '' ? hostname() : podName;
  if (podName === '' || podUid === '') return { identity: `${reportingInstance}_${randomUUID()}`, reportingInstance };
  const predecessorPrefix = `${podName}_${podUid}_`;
  return { identity: predecessorPrefix + randomUUID(), reportingInstance, predecessorPrefix };
}
