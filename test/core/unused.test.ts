/** Demand that nobody takes counts for one worker only, and all of it again as soon as it is taken. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { ApplicationDemand } from '../../src/core/demand.ts';
import { NEW_UNUSED_MEMORY, UNUSED_MS, withoutUnused } from '../../src/core/unused.ts';
import { demand, WORKER_SHAPE } from './support/builders.ts';

/** What one application asks for and holds, and whether an idle worker is there for it. */
interface Look {
  readonly atMs: number;
  readonly executors: number;
  readonly held: number;
  readonly room?: boolean;
  readonly more?: Partial<ApplicationDemand>;
}

/** Executors that count, look by look. */
function counted(looks: readonly Look[]): number[] {
  let memory = NEW_UNUSED_MEMORY;
  return looks.map(({ atMs, executors, held, room = true, more = {} }) => {
    const demands = [demand(executors, { held, targetExecutors: executors, ...more })];
    const next = withoutUnused({ demands, hasRoom: () => room, workerShape: WORKER_SHAPE, nowMs: atMs }, memory);
    ({ memory } = next);
    return next.demands[0]?.executors ?? -1;
  });
}

/** Four of its executors fill a worker. */
const ASKS = { executors: 20, held: 6 };
const LATER = { atMs: UNUSED_MS, ...ASKS };

describe('Demand that nobody takes', () => {
  const cases: { title: string; looks: readonly Look[]; last: number }[] = [
    { title: 'counts at first', looks: [{ atMs: 0, ...ASKS }], last: 20 },
    {
      title: 'counts until the time is over',
      looks: [
        { atMs: 0, ...ASKS },
        { ...LATER, atMs: UNUSED_MS - 1 },
      ],
      last: 20,
    },
    { title: 'counts for one worker then', looks: [{ atMs: 0, ...ASKS }, LATER], last: 10 },
    {
      title: 'counts for no more than there is',
      looks: [
        { atMs: 0, executors: 7, held: 6 },
        { ...LATER, executors: 7 },
      ],
      last: 7,
    },
    {
      title: 'counts where no idle worker is there for it',
      looks: [
        { atMs: 0, ...ASKS, room: false },
        { ...LATER, room: false },
      ],
      last: 20,
    },
    {
      title: 'counts where the room was gone in between',
      looks: [{ atMs: 0, ...ASKS }, { atMs: 1000, ...ASKS, room: false }, LATER],
      last: 20,
    },
    {
      title: 'counts for one worker still, once it is known and the room is gone',
      looks: [{ atMs: 0, ...ASKS }, LATER, { ...LATER, room: false }],
      last: 10,
    },
    {
      title: 'R12: counts at once when it takes the room',
      looks: [{ atMs: 0, ...ASKS }, LATER, { ...LATER, held: 7 }],
      last: 20,
    },
    {
      title: 'R12: counts at once when it asks for more',
      looks: [{ atMs: 0, ...ASKS }, LATER, { ...LATER, executors: 21 }],
      last: 21,
    },
    {
      title: 'starts anew when it has taken some',
      looks: [
        { atMs: 0, ...ASKS },
        { atMs: 9, executors: 20, held: 7 },
        { ...LATER, held: 7 },
      ],
      last: 20,
    },
    {
      title: 'does not start anew when it asks for less',
      looks: [
        { atMs: 0, ...ASKS },
        { ...LATER, executors: 15 },
      ],
      last: 10,
    },
    {
      title: 'R11: counts where it is not certain',
      looks: [
        { atMs: 0, ...ASKS, more: { certain: false } },
        { ...LATER, more: { certain: false } },
      ],
      last: 20,
    },
    {
      title: 'counts where it takes all there is',
      looks: [
        { atMs: 0, ...ASKS, more: { takesAll: true } },
        { ...LATER, more: { takesAll: true } },
      ],
      last: 20,
    },
    {
      title: 'is none where all is held',
      looks: [
        { atMs: 0, executors: 6, held: 6 },
        { ...LATER, executors: 6 },
      ],
      last: 6,
    },
  ];
  for (const { title, looks, last } of cases) {
    it(`${title}: ${last}`, () => {
      expect(counted(looks).at(-1)).to.equal(last);
    });
  }

  it('says why, and what to do', () => {
    const demands = [demand(20, { held: 6 })];
    const input = { demands, hasRoom: () => true, workerShape: WORKER_SHAPE };
    const { memory } = withoutUnused({ ...input, nowMs: 0 }, NEW_UNUSED_MEMORY);
    const [one] = withoutUnused({ ...input, nowMs: UNUSED_MS }, memory).demands;
    expect(one?.sentence).to.contain('only 10 count: it has taken none for 60 s though a worker stands idle for it');
    expect(one?.advice).to.contain('look for what keeps its executors from starting');
  });

  it('is never below what is held, never above what is asked, and late in nothing that is taken', () => {
    const look = fc.record({
      afterMs: fc.nat(40_000),
      executors: fc.nat(30),
      held: fc.nat(30),
      room: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 20 }), (steps) => {
        let atMs = 0;
        const looks = steps.map((one) => ({ ...one, atMs: (atMs += one.afterMs) }));
        counted(looks).forEach((executors, index) => {
          const now = looks[index]!;
          const before = looks[index - 1];
          expect(executors).to.be.at.most(now.executors);
          expect(executors).to.be.at.least(Math.min(now.executors, now.held + 1));
          const moved = before !== undefined && (now.held > before.held || now.executors > before.executors);
          if (moved || now.atMs < UNUSED_MS) expect(executors).to.equal(now.executors);
        });
      }),
    );
  });
});
