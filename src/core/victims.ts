/**
 * Who may go: candidates, their order, and what Kubernetes would choose by itself.
 */
import type { PodView } from './cluster-view.ts';
import { normalHost, type Fleet, type FleetPod } from './fleet.ts';
import type { Reading } from './reading.ts';
import { freshAt, unknown } from './reading.ts';
import type { Guards } from './removal-guards.ts';
import { isNothing } from './resources.ts';
import type { DriverView, WorkerSelfView, WorkerView } from './spark-view.ts';

export interface VictimContext {
  readonly nowMs: number;
  readonly nowEpochMs: number;
  readonly heartbeatFreshMs: number;
  readonly fleet: Fleet;
  /** Workers that run a driver, by id. */
  readonly driverWorkerIds: ReadonlySet<string>;
  readonly workerSelves: ReadonlyMap<string, Reading<WorkerSelfView>>;
  /** Pods that were seen Ready at some time. */
  readonly seenReady: ReadonlySet<string>;
  /** Pods in which more than one worker was seen, by UID. */
  readonly shared: ReadonlyMap<string, number>;
  /** What forbids a removal, by name. */
  readonly guards: Guards;
}

/** What stands between a pod and its removal. */
export type Standing =
  | { readonly kind: 'never-started' }
  | { readonly kind: 'idle'; readonly worker: WorkerView }
  | { readonly kind: 'busy'; readonly worker: WorkerView }
  | { readonly kind: 'kept'; readonly why: string };

/**
 * Judges one pod of ours.
 *
 * `never-started`: not Ready, never seen Ready, its containers not running: nothing can be lost (R2).
 * `idle`: exactly one registered worker, ALIVE, nothing booked, no driver, heartbeat fresh, alone behind its host (R3).
 * `busy`: the same with executors: it may go if it can be drained. Everything else is kept, with the reason.
 */
export function standingOf(entry: FleetPod, context: VictimContext): Standing {
  const { pod, workers } = entry;
  const { fleet, guards } = context;
  const [worker] = workers;
  if (worker === undefined) {
    const why = guards.neverStarted(pod, context);
    return why === undefined ? { kind: 'never-started' } : kept(why);
  }
  const unclear = guards.alone(worker, entry, context) ?? guards.matched(worker, fleet);
  if (unclear !== undefined) return kept(unclear);
  if (worker.state !== 'ALIVE') return kept(`its worker is ${worker.state}`);
  if (!pod.ready) return kept('its worker is registered but the pod is not Ready');
  const silentMs = context.nowEpochMs - worker.lastHeartbeatAtEpochMs;
  if (silentMs > context.heartbeatFreshMs) return kept(`its last heartbeat is ${Math.round(silentMs / 1000)} s old`);
  const driver = guards.noDriver(worker, context);
  if (driver !== undefined) return kept(driver);
  return { kind: isNothing(worker.used) ? 'idle' : 'busy', worker };
}

/** Why a pod without a worker may have something to lose (R2); undefined where it never started. */
export function whyStarted(pod: PodView, { seenReady }: Pick<VictimContext, 'seenReady'>): string | undefined {
  const started = pod.ready || seenReady.has(pod.uid) || pod.restarts > 0 || pod.phase !== 'Pending';
  return started ? 'no worker of this pod is in the master’s list: unknown, not free' : undefined;
}

/** Why a driver would go with the worker; undefined where none runs there. */
export function whyDriver(
  { id }: WorkerView,
  { driverWorkerIds }: Pick<VictimContext, 'driverWorkerIds'>,
): string | undefined {
  return driverWorkerIds.has(id) ? 'a driver runs there' : undefined;
}

/** The workers that run these drivers, by id. */
export function workersOf(drivers: readonly DriverView[]): ReadonlySet<string> {
  return new Set(drivers.flatMap(({ workerId }) => workerId ?? []));
}

function kept(why: string): Standing {
  return { kind: 'kept', why };
}

/**
 * Whether the worker's own page proves it empty (R3), by a reading not older than `sinceMs`.
 *
 * @returns undefined if it does, else why it does not.
 */
export function whyNotProvenEmpty(worker: WorkerView, context: VictimContext, sinceMs: number): string | undefined {
  const { guards } = context;
  const old = guards.pageIsNew(worker, context, sinceMs);
  return old ?? guards.provenEmpty(worker, context) ?? guards.noDriver(worker, context);
}

/** Why its own page is of no use, since it is from before something that matters; undefined where it is new enough. */
export function whyPageIsOld(worker: WorkerView, context: VictimContext, sinceMs: number): string | undefined {
  const self = selfOf(worker, context);
  return self.known && self.takenAtMs < sinceMs ? 'its own page has not been read again since' : undefined;
}

/** What its own page shows to be there still, or why that cannot be known; undefined where it shows nothing. */
export function whyPageShowsUse(worker: WorkerView, context: VictimContext): string | undefined {
  const self = selfOf(worker, context);
  if (!self.known) return `its own page is not known: ${self.reason}`;
  if (self.value.executorCount > 0) return `it still runs ${self.value.executorCount} executors`;
  return isNothing(self.value.used) ? undefined : 'its own page still shows cores or memory in use';
}

/** Why a mark, which is by host, or the pod's end would hit more than this one worker; undefined where it would not. */
export function whyNotAlone(
  worker: WorkerView,
  entry: FleetPod,
  { fleet, shared }: Pick<VictimContext, 'fleet' | 'shared'>,
): string | undefined {
  if (fleet.crowdedHosts.size > 0) {
    const together = fleet.crowdedHosts.get(normalHost(worker.host));
    const other = together?.some((one) => !entry.workers.includes(one));
    if (other === true) return `another worker shares the host ${worker.host}`;
  }
  const { length } = entry.workers;
  // One that is in no list now runs on all the same.
  if (length === 1) return shared.has(entry.pod.uid) ? 'more than one worker was seen in the pod' : undefined;
  const allLeave = entry.workers.every(({ state }) => state === 'DECOMMISSIONED');
  return length > 1 && !allLeave ? `${length} workers share the pod` : undefined;
}

/** What the worker says of itself, if that can still be trusted and it is this worker that answers. */
export function selfOf(worker: WorkerView, context: VictimContext): Reading<WorkerSelfView> {
  const self = freshAt(context.workerSelves.get(worker.id) ?? NOT_READ, context.nowMs);
  return self.known && self.value.id !== worker.id ? unknown('another worker answers at its address') : self;
}

const NOT_READ = { known: false, reason: 'not read yet' } as const;

/**
 * Candidates in the order they should go: as the controller would rank them without our cost, so that none waits behind
 * a pod that goes before it anyway; then the newest; ties by name.
 */
export function byPreference(a: PodView, b: PodView): number {
  return (
    Number(a.scheduled) - Number(b.scheduled) ||
    Number(a.ready) - Number(b.ready) ||
    b.createdAtEpochMs - a.createdAtEpochMs ||
    (a.name < b.name ? -1 : 1)
  );
}

/**
 * The pods the controller would delete if the count went down by `count` (kubernetes.md 2.1, rules 1 to 4).
 *
 * @returns their UIDs, or undefined where those rules leave a tie, so that nobody can know.
 */
export function predictVictims(pods: readonly PodView[], count: number): ReadonlySet<string> | undefined {
  const ranked = firstInOrder(pods, count + 1);
  const last = ranked[count - 1];
  const next = ranked[count];
  if (last !== undefined && next !== undefined && compareForDeletion(last, next) === 0) return undefined;
  return new Set(ranked.slice(0, count).map((pod) => pod.uid));
}

/** So many of the first in that order; ties are broken by no rule. */
function firstInOrder(pods: readonly PodView[], count: number): readonly PodView[] {
  if (count > FEW) return [...pods].sort(compareForDeletion).slice(0, count);
  const first: PodView[] = [];
  for (const pod of pods) {
    const last = first[count - 1];
    // Of thousands nearly all go later than the few that are asked for.
    if (last !== undefined && compareForDeletion(last, pod) <= 0) continue;
    const at = first.findIndex((other) => compareForDeletion(pod, other) < 0);
    first.splice(at < 0 ? first.length : at, 0, pod);
    if (first.length > count) first.pop();
  }
  return first;
}

/** Beyond these it is cheaper to sort all. */
const FEW = 64;

function compareForDeletion(a: PodView, b: PodView): number {
  return compareBeforeCost(a, b) || a.deletionCost - b.deletionCost;
}

/** Below 0 where the controller takes `a` before `b` whatever they cost. */
export function compareBeforeCost(a: PodView, b: PodView): number {
  return (
    Number(a.scheduled) - Number(b.scheduled) ||
    phaseRank(a.phase) - phaseRank(b.phase) ||
    Number(a.ready) - Number(b.ready)
  );
}

function phaseRank(phase: string): number {
  if (phase === 'Pending') return 0;
  return phase === 'Unknown' ? 1 : 2;
}
