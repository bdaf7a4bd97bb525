/** Workers that have registered since the pods were listed. */
import { expect } from 'chai';
import type { PodView } from '../../src/core/cluster-view.ts';
import { NEW_LISTING_MEMORY, newcomers, watchListing, type ListingMemory } from '../../src/core/newcomers.ts';
import { unknown, type Reading } from '../../src/core/reading.ts';
import type { WorkerView } from '../../src/core/spark-view.ts';
import { fleet, NOW_MS, pods, reading, worker } from './support/builders.ts';

interface Pass {
  readonly workers: readonly WorkerView[];
  readonly listed: readonly PodView[];
  /** How many milliseconds after the first list they were listed. */
  readonly afterMs: number;
}

/** Who is new at the last of these passes. */
function newAfter(passes: readonly Pass[]): readonly string[] {
  let memory: ListingMemory = NEW_LISTING_MEMORY;
  let came: readonly WorkerView[] = [];
  for (const { workers, listed, afterMs } of passes) {
    const seen = fleet(workers, listed);
    const podsSeen = listedAt(listed, afterMs);
    memory = watchListing(memory, podsSeen, seen);
    came = newcomers(memory, podsSeen, seen);
  }
  return came.map(({ id }) => id);
}

function listedAt(listed: readonly PodView[], afterMs: number): Reading<readonly PodView[]> {
  return { ...reading(listed), takenAtMs: NOW_MS + afterMs };
}

describe('newcomers', () => {
  const one = { workers: [worker(1)], listed: pods(1, 1), afterMs: 0 };

  it('are workers that no pod of an older list is known for', () => {
    expect(newAfter([one, { ...one, workers: [worker(1), worker(2)] }])).to.deep.equal(['worker-2']);
  });

  it('are so until the next list, whatever that shows', () => {
    const two = { ...one, workers: [worker(1), worker(2)] };
    expect(newAfter([one, two, two])).to.deep.equal(['worker-2']);
    expect(newAfter([one, two, { ...two, listed: pods(1, 2), afterMs: 5_000 }]), 'its pod').to.deep.equal([]);
    expect(newAfter([one, two, { ...two, afterMs: 5_000 }]), 'no pod').to.deep.equal([]);
  });

  it('are not those of others, which match no pod when the list is new', () => {
    const others = { ...one, workers: [worker(1), worker(9)] };
    expect(newAfter([others])).to.deep.equal([]);
    expect(newAfter([others, others])).to.deep.equal([]);
    const more = { ...others, workers: [worker(1), worker(9), worker(2)] };
    expect(newAfter([others, more])).to.deep.equal(['worker-2']);
  });

  it('are not workers whose pod is in the list no more', () => {
    expect(newAfter([one, { ...one, listed: [], afterMs: 5_000 }])).to.deep.equal([]);
  });

  it('are ALIVE', () => {
    const gone = worker(2, { state: 'DECOMMISSIONED' });
    expect(newAfter([one, { ...one, workers: [worker(1), gone] }])).to.deep.equal([]);
  });

  it('stay what they were while the pods cannot be listed, and are none', () => {
    const before = watchListing(NEW_LISTING_MEMORY, listedAt(one.listed, 0), fleet(one.workers, one.listed));
    const blind = fleet(one.workers, []);
    expect(watchListing(before, unknown('no answer'), blind)).to.equal(before);
    expect(newcomers(before, unknown('no answer'), blind)).to.deep.equal([]);
  });
});
