/**
 * A second writer: somebody else who sets the same count again and again. Two who correct each other would kill and make
 * workers in turns, so the one that can wait does: nothing is written until the other has been quiet for a while.
 */

export interface WriterMemory {
  /** The count we set last, until a reading shows another one; `atMs` is when the answer came. */
  readonly own: { readonly count: number; readonly atMs: number } | undefined;
  /** The count in the newest reading. */
  readonly seen: number | undefined;
  /** Counts that took the place of ours, oldest first; monotonic milliseconds. */
  readonly reverts: readonly { readonly count: number; readonly atMs: number }[];
  /** When somebody else last changed the count. */
  readonly foreignAtMs: number | undefined;
}

export const NEW_WRITER_MEMORY: WriterMemory = {
  own: undefined,
  seen: undefined,
  reverts: [],
  foreignAtMs: undefined,
};

/** Our count was replaced by one and the same other count this often: nobody does that by hand. */
const SAME_REVERTS = 2;
/** Our count was replaced by whatever count this often. */
const ANY_REVERTS = 3;
/** Reverts are remembered for so long. */
export const REVERTS_MS = 60 * 60_000;
/** The other writer must have been quiet for so long before we write again. */
export const QUIET_MS = 10 * 60_000;

/** Notes a count that we set; undefined where nobody knows whether the write happened. */
export function noteOwnCount(memory: WriterMemory, count: number | undefined, atMs: number): WriterMemory {
  if (count === undefined) return { ...memory, own: undefined, seen: undefined };
  return { ...memory, own: { count, atMs }, seen: count };
}

/** Takes in a count as it was read. @param takenAtMs when the reading began: one from before our write proves nothing. */
export function noteCount(memory: WriterMemory, count: number, takenAtMs: number): WriterMemory {
  const { own, seen } = memory;
  if (own !== undefined && takenAtMs <= own.atMs) return memory;
  if (seen === undefined || seen === count) return { ...memory, seen: count };
  const recent = memory.reverts.filter(({ atMs }) => takenAtMs - atMs < REVERTS_MS);
  // Only what replaced ours argues with us; whatever else changes the count merely shows that somebody is busy.
  const reverts = own === undefined ? recent : [...recent, { count, atMs: takenAtMs }];
  return { own: undefined, seen: count, reverts, foreignAtMs: takenAtMs };
}

/**
 * Who else sets the count, as a sentence with the mend; undefined while we may write.
 *
 * @param scalers objects that say they set it, like "HorizontalPodAutoscaler/spark": while one is there nothing is written.
 */
export function otherWriter(memory: WriterMemory, scalers: readonly string[], nowMs: number): string | undefined {
  if (scalers.length > 0) {
    const several = scalers.length > 1 ? 'set' : 'sets';
    return `${scalers.join(' and ')} ${several} the same count: the daemon stands still; remove it, or switch the daemon off`;
  }
  const { foreignAtMs } = memory;
  if (foreignAtMs === undefined || nowMs - foreignAtMs >= QUIET_MS) return undefined;
  const reverts = memory.reverts.filter(({ atMs }) => nowMs - atMs < REVERTS_MS);
  const last = reverts.at(-1);
  if (last === undefined) return undefined;
  const same = reverts.filter(({ count }) => count === last.count).length;
  if (same < SAME_REVERTS && reverts.length < ANY_REVERTS) return undefined;
  const what =
    same >= SAME_REVERTS
      ? `set the count back to ${last.count} ${same} times`
      : `replaced the count ${reverts.length} times`;
  return (
    `somebody else ${what}: the daemon stands still until the count has been left alone for ${QUIET_MS / 60_000} minutes; ` +
    'take the number of replicas out of what is applied (GitOps), or remove the other autoscaler'
  );
}
