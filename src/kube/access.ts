/** Which permissions the daemon needs, and whether it has them. */
import { V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { err, ok, type Result } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import type { TargetReference } from './targets/reference.ts';
import { findingRights, SECOND_WRITER_RIGHTS, targetRights } from './targets/rights.ts';

/** One permission, as a Role grants it. */
export interface Permission {
  /** API group, "" for the core. */
  readonly group: string;
  /** Plural with subresource: "replicationcontrollers/scale". */
  readonly resource: string;
  readonly verb: string;
  /** The one object it is needed for; undefined means all of the namespace. */
  readonly name: string | undefined;
  /** What does not work without it. */
  readonly neededTo: string;
  /** Whether the daemon can do its main work without it. */
  readonly optional: boolean;
  /** Whether it is no right in a namespace, so that a ClusterRole has to grant it. */
  readonly clusterWide?: boolean;
}

export interface AccessNeeds {
  /** What sets the number of workers; undefined while it is not found. */
  readonly target: TargetReference | undefined;
  /** Whether it is looked for by labels. */
  readonly byLabels: boolean;
  readonly configMap: string | undefined;
  readonly lease: string;
  /** Whether nodes are watched. */
  readonly nodes?: boolean;
}

export interface AccessLine {
  readonly permission: Permission;
  readonly allowed: boolean;
  /** For a person: "patch replicationcontrollers/scale spark-workers: allowed". */
  readonly text: string;
}

/**
 * Everything the daemon asks of the API server in the course of its work. manifests/add-sidecar/role.yaml grants just this
 * for a ReplicationController, those in roles/ for the other kinds.
 */
export function neededPermissions({
  target,
  byLabels,
  configMap,
  lease,
  nodes = false,
}: AccessNeeds): readonly Permission[] {
  const core = (
    resource: string,
    verb: string,
    name: string | undefined,
    neededTo: string,
    optional = false,
  ): Permission => ({
    group: '',
    resource,
    verb,
    name,
    neededTo,
    optional,
  });
  const leases = { group: 'coordination.k8s.io', resource: 'leases', name: lease, optional: false };
  return [
    ...(target === undefined ? [] : [...targetRights(target), ...(byLabels ? findingRights(target) : [])]),
    core('pods', 'list', undefined, 'tell which pod is which worker'),
    core('pods', 'get', undefined, 'see what else runs in its own pod, and give a chosen pod back'),
    core('pods', 'patch', undefined, 'choose which worker goes'),
    core('pods', 'delete', undefined, 'replace a worker that was drained'),
    ...(configMap === undefined ? [] : [core('configmaps', 'get', configMap, 'read the flag and the live values')]),
    { ...leases, verb: 'get', neededTo: 'act alone, and remember across restarts' },
    { ...leases, verb: 'patch', neededTo: 'act alone, and remember across restarts' },
    core('events', 'create', undefined, 'tell in `kubectl describe` what it did', true),
    ...SECOND_WRITER_RIGHTS,
    ...(nodes ? [NODES] : []),
  ];
}

/** R24. manifests/watch-nodes grants it. */
const NODES: Permission = {
  group: '',
  resource: 'nodes',
  verb: 'list',
  name: undefined,
  neededTo: 'drain workers before their node goes',
  optional: true,
  clusterWide: true,
};

/** Asks the API server about each permission, which every account may do for itself. One line each, in order. */
export async function checkAccess(
  client: KubeClient,
  permissions: readonly Permission[],
  signal: AbortSignal,
): Promise<Result<readonly AccessLine[]>> {
  const answers = await Promise.all(permissions.map((permission) => checkOne(client, permission, signal)));
  const lines: AccessLine[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    lines.push(answer.value);
  }
  return ok(lines);
}

async function checkOne(client: KubeClient, permission: Permission, signal: AbortSignal): Promise<Result<AccessLine>> {
  const { group, verb, name } = permission;
  const [resource = '', subresource] = permission.resource.split('/');
  const { namespace } = client;
  const resourceAttributes = {
    ...(permission.clusterWide !== true && { namespace }),
    group,
    verb,
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
  };
  const body = Object.assign(new V1SelfSubjectAccessReview(), {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  });
  const call: KubeCall = {
    verb: 'create',
    group: 'authorization.k8s.io',
    resource: 'selfsubjectaccessreviews',
    what: `access to ${permission.resource}`,
    namespace: undefined,
  };
  const result = await client.call(call, signal, (options) =>
    client.authorization.createSelfSubjectAccessReview({ body }, options),
  );
  if (!result.ok) return result;
  const allowed: unknown = result.value.status?.allowed;
  if (typeof allowed !== 'boolean') return err(malformed(call.what, 'status.allowed'));
  return ok({ permission, allowed, text: lineFor(permission, allowed, namespace) });
}

function lineFor(permission: Permission, allowed: boolean, namespace: string): string {
  const { verb, resource, group, name, neededTo, clusterWide = false } = permission;
  const subject = `${verb} ${resource}${name === undefined ? '' : ` ${name}`}`;
  if (allowed) return `${subject}: allowed`;
  const names = name === undefined ? '' : `, resourceNames: ["${name}"]`;
  const rule = `{apiGroups: ["${group}"], resources: ["${resource}"]${names}, verbs: ["${verb}"]}`;
  return `${subject}: not allowed, needed to ${neededTo}; add to ${clusterWide ? 'a ClusterRole' : `the Role in namespace ${namespace}`}: ${rule}`;
}
