import { expect } from 'chai';
import { LeaseKeeper, type Tenancy } from '../../src/daemon/tenancy.ts';
import type { Tenure } from '../../src/kube/ports.ts';
import { FakeClock } from './support/clock.ts';
import { failure, never } from './support/results.ts';
import { World } from './support/world.ts';

const DURATION_MS = 15_000;

describe('lease keeper', () => {
  let clock: FakeClock;
  let world: World;
  let keeper: LeaseKeeper;

  beforeEach(() => {
    clock = new FakeClock();
    world = new World(clock, 1);
    keeper = keeperOf('me');
  });

  function keeperOf(identity: string, tenure: Tenure = world.tenure(identity)): LeaseKeeper {
    return new LeaseKeeper({ clock, tenure, leaseDurationMs: DURATION_MS });
  }

  const keep = (): Promise<Tenancy> => keeper.keep(never);
  const renewals = (): number => world.calls.count('lease renew by me');

  /** Keeps once a second, and says at which seconds it held. */
  async function heldAtSec(seconds: number): Promise<number[]> {
    const held: number[] = [];
    for (let second = 1; second <= seconds; second += 1) {
      clock.advance(1_000);
      if ((await keep()).held) held.push(second);
    }
    return held;
  }

  it('R25: takes a free Lease and hands out what was saved there, only on taking', async () => {
    world.lease = { holder: '', renewedAtMs: -Infinity, saved: 'note' };
    expect(await keep()).to.deep.equal({ held: true, taken: true, saved: 'note' });
    expect(await keep()).to.deep.equal({ held: true, taken: false, saved: undefined });
    clock.advance(DURATION_MS / 3);
    expect(await keep()).to.deep.include({ held: true, taken: false });
    expect(renewals()).to.equal(2);
  });

  it('renews after a third of the duration, not every second', async () => {
    await keep();
    await heldAtSec(30);
    expect(renewals()).to.equal(1 + 30 / 5);
  });

  it('does not hold what another holds, says who, and looks again every time', async () => {
    await keeperOf('other').keep(never);
    expect(await keep()).to.deep.equal({ held: false, why: 'other holds the Lease' });
    expect(keeper.writableForMs()).to.equal(0);
    expect(keeper.error()).to.equal(undefined);
    expect(await heldAtSec(20), 'once the other has gone silent for the duration').to.include(15);
    expect(renewals()).to.be.greaterThan(14);
  });

  it('is lost at once when a renewal shows another holder', async () => {
    await keep();
    world.lease = { holder: 'thief', renewedAtMs: clock.nowMs(), saved: undefined };
    clock.advance(5_000);
    expect(await keep()).to.deep.equal({ held: false, why: 'thief holds the Lease' });
  });

  it('goes on through an outage shorter than the duration less the margin', async () => {
    await keep();
    world.calls.twist('lease', { error: failure('unreachable') }, 2);
    expect(await heldAtSec(12)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(renewals(), 'at 5 and 7 in vain, at 9 with success').to.equal(4);
  });

  it('asks a server that says when to come back no sooner, and says why it does not act meanwhile', async () => {
    await keep();
    world.calls.twist('lease', { error: failure('throttled', { retryAfterMs: 7_000 }) });
    expect(await heldAtSec(11), 'refused at 5, so not asked before 12').to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(renewals()).to.equal(2);
    expect(await keep()).to.deep.equal({
      held: false,
      why: 'the Lease could not be renewed: the test: throttled: made throttled',
    });
    expect(keeper.error(), 'told in the pass that was refused').to.equal(undefined);
    clock.advance(1_000);
    expect(await keep()).to.deep.include({ held: true, taken: true });
    expect(renewals()).to.equal(3);
  });

  it('stops a third of the duration before the Lease could be another’s, however long the outage', async () => {
    await keep();
    world.calls.twist('lease', { error: failure('timeout') }, 100);
    expect(await heldAtSec(40)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await keep()).to.deep.equal({
      held: false,
      why: 'the Lease could not be renewed: the test: timeout: made timeout',
    });
    world.calls.straighten('lease');
    expect(await keep()).to.deep.include({ held: true, taken: true });
  });

  it('never acts past expiry: what it may write ends while nobody else can have taken it', async () => {
    await keep();
    expect(keeper.writableForMs()).to.equal(10_000);
    clock.advance(9_999);
    expect(keeper.writableForMs()).to.equal(1);
    clock.advance(1);
    expect(keeper.writableForMs()).to.equal(0);
  });

  it('counts a renewal from when it began: one that took too long holds nothing', async () => {
    const tenure = world.tenure('me');
    const slow = keeperOf('me', {
      ...tenure,
      renew: async (signal) => {
        const renewed = await tenure.renew(signal);
        clock.advance(10_000);
        return renewed;
      },
    });
    expect(await slow.keep(never)).to.deep.equal({ held: false, why: 'renewing the Lease took too long' });
  });

  it('tells of a failed renewal in the pass that tried it, not again until the next try', async () => {
    await keep();
    clock.advance(5_000);
    world.calls.twist('lease', { error: failure('refused') });
    await keep();
    expect(keeper.error()).to.deep.equal(failure('refused'));
    clock.advance(1_000);
    await keep();
    expect(keeper.error()).to.equal(undefined);
  });

  it('saves only while held, and says why not', async () => {
    expect(await keeper.save('x', never)).to.include({ kind: 'conflict' });
    await keep();
    expect(await keeper.save('x', never)).to.equal(undefined);
    expect(world.lease.saved).to.equal('x');
  });

  it('releases so that another can take it at once, and not what it does not hold', async () => {
    await keeper.release(never);
    expect(world.calls.writes).to.deep.equal([]);
    await keep();
    await keeper.release(never);
    expect(keeper.writableForMs()).to.equal(0);
    expect(await keeperOf('other').keep(never)).to.include({ held: true });
    await keeper.release(never);
    expect(world.lease.holder).to.equal('other');
  });
});
