/** The controller that keeps as many pods as wanted, and the life of a pod. */
import { deletePod, newUid, nextRevision, type ControllerStatus, type KubeState, type Pod } from './model.ts';
import { byDeletion } from './ranking.ts';
import { matchesLabels } from './selectors.ts';

/** The part of a pod's start that passes before its container runs. */
const PENDING_SHARE = 0.5;
const NODES = 4;
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** What happened to pods in one step, for the Spark side. */
export interface PodChanges {
  readonly becameReady: readonly Pod[];
  /** Pods whose processes were told to end: deleted ones. */
  readonly stopped: readonly Pod[];
}

/** One step: pods progress, the controller creates or deletes, its status follows. */
export function stepKube(kube: KubeState, nowMs: number): PodChanges {
  const changes = stepPods(kube, nowMs);
  reconcile(kube, nowMs);
  updateStatus(kube);
  return changes;
}

function stepPods(kube: KubeState, nowMs: number): PodChanges {
  const becameReady: Pod[] = [];
  const stopped: Pod[] = [];
  for (const pod of kube.pods.values()) {
    if (pod.deletion !== undefined) {
      if (pod.ready) {
        pod.ready = false;
        pod.resourceVersion = nextRevision(kube);
      }
      stopped.push(pod);
      if (pod.deletion.goneAtMs <= nowMs) kube.pods.delete(pod.name);
      continue;
    }
    if (!pod.running && pod.runsAtMs <= nowMs) {
      pod.running = true;
      pod.resourceVersion = nextRevision(kube);
    }
    if (!pod.ready && pod.readyAtMs <= nowMs) {
      pod.ready = true;
      pod.resourceVersion = nextRevision(kube);
      becameReady.push(pod);
    }
  }
  return { becameReady, stopped };
}

/** Pods that count as the controller's: owned, matching, not being deleted. A pod that lost the labels is let go. */
function ownedPods(kube: KubeState): Pod[] {
  const { uid, selector } = kube.controller;
  const owned = [...kube.pods.values()].filter((pod) => pod.ownerUid === uid && pod.deletion === undefined);
  for (const pod of owned) {
    if (matchesLabels(selector, pod.labels)) continue;
    pod.ownerUid = undefined;
    pod.resourceVersion = nextRevision(kube);
  }
  return owned.filter((pod) => pod.ownerUid === uid);
}

function reconcile(kube: KubeState, nowMs: number): void {
  const owned = ownedPods(kube);
  const missing = kube.controller.replicas - owned.length;
  const room = kube.faults.podQuota - kube.pods.size;
  for (let made = 0; made < Math.min(missing, room); made += 1) createPod(kube, nowMs);
  if (missing >= 0) return;
  for (const pod of owned.sort(byDeletion(nowMs)).slice(0, -missing)) deletePod(kube, pod, nowMs);
}

function createPod(kube: KubeState, nowMs: number): void {
  const { options, faults, controller, random } = kube;
  const number = kube.createdPods;
  kube.createdPods += 1;
  const startMs = options.podStartMs + faults.extraPodStartMs;
  const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)]);
  const pod: Pod = {
    name: `${controller.name}-${suffix.join('')}`,
    uid: newUid(random),
    ip: `${options.network}.${Math.floor(number / 250) % 200}.${1 + (number % 250)}`,
    nodeName: `node-${1 + (number % NODES)}`,
    createdAtMs: nowMs,
    runsAtMs: nowMs + startMs * PENDING_SHARE,
    readyAtMs: faults.podsNeverReady ? Infinity : nowMs + startMs,
    ownerUid: controller.uid,
    labels: { ...controller.selector },
    annotations: {},
    resourceVersion: nextRevision(kube),
    running: false,
    ready: false,
    deletion: undefined,
  };
  kube.pods.set(pod.name, pod);
}

function updateStatus(kube: KubeState): void {
  const owned = ownedPods(kube);
  const status: ControllerStatus = {
    replicas: owned.length,
    readyReplicas: owned.filter(({ ready }) => ready).length,
    observedGeneration: kube.controller.generation,
  };
  const before = kube.controller.status;
  const same =
    status.replicas === before.replicas &&
    status.readyReplicas === before.readyReplicas &&
    status.observedGeneration === before.observedGeneration;
  if (same) return;
  kube.controller.status = status;
  kube.controller.resourceVersion = nextRevision(kube);
}
