/**
 * What outlives the process, as text in our own Lease (R25): the budget of reversals, what a restart of a worker takes, the
 * gaps and bursts seen, and whether this daemon set the count to zero. What is under way starts anew on purpose, a hold or a
 * gap: unseen time proves nothing.
 */
import * as v from 'valibot';
import { BURSTS_KEPT, type Burst, type BurstMemory } from '../core/bursts.ts';
import type { CoreMemory } from '../core/decision.ts';
import { GAPS_KEPT, type Gap } from '../core/hold.ts';
import { median, type RestartMemory } from '../core/restart.ts';

/** The same moment on both clocks, in milliseconds: monotonic times say nothing to another process. */
export interface Moment {
  readonly nowMs: number;
  readonly nowEpochMs: number;
}

const EpochMs = v.pipe(v.number(), v.integer(), v.minValue(0));
const Duration = v.pipe(v.number(), v.integer(), v.minValue(0));

const Workers = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Without a time it was longer than any hold. */
const SavedGap = v.object({ gapMs: v.optional(Duration), workers: Workers });
const SavedBurst = v.object({ gapMs: v.optional(Duration), workers: Workers, taskMs: Duration });

const Note = v.object({
  version: v.literal(1),
  lastMove: v.optional(v.picklist(['grow', 'shrink'])),
  lastShrinkAtEpochMs: v.optional(EpochMs),
  reversalsAtEpochMs: v.array(EpochMs),
  wrongVictims: v.pipe(v.number(), v.integer(), v.minValue(0)),
  startMs: v.optional(Duration),
  removalMs: v.optional(Duration),
  gaps: v.optional(v.array(SavedGap), []),
  bursts: v.optional(v.array(SavedBurst), []),
  lastBurstAtEpochMs: v.optional(EpochMs),
  emptied: v.optional(v.literal(true)),
});

/**
 * Whether the notes of both would tell the same of gaps and bursts, and of who emptied the cluster; the same memory passed
 * on is the same object.
 */
export function hasLearnedSame(one: CoreMemory, other: CoreMemory): boolean {
  if ((one.emptiedAtMs === undefined) !== (other.emptiedAtMs === undefined)) return false;
  return one.policy.gaps === other.policy.gaps && one.foresight.bursts.bursts === other.foresight.bursts.bursts;
}

/** The memory's lasting part as text. */
export function writeNote(memory: CoreMemory, moment: Moment): string {
  const { lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs, gaps } = memory.policy;
  const { bursts, lastMs } = memory.foresight.bursts;
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
    gaps: gaps.map(({ gapMs, workers }) => ({
      ...(Number.isFinite(gapMs) && { gapMs: Math.round(gapMs) }),
      workers: rounded(workers),
    })),
    bursts: bursts.map(({ gapMs, workers, taskMs }) => ({
      ...(gapMs !== undefined && { gapMs: Math.round(gapMs) }),
      workers: rounded(workers),
      taskMs: Math.round(taskMs),
    })),
    ...(lastMs !== undefined && { lastBurstAtEpochMs: Math.round(moment.nowEpochMs - (moment.nowMs - lastMs)) }),
    ...(memory.emptiedAtMs === undefined ? {} : { emptied: true as const }),
  } satisfies v.InferOutput<typeof Note>);
}

/**
 * Puts a saved note into a memory; a text that is not ours changes nothing. What this process counted itself and had not
 * saved yet, when it lost the Lease for a while, is kept beside it.
 */
export function readNote(memory: CoreMemory, text: string | undefined, moment: Moment): CoreMemory {
  if (text === undefined) return memory;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Note), text);
  if (!parsed.success) return memory;
  const note = parsed.output;
  const { lastMove, lastShrinkAtEpochMs, reversalsAtEpochMs, wrongVictims } = note;
  const reversals = [...new Set([...reversalsAtEpochMs, ...memory.policy.reversalsAtEpochMs])].sort((a, b) => a - b);
  return {
    ...memory,
    wrongVictims: Math.max(wrongVictims, memory.wrongVictims),
    policy: {
      ...memory.policy,
      lastMove,
      lastShrinkAtEpochMs,
      reversalsAtEpochMs: reversals,
      gaps: withGaps(memory.policy.gaps, note.gaps),
    },
    restart: withMedians(memory.restart, note),
    foresight: { ...memory.foresight, bursts: withBursts(memory.foresight.bursts, note, moment) },
    // Before any reading of this process: the first one that shows a worker ends it.
    emptiedAtMs: memory.emptiedAtMs ?? (note.emptied === true ? -Infinity : undefined),
  };
}

/** A process that has seen gaps itself knows better; so it is with bursts. */
function withGaps(own: readonly Gap[], saved: v.InferOutput<typeof Note>['gaps']): readonly Gap[] {
  if (own.length > 0) return own;
  return saved.slice(-GAPS_KEPT).map(({ gapMs = Infinity, workers }) => ({ gapMs, workers }));
}

function withBursts(
  own: BurstMemory,
  { bursts, lastBurstAtEpochMs }: Pick<v.InferOutput<typeof Note>, 'bursts' | 'lastBurstAtEpochMs'>,
  { nowMs, nowEpochMs }: Moment,
): BurstMemory {
  if (own.bursts.length > 0 || own.open !== undefined || lastBurstAtEpochMs === undefined) return own;
  const saved = bursts.slice(-BURSTS_KEPT).map(({ gapMs, workers, taskMs }): Burst => ({ gapMs, workers, taskMs }));
  // A clock that was set back does not make the last burst one that is to come.
  return { ...own, bursts: saved, lastMs: nowMs - Math.max(0, nowEpochMs - lastBurstAtEpochMs) };
}

function rounded(workers: number): number {
  return Math.round(workers * 100) / 100;
}

/** What another process measured is a beginning, where this one has measured nothing itself. */
function withMedians(own: RestartMemory, { startMs, removalMs }: v.InferOutput<typeof Note>): RestartMemory {
  const measured = (times: readonly number[], savedMs: number | undefined): readonly number[] =>
    times.length > 0 || savedMs === undefined ? times : [savedMs];
  return {
    ...own,
    startsMs: measured(own.startsMs, startMs),
    removalsMs: measured(own.removalsMs, removalMs),
  };
}
