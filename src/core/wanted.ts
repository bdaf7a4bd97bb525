/**
 * From executors wanted to workers wanted.
 *
 * Two questions with two answers. *Is there room?* places what is missing as the master would, on what exists and on
 * its way, and adds workers until everything fits: placed executors cannot be moved (R10). *What would do?* packs the
 * whole demand afresh: the fewest workers that could serve it, which is where a shrink may lead.
 */
import type { ApplicationDemand } from './demand.ts';
import { normalHost, type Fleet, type FleetPod } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import {
  groupRooms,
  lessRooms,
  placeAsMaster,
  workersToHold,
  type PlacementItem,
  type RoomGroup,
} from './placement.ts';
import { describeResources, fitCount, isNothing, subtract, type Resources } from './resources.ts';
import type { Placement } from './rules.ts';
import type { DriverView, WorkerView } from './spark-view.ts';

export interface Infeasible {
  readonly owner: string;
  readonly executors: number;
  readonly mend: string;
}

export interface WorkersWanted {
  /** *wanted*: workers of our target that the demand needs. */
  readonly wanted: number;
  /** Of these, how many are neither there nor on their way. */
  readonly newWorkers: number;
  /** Idle registered workers of ours that the missing executors do not need either. */
  readonly spareIdleWorkers: number;
  /** Executors that fit no worker: reported, and they never raise the count (I9). */
  readonly infeasible: readonly Infeasible[];
  /** Applications that more workers would not help, since another one takes every core first. */
  readonly starved: readonly string[];
  readonly unplacedExecutors: number;
}

export interface WantedInput {
  readonly demands: readonly ApplicationDemand[];
  readonly drivers: readonly DriverView[];
  readonly fleet: Fleet;
  /** False while the pods cannot be listed: then every ALIVE worker is taken for one of ours. */
  readonly podsKnown: boolean;
  /** Workers planned that are not on their way out. */
  readonly servingWorkers: number;
  /** Pods on their way out (marked): no room there. */
  readonly leavingUids: ReadonlySet<string>;
  readonly workerShape: Resources | undefined;
  readonly placement: Placement;
}

/** More rounds than any sane mix of shapes needs; a bound on the loop, not a tuning value. */
const MAX_ROUNDS = 32;

/** Works out how many workers the demand needs, and why. Pure. */
export function workersWanted(input: WantedInput): WorkersWanted {
  const { fleet, workerShape } = input;
  const serving = fleet.pods.filter(({ pod }) => !input.leavingUids.has(pod.uid));
  const unmatched = fleet.foreignWorkers.filter(isAlive);
  const own = input.podsKnown ? serving.flatMap(aliveWorkers) : unmatched;
  const foreign = input.podsKnown ? unmatched : [];
  const matched = serving.filter(({ workers }) => workers.some(isAlive)).length;
  const arriving = Math.max(0, input.servingWorkers - (input.podsKnown ? matched : own.length));
  const idle = own.filter((worker) => isNothing(worker.used));
  const busy = own.filter((worker) => !isNothing(worker.used));
  const besideIdle = groupRooms([...busy, ...foreign].map(freeRoom));
  const rooms = [...besideIdle, ...groupRooms(idle.map(freeRoom))];
  const missing = missingItems(input);

  if (workerShape === undefined) return withoutShape(input, missing, rooms, arriving, idle.length);
  const coming: RoomGroup[] = arriving > 0 ? [{ free: workerShape, count: arriving }] : [];
  const grown = grow(missing, [...rooms, ...coming], workerShape, input.placement);
  const most = input.servingWorkers + stillWorking(input);
  const fewest = Math.min(most, fewestWorkers(input, workerShape, foreign));
  return {
    wanted: grown.newWorkers > 0 ? input.servingWorkers + grown.newWorkers : fewest,
    newWorkers: grown.newWorkers,
    spareIdleWorkers: spareIdle(missing, besideIdle, idle),
    infeasible: infeasibleItems(grown.left, workerShape),
    starved: grown.starved,
    unplacedExecutors: countLeft(grown.leftBefore),
  };
}

/**
 * Whether all that is wanted would find room without the workers of some hosts: what is missing now, and the executors
 * there that their applications would want again. Asked for several sets of hosts; what they share is worked out once.
 */
export function fitsWithout(input: WantedInput, ledger: Ledger): (hosts: ReadonlySet<string>) => boolean {
  let workers: ReadonlyMap<string, readonly WorkerView[]> | undefined;
  let rooms: readonly RoomGroup[] | undefined;
  return (hosts) => {
    workers ??= Map.groupBy(workersWithRoom(input), ({ host }) => normalHost(host));
    rooms ??= groupRooms([...workers.values()].flat().map(freeRoom));
    const gone = groupRooms([...hosts].flatMap((host) => workers?.get(host) ?? []).map(freeRoom));
    const displaced = new Map(
      ledger.holders.map(({ applicationId, byHost }): [string, number] => [
        applicationId,
        [...hosts].reduce((sum, host) => sum + (byHost.get(host)?.executors ?? 0), 0),
      ]),
    );
    const demands = input.demands.map((one) => ({
      ...one,
      held: Math.max(0, one.held - (displaced.get(one.id) ?? 0)),
    }));
    return leftAfter(missingItems({ ...input, demands }), lessRooms(rooms, gone), input.placement).length === 0;
  };
}

/**
 * Workers that are to leave and were given work all the same, since the master never got the mark or forgot it: what runs
 * there needs room elsewhere, or they could never go.
 */
function stillWorking({ fleet, leavingUids }: WantedInput): number {
  const leaving = fleet.pods.filter(({ pod }) => leavingUids.has(pod.uid));
  return leaving.filter((entry) => aliveWorkers(entry).some(({ used }) => !isNothing(used))).length;
}

/** ALIVE workers that are not on their way out, those of others included. */
function workersWithRoom({ fleet, leavingUids }: WantedInput): readonly WorkerView[] {
  const own = fleet.pods.filter(({ pod }) => !leavingUids.has(pod.uid)).flatMap(aliveWorkers);
  return [...own, ...fleet.foreignWorkers.filter(isAlive)];
}

function aliveWorkers(entry: FleetPod): readonly WorkerView[] {
  return entry.workers.filter(isAlive);
}

function isAlive({ state }: WorkerView): boolean {
  return state === 'ALIVE';
}

function freeRoom(worker: WorkerView): Resources {
  return subtract(worker.total, worker.used);
}

/** What is to be placed, in the master's order: waiting drivers first, then applications by registration. */
function missingItems(input: WantedInput): PlacementItem[] {
  const waiting = input.drivers
    .filter((driver) => driver.workerId === undefined)
    .map((driver) => ({ owner: driver.id, shape: driver.needs, count: 1 }));
  const executors = input.demands.map((demand) => ({
    owner: demand.id,
    shape: demand.shape,
    count: demand.takesAll ? Infinity : Math.max(0, demand.executors - demand.held),
  }));
  return [...waiting, ...executors].filter((item) => item.count > 0);
}

interface Grown {
  readonly newWorkers: number;
  /** What found no room before any worker was added. */
  readonly leftBefore: readonly PlacementItem[];
  readonly left: readonly PlacementItem[];
  readonly starved: readonly string[];
}

/** Adds workers until all that can be placed is placed, or until adding does not help. */
function grow(
  missing: readonly PlacementItem[],
  rooms: readonly RoomGroup[],
  shape: Resources,
  placement: Placement,
): Grown {
  let newWorkers = 0;
  let left: readonly PlacementItem[] = leftAfter(missing, rooms, placement);
  const leftBefore = left;
  const enough = countLeft(missing.filter((item) => Number.isFinite(item.count) && fitCount(item.shape, shape) > 0));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const fitting = left.filter((item) => fitCount(item.shape, shape) > 0);
    if (fitting.length === 0) break;
    const leftWith = (more: number): readonly PlacementItem[] =>
      leftAfter(missing, [...rooms, { free: shape, count: newWorkers + more }], placement);
    const helpful = fewestThatHelp(workersToHold(fitting, shape).workers, enough, countLeft(left), leftWith);
    if (helpful === undefined) return { newWorkers, leftBefore, left, starved: fitting.map((item) => item.owner) };
    newWorkers += helpful.more;
    left = helpful.left;
  }
  return { newWorkers, leftBefore, left, starved: [] };
}

/**
 * The master likes the emptiest worker best, so small executors that had room may move into the new workers and leave
 * the large ones out again. With a worker for every missing executor that cannot be; if even this does not help, an
 * application before them takes every core.
 */
function fewestThatHelp(
  first: number,
  enough: number,
  leftBefore: number,
  leftWith: (more: number) => readonly PlacementItem[],
): { readonly more: number; readonly left: readonly PlacementItem[] } | undefined {
  let tooFew = 0;
  let more = Math.max(1, first);
  let left = leftWith(more);
  while (countLeft(left) >= leftBefore) {
    if (more >= enough) return undefined;
    tooFew = more;
    more = Math.min(2 * more, enough);
    left = leftWith(more);
  }
  // The first try is what the executors fill; only where that was too few is it worth to look between.
  while (tooFew > 0 && more - tooFew > 1) {
    const between = Math.floor((tooFew + more) / 2);
    const leftBetween = leftWith(between);
    if (countLeft(leftBetween) < leftBefore) {
      more = between;
      left = leftBetween;
    } else tooFew = between;
  }
  return { more, left };
}

/** Items with a finite count that found no room; who takes all there is never counts as left over. */
function leftAfter(
  missing: readonly PlacementItem[],
  rooms: readonly RoomGroup[],
  placement: Placement,
): PlacementItem[] {
  const { leftOver } = placeAsMaster(missing, rooms, placement);
  return missing
    .map((item, index) => ({ ...item, count: leftOver[index] ?? 0 }))
    .filter((item) => item.count > 0 && Number.isFinite(item.count));
}

function countLeft(items: readonly PlacementItem[]): number {
  return items.reduce((sum, item) => sum + item.count, 0);
}

/** The whole demand packed afresh: first on workers that are not ours, which stay anyway, then on ours. */
function fewestWorkers(input: WantedInput, shape: Resources, foreign: readonly WorkerView[]): number {
  const drivers = input.drivers.map((driver) => ({ owner: driver.id, shape: driver.needs, count: 1 }));
  const executors = input.demands.map((demand) => ({
    owner: demand.id,
    shape: demand.shape,
    count: demand.executors,
  }));
  return workersToHold([...drivers, ...executors], shape, groupRooms(foreign.map((worker) => worker.total))).workers;
}

/** Idle workers that stay idle even if the missing executors avoid them as far as they can. */
function spareIdle(
  missing: readonly PlacementItem[],
  besideIdle: readonly RoomGroup[],
  idle: readonly WorkerView[],
): number {
  const finite = missing.filter((item) => Number.isFinite(item.count));
  if (finite.length === 0 || idle.length === 0) return idle.length;
  const { leftOver } = placeAsMaster(finite, besideIdle, 'packed');
  const left = finite.map((item, index) => ({ ...item, count: leftOver[index] ?? 0 }));
  const [first] = idle;
  const needed = first === undefined ? 0 : workersToHold(left, first.total).workers;
  return Math.max(0, idle.length - needed);
}

function infeasibleItems(left: readonly PlacementItem[], shape: Resources): Infeasible[] {
  return left
    .filter((item) => fitCount(item.shape, shape) === 0)
    .map((item) => ({
      owner: item.owner,
      executors: item.count,
      mend:
        `needs ${describeResources(item.shape)}, a worker has ${describeResources(shape)}: ` +
        'make the workers larger or the executors smaller',
    }));
}

/** R6: without a known worker size, grow by one and look. */
function withoutShape(
  input: WantedInput,
  missing: readonly PlacementItem[],
  rooms: readonly RoomGroup[],
  arriving: number,
  idle: number,
): WorkersWanted {
  const left = leftAfter(missing, rooms, input.placement);
  const newWorkers = left.length > 0 && arriving === 0 ? 1 : 0;
  const nothing = input.demands.every((demand) => demand.executors === 0) && input.drivers.length === 0;
  return {
    wanted: nothing ? 0 : input.servingWorkers + newWorkers,
    newWorkers,
    spareIdleWorkers: missing.length > 0 ? 0 : idle,
    infeasible: [],
    starved: [],
    unplacedExecutors: countLeft(left),
  };
}
