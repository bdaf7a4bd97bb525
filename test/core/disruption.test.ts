/** R24: what a cordon, a spot notice or an eviction starts is the same removal, and nothing else. */
import { expect } from 'chai';
import { decide, noteApplied } from '../../src/core/decide.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { PodView } from '../../src/core/cluster-view.ts';
import { unknown, type Reading } from '../../src/core/reading.ts';
import type { Rules } from '../../src/core/rules.ts';
import {
  application,
  applicationSeen,
  busyWorker,
  calmMemory,
  gauges,
  knowingCosts,
  NOW_EPOCH_MS,
  NOW_MS,
  observation,
  pod,
  reading,
  rules,
  settings,
  worker,
  WORKER_SHAPE,
  workerSelf,
  type ObservationParts,
} from './support/builders.ts';
import { holding, MIB } from './support/holdings.ts';
import { chosenPod, inWords, markedPod } from './support/removal-scenes.ts';

const CORDONED: Reading<ReadonlyMap<string, string>> = reading(new Map([['n-1', 'its node n-1 is cordoned']]));
const on = (n: number, more: Partial<PodView> = {}): PodView => pod(n, { nodeName: `n-${n}`, ...more });
const onNode = (one: PodView, n: number): PodView => ({ ...one, nodeName: `n-${n}` });

interface Scene extends ObservationParts {
  readonly wants?: number;
  readonly holders?: readonly number[];
  readonly activity?: 'idle' | 'shuffling';
  readonly nodes?: Reading<ReadonlyMap<string, string>>;
  readonly rules?: Partial<Rules>;
}

/** Three full workers that hold shuffle of one application, which wants all of them; the node of the first goes. */
function decided(scene: Scene = {}): Decision {
  const { wants = 3, holders = [1, 2, 3], activity = 'idle', nodes = CORDONED, ...parts } = scene;
  const podList = parts.pods ?? [on(1), on(2), on(3)];
  const seen = observation({
    workers: [1, 2, 3].map((n) => (holders.includes(n) ? busyWorker(n) : worker(n))),
    applications: [
      applicationSeen({
        application: application('app-1', { grantedCores: 4 * holders.length }),
        gauges: reading(gauges(wants)),
        settings: reading(settings({ executorCores: 4 })),
        holdings: reading({ executors: holders.map((n) => holding(n, { shuffleWriteBytes: n * MIB })), activity }),
      }),
    ],
    workerSelves: new Map(
      [1, 2, 3].map((n) => {
        const busy = holders.includes(n) && { executorCount: 1, used: WORKER_SHAPE };
        return [`worker-${n}`, reading(workerSelf(n, { ...busy }))];
      }),
    ),
    ...parts,
    pods: podList,
  });
  const memory = calmMemory({ removal: knowingCosts(podList) });
  const held = rules({ removalMode: 'auto', holdMs: 0, minWorkers: 1, maxWorkers: 5, ...scene.rules });
  return decide({ ...seen, leavingNodes: nodes }, memory, held).decision;
}

const next = (scene?: Scene): string => inWords(decided(scene).action);

describe('R24: a node is about to go', () => {
  it('R24: its worker is chosen though nobody is too many, and it is said why', () => {
    expect(next()).to.equal('choose w-1');
    expect(decided().sentence).to.contain('w-1 are chosen to go: its node n-1 is cordoned');
    expect(decided().disrupted).to.deep.equal([{ name: 'w-1', why: 'its node n-1 is cordoned' }]);
  });

  it('R24: so it is where the pod itself tells of an eviction', () => {
    const pods = [on(1), on(2, { disruption: 'it is about to be taken: EvictionByEvictionAPI' }), on(3)];
    expect(next({ pods, nodes: reading(new Map()) })).to.equal('choose w-2');
  });

  it('R24: then it is marked by the same rules, and a worker is asked for in its place', () => {
    const chosen = [onNode(chosenPod(1), 1), on(2), on(3)];
    expect(next({ pods: chosen })).to.equal('mark w-1');
    expect(next({ pods: chosen, activity: 'shuffling' })).to.equal('release w-1');
    const gone = { state: 'DECOMMISSIONED' as const };
    const marked = { pods: [onNode(markedPod(1), 1), on(2), on(3)], holders: [2, 3] };
    const draining = [busyWorker(1, gone), busyWorker(2), busyWorker(3)];
    expect(next({ ...marked, workers: draining })).to.equal('grow 3 to 4');
  });

  it('R24: the last that keeps blocks stays, and so does one whose application does not answer', () => {
    expect(next({ wants: 1, holders: [1], rules: { minWorkers: 3 } })).to.equal('none');
    const silent = applicationSeen({
      application: application('app-1', { grantedCores: 12 }),
      gauges: reading(gauges(3)),
      settings: reading(settings({ executorCores: 4 })),
    });
    expect(next({ applications: [silent] })).to.equal('none');
  });

  it('R24: the others keep the blocks, whoever holds most', () => {
    const nodes = reading(new Map([['n-3', 'its node n-3 is cordoned']]));
    expect(next({ wants: 1, rules: { minWorkers: 1, maxDrainingWorkers: 1 }, nodes })).to.equal('choose w-3');
  });

  it('R24: among those that are too many it goes first', () => {
    const nodes = reading(new Map([['n-2', 'its node n-2 is cordoned']]));
    expect(next({ wants: 0, holders: [], nodes, rules: { minWorkers: 2 } })).to.equal('choose w-2');
  });

  it('R24: one that was chosen as too many is given back where the node takes another', () => {
    const pods = [on(1), onNode(chosenPod(2), 2), on(3)];
    expect(next({ wants: 1, holders: [3], pods, rules: { minWorkers: 2 } })).to.equal('release w-2');
  });

  it('R24: one whose node stays after all is given back', () => {
    expect(next({ pods: [onNode(chosenPod(1), 1), on(2), on(3)], nodes: reading(new Map()) })).to.equal('release w-1');
  });

  it('R24: nobody goes for it while removal is off, the master marks nobody, or nothing may be lowered', () => {
    expect(next({ rules: { removalMode: 'off' } })).to.equal('none');
    expect(next({ rules: { removalMode: 'idle' } })).to.equal('none');
    expect(next({ markAbility: 'refused' })).to.equal('none');
  });

  it('R24: what is not known of the nodes, or no longer, takes nobody', () => {
    expect(next({ nodes: unknown('forbidden') })).to.equal('none');
    expect(next({ nodes: reading(new Map([['n-1', 'x']]), { takenAtMs: NOW_MS - 3_001 }) })).to.equal('none');
  });

  it('R24: such a mark is no shrink, so that growth in its place reverses nothing', () => {
    const memory = calmMemory();
    const action = { kind: 'mark', pods: [on(1, { disruption: 'why' })], hosts: ['h'] } as const;
    expect(noteApplied(memory, action, [], NOW_MS, NOW_EPOCH_MS)).to.equal(memory);
  });
});
