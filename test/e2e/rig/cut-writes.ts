/**
 * Writes that were cut: whose client was killed before the answer. The API server says 504 of them, and may have carried
 * them out all the same (of 400 patches cut within 14 ms, 56 were). What became of the pod tells. Pure.
 */
import * as v from 'valibot';
import type { AuditEntry } from '../audit-log.ts';
import type { PodEvent } from '../node-agent.ts';

/** Status of a write whose client went away. */
export const CUT = 504;

const PodPatch = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.record(v.string(), v.nullable(v.string())) }),
});
const PodDeletion = v.object({ preconditions: v.object({ uid: v.string() }) });

/** Whether the write took effect, as far as the pods show; a cut one of a count never does, since the count may be anybody's. */
export function tookEffect(entry: AuditEntry, events: readonly PodEvent[]): boolean {
  if (entry.status < 300) return true;
  if (entry.status !== CUT || entry.resource !== 'pods') return false;
  const endOf = (uid: string): PodEvent | undefined =>
    events.find((event) => event.uid === uid && event.what === 'terminating' && event.atMs >= entry.atMs);
  if (entry.verb === 'delete') {
    const deletion = v.safeParse(PodDeletion, entry.request);
    return deletion.success && endOf(deletion.output.preconditions.uid) !== undefined;
  }
  const patch = v.safeParse(PodPatch, entry.request);
  if (!patch.success) return false;
  const { uid, annotations } = patch.output.metadata;
  const had = endOf(uid)?.annotations;
  return had !== undefined && Object.entries(annotations).every(([name, value]) => (had[name] ?? null) === value);
}
