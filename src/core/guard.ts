/**
 * When the count may not go down, and why: the master's word is not always the whole truth.
 *
 * A master without recovery restarts as ALIVE with no application and no worker (R1): a known zero that is false. After
 * anything that may have been a restart nobody shrinks until every Ready worker pod has registered again, and then a
 * hold more.
 */
import type { Fleet } from './fleet.ts';
import { areAlike } from './kept.ts';
import type { Guards } from './removal-guards.ts';
import type { MasterView } from './spark-view.ts';

export interface GuardMemory {
  /** The master as it was last seen; undefined before the first look and after it could not be seen. */
  readonly lastSeen: LastSeen | undefined;
  /** Why a restart is suspected; undefined once the suspicion is lifted. */
  readonly suspicion: string | undefined;
  /** Since when every Ready pod of ours has been registered, while a suspicion stands. */
  readonly registeredSinceMs: number | undefined;
}

interface LastSeen {
  readonly url: string;
  readonly applicationIds: readonly string[];
  readonly completedIds: readonly string[];
}

export const NEW_GUARD_MEMORY: GuardMemory = {
  lastSeen: undefined,
  suspicion: 'the daemon has just started and has not seen the master before',
  registeredSinceMs: undefined,
};

/** Called for a pass in which the master could not be seen: it may come back as another one. */
export function masterUnseen(memory: GuardMemory): GuardMemory {
  if (memory.lastSeen === undefined) return { ...memory, registeredSinceMs: undefined };
  return { lastSeen: undefined, suspicion: 'the master could not be seen for a while', registeredSinceMs: undefined };
}

/**
 * Looks for signs of a restart and lifts the suspicion once all Ready pods have been registered for a hold.
 *
 * @param podsKnown while the pods cannot be listed nobody knows who is missing, so that time does not count.
 */
export function watchMaster(
  memory: GuardMemory,
  master: MasterView,
  fleet: Fleet,
  nowMs: number,
  holdMs: number,
  podsKnown = true,
): GuardMemory {
  const { lastSeen: before } = memory;
  const now = seenOf(master);
  const lastSeen = before !== undefined && isTheSame(now, before) ? before : now;
  const sign = restartSign(before, lastSeen);
  const suspicion = sign ?? memory.suspicion;
  if (suspicion === undefined && memory.lastSeen === lastSeen && memory.registeredSinceMs === undefined) return memory;
  if (suspicion === undefined) return { lastSeen, suspicion, registeredSinceMs: undefined };
  if (!podsKnown || unregisteredReadyPods(fleet).length > 0) {
    return { lastSeen, suspicion, registeredSinceMs: undefined };
  }
  const earlier = sign === undefined ? memory.registeredSinceMs : undefined;
  const registeredSinceMs = earlier ?? nowMs;
  if (nowMs - registeredSinceMs >= holdMs) return { lastSeen, suspicion: undefined, registeredSinceMs: undefined };
  return { lastSeen, suspicion, registeredSinceMs };
}

function seenOf({ url, applications, completedApplicationIds }: MasterView): LastSeen {
  return { url, applicationIds: applications.map(({ id }) => id), completedIds: completedApplicationIds };
}

function isTheSame(a: LastSeen, b: LastSeen): boolean {
  return a.url === b.url && areAlike(a.applicationIds, b.applicationIds) && areAlike(a.completedIds, b.completedIds);
}

/** Ready pods of ours that no worker in the master's list belongs to: unknown, not free (R2). */
export function unregisteredReadyPods(fleet: Fleet): readonly string[] {
  return fleet.unregistered.filter(({ pod }) => pod.ready).map(({ pod }) => pod.name);
}

function restartSign(lastSeen: LastSeen | undefined, now: LastSeen): string | undefined {
  if (lastSeen === undefined || lastSeen === now) return undefined;
  if (lastSeen.url !== now.url) return `the master's identity changed from ${lastSeen.url} to ${now.url}`;
  const known = new Set([...now.applicationIds, ...now.completedIds]);
  const vanished = lastSeen.applicationIds.filter((id) => !known.has(id));
  if (vanished.length > 0) return `${vanished.length} applications vanished without an end being seen`;
  // The master drops the oldest of them from time to time, but never all at once.
  if (lastSeen.completedIds.length > 0 && !lastSeen.completedIds.some((id) => known.has(id))) {
    return 'the completed applications were forgotten';
  }
  return undefined;
}

/**
 * Why the count may not be lowered now; empty if it may. Recovery of the master counts as unknown: its lists are being
 * rebuilt.
 */
export function shrinkBlockers(
  memory: GuardMemory,
  master: MasterView,
  fleet: Fleet,
  guards: Pick<Guards, 'masterTrusted'> = { masterTrusted: whyRestartSuspected },
): readonly string[] {
  const blockers: string[] = [];
  if (master.status !== 'ALIVE') blockers.push(`the master is ${master.status}`);
  const recovering = master.workers.filter((worker) => worker.state === 'UNKNOWN').length;
  if (recovering > 0) blockers.push(`${recovering} workers are UNKNOWN to the master (recovery)`);
  const lost = master.applications.filter((application) => application.state === 'UNKNOWN').length;
  if (lost > 0) blockers.push(`${lost} applications are UNKNOWN to the master (recovery)`);
  const suspected = guards.masterTrusted(memory, fleet);
  return suspected === undefined ? blockers : [...blockers, suspected];
}

/** R1: why the master's lists may be those of a fresh start; undefined where they may be trusted. */
export function whyRestartSuspected({ suspicion }: GuardMemory, fleet: Fleet): string | undefined {
  if (suspicion === undefined) return undefined;
  const missing = unregisteredReadyPods(fleet);
  const wait = missing.length > 0 ? `waiting for ${missing.join(', ')} to register` : 'waiting for one hold more';
  return `the master may have restarted (${suspicion}): ${wait}`;
}
