/**
 * Growth that would come too late: of what finds no room now, how much is worth a new worker.
 *
 * A backlog that the executors which are there will have worked off before a new worker could help needs none. Of one that is
 * short and yet not over by then, as many workers are asked for as spare more waiting than they cost. All else grows in one
 * step to what it needs.
 */
import { isShort, type Backlog } from './bursts.ts';
import type { RestartCost } from './restart.ts';
import type { Rules } from './rules.ts';

/** A worker that is started and taken away again costs this many restarts: its own, and the hold before it goes. */
const RESTARTS = 2;

/**
 * New workers that are still worth asking for.
 *
 * @param unplacedWorkers of each application, in workers, what finds no room on workers there are; a broken number.
 * @param newWorkers that would take it all.
 */
export function worthwhileWorkers(
  backlogs: readonly Backlog[],
  unplacedWorkers: ReadonlyMap<string, number>,
  newWorkers: number,
  rules: Rules,
  { helpMs, costMs }: RestartCost,
): number {
  let wanted = 0;
  let less = false;
  for (const one of backlogs) {
    const unplaced = unplacedWorkers.get(one.applicationId) ?? 0;
    if (unplaced === 0) continue;
    const { taskMs } = one;
    if (taskMs === undefined || !isShort(one, helpMs, rules.maxWorkers)) {
      wanted += unplaced;
      continue;
    }
    const placed = Math.max(0, one.workers - unplaced);
    const leftMs = one.workers * taskMs - placed * helpMs;
    // With k workers it is over leftMs / k later: the k-th spares leftMs / k², and costs its restarts.
    const pays = leftMs <= 0 ? 0 : Math.floor(Math.sqrt((rules.waitWorth * leftMs) / (RESTARTS * costMs)));
    const worth = Math.max(0, Math.min(one.workers, pays) - placed);
    less ||= worth < unplaced;
    wanted += Math.min(unplaced, worth);
  }
  return less ? Math.min(newWorkers, Math.ceil(wanted)) : newWorkers;
}
