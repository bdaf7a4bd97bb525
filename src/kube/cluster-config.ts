/** The cluster's ConfigMap: flags and live values that people change while the daemon runs. */
import { err, ok } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import type { ClusterConfigSource } from './ports.ts';

/** The ConfigMap `name` in the client's namespace. That there is none is an answer, not an error. */
export function clusterConfigSource(client: KubeClient, name: string): ClusterConfigSource {
  const { namespace } = client;
  const call: KubeCall = { verb: 'get', group: '', resource: 'configmaps', what: `configmap/${name}`, namespace };
  return {
    name,
    read: async (signal) => {
      const result = await client.call(call, signal, (options) =>
        client.core.readNamespacedConfigMap({ name, namespace }, options),
      );
      if (!result.ok) return result.error.kind === 'not-found' ? ok(undefined) : result;
      // An answer that is no ConfigMap must not be read as one without flags.
      if (result.value.metadata?.uid === undefined) return err(malformed(call.what, 'metadata.uid'));
      return ok(result.value.data ?? {});
    },
  };
}
