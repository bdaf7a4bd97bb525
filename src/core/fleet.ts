/**
 * The fleet: which registered worker is which pod, and what each is good for.
 *
 * A worker is matched to a pod by address, by pod name or by host name (spark.md 11). No match or two matches means
 * that nobody knows for sure which pod would go: such a worker is capacity, never a victim.
 */
import type { PodView, TargetView } from './cluster-view.ts';
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
  /** Pods of our target that have been asked to end. */
  readonly endingPods: readonly FleetPod[];
  /** Workers that are not pods of our target: capacity, never victims, outside min and max (R14). */
  readonly foreignWorkers: readonly WorkerView[];
  /** Workers that match more than one pod, by id: never victims. */
  readonly ambiguousWorkerIds: ReadonlySet<string>;
  /** ALIVE workers by lower-case host: more than one shares the fate of a mark, which is by host. */
  readonly aliveByHost: ReadonlyMap<string, readonly WorkerView[]>;
}

/** The last fleet made of each master's view, for as long as that view is held. */
const made = new WeakMap<MasterView, { key: readonly unknown[]; fleet: Fleet }>();

/**
 * Matches the master's workers to the target's pods; `guards` are given where a removal may follow. The same views give the
 * same fleet, also as an object: a simulation decides many times on what did not change.
 */
export function buildFleet(
  master: MasterView,
  pods: readonly PodView[],
  target: TargetView,
  guards: Pick<Guards, 'ours'> = { ours: whyNotOurs },
): Fleet {
  const key = [pods, target.podOwnerUids.join(), guards.ours];
  const last = made.get(master);
  if (last?.key.every((part, index) => part === key[index]) === true) return last.fleet;
  const fleet = matchFleet(master, pods, target, guards);
  made.set(master, { key, fleet });
  return fleet;
}

function matchFleet(
  master: MasterView,
  pods: readonly PodView[],
  target: TargetView,
  guards: Pick<Guards, 'ours'>,
): Fleet {
  const own = pods.filter((pod) => guards.ours(pod, target) === undefined && !isFinished(pod)).map(emptyPod);
  const index = indexPods(own);
  const foreignWorkers: WorkerView[] = [];
  const ambiguousWorkerIds = new Set<string>();
  const aliveByHost = new Map<string, WorkerView[]>();
  for (const worker of master.workers) {
    if (worker.state === 'DEAD') continue;
    const host = normalHost(worker.host);
    if (worker.state === 'ALIVE') pushTo(aliveByHost, host, worker);
    const matches = lookUp(index, host);
    if (matches.length === 0) foreignWorkers.push(worker);
    if (matches.length > 1) ambiguousWorkerIds.add(worker.id);
    for (const match of matches) match.workers = [...match.workers, worker];
  }
  return {
    pods: own.filter(({ pod }) => !pod.terminating),
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

/** Every name a pod may register by, to the pod that bears it; names of several pods stand apart, since there are few. */
interface PodIndex {
  readonly one: ReadonlyMap<string, FillingPod>;
  readonly several: ReadonlyMap<string, readonly FillingPod[]>;
}

function indexPods(pods: readonly FillingPod[]): PodIndex {
  const one = new Map<string, FillingPod>();
  const several = new Map<string, FillingPod[]>();
  for (const entry of pods) {
    for (const name of namesOf(entry.pod)) {
      const earlier = one.get(name);
      if (earlier === undefined) one.set(name, entry);
      // A pod whose names are alike bears that name once.
      else if (earlier !== entry && several.get(name)?.at(-1) !== entry) {
        several.set(name, [...(several.get(name) ?? [earlier]), entry]);
      }
    }
  }
  return { one, several };
}

/** By the whole host first, then by its leading labels: a pod's DNS name begins with its host name or its own name. */
function lookUp(index: PodIndex, host: string): readonly FillingPod[] {
  const exact = namedPods(index, host);
  if (exact.length > 0) return exact;
  const labels = host.split('.');
  if (host.includes(':') || labels.every((label) => /^\d+$/.test(label))) return [];
  const byBoth = namedPods(index, labels.slice(0, 2).join('.'));
  return byBoth.length > 0 ? byBoth : namedPods(index, labels[0] ?? '');
}

function namedPods({ one, several }: PodIndex, name: string): readonly FillingPod[] {
  const entry = one.get(name);
  if (entry === undefined) return [];
  return several.get(name) ?? [entry];
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
