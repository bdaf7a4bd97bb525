/** The cheapest course of the worker count where each interval pays a price for workers: level by level, exactly. */
import type { Grid } from './grid.ts';
import type { BoundProblem } from './problem.ts';

/** What the k-th worker earns in an interval, in worker-milliseconds; no more than the one below it. */
export type Earnings = (interval: number, level: number) => number;

export interface Course {
  /** Running, starting and leaving, less what was earned. */
  readonly cost: number;
  /** Workers in each interval. */
  readonly workers: Int32Array;
  /** Workers that come and go again within it, beside those. */
  readonly momentary: Int32Array;
}

/** The count has not been up in this gathering yet; it has, and is down; it is up. */
const DOWN = 0;
const TOUCHED = 1;
const UP = 2;
/** Beside the state before: it came and went within the interval. */
const FOR_A_MOMENT = 4;

/**
 * The level k of a count n(t) is up where n(t) ≥ k. Starts and leaves of n are those of its levels together, and what a
 * level earns is linear within an interval: so each level is at its best up or down for whole intervals, or up for a
 * moment, and the levels can be looked at one by one.
 */
export function cheapestCourse(grid: Grid, problem: BoundProblem, earnings: Earnings): Course {
  const count = grid.lengthMs.length;
  const workers = new Int32Array(count);
  const momentary = new Int32Array(count);
  const trail = new Uint8Array(count * 3);
  let cost = 0;
  for (let level = 1; level <= problem.maxWorkers; level += 1) {
    const last = walk(grid, problem, level, earnings, trail);
    cost += last.cost;
    let state = last.state;
    for (let index = count - 1; index >= 0; index -= 1) {
      if (state === UP) workers[index] = (workers[index] ?? 0) + 1;
      const before = trail[index * 3 + state] ?? DOWN;
      if (before >= FOR_A_MOMENT) momentary[index] = (momentary[index] ?? 0) + 1;
      state = before % FOR_A_MOMENT;
    }
  }
  return { cost, workers, momentary };
}

/** Writes into `trail` from which state each state of each interval was best reached. */
function walk(
  grid: Grid,
  problem: BoundProblem,
  level: number,
  earnings: Earnings,
  trail: Uint8Array,
): { readonly cost: number; readonly state: number } {
  const { startMs, minWorkers, initialWorkers } = problem;
  const { lengthMs, leaveMs, gathering, gathered } = grid;
  // What min demands is asked for at 0 and paid for from then on: it is as if it were there.
  const there = level <= Math.max(initialWorkers, minWorkers);
  let down = there ? Infinity : 0;
  let touched = Infinity;
  let up = there ? 0 : Infinity;
  let current = -1;
  for (let index = 0; index < lengthMs.length; index += 1) {
    const now = gathering[index] ?? -1;
    const needed = now >= 0 && (gathered[now] ?? 0) >= level;
    // In front of a gathering, and behind one, both ways of being down are the same.
    let from = TOUCHED;
    let fromDown = DOWN;
    if (now !== current) {
      const rest = current >= 0 && (gathered[current] ?? 0) >= level ? touched : Math.min(down, touched);
      const best = rest === touched ? TOUCHED : DOWN;
      down = needed ? rest : Infinity;
      touched = needed ? Infinity : rest;
      from = best;
      fromDown = best;
      current = now;
    }
    const leave = leaveMs[index] ?? 0;
    const up1 = up + leave;
    const spike = down + startMs + leave;
    const started = Math.min(down, touched) + startMs;
    const nextTouched = level <= minWorkers ? Infinity : Math.min(touched, up1, spike);
    trail[index * 3 + DOWN] = fromDown;
    trail[index * 3 + TOUCHED] = nextTouched === touched ? from : nextTouched === up1 ? UP : fromDown + FOR_A_MOMENT;
    trail[index * 3 + UP] = up <= started ? UP : touched <= down ? from : fromDown;
    up = Math.min(up, started) + (lengthMs[index] ?? 0) - earnings(index, level);
    touched = nextTouched;
    if (level <= minWorkers) down = Infinity;
  }
  const needed = current >= 0 && (gathered[current] ?? 0) >= level;
  const rest = needed ? touched : Math.min(down, touched);
  if (up <= rest) return { cost: up, state: UP };
  return { cost: rest, state: rest === touched ? TOUCHED : DOWN };
}
