/**
 * The daemon is killed right after any single write took effect, before it sees the answer, and started again with an
 * empty memory over the same world.
 */
import { expect } from 'chai';
import { Killed } from './support/calls.ts';
import { FakeClock } from './support/clock.ts';
import { daemonOver, ENABLED, LEASE_DURATION_MS, type Daemon } from './support/daemon.ts';
import { RULES } from './support/things.ts';
import { World } from './support/world.ts';

/** Enough for a Lease to run out, a hold, a suspicion lifted, and a removal. */
const PASSES = 60;

interface Story {
  readonly name: string;
  readonly markAnswer?: World['markAnswer'];
  /** Workers there at the start, executors wanted until, and after, the daemon has settled. */
  readonly workers: number;
  readonly wantedFirst: number;
  readonly wantedThen: number;
}

const stories: readonly Story[] = [
  { name: 'a shrink with marks', workers: 3, wantedFirst: 3, wantedThen: 1 },
  { name: 'a growth', workers: 1, wantedFirst: 1, wantedThen: 4 },
  {
    name: 'a shrink where the master marks no workers',
    markAnswer: 'not-allowed',
    workers: 2,
    wantedFirst: 2,
    wantedThen: 1,
  },
];

interface Ending {
  readonly world: World;
  /** The write after which the daemon was killed; undefined if it made fewer. */
  readonly killedAfter: string | undefined;
}

/** Tells the story with a kill after the `nth` write from the change of demand on. */
async function tell(story: Story, nth: number | undefined, identity: string): Promise<Ending> {
  const world = new World(new FakeClock(), story.workers);
  world.markAnswer = story.markAnswer ?? 'accepted';
  world.wantedExecutors = story.wantedFirst;
  let daemon: Daemon = daemonOver(world);
  await daemon.passes(12);
  world.wantedExecutors = story.wantedThen;
  world.calls.killAfterWrites = nth;
  let killedAfter: string | undefined;
  for (let count = 0; count < 2 * PASSES; count += 1) {
    try {
      await daemon.pass();
    } catch (cause) {
      if (!(cause instanceof Killed)) throw cause;
      killedAfter = cause.message;
      world.calls.killAfterWrites = undefined;
      daemon = daemonOver(world, { identity });
      count = PASSES - 1;
    }
  }
  return { world, killedAfter };
}

describe('restart', () => {
  for (const story of stories) {
    for (const identity of ['first', 'second']) {
      const who = identity === 'first' ? 'the same identity' : 'another identity';
      it(`${story.name}: killed after any write and started again as ${who}, it ends as if it had not been`, async () => {
        const whole = await tell(story, undefined, identity);
        expect(whole.world.counts, 'without a kill').to.deep.equal([story.wantedThen]);
        const points: string[] = [];
        for (let nth = 1; ; nth += 1) {
          const { world, killedAfter } = await tell(story, nth, identity);
          if (killedAfter === undefined || points.length > 60) break;
          points.push(killedAfter);
          const when = `killed ${killedAfter} (write ${nth})`;
          expect(world.planned, when).to.equal(story.wantedThen);
          expect(turns([story.workers, ...world.counts]), `${when}: no reversal`).to.equal(0);
          const left = world.machines.map(({ pod }) => [pod.chosenAtEpochMs, pod.markedAtEpochMs]);
          expect(left.flat().filter(Boolean), `${when}: nobody stays chosen or marked`).to.deep.equal([]);
          expect(
            world.machines.map(({ worker }) => worker),
            when,
          ).to.deep.equal(world.machines.map(() => 'ALIVE'));
          expect(world.machines, when).to.have.length(story.wantedThen);
          const wrong = world.ended.filter(({ chosen, busy }) => !chosen || busy);
          expect(wrong, `${when}: only chosen, empty pods went`).to.deep.equal([]);
          expect(world.calls.mostWritesAtOnce, when).to.equal(1);
        }
        const kinds = new Set(points.map((point) => point.split(' ')[1]));
        expect([...kinds], 'every kind of write was a point').to.include.members(expectedKinds(story));
      });
    }
  }

  it('demand that returns at max while it was down: marked pods are replaced, the count stays', async () => {
    const world = new World(new FakeClock(), 3);
    world.wantedExecutors = 3;
    const live = () => ({ ...ENABLED, rules: { ...RULES, maxWorkers: 3 } });
    const first = daemonOver(world, { live });
    await first.passes(12);
    world.wantedExecutors = 1;
    while (!world.calls.writes.some((write) => write.startsWith('decommission'))) await first.pass();
    world.wantedExecutors = 3;
    const second = daemonOver(world, { live, identity: 'second' });
    await second.passes(LEASE_DURATION_MS / 1_000 + 15);
    expect(world.counts).to.deep.equal([]);
    expect(world.clusterWrites().filter((write) => write.startsWith('remove'))).to.have.length(2);
    expect(world.machines.map(({ executors }) => executors)).to.deep.equal([1, 1, 1]);
  });

  it('the one that was thought dead writes nothing once the other has the Lease', async () => {
    const world = new World(new FakeClock(), 1);
    const [first, second] = [daemonOver(world), daemonOver(world, { identity: 'second' })];
    world.wantedExecutors = 1;
    await first.passes(2);
    await second.passes(LEASE_DURATION_MS / 1_000);
    expect(world.lease.holder).to.equal('second');
    world.wantedExecutors = 4;
    const report = await first.pass();
    expect(report.standing).to.deep.include({ acts: false, code: 'not-holder' });
    expect(world.clusterWrites()).to.deep.equal([]);
  });
});

/** How often a row of counts changes its direction. */
function turns(counts: readonly number[]): number {
  const moves = counts.slice(1).map((count, index) => Math.sign(count - counts[index]!));
  const real = moves.filter((move) => move !== 0);
  return real.slice(1).filter((move, index) => move !== real[index]).length;
}

function expectedKinds({ wantedThen, workers, markAnswer }: Story): string[] {
  if (wantedThen > workers) return ['resize', 'save', 'lease'];
  const marks = markAnswer === undefined ? ['note', 'decommission'] : ['note', 'decommission', 'unnote'];
  return ['choose', ...marks, 'resize', 'save', 'lease'];
}
