/** The driver's `/metrics/json/`: Dropwizard's registry, of which the allocation gauges are wanted (spark.md 5, 6.3). */
import type { Result } from '../core/result.ts';
import type { AllocationGauges, GaugesAnswer } from '../core/spark-view.ts';
import { asFields, decode, isCount, readAt, textAt, type Fields } from './json-fields.ts';

/** The namespace in front may be anything, dots included, or nothing at all; what counts is how the name ends. */
const ALLOCATION = /(?:^|\.)driver\.ExecutorAllocationManager\.executors\.([^.]+)$/;
/** Most names are told from these at one look. */
const HINT = 'ExecutorAllocationManager';

/** Parses the document. Never throws; a driver without any allocation gauge answers `absent`. */
export function parseDriverMetrics(body: string, what: string): Result<GaugesAnswer> {
  return decode(body, what, (value) => {
    const document = asFields(value);
    textAt(document, 'version');
    return allocationIn(readAt(document, 'gauges', asFields));
  });
}

function allocationIn(all: Fields): GaugesAnswer {
  const found = new Map<string, unknown>();
  for (const name of Object.keys(all)) {
    const short = name.includes(HINT) ? ALLOCATION.exec(name)?.[1] : undefined;
    if (short !== undefined) found.set(short, all[name]);
  }
  if (found.size === 0) return { kind: 'absent' };
  const named = (name: keyof AllocationGauges): number | undefined => valueOf(found.get(name));
  return {
    kind: 'gauges',
    gauges: {
      numberTargetExecutors: named('numberTargetExecutors'),
      numberMaxNeededExecutors: named('numberMaxNeededExecutors'),
      numberAllExecutors: named('numberAllExecutors'),
      numberExecutorsPendingToRemove: named('numberExecutorsPendingToRemove'),
      numberDecommissioningExecutors: named('numberDecommissioningExecutors'),
    },
  };
}

/** A gauge that failed shows `{"error": …}`; one with an odd value proves nothing. Both are undefined, not 0. */
function valueOf(gauge: unknown): number | undefined {
  if (typeof gauge !== 'object' || gauge === null || !('value' in gauge)) return undefined;
  return isCount(gauge.value) ? gauge.value : undefined;
}
