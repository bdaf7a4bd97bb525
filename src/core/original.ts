/**
 * The count of the talk's daemon, generation G3 (policies.md 2): the sum of the targets, one executor one worker, the
 * largest of six readings, up at once, down half of the way. Only its counts: who leaves is still chosen safely, and
 * what is unknown still forbids shrinking (R13).
 */
import type { CalendarFloor } from './calendar.ts';
import type { Rules } from './rules.ts';
import type { Verdict } from './policy.ts';

export const ORIGINAL_TICK_MS = 5000;
export const ORIGINAL_WINDOW_TICKS = 6;

export interface OriginalMemory {
  /** The last sums, each at least 1; newest last. */
  readonly window: readonly number[];
  readonly nextTickAtMs: number;
  /** What the last tick asked for; stands until the next one, so that a safe removal has time to carry it out. */
  readonly asked: number | undefined;
}

export const NEW_ORIGINAL_MEMORY: OriginalMemory = { window: [], nextTickAtMs: 0, asked: undefined };

/**
 * One G3 tick on plain numbers: the window it leaves, and the count it would request.
 *
 * @param available the workers configured at present.
 * @returns `requested` undefined where G3 writes nothing: equal counts. It would not write a 0 either, which its floor
 *   of 1 never lets come about.
 */
export function originalTick(
  window: readonly number[],
  sumOfTargets: number,
  available: number,
): { readonly window: readonly number[]; readonly requested: number | undefined } {
  const next = [...window.slice(-(ORIGINAL_WINDOW_TICKS - 1)), Math.max(1, sumOfTargets)];
  const target = Math.max(...next);
  if (target === available) return { window: next, requested: undefined };
  return { window: next, requested: Math.trunc(target > available ? target : (target + available) / 2) };
}

export interface OriginalInput {
  readonly sumOfTargets: number;
  readonly serving: number;
  readonly certain: boolean;
  /** What the calendar keeps, as min would. */
  readonly calendar: CalendarFloor | undefined;
  readonly nowMs: number;
}

/** G3 in our loop: ticks every {@link ORIGINAL_TICK_MS}, bounded by min, the calendar and max, never down while uncertain. */
export function decideOriginal(
  input: OriginalInput,
  memory: OriginalMemory,
  rules: Rules,
): { readonly verdict: Verdict; readonly memory: OriginalMemory } {
  const next = input.nowMs >= memory.nextTickAtMs ? tick(input, memory) : memory;
  const verdict = bounded(next.asked ?? input.serving, input, rules);
  // What is unknown is missing from the sum: such a tick may raise the count, but nothing is remembered of it.
  return { verdict, memory: input.certain ? next : memory };
}

function tick(input: OriginalInput, memory: OriginalMemory): OriginalMemory {
  const { window, requested } = originalTick(memory.window, input.sumOfTargets, input.serving);
  return { window, asked: requested, nextTickAtMs: input.nowMs + ORIGINAL_TICK_MS };
}

function bounded(asked: number, { serving, certain, calendar }: OriginalInput, rules: Rules): Verdict {
  if (rules.paused) return { desired: serving, reason: 'paused', sentence: 'paused: the count is kept as it is' };
  const own = Math.max(rules.minWorkers, Math.min(asked, rules.maxWorkers));
  const desired = Math.max(own, calendar?.workers ?? 0);
  if (desired < serving && !certain) {
    const sentence = `the original would ask for ${desired}, but something is unknown: the count is not lowered`;
    return { desired: serving, reason: 'unknown-demand', sentence };
  }
  if (calendar !== undefined && own < desired && desired >= serving) {
    const grows = desired > serving ? `, ${serving} serve` : '';
    return { desired, reason: grows === '' ? 'original-steady' : 'calendar', sentence: calendar.sentence + grows };
  }
  if (desired === serving) return { desired, reason: 'original-steady', sentence: `the original asks for ${desired}` };
  const reason = desired > serving ? 'original-grow' : 'original-shrink';
  return { desired, reason, sentence: `the original asks for ${asked} workers, ${serving} serve` };
}
