/**
 * SparkCluster of the radanalytics operator: the operator keeps a ReplicationController at `spec.worker.instances`, so
 * the count is set there. A change of that number alone makes it scale; any other change would make the cluster anew.
 */
import * as v from 'valibot';
import { err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { objectName, readKnown, viewOf, type TargetAdapter, type TargetReading } from './adapter.ts';
import { patchObject } from './objects.ts';
import { describeReference, KINDS } from './reference.ts';
import { parseAs, type Workload } from './workload.ts';

const DEFAULT_INSTANCES = 1;

const SparkCluster = v.object({
  metadata: v.object({ resourceVersion: v.string() }),
  spec: v.object({
    worker: v.optional(v.object({ instances: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))) })),
  }),
});

/** The adapter of a SparkCluster. */
export function sparkClusterTarget(client: KubeClient, name: string): TargetAdapter {
  const target = describeReference({ kind: 'sparkcluster', name });

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const found = await readKnown(client, 'sparkcluster', name, signal);
    if (!found.ok) return found;
    const { raw, workload } = found.value;
    const parsed = parseAs(SparkCluster, raw, target);
    if (!parsed.ok) return parsed;
    const planned = parsed.value.spec.worker?.instances ?? DEFAULT_INSTANCES;
    const controller = `${name}-w`;
    const read = await readKnown(client, 'replicationcontroller', controller, signal);
    // Not made yet, or being made anew: then there is no pod either.
    const below = read.ok ? read.value.workload : undefined;
    if (!read.ok && read.error.kind !== 'not-found') return read;
    const view = viewOf(target, below ?? NOT_MADE, {
      uid: workload.metadata.uid,
      revision: workload.metadata.resourceVersion,
      plannedWorkers: planned,
      podOwnerUids: below === undefined ? [] : [below.metadata.uid],
      removal: 'by-cost',
      unsettled: whyUnsettled(controller, planned, below),
    });
    const identity = {
      ...objectName('sparkcluster', name),
      uid: workload.metadata.uid,
      podSelector: `radanalytics.io/SparkCluster=${name},radanalytics.io/podType=worker`,
      below: [objectName('replicationcontroller', controller)],
    };
    return ok({ view, identity });
  }

  async function resize(
    workers: number,
    revision: string,
    signal: AbortSignal,
  ): Promise<Result<{ readonly revision: string }>> {
    const body = { metadata: { resourceVersion: revision }, spec: { worker: { instances: workers } } };
    const answer = await patchObject(client, KINDS.sparkcluster, name, target, body, signal);
    if (!answer.ok) return answer;
    const parsed = parseAs(SparkCluster, answer.value, target);
    if (!parsed.ok) return parsed;
    const stored = parsed.value.spec.worker?.instances ?? DEFAULT_INSTANCES;
    if (stored === workers) return ok({ revision: parsed.value.metadata.resourceVersion });
    return err({ kind: 'refused', what: target, detail: `asked for ${workers} workers, ${stored} were stored` });
  }

  return { read, resize: (workers, revision, _, signal) => resize(workers, revision, signal) };
}

/** Stands for a ReplicationController that is not there: it says nothing of the size of a worker. */
const NOT_MADE: Workload = {
  metadata: { name: '', uid: '', resourceVersion: '', labels: {}, annotations: {}, ownerReferences: [] },
  spec: {},
  status: { replicas: 0, readyReplicas: 0 },
};

/** While the operator has not followed, a further change could reach it in one with the last. */
function whyUnsettled(controller: string, planned: number, below: Workload | undefined): string | undefined {
  const replicas = below?.spec.replicas ?? 0;
  if (replicas === planned) return undefined;
  return `the operator has not followed yet: rc/${controller} has ${replicas} replicas, ${planned} are asked for`;
}
