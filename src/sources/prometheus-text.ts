/**
 * The text of Spark's Prometheus servlet. A parser of our own: the libraries that read this format want the HELP and TYPE
 * lines that Spark does not write, and build an object for each of its hundreds of lines, of which five are wanted. It is
 * strict about a line's form, since half an answer must not pass for a whole one, and lenient about label values: Spark
 * writes names of applications into them without escaping.
 */
import { err, ok, type Result } from '../core/result.ts';
import type { AllocationGauges } from '../core/spark-view.ts';
import { parseSeriesName, type GaugeName } from './series-name.ts';

export interface ServletGauges {
  /** As it stands in the names, in Prometheus' spelling. */
  readonly owner: string;
  readonly gauges: AllocationGauges;
}

/** Name, labels up to the last brace, value. */
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? +(\S+)(?: +-?\d+)?$/;

/**
 * Parses the text. Never throws.
 *
 * @returns undefined where the driver publishes no allocation gauges at all.
 */
export function parseServletText(body: string, what: string): Result<ServletGauges | undefined> {
  const trouble = whyNoText(body);
  if (trouble !== undefined) return err({ kind: 'malformed', what, detail: trouble });
  const values = new Map<GaugeName, number>();
  const owners = new Set<string>();
  for (const [index, line] of body.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, text] = LINE.exec(line) ?? [];
    if (name === undefined || text === undefined) {
      return err({ kind: 'malformed', what, detail: `line ${index + 1} is no metric` });
    }
    const parsed = parseSeriesName(name);
    if (parsed === undefined) continue;
    owners.add(parsed.owner);
    values.set(parsed.gauge, javaNumber(text));
  }
  const [owner, ...others] = owners;
  if (owner === undefined) return ok(undefined);
  if (others.length > 0) return err({ kind: 'malformed', what, detail: 'it has gauges of several applications' });
  const gauges: AllocationGauges = {
    numberTargetExecutors: values.get('numberTargetExecutors'),
    numberMaxNeededExecutors: values.get('numberMaxNeededExecutors'),
    numberAllExecutors: values.get('numberAllExecutors'),
    numberExecutorsPendingToRemove: values.get('numberExecutorsPendingToRemove'),
    numberDecommissioningExecutors: values.get('numberDecommissioningExecutors'),
  };
  return ok({ owner, gauges });
}

/** `metrics_executor_memoryUsed_bytes{application_id="app-…", application_name="…", executor_id="0"} 0` */
const EXECUTOR = /^metrics_executor_\w+\{application_id="([^"]{1,500})"/m;

/** The id of the application whose executors these are; undefined where none is told. */
export function applicationIdIn(body: string): string | undefined {
  return EXECUTOR.exec(body)?.[1];
}

function whyNoText(body: string): string | undefined {
  const start = body.trimStart();
  if (start === '') return 'the answer is nothing';
  if (start.startsWith('<')) return 'the answer is an HTML page';
  if (start.startsWith('{') || start.startsWith('[')) return 'the answer is JSON';
  return body.endsWith('\n') ? undefined : 'the answer ends in the middle of a line';
}

/** As Java writes numbers, and as Prometheus does. */
function javaNumber(text: string): number {
  const infinite = /^([+-]?)Inf(?:inity)?$/.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  return Number(text);
}
