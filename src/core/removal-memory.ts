/** What is remembered of the pods from one pass to the next; none of it has to outlive the daemon. */
import type { PodView } from './cluster-view.ts';
import { isDecommissioned, type Fleet, type FleetPod } from './fleet.ts';
import { LastMade } from './kept.ts';
import type { PinnedSince } from './ledger.ts';
import type { ApplicationObservation } from './observation.ts';
import { freshAt } from './reading.ts';
import type { RemovalPlan } from './removal.ts';
import { isNothing } from './resources.ts';
import type { WorkerView } from './spark-view.ts';

export interface RemovalMemory {
  /** UIDs of pods that were seen Ready. */
  readonly seenReady: ReadonlySet<string>;
  /** When a worker was first seen DECOMMISSIONED, by pod UID; monotonic milliseconds. */
  readonly decommissionedAtMs: ReadonlyMap<string, number>;
  /** Since when pods on their way out have been known to be empty, by name; monotonic milliseconds. */
  readonly emptySinceMs: ReadonlyMap<string, number>;
  readonly pinnedSinceMs: PinnedSince;
  /** Since when each application has been seen to run no job, by its id; monotonic milliseconds. */
  readonly quietSinceMs: ReadonlyMap<string, number>;
  /** Since when the master has booked work on an ALIVE worker of a pod that was to be marked, by its UID. */
  readonly bookedAtMs: ReadonlyMap<string, number>;
  /** Pods in which more than one worker was seen, by UID, with the restarts of their containers by then. */
  readonly shared: ReadonlyMap<string, number>;
  /** Each pod's deletion cost and since when it has been that, by pod UID; monotonic milliseconds. */
  readonly costs: ReadonlyMap<string, { readonly cost: number; readonly sinceMs: number }>;
}

export const NEW_REMOVAL_MEMORY: RemovalMemory = {
  seenReady: new Set(),
  decommissionedAtMs: new Map(),
  emptySinceMs: new Map(),
  costs: new Map(),
  shared: new Map(),
  bookedAtMs: new Map(),
  pinnedSinceMs: new Map(),
  quietSinceMs: new Map(),
};

/** Brings the memory up to date with what is seen now; entries of pods that are gone are dropped. */
export function rememberPods(memory: RemovalMemory, fleet: Fleet, nowMs: number): RemovalMemory {
  const { seenReady, costs } = seenPods(memory, fleet, nowMs);
  const shared = sharedPods(memory.shared, fleet);
  const isSame = seenReady === memory.seenReady && costs === memory.costs && shared === memory.shared;
  const nobodyLeaves = fleet.leaving.length + memory.decommissionedAtMs.size + memory.bookedAtMs.size === 0;
  if (isSame && nobodyLeaves) return memory;
  const decommissionedAtMs = new Map<string, number>();
  const bookedAtMs = new Map<string, number>();
  for (const entry of fleet.leaving) {
    const { pod, workers } = entry;
    if (pod.markedAtEpochMs !== undefined && workers.some(isBooked)) {
      bookedAtMs.set(pod.uid, memory.bookedAtMs.get(pod.uid) ?? nowMs);
    }
    if (isDecommissioned(entry)) {
      decommissionedAtMs.set(pod.uid, memory.decommissionedAtMs.get(pod.uid) ?? nowMs);
    }
  }
  return { ...memory, seenReady, decommissionedAtMs, costs, shared, bookedAtMs };
}

type Seen = Pick<RemovalMemory, 'seenReady' | 'costs'>;

/** What is known since the newest list of pods has been seen. */
let newestSeen: (Seen & { readonly list: Fleet['list'] }) | undefined;

/** Pods are listed less often than is decided. */
function seenPods(memory: Seen, { list, pods }: Fleet, nowMs: number): Seen {
  const last = newestSeen;
  // The same list tells nothing new to whom it has told all.
  if (last?.list === list && last.seenReady === memory.seenReady && last.costs === memory.costs) return last;
  const seenReady = readyPods(memory.seenReady, pods);
  const costs = costsOf(memory.costs, pods, nowMs);
  newestSeen = { list, seenReady, costs };
  return newestSeen;
}

/** A pod is shared until its containers have been started again. */
function sharedPods(before: RemovalMemory['shared'], { pods, shared }: Fleet): RemovalMemory['shared'] {
  if (before.size === 0 && shared.length === 0) return before;
  const still = pods.filter(({ pod }) => before.get(pod.uid) === pod.restarts);
  return new Map([...still, ...shared].map(({ pod: { uid, restarts } }) => [uid, restarts]));
}

function isBooked({ state, used }: WorkerView): boolean {
  return state === 'ALIVE' && !isNothing(used);
}

/** The same set where it would be equal: most passes see the pods of the pass before. */
function readyPods(before: ReadonlySet<string>, pods: readonly FleetPod[]): ReadonlySet<string> {
  let known = 0;
  let news = false;
  for (const { pod } of pods) {
    if (before.has(pod.uid)) known += 1;
    else news ||= pod.ready;
  }
  if (!news && known === before.size) return before;
  return new Set(pods.filter(({ pod }) => pod.ready || before.has(pod.uid)).map(({ pod }) => pod.uid));
}

/** The same map where it would be equal. */
function costsOf(before: RemovalMemory['costs'], pods: readonly FleetPod[], nowMs: number): RemovalMemory['costs'] {
  const isKnown = ({ pod }: FleetPod): boolean => before.get(pod.uid)?.cost === pod.deletionCost;
  if (pods.length === before.size && pods.every(isKnown)) return before;
  return new Map(
    pods.map(({ pod: { uid, deletionCost } }) => {
      const earlier = before.get(uid);
      return [uid, earlier?.cost === deletionCost ? earlier : { cost: deletionCost, sinceMs: nowMs }];
    }),
  );
}

const newest = new LastMade<number>();

/** Since when the last of all costs has been what it is. */
export function newestCostMs(costs: RemovalMemory['costs']): number {
  return newest.get([costs], () => {
    let newestMs = -Infinity;
    for (const { sinceMs } of costs.values()) newestMs = Math.max(newestMs, sinceMs);
    return newestMs;
  });
}

/** Costs that were written just now: whatever the next list shows, the controller may not have seen it. */
export function costsChanged(memory: RemovalMemory, pods: readonly PodView[], nowMs: number): RemovalMemory {
  const changed = pods.map(({ uid }) => [uid, { cost: NaN, sinceMs: nowMs }] as const);
  return { ...memory, costs: new Map([...memory.costs, ...changed]) };
}

/**
 * Brings up to date since when applications have run no job; what cannot be seen to be quiet is not.
 *
 * @param seenAtMs when they were seen like this, where that was before.
 */
export function rememberQuiet(
  memory: RemovalMemory,
  applications: readonly ApplicationObservation[],
  nowMs: number,
  seenAtMs = nowMs,
): RemovalMemory {
  const before = memory.quietSinceMs;
  const isQuiet = ({ holdings }: ApplicationObservation): boolean =>
    holdings.known && holdings.value.activity === 'idle' && freshAt(holdings, seenAtMs).known;
  let known = 0;
  let news = false;
  for (const one of applications) {
    if (!isQuiet(one)) continue;
    if (before.has(one.application.id)) known += 1;
    else news = true;
  }
  if (!news && known === before.size) return memory;
  const ids = applications.filter(isQuiet).map(({ application }) => application.id);
  return { ...memory, quietSinceMs: new Map(ids.map((id) => [id, before.get(id) ?? nowMs])) };
}

/** Brings up to date since when which of those on their way out have been known to be empty. */
export function rememberEmpty(memory: RemovalMemory, leaving: RemovalPlan['leaving'], nowMs: number): RemovalMemory {
  const before = memory.emptySinceMs;
  if (leaving.length === 0 && before.size === 0) return memory;
  const empty = leaving.filter(({ phase }) => phase === 'empty');
  return { ...memory, emptySinceMs: new Map(empty.map(({ name }) => [name, before.get(name) ?? nowMs])) };
}

/** Brings up to date since when who has been pinning what. */
export function rememberPins(memory: RemovalMemory, pinnedSinceMs: PinnedSince): RemovalMemory {
  return pinnedSinceMs.size === 0 && memory.pinnedSinceMs.size === 0 ? memory : { ...memory, pinnedSinceMs };
}
