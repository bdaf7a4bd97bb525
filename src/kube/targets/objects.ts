/** Objects of any kind as plain data: read, listed, and changed through a patch that says on what it was decided. */
import { err, ok, type Result } from '../../core/result.ts';
import { FIELD_MANAGER, type KubeClient } from '../client.ts';
import { malformed, type KubeCall } from '../errors.ts';

/** A kind, as the API server's paths name it. The core group has only ReplicationControllers here. */
export interface ResourceKind {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** One operation of a JSON patch. */
export interface JsonPatchOperation {
  readonly op: 'test' | 'add';
  readonly path: string;
  readonly value: number | null;
}

/**
 * Reads one object.
 *
 * @param what as people know it, for errors: "deployment/spark-w".
 */
export function getObject(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  what: string,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const { namespace } = client;
  return client.call<unknown>(callOf(client, 'get', kind, what), signal, (options) =>
    kind.group === ''
      ? client.core.readNamespacedReplicationController({ name, namespace }, options)
      : client.objects.getNamespacedCustomObject({ ...kind, name, namespace }, options),
  );
}

/** Lists what carries the labels, or all of the namespace. */
export async function listObjects(
  client: KubeClient,
  kind: ResourceKind,
  labelSelector: string | undefined,
  what: string,
  signal: AbortSignal,
): Promise<Result<readonly unknown[]>> {
  const { namespace } = client;
  const query = { namespace, ...(labelSelector !== undefined && { labelSelector }) };
  const result = await client.call<unknown>(callOf(client, 'list', kind, what), signal, (options) =>
    kind.group === ''
      ? client.core.listNamespacedReplicationController(query, options)
      : client.objects.listNamespacedCustomObject({ ...kind, ...query }, options),
  );
  if (!result.ok) return result;
  const { value } = result;
  const items: unknown = typeof value === 'object' && value !== null && 'items' in value ? value.items : undefined;
  return Array.isArray(items) ? ok(items) : err(malformed(what, 'items'));
}

/** Reads the `scale` of an object of a named group. */
export function getScale(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  what: string,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const { namespace } = client;
  return client.call<unknown>(callOf(client, 'get', kind, what, 'scale'), signal, (options) =>
    client.objects.getNamespacedCustomObjectScale({ ...kind, name, namespace }, options),
  );
}

/** Changes the `scale`: with a merge patch, or with operations that are done one after the other or not at all. */
export function patchScale(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  what: string,
  body: object | readonly JsonPatchOperation[],
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const { namespace } = client;
  const call = {
    ...callOf(client, 'patch', kind, what, 'scale'),
    patch: Array.isArray(body) ? 'json' : 'merge',
  } as const;
  const request = { name, namespace, body, fieldManager: FIELD_MANAGER };
  return client.call<unknown>(call, signal, (options) =>
    kind.group === ''
      ? client.core.patchNamespacedReplicationControllerScale(request, options)
      : client.objects.patchNamespacedCustomObjectScale({ ...kind, ...request }, options),
  );
}

/** Changes an object of a named group itself, with a merge patch. */
export function patchObject(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  what: string,
  body: object,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const { namespace } = client;
  return client.call<unknown>(callOf(client, 'patch', kind, what), signal, (options) =>
    client.objects.patchNamespacedCustomObject(
      { ...kind, name, namespace, body, fieldManager: FIELD_MANAGER },
      options,
    ),
  );
}

function callOf(
  { namespace }: KubeClient,
  verb: KubeCall['verb'],
  { group, plural }: ResourceKind,
  what: string,
  subresource?: 'scale',
): KubeCall {
  return { verb, group, resource: subresource === undefined ? plural : `${plural}/${subresource}`, what, namespace };
}
