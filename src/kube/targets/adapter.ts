/** What each kind of target is to the rest: read, and resized against what was read. */
import type { TargetView } from '../../core/cluster-view.ts';
import { err, ok, type OperatingError, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { getObject, type ResourceKind } from './objects.ts';
import { describeReference, KINDS, type KindFacts, type KnownKind } from './reference.ts';
import { parseWorkload, templateOf, type Workload } from './workload.ts';
import { workerShapeOf } from '../worker-shape.ts';

/** An object as an HPA or an Event names it. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** What other adapters need of the target. */
export interface TargetIdentity extends ObjectName {
  readonly uid: string;
  /** A query for its pods. */
  readonly podSelector: string;
  /** The controllers below it that hold the same count: who sets theirs sets ours. */
  readonly below: readonly ObjectName[];
}

export interface TargetReading {
  readonly view: TargetView;
  readonly identity: TargetIdentity;
}

export interface TargetAdapter {
  read(signal: AbortSignal): Promise<Result<TargetReading>>;
  /** `last` is the newest reading; `revision` the one that was decided on. */
  resize(
    workers: number,
    revision: string,
    last: TargetReading | undefined,
    signal: AbortSignal,
  ): Promise<Result<{ readonly revision: string }>>;
}

/** The view of an object with the usual fields; `more` is what its kind adds or says otherwise. */
export function viewOf(
  name: string,
  { metadata, spec, status }: Workload,
  more: Pick<TargetView, 'removal' | 'unsettled'> & Partial<TargetView>,
): TargetView {
  return {
    name,
    uid: metadata.uid,
    plannedWorkers: spec.replicas ?? 1, // a controller has its 0 written out; what is absent means 1
    existingPods: status.replicas,
    readyPods: status.readyReplicas,
    revision: metadata.resourceVersion,
    workerShape: workerShapeOf(templateOf(spec.template)),
    podOwnerUids: [metadata.uid],
    ...more,
  };
}

/** Name of an object of a known kind. */
export function objectName(kind: KnownKind, name: string): ObjectName {
  const facts: KindFacts = KINDS[kind];
  return { apiVersion: apiVersionOf(facts), kind: facts.kind, name };
}

export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Reads an object of a known kind; that there is none is answered with what to set instead. */
export async function readKnown(
  client: KubeClient,
  kind: KnownKind,
  name: string,
  signal: AbortSignal,
): Promise<Result<{ readonly raw: unknown; readonly workload: Workload }>> {
  const what = describeReference({ kind, name });
  const found = await getObject(client, KINDS[kind], name, what, signal);
  if (!found.ok) {
    const facts: KindFacts = KINDS[kind];
    return err(withMend(found.error, `${facts.kind} ${name}`, facts.group, client.namespace));
  }
  const workload = parseWorkload(found.value, what);
  return workload.ok ? ok({ raw: found.value, workload: workload.value }) : workload;
}

/** A 404 in words that name the setting; `object` is like "Deployment spark-w". */
export function withMend(error: OperatingError, object: string, group: string, namespace: string): OperatingError {
  if (error.kind !== 'not-found') return error;
  const unserved = group === '' || group === 'apps' ? '' : ', or this cluster does not know the kind';
  const detail = `there is no ${object} in namespace ${namespace}${unserved}; ${MEND}`;
  return { ...error, detail };
}

export const MEND = 'set ELASTIC_WORKER_TARGET to what sets the number of workers';
