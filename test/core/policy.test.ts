/** Growth, bounds, pause and zero by hand; shrinking is in policy-shrink.test.ts. */
import { expect } from 'chai';
import { decideCount, NEW_POLICY_MEMORY, type PolicyInput, type PolicyMemory } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import { NOW_MS, rules } from './support/builders.ts';
import { calm, input, table, verdict } from './support/policy-cases.ts';

describe('policy: growth', () => {
  table([
    { name: 'is immediate and in full', input: { wanted: 37 }, desired: 37, reason: 'demand' },
    { name: 'needs no known past', input: { wanted: 11 }, memory: NEW_POLICY_MEMORY, desired: 11, reason: 'demand' },
    { name: 'stops at max and says so', input: { wanted: 300 }, desired: 100, reason: 'at-max' },
    { name: 'that ends exactly at max is no shortage', input: { wanted: 100 }, desired: 100, reason: 'demand' },
    {
      name: 'is over once max serves',
      input: { wanted: 300, serving: 100 },
      desired: 100,
      reason: 'at-max',
    },
    {
      name: 'takes one step where steps are limited',
      input: { wanted: 37 },
      rules: { growStepWorkers: 4 },
      desired: 14,
      reason: 'grow-step',
    },
    {
      name: 'takes the last, smaller step',
      input: { wanted: 12 },
      rules: { growStepWorkers: 4 },
      desired: 12,
      reason: 'demand',
    },
    {
      name: 'names max, not the step, where max cuts first',
      input: { wanted: 37 },
      rules: { growStepWorkers: 4, maxWorkers: 12 },
      desired: 12,
      reason: 'at-max',
    },
    {
      name: 'goes to min even where a step would not reach it',
      input: { wanted: 9, serving: 1 },
      rules: { growStepWorkers: 2, minWorkers: 5 },
      desired: 5,
      reason: 'grow-step',
    },
    {
      name: 'adds the headroom',
      input: { wanted: 9 },
      rules: { headroomWorkers: 3 },
      desired: 12,
      reason: 'demand',
    },
    {
      name: 'counts the headroom as served',
      input: { wanted: 7 },
      rules: { headroomWorkers: 3 },
      desired: 10,
      reason: 'steady',
    },
  ]);

  it('R11: happens on what is known, even while something else is unknown', () => {
    expect(verdict({ wanted: 12, certain: false })).to.deep.equal({ desired: 12, reason: 'demand' });
  });
});

describe('policy: bounds', () => {
  table([
    {
      name: 'brings too few up to min at once',
      input: { wanted: 0, serving: 2 },
      rules: { minWorkers: 4 },
      desired: 4,
      reason: 'below-min',
    },
    {
      name: 'brings too few up to min though demand is exactly min',
      input: { wanted: 4, serving: 2 },
      rules: { minWorkers: 4 },
      desired: 4,
      reason: 'below-min',
    },
    {
      name: 'brings too few up to min while demand is unknown',
      input: { wanted: 0, serving: 2, certain: false },
      rules: { minWorkers: 4 },
      desired: 4,
      reason: 'below-min',
    },
    {
      name: 'never shrinks below min',
      input: { wanted: 0 },
      rules: { minWorkers: 4 },
      desired: 4,
      reason: 'surplus',
    },
    {
      name: 'stays at min without demand',
      input: { wanted: 0, serving: 4 },
      rules: { minWorkers: 4 },
      desired: 4,
      reason: 'steady',
    },
    {
      name: 'brings too many down to max without a hold, whatever is wanted',
      input: { wanted: 50, serving: 10 },
      rules: { maxWorkers: 6 },
      memory: NEW_POLICY_MEMORY,
      desired: 6,
      reason: 'above-max',
    },
    {
      name: 'brings too many down to max though the surplus is within the dead band',
      input: { wanted: 0, serving: 10 },
      rules: { maxWorkers: 9, deadBandWorkers: 5 },
      desired: 9,
      reason: 'above-max',
    },
  ]);

  it('R11: unknown beats bounds: the count is not lowered, not even to max', () => {
    for (const wanted of [0, 6, 50]) {
      expect(verdict({ wanted, certain: false }, { maxWorkers: 6 })).to.deep.equal({
        desired: 10,
        reason: 'unknown-demand',
      });
    }
  });

  it('R11: unknown demand keeps a count that nothing wants', () => {
    expect(verdict({ wanted: 0, certain: false })).to.deep.equal({ desired: 10, reason: 'unknown-demand' });
  });

  it('R11: pause beats unknown and bounds, in both directions', () => {
    const paused = { paused: true, minWorkers: 5, maxWorkers: 8 };
    for (const serving of [0, 3, 6, 10]) {
      for (const certain of [true, false]) {
        expect(verdict({ wanted: 7, serving, certain }, paused)).to.deep.equal({ desired: serving, reason: 'paused' });
      }
    }
  });
});

describe('policy: zero replicas set by hand', () => {
  table([
    {
      name: 'stay while nothing needs a worker, whatever min and headroom say',
      input: { wanted: 0, serving: 0 },
      rules: { minWorkers: 3, headroomWorkers: 2 },
      desired: 0,
      reason: 'zero-by-hand',
    },
    {
      name: 'end once something needs a worker, and then min holds again',
      input: { wanted: 1, serving: 0 },
      rules: { minWorkers: 3 },
      desired: 3,
      reason: 'below-min',
    },
    {
      name: 'are not what a count is whose last workers are on their way out',
      input: { wanted: 0, serving: 0, planned: 2 },
      rules: { minWorkers: 1 },
      desired: 1,
      reason: 'below-min',
    },
  ]);
});

describe('policy: sentences', () => {
  const at10 = { peaks: [{ atMs: NOW_MS, workers: 10 }] };
  const sentences: readonly (readonly [string, Partial<PolicyInput>, Partial<Rules>, PolicyMemory])[] = [
    ['demand needs 12 workers, 10 serve', { wanted: 12 }, {}, calm()],
    ['demand needs 12 workers, max is 10', { wanted: 12 }, { maxWorkers: 10 }, calm()],
    ['demand needs 12 workers, max is 11', { wanted: 12 }, { maxWorkers: 11 }, calm()],
    ['demand needs 12, at most 1 a step', { wanted: 12 }, { growStepWorkers: 1 }, calm()],
    ['no more than 4 workers were wanted for 60 s, 10 serve', { wanted: 4 }, {}, calm()],
    [
      'surplus of 6: known for 0.3 s, hold is 1.5 s',
      { wanted: 4 },
      { holdMs: 1_540 },
      calm({ knownSinceMs: NOW_MS - 260 }),
    ],
    ['surplus of 1 is within the dead band of 3', { wanted: 9 }, { deadBandWorkers: 3 }, calm()],
    ['10 is above max 7', { wanted: 9 }, { maxWorkers: 7 }, calm()],
    ['2 is below min 9', { wanted: 9, serving: 2 }, { minWorkers: 9 }, calm()],
    ['10 workers serve what is wanted', { wanted: 10 }, {}, calm()],
    ['10 workers were wanted within the hold of 60 s', { wanted: 2 }, {}, calm(at10)],
    [
      '10 workers were wanted within the hold of 120 s, longer since 0 shrinks were soon reversed',
      { wanted: 2 },
      { reversalsPerHour: 0 },
      calm(at10),
    ],
    ['12 workers are kept ready, 10 serve', { wanted: 2, floor: 12 }, {}, calm()],
    ['10 workers serve what is wanted', { wanted: 2, floor: 10 }, {}, calm()],
    ['no more than 7 workers were wanted for 60 s, 10 serve', { wanted: 2, floor: 7 }, {}, calm()],
    ['demand needs 12 workers, 10 serve', { wanted: 12, floor: 11 }, {}, calm()],
  ];
  for (const [sentence, more, moreRules, memory] of sentences) {
    it(`say "${sentence}"`, () => {
      expect(decideCount(input(more), memory, rules(moreRules)).verdict.sentence).to.equal(sentence);
    });
  }
});
