import { expect } from 'chai';
import { ok, type OperatingError, type Result } from '../../src/core/result.ts';
import { newSlot, type Slot } from '../../src/daemon/slot.ts';
import { FakeClock } from './support/clock.ts';
import { failed, gate, settled, type Gate } from './support/results.ts';

const PERIOD_MS = 10_000;

describe('slot', () => {
  let clock: FakeClock;
  let periodMs: number;
  let answers: Result<number>[];
  let gates: Gate[];
  let started: number;
  let errors: OperatingError[];
  let slot: Slot<number>;

  beforeEach(() => {
    clock = new FakeClock();
    periodMs = PERIOD_MS;
    answers = [];
    gates = [];
    started = 0;
    errors = [];
    slot = newSlot({
      name: 'graphite',
      periodMs: () => periodMs,
      clock,
      onError: (error) => errors.push(error),
      read: async () => {
        started += 1;
        await gates.shift()?.opened;
        return answers.shift() ?? ok(started);
      },
    });
  });

  it('is due at once, then again when a period less a tenth has passed since the read began', async () => {
    expect(slot.isDue()).to.equal(true);
    await slot.read();
    clock.advance(PERIOD_MS * 0.9 - 1);
    expect(slot.isDue()).to.equal(false);
    clock.advance(1);
    expect(slot.isDue()).to.equal(true);
  });

  it('is due at once where what was read is outdated, and after a read that began before', async () => {
    await slot.read();
    slot.outdate();
    expect(slot.isDue()).to.equal(true);
    gates = [gate()];
    const [held] = gates;
    const read = slot.read();
    slot.outdate();
    expect(slot.isDue()).to.equal(false);
    held!.open();
    await read;
    expect(slot.isDue()).to.equal(true);
    await slot.read();
    expect(slot.isDue()).to.equal(false);
  });

  it('is not due while a read is under way, however long that takes', async () => {
    gates = [gate()];
    const [held] = gates;
    const read = slot.read();
    clock.advance(100 * PERIOD_MS);
    expect(slot.isDue()).to.equal(false);
    held!.open();
    await read;
    expect(slot.isDue()).to.equal(true);
  });

  it('joins a read that is under way instead of doubling it', async () => {
    gates = [gate()];
    const [held] = gates;
    const both = Promise.all([slot.read(), slot.read()]);
    held!.open();
    await both;
    expect(started).to.equal(1);
    await slot.read();
    expect(started).to.equal(2);
  });

  it('reads afresh only after a read under way has ended, and answers with what began after the call', async () => {
    gates = [gate(), gate()];
    const [first, second] = gates;
    const early = slot.read();
    const afresh = slot.readAfresh();
    await settled();
    expect(started, 'one at a time').to.equal(1);
    clock.advance(500);
    first!.open();
    await early;
    await settled();
    expect(started).to.equal(2);
    second!.open();
    expect(await afresh).to.equal(true);
    expect(slot.reading()).to.include({ known: true, value: 2, takenAtMs: clock.nowMs() });
  });

  it('says that it could not read afresh, though an older value is still good', async () => {
    await slot.read();
    answers = [failed('unreachable')];
    expect(await slot.readAfresh()).to.equal(false);
    expect(slot.reading()).to.include({ known: true, value: 1 });
    expect(await slot.readAfresh(), 'and is well again').to.equal(true);
  });

  it('stamps a reading with the time its read began', async () => {
    gates = [gate()];
    const [held] = gates;
    const beganAtMs = clock.nowMs();
    const read = slot.read();
    clock.advance(700);
    held!.open();
    await read;
    expect(slot.reading()).to.include({ known: true, takenAtMs: beganAtMs });
    expect(slot.report().ageMs).to.equal(700);
  });

  it('R4: a reading is stale after three of its own periods, not before', async () => {
    await slot.read();
    clock.advance(3 * PERIOD_MS);
    expect(slot.reading().known).to.equal(true);
    clock.advance(1);
    expect(slot.reading()).to.deep.equal({
      known: false,
      reason: 'graphite is stale: 30001 ms old, limit 30000 ms',
    });
  });

  it('R4: a source that is read less often at present is given longer', async () => {
    await slot.read();
    clock.advance(3 * PERIOD_MS + 1);
    periodMs = 2 * PERIOD_MS;
    expect(slot.reading().known).to.equal(true);
  });

  it('leaves alone who asked for it, also when a fresh reading is wanted', async () => {
    answers = [failed('throttled', { retryAfterMs: 60_000 })];
    await slot.read();
    clock.advance(59_999);
    expect(slot.isDue()).to.equal(false);
    expect(await slot.readAfresh()).to.equal(false);
    expect(started).to.equal(1);
    clock.advance(1);
    expect(slot.isDue()).to.equal(true);
    expect(await slot.readAfresh()).to.equal(true);
  });

  it('keeps a failure and says it where the reading is missing or stale', async () => {
    expect(slot.reading()).to.deep.equal({ known: false, reason: 'graphite not read yet' });
    answers = [failed('refused', { status: 502 })];
    await slot.read();
    expect(slot.reading()).to.deep.equal({ known: false, reason: 'the test: refused (HTTP 502): made refused' });
    await slot.read();
    clock.advance(3 * PERIOD_MS + 1);
    answers = [failed('timeout')];
    await slot.read();
    const reading = slot.reading();
    expect(reading.known ? '' : reading.reason).to.match(/^graphite is stale: .*; the test: timeout: made timeout$/);
  });

  it('counts reads and failures, and hands each failure on once', async () => {
    answers = [ok(1), failed('timeout'), failed('malformed')];
    for (let count = 0; count < 3; count += 1) await slot.read();
    expect(slot.report()).to.deep.include({ name: 'graphite', reads: 3, failures: 2, error: errors[1] });
    expect(errors.map(({ kind }) => kind)).to.deep.equal(['timeout', 'malformed']);
    await slot.read();
    expect(slot.report()).to.include({ reads: 4, failures: 2, error: undefined });
  });

  it('throws a bug of the read to whoever waits for it, and can read again', async () => {
    const broken = newSlot({ ...options(), read: () => Promise.reject(new Error('bug')) });
    const thrown = await broken.read().catch((cause: unknown) => cause);
    expect(thrown).to.be.an('error').with.property('message', 'bug');
    clock.advance(PERIOD_MS);
    expect(broken.isDue()).to.equal(true);
  });

  function options(): { name: string; periodMs: () => number; clock: FakeClock; onError: () => void } {
    return { name: 'broken', periodMs: () => PERIOD_MS, clock, onError: () => undefined };
  }
});
