import { expect } from 'chai';
import fc from 'fast-check';
import { STALE_AFTER_PERIODS } from '../../src/core/reading.ts';
import type { GaugeName } from '../../src/sources/series-name.ts';
import { GaugeStore, type Claim, type OwnerReading } from '../../src/sources/gauge-store.ts';

const PERIOD_MS = 10_000;
const MAX_OWNERS = 5;
/** Applications are called as their owners. */
const byName =
  (...active: readonly string[]): Claim =>
  (owner) =>
    active.find((id) => owner === id || owner.endsWith(`.${id}`));

function storeFor(...active: readonly string[]): GaugeStore {
  const store = new GaugeStore({ maxOwners: MAX_OWNERS, firstPeriodMs: PERIOD_MS });
  store.follow(byName(...active));
  return store;
}

interface Sent {
  readonly owner?: string;
  readonly gauge?: GaugeName;
  readonly atMs: number;
  readonly stampS?: number;
}

function send(store: GaugeStore, value: number, sent: Sent): void {
  const { owner = 'app-1', gauge = 'numberTargetExecutors', atMs, stampS } = sent;
  store.put({ owner, gauge, value, stampS }, atMs);
}

function only(store: GaugeStore, nowMs: number, id = 'app-1'): OwnerReading {
  const [reading, ...others] = store.readingsOf(id, nowMs);
  if (reading === undefined || others.length > 0) throw new Error(`${others.length} others`);
  return reading;
}

describe('gauge store: values and ages', () => {
  it('keeps the newest of each gauge, and is as old as the oldest of them', () => {
    const store = storeFor('app-1');
    send(store, 3, { atMs: 1000 });
    send(store, 7, { atMs: 1100 });
    send(store, 9, { atMs: 1150, gauge: 'numberMaxNeededExecutors' });

    const { gauges, ageMs } = only(store, 1500);

    expect(gauges.numberTargetExecutors).to.equal(7);
    expect(gauges.numberMaxNeededExecutors).to.equal(9);
    expect(gauges.numberAllExecutors).to.equal(undefined);
    expect(ageMs).to.equal(400);
  });

  it('leaves out a gauge that stopped coming while the target still does', () => {
    const store = storeFor('app-1');
    send(store, 9, { atMs: 0, gauge: 'numberMaxNeededExecutors' });
    for (const atMs of [0, 10_000, 20_000]) send(store, 4, { atMs });

    const { gauges, ageMs } = only(store, 20_500);

    expect(gauges.numberMaxNeededExecutors).to.equal(undefined);
    expect(ageMs).to.equal(500);
  });

  it('R4: learns the period of each owner, so that stale means three of its own', () => {
    const store = storeFor('app-1', 'app-2');
    for (let turn = 0; turn < 4; turn += 1) {
      send(store, 1, { atMs: turn * 2000 });
      send(store, 1, { atMs: turn * 60_000, owner: 'app-2' });
    }

    expect(only(store, 6000).periodMs).to.equal(2000);
    expect(only(store, 180_000, 'app-2').periodMs).to.equal(60_000);
    expect(only(store, 6000 + 7000).ageMs).to.be.greaterThan(STALE_AFTER_PERIODS * 2000);
  });

  it('R4: takes the usual period until it has learnt one', () => {
    const store = storeFor('app-1');
    send(store, 1, { atMs: 0 });

    expect(only(store, 0).periodMs).to.equal(PERIOD_MS);
  });

  it('learns no period from a lost report, a doubled one or an outage', () => {
    const store = storeFor('app-1');
    for (const atMs of [0, 10, 10_000, 20_000, 20_300, 40_000, 50_000, 400_000, 410_000]) send(store, 1, { atMs });

    expect(only(store, 410_000).periodMs).to.equal(PERIOD_MS);
  });

  it('R4: a sender that stops gets older and older, and never reads as nothing', () => {
    const store = storeFor('app-1');
    for (const atMs of [0, 10_000]) send(store, 5, { atMs });
    store.follow(byName('app-1'));

    const { gauges, ageMs } = only(store, 3_600_000);

    expect(gauges.numberTargetExecutors).to.equal(5);
    expect(ageMs).to.equal(3_590_000);
  });
});

describe("gauge store: the sender's clock", () => {
  for (const [what, skewS] of [
    ['an hour ahead', 3600],
    ['an hour behind', -3600],
    ['in another century', -3e9],
  ] as const) {
    it(`does no harm where it is ${what}`, () => {
      const store = storeFor('app-1');
      for (const atMs of [0, 10_000, 20_000]) send(store, atMs, { atMs, stampS: 4e9 + atMs / 1000 + skewS });

      const { gauges, ageMs, lateMs } = only(store, 20_500);

      expect([gauges.numberTargetExecutors, ageMs, lateMs]).to.deep.equal([20_000, 500, 0]);
    });
  }

  it('what a relay kept back during an outage is as old as its stamps say', () => {
    const store = storeFor('app-1');
    for (const atMs of [0, 10_000]) send(store, 8, { atMs, stampS: atMs / 1000 });
    // Ten minutes later all that was kept back comes at once, oldest first.
    for (let stampS = 20; stampS <= 300; stampS += 10) send(store, 0, { atMs: 600_000, stampS });

    const { ageMs, lateMs } = only(store, 600_000);

    // Less what the clocks may have drifted apart in the silence.
    expect(ageMs).to.be.closeTo(300_000, 200);
    expect(lateMs).to.be.closeTo(300_000, 200);
  });

  it('a value that comes late does not replace a newer one', () => {
    const store = storeFor('app-1');
    for (const atMs of [0, 10_000, 20_000]) send(store, 8, { atMs, stampS: atMs / 1000 });
    send(store, 0, { atMs: 20_100, stampS: 5 });

    expect(only(store, 20_500).gauges.numberTargetExecutors).to.equal(8);
    expect(store.counts().outdated).to.equal(1);
  });

  it('the same report again and again is old', () => {
    const store = storeFor('app-1');
    for (let atMs = 0; atMs <= 60_000; atMs += 10_000) send(store, 0, { atMs, stampS: 0 });

    expect(only(store, 60_000).ageMs).to.be.at.least(59_000);
  });

  it('a clock that was set back makes values old, not new', () => {
    const store = storeFor('app-1');
    for (const atMs of [0, 10_000]) send(store, 8, { atMs, stampS: 10_000 + atMs / 1000 });
    for (const atMs of [20_000, 30_000, 40_000]) send(store, 0, { atMs, stampS: 6400 + atMs / 1000 });

    const { gauges, ageMs, lateMs } = only(store, 45_000);

    expect(gauges.numberTargetExecutors).to.equal(8);
    expect(ageMs).to.equal(35_000);
    expect(lateMs).to.be.closeTo(3_600_000, 100);
  });

  it('clocks that drift apart over weeks stay on time', () => {
    const store = storeFor('app-1');
    let atMs = 0;
    for (; atMs < 14 * 86_400_000; atMs += 600_000) send(store, 1, { atMs, stampS: (atMs * 0.9999) / 1000 });

    expect(only(store, atMs).lateMs).to.equal(0);
  });
});

describe('gauge store: changes', () => {
  it('moves a gauge that is known, both ways, and never below nothing', () => {
    const store = storeFor('app-1');
    const line = { owner: 'app-1', gauge: 'numberTargetExecutors', value: 3, stampS: undefined } as const;
    store.move(line, 1, 0);
    expect(store.readingsOf('app-1', 0)).to.deep.equal([]);

    send(store, 5, { atMs: 0 });
    store.move(line, 1, 1000);
    expect(only(store, 1000).gauges.numberTargetExecutors).to.equal(8);
    store.move(line, -1, 2000);
    store.move(line, -1, 2001);
    store.move(line, -1, 2002);

    expect(only(store, 2500)).to.deep.include({ ageMs: 499 });
    expect(only(store, 2500).gauges.numberTargetExecutors).to.equal(2);
    expect(store.counts().orphaned).to.equal(2);
  });

  it('takes no minus from somebody who reports whole values: that is a value that cannot be', () => {
    const store = storeFor('app-1');
    const line = { owner: 'app-1', gauge: 'numberTargetExecutors', value: 1, stampS: undefined } as const;
    for (const atMs of [0, 10_000]) send(store, 5, { atMs });
    store.move(line, -1, 20_000);
    expect(only(store, 20_000).gauges.numberTargetExecutors).to.equal(5);
    expect(only(store, 20_000).ageMs).to.equal(10_000);

    store.move(line, 1, 20_001);
    store.move(line, -1, 20_002);
    expect(only(store, 20_002).gauges.numberTargetExecutors).to.equal(5);
    expect(store.counts().orphaned).to.equal(1);
  });

  it('does not go on from a value after a silence: what changed in it is not known', () => {
    const store = storeFor('app-1');
    send(store, 5, { atMs: 0 });
    store.move({ owner: 'app-1', gauge: 'numberTargetExecutors', value: 5, stampS: undefined }, -1, 40_000);

    expect(only(store, 40_000)).to.deep.include({ ageMs: 40_000 });
    expect(only(store, 40_000).gauges.numberTargetExecutors).to.equal(5);
  });
});

describe('gauge store: whose it is', () => {
  it('forgets an application that has ended, and what comes of it afterwards belongs to nobody', () => {
    const store = storeFor('app-1');
    send(store, 5, { atMs: 0 });
    store.follow(byName('app-2'));
    expect(store.readingsOf('app-1', 0)).to.deep.equal([]);
    expect(store.counts()).to.deep.include({ claimedOwners: 0, otherOwners: 0 });

    send(store, 5, { atMs: 10 });
    expect(store.strangers(20)).to.deep.equal(['app-1']);
  });

  it('a driver that comes back under the same name begins with nothing', () => {
    const store = storeFor();
    store.follow((owner) => (owner === 'report' ? 'app-1' : undefined));
    send(store, 0, { owner: 'report', atMs: 0 });
    store.follow((owner) => (owner === 'report' ? 'app-2' : undefined));

    expect(store.readingsOf('app-2', 0)).to.deep.equal([]);

    send(store, 4, { owner: 'report', atMs: 10 });
    expect(only(store, 10, 'app-2').gauges.numberTargetExecutors).to.equal(4);
  });

  it('keeps what came just before the master listed the application', () => {
    const store = storeFor();
    send(store, 5, { atMs: 0 });
    store.follow(byName('app-1'));

    expect(only(store, 10).gauges.numberTargetExecutors).to.equal(5);
    expect(store.strangers(10)).to.deep.equal([]);
  });

  it('shows both where two names lead to one application', () => {
    const store = storeFor('app-1');
    send(store, 5, { atMs: 0 });
    send(store, 6, { atMs: 0, owner: 'other.app-1' });

    expect(store.readingsOf('app-1', 0).map(({ owner }) => owner)).to.deep.equal(['app-1', 'other.app-1']);
  });
});

describe('gauge store: floods', () => {
  it("made-up owners never drive out an application's, nor one another, and memory stays bounded", () => {
    const store = storeFor('app-1', 'app-2');
    send(store, 5, { atMs: 0 });
    for (let turn = 0; turn < 10_000; turn += 1) send(store, 0, { owner: `made-up-${turn}`, atMs: turn });
    send(store, 6, { owner: 'app-2', atMs: 10_000 });

    expect(only(store, 10_000).gauges.numberTargetExecutors).to.equal(5);
    expect(only(store, 10_000, 'app-2').gauges.numberTargetExecutors).to.equal(6);
    expect(store.counts()).to.deep.include({ claimedOwners: 2, otherOwners: 64, refused: 10_000 - 64 });
    expect(store.strangers(10_000)[0]).to.equal('made-up-0');
  });

  it('gives the places of those that fell silent to newcomers', () => {
    const store = storeFor();
    for (let turn = 0; turn < 64; turn += 1) send(store, 0, { owner: `old-${turn}`, atMs: 0 });
    send(store, 0, { owner: 'too-early', atMs: 29_000 });
    send(store, 0, { owner: 'new', atMs: 31_000 });

    expect(store.strangers(31_000)).to.deep.equal(['new']);
  });

  it('look-alikes of an application cannot keep its own id out', () => {
    const store = storeFor('app-1');
    for (let turn = 0; turn < 100; turn += 1) send(store, 0, { owner: `fake${turn}.app-1`, atMs: 0 });
    send(store, 5, { atMs: 0 });

    const readings = store.readingsOf('app-1', 0);
    expect(readings).to.have.length(5);
    expect(readings.at(-1)).to.deep.include({ owner: 'app-1' });
  });

  it('holds no more owners than it was told, whatever is claimed', () => {
    const ids = Array.from({ length: 50 }, (_, index) => `app-${index}`);
    const store = storeFor(...ids);
    for (const owner of ids) send(store, 1, { owner, atMs: 0 });

    expect(store.counts()).to.deep.include({ claimedOwners: MAX_OWNERS, refused: 45 });
  });
});

describe('gauge store, by chance', () => {
  const event = fc.record({
    owner: fc.constantFrom('app-1', 'x.app-1', 'app-2', 'nobody', 'other'),
    gauge: fc.constantFrom<GaugeName>('numberTargetExecutors', 'numberMaxNeededExecutors', 'numberAllExecutors'),
    value: fc.nat(100),
    waitMs: fc.oneof(fc.nat(3000), fc.nat(100_000)),
    stampS: fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined }),
    sign: fc.constantFrom(0, 0, 0, 1, -1),
    follow: fc.option(fc.subarray(['app-1', 'app-2', 'other']), { nil: undefined, freq: 8 }),
  });

  it('shows only values that were sent or moved to, never from the future, never younger than their arrival', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const store = storeFor('app-1');
        let nowMs = 0;
        const heardAtMs = new Map<string, number>();
        for (const { owner, gauge, value, waitMs, stampS, sign, follow } of events) {
          nowMs += waitMs;
          if (follow !== undefined) store.follow(byName(...follow));
          if (sign === 0) store.put({ owner, gauge, value, stampS }, nowMs);
          else store.move({ owner, gauge, value, stampS }, sign > 0 ? 1 : -1, nowMs);
          heardAtMs.set(owner, nowMs);
          for (const id of ['app-1', 'app-2', 'other']) {
            for (const reading of store.readingsOf(id, nowMs)) {
              expect(reading.ageMs).to.be.at.least(nowMs - (heardAtMs.get(reading.owner) ?? Infinity));
              expect(reading.periodMs).to.be.within(500, 300_000);
              const values = Object.values(reading.gauges).filter((one) => one !== undefined);
              expect(values.length).to.be.greaterThan(0);
              for (const one of values) expect(Number.isSafeInteger(one) && one >= 0).to.equal(true);
            }
          }
          expect(store.counts().claimedOwners).to.be.at.most(MAX_OWNERS);
        }
      }),
    );
  });
});
