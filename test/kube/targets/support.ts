/** Objects as the API server shows them, with the fields that every kind has. */
import { AssertionError } from 'chai';
import { ok, type OperatingError, type Result } from '../../../src/core/result.ts';
import { workerTarget, type KubeTarget } from '../../../src/kube/target.ts';
import type { KnownKind } from '../../../src/kube/targets/reference.ts';
import { testClient } from '../support.ts';

export type Json = Record<string, unknown>;

const NAMESPACED = 'namespaces/team';
export const RCS = `/api/v1/${NAMESPACED}/replicationcontrollers`;
export const PODS = `/api/v1/${NAMESPACED}/pods`;
export const RSS = `/apis/apps/v1/${NAMESPACED}/replicasets`;
export const DEPLOYMENTS = `/apis/apps/v1/${NAMESPACED}/deployments`;
export const STSS = `/apis/apps/v1/${NAMESPACED}/statefulsets`;
export const DCS = `/apis/apps.openshift.io/v1/${NAMESPACED}/deploymentconfigs`;
export const SPARK_CLUSTERS = `/apis/radanalytics.io/v1/${NAMESPACED}/sparkclusters`;

/** A pod template that says how large a worker is: 2 cores, 4 GiB. */
export const TEMPLATE = {
  spec: {
    containers: [
      {
        name: 'worker',
        env: [
          { name: 'SPARK_WORKER_CORES', value: '2' },
          { name: 'SPARK_WORKER_MEMORY', value: '4g' },
        ],
      },
    ],
  },
};

export interface Shown {
  readonly name?: string;
  readonly metadata?: Json;
  readonly spec?: Json;
  readonly status?: Json;
}

/** Three replicas asked for, two made, one ready; `spec` and `status` replace single fields. */
export function workload({ name = 'workers', metadata, spec, status }: Shown = {}): Json {
  return {
    metadata: { name, namespace: 'team', uid: `uid-of-${name}`, resourceVersion: '41', ...metadata },
    spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, template: TEMPLATE, ...spec },
    status: { replicas: 2, readyReplicas: 1, ...status },
  };
}

/** The owner that controls an object. */
export function ownedBy(apiVersion: string, kind: string, name: string, uid = `uid-of-${name}`): Json {
  return { ownerReferences: [{ apiVersion, kind, name, uid, controller: true }] };
}

export function list(...items: Json[]): Json {
  return { kind: 'List', metadata: {}, items };
}

export function pod(name: string, metadata: Json = {}): Json {
  return { metadata: { name, uid: `uid-of-${name}`, resourceVersion: '1', ...metadata }, status: { phase: 'Running' } };
}

/** A target that is named. */
export function named(kind: KnownKind, name = 'workers'): KubeTarget {
  return workerTarget(testClient(), { by: 'reference', reference: { kind, name } });
}

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(`${result.error.what}: ${result.error.detail}`);
  return result.value;
}

export function errorOf(result: Result<unknown>): OperatingError {
  if (result.ok) throw new AssertionError('expected a failure');
  return result.error;
}

/** What other adapters are told of a target, where a test needs no more. */
export function identityOf(kind: string, apiVersion: string, name = 'workers'): { identity: KubeTarget['identity'] } {
  const identity = { kind, apiVersion, name, uid: 'u', podSelector: 'a=b', below: [] };
  return { identity: () => Promise.resolve(ok(identity)) };
}
