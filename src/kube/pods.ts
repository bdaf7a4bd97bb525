/** The worker pods: listed, chosen, marked, released and removed. */
import { V1DeleteOptions, type V1Pod, type V1PodList, type V1PodStatus } from '@kubernetes/client-node';
import type { PodView } from '../core/cluster-view.ts';
import { FIRST_COST } from '../core/removal-steps.ts';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import { CHOSEN_AT, DELETION_COST, EARLIER_COST, MARKED_AT } from './annotations.ts';
import { FIELD_MANAGER, type KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import type { WorkerPods } from './ports.ts';
import { isOlder, newerOf } from './revisions.ts';
import type { TargetPods } from './target.ts';

/** The annotations a patch writes; null takes one off. */
type AnnotationChange = Readonly<Record<string, string | null>>;

/** The newest state of the pods that was seen, in a list or as the answer to a write of ours. */
interface Seen {
  revision: string | undefined;
}

/**
 * The pods that the target's selector matches. Every write names the pod's UID, so that a namesake is never meant.
 *
 * R22: a list from before what was seen already is no news, whoever answered with it: an API server that lags behind its
 * neighbour would show costs that were since written as if they were not.
 */
export function workerPods(client: KubeClient, target: TargetPods): WorkerPods {
  const seen: Seen = { revision: undefined };
  const list = async (selector: string, consistent: boolean, signal: AbortSignal): Promise<Result<PodList>> => {
    const answer = await listPods(client, selector, consistent, signal);
    const isNews = !answer.ok || !isOlder(answer.value.revision, seen.revision);
    return isNews || consistent ? answer : listPods(client, selector, true, signal);
  };
  return {
    list: async (consistent, signal) => {
      const identity = await target.identity(signal);
      if (!identity.ok) return identity;
      const answer = await list(identity.value.podSelector, consistent, signal);
      if (!answer.ok) return answer;
      const { views, revision } = answer.value;
      if (isOlder(revision, seen.revision)) return err(fromBefore(revision, seen));
      seen.revision = newerOf(seen.revision, revision);
      return ok(views);
    },
    choose: (pod, atEpochMs, cost, signal) => {
      const earlier = pod.chosenAtEpochMs === undefined && pod.deletionCost !== 0;
      const change = {
        [CHOSEN_AT]: String(atEpochMs),
        [DELETION_COST]: String(cost),
        ...(earlier && { [EARLIER_COST]: String(pod.deletionCost) }),
      };
      return annotate(client, seen, pod, pod.revision, change, signal);
    },
    noteMark: (pod, atEpochMs, signal) => {
      const change = { [MARKED_AT]: atEpochMs === undefined ? null : String(atEpochMs) };
      return annotate(client, seen, pod, pod.revision, change, signal);
    },
    release: (pod, signal) => release(client, seen, pod, signal),
    remove: (pod, signal) => remove(client, pod, signal),
  };
}

interface PodList {
  readonly views: readonly PodView[];
  /** Of the whole list. */
  readonly revision: string | undefined;
}

function fromBefore(revision: string | undefined, seen: Seen): OperatingError {
  const detail =
    `the API server answered with a state from before what was seen already (${revision ?? ''}, seen ${seen.revision ?? ''}); ` +
    'if its store was restored from a backup, restart the daemon';
  return { kind: 'malformed', what: 'worker pods', detail };
}

async function listPods(
  client: KubeClient,
  labelSelector: string,
  consistent: boolean,
  signal: AbortSignal,
): Promise<Result<PodList>> {
  const views: PodView[] = [];
  let revision: string | undefined;
  let page: string | undefined;
  do {
    const result = await listPage(client, labelSelector, consistent, page, signal);
    if (!result.ok) return result;
    for (const item of result.value.items) {
      const view = podViewOf(item);
      if (view === undefined) return err(malformed('worker pods', 'complete metadata in a pod'));
      views.push(view);
    }
    revision = result.value.metadata?.resourceVersion;
    page = result.value.metadata?._continue;
  } while (page !== undefined && page !== '');
  return ok({ views, revision });
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
  seen: Seen,
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
  if (!result.ok) return result;
  seen.revision = newerOf(seen.revision, result.value.metadata?.resourceVersion);
  return ok(undefined);
}

/** Reads the pod first: what the cost was before us stands only there, and somebody may have set another since. */
async function release(client: KubeClient, seen: Seen, pod: PodView, signal: AbortSignal): Promise<Result<void>> {
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
  return annotate(client, seen, pod, resourceVersion, change, signal);
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
