/** Who ended though it was not its turn by what the daemon had written. Pure. */
import * as v from 'valibot';
import type { AuditEntry } from '../audit-log.ts';
import type { PodEvent } from '../node-agent.ts';

const OfPod = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.record(v.string(), v.nullable(v.string())) }),
});
const Deletion = v.object({ preconditions: v.object({ uid: v.string() }) });

/** What the daemon wrote of a pod; undefined leaves what it wrote before. */
interface Word {
  readonly uid: string;
  readonly atMs: number;
  readonly chosen?: boolean;
  readonly marked?: boolean;
  readonly deleted?: boolean;
}

/**
 * Names of pods that ended before the daemon had done with them what must come first: chosen and, where the master marks
 * workers, marked. One that is merely chosen may be busy still: if it goes, the count was lowered for another.
 *
 * What never was Ready served nobody: it goes with a count that is cancelled, without being chosen (R2, R14).
 *
 * @param writes the daemon's accepted writes, oldest first.
 */
export function wrongVictims(writes: readonly AuditEntry[], events: readonly PodEvent[]): readonly string[] {
  const words = writes.flatMap(wordOf);
  const uids = new Set(words.map(({ uid }) => uid));
  // A mark that the master refuses is taken off again.
  const marksAreKept = [...uids].some((uid) => lastWords(words, uid, Infinity).marked);
  const served = new Set(events.filter(({ what }) => what === 'ready').map(({ uid }) => uid));
  return events
    .filter(({ what, uid }) => what === 'terminating' && served.has(uid))
    .filter(({ uid, atMs }) => {
      const { chosen, marked, deleted } = lastWords(words, uid, atMs);
      return !(deleted || marked || (chosen && !marksAreKept));
    })
    .map(({ pod }) => pod);
}

function lastWords(words: readonly Word[], uid: string, untilMs: number): Required<Omit<Word, 'uid' | 'atMs'>> {
  const own = words.filter((word) => word.uid === uid && word.atMs <= untilMs);
  const last = (which: 'chosen' | 'marked' | 'deleted'): boolean =>
    own.findLast((word) => word[which] !== undefined)?.[which] === true;
  return { chosen: last('chosen'), marked: last('marked'), deleted: last('deleted') };
}

function wordOf({ resource, verb, request, atMs }: AuditEntry): readonly Word[] {
  if (resource !== 'pods') return [];
  const deletion = verb === 'delete' ? v.safeParse(Deletion, request) : undefined;
  if (deletion?.success === true) return [{ uid: deletion.output.preconditions.uid, atMs, deleted: true }];
  const patch = v.safeParse(OfPod, request);
  if (!patch.success) return [];
  const { uid, annotations } = patch.output.metadata;
  const chosen = annotations['elastic-worker/chosen-at'];
  const marked = annotations['elastic-worker/marked-at'];
  return [
    {
      uid,
      atMs,
      ...(chosen !== undefined && { chosen: chosen !== null }),
      ...(marked !== undefined && { marked: marked !== null }),
    },
  ];
}
