/** Where only the highest ordinals can go, exactly these are drained, or nobody is. */
import { expect } from 'chai';
import { drawLedger, executorsAt } from '../../src/core/ledger.ts';
import { GUARDS } from '../../src/core/removal-guards.ts';
import type { PodView, RemovalOrder } from '../../src/core/cluster-view.ts';
import type { RemovalPlan } from '../../src/core/removal.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import type { StillFits } from '../../src/core/survivors.ts';
import { busyWorker, NOW_MS, numbers, pod, reading, worker, WORKER_SHAPE, workerSelf } from './support/builders.ts';
import { held, holding, MIB, type Held } from './support/holdings.ts';
import { chosenPod, inWords, plan as planOf } from './support/removal-scenes.ts';

interface Scene {
  readonly removal?: RemovalOrder;
  readonly pods?: readonly PodView[];
  readonly workers?: readonly WorkerView[];
  readonly applications: readonly Held[];
  readonly desired?: number;
  readonly atOnce?: number;
  readonly stillFits?: StillFits;
}

/** Four workers, all in use unless said otherwise; an executor runs on each that an application names. */
function plan(scene: Scene): RemovalPlan {
  const { removal = 'highest-ordinal', desired = 1, atOnce = 4 } = scene;
  const applications = scene.applications.map((one, index) => held(NOW_MS, { id: `app-${index}`, ...one }));
  const ledger = drawLedger(applications, { nowMs: NOW_MS, moveCachedBlocks: true, guards: GUARDS });
  const selves = numbers(1, 4).map((n) => {
    const executorCount = executorsAt(ledger, `10.0.0.${n}`);
    return [`worker-${n}`, reading(workerSelf(n, { executorCount, used: WORKER_SHAPE }))] as const;
  });
  return planOf({
    pods: scene.pods ?? numbers(1, 4).map((n) => pod(n)),
    workers: scene.workers ?? numbers(1, 4).map((n) => busyWorker(n)),
    target: { removal, firstOrdinal: 1 },
    desired,
    ledger,
    selves: new Map(selves),
    rules: { removalMode: 'auto', maxDrainingWorkers: atOnce, settleMs: 0 },
    stillFits: scene.stillFits ?? (() => true),
  });
}

const next = (scene: Scene): string => inWords(plan(scene).action);
const on = (...ns: number[]): Held => ({ executors: ns.map((n) => holding(n)) });

describe('a drain where only the highest ordinals can go', () => {
  it('takes the top, whatever would move fewer bytes', () => {
    const executors = [1, 2, 3, 4].map((n) => holding(n, { shuffleWriteBytes: n * MIB }));
    expect(next({ removal: 'by-cost', applications: [{ executors }], atOnce: 1 })).to.equal('choose w-1');
    expect(next({ applications: [{ executors }], atOnce: 1 })).to.equal('choose w-4');
    expect(next({ applications: [{ executors }], desired: 2 })).to.equal('choose w-4 w-3');
  });

  it('R19: keeps the blocks on those below, never on the top alone', () => {
    expect(next({ applications: [on(1, 2, 3, 4)] })).to.equal('choose w-4 w-3 w-2');
    expect(next({ applications: [on(3, 4), on(1, 2)] })).to.equal('choose w-4');
  });

  it('takes as many from the top as leave room for what is wanted', () => {
    const stillFits = (_gone: ReadonlySet<string>, host: string): boolean => host === '10.0.0.4';
    const { action, report } = plan({ applications: [on(1, 2, 3, 4)], stillFits });
    expect(inWords(action)).to.equal('choose w-4');
    expect(report.lackRoom).to.equal(true);
    expect(plan({ applications: [on(1, 2, 3, 4)] }).report.lackRoom).to.equal(false);
  });

  it('R19: takes nobody where the top holds what has nowhere to go, and says why', () => {
    const { action, sentence, report } = plan({ applications: [on(4), on(1, 2, 3)] });
    expect(inWords(action)).to.equal('none');
    expect(sentence).to.equal(
      'a surplus of 3 stays: only the highest ordinal can go, and w-4 is not spare and idle or drainable',
    );
    expect([...report.kept]).to.deep.include(['keeps the blocks of app-0', 1]);
    expect([...report.kept]).to.deep.include(['others would go before it', 3]);
  });

  it('R17: takes nobody where a job may read what the top wrote', () => {
    expect(next({ applications: [on(1, 2, 3), { ...on(1, 4), activity: 'shuffling' }] })).to.equal('none');
  });

  it('goes on below idle workers at the top', () => {
    const workers = [busyWorker(1), busyWorker(2), busyWorker(3), worker(4)];
    expect(next({ applications: [on(1, 2, 3)], workers })).to.equal('choose w-4 w-3 w-2');
  });

  it('does not reach below a busy one that stays', () => {
    const workers = [busyWorker(1), worker(2), worker(3), busyWorker(4)];
    expect(next({ applications: [on(4), on(1)], workers })).to.equal('none');
  });

  it('marks them together, and none below one that was not looked at', () => {
    const pods = [pod(1), pod(2), chosenPod(3), chosenPod(4)];
    expect(next({ applications: [on(1, 2, 3, 4)], pods, desired: 2 })).to.equal('mark w-3 w-4');
    const late = [pod(1), pod(2), chosenPod(3), pod(4)];
    expect(next({ applications: [on(1, 2, 3, 4)], pods: late, desired: 2 })).to.equal('release w-3');
  });

  it('drains nobody where nobody knows who goes', () => {
    expect(next({ removal: 'unknowable', applications: [on(1, 2, 3, 4)] })).to.equal('none');
  });
});
