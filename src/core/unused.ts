/**
 * Demand that nobody takes: an application asks for executors, an idle worker has room for them, and it gets none. Something
 * that cannot be seen from here keeps it from them, and more workers would stand idle too. So all that it asks for beyond
 * what it holds counts for one worker only, until it takes that room or asks for more than before: then all of it counts at
 * once, so growth is never late for it (R12).
 */
import type { ApplicationDemand } from './demand.ts';
import { fitCount, type Resources } from './resources.ts';

/** The master gives executors within the second; so long is no pause between two of its looks. */
export const UNUSED_MS = 60_000;

/** An application that gets nothing of the room there is. */
export interface Untaken {
  readonly sinceMs: number;
  /** Executors held and asked for when it was last looked at. */
  readonly held: number;
  readonly asked: number;
}

/** By application; monotonic milliseconds. */
export type UnusedMemory = ReadonlyMap<string, Untaken>;

export const NEW_UNUSED_MEMORY: UnusedMemory = new Map();

export interface UnusedInput {
  readonly demands: readonly ApplicationDemand[];
  /** Whether an idle worker is there that an executor of this size fits. */
  readonly hasRoom: (shape: Resources) => boolean;
  readonly workerShape: Resources | undefined;
  readonly nowMs: number;
}

/** The demands, less what nobody takes, and what to remember. Pure. */
export function withoutUnused(
  input: UnusedInput,
  memory: UnusedMemory,
): { readonly demands: readonly ApplicationDemand[]; readonly memory: UnusedMemory } {
  const untaken = new Map<string, Untaken>();
  const demands = input.demands.map((demand) => {
    const one = watch(demand, input, memory.get(demand.id));
    if (one === undefined) return demand;
    untaken.set(demand.id, one);
    return isUnused(one, input.nowMs) ? discounted(demand, input) : demand;
  });
  return { demands, memory: untaken };
}

function isUnused({ sinceMs }: Untaken, nowMs: number): boolean {
  return nowMs - sinceMs >= UNUSED_MS;
}

function watch(demand: ApplicationDemand, input: UnusedInput, before: Untaken | undefined): Untaken | undefined {
  const { executors, held, certain, takesAll } = demand;
  if (!certain || takesAll || executors <= held) return undefined;
  const asked = demand.targetExecutors ?? executors;
  const now = { sinceMs: input.nowMs, held, asked };
  const hasRoom = input.hasRoom(demand.shape);
  if (before === undefined || held > before.held || asked > before.asked) return hasRoom ? now : undefined;
  // Once it is known, the one idle worker may be somebody else's for a while.
  return hasRoom || isUnused(before, input.nowMs) ? { ...now, sinceMs: before.sinceMs } : undefined;
}

function discounted(demand: ApplicationDemand, { workerShape }: UnusedInput): ApplicationDemand {
  const ofOneWorker = workerShape === undefined ? 1 : Math.max(1, fitCount(demand.shape, workerShape));
  const executors = Math.min(demand.executors, demand.held + ofOneWorker);
  const why = `it has taken none for ${UNUSED_MS / 1_000} s though a worker stands idle for it`;
  return {
    ...demand,
    executors,
    sentence: `${demand.sentence}; only ${executors} count: ${why}`,
    advice: demand.advice ?? `${why}: look for what keeps its executors from starting; more workers wait for that`,
  };
}
