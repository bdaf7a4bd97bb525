/** Readings: what is too old, or from the future, is unknown; and unknown is never a number. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ageMs, freshAt, STALE_AFTER_PERIODS, unknown, type Reading } from '../../src/core/reading.ts';
import { NOW_MS, reading } from './support/builders.ts';

function reasonOf(one: Reading<unknown>): string | undefined {
  return one.known ? undefined : one.reason;
}

describe('A reading', () => {
  it('knows its age', () => {
    expect(ageMs(reading(7, { takenAtMs: NOW_MS - 250 }), NOW_MS)).to.equal(250);
  });

  it('stays unknown, with its reason, whatever the time', () => {
    const never = unknown('nobody answered');
    expect(never).to.deep.equal({ known: false, reason: 'nobody answered' });
    expect(freshAt(never, NOW_MS)).to.equal(never);
  });

  it('is handed on as it is while it is fresh, a zero and an undefined too', () => {
    for (const value of [0, undefined, false, '']) {
      const fresh = reading(value, { takenAtMs: NOW_MS - 10 });
      expect(freshAt<unknown>(fresh, NOW_MS)).to.equal(fresh);
    }
  });

  const impossible = [
    { title: 'from the future', takenAtMs: NOW_MS + 1 },
    { title: 'from far in the future', takenAtMs: Infinity },
    { title: 'without a time', takenAtMs: NaN },
  ];
  for (const { title, takenAtMs } of impossible) {
    it(`${title} proves nothing`, () => {
      expect(reasonOf(freshAt(reading(1, { takenAtMs, source: 'graphite' }), NOW_MS))).to.equal(
        'graphite answered with a time in the future',
      );
    });
  }

  it('without a period proves nothing', () => {
    expect(freshAt(reading(1, { periodMs: NaN }), NOW_MS).known).to.equal(false);
  });

  it('that is stale says which source, how old, and what the limit is', () => {
    const old = reading(1, { source: 'master-page', takenAtMs: NOW_MS - 7_000.4, periodMs: 2_000 });
    expect(reasonOf(freshAt(old, NOW_MS))).to.equal('master-page is stale: 7000 ms old, limit 6000 ms');
  });
});

describe('R4: freshness is per source:', () => {
  const sources = [
    { source: 'driver-metrics', periodMs: 1_000, freshMs: 3_000, staleMs: 3_001 },
    { source: 'graphite', periodMs: 10_000, freshMs: 30_000, staleMs: 30_001 },
    { source: 'prometheus', periodMs: 60_000, freshMs: 180_000, staleMs: 180_001 },
  ];
  for (const { source, periodMs, freshMs, staleMs } of sources) {
    it(`R4: a reading of ${source} (every ${periodMs} ms) is good for ${freshMs} ms and no longer`, () => {
      const aged = (age: number): Reading<number> =>
        freshAt(reading(1, { source, periodMs, takenAtMs: NOW_MS - age }), NOW_MS);
      expect(aged(freshMs).known).to.equal(true);
      expect(aged(staleMs).known).to.equal(false);
    });
  }

  it('R4: the same age is fresh for a slow source and stale for a fast one', () => {
    const takenAtMs = NOW_MS - 20_000;
    expect(freshAt(reading(1, { takenAtMs, periodMs: 10_000 }), NOW_MS).known).to.equal(true);
    expect(freshAt(reading(1, { takenAtMs, periodMs: 5_000 }), NOW_MS).known).to.equal(false);
  });

  it('R4: a reading is fresh exactly while it is not from the future and at most three periods old', () => {
    expect(STALE_AFTER_PERIODS).to.equal(3);
    fc.assert(
      fc.property(fc.integer({ min: -5_000, max: 500_000 }), fc.integer({ min: 0, max: 100_000 }), (age, periodMs) => {
        const fresh = freshAt(reading(1, { takenAtMs: NOW_MS - age, periodMs }), NOW_MS);
        expect(fresh.known).to.equal(age >= 0 && age <= 3 * periodMs);
      }),
    );
  });
});
