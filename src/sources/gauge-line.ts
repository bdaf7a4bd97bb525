/** One allocation gauge as an embedded listener gets it, whatever the protocol. */
import { GAUGE_NAMES, type AllocationGauges } from '../core/spark-view.ts';

export type GaugeName = keyof AllocationGauges;

export interface GaugeLine {
  /** What stands before `.driver.ExecutorAllocationManager`: a prefix, if any, and Spark's metrics namespace. */
  readonly owner: string;
  readonly gauge: GaugeName;
  readonly value: number;
  /** When the sender made it, in seconds of its own clock; undefined where it did not say. */
  readonly stampS: number | undefined;
}

const NAMES: ReadonlySet<string> = new Set(GAUGE_NAMES);
const LONGEST_OWNER = 512;
/** Whole and not negative; more than that is no count of executors. `5.0` and `5.00` are ways to write 5. */
const COUNT = /^\d{1,9}(?:\.0{1,6})?$/;

const SERIES = /^(?:(.+)\.)?driver\.ExecutorAllocationManager\.executors\.([^.]+)$/u;

/** The gauge that name and value tell of. `other`: a name that is none; `garbage`: a gauge whose value is none. */
export function asGauge(name: string, value: string, stampS: number | undefined): GaugeLine | 'garbage' | 'other' {
  const [matched, owner = '', gauge = ''] = SERIES.exec(name) ?? [];
  if (matched === undefined || !isGaugeName(gauge)) return 'other';
  if (owner.length > LONGEST_OWNER || !COUNT.test(value)) return 'garbage';
  return { owner, gauge, value: Number(value), stampS };
}

function isGaugeName(name: string): name is GaugeName {
  return NAMES.has(name);
}
