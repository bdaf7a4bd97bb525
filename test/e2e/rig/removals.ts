/** Every removal of a run, put together from what others saw: the API server, the node agent, the drivers, `/status`. Pure. */
import * as v from 'valibot';
import type { AuditEntry } from '../audit-log.ts';
import type { PodEvent } from '../node-agent.ts';
import type { ExecutorTimeline } from './executor-timeline.ts';
import type { FaultKind, FiredFault } from './fault-log.ts';
import type { Pass } from './status-log.ts';

export interface Removal {
  readonly pod: string;
  /** When the choice was written on the pod for the last time before it ended. */
  readonly chosenAtMs: number;
  readonly goneAtMs: number;
  /** Since when the surplus had lasted a hold; undefined where no pass was seen. */
  readonly surplusAtMs: number | undefined;
  /** `drain`: executors were there when it was chosen. */
  readonly mode: 'drain' | 'idle';
  readonly heldShuffle: boolean;
  readonly hadTasks: boolean;
  /** Faults that fell between its first choice and its end. */
  readonly faults: readonly FaultKind[];
}

export interface RemovalSources {
  /** The daemon's accepted writes, oldest first. */
  readonly writes: readonly AuditEntry[];
  readonly podEvents: readonly PodEvent[];
  readonly timelines: readonly ExecutorTimeline[];
  readonly passes: readonly Pick<Pass, 'atMs' | 'reason'>[];
  readonly faults: readonly FiredFault[];
}

const Choice = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.object({ 'elastic-worker/chosen-at': v.string() }) }),
});
const Release = v.object({
  metadata: v.object({ uid: v.string(), annotations: v.object({ 'elastic-worker/chosen-at': v.null() }) }),
});

/** Pods that were Ready, were chosen, and are gone. Those that never served anybody are no removals. */
export function removalsOf(sources: RemovalSources): readonly Removal[] {
  const served = new Set(sources.podEvents.filter(({ what }) => what === 'ready').map(({ uid }) => uid));
  return sources.podEvents
    .filter(({ what, uid }) => what === 'gone' && served.has(uid))
    .flatMap((gone) => {
      const removal = removalOf(gone, sources);
      return removal === undefined ? [] : [removal];
    });
}

function removalOf({ pod, uid, host, atMs: goneAtMs }: PodEvent, sources: RemovalSources): Removal | undefined {
  const choices = writesOn(uid, sources.writes, Choice);
  const [first] = choices;
  if (first === undefined) return undefined;
  const releasedAtMs = Math.max(-Infinity, ...writesOn(uid, sources.writes, Release));
  // Being put before others of the same cost later is no new choice: what counts is what it held when it was picked.
  const chosenAtMs = choices.find((atMs) => atMs > releasedAtMs) ?? first;
  const endedAtMs = sources.podEvents.find((event) => event.uid === uid && event.what === 'terminating')?.atMs;
  const there = sources.timelines.map((timeline) => timeline.at(host, chosenAtMs));
  const faults = sources.faults.filter(
    ({ pods, atMs }) => pods.includes(pod) && atMs >= first - SLACK_MS && atMs <= goneAtMs + SLACK_MS,
  );
  return {
    pod,
    chosenAtMs,
    goneAtMs,
    surplusAtMs: surplusSince(sources.passes, chosenAtMs, endedAtMs ?? goneAtMs),
    mode: there.some(({ executors }) => executors > 0) ? 'drain' : 'idle',
    heldShuffle: there.some(({ heldShuffle }) => heldShuffle),
    hadTasks: there.some(({ tasksRunning }) => tasksRunning > 0),
    faults: [...new Set(faults.map(({ kind }) => kind))],
  };
}

/** A fault is noted when it was seen to hit, somewhat after or before what the audit log says. */
const SLACK_MS = 2_000;

/** When something of this shape was written on the pod. */
function writesOn(uid: string, writes: readonly AuditEntry[], shape: typeof Choice | typeof Release): number[] {
  return writes.flatMap(({ resource, request, atMs }) => {
    const written = resource === 'pods' ? v.safeParse(shape, request) : undefined;
    return written?.success === true && written.output.metadata.uid === uid ? [atMs] : [];
  });
}

/** Reasons of a pass that finds too many workers and may lower the count. */
const SURPLUS: ReadonlySet<string> = new Set(['surplus', 'above-max']);

/** Start of the run of passes with a surplus in which the pod was chosen. */
function surplusSince(passes: RemovalSources['passes'], chosenAtMs: number, endedAtMs: number): number | undefined {
  // A choice is written during the pass that tells of it, so that pass may carry a slightly later time.
  const at = passes.findIndex(({ atMs, reason }) => atMs >= chosenAtMs && atMs < endedAtMs && SURPLUS.has(reason));
  let index = at >= 0 ? at : passes.findLastIndex(({ atMs, reason }) => atMs <= chosenAtMs && SURPLUS.has(reason));
  if (index < 0) return undefined;
  while (index > 0 && SURPLUS.has(passes[index - 1]?.reason ?? '')) index -= 1;
  return Math.min(passes[index]?.atMs ?? chosenAtMs, chosenAtMs);
}
