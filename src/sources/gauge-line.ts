/** One allocation gauge as an embedded listener gets it, whatever the protocol. */
import { parseSeriesName, type SeriesName } from './series-name.ts';

export interface GaugeLine extends SeriesName {
  readonly value: number;
  /** When the sender made it, in seconds of its own clock; undefined where it did not say. */
  readonly stampS: number | undefined;
}

/** Whole and not negative; more than that is no count of executors. `5.0` and `5.00` are ways to write 5. */
const COUNT = /^\d{1,9}(?:\.0{1,6})?$/;

/** The gauge that name and value tell of. `other`: a name that is none; `garbage`: a gauge whose value is none. */
export function asGauge(name: string, value: string, stampS: number | undefined): GaugeLine | 'garbage' | 'other' {
  const series = parseSeriesName(name);
  if (series === undefined) return 'other';
  return COUNT.test(value) ? { ...series, value: Number(value), stampS } : 'garbage';
}
