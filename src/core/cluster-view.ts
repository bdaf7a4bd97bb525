/** What the daemon knows of the Kubernetes side: plain data, as the adapters hand it to the core. */
import type { Resources } from './resources.ts';

/**
 * How the platform picks who goes when the count is lowered: by readiness and deletion cost, so that we can choose; the
 * pod with the highest ordinal, whoever that is; or in a way that cannot be known.
 */
export type RemovalOrder = 'by-cost' | 'highest-ordinal' | 'unknowable';

/** The worker controller: what is asked for and what exists. */
export interface TargetView {
  /** "rc/spark-workers", "deployment/spark-w", for people. */
  readonly name: string;
  readonly uid: string;
  /** *planned*: replicas asked for at present. */
  readonly plannedWorkers: number;
  /** Pods the controller counts, whatever their state. */
  readonly existingPods: number;
  readonly readyPods: number;
  /** The resourceVersion this was read at: every write carries it. */
  readonly revision: string;
  /** The size of one worker as the pod template states it; undefined where it does not. */
  readonly workerShape: Resources | undefined;
  /** UIDs of the controllers whose pods are this target's workers (R22): its own, or those of its rollouts. */
  readonly podOwnerUids: readonly string[];
  readonly removal: RemovalOrder;
  /** Where ordinals begin; 0 if absent. */
  readonly firstOrdinal?: number;
  /** Why nobody can tell at present who would go: a rollout is under way. The count may be raised, not lowered. */
  readonly unsettled: string | undefined;
}

/** One worker pod. */
export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly revision: string;
  /** UID of the controller that owns the pod, if one does. */
  readonly ownerUid: string | undefined;
  /** All addresses of the pod, without brackets; empty before it has one. */
  readonly addresses: readonly string[];
  /** Host name and subdomain where the pod sets them. */
  readonly hostname: string | undefined;
  readonly subdomain: string | undefined;
  readonly phase: string;
  readonly ready: boolean;
  /** Whether a node was assigned: a pod without one dies first. */
  readonly scheduled: boolean;
  /** Whether the pod has been asked to end. */
  readonly terminating: boolean;
  readonly createdAtEpochMs: number;
  /** Sum over its containers. */
  readonly restarts: number;
  /** Name of its node; undefined before it has one. */
  readonly nodeName?: string | undefined;
  /** Why the pod is about to be taken, whatever we do (R24): "its node is cordoned". Absent for nearly all. */
  readonly disruption?: string | undefined;
  /** What this daemon wrote on the pod when it chose it; undefined if it did not. */
  readonly chosenAtEpochMs: number | undefined;
  /** What this daemon wrote on the pod before it asked the master to decommission its worker (`elastic-worker/marked-at`). */
  readonly markedAtEpochMs: number | undefined;
  /** `controller.kubernetes.io/pod-deletion-cost`, 0 where absent. */
  readonly deletionCost: number;
}
