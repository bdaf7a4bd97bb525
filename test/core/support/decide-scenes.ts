/** Whole decisions asked for: a cluster in a few words, and what comes of it in a few words. */
import { decide } from '../../../src/core/decide.ts';
import type { CoreMemory, Decision } from '../../../src/core/decision.ts';
import type { Rules } from '../../../src/core/rules.ts';
import {
  applicationAsking,
  busyWorker,
  calmMemory,
  emptySelves,
  knowingCosts,
  numbers,
  observation,
  pods,
  rules,
  workers,
  type ObservationParts,
} from './builders.ts';
import { inWords } from './removal-scenes.ts';

function calm({ pods: podList = [] }: ObservationParts): CoreMemory {
  return calmMemory({ removal: knowingCosts(podList) });
}

/** The decision on these parts. */
export function decided(parts: ObservationParts, moreRules: Partial<Rules> = {}, memory = calm(parts)): Decision {
  return decide(observation(parts), memory, rules(moreRules)).decision;
}

/** The action in a few words, and why. */
export function outcome(parts: ObservationParts, moreRules: Partial<Rules> = {}, memory = calm(parts)): string {
  const { action, reason } = decided(parts, moreRules, memory);
  return `${inWords(action)} (${reason})`;
}

/** `busy` full workers hold as many executors of 1 core as they can; the application wants `executors`. */
export function asking(executors: number, busy: number, more: ObservationParts = {}): ObservationParts {
  return {
    workers: numbers(1, busy).map((n) => busyWorker(n)),
    pods: pods(1, busy),
    applications: [applicationAsking(executors, { grantedCores: busy * 4 })],
    ...more,
  };
}

/** So many idle workers, and no application. */
export function idle(count: number, more: ObservationParts = {}): ObservationParts {
  return {
    workers: workers(1, count),
    pods: pods(1, count),
    workerSelves: emptySelves(...numbers(1, count)),
    ...more,
  };
}
