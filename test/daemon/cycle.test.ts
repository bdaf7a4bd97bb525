import { expect } from 'chai';
import type { OperatingError } from '../../src/core/result.ts';
import type { LiveView } from '../../src/daemon/cycle.ts';
import { FakeClock } from './support/clock.ts';
import { daemonOver, ENABLED, untilChosen, type Daemon } from './support/daemon.ts';
import { failure } from './support/results.ts';
import { RULES } from './support/things.ts';
import { World } from './support/world.ts';

describe('cycle', () => {
  let world: World;
  let live: LiveView;
  let daemon: Daemon;

  beforeEach(() => {
    world = new World(new FakeClock(), 3);
    world.wantedExecutors = 3;
    live = ENABLED;
    daemon = daemonOver(world, { live: () => live });
  });

  it('goes the whole way up', async () => {
    world.wantedExecutors = 5;
    const report = await daemon.pass();
    expect(report).to.deep.include({ sequence: 1, standing: { acts: true }, skippedPasses: 0, errors: [] });
    expect(report.outcome).to.include({ kind: 'done' });
    expect(world.clusterWrites()).to.deep.equal(['resize 5']);
  });

  it('has read the count that it set by the next pass, so that it asks for nothing twice', async () => {
    world.wantedExecutors = 5;
    await daemon.pass();
    const report = await daemon.pass();
    expect(report.outcome).to.deep.equal({ kind: 'nothing' });
    expect(report.decision.plannedWorkers).to.equal(5);
  });

  it('goes the whole way down: chosen, noted, marked, and only then the count', async () => {
    await untilChosen(world, daemon);
    const report = await daemon.passes(3);
    expect(report.outcome.kind).to.equal('nothing');
    expect(world.clusterWrites()).to.deep.equal([
      'choose w-2',
      'choose w-3',
      'note w-2',
      'note w-3',
      'decommission w-2 w-3',
      'resize 1',
    ]);
    expect(world.ended.map(({ name, busy }) => [name, busy])).to.have.deep.members([
      ['w-2', false],
      ['w-3', false],
    ]);
  });

  it('never has two writes under way', async () => {
    world.wantedExecutors = 5;
    await daemon.passes(10);
    await untilChosen(world, daemon);
    await daemon.passes(5);
    expect(world.clusterWrites().length).to.be.greaterThan(8);
    expect(world.calls.mostWritesAtOnce).to.equal(1);
  });

  describe('standing by writes nothing to the cluster', () => {
    const codes = ['disabled', 'dry-run', 'flag-unreadable', 'original-present'] as const;
    for (const code of codes) {
      const title = code === 'flag-unreadable' ? `R11: ${code}` : code;
      it(`${title}: and lets the Lease go`, async () => {
        await daemon.pass();
        expect(world.lease.holder).to.equal('first');
        live = { ...ENABLED, standby: { code, why: 'the test says so' } };
        world.wantedExecutors = 5;
        const report = await daemon.passes(5);
        expect(report.standing).to.deep.equal({ acts: false, code, why: 'the test says so' });
        expect(report.outcome).to.include({ kind: 'withheld', why: 'the test says so' });
        expect(world.clusterWrites()).to.deep.equal([]);
        expect(world.lease.holder).to.equal('');
      });
    }

    it('not the holder', async () => {
      const other = daemonOver(world, { identity: 'other' });
      await other.pass();
      world.wantedExecutors = 5;
      const report = await daemon.cycle.run();
      expect(report.standing).to.deep.equal({ acts: false, code: 'not-holder', why: 'other holds the Lease' });
      expect(report.outcome).to.include({ kind: 'withheld' });
      expect(world.clusterWrites()).to.deep.equal([]);
    });

    it('the master beside it is STANDBY: and lets the Lease go to the daemon beside the one that is ALIVE', async () => {
      await daemon.pass();
      world.status = 'STANDBY';
      world.wantedExecutors = 5;
      const report = await daemon.passes(3);
      expect(report.standing).to.include({ acts: false, code: 'master-not-alive' });
      expect(report.decision.reason).to.equal('master-not-alive');
      expect(world.clusterWrites()).to.deep.equal([]);
      expect(world.lease.holder).to.equal('');
    });

    it('R25: a Lease that cannot be reached: goes on while it is surely ours, then stops', async () => {
      await daemon.pass();
      world.calls.twist('lease', { error: failure('unreachable') }, 100);
      const early = await daemon.passes(9);
      expect(early.standing).to.deep.equal({ acts: true });
      world.wantedExecutors = 5;
      const late = await daemon.pass();
      expect(late.standing).to.include({ acts: false, code: 'not-holder' });
      expect(late.errors.map(({ kind }) => kind)).to.deep.equal(['unreachable']);
      expect(world.clusterWrites()).to.deep.equal([]);
    });
  });

  it('R11: reads the flag in every pass, and acts in the first one in which it is on', async () => {
    live = { ...ENABLED, standby: { code: 'disabled', why: 'off' } };
    world.wantedExecutors = 5;
    await daemon.passes(3);
    live = ENABLED;
    expect((await daemon.pass()).outcome.kind).to.equal('done');
  });

  it('R11: pause beats bounds: a count above max stays', async () => {
    live = { ...ENABLED, rules: { ...RULES, paused: true, maxWorkers: 2 } };
    const report = await daemon.passes(20);
    expect(report.decision.reason).to.equal('paused');
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('R11: unknown beats bounds: a count above max stays while the pods cannot be listed', async () => {
    live = { ...ENABLED, rules: { ...RULES, maxWorkers: 2 } };
    for (const name of ['pods.list', 'pods.list consistent'])
      world.calls.twist(name, { error: failure('timeout') }, 99);
    const report = await daemon.passes(20);
    expect(report.decision.blockers.join()).to.contain('the pods are unknown');
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('R11: while the master is unknown the count is not lowered, and is raised to min', async () => {
    world.calls.twist('master.read', { error: failure('unreachable') }, 99);
    await daemon.passes(20);
    expect(world.clusterWrites()).to.deep.equal([]);
    live = { ...ENABLED, rules: { ...RULES, minWorkers: 4 } };
    await daemon.passes(5);
    expect(world.clusterWrites()).to.deep.equal(['resize 4']);
  });

  describe('a write that fails', () => {
    const errorsOf = (errors: readonly OperatingError[]) => errors.map(({ kind }) => kind);

    it('is reported, waited for, and tried again', async () => {
      world.wantedExecutors = 5;
      world.calls.twist('resize', { error: failure('refused', { status: 500 }) });
      const first = await daemon.pass();
      expect(first.outcome).to.include({ kind: 'failed' });
      expect(errorsOf(first.errors)).to.deep.equal(['refused']);
      world.clock.advance(-500);
      const second = await daemon.pass();
      expect(second.outcome).to.include({ kind: 'withheld', why: 'backing off for 500 ms after a failed write' });
      expect((await daemon.pass()).outcome.kind).to.equal('done');
      expect(world.counts).to.deep.equal([5]);
    });

    it('R12: a mark that fails does not delay growth', async () => {
      await untilChosen(world, daemon);
      world.calls.twist('decommission', { error: failure('timeout') });
      expect((await daemon.pass()).outcome.kind).to.equal('failed');
      world.wantedExecutors = 9;
      const report = await daemon.pass();
      expect(report.outcome).to.include({ kind: 'done' });
      expect(world.counts.at(-1)).to.be.greaterThan(3);
    });

    it('by a conflict is tried again in the next pass, on what is there then', async () => {
      world.wantedExecutors = 5;
      world.calls.twist('resize', { error: failure('conflict') });
      expect((await daemon.pass()).outcome.kind).to.equal('failed');
      expect((await daemon.pass()).outcome.kind).to.equal('done');
    });

    const lost = [
      failure('timeout'),
      failure('unreachable'),
      failure('malformed'),
      failure('refused', { status: 504 }),
      failure('throttled', { status: 503, retryAfterMs: 1_000 }),
    ];
    for (const error of lost) {
      it(`a shrink with a lost answer is verified later: ${error.kind} ${error.status ?? ''}`, async () => {
        await untilChosen(world, daemon);
        await daemon.pass();
        world.calls.twist('resize', { error, happens: true });
        const report = await daemon.pass();
        expect(report.outcome.kind).to.equal('failed');
        expect(world.planned).to.equal(1);
        world.calls.twist('pods.list', { error: failure('unreachable') });
        expect((await daemon.pass()).decision.blockers).to.include('the last shrink is still being verified');
        const done = await daemon.passes(4);
        expect(done.decision.newWrongVictims).to.deep.equal([]);
        expect(done.decision.blockers).to.deep.equal([]);
        expect(world.counts).to.deep.equal([1]);
      });
    }

    it('a shrink that did not happen is not verified', async () => {
      await untilChosen(world, daemon);
      await daemon.pass();
      world.calls.twist('resize', { error: failure('conflict') });
      await daemon.pass();
      const report = await daemon.pass();
      expect(report.decision.blockers).to.not.include('the last shrink is still being verified');
      expect(world.counts).to.deep.equal([1]);
    });

    it('R25: of the note is reported, and the resize stands', async () => {
      world.wantedExecutors = 5;
      world.calls.twist('save', { error: failure('conflict') });
      const report = await daemon.pass();
      expect(report.outcome.kind).to.equal('done');
      expect(errorsOf(report.errors)).to.deep.equal(['conflict']);
    });
  });

  it('R25: a pod that went though it was not chosen is remembered in the Lease at once', async () => {
    await untilChosen(world, daemon);
    await daemon.passes(2);
    // Another one than those that were chosen goes.
    world.change(world.machine('w-1'), { terminating: true });
    live = { ...ENABLED, rules: { ...RULES, paused: true } };
    const reports = [await daemon.pass(), await daemon.pass(), await daemon.pass()];
    expect(reports.flatMap(({ decision }) => decision.newWrongVictims)).to.deep.equal(['w-1']);
    expect(world.lease.saved).to.contain('"wrongVictims":1');
    expect(world.counts, 'no resize came to save it').to.deep.equal([1]);
  });

  it('R25: takes up what an earlier holder saved, once, on taking the Lease', async () => {
    const reversals = Array.from({ length: RULES.reversalsPerHour }, () => world.clock.nowEpochMs());
    const note = { version: 1, lastMove: 'grow', reversalsAtEpochMs: reversals.map((at, index) => at + index) };
    world.lease = { ...world.lease, saved: JSON.stringify({ ...note, wrongVictims: 0 }) };
    world.wantedExecutors = 1;
    // Longer than the hold of five seconds, shorter than twice that.
    const report = await daemon.passes(8);
    expect(report.decision.reason).to.equal('reversal-budget');
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('I8: what it has learned is remembered in the Lease though no resize saves it, once a minute', async () => {
    live = { ...ENABLED, rules: { ...RULES, paused: true } };
    const gapsSaved = (): number => (world.lease.saved?.match(/"workers":2/g) ?? []).length;
    const gap = async (): Promise<void> => {
      world.wantedExecutors = 1;
      await daemon.passes(10);
      world.wantedExecutors = 3;
      await daemon.passes(2);
    };
    world.wantedExecutors = 3;
    await daemon.passes(2);
    await gap();
    expect(gapsSaved()).to.equal(1);
    await gap();
    expect(gapsSaved(), 'so soon after').to.equal(1);
    await daemon.passes(60);
    expect(gapsSaved()).to.equal(2);
    expect(world.counts).to.deep.equal([]);
  });

  it('throws a bug instead of reporting it', async () => {
    const bug = new Error('bug');
    world.wantedExecutors = 5;
    world.calls.twist('resize', { bug });
    const thrown = await daemon.pass().catch((cause: unknown) => cause);
    expect(thrown).to.equal(bug);
  });

  it('reports the failures of reads in the pass in which they came', async () => {
    world.calls.twist('target.read', { error: failure('timeout') });
    expect(errorKinds(await daemon.pass())).to.deep.equal(['timeout']);
    expect(errorKinds(await daemon.pass())).to.deep.equal([]);
  });

  const errorKinds = (report: { errors: readonly OperatingError[] }) => report.errors.map(({ kind }) => kind);
});
