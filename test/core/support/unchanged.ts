/** Decisions twice on the same objects, one thing changed in between: each has to be that on a copy of it all. */
import { expect } from 'chai';
import { decide } from '../../../src/core/decide.ts';
import type { CoreMemory } from '../../../src/core/decision.ts';
import type { ApplicationObservation, Observation } from '../../../src/core/observation.ts';
import type { RemovalMemory } from '../../../src/core/removal-memory.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { laterBy } from '../../../src/lab/ours-later.ts';
import {
  applicationAsking,
  busyWorker,
  calmMemory,
  knowingCosts,
  observation,
  pods,
  rules,
  worker,
} from './builders.ts';

export interface Scene {
  readonly seen: Observation;
  readonly memory: CoreMemory;
  readonly rules: Rules;
}

export interface Case {
  readonly title: string;
  readonly before: Scene;
  /** `remembered` is what the pass before left. */
  readonly after: (before: Scene, remembered: CoreMemory) => Scene;
}

export function scene(parts: Parameters<typeof observation>[0], moreRules: Partial<Rules> = {}): Scene {
  const memory = calmMemory({ removal: knowingCosts(parts?.pods ?? []) });
  return { seen: observation(parts), memory, rules: rules(moreRules) };
}

export function withApplication(before: Scene, change: Partial<ApplicationObservation>): Scene {
  const applications = before.seen.applications.map((one, nth) => (nth === 0 ? { ...one, ...change } : one));
  return { ...before, seen: { ...before.seen, applications } };
}

/** With something else remembered of the removal. */
export function withRemoval(before: Scene, change: Partial<RemovalMemory>): Scene {
  const { memory } = before;
  return { ...before, memory: { ...memory, removal: { ...memory.removal, ...change } } };
}

/** The same objects, read so much later. */
export function later({ seen, ...before }: Scene, memory: CoreMemory, byMs: number): Scene {
  const podsAtMs = seen.pods.known ? seen.pods.takenAtMs + byMs : seen.nowMs;
  return { ...before, memory, seen: laterBy(seen, { nowMs: seen.nowMs + byMs, podsAtMs, readsHoldings: true }) };
}

/** All that comes of a decision, also what is made only when it is read. */
function whole(one: Scene): object {
  const { decision, memory } = decide(one.seen, one.memory, one.rules);
  const { standings, free, undrainable, pins, kept } = decision.report;
  return { ...decision, report: { standings, free, undrainable, pins, kept }, trace: decision.trace.lines, memory };
}

/** One test for each case. */
export function changes(cases: readonly Case[]): void {
  for (const { title, before, after } of cases) {
    it(title, () => {
      const first = whole(before);
      const { memory } = decide(before.seen, before.memory, before.rules);
      const scene = after(before, memory);
      const kept = whole(scene);
      expect(kept).to.deep.equal(whole(structuredClone(scene)));
      expect(kept, 'it matters').to.not.deep.equal(first);
    });
  }
}

/** Executors are wanted that have no room. */
export const ASKING = scene({
  workers: [busyWorker(1), worker(2)],
  pods: pods(1, 2),
  applications: [applicationAsking(20, { grantedCores: 4 })],
});
