/**
 * When our daemon may decide otherwise though nothing it sees has changed. Passes before that can be left out of a
 * simulation. A test plays runs with and without leaving them out and compares every figure; who adds a timer to the
 * policy has to name it here.
 */
import type { CoreMemory, Decision } from '../core/decision.ts';
import type { Observation } from '../core/observation.ts';
import type { Rules } from '../core/rules.ts';
import { VERIFY_DEADLINE_MS } from '../core/verify.ts';
import { expectations } from '../core/foresight.ts';
import { holdMsOf, type PolicyReason } from '../core/policy.ts';
import { restartCost, type RestartCost } from '../core/restart.ts';
import { UNUSED_MS } from '../core/unused.ts';

const HOUR_MS = 3_600_000;

/** Settling takes this much longer after a wrong victim, as in the core's removal. */
const HOLD_BACK_FACTOR = 5;

/** Verdicts that no passing of time changes. */
const TIMELESS: ReadonlySet<Decision['reason']> = new Set<PolicyReason>(['steady', 'dead-band', 'at-max']);
/** Verdicts that keep the count until a hold is over. */
const HELD: ReadonlySet<Decision['reason']> = new Set<PolicyReason>(['surplus-held', 'reversal-budget']);

/**
 * The next moment on the monotonic clock at which a pass over the same readings could come out differently; `-Infinity`
 * while every pass counts.
 *
 * @param epochMs the wall clock at monotonic 0.
 */
export function nextTimerMs(
  memory: CoreMemory,
  decision: Decision,
  observation: Observation,
  rules: Rules,
  epochMs: number,
): number {
  const lastMs = observation.nowMs;
  if (decision.action.kind !== 'none' || rules.policy !== 'hysteresis') return -Infinity;
  // Where demand is not certain the policy keeps no peaks; that is rare enough to look every time.
  const own = memory.policy.peaks.at(-1)?.atMs;
  if (own !== lastMs) return -Infinity;
  const restart = restartCost(memory.restart);
  let next = Infinity;
  const note = (atMs: number): void => {
    if (atMs > lastMs && atMs < next) next = atMs;
  };
  noteHolds(note, memory, decision, restart, rules, epochMs + lastMs, epochMs);
  noteWatches(note, memory, restart, lastMs, rules);
  noteRemovals(note, memory, decision, observation, rules, epochMs);
  return next;
}

/** Told of every moment that may matter. */
type Note = (atMs: number) => void;

/**
 * When the count that the policy sets falls as a hold ends, or as the budget of reversals is refilled. The newest peak is
 * renewed by every pass over the same readings, so it never ends by itself.
 */
function noteHolds(
  note: Note,
  { policy }: CoreMemory,
  decision: Decision,
  restart: RestartCost | undefined,
  rules: Rules,
  nowEpochMs: number,
  epochMs: number,
): void {
  const { reason, desiredWorkers = Infinity } = decision;
  if (TIMELESS.has(reason) || nobodyCanGo(decision)) return;
  const holdMs = holdMsOf({ restart, nowMs: nowEpochMs - epochMs, nowEpochMs }, policy, rules);
  note((policy.firstKnownMs ?? -Infinity) + rules.holdMs);
  for (const atMs of policy.reversalsAtEpochMs) note(atMs - epochMs + HOUR_MS);
  const knownSinceMs = policy.knownSinceMs ?? -Infinity;
  const older = policy.peaks.slice(0, -1);
  if (!HELD.has(reason)) {
    note(knownSinceMs + holdMs);
    for (const { atMs } of older) note(atMs + holdMs);
    return;
  }
  // Counts fall from peak to peak: the last one that keeps all workers is what the hold waits for.
  const keeping = older.findLast(({ workers }) => workers >= desiredWorkers - rules.deadBandWorkers);
  note(Math.max(knownSinceMs, keeping?.atMs ?? -Infinity) + holdMs);
}

/** More workers are planned than should serve, and none is on its way out or may go: a larger surplus changes nothing. */
export function nobodyCanGo({ leaving, desiredWorkers, plannedWorkers, report }: Decision): boolean {
  const surplus = desiredWorkers !== undefined && plannedWorkers !== undefined && desiredWorkers < plannedWorkers;
  return surplus && leaving.length === 0 && report.free === 0;
}

/** Ends of suspicion, of verification and of what is foreseen. */
function noteWatches(
  note: Note,
  { guard, expectation, foresight, unused }: CoreMemory,
  restart: RestartCost | undefined,
  lastMs: number,
  rules: Rules,
): void {
  note((guard.registeredSinceMs ?? -Infinity) + rules.holdMs);
  note((expectation?.atMs ?? -Infinity) + VERIFY_DEADLINE_MS);
  for (const { sinceMs } of unused.values()) note(sinceMs + UNUSED_MS);
  if (restart === undefined) return;
  for (const sinceMs of foresight.unmetSinceMs.values()) note(sinceMs + restart.helpMs);
  const { kept, ahead } = expectations(foresight, rules, restart, lastMs);
  // These moments still belong to what is expected.
  note((kept?.untilMs ?? -Infinity) + 1);
  note((ahead?.untilMs ?? -Infinity) + 1);
}

/**
 * Applications have been quiet for long enough, pods that were chosen settle, marked ones are late some time, and a page
 * counts only once it is new enough. None of it matters while nobody has to go.
 */
function noteRemovals(
  note: Note,
  { removal, wrongVictims }: CoreMemory,
  { leaving, desiredWorkers, plannedWorkers = Infinity }: Decision,
  { pods }: Observation,
  rules: Rules,
  epochMs: number,
): void {
  if (leaving.length === 0 && desiredWorkers === plannedWorkers) return;
  const { decommissionedAtMs, bookedAtMs, emptySinceMs, pinnedSinceMs, costs, quietSinceMs } = removal;
  for (const sinceMs of quietSinceMs.values()) note(sinceMs + rules.quietMs);
  for (const hosts of rules.pinAgeLimitMs > 0 ? pinnedSinceMs.values() : []) {
    for (const sinceMs of hosts.values()) note(sinceMs + rules.pinAgeLimitMs);
  }
  if (leaving.length === 0) return;
  // Late is what has taken longer, not as long.
  for (const { markedAtEpochMs } of pods.known ? pods.value : [])
    if (markedAtEpochMs !== undefined) note(markedAtEpochMs - epochMs + rules.drainDeadlineMs + 1);
  for (const since of [decommissionedAtMs, bookedAtMs]) for (const atMs of since.values()) note(atMs + rules.settleMs);
  // Those that are being drained are not counted down yet, so nothing has to settle for them.
  if (leaving.every(({ phase }) => phase === 'draining' || phase === 'marked')) return;
  const settleMs = rules.settleMs * (wrongVictims > 0 ? HOLD_BACK_FACTOR : 1);
  for (const { chosenAtEpochMs } of pods.known ? pods.value : [])
    if (chosenAtEpochMs !== undefined) note(chosenAtEpochMs - epochMs + settleMs);
  for (const atMs of emptySinceMs.values()) note(atMs + rules.settleMs);
  for (const { sinceMs } of costs.values()) note(sinceMs + settleMs);
}
