/** A plan is checked against fresher readings right before it is carried out. */
import { expect } from 'chai';
import type { LiveView } from '../../src/daemon/cycle.ts';
import { FakeClock } from './support/clock.ts';
import { daemonOver, ENABLED, untilChosen, type Daemon } from './support/daemon.ts';
import { failure } from './support/results.ts';
import { RULES } from './support/things.ts';
import { World } from './support/world.ts';

describe('cycle: looks again before it acts', () => {
  let world: World;
  let live: LiveView;
  /** Runs in each pass between the beat and what follows from it. */
  let between: () => void;
  let daemon: Daemon;

  beforeEach(() => {
    world = new World(new FakeClock(), 3);
    world.wantedExecutors = 3;
    live = ENABLED;
    between = () => undefined;
    daemon = daemonOver(world, { live: liveNow });
  });

  const liveNow = (): LiveView => {
    between();
    return live;
  };

  it('growth: at the target, and sees what somebody else has done meanwhile', async () => {
    await daemon.pass();
    world.wantedExecutors = 5;
    world.clock.advance(1_000);
    world.setCount(5);
    const report = await daemon.cycle.run();
    expect(report.outcome).to.include({ kind: 'withheld', why: 'fresher readings say otherwise' });
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('growth: at the pods too where workers have just come, which may be of another pool', async () => {
    world.wantedExecutors = 5;
    await daemon.pass();
    world.foreign = ['other-1', 'other-2'];
    world.calls.all.length = 0;
    const report = await daemon.pass();
    expect(report.outcome).to.include({ kind: 'withheld', why: 'fresher readings say otherwise' });
    expect(world.calls.all.filter((name) => name === 'pods.list')).to.have.length(1);
    await daemon.passes(5);
    expect(world.clusterWrites()).to.deep.equal(['resize 5']);
  });

  it('removal: at everything, and fresher readings cancel it', async () => {
    await untilChosen(world, daemon);
    // Work comes to both workers that were chosen, after the beat has shown them idle.
    between = () => {
      world.wantedExecutors = 3;
      world.step();
    };
    world.calls.all.length = 0;
    const report = await daemon.pass();
    expect(world.calls.all).to.include.members(['target.read', 'pods.list consistent', 'master.read']);
    expect(report.decision.action.kind).to.equal('release');
    expect(world.clusterWrites().slice(2)).to.deep.equal(['release w-2', 'release w-3']);
  });

  it('removal: and does nothing if there is nothing to do any more', async () => {
    await daemon.passes(10);
    between = () => {
      world.wantedExecutors = 3;
      world.step();
    };
    const whys: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      world.wantedExecutors = 1;
      const { outcome } = await daemon.pass();
      if (outcome.kind === 'withheld') whys.push(`${outcome.action.kind}: ${outcome.why}`);
    }
    expect(new Set(whys)).to.deep.equal(new Set(['choose: fresher readings say otherwise']));
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  for (const source of ['pods.list consistent', 'master.read', 'target.read']) {
    it(`removal: is withheld if ${source} fails, though older readings are still good`, async () => {
      await untilChosen(world, daemon);
      between = () => {
        world.calls.twist(source, { error: failure('timeout') });
      };
      const report = await daemon.pass();
      expect(report.outcome.kind === 'withheld' ? report.outcome.why : '').to.match(/could not be looked at again$/);
      expect(world.clusterWrites()).to.deep.equal(['choose w-2', 'choose w-3']);
      world.calls.straighten(source);
      between = () => undefined;
      expect((await daemon.pass()).outcome.kind, 'and is done in the next pass').to.equal('done');
    });
  }

  it('a removal that shows only after a look at the target alone waits for the whole look', async () => {
    world.wantedExecutors = 5;
    await daemon.passes(12);
    world.wantedExecutors = 1;
    await daemon.passes(4);
    // Everybody else raises the count far above what is wanted right when the daemon would grow.
    live = { ...ENABLED, rules: { ...RULES, minWorkers: 6, maxWorkers: 6 } };
    world.clock.advance(1_000);
    world.setCount(9);
    const report = await daemon.cycle.run();
    expect(report.outcome).to.include({
      kind: 'withheld',
      why: 'the fresher readings ask for a removal; it is looked at again first',
    });
  });

  it('writes nothing after the Lease ran out while it looked again', async () => {
    let slowMs = 0;
    const target = {
      ...world.target,
      read: async (signal: AbortSignal) => {
        const answer = await world.target.read(signal);
        world.clock.advance(slowMs);
        return answer;
      },
    };
    const slow = daemonOver(world, { observer: { target }, live: liveNow });
    await slow.pass();
    world.calls.twist('lease', { error: failure('unreachable') }, 100);
    await slow.passes(8);
    world.wantedExecutors = 5;
    between = () => {
      slowMs = 1_500;
    };
    const report = await slow.pass();
    expect(report.standing.acts, 'the Lease was held when the pass began').to.equal(true);
    expect(report.outcome).to.include({ kind: 'withheld', why: 'the Lease ran out while it was looked at again' });
    expect(world.clusterWrites()).to.deep.equal([]);
  });
});
