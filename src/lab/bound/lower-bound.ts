/**
 * A lower bound on the worker-seconds of every schedule that meets the deadlines: Lagrangian relaxation.
 *
 * Why it is valid. Every schedule (1) does each item of {@link needsOf} within its spans, at no more than `most` workers
 * at a time, and (2) gathers the workers that each gathering asks for. Put a price on each worker-millisecond of each
 * item, and pay it to whoever does it: a schedule then earns exactly Σ price × work, so
 *
 *   cost of the schedule ≥ Σ price × work + min over all counts n(t) of (cost of n − the most that n can earn),
 *
 * since the minimum also runs over counts, and ways to earn, that no schedule has. The minimum is found exactly
 * ({@link cheapestCourse}): what n can earn in an interval is a concave function of n, got by serving the best-paid items
 * first. So any prices, good or bad, give a valid bound; what the ascent below does is to look for good ones. Tasks are
 * taken as divisible here, and executors' own start and idle times as nothing, unless `startMs` holds them.
 */
import { gridOf, type Grid } from './grid.ts';
import { cheapestCourse, type Course } from './levels.ts';
import type { BoundProblem } from './problem.ts';
import { needsOf, type WorkItem } from './windows.ts';

const ROUNDS = 150;
/** Rounds without gain after which it goes back to the best prices and takes shorter strides. */
const PATIENCE = 6;
/** Of the direction before, so that it does not zigzag. */
const KEPT_DIRECTION = 0.5;
/** How much more than the best bound so far each step aims at. */
const FIRST_STRIDE = 0.2;
const LAST_STRIDE = 1e-4;
const LEAST_GAIN = 1e-5;

/** The bound, and the course of the worker count that it is made of. */
export interface BoundedCourse {
  /** 0 at least, and never more than the best schedule's. */
  readonly workerSeconds: number;
  /** Times at which the course goes up again after it went down, as a run's are counted. */
  readonly reversals: number;
}

/** In worker-seconds; 0 at least, and never more than the best schedule's. */
export function lowerBound(problem: BoundProblem, rounds = ROUNDS): number {
  return boundedCourse(problem, rounds).workerSeconds;
}

/**
 * The bound with its course: the cheapest one at the best prices found. No schedule need look like it, but it comes and goes
 * where that is worth a start and an end.
 */
export function boundedCourse(problem: BoundProblem, rounds = ROUNDS): BoundedCourse {
  const needs = needsOf(problem);
  const grid = gridOf(problem, needs);
  const items = needs.work;
  let prices = firstPrices(problem, grid, items);
  let direction = new Float64Array(items.length);
  let best: { bound: number; prices: Float64Array; course: Course | undefined } = {
    bound: -Infinity,
    prices,
    course: undefined,
  };
  let stride = FIRST_STRIDE;
  let idle = 0;
  for (let round = 0; round < rounds && stride > LAST_STRIDE; round += 1) {
    const { bound, done, course } = evaluate(problem, grid, items, prices);
    idle = bound > best.bound * (1 + LEAST_GAIN) ? 0 : idle + 1;
    if (bound > best.bound) best = { bound, prices, course };
    if (idle >= PATIENCE) {
      stride /= 2;
      idle = 0;
      prices = best.prices;
    }
    const short = missing(items, done);
    direction = direction.map((before, index) => (short[index] ?? 0) + KEPT_DIRECTION * before);
    const slope = items.reduce((sum, { work }, index) => sum + work * (direction[index] ?? 0) ** 2, 0);
    if (slope < 1e-9) break;
    const step = (best.bound * (1 + stride) + 1 - bound) / slope;
    prices = prices.map((price, index) => Math.max(0, price + step * (direction[index] ?? 0)));
  }
  return { workerSeconds: Math.max(0, best.bound) / 1000, reversals: reversalsIn(best.course, problem.initialWorkers) };
}

/** How often the count grows after it has shrunk. */
function reversalsIn(course: Course | undefined, initialWorkers: number): number {
  let reversals = 0;
  let shrunk = false;
  let before = initialWorkers;
  const move = (now: number): void => {
    if (now > before && shrunk) reversals += 1;
    if (now !== before) shrunk = now < before;
    before = now;
  };
  course?.workers.forEach((workers, interval) => {
    move(workers + (course.momentary[interval] ?? 0));
    move(workers);
  });
  return reversals;
}

/** Which share of each item is not done, below 0 where more is done than there is: where its price should go. */
function missing(items: readonly WorkItem[], done: Float64Array): Float64Array {
  return Float64Array.from(items, ({ work }, index) => (work - (done[index] ?? 0)) / work);
}

/**
 * At 1 each, the work is paid as if workers were divisible: that is a bound above 0. A stage that fills no worker may be worth
 * a whole one; where it is alone, that is the better beginning.
 */
function firstPrices(problem: BoundProblem, grid: Grid, items: readonly WorkItem[]): Float64Array {
  const even = new Float64Array(items.length).fill(1);
  const whole = Float64Array.from(items, ({ mostOfStage }) => 1 / Math.min(1, mostOfStage));
  const better = evaluate(problem, grid, items, whole).bound > evaluate(problem, grid, items, even).bound;
  return better ? whole : even;
}

interface Evaluation {
  readonly bound: number;
  /** Worker-milliseconds of each item that the cheapest course does. */
  readonly done: Float64Array;
  readonly course: Course;
}

function evaluate(problem: BoundProblem, grid: Grid, items: readonly WorkItem[], prices: Float64Array): Evaluation {
  const price = (item: number): number => prices[item] ?? 0;
  const orders = grid.items.map((list) => list.toSorted((a, b) => price(b) - price(a)));
  const tables = orders.map((order, index) => earningsOf(order, items, prices, grid.lengthMs[index] ?? 0));
  const course = cheapestCourse(grid, problem, (interval, level) => tables[interval]?.[level - 1] ?? 0);
  const earned = items.reduce((sum, { work }, index) => sum + work * price(index), 0);
  return { bound: earned + course.cost, done: doneBy(course, grid, orders, items), course };
}

/** What the first, the second … worker earns, best-paid items first. */
function earningsOf(order: Int32Array, items: readonly WorkItem[], prices: Float64Array, lengthMs: number): number[] {
  const earnings: number[] = [];
  let room = 1;
  let rate = 0;
  for (const number of order) {
    let left = items[number]?.most ?? 0;
    const price = prices[number] ?? 0;
    while (left > 0) {
      const taken = Math.min(left, room);
      rate += taken * price;
      left -= taken;
      room -= taken;
      if (room > 1e-12) continue;
      earnings.push(rate * lengthMs);
      rate = 0;
      room = 1;
    }
  }
  if (rate > 0) earnings.push(rate * lengthMs);
  return earnings;
}

function doneBy(course: Course, grid: Grid, orders: readonly Int32Array[], items: readonly WorkItem[]): Float64Array {
  const done = new Float64Array(items.length);
  orders.forEach((order, interval) => {
    let room = course.workers[interval] ?? 0;
    for (const number of order) {
      if (room <= 0) break;
      const taken = Math.min(room, items[number]?.most ?? 0);
      done[number] = (done[number] ?? 0) + taken * (grid.lengthMs[interval] ?? 0);
      room -= taken;
    }
  });
  return done;
}
