/**
 * Graphite's render API: the newest point of each series that a target matches.
 *
 * Points carry the time at which the step begins that they were kept in, so a value is at most as old as its step's end
 * says. Ages are counted by the server's own clock, which it tells with each answer.
 */
import * as v from 'valibot';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import { parseJson } from '../spark/json-text.ts';
import { urlPart } from '../spark/plain-text.ts';
import { seriesPoint, type SeriesAnswer, type SeriesPoint, type SeriesReader } from './series-source.ts';
import type { SendToServer } from './server-http.ts';

export interface GraphiteOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly target: string;
  /** How often Spark's sink reports. */
  readonly periodMs: number;
  readonly pollMs: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** By the clock of this pod, for a server that does not tell its own. */
  readonly nowEpochMs: () => number;
}

const WHAT = 'Graphite /render';
/** While the step is not known: three steps of the coarsest archive that people keep as their finest. */
const FIRST_WINDOW_MS = 180_000;
/** What is asked for afterwards, in periods: the three in which a value is fresh, and one for the way here. */
const WINDOW_PERIODS = 4;
/** Reads in one period: more make readings younger by less and less. */
const READS_PER_PERIOD = 4;

/** `[{"target": "…", "tags": {"name": "…"}, "datapoints": [[7, 1795394710], [null, 1795394720]]}]` */
const Series = v.object({
  target: v.string(),
  tags: v.optional(v.object({ name: v.optional(v.string()) }), {}),
  datapoints: v.array(v.tuple([v.nullable(v.number()), v.number()])),
});
const Answer = v.array(Series);

/** Builds the reader. */
export function graphiteReader(options: GraphiteOptions, send: SendToServer): SeriesReader {
  let stepMs: number | undefined;
  let readAtMs = -Infinity;
  const periodMs = (): number => Math.max(options.periodMs, stepMs ?? 0);
  return {
    name: 'graphite',
    periodMs,
    isDue: () => {
      const everyMs = Math.max(options.pollMs, periodMs() / READS_PER_PERIOD);
      return options.nowMs() - readAtMs >= everyMs - options.pollMs / 2;
    },
    async read(signal) {
      readAtMs = options.nowMs();
      const windowMs = stepMs === undefined ? FIRST_WINDOW_MS : 0;
      const fromSec = Math.ceil(Math.max(windowMs, WINDOW_PERIODS * periodMs()) / 1000);
      const url = `${options.url}/render?target=${urlPart(options.target)}&from=-${fromSec}s&format=json&noCache=1`;
      const answer = await send({ what: WHAT, url }, signal);
      if (!answer.ok) return answer;
      const { status, body, dateEpochMs } = answer.value;
      if (status !== 200) return err(refused(status));
      const parsed = parseJson(Answer, body, WHAT);
      if (!parsed.ok) return parsed;
      stepMs = stepOf(parsed.value) ?? stepMs;
      return pointsOf(parsed.value, dateEpochMs ?? options.nowEpochMs(), stepMs ?? 0);
    },
  };
}

function refused(status: number): OperatingError {
  const detail = 'the answer is no 200: see ELASTIC_WORKER_GRAPHITE_URL and ELASTIC_WORKER_GRAPHITE_TARGET';
  return { kind: status === 404 ? 'not-found' : 'refused', what: WHAT, status, detail };
}

/** The time from one point to the next; the longest, if series are kept in several ways. */
function stepOf(series: v.InferOutput<typeof Answer>): number | undefined {
  const steps = series.flatMap(({ datapoints: [first, second] }) => {
    if (first === undefined || second === undefined) return [];
    const step = second[1] - first[1];
    return step > 0 ? [step * 1000] : [];
  });
  return steps.length === 0 ? undefined : Math.max(...steps);
}

/** Series without any value in the window are those of applications that ended: Graphite keeps their names. */
function pointsOf(series: v.InferOutput<typeof Answer>, nowEpochMs: number, stepMs: number): Result<SeriesAnswer> {
  const points: SeriesPoint[] = [];
  let strange = 0;
  for (const { target, tags, datapoints } of series) {
    const newest = datapoints.findLast(([value]) => value !== null);
    if (newest === undefined) continue;
    const [value, atSec] = newest;
    const sinceMs = nowEpochMs - atSec * 1000;
    // Behind the step's begin by less than the step: it may have come this moment.
    const ageMs = sinceMs < 0 ? sinceMs : Math.max(0, sinceMs - stepMs);
    const sample = { value: value ?? NaN, ageMs, ageAtMostMs: sinceMs, stamp: atSec };
    const point = seriesPoint(target, sample) ?? seriesPoint(tags.name ?? '', sample);
    if (point === undefined) strange += 1;
    else points.push(point);
  }
  if (points.length > 0 || strange === 0) return ok({ points });
  const detail = `none of ${strange} series has a name of Spark's allocation gauges: see ELASTIC_WORKER_GRAPHITE_TARGET`;
  return err({ kind: 'malformed', what: WHAT, detail });
}
