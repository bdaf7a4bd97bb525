import { expect } from 'chai';
import { QUIET_MS } from '../../src/core/other-writer.ts';
import { ok, type Result } from '../../src/core/result.ts';
import type { LiveView } from '../../src/daemon/cycle.ts';
import { Rivals } from '../../src/daemon/rivals.ts';
import { eventsOf } from '../../src/status/events-of.ts';
import { FakeClock } from './support/clock.ts';
import { daemonOver, ENABLED, type Daemon } from './support/daemon.ts';
import { failed, failure } from './support/results.ts';
import { World } from './support/world.ts';

describe('a second writer of the count', () => {
  let world: World;
  let live: LiveView;
  let scalers: () => Result<readonly string[]>;
  let daemon: Daemon;

  beforeEach(() => {
    world = new World(new FakeClock(), 3);
    world.wantedExecutors = 3;
    live = ENABLED;
    scalers = () => ok([]);
    daemon = daemonOver(world, {
      live: () => live,
      rivals: new Rivals(),
      observer: { scalers: { read: () => Promise.resolve(scalers()) } },
    });
  });

  /** The daemon grows to 5, and GitOps sets 3 again, so many times. */
  async function fight(times: number): Promise<void> {
    world.wantedExecutors = 5;
    for (let count = 0; count < times; count += 1) {
      await daemon.pass();
      expect(world.planned, `time ${count + 1}`).to.equal(5);
      world.setCount(3);
    }
  }

  it('is not fought: after two corrections the daemon stands still, says so once, and keeps the Lease', async () => {
    await fight(2);
    const previous = await daemon.passes(3);
    const report = await daemon.pass();
    expect(report.standing).to.have.property('code', 'second-writer');
    expect(report.outcome).to.have.property('kind', 'withheld');
    expect(world.planned).to.equal(3);
    expect(world.lease.holder).to.equal('first');
    expect(eventsOf(report, undefined, 'forget').map(({ type, reason }) => [type, reason])).to.deep.include([
      'Warning',
      'SecondWriter',
    ]);
    expect(eventsOf(report, previous, 'forget').map(({ reason }) => reason)).not.to.include('SecondWriter');
  });

  it('is tried again after ten quiet minutes, and given way to at its first correction', async () => {
    await fight(2);
    await daemon.passes(2);
    const minutes = QUIET_MS / 1_000;
    await daemon.passes(minutes - 4);
    expect(world.planned).to.equal(3);
    await daemon.passes(6);
    expect(world.planned).to.equal(5);
    world.setCount(3);
    const report = await daemon.passes(3);
    expect(report.standing).to.have.property('code', 'second-writer');
    expect(world.planned).to.equal(3);
  });

  it('holds up a shrink as well', async () => {
    world.wantedExecutors = 1;
    scalers = () => ok(['HorizontalPodAutoscaler/h']);
    const report = await daemon.passes(30);
    expect(report.standing).to.deep.include({ acts: false, code: 'second-writer' });
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('is an autoscaler from the first pass, until it is gone', async () => {
    scalers = () => ok(['HorizontalPodAutoscaler/h']);
    world.wantedExecutors = 5;
    await daemon.passes(70);
    expect(world.planned).to.equal(3);
    scalers = () => ok([]);
    await daemon.passes(61);
    expect(world.planned).to.equal(5);
  });

  it('is none where autoscalers cannot be looked for', async () => {
    scalers = () => failed('timeout');
    world.wantedExecutors = 5;
    const report = await daemon.pass();
    expect(report.standing).to.deep.equal({ acts: true });
    expect(world.planned).to.equal(5);
    expect(report.sources.find(({ name }) => name === 'autoscalers')).to.include({ reads: 1, failures: 1 });
  });

  it('is none where our own write was lost', async () => {
    world.wantedExecutors = 5;
    world.calls.twist('resize', { error: failure('timeout') }, 3);
    await daemon.passes(20);
    expect(world.planned).to.equal(5);
  });

  it('is none where another daemon held the Lease meanwhile', async () => {
    await fight(1);
    live = { ...ENABLED, standby: { code: 'disabled', why: 'the test says so' } };
    await daemon.pass();
    live = ENABLED;
    await fight(1);
    const report = await daemon.passes(2);
    expect(report.standing).to.deep.equal({ acts: true });
    expect(world.planned).to.equal(5);
  });
});
