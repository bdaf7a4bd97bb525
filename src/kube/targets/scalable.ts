/**
 * Anything else with a `scale` subresource: the count is read and set there, and nothing is known of how pods are picked.
 */
import * as v from 'valibot';
import type { TargetView } from '../../core/cluster-view.ts';
import { describeError, err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { malformed } from '../errors.ts';
import { apiVersionOf, MEND, viewOf, withMend, type TargetAdapter, type TargetReading } from './adapter.ts';
import { getObject, getScale } from './objects.ts';
import { OwnPods } from './own-pods.ts';
import { shortName, type TargetReference } from './reference.ts';
import { parseScale, resizeScale, selectorOfScale, type Scale } from './scale.ts';
import { parseAs, parseWorkload, type Workload } from './workload.ts';

export type ScalableReference = Extract<TargetReference, { readonly kind: 'scalable' }>;

const Kind = v.object({ kind: v.string() });

/** The adapter of an object that only its `scale` is known of. */
export function scalableTarget(client: KubeClient, reference: ScalableReference): TargetAdapter {
  const { name, group } = reference;
  const target = shortName(reference);
  const owned = new OwnPods(client);

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const answer = await getObject(client, reference, name, target, signal);
    if (!answer.ok) return err(withMend(answer.error, target, group, client.namespace));
    const kind = parseAs(Kind, answer.value, target);
    if (!kind.ok) return kind;
    const workload = parseWorkload(answer.value, target);
    if (!workload.ok) return workload;
    const scale = await readScale(client, reference, target, signal);
    if (!scale.ok) return scale;
    const podSelector = selectorOfScale(scale.value);
    if (podSelector === undefined) return err(malformed(`scale of ${target}`, 'status.selector, which names its pods'));
    const { uid } = workload.value.metadata;
    const owners = await owned.ownersBelow(uid, podSelector, signal);
    const view = viewOfScale(target, workload.value, scale.value, owners);
    const identity = { apiVersion: apiVersionOf(reference), kind: kind.value.kind, name, uid, podSelector, below: [] };
    return ok({ view, identity });
  }

  return {
    read,
    resize: (workers, revision, _, signal) => resizeScale(client, reference, name, target, workers, revision, signal),
  };
}

/** The object is there: a 404 now means that it cannot be scaled. */
async function readScale(
  client: KubeClient,
  reference: ScalableReference,
  target: string,
  signal: AbortSignal,
): Promise<Result<Scale>> {
  const what = `scale of ${target}`;
  const answer = await getScale(client, reference, reference.name, what, signal);
  if (answer.ok) return parseScale(answer.value, what);
  if (answer.error.kind !== 'not-found') return answer;
  const detail = `it has no scale subresource, so its number of pods cannot be set; ${MEND}`;
  return err({ kind: 'refused', what: target, detail, status: 404 });
}

function viewOfScale(target: string, workload: Workload, scale: Scale, owners: Result<readonly string[]>): TargetView {
  return viewOf(target, workload, {
    plannedWorkers: scale.spec.replicas,
    existingPods: scale.status.replicas,
    revision: scale.metadata.resourceVersion ?? workload.metadata.resourceVersion,
    podOwnerUids: owners.ok ? owners.value : [workload.metadata.uid],
    removal: 'unknowable',
    unsettled: owners.ok ? undefined : `whose its pods are is not known: ${describeError(owners.error)}`,
  });
}
