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
  const timers = [
    holdTimers(memory, decision, restart, rules, epochMs + lastMs, epochMs),
    watchTimers(memory, restart, lastMs, rules),
    removalTimers(memory, decision, observation, rules, epochMs),
  ];
  let next = Infinity;
  for (const some of timers) for (const timerMs of some) if (timerMs > lastMs) next = Math.min(next, timerMs);
  return next;
}

/**
 * When the count that the policy sets falls as a hold ends, or as the budget of reversals is refilled. The newest peak is
 * renewed by every pass over the same readings, so it never ends by itself.
 */
function holdTimers(
  { policy }: CoreMemory,
  decision: Decision,
  restart: RestartCost | undefined,
  rules: Rules,
  nowEpochMs: number,
  epochMs: number,
): number[] {
  const { reason, desiredWorkers = Infinity } = decision;
  if (TIMELESS.has(reason) || nobodyCanGo(decision)) return [];
  const holdMs = holdMsOf({ restart, nowMs: nowEpochMs - epochMs, nowEpochMs }, policy, rules);
  const learnsMs = (policy.firstKnownMs ?? -Infinity) + rules.holdMs;
  const timers = [learnsMs, ...policy.reversalsAtEpochMs.map((atMs) => atMs - epochMs + HOUR_MS)];
  const knownSinceMs = policy.knownSinceMs ?? -Infinity;
  const older = policy.peaks.slice(0, -1);
  if (!HELD.has(reason)) return [...timers, knownSinceMs + holdMs, ...older.map(({ atMs }) => atMs + holdMs)];
  // Counts fall from peak to peak: the last one that keeps all workers is what the hold waits for.
  const keeping = older.findLast(({ workers }) => workers >= desiredWorkers - rules.deadBandWorkers);
  return [...timers, Math.max(knownSinceMs, keeping?.atMs ?? -Infinity) + holdMs];
}

/** More workers are planned than should serve, and none is on its way out or may go: a larger surplus changes nothing. */
export function nobodyCanGo({ leaving, desiredWorkers, plannedWorkers, report }: Decision): boolean {
  const surplus = desiredWorkers !== undefined && plannedWorkers !== undefined && desiredWorkers < plannedWorkers;
  return surplus && leaving.length === 0 && report.free === 0;
}

/** Ends of suspicion, of verification and of what is foreseen. */
function watchTimers(
  { guard, expectation, foresight, unused }: CoreMemory,
  restart: RestartCost | undefined,
  lastMs: number,
  rules: Rules,
): number[] {
  const timers = [
    (guard.registeredSinceMs ?? -Infinity) + rules.holdMs,
    (expectation?.atMs ?? -Infinity) + VERIFY_DEADLINE_MS,
    ...[...unused.values()].map(({ sinceMs }) => sinceMs + UNUSED_MS),
  ];
  if (restart === undefined) return timers;
  for (const sinceMs of foresight.unmetSinceMs.values()) timers.push(sinceMs + restart.helpMs);
  const { kept, ahead } = expectations(foresight, rules, restart, lastMs);
  // These moments still belong to what is expected.
  return [...timers, (kept?.untilMs ?? -Infinity) + 1, (ahead?.untilMs ?? -Infinity) + 1];
}

/**
 * Applications have been quiet for long enough, pods that were chosen settle, marked ones are late some time, and a page
 * counts only once it is new enough. None of it matters while nobody has to go.
 */
function removalTimers(
  { removal, wrongVictims }: CoreMemory,
  { leaving, desiredWorkers, plannedWorkers = Infinity }: Decision,
  { pods }: Observation,
  rules: Rules,
  epochMs: number,
): number[] {
  const timers: number[] = [];
  if (leaving.length === 0 && desiredWorkers === plannedWorkers) return timers;
  const { decommissionedAtMs, bookedAtMs, emptySinceMs, pinnedSinceMs, costs, quietSinceMs } = removal;
  for (const sinceMs of quietSinceMs.values()) timers.push(sinceMs + rules.quietMs);
  for (const hosts of rules.pinAgeLimitMs > 0 ? pinnedSinceMs.values() : []) {
    for (const sinceMs of hosts.values()) timers.push(sinceMs + rules.pinAgeLimitMs);
  }
  if (leaving.length === 0) return timers;
  // Late is what has taken longer, not as long.
  for (const { markedAtEpochMs } of pods.known ? pods.value : [])
    if (markedAtEpochMs !== undefined) timers.push(markedAtEpochMs - epochMs + rules.drainDeadlineMs + 1);
  for (const since of [decommissionedAtMs, bookedAtMs])
    for (const atMs of since.values()) timers.push(atMs + rules.settleMs);
  // Those that are being drained are not counted down yet, so nothing has to settle for them.
  if (leaving.every(({ phase }) => phase === 'draining' || phase === 'marked')) return timers;
  const settleMs = rules.settleMs * (wrongVictims > 0 ? HOLD_BACK_FACTOR : 1);
  for (const { chosenAtEpochMs } of pods.known ? pods.value : [])
    if (chosenAtEpochMs !== undefined) timers.push(chosenAtEpochMs - epochMs + settleMs);
  for (const atMs of emptySinceMs.values()) timers.push(atMs + rules.settleMs);
  for (const { sinceMs } of costs.values()) timers.push(sinceMs + settleMs);
  return timers;
}
