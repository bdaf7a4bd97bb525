/** The fleet: which registered worker lives in which pod, and who is nobody's victim. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { PodView } from '../../src/core/cluster-view.ts';
import { aliveByHost, buildFleet, normalHost, type Fleet } from '../../src/core/fleet.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { frozen } from './support/arbitraries.ts';
import { addressOf, fleet, master, numbers, pod, pods, target, worker, workers } from './support/builders.ts';

/** Ids of the workers found in each pod, by the pod's name. */
function matched({ pods: found }: Fleet): Record<string, string[]> {
  return Object.fromEntries(found.map((entry) => [entry.pod.name, entry.workers.map(({ id }) => id)]));
}

function foreignIds({ foreignWorkers }: Fleet): string[] {
  return foreignWorkers.map(({ id }) => id);
}

describe('A worker is matched to a pod', () => {
  const named: Partial<PodView> = { name: 'spark-worker-x7k2p', addresses: ['10.1.2.3', 'fd00::a:3'] };
  const set: Partial<PodView> = { ...named, hostname: 'worker-0', subdomain: 'workers' };
  const cases: { title: string; host: string; pod?: Partial<PodView>; found: boolean }[] = [
    { title: 'by its IPv4 address', host: '10.1.2.3', found: true },
    { title: 'by its IPv6 address in brackets', host: '[fd00::a:3]', found: true },
    { title: 'by its IPv6 address without brackets, in capitals', host: 'FD00::A:3', found: true },
    { title: 'by its name', host: 'spark-worker-x7k2p', found: true },
    { title: 'by its name in capitals', host: 'Spark-Worker-X7K2P', found: true },
    { title: 'by its name as the first label', host: 'spark-worker-x7k2p.spark.svc.cluster.local', found: true },
    { title: 'by its host name', host: 'worker-0', pod: set, found: true },
    { title: 'by its host name as the first label', host: 'worker-0.other.svc', pod: set, found: true },
    { title: 'by host name and subdomain', host: 'worker-0.workers', pod: set, found: true },
    {
      title: 'by host name and subdomain as the first two labels',
      host: 'worker-0.workers.spark.svc',
      pod: set,
      found: true,
    },
    { title: 'by nothing else: another name', host: 'spark-worker-x7k2', found: false },
    { title: 'by nothing else: an address it only begins with', host: '10.1.2.34', found: false },
    { title: 'by nothing else: an address that begins the same way', host: '10.1.2', found: false },
    { title: 'by nothing else: its name as a later label', host: 'other.spark-worker-x7k2p', found: false },
    { title: 'by nothing else: an empty host', host: '', found: false },
    {
      title: 'by nothing else: an IPv6 address with a label in it',
      host: 'worker-0.workers::1',
      pod: set,
      found: false,
    },
  ];
  for (const { title, host, pod: more = named, found } of cases) {
    it(title, () => {
      const built = fleet([worker(1, { host })], [pod(1, more)]);
      expect(built.pods[0]!.workers.length).to.equal(found ? 1 : 0);
      expect(foreignIds(built)).to.deep.equal(found ? [] : ['worker-1']);
      expect(built.ambiguousWorkerIds.size).to.equal(0);
    });
  }

  it('not by the leading number of an address, even where a pod is named like one', () => {
    const built = fleet([worker(1, { host: '10.1.2.3' })], [pod(1, { name: '10', addresses: [] })]);
    expect(foreignIds(built)).to.deep.equal(['worker-1']);
  });

  it('by the whole host before its labels', () => {
    const exact = pod(1, { name: 'a', addresses: ['b.spark'] });
    const byLabel = pod(2, { name: 'b', addresses: [] });
    expect(matched(fleet([worker(1, { host: 'b.spark' })], [exact, byLabel]))).to.deep.equal({
      a: ['worker-1'],
      b: [],
    });
  });

  it('by two labels before one', () => {
    const first = pod(1, { name: 'a', addresses: [], hostname: 'node', subdomain: 'one' });
    const second = pod(2, { name: 'b', addresses: [], hostname: 'node', subdomain: 'two' });
    const built = fleet([worker(1, { host: 'node.two.svc' })], [first, second]);
    expect(matched(built)).to.deep.equal({ a: [], b: ['worker-1'] });
    expect(built.ambiguousWorkerIds.size).to.equal(0);
  });

  it('one by one', () => {
    expect(matched(fleet(workers(1, 3), pods(1, 3)))).to.deep.equal({
      'w-1': ['worker-1'],
      'w-2': ['worker-2'],
      'w-3': ['worker-3'],
    });
  });

  it('together with a second worker of the same pod, unless that one is DEAD', () => {
    const earlier = worker(1, { id: 'earlier', port: 7079 });
    const dead = worker(1, { id: 'dead', state: 'DEAD' });
    expect(matched(fleet([dead, earlier, worker(1)], [pod(1)]))).to.deep.equal({ 'w-1': ['earlier', 'worker-1'] });
  });

  for (const state of ['DECOMMISSIONED', 'UNKNOWN'] as const) {
    it(`also where it is ${state}`, () => {
      expect(matched(fleet([worker(1, { state })], [pod(1)]))).to.deep.equal({ 'w-1': ['worker-1'] });
    });
  }
});

describe('A worker that matches two pods', () => {
  const twins = [pod(1, { hostname: 'spark-worker' }), pod(2, { hostname: 'spark-worker' })];
  const built = fleet([worker(7, { host: 'spark-worker' })], twins);

  it('is ambiguous, in both of them, and foreign to none', () => {
    expect([...built.ambiguousWorkerIds]).to.deep.equal(['worker-7']);
    expect(matched(built)).to.deep.equal({ 'w-1': ['worker-7'], 'w-2': ['worker-7'] });
    expect(foreignIds(built)).to.deep.equal([]);
  });

  it('is ambiguous also where one of them is named like the address of the other', () => {
    const named = [pod(1, { addresses: ['10.1.2.3'] }), pod(2, { name: '10.1.2.3', addresses: [] })];
    const alike = fleet([worker(7, { host: '10.1.2.3' }), worker(8, { host: 'w-1' })], named);
    expect([...alike.ambiguousWorkerIds]).to.deep.equal(['worker-7']);
    expect(matched(alike)).to.deep.equal({ 'w-1': ['worker-7', 'worker-8'], '10.1.2.3': ['worker-7'] });
  });

  it('does not make another worker of theirs ambiguous', () => {
    const both = fleet([worker(7, { host: 'spark-worker' }), worker(1)], twins);
    expect([...both.ambiguousWorkerIds]).to.deep.equal(['worker-7']);
  });
});

describe('Pods', () => {
  it('that have been asked to end are kept apart, with their workers', () => {
    const built = fleet(workers(1, 2), [pod(1), pod(2, { terminating: true })]);
    expect(matched(built)).to.deep.equal({ 'w-1': ['worker-1'] });
    expect(built.endingPods.map((entry) => [entry.pod.name, entry.workers[0]?.id])).to.deep.equal([
      ['w-2', 'worker-2'],
    ]);
    expect(foreignIds(built)).to.deep.equal([]);
  });

  for (const phase of ['Succeeded', 'Failed']) {
    it(`that are ${phase} are no longer counted, as the controller does not either`, () => {
      const built = fleet([worker(1)], [pod(1, { phase })]);
      expect(built.pods).to.deep.equal([]);
      expect(built.endingPods).to.deep.equal([]);
      expect(foreignIds(built)).to.deep.equal(['worker-1']);
    });
  }

  for (const phase of ['Pending', 'Running', 'Unknown']) {
    it(`that are ${phase} are counted`, () => {
      expect(fleet([], [pod(1, { phase })]).pods.length).to.equal(1);
    });
  }

  it('without an address hold nobody', () => {
    expect(matched(fleet([worker(1)], [pod(1, { addresses: [] })]))).to.deep.equal({ 'w-1': [] });
  });
});

describe('R14: several pools of workers under one master:', () => {
  const others: [string, Partial<PodView>][] = [
    ['of another controller', { ownerUid: 'another-rc' }],
    ['of no controller', { ownerUid: undefined }],
  ];
  for (const [title, more] of others) {
    it(`R14: a worker in a pod ${title} is capacity, never a victim`, () => {
      const built = fleet(workers(1, 2), [pod(1), pod(2, more)]);
      expect(matched(built)).to.deep.equal({ 'w-1': ['worker-1'] });
      expect(foreignIds(built)).to.deep.equal(['worker-2']);
      expect(built.endingPods).to.deep.equal([]);
    });
  }

  it('R14: a worker outside of all pods is capacity, never a victim', () => {
    const built = buildFleet(master({ workers: [worker(9, { host: 'bare-metal' })] }), [], target(0));
    expect(foreignIds(built)).to.deep.equal(['worker-9']);
  });

  it('R14: an address that another pool uses as well does not make a pod of ours ambiguous', () => {
    const built = fleet([worker(1)], [pod(1), pod(2, { ownerUid: 'another-rc', addresses: [addressOf(1)] })]);
    expect(matched(built)).to.deep.equal({ 'w-1': ['worker-1'] });
    expect(built.ambiguousWorkerIds.size).to.equal(0);
  });
});

describe('Workers behind one host', () => {
  it('are listed together where they are ALIVE, whatever the spelling', () => {
    const list = [
      worker(1, { id: 'a', host: '[FD00::1]' }),
      worker(2, { id: 'b', host: 'fd00::1' }),
      worker(3, { id: 'c', host: 'fd00::1', state: 'DECOMMISSIONED' }),
      worker(4, { id: 'd', host: 'fd00::1', state: 'DEAD' }),
      worker(5, { id: 'e' }),
    ];
    const built = fleet(list, [pod(5)]);
    const hosts = aliveByHost(built);
    expect(hosts.get('fd00::1')?.map(({ id }) => id)).to.deep.equal(['a', 'b']);
    expect([...hosts.keys()]).to.have.members(['fd00::1', addressOf(5)]);
    expect([...built.crowdedHosts.keys()]).to.deep.equal(['fd00::1']);
  });

  it('are noted where it has several, in one pod, in two pods or in none of ours', () => {
    const twins = [worker(1), worker(1, { id: 'twin' })];
    const hosts = (podList: readonly PodView[]): readonly (readonly [string, number])[] =>
      [...fleet([...twins, worker(2)], podList).crowdedHosts].map(([host, { length }]) => [host, length]);
    const another = pod(3, { addresses: [addressOf(1)] });
    for (const podList of [[pod(1), pod(2)], [pod(1), pod(2), another], []]) {
      expect(hosts(podList)).to.deep.equal([[addressOf(1), 2]]);
    }
  });

  it('make their pod a shared one where more than one is ALIVE, as long as it serves', () => {
    const shared = (state: WorkerView['state'], more: Partial<PodView> = {}): readonly string[] =>
      fleet([worker(1), worker(1, { id: 'twin', state })], [pod(1, more)]).shared.map((entry) => entry.pod.name);
    expect(shared('ALIVE')).to.deep.equal(['w-1']);
    expect(shared('DECOMMISSIONED')).to.deep.equal([]);
    expect(shared('ALIVE', { terminating: true })).to.deep.equal([]);
  });

  it('are found by a host without brackets, in lower case', () => {
    const hosts = ['[::1]', 'Worker-1.Spark', '10.0.0.1', ''].map(normalHost);
    expect(hosts).to.deep.equal(['::1', 'worker-1.spark', '10.0.0.1', '']);
  });
});

describe('The fleet, whatever is registered,', () => {
  const states = fc.constantFrom<WorkerView['state']>('ALIVE', 'DEAD', 'DECOMMISSIONED', 'UNKNOWN');
  const workerList = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 6 }), states, fc.boolean()), { maxLength: 12 })
    .map((list) =>
      list.map(([n, state, byName], index) =>
        worker(n, { id: `worker-${index}`, state, host: byName ? `w-${n}` : addressOf(n) }),
      ),
    );
  const podList = fc
    .array(
      fc.record({
        ours: fc.boolean(),
        terminating: fc.boolean(),
        twin: fc.boolean(),
        phase: fc.constantFrom('Pending', 'Running', 'Failed'),
      }),
      {
        maxLength: 6,
      },
    )
    .map((list) =>
      list.map(({ ours, terminating, twin, phase }, index) =>
        pod(index + 1, { terminating, phase, ownerUid: ours ? 'rc' : 'other', hostname: twin ? 'w-1' : undefined }),
      ),
    );

  it('puts every worker that is not DEAD into a pod or among the foreign, never both, and only ours into pods', () => {
    fc.assert(
      fc.property(workerList, podList, (list, podsSeen) => {
        const built = fleet(frozen(list), frozen(podsSeen));
        const entries = [...built.pods, ...built.endingPods];
        const inPods = new Set(entries.flatMap((entry) => entry.workers.map(({ id }) => id)));
        const foreign = new Set(foreignIds(built));
        for (const one of list) {
          const places = Number(inPods.has(one.id)) + Number(foreign.has(one.id));
          expect(places).to.equal(one.state === 'DEAD' ? 0 : 1);
        }
        expect(entries.every((entry) => entry.pod.ownerUid === 'rc' && entry.pod.phase !== 'Failed')).to.equal(true);
        const counts = numbers(0, list.length - 1).map(
          (index) => entries.filter((entry) => entry.workers.some(({ id }) => id === `worker-${index}`)).length,
        );
        const twice = counts.flatMap((count, index) => (count > 1 ? [`worker-${index}`] : []));
        expect([...built.ambiguousWorkerIds].sort()).to.deep.equal(twice.sort());
        expect(fleet(list, podsSeen), 'I5').to.deep.equal(built);
      }),
    );
  });
});
