import { expect } from 'chai';
import type { TargetView } from '../../src/core/cluster-view.ts';
import type { Action } from '../../src/core/removal.ts';
import type { OperatingErrorKind, Result } from '../../src/core/result.ts';
import { Actuator } from '../../src/daemon/actuator.ts';
import { FakeClock } from './support/clock.ts';
import { failure, never } from './support/results.ts';
import { targetView } from './support/things.ts';
import { World } from './support/world.ts';

describe('actuator', () => {
  let clock: FakeClock;
  let world: World;
  let random: number;
  let actuator: Actuator;
  let target: TargetView;

  beforeEach(async () => {
    clock = new FakeClock();
    world = new World(clock, 3);
    random = 1;
    actuator = new Actuator({
      clock,
      target: world.target,
      pods: world.pods,
      master: world.master,
      random: () => random,
    });
    const read = await world.target.read(never);
    target = read.ok ? read.value : targetView();
    world.calls.all.length = 0;
  });

  const podsNow = (...names: string[]) => names.map((name) => world.machine(name).pod);
  const mark = (...names: string[]): Action => ({ kind: 'mark', pods: podsNow(...names), hosts: names });
  const choose = (...names: string[]): Action => ({ kind: 'choose', pods: podsNow(...names), cost: -1_000_000 });
  const resize = (to: number, direction: 'grow' | 'shrink' = 'grow'): Action => ({
    kind: 'resize',
    direction,
    from: 3,
    to,
    victims: [],
  });
  const carryOut = (action: Action): Promise<Result<void>> => actuator.carryOut(action, target, never);
  const kindOf = (result: Result<void>): string => (result.ok ? 'ok' : result.error.kind);

  describe('one action', () => {
    it('does nothing for none', async () => {
      expect(kindOf(await carryOut({ kind: 'none' }))).to.equal('ok');
      expect(world.calls.all).to.deep.equal([]);
    });

    it('resizes against the revision that was read', async () => {
      expect(kindOf(await carryOut(resize(5)))).to.equal('ok');
      expect(world.counts).to.deep.equal([5]);
      expect(kindOf(await carryOut(resize(6))), 'the same revision again').to.equal('conflict');
      expect(world.counts).to.deep.equal([5]);
    });

    it('chooses with the time on the pod, releases, removes', async () => {
      await carryOut(choose('w-1', 'w-2'));
      expect(world.machine('w-2').pod.chosenAtEpochMs).to.equal(clock.nowEpochMs());
      await carryOut({ kind: 'release', pods: podsNow('w-1') });
      await carryOut({ kind: 'replace', pods: podsNow('w-2') });
      expect(world.calls.writes).to.deep.equal(['choose w-1', 'choose w-2', 'release w-1', 'remove w-2']);
    });
  });

  describe('mark', () => {
    it('is noted on every pod before the master is asked, in one request', async () => {
      expect(kindOf(await carryOut(mark('w-1', 'w-2')))).to.equal('ok');
      expect(world.calls.all).to.deep.equal(['note w-1', 'note w-2', 'decommission w-1 w-2']);
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(clock.nowEpochMs());
      expect(actuator.markAbility()).to.equal('usable');
    });

    it('does not ask the master if a note could not be written', async () => {
      const action = mark('w-1', 'w-2');
      world.change(world.machine('w-2'), {});
      expect(kindOf(await carryOut(action))).to.equal('conflict');
      expect(world.calls.all).to.deep.equal(['note w-1', 'note w-2']);
    });

    it('of a pod that bears the note already only asks the master', async () => {
      world.change(world.machine('w-1'), { markedAtEpochMs: 5 });
      await carryOut(mark('w-1', 'w-2'));
      expect(world.calls.all).to.deep.equal(['note w-2', 'decommission w-1 w-2']);
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(5);
    });

    it('keeps the note when the answer is lost: it may have happened', async () => {
      world.calls.twist('decommission', { error: failure('timeout'), happens: true });
      expect(kindOf(await carryOut(mark('w-1')))).to.equal('timeout');
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(clock.nowEpochMs());
      expect(actuator.markAbility()).to.equal('untried');
    });

    it('takes the note back after 404, and may be tried again', async () => {
      world.markAnswer = 'no-such-worker';
      const result = await carryOut(mark('w-1', 'w-2'));
      expect(result.ok ? '' : result.error.detail).to.contain('no worker at w-1, w-2');
      expect(world.calls.all.slice(3)).to.deep.equal(['pods.list consistent', 'unnote w-1', 'unnote w-2']);
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(undefined);
      expect(actuator.markAbility()).to.equal('untried');
    });

    it('leaves a note of an earlier pass after 404: that mark may have been taken', async () => {
      world.change(world.machine('w-1'), { markedAtEpochMs: 5 });
      world.markAnswer = 'no-such-worker';
      await carryOut(mark('w-1', 'w-2'));
      expect(podsNow('w-1', 'w-2').map(({ markedAtEpochMs }) => markedAtEpochMs)).to.deep.equal([5, undefined]);
    });

    it('takes the note back after 405 and says what to set', async () => {
      world.markAnswer = 'not-allowed';
      const result = await carryOut(mark('w-1'));
      expect(result.ok ? '' : result.error.detail).to.contain('spark.decommission.enabled=true');
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(undefined);
    });

    it('takes back after the next 405 a note that could not be taken back after the first', async () => {
      world.markAnswer = 'not-allowed';
      world.calls.twist('pods.list consistent', { error: failure('timeout') });
      expect(kindOf(await carryOut(mark('w-1')))).to.equal('timeout');
      expect(world.machine('w-1').pod.markedAtEpochMs).to.not.equal(undefined);
      expect(kindOf(await carryOut(mark('w-1')))).to.equal('refused');
      expect(world.machine('w-1').pod.markedAtEpochMs).to.equal(undefined);
    });

    it('that was refused is remembered for ten minutes, then it may be tried again', async () => {
      world.markAnswer = 'not-allowed';
      await carryOut(mark('w-1'));
      clock.advance(599_999);
      expect(actuator.markAbility()).to.equal('refused');
      clock.advance(1);
      expect(actuator.markAbility()).to.equal('untried');
      world.markAnswer = 'accepted';
      await carryOut(mark('w-1'));
      expect(actuator.markAbility()).to.equal('usable');
    });
  });

  it('stops at the first failure part of the way, and what was done stays', async () => {
    const action = choose('w-1', 'w-2', 'w-3');
    world.change(world.machine('w-2'), {});
    expect(kindOf(await carryOut(action))).to.equal('conflict');
    expect(world.calls.writes).to.deep.equal(['choose w-1']);
    expect(world.calls.all).to.deep.equal(['choose w-1', 'choose w-2']);
  });

  it('never has two writes under way', async () => {
    await carryOut(choose('w-1', 'w-2', 'w-3'));
    await carryOut(mark('w-1', 'w-2', 'w-3'));
    expect(world.calls.writes).to.have.length(7);
    expect(world.calls.mostWritesAtOnce).to.equal(1);
  });

  describe('back-off', () => {
    const fail = async (kind: OperatingErrorKind, retryAfterMs?: number): Promise<void> => {
      world.calls.twist('resize', { error: failure(kind, retryAfterMs === undefined ? {} : { retryAfterMs }) });
      await carryOut(resize(5));
    };
    const waitMs = (): number => actuator.backOffMs(resize(5));

    it('is none at first, and none after a conflict or for a pod that is gone', async () => {
      expect(waitMs()).to.equal(0);
      await fail('conflict');
      expect(waitMs()).to.equal(0);
      world.calls.twist('choose', { error: failure('not-found') });
      const action = choose('w-1');
      await carryOut(action);
      expect(actuator.backOffMs(action)).to.equal(0);
    });

    it('doubles from 1 s to 30 s while writes fail, and begins anew after one that went well', async () => {
      const waits: number[] = [];
      for (let count = 0; count < 7; count += 1) {
        await fail('unreachable');
        waits.push(waitMs());
        clock.advance(waitMs());
      }
      expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
      await carryOut(resize(5));
      target = targetView({ revision: 'count-1' });
      await fail('timeout');
      expect(waitMs()).to.equal(1_000);
    });

    it('is spread between half of it and all of it', async () => {
      random = 0;
      await fail('timeout');
      expect(waitMs()).to.equal(500);
      clock.advance(500);
      random = 0.5;
      await fail('timeout');
      expect(waitMs()).to.equal(1_500);
    });

    it('runs down with the clock', async () => {
      await fail('timeout');
      clock.advance(999);
      expect(waitMs()).to.equal(1);
      clock.advance(5_000);
      expect(waitMs()).to.equal(0);
    });

    it('takes Retry-After for what it is, for all our writes', async () => {
      await fail('throttled', 17_000);
      expect(waitMs()).to.equal(17_000);
      expect(actuator.backOffMs(choose('w-1'))).to.equal(17_000);
    });

    it('R12: a removal that failed does not delay growth', async () => {
      for (const verb of ['choose', 'note']) world.calls.twist(verb, { error: failure('unauthorized') });
      await carryOut(choose('w-1'));
      await carryOut(mark('w-1'));
      expect(actuator.backOffMs(choose('w-1'))).to.equal(2_000);
      expect(actuator.backOffMs(resize(2, 'shrink'))).to.equal(2_000);
      expect(waitMs()).to.equal(0);
    });

    it('waits before it asks a master again that does not know the worker', async () => {
      world.markAnswer = 'no-such-worker';
      await carryOut(mark('w-1'));
      expect(actuator.backOffMs(mark('w-1'))).to.equal(1_000);
    });
  });
});
