/** Whether the cluster could do without some hosts: a look at where everything would be if they were gone. */
import { aliveByHost, type Fleet } from './fleet.ts';
import { LastMade } from './kept.ts';
import type { Ledger } from './ledger.ts';
import { subtract, type Resources } from './resources.ts';
import { RoomTally, type Rooms } from './rooms.ts';
import type { WorkerView } from './spark-view.ts';
import type { StillFits } from './survivors.ts';
import { leftAfter, missingItems, roomNow, type WantedInput } from './wanted.ts';

/**
 * Whether all that is wanted would find room without the workers of some hosts: what is missing now, and the executors
 * there that their applications would want again. Asked for many hosts beside the same others; what was worked out for
 * those is kept.
 */
export function fitsWithout(input: WantedInput, ledger: Ledger): StillFits {
  const { fleet, podsKnown, placement, demands } = input;
  // The fleet is of one view of the master, so it tells of the drivers too.
  return looks.get([ledger, fleet, podsKnown, placement, ...demands], () => look(input, ledger));
}

const looks = new LastMade<StillFits>();

function look(input: WantedInput, ledger: Ledger): StillFits {
  let now: Everywhere | undefined;
  let others: Without | undefined;
  return (gone, host) => {
    now ??= everywhere(input);
    if (others?.hosts !== gone) others = withoutHosts(gone, now, ledger);
    const rooms = others.rooms.copy();
    for (const worker of workersAt(host, now)) rooms.remove(freeRoom(worker), 1);
    const displaced = new Map(others.displaced);
    addDisplaced(displaced, host, ledger);
    return leftAfter(missingItems(input, displaced), rooms, input.placement).length === 0;
  };
}

/** Room on all workers that are ALIVE and not on their way out. */
interface Everywhere {
  readonly fleet: Fleet;
  readonly rooms: Rooms;
  /** ALIVE ones that do not count. */
  readonly notCounted: ReadonlySet<WorkerView>;
}

function everywhere(input: WantedInput): Everywhere {
  const { fleet } = input;
  const notCounted = new Set([...fleet.leaving, ...fleet.endingPods].flatMap(({ workers }) => workers));
  return { fleet, rooms: roomNow(input).existing, notCounted };
}

function workersAt(host: string, { fleet, notCounted }: Everywhere): readonly WorkerView[] {
  return (aliveByHost(fleet).get(host) ?? []).filter((worker) => !notCounted.has(worker));
}

/** What is left when some hosts go. */
interface Without {
  readonly hosts: ReadonlySet<string>;
  readonly rooms: Rooms;
  /** Executors that go with them, by application. */
  readonly displaced: ReadonlyMap<string, number>;
}

function withoutHosts(hosts: ReadonlySet<string>, now: Everywhere, ledger: Ledger): Without {
  const tally = new RoomTally();
  const displaced = new Map<string, number>();
  for (const host of hosts) {
    for (const { total, used } of workersAt(host, now)) tally.addLeft(total, used);
    addDisplaced(displaced, host, ledger);
  }
  const rooms = now.rooms.copy();
  for (const { free, count } of tally.groups()) rooms.remove(free, count);
  return { hosts, rooms, displaced };
}

function addDisplaced(displaced: Map<string, number>, host: string, { ties }: Ledger): void {
  for (const { applicationId, executors } of ties.get(host) ?? []) {
    displaced.set(applicationId, (displaced.get(applicationId) ?? 0) + executors);
  }
}

function freeRoom(worker: WorkerView): Resources {
  return subtract(worker.total, worker.used);
}
