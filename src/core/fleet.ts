/**
 * The fleet: which registered worker is which pod, and what each is good for.
 *
 * A worker is matched to a pod by address, by pod name or by host name (spark.md 11). No match or two matches means
 * that nobody knows for sure which pod would go: such a worker is capacity, never a victim.
 */
import type { PodView, TargetView } from './cluster-view.ts';
import { LastMade } from './kept.ts';
import { isNothing } from './resources.ts';
import type { Guards } from './removal-guards.ts';
import type { MasterView, WorkerView } from './spark-view.ts';

/** A pod of our target with the registered workers that live in it; DEAD entries are left out. */
export interface FleetPod {
  readonly pod: PodView;
  readonly workers: readonly WorkerView[];
  /** Those of the workers that are ALIVE. */
  readonly alive: readonly WorkerView[];
  /** It was marked, or the master shows its worker as DECOMMISSIONED: it serves no more, and must go. */
  readonly leaves: boolean;
}

export interface Fleet {
  /** The pods of our target as they were listed, those that end included. */
  readonly list: readonly PodView[];
  /** Pods that belong to our target and are not already ending. */
  readonly pods: readonly FleetPod[];
  /** Of these, those that were marked or whose workers are DECOMMISSIONED: they serve no more, and must go. */
  readonly leaving: readonly FleetPod[];
  /** All others of these. */
  readonly serving: readonly FleetPod[];
  /** Of those that serve, those that were chosen to go. */
  readonly chosen: readonly FleetPod[];
  /** R24: of those that serve, those that are about to be taken with their node. */
  readonly doomed: readonly FleetPod[];
  /** ALIVE workers, of those that serve, on which nothing is booked. */
  readonly idleWorkers: readonly WorkerView[];
  /** Of all these, those whose worker is in no list of the master. */
  readonly unregistered: readonly FleetPod[];
  /** Of all these, those in which more than one worker is ALIVE. */
  readonly shared: readonly FleetPod[];
  /** Pods of our target that have been asked to end. */
  readonly endingPods: readonly FleetPod[];
  /** Workers ALIVE at the master, ours or not. */
  readonly aliveWorkers: number;
  /** Workers that are not pods of our target: capacity, never victims, outside min and max (R14). */
  readonly foreignWorkers: readonly WorkerView[];
  /** Workers that match more than one pod, by id: never victims. */
  readonly ambiguousWorkerIds: ReadonlySet<string>;
  /** ALIVE workers by lower-case host, where it has more than one: they share the fate of a mark, which is by host. */
  readonly crowdedHosts: ReadonlyMap<string, readonly WorkerView[]>;
}

const fleets = new LastMade<Fleet>();

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
  const key = [master, pods, target.podOwnerUids.join(), guards.ours];
  return fleets.get(key, () => matchFleet(master, pods, target, guards));
}

function matchFleet(
  master: MasterView,
  pods: readonly PodView[],
  target: TargetView,
  guards: Pick<Guards, 'ours'>,
): Fleet {
  const key = [pods, target.podOwnerUids.join(), guards.ours];
  const index = indexes.get(key, () => indexPods(pods, target, guards));
  const { own } = index;
  const found = new Array<readonly WorkerView[] | undefined>(own.length);
  const foreignWorkers: WorkerView[] = [];
  const ambiguous: WorkerView[] = [];
  let aliveWorkers = 0;
  for (const worker of master.workers) {
    if (worker.state === 'DEAD') continue;
    if (worker.state === 'ALIVE') aliveWorkers += 1;
    const at = placesOf(worker, index);
    if (at === undefined) foreignWorkers.push(worker);
    else if (typeof at === 'number') found[at] = withWorker(found[at], worker);
    else {
      ambiguous.push(worker);
      for (const place of at) found[place] = withWorker(found[place], worker);
    }
  }
  const several: WorkerView[] = [];
  for (const workers of found) if (workers !== undefined && workers.length > 1) several.push(...workers);
  return {
    list: own,
    ...sortPods(own, found),
    aliveWorkers,
    foreignWorkers,
    ambiguousWorkerIds: new Set(ambiguous.map(({ id }) => id)),
    crowdedHosts: crowdedHosts([...foreignWorkers, ...several]),
  };
}

type Sorted = Pick<
  Fleet,
  'pods' | 'leaving' | 'serving' | 'chosen' | 'doomed' | 'idleWorkers' | 'unregistered' | 'shared' | 'endingPods'
>;

function sortPods(own: readonly PodView[], found: readonly (readonly WorkerView[] | undefined)[]): Sorted {
  const pods: FleetPod[] = [];
  const leaving: FleetPod[] = [];
  const serving: FleetPod[] = [];
  const chosen: FleetPod[] = [];
  const doomed: FleetPod[] = [];
  const unregistered: FleetPod[] = [];
  const shared: FleetPod[] = [];
  const idleWorkers: WorkerView[] = [];
  const endingPods: FleetPod[] = [];
  let place = -1;
  for (const pod of own) {
    place += 1;
    const entry = fleetPod(pod, found[place]);
    if (pod.terminating) {
      endingPods.push(entry);
      continue;
    }
    pods.push(entry);
    if (entry.workers.length === 0) unregistered.push(entry);
    if (entry.alive.length > 1) shared.push(entry);
    (entry.leaves ? leaving : serving).push(entry);
    if (entry.leaves) continue;
    for (const worker of entry.alive) if (isNothing(worker.used)) idleWorkers.push(worker);
    if (pod.chosenAtEpochMs !== undefined) chosen.push(entry);
    if (pod.disruption !== undefined) doomed.push(entry);
  }
  return { pods, leaving, serving, chosen, doomed, idleWorkers, unregistered, shared, endingPods };
}

/** A pod with its workers, and what follows from both. */
export function fleetPod(pod: PodView, workers: readonly WorkerView[] = NO_WORKERS): FleetPod {
  const alive = workers.every(isAlive) ? workers : workers.filter(isAlive);
  return { pod, workers, alive, leaves: pod.markedAtEpochMs !== undefined || isDecommissioned({ workers }) };
}

/** Whoever has a host together is in the same pods, or in none. */
function crowdedHosts(candidates: readonly WorkerView[]): ReadonlyMap<string, readonly WorkerView[]> {
  if (candidates.length === 0) return NO_HOSTS;
  const byHost = new Map<string, WorkerView[]>();
  // One that matches several pods is in each of them.
  for (const worker of new Set(candidates)) if (isAlive(worker)) pushTo(byHost, normalHost(worker.host), worker);
  return new Map([...byHost].filter(([, { length }]) => length > 1));
}

const NO_HOSTS: ReadonlyMap<string, readonly WorkerView[]> = new Map();

const byHosts = new LastMade<ReadonlyMap<string, readonly WorkerView[]>>();

/** ALIVE workers by lower-case host. */
export function aliveByHost(fleet: Fleet): ReadonlyMap<string, readonly WorkerView[]> {
  return byHosts.get([fleet], () => {
    const byHost = new Map<string, readonly WorkerView[]>();
    const note = (alive: readonly WorkerView[]): void => {
      for (const worker of alive) {
        const host = normalHost(worker.host);
        const there = byHost.get(host);
        if (there === undefined) byHost.set(host, alive.length === 1 ? alive : [worker]);
        else if (!there.includes(worker)) byHost.set(host, [...there, worker]);
      }
    };
    for (const { alive } of fleet.pods) note(alive);
    for (const { alive } of fleet.endingPods) note(alive);
    note(fleet.foreignWorkers.filter(isAlive));
    return byHost;
  });
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

/** All its workers, since one of two may be the entry of an earlier container, or still serve. */
export function isDecommissioned({ workers }: Pick<FleetPod, 'workers'>): boolean {
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

const NO_WORKERS: readonly WorkerView[] = [];

/** Nearly every pod has one, and a list that grows would take room for many. */
function withWorker(workers: readonly WorkerView[] | undefined, worker: WorkerView): readonly WorkerView[] {
  return workers === undefined ? [worker] : [...workers, worker];
}

/** Places of the pods that bear a name: most names have one. */
type Places = number | readonly number[];

/** Pods of the target, and how to find those that bear a name. */
interface PodIndex {
  readonly own: readonly PodView[];
  /** By address: most workers register by it, so the other names are mostly not asked for. */
  readonly byAddress: ReadonlyMap<string, Places>;
  /** By every name they may register by. */
  readonly byName: () => ReadonlyMap<string, Places>;
}

/** Pods are listed less often than the master is asked. */
const indexes = new LastMade<PodIndex>();

function indexPods(pods: readonly PodView[], target: TargetView, guards: Pick<Guards, 'ours'>): PodIndex {
  const own = pods.filter((pod) => guards.ours(pod, target) === undefined && !isFinished(pod));
  let all: ReadonlyMap<string, Places> | undefined;
  const byName = (): ReadonlyMap<string, Places> => (all ??= placesBy(own, namesOf));
  // One that is named like an address may be taken for that of another.
  const byAddress = own.some(isNamedLikeAddress) ? byName() : placesBy(own, addressesOf);
  return { own, byAddress, byName };
}

function placesBy(own: readonly PodView[], namesIn: (pod: PodView) => readonly string[]): ReadonlyMap<string, Places> {
  const places = new Map<string, Places>();
  let place = -1;
  for (const pod of own) {
    place += 1;
    for (const name of namesIn(pod)) {
      const there = places.get(name);
      if (there === undefined) places.set(name, place);
      // A pod whose names are alike bears that name once.
      else if (typeof there !== 'number') places.set(name, there.at(-1) === place ? there : [...there, place]);
      else if (there !== place) places.set(name, [there, place]);
    }
  }
  return places;
}

/** By the whole host first, then by its leading labels: a pod's DNS name begins with its host name or its own name. */
function placesOf(worker: WorkerView, { byAddress, byName }: PodIndex): Places | undefined {
  // Addresses in the index are written as hosts should be, and so are most hosts.
  const exact = byAddress.get(worker.host);
  if (exact !== undefined) return exact;
  const host = normalHost(worker.host);
  if (isAddress(host)) return byAddress.get(host);
  const places = byName();
  const labels = host.split('.');
  return places.get(host) ?? places.get(labels.slice(0, 2).join('.')) ?? places.get(labels[0] ?? '');
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** Of the names a pod may register by its own alone may have more than one dot; none may have a colon. */
function isNamedLikeAddress({ name }: PodView): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57;
}

function addressesOf({ addresses }: PodView): readonly string[] {
  return addresses.map((address) => normalHost(address));
}

/** Every name it may register by. */
function namesOf(pod: PodView): readonly string[] {
  const all = [...pod.addresses, pod.name];
  if (pod.hostname !== undefined) {
    all.push(pod.hostname);
    if (pod.subdomain !== undefined) all.push(`${pod.hostname}.${pod.subdomain}`);
  }
  return all.map((name) => normalHost(name));
}

function pushTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
