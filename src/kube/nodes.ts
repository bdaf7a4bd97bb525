/** Nodes that are about to go (R24): cordoned, or tainted by what takes nodes away. Cluster-wide, so a right of its own. */
import type { V1Node, V1NodeList } from '@kubernetes/client-node';
import { err, ok, type Result } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import type { NodeSource } from './ports.ts';

/**
 * Taints that say that a node is being taken away, by the beginning of their key: of the cluster autoscaler, Karpenter,
 * the handlers of spot and preemption notices of AWS and Google, and of clouds that are shutting it down.
 */
const TAKEN_AWAY: readonly string[] = [
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
  'aws-node-termination-handler/',
  'cloud.google.com/impending-node-termination',
  'node.cloudprovider.kubernetes.io/shutdown',
  'node.kubernetes.io/out-of-service',
];

/** Reads all nodes, from the API server's cache. */
export function nodeSource(client: KubeClient): NodeSource {
  return {
    read: async (signal) => {
      const leaving = new Map<string, string>();
      let page: string | undefined;
      do {
        const result = await listPage(client, page, signal);
        if (!result.ok) return result;
        for (const node of result.value.items) note(leaving, node);
        page = result.value.metadata?._continue;
      } while (page !== undefined && page !== '');
      return ok(leaving);
    },
  };
}

async function listPage(
  client: KubeClient,
  page: string | undefined,
  signal: AbortSignal,
): Promise<Result<V1NodeList>> {
  const call: KubeCall = { verb: 'list', group: '', resource: 'nodes', what: 'nodes', namespace: undefined };
  const from = page === undefined ? { resourceVersion: '0' } : { _continue: page };
  const result = await client.call(call, signal, (options) => client.core.listNode(from, options));
  if (!result.ok) return result;
  const items: unknown = result.value.items; // typed as always there, absent where the answer was something else
  return Array.isArray(items) ? result : err(malformed(call.what, 'items'));
}

function note(leaving: Map<string, string>, { metadata, spec }: V1Node): void {
  const name = metadata?.name;
  if (name === undefined) return;
  const taint = spec?.taints?.find(({ key }) => TAKEN_AWAY.some((known) => key.startsWith(known)));
  if (taint !== undefined) leaving.set(name, `its node ${name} is tainted ${taint.key}`);
  else if (spec?.unschedulable === true) leaving.set(name, `its node ${name} is cordoned`);
}
