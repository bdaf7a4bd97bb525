/** Deployment: its pods belong to ReplicaSets, one for each rollout; the count is the Deployment's. */
import * as v from 'valibot';
import { ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { objectName, readKnown, viewOf, type TargetAdapter, type TargetReading } from './adapter.ts';
import { listObjects } from './objects.ts';
import { describeReference, KINDS } from './reference.ts';
import { resizeScale } from './scale.ts';
import { controllerOf, parseAs, parseWorkload, selectorOfLabels, type Workload } from './workload.ts';

const Selector = v.object({ spec: v.object({ selector: v.optional(v.unknown()) }) });

/** The adapter of a Deployment. */
export function deploymentTarget(client: KubeClient, name: string): TargetAdapter {
  const target = describeReference({ kind: 'deployment', name });

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const found = await readKnown(client, 'deployment', name, signal);
    if (!found.ok) return found;
    const { raw, workload } = found.value;
    const parsed = parseAs(Selector, raw, target);
    if (!parsed.ok) return parsed;
    const query = selectorOfLabels(parsed.value.spec.selector, target);
    if (!query.ok) return query;
    const rollouts = await rolloutsOf(client, 'replicaset', query.value, `replicasets of ${target}`, signal);
    if (!rollouts.ok) return rollouts;
    const own = rollouts.value.filter((one) => controllerOf(one)?.uid === workload.metadata.uid);
    const view = viewOf(target, workload, {
      removal: 'by-cost',
      podOwnerUids: own.map(({ metadata }) => metadata.uid),
      unsettled: whyUnsettled(target, workload, own),
    });
    const below = own.map(({ metadata }) => objectName('replicaset', metadata.name));
    const { uid } = workload.metadata;
    return ok({ view, identity: { ...objectName('deployment', name), uid, podSelector: query.value, below } });
  }

  return {
    read,
    resize: (workers, revision, _, signal) =>
      resizeScale(client, KINDS.deployment, name, target, workers, revision, signal),
  };
}

/** The controllers of one kind with these labels: one for each rollout. */
export async function rolloutsOf(
  client: KubeClient,
  kind: 'replicaset' | 'replicationcontroller',
  labelSelector: string,
  what: string,
  signal: AbortSignal,
): Promise<Result<readonly Workload[]>> {
  const listed = await listObjects(client, KINDS[kind], labelSelector, what, signal);
  if (!listed.ok) return listed;
  const workloads: Workload[] = [];
  for (const item of listed.value) {
    const workload = parseWorkload(item, what);
    if (!workload.ok) return workload;
    workloads.push(workload.value);
  }
  return ok(workloads);
}

/** Controllers that have pods or are to have some. */
export function active(rollouts: readonly Workload[]): readonly Workload[] {
  return rollouts.filter(({ spec, status }) => (spec.replicas ?? 1) > 0 || status.replicas > 0);
}

/** During a rollout a shrink is spread over old and new pods: the cost ranks only within each. */
function whyUnsettled(target: string, workload: Workload, own: readonly Workload[]): string | undefined {
  const { generation } = workload.metadata;
  const { length: count } = active(own);
  if (count > 1) return `a rollout of ${target} is under way: pods of ${count} ReplicaSets come and go`;
  const unseen = generation !== undefined && (workload.status.observedGeneration ?? 0) < generation;
  return unseen ? `${target} was changed and its controller has not looked yet: a rollout may begin` : undefined;
}
