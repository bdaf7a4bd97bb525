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
import { holdMsOf, longestHoldMs } from '../core/policy.ts';
import { restartCost } from '../core/restart.ts';

const HOUR_MS = 3_600_000;

/** Settling takes this much longer after a wrong victim, as in the core's removal. */
const HOLD_BACK_FACTOR = 5;

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
  let next = Infinity;
  for (const timerMs of [
    ...policyTimers(memory, lastMs, rules, epochMs),
    ...removalTimers(memory, observation, rules, epochMs),
  ]) {
    if (timerMs > lastMs) next = Math.min(next, timerMs);
  }
  return next;
}

function policyTimers(memory: CoreMemory, lastMs: number, rules: Rules, epochMs: number): number[] {
  const { policy, guard, expectation, foresight } = memory;
  const restart = restartCost(memory.restart);
  const holds = [holdMsOf({ restart, nowMs: lastMs, nowEpochMs: epochMs + lastMs }, policy, rules), longestHoldMs(rules)];
  const { kept, ahead } = restart === undefined ? {} : expectations(foresight, rules, restart, lastMs);
  return [
    // The newest peak is renewed by every pass over the same readings, so it never ends by itself.
    ...holds.flatMap((holdMs) => policy.peaks.slice(0, -1).map(({ atMs }) => atMs + holdMs)),
    ...holds.map((holdMs) => (policy.knownSinceMs ?? -Infinity) + holdMs),
    ...policy.reversalsAtEpochMs.map((atMs) => atMs - epochMs + HOUR_MS),
    (policy.firstKnownMs ?? -Infinity) + rules.holdMs,
    (guard.registeredSinceMs ?? -Infinity) + rules.holdMs,
    (expectation?.atMs ?? -Infinity) + VERIFY_DEADLINE_MS,
    ...(restart === undefined ? [] : [...foresight.unmetSinceMs.values()].map((sinceMs) => sinceMs + restart.helpMs)),
    // These moments still belong to what is expected.
    (kept?.untilMs ?? -Infinity) + 1,
    (ahead?.untilMs ?? -Infinity) + 1,
  ];
}

/** Applications have been quiet for long enough, pods that were chosen settle, marked ones are late some time, and a page counts only once it is new enough. */
function removalTimers(memory: CoreMemory, { pods }: Observation, rules: Rules, epochMs: number): number[] {
  const timers: number[] = [];
  for (const pod of pods.known ? pods.value : []) {
    const chosenMs = (pod.chosenAtEpochMs ?? -Infinity) - epochMs;
    const markedMs = (pod.markedAtEpochMs ?? -Infinity) - epochMs;
    timers.push(chosenMs + rules.settleMs, chosenMs + HOLD_BACK_FACTOR * rules.settleMs);
    // Late is what has taken longer, not as long.
    timers.push(markedMs + rules.drainDeadlineMs + 1);
  }
  const { decommissionedAtMs, bookedAtMs, costs, quietSinceMs } = memory.removal;
  for (const sinceMs of quietSinceMs.values()) timers.push(sinceMs + rules.quietMs);
  for (const atMs of [...decommissionedAtMs.values(), ...bookedAtMs.values()]) timers.push(atMs + rules.settleMs);
  for (const { sinceMs } of costs.values()) {
    timers.push(sinceMs + rules.settleMs, sinceMs + HOLD_BACK_FACTOR * rules.settleMs);
  }
  return timers;
}
