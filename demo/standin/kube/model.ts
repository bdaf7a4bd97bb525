/** What the stand-in knows of one namespace: a ReplicationController and its pods. Times are epoch milliseconds. */
import type { Faults } from '../faults.ts';
import type { JsonObject } from '../json.ts';
import type { WorldOptions } from '../options.ts';

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly nodeName: string;
  readonly createdAtMs: number;
  /** When its container runs, and when it is Ready; Infinity for a pod that never becomes Ready. */
  readonly runsAtMs: number;
  readonly readyAtMs: number;
  ownerUid: string | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  resourceVersion: number;
  running: boolean;
  ready: boolean;
  deletion: PodDeletion | undefined;
}

export interface PodDeletion {
  readonly requestedAtMs: number;
  readonly graceSec: number;
  readonly goneAtMs: number;
}

export interface Controller {
  readonly name: string;
  readonly uid: string;
  readonly createdAtMs: number;
  readonly selector: Readonly<Record<string, string>>;
  replicas: number;
  generation: number;
  resourceVersion: number;
  status: ControllerStatus;
}

export interface ControllerStatus {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly observedGeneration: number;
}

export interface KubeState {
  readonly options: WorldOptions;
  readonly faults: Faults;
  readonly controller: Controller;
  readonly pods: Map<string, Pod>;
  /** Objects that are only stored: resource ("configmaps") to name to object. */
  readonly documents: Map<string, Map<string, JsonObject>>;
  /** The last resourceVersion given out. */
  revision: number;
  createdPods: number;
  readonly random: () => number;
}

/** The next resourceVersion: one sequence for all objects, as etcd's. */
export function nextRevision(kube: KubeState): number {
  kube.revision += 1;
  return kube.revision;
}

/** A UID of the usual form, from the world's own randomness. */
export function newUid(random: () => number): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function kubeState(options: WorldOptions, faults: Faults, nowMs: number): KubeState {
  const random = seededRandom(options.seed);
  const controller: Controller = {
    name: options.controllerName,
    uid: newUid(random),
    createdAtMs: nowMs,
    selector: options.podLabels,
    replicas: options.initialWorkers,
    generation: 1,
    resourceVersion: 1,
    status: { replicas: 0, readyReplicas: 0, observedGeneration: 0 },
  };
  return { options, faults, controller, pods: new Map(), documents: new Map(), revision: 1, createdPods: 0, random };
}

/** Sets the wanted replicas, by whoever it is; a change is a new generation and resourceVersion. */
export function setReplicas(kube: KubeState, replicas: number): void {
  if (replicas === kube.controller.replicas) return;
  kube.controller.replicas = replicas;
  kube.controller.generation += 1;
  kube.controller.resourceVersion = nextRevision(kube);
}

/**
 * Begins to delete a pod. One that runs stays for `podStopMs` with its deletionTimestamp, one that does not, or is
 * deleted without grace, goes with the next step. A pod that is already being deleted stays as it is.
 */
export function deletePod(kube: KubeState, pod: Pod, nowMs: number, graceSec = 30): void {
  if (pod.deletion !== undefined) return;
  const stopMs = pod.running && graceSec > 0 ? kube.options.podStopMs : 0;
  pod.deletion = { requestedAtMs: nowMs, graceSec, goneAtMs: nowMs + stopMs };
  pod.resourceVersion = nextRevision(kube);
}
