/** Upward along owner references: from a pod, or a controller, to what really sets the count. */
import * as v from 'valibot';
import { err, ok, type OperatingError, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import type { KubeCall } from '../errors.ts';
import { MEND, readKnown } from './adapter.ts';
import { describeReference, groupOf, KINDS, kindOfOwner, type KnownKind, type TargetReference } from './reference.ts';
import { controllerOf, parseAs, type Owner, type Workload } from './workload.ts';

const DEPLOYMENT_CONFIG = 'openshift.io/deployment-config.name';
const SPARK_CLUSTER = 'radanalytics.io/SparkCluster';
/** Longer chains than pod, ReplicaSet, Deployment are not followed further. */
const MOST_STEPS = 4;

/** What sets a controller's count back to its own: a kind that we know, or an owner whose kind has to be looked up. */
export type Above =
  { readonly known: true; readonly reference: TargetReference } | { readonly known: false; readonly owner: Owner };

/**
 * What stands above a controller and sets its count; undefined where nothing does.
 *
 * Only ReplicationControllers and ReplicaSets are made by others in the course of rollouts. Who owns a Deployment or a
 * StatefulSet made it once and lets its count alone, as the Apache operator does; if not, that shows as a second writer.
 */
export function aboveOf(kind: KnownKind, { metadata }: Workload): Above | undefined {
  if (kind !== 'replicationcontroller' && kind !== 'replicaset') return undefined;
  const owner = controllerOf({ metadata });
  const known = owner && kindOfOwner(owner.apiVersion, owner.kind);
  if (owner !== undefined && known !== undefined) return above(known, owner.name);
  if (owner !== undefined) return { known: false, owner };
  if (kind === 'replicaset') return undefined;
  const config = metadata.annotations[DEPLOYMENT_CONFIG];
  if (config !== undefined) return above('deploymentconfig', config);
  const cluster = metadata.labels[SPARK_CLUSTER];
  return cluster === undefined ? undefined : above('sparkcluster', cluster);
}

function above(kind: KnownKind, name: string): Above {
  return { known: true, reference: { kind, name } };
}

/** A controller that something else sets back cannot be a target: says what to set instead. */
export function setBackError(kind: KnownKind, name: string, by: Above): OperatingError {
  const shown = by.known
    ? describeReference(by.reference)
    : `${by.owner.kind}/${by.owner.name} of ${by.owner.apiVersion}`;
  const instead = by.known ? shown : 'that, as group/version/plural/name, if it has a scale subresource';
  const detail = `it belongs to ${shown}, which sets its count back; set ELASTIC_WORKER_TARGET to ${instead}`;
  return { kind: 'refused', what: describeReference({ kind, name }), detail };
}

/** Follows an owner upward to what sets the count. Fails where a step may not be read, with the right that is missing. */
export async function followOwner(
  client: KubeClient,
  start: Pick<Owner, 'apiVersion' | 'kind' | 'name'>,
  signal: AbortSignal,
): Promise<Result<TargetReference>> {
  let next = start;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const kind = kindOfOwner(next.apiVersion, next.kind);
    if (kind === undefined) return scalableOwner(client, next, signal);
    const { name } = next;
    if (kind !== 'replicationcontroller' && kind !== 'replicaset') return ok({ kind, name });
    const found = await readKnown(client, kind, name, signal);
    if (!found.ok) return err(whileFollowing(found.error, kind, name));
    const up = aboveOf(kind, found.value.workload);
    if (up === undefined) return ok({ kind, name });
    if (up.known) return ok(up.reference);
    next = up.owner;
  }
  const detail = `the owners above ${start.kind}/${start.name} do not end; ${MEND}`;
  return err({ kind: 'refused', what: `owner of ${start.kind}/${start.name}`, detail });
}

function whileFollowing(error: OperatingError, kind: KnownKind, name: string): OperatingError {
  const shown = describeReference({ kind, name });
  if (error.kind !== 'unauthorized') return error;
  return { ...error, detail: `${error.detail} to find what sets the count of ${shown}, or ${MEND}` };
}

const ApiResources = v.object({ resources: v.array(v.object({ name: v.string(), kind: v.string() })) });

/** An owner of a kind that we have no adapter for: a target if it can be scaled. */
async function scalableOwner(
  client: KubeClient,
  { apiVersion, kind, name }: Pick<Owner, 'apiVersion' | 'kind' | 'name'>,
  signal: AbortSignal,
): Promise<Result<TargetReference>> {
  const group = groupOf(apiVersion);
  const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
  const what = `${kind}/${name} of ${apiVersion}`;
  const none = err({
    kind: 'refused',
    what,
    detail: `the worker pods belong to it, and it has no scale subresource, so their number cannot be set; ${MEND}`,
  } as const);
  if (group === '') return none;
  const call: KubeCall = { verb: 'get', group, resource: 'apiresources', what, namespace: undefined };
  const answer = await client.call<unknown>(call, signal, (o) => client.objects.getAPIResources({ group, version }, o));
  if (!answer.ok) return answer;
  const listed = parseAs(ApiResources, answer.value, what);
  if (!listed.ok) return listed;
  const plural = listed.value.resources.find((one) => one.kind === kind && !one.name.includes('/'))?.name;
  const scalable = listed.value.resources.some((one) => one.name === `${plural ?? ''}/scale`);
  return plural !== undefined && scalable ? ok({ kind: 'scalable', group, version, plural, name }) : none;
}

/** "rc/a, deployment/b". */
export function listReferences(references: readonly TargetReference[]): string {
  return references.map(describeReference).join(', ');
}

/** Whether the two are the same object. */
export function sameReference(a: TargetReference, b: TargetReference): boolean {
  return describeReference(a) === describeReference(b);
}

/** Kinds that may carry the labels of a cluster's workers, the usual ones first. */
export const LABELLED_KINDS = [
  'replicationcontroller',
  'deployment',
  'statefulset',
  'replicaset',
  'deploymentconfig',
] as const satisfies readonly (keyof typeof KINDS)[];
