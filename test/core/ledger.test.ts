/** Who keeps what where, and what of it may move. */
import { expect } from 'chai';
import type { ExecutorHolding } from '../../src/core/holdings.ts';
import { drawLedger, executorsAt, type Ledger } from '../../src/core/ledger.ts';
import { GUARDS } from '../../src/core/removal-guards.ts';
import { unknown } from '../../src/core/reading.ts';
import { held, holding, MIB, type Held } from './support/holdings.ts';

const NOW_MS = 10_000;

function ledgerOf(applications: readonly Held[], moveCachedBlocks = false): Ledger {
  return drawLedger(
    applications.map((one) => held(NOW_MS, one)),
    { nowMs: NOW_MS, moveCachedBlocks, guards: GUARDS },
  );
}

/** How the only application is tied to worker 1: "movable", "pinned: why", or "free". */
function tie(one: Held, moveCachedBlocks = false): string {
  const [only] = ledgerOf([one], moveCachedBlocks).ties.get('10.0.0.1') ?? [];
  if (only === undefined) return 'free';
  return only.kind === 'movable' ? 'movable' : `pinned: ${only.why}`;
}

describe('the ledger', () => {
  const cached = holding(1, { shuffleWriteBytes: 0, rddBlocks: 3, memoryUsedBytes: MIB });
  const empty = holding(1, { shuffleWriteBytes: 0 });
  const cases: readonly [string, Held, string][] = [
    ['an idle application with shuffle', { executors: [holding(1)] }, 'movable'],
    ['one that holds nothing', { executors: [empty] }, 'movable'],
    [
      'R17: a job that may read shuffle',
      { executors: [holding(1)], activity: 'shuffling' },
      'pinned: a running job may read its shuffle',
    ],
    [
      'R17: also where the executor itself wrote none: blocks of one that ended may have moved to it',
      { executors: [empty, holding(2, { active: false })], activity: 'shuffling' },
      'pinned: a running job may read its shuffle',
    ],
    [
      'R17: also where it runs a task that may be writing some',
      { executors: [holding(1, { shuffleWriteBytes: 0, activeTasks: 1 })], activity: 'shuffling' },
      'pinned: a running job may read its shuffle',
    ],
    ['a job that may read shuffle of which there is none', { executors: [empty], activity: 'shuffling' }, 'movable'],
    [
      'a job that reads and writes no shuffle',
      { executors: [holding(1, { activeTasks: 2 })], activity: 'apart' },
      'movable',
    ],
    ['tasks that no listed job explains', { executors: [holding(1, { activeTasks: 1 })] }, 'pinned: tasks run there'],
    [
      'no dynamic allocation',
      { executors: [holding(1)], settings: { dynamicAllocation: false } },
      'pinned: no dynamic allocation: it would start the executor again elsewhere',
    ],
    [
      'no decommission',
      { executors: [empty], settings: { decommission: false } },
      'pinned: spark.decommission.enabled is not set for it',
    ],
    [
      'no storage decommission',
      { executors: [holding(1)], settings: { storageDecommission: false } },
      'pinned: spark.storage.decommission.enabled is not set for it',
    ],
    [
      'no storage decommission, but nothing held',
      { executors: [empty], settings: { storageDecommission: false } },
      'movable',
    ],
    [
      'shuffle blocks do not move',
      { executors: [holding(1)], settings: { movesShuffle: false } },
      'pinned: spark.storage.decommission.shuffleBlocks.enabled is off',
    ],
    [
      'cached blocks do not move',
      { executors: [cached], settings: { movesCachedBlocks: false } },
      'pinned: spark.storage.decommission.rddBlocks.enabled is off',
    ],
    [
      'R20: cached blocks, which may be a local checkpoint',
      { executors: [cached] },
      'pinned: cached blocks there; moving them is not allowed by the settings',
    ],
    ['executors elsewhere', { executors: [holding(2)] }, 'free'],
    ['an executor that ended, without a shuffle service', { executors: [holding(1, { active: false })] }, 'free'],
    [
      'an executor that ended, with an external shuffle service',
      { executors: [holding(1, { active: false })], settings: { shuffleMode: 'external-service' } },
      'pinned: shuffle kept by the external shuffle service until it ends',
    ],
    [
      'an external shuffle service without shuffle',
      { executors: [empty], settings: { shuffleMode: 'external-service' } },
      'movable',
    ],
  ];
  for (const [name, one, expected] of cases) {
    it(`${name}: ${expected.split(':')[0] ?? ''}`, () => {
      expect(tie(one)).to.equal(expected);
    });
  }

  it('cached blocks move where that is allowed', () => {
    expect(tie({ executors: [cached] }, true)).to.equal('movable');
  });

  it('unknown is pinned: an application whose holdings or settings nobody knows is named', () => {
    const { unread, ties } = ledgerOf([
      { id: 'app-1', executors: [holding(1)], holdings: unknown('silent') },
      { id: 'app-2', executors: [holding(1)], settings: 'unknown' },
    ]);
    expect(unread).to.deep.equal(['app-1', 'app-2']);
    expect(ties.size).to.equal(0);
  });

  it('R4: holdings that have grown stale are unknown', () => {
    const stale = held(NOW_MS, { executors: [holding(1)] });
    const options = { nowMs: NOW_MS + 3_001, moveCachedBlocks: false, guards: GUARDS };
    expect(drawLedger([stale], options).unread).to.deep.equal(['app-1']);
  });

  it('a list of ended executors that was cut may hide shuffle, so every executor may hold some', () => {
    const ended = Array.from({ length: 3 }, (_, n) => holding(50 + n, { active: false, shuffleWriteBytes: 0 }));
    const one = { executors: [empty, ...ended], settings: { storageDecommission: false, retainedEndedExecutors: 3 } };
    expect(tie(one)).to.equal('pinned: spark.storage.decommission.enabled is not set for it');
    expect(tie({ ...one, settings: { ...one.settings, retainedEndedExecutors: 4 } })).to.equal('movable');
  });

  it('a cut list with an external shuffle service is unknown: any worker may keep something', () => {
    const settings = { shuffleMode: 'external-service', retainedEndedExecutors: 1 } as const;
    expect(ledgerOf([{ executors: [holding(1, { active: false })], settings }]).unread).to.deep.equal(['app-1']);
  });

  it('a list of 100 ended executors is taken for a cut one where nothing else was set', () => {
    const ended = (count: number): readonly ExecutorHolding[] =>
      Array.from({ length: count }, (_, n) => holding(1, { id: `${n}`, active: false, shuffleWriteBytes: 0 }));
    const settings = { shuffleMode: 'external-service' } as const;
    expect(ledgerOf([{ executors: ended(99), settings }]).unread).to.deep.equal([]);
    expect(ledgerOf([{ executors: ended(100), settings }]).unread).to.deep.equal(['app-1']);
  });

  it('R19: shuffle that has a fallback storage needs no last executor, cached blocks do', () => {
    const holds = (one: Held): boolean | undefined => ledgerOf([one]).holders.get('app-1')?.holds;
    const settings = { fallbackStorage: true };
    expect(holds({ executors: [holding(1)] })).to.equal(true);
    expect(holds({ executors: [holding(1)], settings })).to.equal(false);
    expect(holds({ executors: [holding(1, { rddBlocks: 1 })], settings })).to.equal(true);
  });

  for (const [shuffleMode, endedShuffleBytes] of [
    ['external-service', 5],
    ['tracking', 0],
  ] as const) {
    it(`puts all executors of an application on a host together: ${shuffleMode}`, () => {
      const executors = [
        holding(1, { memoryUsedBytes: MIB, maxMemoryBytes: 3 * MIB, diskUsedBytes: 2, activeTasks: 1 }),
        holding(1, { id: 'b', rddBlocks: 1, memoryUsedBytes: 2 * MIB, maxMemoryBytes: 3 * MIB, activeTasks: 2 }),
        holding(1, { id: 'c', active: false, shuffleWriteBytes: 5 }),
      ];
      const { holders } = ledgerOf([{ executors, settings: { shuffleMode } }]);
      expect(holders.get('app-1')?.byHost.get('10.0.0.1')).to.deep.equal({
        executors: 2,
        tasks: 3,
        caches: true,
        cachedBytes: 3 * MIB + 2,
        shuffleBytes: 2 * MIB,
        endedShuffleBytes,
        usedBytes: 3 * MIB,
        freeBytes: 3 * MIB,
      });
    });
  }

  it('R19: knows whether any of its storage memory is in use', () => {
    const caches = (...usedBytes: readonly number[]): boolean | undefined => {
      const executors = usedBytes.map((memoryUsedBytes, nth) => holding(nth + 1, { memoryUsedBytes }));
      return ledgerOf([{ executors }]).holders.get('app-1')?.caches;
    };
    expect(caches(0, 0)).to.equal(false);
    expect(caches(0, MIB)).to.equal(true);
  });

  it('counts the active executors of all applications by host, brackets and case aside', () => {
    const ledger = ledgerOf([
      { id: 'app-1', executors: [holding(1, { host: '[FE80::1]' }), holding(2), holding(3, { active: false })] },
      { id: 'app-2', executors: [holding(1, { host: 'fe80::1' })] },
    ]);
    const counted = ['fe80::1', '10.0.0.2', '10.0.0.3'].map((host) => executorsAt(ledger, host));
    expect(counted).to.deep.equal([2, 1, 0]);
  });
});
