/**
 * What a source has to bring to be doubted: a way to let it publish, and its own way of every fault. The suite in
 * `doubt.test.ts` does the rest, for each source the same. A new source adds its rig to `RIGS` there.
 */
import type { FakeClock } from '../../daemon/support/clock.ts';
import type { GaugeSource } from '../../../src/spark/ports.ts';

/** Each of them lasts until it is mended. */
export const FAULTS = [
  'refused',
  'status 500',
  'timeout',
  'half an answer',
  'HTML',
  'NaN',
  'infinity',
  'negative',
  'huge',
  'clock an hour ahead',
  'clock an hour behind',
  'frozen',
  'renamed',
] as const;

export type Fault = (typeof FAULTS)[number];

/**
 * What is to come of a fault: the source is not trusted, and the reason matches; or it does no harm, because the values
 * are right all the same; or a source of this kind cannot have it, which needs a reason.
 */
export type Expected = { readonly noticed: RegExp } | { readonly harmless: string } | { readonly impossible: string };

/** One driver as the metrics show it. */
export interface Published {
  readonly applicationId: string;
  /** `spark.app.name`; the namespace too, where the rig is built by name. */
  readonly name: string;
  readonly target: number;
  readonly needed: number;
}

export interface DoubtRig {
  readonly source: GaugeSource;
  /** A second has passed by the clock: whoever publishes does so, if it is time. */
  tick(published: readonly Published[]): Promise<void>;
  /** From now on it is broken so; undefined mends it. */
  breakBy(fault: Fault | undefined): Promise<void>;
  stop(): Promise<void>;
}

export interface RigKind {
  readonly name: string;
  readonly expected: Readonly<Record<Fault, Expected>>;
  /** `byName`: series are named by `spark.app.name`, as with that namespace. */
  build(clock: FakeClock, byName: boolean): Promise<DoubtRig>;
}

const SPOILT: ReadonlyMap<Fault, number> = new Map([
  ['NaN', NaN],
  ['infinity', Infinity],
  ['negative', -1],
  ['huge', 2 ** 62],
]);

/** A number that the fault makes of a good one. */
export function spoilt(fault: Fault | undefined, good: number): number {
  return fault === undefined ? good : (SPOILT.get(fault) ?? good);
}

export const HOUR_MS = 3_600_000;
