/** What the daemon needs from Kubernetes. The adapters in this folder do the I/O and nothing else. */
import type { PodView, TargetView } from '../core/cluster-view.ts';
import type { Result } from '../core/result.ts';

/** The controller whose replicas are the workers. */
export interface WorkerTarget {
  read(signal: AbortSignal): Promise<Result<TargetView>>;
  /**
   * Sets the replicas with one PATCH of the scale subresource that carries `revision`.
   * A `conflict` means the world moved: observe again, never send the same decision twice. After a `timeout` or
   * `unreachable` the outcome is not known.
   */
  resize(workers: number, revision: string, signal: AbortSignal): Promise<Result<{ readonly revision: string }>>;
}

/** The pods of that controller. */
export interface WorkerPods {
  /** All pods the target's selector matches. `consistent` asks for the newest state, else a cached one will do. */
  list(consistent: boolean, signal: AbortSignal): Promise<Result<readonly PodView[]>>;
  /** Writes our own annotation and the deletion cost, which is strongly negative, against the pod's revision. */
  choose(pod: PodView, atEpochMs: number, cost: number, signal: AbortSignal): Promise<Result<void>>;
  /**
   * Writes `elastic-worker/marked-at` (epoch milliseconds as text), against the pod's revision, *before* the master is
   * asked: a mark cannot be undone, so it must be remembered whatever happens next. `undefined` takes it off again,
   * for a mark that the master refused.
   */
  noteMark(pod: PodView, atEpochMs: number | undefined, signal: AbortSignal): Promise<Result<void>>;
  /** Takes all our annotations off again. */
  release(pod: PodView, signal: AbortSignal): Promise<Result<void>>;
  /** Deletes exactly this pod (UID precondition), so that the controller makes a fresh one in its place. */
  remove(pod: PodView, signal: AbortSignal): Promise<Result<void>>;
}

/** Who else sets the count. */
export interface ScalerSource {
  /** Names like "HorizontalPodAutoscaler/spark-w"; empty where there are none or none may be listed. */
  read(signal: AbortSignal): Promise<Result<readonly string[]>>;
}

/** Nodes that are about to go. */
export interface NodeSource {
  /** By name, each with the reason: "its node n-1 is cordoned". */
  read(signal: AbortSignal): Promise<Result<ReadonlyMap<string, string>>>;
}

/** The cluster's ConfigMap: its data, or `undefined` where there is no such ConfigMap. */
export interface ClusterConfigSource {
  readonly name: string;
  read(signal: AbortSignal): Promise<Result<Readonly<Record<string, string>> | undefined>>;
}

/** Who acts, and what it left to remember, as our own Lease holds it (R25). */
export interface TenureView {
  readonly held: boolean;
  readonly holder: string;
  /** What was saved last, by us or by an earlier holder; undefined if nothing was. */
  readonly saved: string | undefined;
}

/** Makes sure that one daemon acts at a time, and keeps its memory across restarts. */
export interface Tenure {
  /** Takes or renews the Lease. Held by another and not expired is a success with `held: false`. */
  renew(signal: AbortSignal): Promise<Result<TenureView>>;
  /** Replaces what is remembered; only while held. */
  save(state: string, signal: AbortSignal): Promise<Result<void>>;
  /** Lets another take over at once. */
  release(signal: AbortSignal): Promise<Result<void>>;
}

/** A Kubernetes Event on the target: best effort, never a reason to stop. */
export interface ClusterEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines: "SuccessfulRescale". */
  readonly reason: string;
  readonly message: string;
}

export interface EventSink {
  publish(event: ClusterEvent, signal: AbortSignal): Promise<Result<void>>;
}
