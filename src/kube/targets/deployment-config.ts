/**
 * OpenShift's DeploymentConfig: each rollout is a ReplicationController, which the config sets back to its own count, so
 * the count is always set at the config.
 *
 * Its scale ignores a resourceVersion (R23): the write is a JSON patch that tests the count it was decided on, and is
 * looked at again afterwards.
 */
import * as v from 'valibot';
import { err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { objectName, readKnown, viewOf, type TargetAdapter, type TargetReading } from './adapter.ts';
import { active, rolloutsOf } from './deployment.ts';
import { patchScale, type JsonPatchOperation } from './objects.ts';
import { describeReference, KINDS } from './reference.ts';
import { storedScale } from './scale.ts';
import { controllerOf, parseAs, selectorOfMap, type Workload } from './workload.ts';

/** Label and annotation of a rollout's ReplicationController. */
const CONFIG_NAME = 'openshift.io/deployment-config.name';
const PHASE = 'openshift.io/deployment.phase';
/** Phases in which the deployer no longer moves pods. */
const ENDED = ['Complete', 'Failed'];

const DeploymentConfig = v.object({
  spec: v.object({ selector: v.optional(v.unknown()), paused: v.optional(v.boolean(), false) }),
});

/** The adapter of a DeploymentConfig. */
export function deploymentConfigTarget(client: KubeClient, name: string): TargetAdapter {
  const target = describeReference({ kind: 'deploymentconfig', name });

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const found = await readKnown(client, 'deploymentconfig', name, signal);
    if (!found.ok) return found;
    const { raw, workload } = found.value;
    const parsed = parseAs(DeploymentConfig, raw, target);
    if (!parsed.ok) return parsed;
    const query = selectorOfMap(parsed.value.spec.selector, target);
    if (!query.ok) return query;
    const what = `rollouts of ${target}`;
    const rollouts = await rolloutsOf(client, 'replicationcontroller', `${CONFIG_NAME}=${name}`, what, signal);
    if (!rollouts.ok) return rollouts;
    const { uid } = workload.metadata;
    // Old versions of OpenShift set no owner reference: the label alone then says whose it is.
    const own = rollouts.value.filter((one) => (controllerOf(one)?.uid ?? uid) === uid);
    const view = viewOf(target, workload, {
      plannedWorkers: workload.spec.replicas ?? 0, // unlike the built-in kinds, a 0 may be left out
      removal: 'by-cost',
      podOwnerUids: own.map(({ metadata }) => metadata.uid),
      unsettled: whyUnsettled(target, parsed.value.spec.paused, own),
    });
    const below = own.map(({ metadata }) => objectName('replicationcontroller', metadata.name));
    return ok({ view, identity: { ...objectName('deploymentconfig', name), uid, podSelector: query.value, below } });
  }

  async function resize(
    workers: number,
    revision: string,
    last: TargetReading | undefined,
    signal: AbortSignal,
  ): Promise<Result<{ readonly revision: string }>> {
    const what = `scale of ${target}`;
    const moved = (detail: string): Result<never> => err({ kind: 'conflict', what, detail });
    if (last?.view.revision !== revision) return moved('it was read again since this was decided');
    const answer = await patchScale(client, KINDS.deploymentconfig, name, what, countPatch(last, workers), signal);
    if (!answer.ok) {
      const { error } = answer;
      return error.status === 422 ? moved(`its count is no longer ${last.view.plannedWorkers}`) : answer;
    }
    const written = storedScale(answer.value, what, workers);
    if (!written.ok) return written;
    const now = await readKnown(client, 'deploymentconfig', name, signal);
    if (!now.ok) return now;
    const { spec, metadata } = now.value.workload;
    const count = spec.replicas ?? 0;
    return count === workers
      ? ok({ revision: metadata.resourceVersion })
      : moved(`${workers} was set, and right after it somebody else set ${count}`);
  }

  return { read, resize };
}

/** Sets the count if it still is what it was. A 0 is left out of the object, where only a test for null finds it. */
function countPatch({ view }: TargetReading, workers: number): readonly JsonPatchOperation[] {
  const path = '/spec/replicas';
  return [
    { op: 'test', path, value: view.plannedWorkers === 0 ? null : view.plannedWorkers },
    { op: 'add', path, value: workers },
  ];
}

function whyUnsettled(target: string, paused: boolean, own: readonly Workload[]): string | undefined {
  if (paused) return `${target} is paused: its count has no effect until somebody resumes it`;
  const { length: count } = active(own);
  if (count > 1) return `a rollout of ${target} is under way: pods of ${count} rollouts come and go`;
  const moving = own.find(({ metadata }) => !ENDED.includes(metadata.annotations[PHASE] ?? 'Complete'));
  return moving === undefined ? undefined : `a rollout of ${target} is under way: ${moving.metadata.name}`;
}
