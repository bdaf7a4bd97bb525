/** Who stays to keep blocks, and who may be drained together. */
import { expect } from 'chai';
import fc from 'fast-check';
import { fleetPod, type FleetPod } from '../../src/core/fleet.ts';
import { drawLedger } from '../../src/core/ledger.ts';
import { GUARDS } from '../../src/core/removal-guards.ts';
import { resources } from '../../src/core/resources.ts';
import { chooseSurvivors, whyIdleIsPinned, type BusyWorker, type SurvivorInput } from '../../src/core/survivors.ts';
import { pod, worker } from './support/builders.ts';
import { held, holding, MIB, type Held } from './support/holdings.ts';

const NOW_MS = 10_000;

function busy(n: number, more: Partial<FleetPod['pod']> = {}): BusyWorker {
  const one = worker(n, { used: resources(4, 1024) });
  return { entry: fleetPod(pod(n, more), [one]), worker: one };
}

interface Case extends Partial<Omit<SurvivorInput, 'ledger' | 'leavingHosts'>> {
  readonly leavingHosts?: ReadonlySet<string>;
  readonly applications: readonly Held[];
  readonly moveCachedBlocks?: boolean;
}

function survivors({ applications, moveCachedBlocks = false, leavingHosts = new Set(), ...more }: Case): {
  going: string[];
  why: string[];
  lackRoom: boolean;
} {
  const ledger = drawLedger(
    applications.map((one) => held(NOW_MS, one)),
    { nowMs: NOW_MS, moveCachedBlocks, guards: GUARDS },
  );
  const input = {
    ledger,
    guards: GUARDS,
    busy: [],
    leavingHosts: () => leavingHosts,
    stillFits: () => true,
    atMost: 100,
    ...more,
  };
  const { drainable, why, lackRoom } = chooseSurvivors(input);
  const going = drainable.map(({ entry }) => entry.pod.name);
  return { going, why: [...why].map(([uid, text]) => `${uid}: ${text}`), lackRoom };
}

describe('survivors', () => {
  it('R19: the last executor that holds blocks stays', () => {
    const { going, why } = survivors({ applications: [{ executors: [holding(1)] }], busy: [busy(1)] });
    expect(going).to.deep.equal([]);
    expect(why).to.deep.equal(['uid-1: keeps the blocks of app-1']);
  });

  it('R19: of three executors the one with most to move stays, the others go, fewest bytes first', () => {
    const executors = [1, 5, 3].map((mib, n) => holding(n + 1, { shuffleWriteBytes: mib * MIB }));
    const { going } = survivors({ applications: [{ executors }], busy: [1, 2, 3].map((n) => busy(n)) });
    expect(going).to.deep.equal(['w-1', 'w-3']);
  });

  it('R19: one worker that several applications share keeps the blocks of all of them', () => {
    const applications = [
      { id: 'a', executors: [holding(1), holding(2)] },
      { id: 'b', executors: [holding(2), holding(3)] },
    ];
    const { going, why } = survivors({ applications, busy: [1, 2, 3].map((n) => busy(n)) });
    expect(going).to.have.members(['w-1', 'w-3']);
    expect(why).to.deep.equal(['uid-2: keeps the blocks of a, b']);
  });

  it('R19: applications that share no worker keep one each', () => {
    const applications = [
      { id: 'a', executors: [holding(1)] },
      { id: 'b', executors: [holding(2)] },
    ];
    expect(survivors({ applications, busy: [busy(1), busy(2)] }).going).to.deep.equal([]);
  });

  it('an executor on a worker that stays anyway is keeper enough', () => {
    const executors = [holding(1), holding(9)];
    expect(survivors({ applications: [{ executors }], busy: [busy(1)] }).going).to.deep.equal(['w-1']);
  });

  it('R19: an executor on a worker that is leaving keeps nothing', () => {
    const executors = [holding(1), holding(9)];
    const leavingHosts = new Set(['10.0.0.9']);
    expect(survivors({ applications: [{ executors }], busy: [busy(1)], leavingHosts }).going).to.deep.equal([]);
  });

  it('R18: a worker goes only if every application on it lets it', () => {
    const applications: Held[] = [
      { id: 'a', executors: [holding(1), holding(2)] },
      { id: 'b', executors: [holding(1)], activity: 'shuffling' },
    ];
    const { going, why } = survivors({ applications, busy: [busy(1), busy(2)] });
    expect(going).to.deep.equal(['w-2']);
    expect(why).to.deep.equal(['uid-1: b: a running job may read its shuffle (1 MiB)']);
  });

  it('unknown is pinned: one application that cannot be read keeps every busy worker', () => {
    const applications: Held[] = [{ executors: [holding(1), holding(2)] }, { id: 'b', settings: 'unknown' }];
    expect(survivors({ applications, busy: [busy(1), busy(2)] }).going).to.deep.equal([]);
  });

  it('executors that no application tells of keep their worker', () => {
    expect(survivors({ applications: [], busy: [busy(1)] }).why).to.deep.equal([
      'uid-1: its executors are in no application’s list',
    ]);
  });

  it('R20: cached blocks go only where they fit into half of the storage memory that is free', () => {
    const full = holding(1, { rddBlocks: 1, memoryUsedBytes: 200 * MIB, shuffleWriteBytes: 0 });
    const room = (freeMiB: number) => holding(2, { maxMemoryBytes: freeMiB * MIB, shuffleWriteBytes: 0 });
    const go = (freeMiB: number) =>
      survivors({ applications: [{ executors: [full, room(freeMiB)] }], busy: [busy(1)], moveCachedBlocks: true })
        .going;
    expect(go(400)).to.deep.equal(['w-1']);
    expect(go(399)).to.deep.equal([]);
  });

  it('executors that are wanted need room elsewhere', () => {
    const executors = [1, 2, 3].map((n) => holding(n));
    const stillFits = (gone: ReadonlySet<string>): boolean => gone.size === 0;
    const parts = { applications: [{ executors }], busy: [1, 2, 3].map((n) => busy(n)) };
    const { going, lackRoom } = survivors({ ...parts, stillFits });
    expect(going).to.have.length(1);
    expect([lackRoom, survivors(parts).lackRoom]).to.deep.equal([true, false]);
  });

  it('goes on with those that were chosen before', () => {
    const executors = [1, 5, 3].map((mib, n) => holding(n + 1, { shuffleWriteBytes: mib * MIB }));
    const workers = [busy(1), busy(2, { chosenAtEpochMs: 1 }), busy(3)];
    expect(survivors({ applications: [{ executors }], busy: workers, atMost: 1 }).going).to.deep.equal(['w-2']);
  });

  it('R19: whatever the placement, every application that holds blocks keeps an executor', () => {
    const placement = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(placement, fc.uniqueArray(fc.integer({ min: 1, max: 6 })), (hostsOf, leaving) => {
        const applications = hostsOf.map((hosts, n) => ({
          id: `app-${n}`,
          executors: hosts.map((host) => holding(host)),
        }));
        const staying = [1, 2, 3, 4, 5, 6].filter((n) => !leaving.includes(n));
        const leavingHosts = new Set(leaving.map((n) => `10.0.0.${n}`));
        const going = survivors({ applications, busy: staying.map((n) => busy(n)), leavingHosts }).going;
        for (const hosts of hostsOf) {
          const before = hosts.filter((n) => !leaving.includes(n));
          const after = before.filter((n) => !going.includes(`w-${n}`));
          expect(after.length > 0).to.equal(before.length > 0);
        }
      }),
    );
  });
});

describe('idle workers', () => {
  const ledgerOf = (applications: readonly Held[]) =>
    drawLedger(
      applications.map((one) => held(NOW_MS, one)),
      { nowMs: NOW_MS, moveCachedBlocks: false, guards: GUARDS },
    );
  const gone = { executors: [holding(1, { active: false, shuffleWriteBytes: 1.25 * 2 ** 30 })] };

  it('stay where an external shuffle service keeps shuffle of an application that runs', () => {
    const ledger = ledgerOf([{ ...gone, settings: { shuffleMode: 'external-service' } }]);
    expect(whyIdleIsPinned('10.0.0.1', ledger, true)).to.equal(
      'app-1: shuffle kept by the external shuffle service until it ends (1.3 GiB)',
    );
    expect(whyIdleIsPinned('10.0.0.2', ledger, true)).to.equal(undefined);
  });

  it('stay where nobody knows whether one does, and go where there is none', () => {
    const ledger = ledgerOf([{ ...gone, settings: 'unknown' }]);
    expect(whyIdleIsPinned('10.0.0.1', ledger, true)).to.equal('whether app-1 keeps shuffle there is not known');
    expect(whyIdleIsPinned('10.0.0.1', ledger, false)).to.equal(undefined);
  });
});
