/**
 * A Prometheus server: one instant query for a range of a few scrapes, so that each value comes with the time of its scrape.
 * (An instant vector would come with the time of the query, and hide how old its values are.)
 */
import * as v from 'valibot';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import { GAUGE_NAMES } from '../core/spark-view.ts';
import { dictionary, parseJson } from '../spark/json-text.ts';
import { shown } from '../spark/plain-text.ts';
import { seriesPoint, type SeriesAnswer, type SeriesPoint, type SeriesReader } from './series-source.ts';
import type { SendToServer } from './server-http.ts';

export interface PrometheusOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** A selector without a range, with `${gauge}`. */
  readonly query: string;
  readonly ownerLabel: string | undefined;
  /** How often it scrapes. */
  readonly periodMs: number;
  readonly pollMs: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** By the clock of this pod, for a server that does not tell its own. */
  readonly nowEpochMs: () => number;
}

const WHAT = 'Prometheus /api/v1/query';
/** The range that is asked for, in scrapes: the three in which a value is fresh, and one for the way here. */
const WINDOW_PERIODS = 4;
const READS_PER_PERIOD = 4;

const Result_ = v.object({
  metric: dictionary(v.string()),
  values: v.pipe(v.array(v.tuple([v.number(), v.string()])), v.minLength(1)),
});
const Success = v.object({
  status: v.literal('success'),
  data: v.object({ resultType: v.string(), result: v.array(v.unknown()) }),
  warnings: v.optional(v.array(v.string()), []),
});
const Failure = v.object({ status: v.literal('error'), errorType: v.string() });
const Matrix = v.array(Result_);

/** Builds the reader. */
export function prometheusReader(options: PrometheusOptions, send: SendToServer): SeriesReader {
  let readAtMs = -Infinity;
  const rangeSec = Math.ceil((WINDOW_PERIODS * options.periodMs) / 1000);
  const query = `${options.query.replaceAll('${gauge}', `(${GAUGE_NAMES.join('|')})`)}[${rangeSec}s]`;
  return {
    name: 'prometheus',
    periodMs: () => options.periodMs,
    isDue: () => {
      const everyMs = Math.max(options.pollMs, options.periodMs / READS_PER_PERIOD);
      return options.nowMs() - readAtMs >= everyMs - options.pollMs / 2;
    },
    async read(signal) {
      readAtMs = options.nowMs();
      const form = new URLSearchParams({ query });
      const answer = await send({ what: WHAT, url: `${options.url}/api/v1/query`, form }, signal);
      if (!answer.ok) return answer;
      const { status, body, dateEpochMs } = answer.value;
      if (status !== 200) return err(refused(status, body));
      const parsed = parseJson(Success, body, WHAT);
      if (!parsed.ok) return parsed;
      const { data, warnings } = parsed.value;
      if (data.resultType !== 'matrix') return err(noMatrix(data.resultType));
      const matrix = v.safeParse(Matrix, data.result);
      if (!matrix.success) return err({ kind: 'malformed', what: WHAT, detail: 'a series has no values with times' });
      const partial = warnings.length === 0 ? undefined : shown(warnings.join('; '));
      return pointsOf(matrix.output, dateEpochMs ?? options.nowEpochMs(), options.ownerLabel, partial);
    },
  };
}

/** What went wrong is told by a word that the interface defines; the sentence beside it may quote anything. */
function refused(status: number, body: string): OperatingError {
  const failure = parseJson(Failure, body, WHAT);
  const word = failure.ok ? `${shown(failure.value.errorType)}: ` : '';
  const mend = 'see ELASTIC_WORKER_PROMETHEUS_URL and ELASTIC_WORKER_PROMETHEUS_QUERY';
  const detail = `${word}the answer is no 200: ${mend}`;
  return { kind: status === 404 ? 'not-found' : 'refused', what: WHAT, status, detail };
}

function noMatrix(resultType: string): OperatingError {
  const detail = `it answers with a ${shown(resultType)}; ELASTIC_WORKER_PROMETHEUS_QUERY has to be a selector without a range`;
  return { kind: 'malformed', what: WHAT, detail };
}

function pointsOf(
  matrix: v.InferOutput<typeof Matrix>,
  nowEpochMs: number,
  ownerLabel: string | undefined,
  partial: string | undefined,
): Result<SeriesAnswer> {
  const points: SeriesPoint[] = [];
  for (const { metric, values } of matrix) {
    const [atSec, text] = values.at(-1) ?? [NaN, ''];
    const sample = { value: valueOf(text), ageMs: nowEpochMs - atSec * 1000, stamp: atSec };
    const point = seriesPoint(metric.__name__ ?? '', sample);
    if (point === undefined) continue;
    const owner = ownerLabel === undefined ? point.owner : (metric[ownerLabel] ?? '');
    points.push({ ...point, owner, origin: metric.instance ?? '' });
  }
  if (points.length > 0 || matrix.length === 0) return ok({ points, partial });
  const detail = `none of ${matrix.length} series has a name of Spark's allocation gauges: see ELASTIC_WORKER_PROMETHEUS_QUERY`;
  return err({ kind: 'malformed', what: WHAT, detail });
}

/** As Prometheus writes numbers. */
function valueOf(text: string): number {
  if (text === '+Inf' || text === '-Inf') return text === '+Inf' ? Infinity : -Infinity;
  return text === '' ? NaN : Number(text);
}
