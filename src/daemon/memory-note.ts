/** What outlives the process: the budget of reversals, as text in our own Lease (R25). Holds start anew on purpose. */
import * as v from 'valibot';
import type { CoreMemory } from '../core/decision.ts';

const Note = v.object({
  version: v.literal(1),
  lastMove: v.optional(v.picklist(['grow', 'shrink'])),
  reversalsAtEpochMs: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
  wrongVictims: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** The memory's lasting part as text. */
export function writeNote(memory: CoreMemory): string {
  const { lastMove, reversalsAtEpochMs } = memory.policy;
  return JSON.stringify({
    version: 1,
    ...(lastMove === undefined ? {} : { lastMove }),
    reversalsAtEpochMs: [...reversalsAtEpochMs],
    wrongVictims: memory.wrongVictims,
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
  const { lastMove, reversalsAtEpochMs, wrongVictims } = parsed.output;
  const reversals = new Set([...reversalsAtEpochMs, ...memory.policy.reversalsAtEpochMs]);
  return {
    ...memory,
    wrongVictims: Math.max(wrongVictims, memory.wrongVictims),
    policy: { ...memory.policy, lastMove, reversalsAtEpochMs: [...reversals].sort((a, b) => a - b) },
  };
}
