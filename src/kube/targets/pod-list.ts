/** Pods as owner following needs them: who they are and who made them. */
import { err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { malformed, type KubeCall } from '../errors.ts';
import type { Owner } from './workload.ts';

export interface OwnedPod {
  readonly name: string;
  /** The controller that made it; undefined for a pod that somebody made by hand. */
  readonly owner: Owner | undefined;
}

/** Enough to see whose they are; a cluster of more has them from the same controllers. */
const MOST_PODS = 500;

/** Lists pods with these labels that have not ended, in whatever state the API server has at hand. */
export async function listPods(
  client: KubeClient,
  labelSelector: string,
  signal: AbortSignal,
): Promise<Result<readonly OwnedPod[]>> {
  const { namespace } = client;
  const what = `pods with ${labelSelector}`;
  const call: KubeCall = { verb: 'list', group: '', resource: 'pods', what, namespace };
  const query = { namespace, labelSelector, resourceVersion: '0', limit: MOST_PODS };
  const result = await client.call(call, signal, (options) => client.core.listNamespacedPod(query, options));
  if (!result.ok) return result;
  const items: unknown = result.value.items; // typed as always there, absent where the answer was something else
  if (!Array.isArray(items)) return err(malformed(what, 'items'));
  const living = result.value.items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  return ok(
    living.map(({ metadata }) => {
      const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
      if (owner === undefined) return { name: metadata?.name ?? '?', owner };
      const { apiVersion, kind, name, uid } = owner;
      return { name: metadata?.name ?? '?', owner: { apiVersion, kind, name, uid, controller: true } };
    }),
  );
}
