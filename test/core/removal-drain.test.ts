/** A busy worker that is drained, step by step, as `decide` sees it. */
import { expect } from 'chai';
import { decide, noteApplied } from '../../src/core/decide.ts';
import type { CoreMemory, Decision } from '../../src/core/decision.ts';
import {
  applicationSeen,
  application,
  busyWorker,
  calmMemory,
  gauges,
  knowingCosts,
  NOTHING,
  NOW_EPOCH_MS,
  NOW_MS,
  observation,
  type ObservationParts,
  pod,
  reading,
  rules,
  settings,
  worker,
  WORKER_SHAPE,
  workerSelf,
} from './support/builders.ts';
import type { PodView } from '../../src/core/cluster-view.ts';
import type { ApplicationHoldings } from '../../src/core/holdings.ts';
import { unknown } from '../../src/core/reading.ts';
import { resources, type Resources } from '../../src/core/resources.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { holding } from './support/holdings.ts';

const AUTO: Partial<Rules> = { removalMode: 'auto', externalShuffleService: true, holdMs: 0, minWorkers: 1 };
const LONG_AGO = NOW_EPOCH_MS - 60_000;

interface Scene {
  readonly pods?: readonly PodView[];
  readonly workers?: readonly WorkerView[];
  readonly holdings?: Partial<ApplicationHoldings> | 'unknown';
  readonly target?: number;
  readonly runs?: number;
  readonly pageUses?: Resources;
  readonly rules?: Partial<Rules>;
  readonly mark?: ObservationParts['markAbility'];
  readonly memory?: CoreMemory;
}

/** Three workers, each with one executor of an application that wants none now and holds shuffle on all of them. */
function decided(scene: Scene = {}): Decision {
  const { runs = 1, target = 0 } = scene;
  const used = scene.pageUses ?? (runs === 0 ? NOTHING : WORKER_SHAPE);
  const held = { executors: [holding(1), holding(2), holding(3)], activity: 'idle' as const };
  const parts: ObservationParts = {
    workers: scene.workers ?? [busyWorker(1), busyWorker(2), busyWorker(3)],
    pods: scene.pods ?? [pod(1), pod(2), pod(3)],
    planned: 3,
    applications: [
      applicationSeen({
        application: application('app-1', { grantedCores: 12 }),
        gauges: reading(gauges(target)),
        settings: reading(settings({ executorCores: 4 })),
        holdings: scene.holdings === 'unknown' ? unknown('silent') : reading({ ...held, ...scene.holdings }),
      }),
    ],
    workerSelves: new Map([1, 2, 3].map((n) => [`worker-${n}`, reading(workerSelf(n, { executorCount: runs, used }))])),
    markAbility: scene.mark ?? 'usable',
  };
  const memory = scene.memory ?? calmMemory({ removal: knowingCosts(parts.pods ?? []) });
  return decide(observation(parts), memory, rules({ ...AUTO, ...scene.rules })).decision;
}

function step(scene: Scene = {}): string {
  const { action } = decided(scene);
  if (action.kind === 'none') return 'none';
  if (action.kind === 'resize') return `${action.direction} to ${action.to}`;
  return `${action.kind} ${action.pods.map(({ name }) => name).join(' ')}`;
}

const chosen = (n: number): PodView => pod(n, { chosenAtEpochMs: LONG_AGO, deletionCost: -1_000_000 });

describe('a busy worker is drained', () => {
  it('tells of all that stay: those that an application keeps, and those that are not looked into', () => {
    const { report } = decided({
      pods: [pod(1), pod(2, { ready: false }), pod(3)],
      holdings: { activity: 'shuffling' },
    });
    const [first] = report.kept.keys();
    expect([...report.kept.values()]).to.have.members([2, 1]);
    expect([...report.kept.keys()].join()).to.match(/app-1: a running job may read its shuffle.*/);
    expect(first).to.equal('its worker is registered but the pod is not Ready');
  });

  it('R19: two of three are chosen, the third keeps the blocks', () => {
    expect(step()).to.equal('choose w-1 w-2');
  });

  it('R16: after a second look both are marked in one request', () => {
    expect(step({ pods: [chosen(1), chosen(2), pod(3)] })).to.equal('mark w-1 w-2');
  });

  it('R16: the mark needs no settle time, but after a wrong victim', () => {
    const justNow = { chosenAtEpochMs: NOW_EPOCH_MS - 1_000 };
    const pods = [{ ...chosen(1), ...justNow }, pod(2), pod(3)];
    expect(step({ pods, target: 2 })).to.equal('mark w-1');
    const removal = knowingCosts(pods);
    expect(step({ pods, target: 2, memory: calmMemory({ removal, wrongVictims: 1 }) })).to.equal('none');
  });

  it('those that run nothing go before those that run tasks', () => {
    const executors = [1, 2, 3].map((n) => holding(n, { shuffleWriteBytes: 0, activeTasks: n === 2 ? 0 : 1 }));
    expect(step({ target: 2, holdings: { activity: 'apart', executors } })).to.equal('choose w-2');
  });

  describe('when its application has just run a job', () => {
    const QUIET = { rules: { quietMs: 30_000 } };
    const quietFor = (ms: number): CoreMemory =>
      calmMemory({
        removal: { ...knowingCosts([pod(1), pod(2), pod(3)]), quietSinceMs: new Map([['app-1', NOW_MS - ms]]) },
      });

    it('not before it has been quiet for long enough', () => {
      expect(step({ ...QUIET, memory: quietFor(29_999) })).to.equal('none');
      expect(step({ ...QUIET, memory: quietFor(30_000) })).to.equal('choose w-1 w-2');
    });

    it('nor where nobody has seen yet that it is quiet', () => {
      expect(step(QUIET)).to.equal('none');
    });

    it('at once where it keeps nothing there', () => {
      const executors = [1, 2, 3].map((n) => holding(n, { shuffleWriteBytes: 0 }));
      expect(step({ ...QUIET, holdings: { executors } })).to.equal('choose w-1 w-2');
    });

    it('R24: at once where its node is taken', () => {
      const list = [pod(1, { disruption: 'its node is cordoned' }), pod(2), pod(3)];
      expect(step({ ...QUIET, pods: list })).to.equal('choose w-1');
    });
  });

  it('R16: not where it runs an executor that no application tells of', () => {
    expect(step({ pods: [chosen(1), chosen(2), pod(3)], runs: 2 })).to.equal('none');
  });

  it('R16: not while the master has booked there what its own page does not show yet', () => {
    const pods = [chosen(1), chosen(2), pod(3)];
    expect(step({ pods, pageUses: resources(3, 8192) })).to.equal('none');
    expect(step({ pods, pageUses: resources(4, 7168) })).to.equal('none');
  });

  it('R19: not while another worker hands on blocks that may be on their way to it', () => {
    const scene = {
      workers: [busyWorker(1, { state: 'DECOMMISSIONED' }), busyWorker(2), busyWorker(3)],
      pods: [{ ...chosen(1), markedAtEpochMs: LONG_AGO }, chosen(2), pod(3)],
    };
    expect(step(scene)).to.equal('none');
    expect(step({ ...scene, holdings: { executors: [holding(2), holding(3)] } })).to.equal('mark w-2');
    const nothing = [1, 2, 3].map((n) => holding(n, { shuffleWriteBytes: 0 }));
    expect(step({ ...scene, holdings: { executors: nothing } })).to.equal('mark w-2');
  });

  it('R24: one whose node is taken is marked all the same', () => {
    const taken = { ...chosen(2), disruption: 'its node is cordoned' };
    const pods = [{ ...chosen(1), markedAtEpochMs: LONG_AGO }, taken, pod(3)];
    expect(
      step({ workers: [busyWorker(1, { state: 'DECOMMISSIONED' }), busyWorker(2), busyWorker(3)], pods }),
    ).to.equal('mark w-2');
  });

  it('R17: released where a job that may read its shuffle began in between', () => {
    const pods = [chosen(1), chosen(2), pod(3)];
    expect(step({ pods, holdings: { activity: 'shuffling' } })).to.equal('release w-1 w-2');
  });

  it('released where what it holds is no longer known', () => {
    expect(step({ pods: [chosen(1), chosen(2), pod(3)], holdings: 'unknown' })).to.equal('release w-1 w-2');
  });

  it('released where its executors are wanted again', () => {
    expect(step({ pods: [chosen(1), chosen(2), pod(3)], target: 3 })).to.equal('release w-1 w-2');
    expect(step({ pods: [chosen(1), chosen(2), pod(3)], target: 2 })).to.equal('release w-2');
  });

  it('with tasks, where its job neither reads nor writes shuffle', () => {
    const executors = [1, 2, 3].map((n) => holding(n, { shuffleWriteBytes: 0, activeTasks: 1 }));
    expect(step({ target: 1, holdings: { activity: 'apart', executors } })).to.equal('choose w-1 w-2');
  });

  for (const [name, scene] of [
    ['in mode idle', { rules: { removalMode: 'idle' } }],
    ['in mode off', { rules: { removalMode: 'off' } }],
    ['where the master marks nobody', { mark: 'refused' }],
    ['while a job may read its shuffle', { holdings: { activity: 'shuffling' } }],
    ['while what it holds is not known', { holdings: 'unknown' }],
  ] as readonly [string, Scene][]) {
    it(`not ${name}`, () => {
      expect(step(scene)).to.equal('none');
    });
  }

  it('drained, proven empty and settled, it goes with the count', () => {
    const gone = { state: 'DECOMMISSIONED' as const };
    const marked = (n: number): PodView => ({ ...chosen(n), markedAtEpochMs: LONG_AGO });
    const empty = {
      workers: [busyWorker(1, gone), busyWorker(2, gone), busyWorker(3)],
      pods: [marked(1), marked(2), pod(3)],
      runs: 0,
      holdings: { executors: [holding(3)] },
      memory: calmMemory({
        removal: knowingCosts([marked(1), marked(2), pod(3)], {
          decommissionedAtMs: new Map([
            ['uid-1', NOW_MS - 10_000],
            ['uid-2', NOW_MS - 10_000],
          ]),
        }),
      }),
    };
    expect(step(empty)).to.equal('shrink to 1');
    expect(step({ ...empty, runs: 1 })).to.equal('none');
  });

  it('R20: late, it is waited for, or goes with what it holds where that was asked for', () => {
    const gone = { state: 'DECOMMISSIONED' as const };
    const late = {
      workers: [busyWorker(1, gone), busyWorker(2), busyWorker(3)],
      pods: [{ ...chosen(1), markedAtEpochMs: LONG_AGO }, pod(2), pod(3)],
      target: 2,
      rules: { drainDeadlineMs: 30_000 },
    };
    expect(step(late)).to.equal('none');
    expect(step({ ...late, rules: { ...late.rules, onDrainDeadline: 'remove' } })).to.equal('shrink to 2');
  });

  it('a mark that the master forgot is asked for again, as long as the worker may still be drained', () => {
    const forgotten = { pods: [{ ...chosen(1), markedAtEpochMs: LONG_AGO }, pod(2), pod(3)], target: 2 };
    expect(step(forgotten)).to.equal('mark w-1');
    expect(step({ ...forgotten, holdings: { activity: 'shuffling' } })).to.equal('none');
  });

  it('an idle worker stays while nobody knows whether a shuffle service keeps something there', () => {
    const workers = [worker(1), worker(2), busyWorker(3)];
    expect(step({ workers, holdings: 'unknown' })).to.equal('none');
    expect(step({ workers, holdings: 'unknown', rules: { externalShuffleService: false } })).to.equal('choose w-1 w-2');
  });

  it('a mark that was carried out is remembered as the shrink it is', () => {
    const action = { kind: 'mark', pods: [pod(1)], hosts: ['h'] } as const;
    expect(noteApplied(calmMemory(), action, [], NOW_MS, NOW_EPOCH_MS).policy.lastMove).to.equal('shrink');
  });
});
