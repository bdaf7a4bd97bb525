/** Which pods a ReplicationController deletes first (policies.md 11; ActivePodsWithRanks of Kubernetes). */
import type { Pod } from './world.ts';

/**
 * Sorted so that those that go first come first: Pending, not Ready, of lower deletion cost, Ready for a shorter time (by
 * powers of two), and then by UID, which is chance. Every pod has a node of its own here.
 */
export function rankForDeletion(pods: readonly Pod[], nowMs: number): Pod[] {
  const ranked = pods.map((pod) => ({
    pod,
    cost: nowMs >= pod.costSeenAtMs ? pod.deletionCost : pod.costBefore,
    bucket: pod.readyAtMs === undefined ? -1 : readyBucket(nowMs - pod.readyAtMs),
  }));
  ranked.sort(
    (a, b) =>
      Number(a.pod.readyAtMs !== undefined) - Number(b.pod.readyAtMs !== undefined) ||
      a.cost - b.cost ||
      a.bucket - b.bucket ||
      (a.pod.uid < b.pod.uid ? -1 : 1),
  );
  return ranked.map(({ pod }) => pod);
}

/** Kubernetes takes the logarithm of nanoseconds; zero and less is a bucket of its own. */
function readyBucket(readyForMs: number): number {
  return readyForMs <= 0 ? -1 : Math.floor(Math.log2(readyForMs * 1e6));
}
