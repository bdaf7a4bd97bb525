/** Shuffle and cached blocks: how many an executor keeps, how they move to others, how they are lost. */
import type { ApplicationSpec } from '../workload.ts';
import type { Counters } from './recorder.ts';
import type { StageRun } from './stage-run.ts';
import type { Executor } from './world.ts';

/** Storage memory of one executor: `spark.memory.fraction` of what is left of the heap (seen: 434 MiB of 1 GiB). */
export function storageMiB(spec: ApplicationSpec): number {
  return Math.max(0, (spec.executorMemoryMiB - 300) * 0.6);
}

/** What an executor keeps: shuffle and cached blocks. */
export function storedMiB(executor: Executor): number {
  let sum = executor.cachedMiB;
  for (const [stage, count] of executor.outputs) sum += count * stage.blockMiB();
  return sum;
}

/** A task of this stage ended there well. */
export function keepBlocks(executor: Executor, stage: StageRun): void {
  if (stage.keepsOutput) {
    executor.outputs.set(stage, (executor.outputs.get(stage) ?? 0) + 1);
    executor.writtenMiB += stage.blockMiB();
  }
  if (stage.spec.cachedMiB > 0) {
    const more = stage.spec.cachedMiB / stage.spec.taskMs.length;
    executor.cachedMiB = Math.min(storageMiB(executor.driver.spec), executor.cachedMiB + more);
  }
}

/**
 * Moves all it keeps to others of its application, in turn; cached blocks only as far as they fit.
 *
 * @returns the stages whose shuffle moved.
 */
export function moveBlocks(executor: Executor, others: readonly Executor[], counters: Counters): readonly StageRun[] {
  const ids = others.map(({ id }) => id);
  const stages = [...executor.outputs.keys()];
  for (const stage of stages) {
    for (const [index, count] of stage.move(executor.id, ids).entries()) {
      const other = others[index];
      if (other === undefined || count === 0) continue;
      other.outputs.set(stage, (other.outputs.get(stage) ?? 0) + count);
      counters.shuffleBlocksMoved += count;
    }
  }
  executor.outputs.clear();
  const most = storageMiB(executor.driver.spec);
  for (const other of others) {
    const room = Math.min(executor.cachedMiB, most - other.cachedMiB);
    if (room <= 0) continue;
    other.cachedMiB += room;
    executor.cachedMiB -= room;
  }
  return stages;
}

/** What it keeps is gone. Returns for each stage the tasks whose output that was. */
export function loseBlocks(
  executor: Executor,
  counters: Counters,
): readonly (readonly [StageRun, readonly number[]])[] {
  const stages = [...executor.outputs.keys()];
  executor.outputs.clear();
  return stages.map((stage) => {
    const lost = stage.lose(executor.id);
    counters.shuffleBlocksLost += lost.length;
    if (stage.openReaders > 0) counters.neededBlocksLost += lost.length;
    return [stage, lost] as const;
  });
}
