/**
 * Do two sources say the same? They are never read at the same moment, and one may lag behind the other by a period, so a
 * value is held against all that the other said around the time it was produced.
 */
import type { Known } from './reading.ts';

/** What a source said of an application's target, and from when to when; the oldest first. */
export type TargetHistory = readonly { readonly fromMs: number; readonly toMs: number; readonly target: number }[];

/** One trusted reading. */
export interface Statement {
  readonly source: string;
  readonly target: number;
  readonly takenAtMs: number;
  readonly periodMs: number;
}

export interface AgreementMemory {
  readonly histories: ReadonlyMap<string, TargetHistory>;
  /** Since when they have differed at every look. */
  readonly differSinceMs: number | undefined;
}

export const NO_AGREEMENT_YET: AgreementMemory = { histories: new Map(), differSinceMs: undefined };

/** Spans kept of one source; one that says something new each second for minutes needs no more. */
const MOST_SPANS = 200;
/** Beyond a reading's own lag: nobody's clock is exact. */
const SLACK_PERIODS = 1;

/** Makes a statement of a reading. */
export function statementOf(source: string, target: number, { takenAtMs, periodMs }: Known<unknown>): Statement {
  return { source, target, takenAtMs, periodMs };
}

/**
 * Compares what the trusted sources say at present.
 *
 * @returns `differ` is the sentence, once it has lasted a whole period of the slowest of them; undefined while they agree.
 */
export function compareStatements(
  statements: readonly Statement[],
  memory: AgreementMemory,
  nowMs: number,
  tolerance: number,
): { readonly differ: string | undefined; readonly memory: AgreementMemory } {
  if (statements.length < 2) return { differ: undefined, memory: NO_AGREEMENT_YET };
  const slowestMs = Math.max(...statements.map(({ periodMs }) => periodMs));
  const keepFromMs = nowMs - 4 * slowestMs;
  const histories = new Map(
    statements.map((one) => [one.source, remembered(memory.histories.get(one.source) ?? [], one, keepFromMs)] as const),
  );
  const agree = statements.every((one) =>
    statements.every((other) => one === other || matches(one, other, histories.get(other.source) ?? [], tolerance)),
  );
  if (agree) return { differ: undefined, memory: { histories, differSinceMs: undefined } };
  const differSinceMs = memory.differSinceMs ?? nowMs;
  const lasts = nowMs - differSinceMs >= slowestMs;
  const differ = lasts ? statements.map(({ source, target }) => `${source} says ${target}`).join(', ') : undefined;
  return { differ, memory: { histories, differSinceMs } };
}

function remembered(history: TargetHistory, { target, takenAtMs }: Statement, keepFromMs: number): TargetHistory {
  const newest = history.at(-1);
  if (newest !== undefined && takenAtMs <= newest.toMs) return history;
  const kept = history.filter(({ toMs }) => toMs >= keepFromMs).slice(1 - MOST_SPANS);
  const last = kept.at(-1);
  if (last?.target !== target) return [...kept, { fromMs: takenAtMs, toMs: takenAtMs, target }];
  return [...kept.slice(0, -1), { ...last, toMs: takenAtMs }];
}

/** Only the slower of two is held against the other: the faster one may have moved on since. */
function matches(one: Statement, other: Statement, of: TargetHistory, tolerance: number): boolean {
  if (one.periodMs < other.periodMs) return true;
  const slackMs = SLACK_PERIODS * (one.periodMs + other.periodMs);
  const around = of.filter(({ fromMs, toMs }) => toMs >= one.takenAtMs - slackMs && fromMs <= one.takenAtMs + slackMs);
  if (around.length === 0) return true;
  const targets = around.map(({ target }) => target);
  return one.target >= Math.min(...targets) - tolerance && one.target <= Math.max(...targets) + tolerance;
}
