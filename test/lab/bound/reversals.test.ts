/** How often the clairvoyant's count grows after it has shrunk. */
import { expect } from 'chai';
import { boundedCourse } from '../../../src/lab/bound/lower-bound.ts';
import type { BoundProblem } from '../../../src/lab/bound/problem.ts';
import { job, problem, stage } from '../support/schedules.ts';

const SECOND_MS = 1000;

describe('lab: reversals of the bound', () => {
  /** Bursts that need so many workers at once, so many seconds apart. */
  const bursts = (apartSeconds: number, ...workers: readonly number[]): BoundProblem =>
    problem(
      workers.map((count, index) => {
        const atMs = 10_000 + index * apartSeconds * SECOND_MS;
        return job(atMs, atMs + 10_000, stage(Array<number>(count).fill(10_000)));
      }),
      { maxWorkers: 20, startMs: 8000, endMs: 1000, horizonMs: 600_000 },
    );
  const cases: { title: string; of: BoundProblem; reversals: number }[] = [
    {
      title: 'none where nothing is to be done',
      of: problem([], { horizonMs: 9000, initialWorkers: 2 }),
      reversals: 0,
    },
    { title: 'none over pauses shorter than a start and an end', of: bursts(18, 8, 8, 8), reversals: 0 },
    { title: 'one for each longer pause', of: bursts(60, 8, 8, 8), reversals: 2 },
    { title: 'none where less is needed each time', of: bursts(15, 12, 8, 4), reversals: 0 },
    { title: 'none where more is needed each time', of: bursts(15, 4, 8, 12), reversals: 0 },
    {
      title: 'one where those that were there at first are needed later',
      of: { ...bursts(60, 8), initialWorkers: 1 },
      reversals: 1,
    },
    {
      title: 'those who must be there at once for a moment count too',
      of: problem(
        [0, 120_000, 240_000].map((at) => job(at + 10_000, at + 40_000, stage(Array<number>(30).fill(5000)))),
        { startMs: 8000, endMs: 1000, maxWorkers: 20, horizonMs: 400_000 },
      ),
      reversals: 2,
    },
  ];
  for (const { title, of, reversals } of cases) {
    it(title, () => {
      expect(boundedCourse(of).reversals).to.equal(reversals);
    });
  }
});
