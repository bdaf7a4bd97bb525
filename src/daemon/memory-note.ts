/**
 * What outlives the process, as text in our own Lease (R25): the budget of reversals, and what a restart of a worker takes.
 * Holds, gaps and bursts start anew on purpose: unseen time proves nothing.
 */
import * as v from 'valibot';
import type { CoreMemory } from '../core/decision.ts';
import { median, type RestartMemory } from '../core/restart.ts';

const EpochMs = v.pipe(v.number(), v.integer(), v.minValue(0));
const Duration = v.pipe(v.number(), v.integer(), v.minValue(0));

const Note = v.object({
  version: v.literal(1),
  lastMove: v.optional(v.picklist(['grow', 'shrink'])),
  lastShrinkAtEpochMs: v.optional(EpochMs),
  reversalsAtEpochMs: v.array(EpochMs),
  wrongVictims: v.pipe(v.number(), v.integer(), v.minValue(0)),
  startMs: v.optional(Duration),
  removalMs: v.optional(Duration),
});

/** The memory's lasting part as text. */
export function writeNote(memory: CoreMemory): string {
  const { lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs } = memory.policy;
  const startMs = median(memory.restart.startsMs);
  const removalMs = median(memory.restart.removalsMs);
  return JSON.stringify({
    version: 1,
    ...(lastMove === undefined ? {} : { lastMove }),
    ...(lastShrinkAtEpochMs === undefined ? {} : { lastShrinkAtEpochMs }),
    reversalsAtEpochMs: [...reversalsAtEpochMs],
    wrongVictims: memory.wrongVictims,
    ...(startMs === undefined ? {} : { startMs: Math.round(startMs) }),
    ...(removalMs === undefined ? {} : { removalMs: Math.round(removalMs) }),
  } satisfies v.InferOutput<typeof Note>);
}

/**
 * Puts a saved note into a memory; a text that is not ours changes nothing. What this process counted itself and had not
 * saved yet, when it lost the Lease for a while, is kept beside it.
 */
export function readNote(memory: CoreMemory, text: string | undefined): CoreMemory {
  if (text === undefined) return memory;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Note), text);
  if (!parsed.success) return memory;
  const { lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs, wrongVictims, startMs, removalMs } = parsed.output;
  const reversals = [...new Set([...reversalsAtEpochMs, ...memory.policy.reversalsAtEpochMs])].sort((a, b) => a - b);
  return {
    ...memory,
    wrongVictims: Math.max(wrongVictims, memory.wrongVictims),
    policy: { ...memory.policy, lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs: reversals },
    restart: withMedians(memory.restart, startMs, removalMs),
  };
}

/** What another process measured is a beginning, where this one has measured nothing itself. */
function withMedians(own: RestartMemory, startMs: number | undefined, removalMs: number | undefined): RestartMemory {
  const starts = own.startsMs.length > 0 || startMs === undefined ? own.startsMs : [startMs];
  const removals = own.removalsMs.length > 0 || removalMs === undefined ? own.removalsMs : [removalMs];
  return { ...own, startsMs: starts, removalsMs: removals };
}
