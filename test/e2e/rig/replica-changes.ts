/** Changes of the count, as the API server's audit log has them, beside those that `/status` tells of. Pure. */
import * as v from 'valibot';
import type { AuditEntry } from '../audit-log.ts';

/** Whether all that was said was written, in this order, and all else that was written may be missing. */
export function equalBut(
  said: readonly number[],
  written: readonly ScaleWrite[],
  mayMiss: (one: ScaleWrite) => boolean,
): boolean {
  // Ends of pairs (said, written) that match so far; small, since only writes that may be missing open a second way.
  let ways = new Set([0]);
  for (const one of written) {
    const next = new Set<number>();
    for (const at of ways) {
      if (said[at] === one.replicas) next.add(at + 1);
      if (mayMiss(one)) next.add(at);
    }
    ways = next;
  }
  return ways.has(said.length);
}

/** Whether `part` is what is left of `whole` when some are taken out. */
export function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let at = 0;
  for (const value of whole) if (value === part[at]) at += 1;
  return at === part.length;
}

export interface ScaleWrite {
  /** As in the audit log. */
  readonly id: string;
  readonly atMs: number;
  readonly replicas: number;
}

/** The daemon's accepted changes of the count, oldest first. */
export function scaleWrites(writes: readonly AuditEntry[]): readonly ScaleWrite[] {
  return writes
    .filter(({ resource, verb }) => verb === 'patch' && (resource.endsWith('/scale') || resource === 'sparkclusters'))
    .map((entry) => ({ id: entry.id, atMs: entry.atMs, replicas: replicasIn(entry.request) }));
}

const Count = v.union([
  v.pipe(
    v.object({ spec: v.object({ replicas: v.number() }) }),
    v.transform(({ spec }) => spec.replicas),
  ),
  // A SparkCluster has no scale.
  v.pipe(
    v.object({ spec: v.object({ worker: v.object({ instances: v.number() }) }) }),
    v.transform(({ spec }) => spec.worker.instances),
  ),
  // A DeploymentConfig is patched with a test of the count before.
  v.pipe(
    v.looseTuple([v.unknown(), v.object({ op: v.literal('add'), value: v.number() })]),
    v.transform(([, { value }]) => value),
  ),
]);

function replicasIn(request: unknown): number {
  const count = v.safeParse(Count, request);
  return count.success ? count.output : NaN;
}
