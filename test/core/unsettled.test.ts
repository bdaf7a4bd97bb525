/** While nobody can tell who would go, the count may be raised and not lowered. */
import { expect } from 'chai';
import { calmMemory, reading, target } from './support/builders.ts';
import { asking, decided, idle, outcome } from './support/decide-scenes.ts';

const why = 'a rollout of deployment/w is under way';
const rolling = (planned: number): { targetReading: ReturnType<typeof reading<ReturnType<typeof target>>> } => ({
  targetReading: reading(target(planned, { unsettled: why })),
});

describe('decide: a target that is unsettled', () => {
  it('gives up nobody, and says why', () => {
    expect(outcome(idle(3), { minWorkers: 1 }, calmMemory())).to.match(/^choose /);
    const held = decided({ ...idle(3), ...rolling(3) }, { minWorkers: 1 }, calmMemory());
    expect(held.action.kind).to.equal('none');
    expect(held.blockers).to.deep.equal([why]);
  });

  it('cancels nothing either: a shrink may be spread over pods of all rollouts', () => {
    const parts = { ...idle(3), targetReading: reading(target(5, { existingPods: 3 })) };
    expect(outcome(parts, { minWorkers: 1 }, calmMemory())).to.match(/^cancel-unfilled 5 to 3/);
    const held = { ...parts, targetReading: reading(target(5, { existingPods: 3, unsettled: why })) };
    expect(outcome(held, { minWorkers: 1 }, calmMemory())).to.match(/^none/);
  });

  it('grows all the same', () => {
    expect(outcome({ ...asking(20, 2), ...rolling(2) })).to.equal('grow 2 to 5 (demand)');
  });
});
