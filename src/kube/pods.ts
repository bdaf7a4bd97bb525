/** The worker pods: listed, chosen, marked, released and removed. */
import { V1DeleteOptions, type V1Pod, type V1PodList, type V1PodStatus } from '@kubernetes/client-node';
import type { PodView } from '../core/cluster-view.ts';
import { FIRST_COST } from '../core/removal-steps.ts';
import { err, ok, type Result } from '../core/result.ts';
import { CHOSEN_AT, DELETION_COST, EARLIER_COST, MARKED_AT } from './annotations.ts';
import { FIELD_MANAGER, type KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import type { WorkerPods } from './ports.ts';
import type { TargetPods } from './target.ts';

/** The annotations a patch writes; null takes one off. */
type AnnotationChange = Readonly<Record<string, string | null>>;

/** The pods that the target's selector matches. Every write names the pod's UID, so that a namesake is never meant. */
export function workerPods(client: KubeClient, target: TargetPods): WorkerPods {
  return {
    list: async (consistent, signal) => {
      const identity = await target.identity(signal);
      return identity.ok ? listPods(client, identity.value.podSelector, consistent, signal) : identity;
    },
    choose: (pod, atEpochMs, cost, signal) => {
      const earlier = pod.chosenAtEpochMs === undefined && pod.deletionCost !== 0;
      const change = {
        [CHOSEN_AT]: String(atEpochMs),
        [DELETION_COST]: String(cost),
        ...(earlier && { [EARLIER_COST]: String(pod.deletionCost) }),
      };
      return annotate(client, pod, pod.revision, change, signal);
    },
    noteMark: (pod, atEpochMs, signal) => {
      const change = { [MARKED_AT]: atEpochMs === undefined ? null : String(atEpochMs) };
      return annotate(client, pod, pod.revision, change, signal);
    },
    release: (pod, signal) => release(client, pod, signal),
    remove: (pod, signal) => remove(client, pod, signal),
  };
}

async function listPods(
  client: KubeClient,
  labelSelector: string,
  consistent: boolean,
  signal: AbortSignal,
): Promise<Result<readonly PodView[]>> {
  const views: PodView[] = [];
  let page: string | undefined;
  do {
    const result = await listPage(client, labelSelector, consistent, page, signal);
    if (!result.ok) return result;
    for (const item of result.value.items) {
      const view = podViewOf(item);
      if (view === undefined) return err(malformed('worker pods', 'complete metadata in a pod'));
      views.push(view);
    }
    page = result.value.metadata?._continue;
  } while (page !== undefined && page !== '');
  return ok(views);
}

async function listPage(
  client: KubeClient,
  labelSelector: string,
  consistent: boolean,
  page: string | undefined,
  signal: AbortSignal,
): Promise<Result<V1PodList>> {
  const { namespace } = client;
  const call: KubeCall = { verb: 'list', group: '', resource: 'pods', what: 'worker pods', namespace };
  // A version next to a page token is refused: the token already says which state is being paged through.
  const from = page === undefined ? !consistent && { resourceVersion: '0' } : { _continue: page };
  const result = await client.call(call, signal, (options) =>
    client.core.listNamespacedPod({ namespace, labelSelector, ...from }, options),
  );
  if (!result.ok) return result;
  const items: unknown = result.value.items; // typed as always there, absent where the answer was something else
  return Array.isArray(items) ? result : err(malformed(call.what, 'items'));
}

/** A pod as the core sees it; undefined for something that is no pod of a real API server. */
function podViewOf({ metadata, spec, status }: V1Pod): PodView | undefined {
  if (metadata?.name === undefined || metadata.uid === undefined || metadata.resourceVersion === undefined)
    return undefined;
  const { name, uid, resourceVersion, annotations = {} } = metadata;
  const createdAtEpochMs = metadata.creationTimestamp?.getTime() ?? NaN;
  if (Number.isNaN(createdAtEpochMs)) return undefined;
  const ips = (status?.podIPs ?? []).map(({ ip }) => ip);
  return {
    name,
    uid,
    revision: resourceVersion,
    nodeName: spec?.nodeName,
    ...disruptionOf(status),
    ownerUid: metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid,
    addresses: [...new Set([...ips, ...(status?.podIP === undefined ? [] : [status.podIP])])],
    hostname: spec?.hostname,
    subdomain: spec?.subdomain,
    phase: status?.phase ?? 'Unknown',
    ready: status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    scheduled: (spec?.nodeName ?? '') !== '',
    terminating: metadata.deletionTimestamp !== undefined,
    createdAtEpochMs,
    restarts: (status?.containerStatuses ?? []).reduce((sum, one) => sum + one.restartCount, 0),
    chosenAtEpochMs: epochMs(annotations[CHOSEN_AT]),
    markedAtEpochMs: epochMs(annotations[MARKED_AT]),
    deletionCost: deletionCost(annotations[DELETION_COST]),
  };
}

/** R24: an eviction, a preemption or a taint that takes the pod away, as the pod itself tells it. */
function disruptionOf(status: V1PodStatus | undefined): Pick<PodView, 'disruption'> {
  const told = status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True');
  return told === undefined ? {} : { disruption: `it is about to be taken: ${told.reason ?? 'DisruptionTarget'}` };
}

function epochMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** As the controller reads it: an int32 without plus sign or leading zeros, anything else counts as 0. */
function deletionCost(text: string | undefined): number {
  if (text === undefined || !/^(0|-?[1-9]\d{0,9})$/.test(text)) return 0;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}

async function annotate(
  client: KubeClient,
  pod: PodView,
  resourceVersion: string,
  annotations: AnnotationChange,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { namespace } = client;
  const { name, uid } = pod;
  const call: KubeCall = { verb: 'patch', group: '', resource: 'pods', what: `pod ${name}`, namespace };
  const body = { metadata: { uid, resourceVersion, annotations } };
  const result = await client.call(call, signal, (options) =>
    client.core.patchNamespacedPod({ name, namespace, body, fieldManager: FIELD_MANAGER }, options),
  );
  return result.ok ? ok(undefined) : result;
}

/** Reads the pod first: what the cost was before us stands only there, and somebody may have set another since. */
async function release(client: KubeClient, pod: PodView, signal: AbortSignal): Promise<Result<void>> {
  const { namespace } = client;
  const { name } = pod;
  const call: KubeCall = { verb: 'get', group: '', resource: 'pods', what: `pod ${name}`, namespace };
  const now = await client.call(call, signal, (options) => client.core.readNamespacedPod({ name, namespace }, options));
  if (!now.ok) return now.error.kind === 'not-found' ? ok(undefined) : now;
  const { metadata } = now.value;
  if (metadata?.resourceVersion === undefined) return err(malformed(call.what, 'metadata.resourceVersion'));
  const { uid, resourceVersion, annotations = {} } = metadata;
  if (uid !== pod.uid) return ok(undefined); // it is gone, and another took its name
  const ours = [CHOSEN_AT, MARKED_AT, EARLIER_COST].filter((key) => key in annotations);
  const change: Record<string, string | null> = Object.fromEntries(ours.map((key) => [key, null]));
  if (deletionCost(annotations[DELETION_COST]) <= FIRST_COST) change[DELETION_COST] = annotations[EARLIER_COST] ?? null;
  if (Object.keys(change).length === 0) return ok(undefined);
  return annotate(client, pod, resourceVersion, change, signal);
}

async function remove(client: KubeClient, pod: PodView, signal: AbortSignal): Promise<Result<void>> {
  const { namespace } = client;
  const { name, uid } = pod;
  const call: KubeCall = { verb: 'delete', group: '', resource: 'pods', what: `pod ${name}`, namespace };
  const body = Object.assign(new V1DeleteOptions(), { preconditions: { uid } });
  const result = await client.call(call, signal, (options) =>
    client.core.deleteNamespacedPod({ name, namespace, body }, options),
  );
  if (result.ok || result.error.kind === 'not-found') return ok(undefined); // gone is what was wanted
  return result;
}
