/** Who ended though the daemon had not chosen it. Pure. */
import * as v from 'valibot';
import type { AuditEntry } from '../audit-log.ts';
import type { PodEvent } from '../node-agent.ts';

const OfPod = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.record(v.string(), v.nullable(v.string())) }),
});
const Deletion = v.object({ preconditions: v.object({ uid: v.string() }) });

/** What the daemon last said of a pod: it is to go, or it may stay after all. */
interface Word {
  readonly uid: string;
  readonly atMs: number;
  readonly toGo: boolean;
}

/**
 * Names of pods that ended while the daemon's last word on them was not that they go.
 *
 * What never was Ready served nobody: it goes with a count that is cancelled, without being chosen (R2, R14).
 *
 * @param writes the daemon's accepted writes, oldest first.
 */
export function wrongVictims(writes: readonly AuditEntry[], events: readonly PodEvent[]): readonly string[] {
  const words = writes.flatMap(wordOf);
  const served = new Set(events.filter(({ what }) => what === 'ready').map(({ uid }) => uid));
  return events
    .filter(({ what, uid }) => what === 'terminating' && served.has(uid))
    .filter(({ uid, atMs }) => words.findLast((word) => word.uid === uid && word.atMs <= atMs)?.toGo !== true)
    .map(({ pod }) => pod);
}

function wordOf({ resource, verb, request, atMs }: AuditEntry): readonly Word[] {
  if (resource !== 'pods') return [];
  const deletion = verb === 'delete' ? v.safeParse(Deletion, request) : undefined;
  if (deletion?.success === true) return [{ uid: deletion.output.preconditions.uid, atMs, toGo: true }];
  const patch = v.safeParse(OfPod, request);
  if (!patch.success) return [];
  const { uid, annotations } = patch.output.metadata;
  const chosen = annotations['elastic-worker/chosen-at'];
  if (chosen !== undefined) return [{ uid, atMs, toGo: chosen !== null }];
  // A mark stands by itself; taking one back leaves the choice.
  return typeof annotations['elastic-worker/marked-at'] === 'string' ? [{ uid, atMs, toGo: true }] : [];
}
