/** Demand that climbs, and what only looks like it. */
import { expect } from 'chai';
import { NEW_CLIMB_MEMORY, nextStep, watchClimb, type ClimbStep } from '../../src/core/climb.ts';

const HELP_MS = 11_000;

/** What is expected after these demands; each is `[second, workers]`. */
function after(...steps: readonly (readonly [atSec: number, wanted: number])[]): ClimbStep | undefined {
  const memory = steps.reduce((before, [atSec, wanted]) => watchClimb(before, wanted, atSec * 1_000), NEW_CLIMB_MEMORY);
  return nextStep(memory, HELP_MS);
}

describe('a climb', () => {
  it('is three rises in turn; the next is expected at their pace, and a little later', () => {
    expect(after([0, 1], [15, 2])).to.equal(undefined);
    expect(after([0, 1], [15, 2], [30, 3])).to.deep.equal({ workers: 1, untilMs: 52_500 });
  });

  it('has steps of any height', () => {
    expect(after([0, 2], [10, 6], [20, 9], [30, 13])?.workers).to.equal(4);
  });

  it('goes on over a small fall', () => {
    expect(after([0, 1], [15, 2], [20, 1.5], [30, 3])?.workers).to.equal(1);
  });

  it('is no jump', () => {
    expect(after([0, 1], [15, 16], [60, 16], [90, 16])).to.equal(undefined);
  });

  it('is no plateau on which demand goes up and down', () => {
    expect(after([0, 12], [10, 13], [20, 12], [30, 13], [40, 12], [50, 13])).to.equal(undefined);
  });

  it('begins anew after a collapse to half', () => {
    expect(after([0, 1], [15, 2], [30, 8], [60, 4], [75, 5])).to.equal(undefined);
    expect(after([0, 1], [15, 2], [30, 8], [60, 4], [75, 5], [90, 6], [105, 7])).to.deep.include({ untilMs: 127_500 });
  });

  it('is none whose steps are too far apart for a worker to wait for them', () => {
    expect(after([0, 1], [33, 2], [66, 3])).to.not.equal(undefined);
    expect(after([0, 1], [34, 2], [68, 3])).to.equal(undefined);
  });

  it('goes by its newest steps', () => {
    expect(after([0, 1], [60, 2], [120, 3], [130, 4], [140, 5], [150, 6])?.untilMs).to.equal(165_000);
  });
});
