/** Who keeps which worker, since when, how that is told, and the limit by age. */
import { expect } from 'chai';
import type { ExecutorHolding } from '../../src/core/holdings.ts';
import { drawLedger, type Ledger, type PinnedSince } from '../../src/core/ledger.ts';
import { describePins, pinnedWorkers } from '../../src/core/pins.ts';
import { GUARDS } from '../../src/core/removal-guards.ts';
import { busyWorker, fleet, pods, worker } from './support/builders.ts';
import { held, holding, type Held } from './support/holdings.ts';

const HOUR_MS = 3_600_000;
const GIB = 2 ** 30;
const ended = (n: number, bytes: number): ExecutorHolding => holding(n, { active: false, shuffleWriteBytes: bytes });
const SERVICE: Held = {
  executors: [ended(1, 0.7 * GIB), ended(2, 0.5 * GIB)],
  settings: { shuffleMode: 'external-service' },
};

/** The ledger of a pass, and what is remembered of the one before. */
function pass(nowMs: number, one: Held, since?: PinnedSince, pinAgeLimitMs = 0): Ledger {
  const options = { nowMs, moveCachedBlocks: false, pinAgeLimitMs, guards: GUARDS };
  return drawLedger([held(nowMs, one)], { ...options, ...(since && { pinnedSinceMs: since }) });
}

const pinnedSince = ({ pinnedSinceMs }: Ledger): PinnedSince => pinnedSinceMs;
/** By application and host. */
const flat = (since: PinnedSince): readonly (readonly [string, number])[] =>
  [...since].flatMap(([id, hosts]) => [...hosts].map(([host, atMs]) => [`${id} ${host}`, atMs] as const));

describe('pins', () => {
  it('are told with their bytes, by application, beside how many are idle', () => {
    const all = fleet([worker(1), worker(2), worker(3)], pods(1, 3));
    const pins = pinnedWorkers(pass(0, SERVICE), all, 5_000);
    expect(pins.map(({ name, idle, forMs }) => [name, idle, forMs])).to.deep.equal([
      ['w-1', true, 5_000],
      ['w-2', true, 5_000],
    ]);
    expect(describePins(pins, 1)).to.deep.equal([
      '3 workers idle, 2 pinned by app-1 (shuffle of 1.2 GiB, external shuffle service)',
    ]);
  });

  it('on busy workers are told with the reason, those on workers of others not at all', () => {
    const one: Held = { executors: [holding(1), holding(9)], activity: 'shuffling' };
    const pins = pinnedWorkers(pass(0, one), fleet([busyWorker(1)], pods(1, 1)), 0);
    expect(describePins(pins, 2)).to.deep.equal([
      '1 workers pinned by app-1 (shuffle of 1 MiB, shuffle tracking, a running job may read its shuffle)',
    ]);
  });

  it('are remembered since they were first seen, and forgotten once they are gone', () => {
    const first = pinnedSince(pass(1_000, SERVICE));
    expect(flat(first).map(([, atMs]) => atMs)).to.deep.equal([1_000, 1_000]);
    const later = pass(9_000, { ...SERVICE, executors: [ended(1, GIB)] }, first);
    expect(flat(pinnedSince(later))).to.deep.equal([['app-1 10.0.0.1', 1_000]]);
    const none = pinnedSince(pass(10_000, { executors: [] }, pinnedSince(later)));
    expect(flat(pinnedSince(pass(11_000, SERVICE, none))).map(([, atMs]) => atMs)).to.deep.equal([11_000, 11_000]);
  });

  it('have no limit by default', () => {
    const since = pinnedSince(pass(0, SERVICE));
    expect(pass(1e12, SERVICE, since).ties.get('10.0.0.1')?.[0]?.kind).to.equal('pinned');
  });

  it('of a shuffle service give way after the limit, and stay known as too old', () => {
    const since = pinnedSince(pass(0, SERVICE));
    expect(pass(HOUR_MS - 1, SERVICE, since, HOUR_MS).ties.size).to.equal(2);
    const old = pass(HOUR_MS, SERVICE, since, HOUR_MS);
    expect(old.ties.size).to.equal(0);
    expect(old.pins.map(({ tooOld }) => tooOld)).to.deep.equal([true, true]);
    // Nothing is forgotten by it: in the next pass it is as old still.
    expect(pass(HOUR_MS + 1, SERVICE, pinnedSince(old), HOUR_MS).ties.size).to.equal(0);
    const all = fleet([worker(1), worker(2)], pods(1, 2));
    expect(describePins(pinnedWorkers(old, all, HOUR_MS), 2)[0]).to.contain('for longer than the limit: no more');
  });

  it('R20: of cached blocks give way after the limit too: then they move', () => {
    const one: Held = { executors: [holding(1, { rddBlocks: 1 }), holding(2)] };
    const since = pinnedSince(pass(0, one));
    expect(pass(HOUR_MS, one, since, HOUR_MS).ties.get('10.0.0.1')?.[0]?.kind).to.equal('movable');
  });

  it('R17: of a running job, and of settings, never give way', () => {
    for (const one of [
      { executors: [holding(1)], activity: 'shuffling' },
      { executors: [holding(1)], settings: { decommission: false } },
    ] satisfies Held[]) {
      const since = pinnedSince(pass(0, one));
      const old = pass(1e9, one, since, HOUR_MS);
      expect(old.ties.get('10.0.0.1')?.[0]?.kind).to.equal('pinned');
      expect(old.pins[0]?.tooOld).to.equal(false);
    }
  });
});
