import { expect } from 'chai';
import { ok } from '../../src/core/result.ts';
import { Observer, type ObserverDeps } from '../../src/daemon/observer.ts';
import { FakeClock } from './support/clock.ts';
import { observerOver, POLL_MS } from './support/daemon.ts';
import { failed, failure, gate, settled } from './support/results.ts';
import { World } from './support/world.ts';

describe('observer', () => {
  let clock: FakeClock;
  let world: World;
  let observer: Observer;

  beforeEach(() => {
    clock = new FakeClock();
    world = new World(clock, 3);
    observer = observerOver(world);
  });

  async function beats(count = 1, one: Observer = observer): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      clock.advance(POLL_MS);
      await one.beat();
    }
  }

  const seen = (one: Observer = observer) => one.observation('untried');
  const count = (name: string): number => world.calls.count(name);
  const choose = (name: string): void => {
    world.change(world.machine(name), { chosenAtEpochMs: clock.nowEpochMs() });
  };

  it('knows nothing before the first beat', () => {
    const { master, target, pods, applications } = seen();
    expect([master.known, target.known, pods.known]).to.deep.equal([false, false, false]);
    expect(applications).to.deep.equal([]);
  });

  it('knows all of it after one beat', async () => {
    await beats();
    const { nowMs, nowEpochMs, master, target, pods, applications } = seen();
    expect([master.known, target.known, pods.known]).to.deep.equal([true, true, true]);
    expect(applications.map((one) => [one.gauges.known, one.settings.known])).to.deep.equal([[true, true]]);
    expect([nowMs, nowEpochMs]).to.deep.equal([clock.nowMs(), clock.nowEpochMs()]);
  });

  it('R5: reads each source at its own pace', async () => {
    await beats(10);
    expect(count('master.read')).to.equal(10);
    expect(count('gauges.read')).to.equal(10);
    for (const slow of ['pods.list', 'target.read', 'config.read']) expect(count(slow), slow).to.equal(5);
    expect(count('settings.read')).to.equal(1);
  });

  it('lists the pods every beat while somebody is on the way out, and believes the list for as long as before', async () => {
    observer = observerOver(world, { podsPeriodMs: 5 * POLL_MS });
    await beats(10);
    expect(count('pods.list')).to.equal(2);
    observer.watchPods(true);
    await beats(10);
    expect(count('pods.list')).to.equal(12);
    const { pods } = seen();
    expect(pods).to.include({ known: true, periodMs: 5 * POLL_MS });
    observer.watchPods(false);
    await beats(10);
    expect(count('pods.list')).to.equal(14);
  });

  it('asks how long tasks take of applications that have some, every ten seconds, and remembers it', async () => {
    await beats(5);
    expect(count('pace')).to.equal(0);
    world.wantedExecutors = 2;
    world.pace = new Map([['1', { tasks: 4, totalMs: 8_000 }]]);
    await beats(20);
    expect(count('pace')).to.equal(3);
    expect(seen().applications.map(({ pace }) => pace.known && pace.value)).to.deep.equal([world.pace]);
    expect(observer.sources().find(({ name }) => name === 'driver-pace')).to.include({ reads: 3, failures: 0 });
    world.wantedExecutors = 0;
    await beats(20);
    expect(count('pace')).to.equal(3);
    expect(seen().applications.map(({ pace }) => pace.known)).to.deep.equal([true]);
  });

  describe('a slow source', () => {
    for (const name of ['master.read', 'gauges.read', 'pods.list', 'target.read', 'config.read', 'settings.read']) {
      it(`R5: ${name} does not hold the beat beyond its budget`, async () => {
        const held = gate();
        world.calls.twist(name, { until: held.opened });
        await beats();
        expect(count(name), 'it was begun').to.equal(1);
        expect(seen().target.known).to.equal(name !== 'target.read');
        held.open();
        await settled();
        await beats();
        expect(observer.sources().filter(({ ageMs }) => ageMs === undefined)).to.deep.equal([]);
      });
    }

    it('R5: a hanging master does not make the applications older', async () => {
      await beats();
      const held = gate();
      world.calls.twist('master.read', { until: held.opened });
      await beats();
      await beats();
      const [one] = seen().applications;
      expect(one?.gauges).to.include({ known: true, takenAtMs: clock.nowMs() });
      expect(count('master.read'), 'and is not asked twice at once').to.equal(2);
      held.open();
      await settled();
    });

    it('R5: a master that takes long is read less often, and its word is good for longer', async () => {
      observer = observerOver(world, slowMaster(700));
      await beats(20);
      // 700 ms at a duty of a fifth is a period of 3.5 s; ticks come each second, and the reading itself moves the clock.
      expect(count('master.read')).to.be.within(5, 8);
      expect(seen().master).to.include({ known: true, periodMs: 3_500 });
    });

    it('R4: a master that is silent is left alone for a while, and what it said last is stale after three polls', async () => {
      await beats();
      observer = observerOver(world, slowMaster(0));
      await beats(1, observer);
      world.calls.all.length = 0;
      silentForMs = 800;
      await beats(1, observer);
      await beats(3, observer);
      expect(count('master.read')).to.equal(1);
      expect(seen(observer).master.known).to.equal(false);
      await beats(1, observer);
      expect(count('master.read')).to.equal(2);
    });

    let silentForMs = 0;

    /** Each read of the master takes that long, or times out after `silentForMs`. */
    function slowMaster(tookMs: number): Partial<ObserverDeps> {
      silentForMs = 0;
      return {
        master: {
          ...world.master,
          read: async (signal) => {
            const answer = await world.master.read(signal);
            clock.advance(silentForMs > 0 ? silentForMs : tookMs);
            return silentForMs > 0 ? failed('timeout') : answer;
          },
        },
      };
    }
  });

  it('keeps what it learnt of applications while the master cannot be seen', async () => {
    await beats();
    world.calls.twist('master.read', { error: failure('unreachable') }, 10);
    await beats(10);
    expect(seen().applications).to.deep.equal([]);
    await beats();
    expect(seen().applications.map(({ settings }) => settings.known)).to.deep.equal([true]);
    expect(count('settings.read')).to.equal(1);
  });

  it('R24: looks at the nodes every ten seconds, where it is to, and hands on what it saw', async () => {
    expect(seen().leavingNodes).to.equal(undefined);
    let reads = 0;
    const leaving = new Map([['n-1', 'its node n-1 is cordoned']]);
    const nodes = {
      read: () => {
        reads += 1;
        return Promise.resolve(ok(leaving));
      },
    };
    const watching = observerOver(world, { nodes });
    await beats(11, watching);
    expect(reads).to.equal(2);
    const { leavingNodes } = seen(watching);
    expect(leavingNodes?.known === true && leavingNodes.value).to.equal(leaving);
    expect(watching.sources().map(({ name }) => name)).to.include('nodes');
  });

  describe('config', () => {
    it('is undefined where none is configured', async () => {
      observer = observerOver(world, { clusterConfig: undefined });
      await beats();
      expect(observer.config()).to.equal(undefined);
    });

    it('R11: a ConfigMap that is not there is known not to be there; one that cannot be read is unknown', async () => {
      world.config = undefined;
      await beats();
      expect(observer.config()).to.include({ known: true, value: undefined });
      const other = observerOver(world);
      world.calls.twist('config.read', { error: failure('unauthorized', { status: 403 }) }, 9);
      await beats(1, other);
      expect(other.config()).to.deep.equal({
        known: false,
        reason: 'the test: unauthorized (HTTP 403): made unauthorized',
      });
    });

    it('R11: a flag that can no longer be read is unknown after three of its periods', async () => {
      await beats();
      world.calls.twist('config.read', { error: failure('timeout') }, 99);
      await beats(6);
      expect(observer.config()?.known).to.equal(true);
      await beats();
      expect(observer.config()?.known).to.equal(false);
    });
  });

  describe('pages of workers', () => {
    const asked = (): string[] => world.calls.all.filter((name) => name.startsWith('worker.page'));

    it('are not read while nobody is chosen or leaving', async () => {
      await beats(5);
      expect(asked()).to.deep.equal([]);
      expect(seen().workerSelves.size).to.equal(0);
    });

    it('are read of chosen workers, marked ones and those that somebody else decommissioned', async () => {
      choose('w-1');
      world.change(world.machine('w-2'), { markedAtEpochMs: 1 });
      await beats(2);
      expect([...seen().workerSelves.keys()].sort()).to.deep.equal(['w-1', 'w-2']);
      world.machine('w-3').worker = 'DECOMMISSIONED';
      await beats();
      expect([...seen().workerSelves.keys()].sort()).to.deep.equal(['w-1', 'w-2', 'w-3']);
    });

    it('are read once a poll, and forgotten once nobody is concerned any more', async () => {
      choose('w-1');
      await beats(5);
      expect(count('worker.page w-1')).to.equal(5);
      world.change(world.machine('w-1'), { chosenAtEpochMs: undefined });
      await beats(3);
      expect(seen().workerSelves.size).to.equal(0);
    });

    it('of one worker that hangs do not hold the beat', async () => {
      const held = gate();
      choose('w-1');
      world.calls.twist('worker.page w-1', { until: held.opened });
      await beats(2);
      expect(count('worker.page w-1'), 'asked once, however often it is wanted').to.equal(1);
      expect(seen().workerSelves.get('w-1')?.known).to.equal(false);
      held.open();
      await settled();
      expect(seen().workerSelves.get('w-1')?.known).to.equal(true);
    });
  });

  describe('a bug in an adapter', () => {
    const thrownBy = (work: Promise<void>): Promise<unknown> =>
      work.then(
        () => undefined,
        (cause: unknown) => cause,
      );

    it('is thrown by the beat', async () => {
      const bug = new Error('bug');
      world.calls.twist('pods.list', { bug });
      expect(await thrownBy(beats())).to.equal(bug);
    });

    it('that shows only after the budget is thrown by the next beat', async () => {
      const held = gate();
      const bug = new Error('late bug');
      world.calls.twist('gauges.read', { until: held.opened, bug });
      await beats();
      held.open();
      await settled();
      expect(await thrownBy(beats())).to.equal(bug);
    });
  });

  describe('looking again', () => {
    beforeEach(() => beats(2));

    it('before growth takes the target, and the pods where asked', async () => {
      world.calls.all.length = 0;
      await observer.refreshForGrowth(false);
      expect(world.calls.all).to.deep.equal(['target.read']);
      await observer.refreshForGrowth(true);
      expect(world.calls.all).to.deep.equal(['target.read', 'target.read', 'pods.list']);
    });

    it('before a removal takes target, master, pods as of now, and then the pages of those concerned', async () => {
      choose('w-1');
      world.calls.all.length = 0;
      clock.advance(500);
      expect(await observer.refreshForRemoval()).to.equal(undefined);
      expect(world.calls.all.slice(0, 3)).to.have.members(['target.read', 'pods.list consistent', 'master.read']);
      expect(world.calls.all.slice(3)).to.deep.equal(['worker.page w-1', 'holdings']);
      const { master, target, pods, workerSelves } = seen();
      for (const reading of [master, target, pods, workerSelves.get('w-1')])
        expect(reading).to.include({ known: true, takenAtMs: clock.nowMs() });
    });

    it('takes a page again even if one was read in this very beat', async () => {
      choose('w-1');
      await beats(3);
      const before = count('worker.page w-1');
      await observer.refreshForRemoval();
      expect(count('worker.page w-1')).to.equal(before + 1);
    });

    it('reads pods the cheap way again afterwards', async () => {
      await observer.refreshForRemoval();
      world.calls.all.length = 0;
      await beats(2);
      expect(world.calls.all).to.include('pods.list').and.not.to.include('pods.list consistent');
    });

    for (const [name, source] of [
      ['pods.list consistent', 'pods'],
      ['master.read', 'master'],
      ['target.read', 'target'],
    ] as const) {
      it(`says so if ${source} could not be read, though its older reading is still good`, async () => {
        world.calls.twist(name, { error: failure('timeout') });
        expect(await observer.refreshForRemoval()).to.equal(`${source} could not be looked at again`);
        expect(seen()[source].known).to.equal(true);
      });
    }
  });

  it('hands out each failure once, and never more than fifty', async () => {
    world.calls.twist('master.read', { error: failure('unreachable') });
    await beats();
    expect(observer.takeErrors().map(({ kind }) => kind)).to.deep.equal(['unreachable']);
    expect(observer.takeErrors()).to.deep.equal([]);
    world.calls.twist('master.read', { error: failure('unreachable') }, 100);
    await beats(100);
    expect(observer.takeErrors()).to.have.length(50);
  });

  it('reports every source by name', async () => {
    choose('w-1');
    await beats(2);
    const names = observer.sources().map(({ name }) => name);
    expect(names).to.deep.equal(['master', 'target', 'pods', 'cluster-config', 'worker-page', 'settings', 'gauges']);
  });

  it('takes one report for all pages of workers', async () => {
    for (const name of ['w-1', 'w-2']) choose(name);
    world.calls.twist('worker.page w-2', { error: failure('timeout') });
    await beats(4);
    const reports = observer.sources().filter(({ name }) => name === 'worker-page');
    expect(reports).to.have.length(1);
    expect(reports[0]).to.deep.include({ reads: 8, failures: 1 });
    world.change(world.machine('w-2'), { chosenAtEpochMs: undefined });
    await beats(3);
    expect(observer.sources().find(({ name }) => name === 'worker-page')?.reads).to.be.greaterThan(8);
  });

  it('waits no longer than it must for a beat without anything slow', async () => {
    const patient = observerOver(world, {
      beatBudgetMs: 3_600_000,
      gaugeSources: () => [{ ...world.gauges, read: nothing }],
    });
    await beats(3, patient);
    expect(seen(patient).master.known).to.equal(true);
  });

  const nothing = (): Promise<ReadonlyMap<string, never>> => Promise.resolve(new Map<string, never>());
});
