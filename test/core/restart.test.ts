/** What a restart takes, measured on what is seen of pods. */
import { expect } from 'chai';
import type { PodView } from '../../src/core/cluster-view.ts';
import { median, NEW_RESTART_MEMORY, restartCost, watchRestarts, type RestartMemory } from '../../src/core/restart.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { fleet, NOW_EPOCH_MS, pendingPod, pod, worker } from './support/builders.ts';

interface Seen {
  readonly pod: PodView;
  readonly worker?: WorkerView;
}

const starting = (n: number, ageMs: number): Seen => ({
  pod: pendingPod(n, { createdAtEpochMs: NOW_EPOCH_MS - ageMs }),
});
const started = (n: number): Seen => ({ pod: pod(n), worker: worker(n) });
const marked = (n: number, agoMs: number): Seen => ({
  pod: pod(n, { markedAtEpochMs: NOW_EPOCH_MS - agoMs }),
  worker: worker(n),
});

function watch(memory: RestartMemory, seen: readonly Seen[], nowEpochMs: number): RestartMemory {
  const workers = seen.flatMap((one) => one.worker ?? []);
  const pods = seen.map((one) => one.pod);
  return watchRestarts(memory, fleet(workers, pods), nowEpochMs);
}

describe('restarts', () => {
  it('a start is from the pod’s creation to its worker’s registration', () => {
    const before = watch(NEW_RESTART_MEMORY, [starting(1, 0), starting(2, 3_000)], NOW_EPOCH_MS);
    const one = watch(before, [started(1), starting(2, 3_000)], NOW_EPOCH_MS + 8_000);
    expect(one.startsMs).to.deep.equal([8_000]);
    const both = watch(one, [started(1), started(2)], NOW_EPOCH_MS + 9_000);
    expect(both.startsMs).to.deep.equal([8_000, 12_000]);
    expect(watch(both, [started(1), started(2)], NOW_EPOCH_MS + 10_000)).to.deep.equal(both);
  });

  it('workers that were there before do not count, nor pods that ended before they started', () => {
    const before = watch(NEW_RESTART_MEMORY, [started(1), starting(2, 0)], NOW_EPOCH_MS);
    expect(watch(before, [started(1)], NOW_EPOCH_MS + 5_000).startsMs).to.deep.equal([]);
  });

  it('a removal is from the mark to the pod’s end', () => {
    const before = watch(NEW_RESTART_MEMORY, [marked(1, 4_000), marked(2, 1_000)], NOW_EPOCH_MS);
    const one = watch(before, [marked(2, 1_000)], NOW_EPOCH_MS + 2_000);
    expect(one.removalsMs).to.deep.equal([6_000]);
    expect(watch(one, [], NOW_EPOCH_MS + 9_000).removalsMs).to.deep.equal([6_000, 10_000]);
  });

  it('a removal counts where another pod is marked in its place, and from the mark that was written last', () => {
    const before = watch(NEW_RESTART_MEMORY, [marked(1, 4_000)], NOW_EPOCH_MS);
    expect(watch(before, [marked(2, 0)], NOW_EPOCH_MS + 2_000).removalsMs).to.deep.equal([6_000]);
    const again = watch(before, [marked(1, 1_000)], NOW_EPOCH_MS);
    expect(watch(again, [], NOW_EPOCH_MS + 2_000).removalsMs).to.deep.equal([3_000]);
  });

  it('times that tell nothing of the next are left out: a clock that is wrong, half an hour', () => {
    for (const ageMs of [-1, 1_800_001]) {
      const before = watch(NEW_RESTART_MEMORY, [starting(1, ageMs)], NOW_EPOCH_MS);
      expect(watch(before, [started(1)], NOW_EPOCH_MS).startsMs).to.deep.equal([]);
    }
  });

  it('the newest twenty are kept', () => {
    let memory = NEW_RESTART_MEMORY;
    for (let n = 1; n <= 30; n += 1) {
      memory = watch(memory, [starting(n, n * 1_000)], NOW_EPOCH_MS);
      memory = watch(memory, [started(n)], NOW_EPOCH_MS);
    }
    expect(memory.startsMs).to.have.length(20);
    expect(memory.startsMs.at(-1)).to.equal(30_000);
  });

  it('costs a start and a removal; help takes an executor’s start more', () => {
    expect(restartCost(NEW_RESTART_MEMORY)).to.equal(undefined);
    expect(restartCost({ ...NEW_RESTART_MEMORY, removalsMs: [7_000] })).to.equal(undefined);
    const seen = { ...NEW_RESTART_MEMORY, startsMs: [9_000, 8_000, 20_000] };
    expect(restartCost(seen)).to.deep.equal({ startMs: 9_000, helpMs: 11_500, costMs: 18_000 });
    expect(restartCost({ ...seen, removalsMs: [6_000] })).to.include({ costMs: 15_000 });
  });

  it('the median of an even number is the lower one in the middle', () => {
    expect([median([]), median([3]), median([4, 1]), median([4, 1, 9])]).to.deep.equal([undefined, 3, 1, 4]);
  });
});
