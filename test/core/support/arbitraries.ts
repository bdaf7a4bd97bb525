/** What fast-check draws from: amounts of resources, items to place, rooms. */
import fc from 'fast-check';
import type { PlacementItem } from '../../../src/core/placement.ts';
import type { RoomGroup } from '../../../src/core/rooms.ts';
import { resources, type Resources } from '../../../src/core/resources.ts';

/** Amounts up to `most` of each resource, some with GPUs; nothing at all is among them. */
export function amounts(most: number): fc.Arbitrary<Resources> {
  const amount = fc.nat(most);
  return fc.record({
    cores: amount,
    memoryMiB: amount,
    custom: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.record({ gpu: fc.nat(Math.min(most, 3)) }) },
    ),
  });
}

/** Sizes of executors: at least one core and one unit of memory. */
export function executorShapes(mostCores = 5, mostMemory = 9): fc.Arbitrary<Resources> {
  return fc
    .record({
      cores: fc.integer({ min: 1, max: mostCores }),
      memoryMiB: fc.integer({ min: 1, max: mostMemory }),
      gpu: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) }),
    })
    .map(({ cores, memoryMiB, gpu }) => resources(cores, memoryMiB, gpu === 0 ? {} : { gpu }));
}

/** Executors of up to five applications, some of which fit no worker. */
export function placementItems(mostCount = 12): fc.Arbitrary<PlacementItem[]> {
  return fc
    .array(fc.record({ shape: executorShapes(), count: fc.nat(mostCount) }), { maxLength: 5 })
    .map((items) => items.map((item, index) => ({ owner: `app-${index}`, ...item })));
}

/** Free rooms as they come, several of them equal. */
export function freeRooms(mostRooms = 8): fc.Arbitrary<Resources[]> {
  return fc.array(amounts(9), { maxLength: mostRooms });
}

/** A worker size that is neither tiny nor huge. */
export const workerShapes: fc.Arbitrary<Resources> = fc
  .record({
    cores: fc.integer({ min: 2, max: 8 }),
    memoryMiB: fc.integer({ min: 4, max: 16 }),
    gpu: fc.nat(2),
  })
  .map(({ cores, memoryMiB, gpu }) => resources(cores, memoryMiB, gpu === 0 ? {} : { gpu }));

/** Groups as single rooms again. */
export function ungrouped(groups: readonly RoomGroup[]): Resources[] {
  return groups.flatMap(({ free, count }) => Array.from({ length: count }, () => free));
}

/** The same value, so frozen that a write to any part of it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen<unknown>(part);
  }
  return value;
}
