/** The driver's `/metrics/json/`: Dropwizard's registry, of which the allocation gauges are wanted (spark.md 5, 6.3). */
import * as v from 'valibot';
import { ok, type Result } from '../core/result.ts';
import { GAUGE_NAMES, type AllocationGauges, type GaugesAnswer } from '../core/spark-view.ts';
import { Count, dictionary, parseJson } from './json-text.ts';

const Metrics = v.object({
  version: v.string(),
  gauges: dictionary(v.unknown()),
});

/** A gauge that failed shows `{"error": …}`; one with an odd value proves nothing. Both are undefined, not 0. */
const Gauge = v.object({ value: Count });

/** The namespace in front may be anything, dots included, or nothing at all; what counts is how the name ends. */
const ALLOCATION = /(?:^|\.)driver\.ExecutorAllocationManager\.executors\.([^.]+)$/;

/** Parses the document. Never throws; a driver without any allocation gauge answers `absent`. */
export function parseDriverMetrics(body: string, what: string): Result<GaugesAnswer> {
  const parsed = parseJson(Metrics, body, what);
  if (!parsed.ok) return parsed;
  const found = new Map<string, unknown>();
  for (const [name, gauge] of Object.entries(parsed.value.gauges)) {
    const [, short] = ALLOCATION.exec(name) ?? [];
    if (short !== undefined) found.set(short, gauge);
  }
  if (found.size === 0) return ok({ kind: 'absent' });
  const values = GAUGE_NAMES.map((name) => [name, valueOf(found.get(name))] as const);
  const gauges = Object.fromEntries(values) as Record<(typeof GAUGE_NAMES)[number], number | undefined>;
  return ok({ kind: 'gauges', gauges: gauges satisfies AllocationGauges });
}

function valueOf(gauge: unknown): number | undefined {
  const parsed = v.safeParse(Gauge, gauge);
  return parsed.success ? parsed.output.value : undefined;
}
