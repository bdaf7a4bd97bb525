/** The time line cut where anything begins or ends to be possible: within one interval all moments are alike. */
import type { BoundProblem } from './problem.ts';
import type { Needs, PresenceItem, Span, WorkItem } from './windows.ts';

export interface Grid {
  /** Length of each interval in milliseconds. */
  readonly lengthMs: Float64Array;
  /** What a worker's leaving costs that leaves at the beginning of the interval or within it, at least. */
  readonly leaveMs: Float64Array;
  /** Items that can run in each interval. */
  readonly items: readonly Int32Array[];
  /** The gathering that each interval belongs to; -1 for none. */
  readonly gathering: Int32Array;
  /** Workers that must be there at once at some moment of each gathering. */
  readonly gathered: readonly number[];
}

export function gridOf(problem: BoundProblem, needs: Needs): Grid {
  const { horizonMs, endMs } = problem;
  const gatherings = disjoint(needs.presence);
  const spans = [...needs.work.flatMap(({ spans: some }) => some), ...gatherings.map(({ span }) => span)];
  // Whoever leaves later than this is not paid for to the end of leaving.
  const cuts = [0, horizonMs - endMs, horizonMs, ...spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs])];
  const inside = cuts.filter((cut) => cut >= 0 && cut <= horizonMs);
  const points = Float64Array.from(new Set(inside)).sort();
  const count = Math.max(0, points.length - 1);
  const at = (index: number): number => points[index] ?? horizonMs;
  const lists: number[][] = Array.from({ length: count }, () => []);
  needs.work.forEach((item, number) => {
    for (const index of covered(item, points)) lists[index]?.push(number);
  });
  const gathering = new Int32Array(count).fill(-1);
  gatherings.forEach(({ span }, number) => {
    for (const index of covered({ spans: [span] }, points)) gathering[index] = number;
  });
  return {
    lengthMs: Float64Array.from({ length: count }, (_, index) => at(index + 1) - at(index)),
    leaveMs: Float64Array.from({ length: count }, (_, index) => Math.min(endMs, horizonMs - at(index + 1))),
    items: lists.map((list) => Int32Array.from(list)),
    gathering,
    gathered: gatherings.map(({ workers }) => Math.min(workers, problem.maxWorkers)),
  };
}

/** Gatherings that do not overlap, the largest first: each is looked at on its own. */
function disjoint(presence: readonly PresenceItem[]): PresenceItem[] {
  const chosen: PresenceItem[] = [];
  const apart = (a: Span, b: Span): boolean => a.toMs <= b.fromMs || b.toMs <= a.fromMs;
  for (const one of [...presence].sort((a, b) => b.workers - a.workers)) {
    if (one.span.toMs > one.span.fromMs && chosen.every(({ span }) => apart(span, one.span))) chosen.push(one);
  }
  return chosen;
}

function covered({ spans }: Pick<WorkItem, 'spans'>, points: Float64Array): number[] {
  return spans.flatMap(({ fromMs, toMs }) => {
    const indices: number[] = [];
    for (let index = firstAtLeast(points, fromMs); index < points.length - 1; index += 1) {
      if ((points[index + 1] ?? Infinity) > toMs) break;
      indices.push(index);
    }
    return indices;
  });
}

function firstAtLeast(points: Float64Array, value: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
