/**
 * The fleet: which registered worker is which pod, and what each is good for.
 *
 * A worker is matched to a pod by address, by pod name or by host name (spark.md 11). No match or two matches means
 * that nobody knows for sure which pod would go: such a worker is capacity, never a victim.
 */
import type { PodView, TargetView } from './cluster-view.ts';
import { Kept } from './kept.ts';
import type { Guards } from './removal-guards.ts';
import type { MasterView, WorkerView } from './spark-view.ts';

/** A pod of our target with the registered workers that live in it; DEAD entries are left out. */
export interface FleetPod {
  readonly pod: PodView;
  readonly workers: readonly WorkerView[];
}

export interface Fleet {
  /** Pods that belong to our target and are not already ending. */
  readonly pods: readonly FleetPod[];
  /** Of these, those that were marked or whose workers are DECOMMISSIONED: they serve no more, and must go. */
  readonly leaving: readonly FleetPod[];
  /** All others of these. */
  readonly serving: readonly FleetPod[];
  /** Pods of our target that have been asked to end. */
  readonly endingPods: readonly FleetPod[];
  /** Workers that are not pods of our target: capacity, never victims, outside min and max (R14). */
  readonly foreignWorkers: readonly WorkerView[];
  /** Workers that match more than one pod, by id: never victims. */
  readonly ambiguousWorkerIds: ReadonlySet<string>;
  /** ALIVE workers by lower-case host: more than one shares the fate of a mark, which is by host. */
  readonly aliveByHost: ReadonlyMap<string, readonly WorkerView[]>;
}

const fleets = new Kept<MasterView, Fleet>();

/**
 * Matches the master's workers to the target's pods; `guards` are given where a removal may follow. The same views give the
 * same fleet, also as an object.
 */
export function buildFleet(
  master: MasterView,
  pods: readonly PodView[],
  target: TargetView,
  guards: Pick<Guards, 'ours'> = { ours: whyNotOurs },
): Fleet {
  const key = [pods, target.podOwnerUids.join(), guards.ours];
  return fleets.get(master, key, () => matchFleet(master, pods, target, guards));
}

function matchFleet(
  master: MasterView,
  pods: readonly PodView[],
  target: TargetView,
  guards: Pick<Guards, 'ours'>,
): Fleet {
  const key = [target.podOwnerUids.join(), guards.ours];
  const index = indexes.get(pods, key, () => indexPods(pods, target, guards));
  const own = index.own.map(emptyPod);
  const foreignWorkers: WorkerView[] = [];
  const ambiguousWorkerIds = new Set<string>();
  const aliveByHost = new Map<string, WorkerView[]>();
  for (const worker of master.workers) {
    if (worker.state === 'DEAD') continue;
    const host = normalHost(worker.host);
    if (worker.state === 'ALIVE') pushTo(aliveByHost, host, worker);
    const matches = lookUp(index.places, host);
    if (matches.length === 0) foreignWorkers.push(worker);
    if (matches.length > 1) ambiguousWorkerIds.add(worker.id);
    for (const place of matches) addTo(own[place], worker);
  }
  const running = own.filter(({ pod }) => !pod.terminating);
  const leaving = running.filter(isLeaving);
  return {
    pods: running,
    leaving,
    serving: leaving.length === 0 ? running : running.filter((entry) => !isLeaving(entry)),
    endingPods: own.filter(({ pod }) => pod.terminating),
    foreignWorkers,
    ambiguousWorkerIds,
    aliveByHost,
  };
}

/** Why a pod is none of the target's workers (R22); undefined where it is one. */
export function whyNotOurs({ ownerUid }: PodView, { podOwnerUids }: TargetView): string | undefined {
  const ours = ownerUid !== undefined && podOwnerUids.includes(ownerUid);
  return ours ? undefined : 'another controller owns it';
}

/** Why it is not certain which pod a worker lives in; undefined where it is. */
export function whyAmbiguous({ id }: WorkerView, { ambiguousWorkerIds }: Fleet): string | undefined {
  return ambiguousWorkerIds.has(id) ? 'its worker matches more than one pod' : undefined;
}

export function isAlive({ state }: WorkerView): boolean {
  return state === 'ALIVE';
}

/** A pod that was marked, or whose worker the master shows as DECOMMISSIONED: it serves no more, and must go. */
export function isLeaving(entry: FleetPod): boolean {
  return entry.pod.markedAtEpochMs !== undefined || isDecommissioned(entry);
}

/** All its workers, since one of two may be the entry of an earlier container, or still serve. */
export function isDecommissioned({ workers }: FleetPod): boolean {
  return workers.length > 0 && workers.every(({ state }) => state === 'DECOMMISSIONED');
}

/** Host without brackets, in lower case. */
export function normalHost(host: string): string {
  const bracketed = host.startsWith('[') || host.endsWith(']');
  return (bracketed ? host.replace(/^\[|\]$/g, '') : host).toLowerCase();
}

/** Succeeded and Failed pods are no longer counted by the controller. */
function isFinished(pod: PodView): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

interface FillingPod extends FleetPod {
  workers: readonly WorkerView[];
}

const NO_WORKERS: readonly WorkerView[] = [];

function emptyPod(pod: PodView): FillingPod {
  return { pod, workers: NO_WORKERS };
}

/** Nearly every pod has one, and a list that grows would take room for many. */
function addTo(entry: FillingPod | undefined, worker: WorkerView): void {
  if (entry !== undefined) entry.workers = entry.workers.length === 0 ? [worker] : [...entry.workers, worker];
}

/** Pods of the target, and every name they may register by with the places of those that bear it. */
interface PodIndex {
  readonly own: readonly PodView[];
  readonly places: ReadonlyMap<string, readonly number[]>;
}

/** Pods are listed less often than the master is asked. */
const indexes = new Kept<readonly PodView[], PodIndex>();

function indexPods(pods: readonly PodView[], target: TargetView, guards: Pick<Guards, 'ours'>): PodIndex {
  const own = pods.filter((pod) => guards.ours(pod, target) === undefined && !isFinished(pod));
  const places = new Map<string, number[]>();
  for (const [place, pod] of own.entries()) {
    for (const name of namesOf(pod)) {
      // A pod whose names are alike bears that name once.
      if (places.get(name)?.at(-1) !== place) pushTo(places, name, place);
    }
  }
  return { own, places };
}

const NOWHERE: readonly number[] = [];

/** By the whole host first, then by its leading labels: a pod's DNS name begins with its host name or its own name. */
function lookUp(places: PodIndex['places'], host: string): readonly number[] {
  const exact = places.get(host);
  if (exact !== undefined) return exact;
  const labels = host.split('.');
  if (host.includes(':') || labels.every((label) => /^\d+$/.test(label))) return NOWHERE;
  return places.get(labels.slice(0, 2).join('.')) ?? places.get(labels[0] ?? '') ?? NOWHERE;
}

function namesOf(pod: PodView): string[] {
  const names = [...pod.addresses, pod.name];
  if (pod.hostname !== undefined) {
    names.push(pod.hostname);
    if (pod.subdomain !== undefined) names.push(`${pod.hostname}.${pod.subdomain}`);
  }
  return names.map((name) => normalHost(name));
}

function pushTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
