/** Which pods a ReplicationController gives up first (kubernetes.md 2.1). */
import type { Pod } from './model.ts';

const COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
const MIN_INT32 = -2_147_483_648;
const MAX_INT32 = 2_147_483_647;

/** The cost as the API server accepts it: an int32 without plus sign and leading zeros; undefined where it is none. */
export function parseDeletionCost(text: string): number | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return undefined;
  const cost = Number(text);
  return cost >= MIN_INT32 && cost <= MAX_INT32 ? cost : undefined;
}

export function deletionCostOf(annotations: Readonly<Record<string, string>>): string | undefined {
  return annotations[COST_ANNOTATION];
}

/** Sort order: the pod that dies first comes first. */
export function byDeletion(nowMs: number): (a: Pod, b: Pod) => number {
  return (a, b) => {
    const pending = Number(a.running) - Number(b.running);
    if (pending !== 0) return pending;
    const ready = Number(a.ready) - Number(b.ready);
    if (ready !== 0) return ready;
    const cost = costOf(a) - costOf(b);
    if (cost !== 0) return cost;
    if (a.ready && a.readyAtMs !== b.readyAtMs) return byAge(a, b, nowMs - a.readyAtMs, nowMs - b.readyAtMs);
    if (a.createdAtMs !== b.createdAtMs) return byAge(a, b, nowMs - a.createdAtMs, nowMs - b.createdAtMs);
    return 0;
  };
}

function costOf(pod: Pod): number {
  return parseDeletionCost(deletionCostOf(pod.annotations) ?? '0') ?? 0;
}

/** Younger first on a base-2 log scale; within one bucket the order of UIDs decides. */
function byAge(a: Pod, b: Pod, ageAMs: number, ageBMs: number): number {
  const difference = bucket(ageAMs) - bucket(ageBMs);
  if (difference !== 0) return difference;
  return a.uid < b.uid ? -1 : 1;
}

function bucket(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6));
}
