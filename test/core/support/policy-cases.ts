/** The policy asked once: ten workers serve, and a row of a table names only what is different. */
import { expect } from 'chai';
import {
  decideCount,
  NEW_POLICY_MEMORY,
  type PolicyInput,
  type PolicyMemory,
  type Verdict,
} from '../../../src/core/policy.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { NOW_EPOCH_MS, NOW_MS, rules } from './builders.ts';

/** Ten workers are wanted, serve and are planned; everything is known. */
export function input(more: Partial<PolicyInput> = {}): PolicyInput {
  const serving = more.serving ?? 10;
  const clocks = { nowMs: NOW_MS, nowEpochMs: NOW_EPOCH_MS };
  const expected = { floor: 0, calendar: undefined, restart: undefined };
  return { wanted: 10, ...expected, serving, planned: serving, certain: true, ...clocks, ...more };
}

/** Known for longer than any hold, with nothing wanted meanwhile. */
export function calm(more: Partial<PolicyMemory> = {}): PolicyMemory {
  return { ...NEW_POLICY_MEMORY, knownSinceMs: -Infinity, firstKnownMs: -Infinity, ...more };
}

/** What is decided, without the sentence. */
export function verdict(
  more: Partial<PolicyInput>,
  moreRules: Partial<Rules> = {},
  memory = calm(),
): Pick<Verdict, 'desired' | 'reason'> {
  const { desired, reason } = decideCount(input(more), memory, rules(moreRules)).verdict;
  return { desired, reason };
}

/** One row: what is asked, and what is to come of it. */
export interface PolicyCase {
  readonly name: string;
  readonly input: Partial<PolicyInput>;
  readonly rules?: Partial<Rules>;
  readonly memory?: PolicyMemory;
  readonly desired: number;
  readonly reason: Verdict['reason'];
}

/** A test for each row. */
export function table(cases: readonly PolicyCase[]): void {
  for (const { name, input: more, rules: moreRules, memory, desired, reason } of cases) {
    it(name, () => {
      expect(verdict(more, moreRules, memory)).to.deep.equal({ desired, reason });
    });
  }
}
