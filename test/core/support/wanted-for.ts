/** Workers wanted for a cluster that a test describes by its workers and pods. */
import type { PodView } from '../../../src/core/cluster-view.ts';
import type { WorkerView } from '../../../src/core/spark-view.ts';
import { workersWanted, type WantedInput, type WorkersWanted } from '../../../src/core/wanted.ts';
import { fleet, pods, WORKER_SHAPE } from './builders.ts';

export interface WantedParts extends Partial<Omit<WantedInput, 'fleet'>> {
  readonly workers?: readonly WorkerView[];
  readonly pods?: readonly PodView[];
}

/** As many pods as workers, `w-1` with worker-1 and so on, all of them serving, unless a test says otherwise. */
export function wantedInput(parts: WantedParts): WantedInput {
  const { workers: workerList = [], pods: podList = pods(1, workerList.length), ...more } = parts;
  return {
    demands: [],
    drivers: [],
    fleet: fleet(workerList, podList),
    podsKnown: true,
    newcomers: [],
    servingWorkers: podList.length,
    workerShape: WORKER_SHAPE,
    placement: 'spread',
    ...more,
  };
}

export function wantedFor(parts: WantedParts): WorkersWanted {
  return workersWanted(wantedInput(parts));
}
