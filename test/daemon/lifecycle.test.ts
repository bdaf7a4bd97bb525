import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import { expect } from 'chai';
import { newShutdown, SHUTDOWN_DEADLINE_MS, WRITE_GRACE_MS, type Shutdown } from '../../src/daemon/lifecycle.ts';

describe('lifecycle', () => {
  let signals: EventEmitter;
  let exits: number[];
  let shutdown: Shutdown;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    signals = new EventEmitter();
    exits = [];
    shutdown = newShutdown((code) => exits.push(code), signals);
  });

  afterEach(() => {
    shutdown.done();
    mock.timers.reset();
  });

  const aborted = (): readonly boolean[] => [shutdown.reads.aborted, shutdown.writes.aborted];

  it('does nothing by itself', () => {
    mock.timers.tick(10 * SHUTDOWN_DEADLINE_MS);
    expect(aborted()).to.deep.equal([false, false]);
    expect(exits).to.deep.equal([]);
  });

  for (const name of ['SIGTERM', 'SIGINT']) {
    it(`ends reads at once on ${name}, writes after the grace, and the process at the deadline`, async () => {
      signals.emit(name, name);
      expect(aborted()).to.deep.equal([true, false]);
      expect(await shutdown.requested).to.equal(name);
      mock.timers.tick(WRITE_GRACE_MS - 1);
      expect(aborted()).to.deep.equal([true, false]);
      mock.timers.tick(1);
      expect(aborted()).to.deep.equal([true, true]);
      mock.timers.tick(SHUTDOWN_DEADLINE_MS - WRITE_GRACE_MS - 1);
      expect(exits).to.deep.equal([]);
      mock.timers.tick(1);
      expect(exits).to.deep.equal([1]);
    });
  }

  it('exits at once on a second signal', () => {
    signals.emit('SIGTERM', 'SIGTERM');
    signals.emit('SIGINT', 'SIGINT');
    expect(exits).to.deep.equal([1]);
    expect(shutdown.writes.aborted).to.equal(false);
  });

  it('can be begun without a signal', async () => {
    shutdown.begin('bug');
    expect(await shutdown.requested).to.equal('bug');
    expect(aborted()).to.deep.equal([true, false]);
  });

  it('takes its handlers and timers away when done', () => {
    signals.emit('SIGTERM', 'SIGTERM');
    shutdown.done();
    expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).to.equal(0);
    mock.timers.tick(10 * SHUTDOWN_DEADLINE_MS);
    expect(exits).to.deep.equal([]);
    expect(shutdown.writes.aborted).to.equal(false);
  });

  it('leaves Kubernetes’ usual 30 s plenty of room, and a write some after its grace', () => {
    expect(WRITE_GRACE_MS).to.be.lessThan(SHUTDOWN_DEADLINE_MS);
    expect(SHUTDOWN_DEADLINE_MS).to.be.lessThan(30_000);
  });

  it('listens to the process unless told otherwise', () => {
    const before = process.listenerCount('SIGTERM');
    const own = newShutdown((code) => exits.push(code));
    expect(process.listenerCount('SIGTERM')).to.equal(before + 1);
    own.done();
    expect(process.listenerCount('SIGTERM')).to.equal(before);
  });
});
