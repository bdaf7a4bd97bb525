/** What a schedule cannot avoid: when each part of the work can run at all, and how many workers it needs at once. */
import type { BoundJob, BoundProblem, BoundStage } from './problem.ts';

/** Work that has to be done somewhere within its spans. Work is in workers × milliseconds. */
export interface WorkItem {
  readonly spans: readonly Span[];
  readonly work: number;
  /** Workers it can keep busy at most. */
  readonly most: number;
  /** The same for all items of its stage together. */
  readonly mostOfStage: number;
}

/** So many workers have to be there at once, at some moment within the span. */
export interface PresenceItem {
  readonly span: Span;
  readonly workers: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Needs {
  readonly work: readonly WorkItem[];
  readonly presence: readonly PresenceItem[];
}

/** Tasks of a stage are taken together in so many groups of like length. */
const GROUPS = 4;
/** Where a slot can run more tasks of a stage in turn than this, whole numbers hardly matter. */
const MOST_WAVES = 8;

/** What the jobs need, each stage on its own within the time that its parents and children leave it. */
export function needsOf(problem: BoundProblem): Needs {
  const perStage = problem.jobs.flatMap((job) =>
    spansOf(job, problem.maxWorkers).flatMap((span, index) => {
      const stage = job.stages[index];
      return stage === undefined || !canRun(stage) ? [] : [needsOfStage(stage, span)];
    }),
  );
  return { work: perStage.flatMap(({ work }) => work), presence: perStage.flatMap(({ presence }) => presence) };
}

/** What no worker can run is nobody's duty. */
function canRun({ taskMs, slotsPerWorker, mostAtOnce }: BoundStage): boolean {
  return taskMs.some((task) => task > 0) && slotsPerWorker > 0 && mostAtOnce > 0;
}

/** A stage lasts at least as long as its longest task, and as all of its work on all workers. */
function leastMs({ taskMs, slotsPerWorker, mostAtOnce }: BoundStage, maxWorkers: number): number {
  const inAll = taskMs.reduce((sum, task) => sum + task, 0);
  const slots = Math.min(maxWorkers * slotsPerWorker, mostAtOnce);
  return Math.max(0, ...taskMs, slots > 0 ? inAll / slots : 0);
}

/** For each stage: from when its parents can be done at the earliest to when its children must start at the latest. */
function spansOf({ releaseMs, deadlineMs, stages }: BoundJob, maxWorkers: number): Span[] {
  const least = stages.map((stage) => leastMs(stage, maxWorkers));
  const from = stages.map(() => releaseMs);
  stages.forEach(({ parents }, index) => {
    from[index] = Math.max(releaseMs, ...parents.map((parent) => (from[parent] ?? releaseMs) + (least[parent] ?? 0)));
  });
  const to = stages.map(() => deadlineMs);
  for (let index = stages.length - 1; index >= 0; index -= 1) {
    const latestStart = (to[index] ?? deadlineMs) - (least[index] ?? 0);
    for (const parent of stages[index]?.parents ?? []) to[parent] = Math.min(to[parent] ?? deadlineMs, latestStart);
  }
  return stages.map((_, index) => {
    const span = { fromMs: from[index] ?? releaseMs, toMs: to[index] ?? deadlineMs };
    // A schedule that had more than max workers for a moment may have been faster than thought possible.
    return span.toMs - span.fromMs >= (least[index] ?? 0) - 1 ? span : { fromMs: releaseMs, toMs: deadlineMs };
  });
}

function needsOfStage(stage: BoundStage, span: Span): Needs {
  const lengthMs = span.toMs - span.fromMs;
  const sorted = stage.taskMs.map((task) => Math.min(task, lengthMs)).sort((a, b) => a - b);
  const free: number[] = [];
  const work: WorkItem[] = [];
  const size = Math.ceil(sorted.length / GROUPS);
  for (let index = 0; index < sorted.length; index += size) {
    const group = sorted.slice(index, index + size);
    if (2 * (group[0] ?? 0) > lengthMs) work.push(...pinnedItems(group, stage, span));
    else free.push(...group);
  }
  if (free.length > 0) work.push(itemOf([span], sum(free), free.length, stage));
  return { work, presence: presenceOf(sorted, stage, span) };
}

/**
 * Tasks longer than half of their span run in its middle wherever they begin: that part has no choice, and only the
 * rest has.
 */
function pinnedItems(group: readonly number[], stage: BoundStage, { fromMs, toMs }: Span): WorkItem[] {
  const shortest = group[0] ?? 0;
  const middle = { fromMs: toMs - shortest, toMs: fromMs + shortest };
  const pinned = (middle.toMs - middle.fromMs) * group.length;
  const sides = [
    { fromMs, toMs: middle.fromMs },
    { fromMs: middle.toMs, toMs },
  ].filter((side) => side.toMs > side.fromMs);
  const items = [itemOf([middle], pinned, group.length, stage)];
  const rest = sum(group) - pinned;
  if (rest > 0 && sides.length > 0) items.push(itemOf(sides, rest, group.length, stage));
  return items;
}

function itemOf(spans: readonly Span[], slotMs: number, tasks: number, stage: BoundStage): WorkItem {
  const share = 1 / stage.slotsPerWorker;
  const most = Math.min(tasks, stage.mostAtOnce) * share;
  const mostOfStage = Math.min(stage.taskMs.length, stage.mostAtOnce) * share;
  return { spans, work: slotMs * share, most, mostOfStage };
}

/**
 * Within the span a slot runs at most ⌊span / task⌋ tasks that are at least so long, one after the other, even where
 * its worker is replaced in between: workers that are never there at once count as one. So there is a moment with enough
 * workers for all of them.
 */
function presenceOf(sorted: readonly number[], { slotsPerWorker }: BoundStage, { fromMs, toMs }: Span): PresenceItem[] {
  let best: PresenceItem | undefined;
  for (const [index, taskMs] of sorted.entries()) {
    if (taskMs <= 0 || taskMs === sorted[index - 1]) continue;
    const waves = Math.floor((toMs - fromMs) / taskMs + 1e-9);
    if (waves > MOST_WAVES || waves < 1) continue;
    const workers = Math.ceil((sorted.length - index) / (waves * slotsPerWorker) - 1e-9);
    if (best === undefined || workers > best.workers) best = { span: { fromMs, toMs }, workers };
  }
  return best === undefined ? [] : [best];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
