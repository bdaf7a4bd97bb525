/** After a shrink: did exactly the chosen pods go? A wrong victim is counted and makes the daemon hold back (R22). */
import type { PodView } from './cluster-view.ts';
import { whyStarted } from './victims.ts';

export interface Expectation {
  readonly atMs: number;
  /** UIDs of the pods that were chosen. */
  readonly chosen: readonly string[];
  /** Pods that were not ending when the count was lowered, UID to name: the chosen, and those that had started. */
  readonly before: ReadonlyMap<string, string>;
}

export interface Verified {
  /** Still waiting for chosen pods to end. */
  readonly pending: Expectation | undefined;
  /** Names of pods that ended though they were not chosen. */
  readonly wrongVictims: readonly string[];
  /** Names of chosen pods that did not end in time. */
  readonly notGone: readonly string[];
}

const NOBODY_SEEN = { seenReady: new Set<string>() };

/** How long a chosen pod may take to be asked to end; the controller does that within a second or so. */
export const VERIFY_DEADLINE_MS = 30_000;

/**
 * What to expect of a shrink that was just accepted. A pod that had not started serves nobody (R2): where a chosen one becomes
 * Ready at the last moment, the controller takes such a one in its place, and no harm is done.
 */
export function expect(pods: readonly PodView[], chosen: readonly PodView[], atMs: number): Expectation {
  return {
    atMs,
    chosen: chosen.map((pod) => pod.uid),
    before: new Map(
      pods
        .filter((pod) => !pod.terminating && (chosen.includes(pod) || whyStarted(pod, NOBODY_SEEN) !== undefined))
        .map((pod) => [pod.uid, pod.name]),
    ),
  };
}

/** Pods that were deleted by UID meanwhile are nobody's wrong victims. */
export function withoutPods(
  expectation: Expectation | undefined,
  deleted: readonly PodView[],
): Expectation | undefined {
  if (expectation === undefined) return undefined;
  const gone = new Set(deleted.map((pod) => pod.uid));
  return { ...expectation, before: new Map([...expectation.before].filter(([uid]) => !gone.has(uid))) };
}

/**
 * Compares a pod list taken after the shrink with what was expected.
 *
 * @param takenAtMs when the list was taken; one from before the shrink proves nothing.
 */
export function verify(expectation: Expectation, pods: readonly PodView[], takenAtMs: number, nowMs: number): Verified {
  if (takenAtMs <= expectation.atMs) return { pending: expectation, wrongVictims: [], notGone: [] };
  const alive = new Set(pods.filter((pod) => !pod.terminating).map((pod) => pod.uid));
  const gone = [...expectation.before.keys()].filter((uid) => !alive.has(uid));
  const chosen = new Set(expectation.chosen);
  const wrong = gone.filter((uid) => !chosen.has(uid));
  const left = expectation.chosen.filter((uid) => alive.has(uid));
  const name = (uid: string): string => expectation.before.get(uid) ?? uid;
  if (left.length > 0 && wrong.length === 0 && nowMs - expectation.atMs < VERIFY_DEADLINE_MS) {
    return { pending: expectation, wrongVictims: [], notGone: [] };
  }
  return { pending: undefined, wrongVictims: wrong.map(name), notGone: left.map(name) };
}
