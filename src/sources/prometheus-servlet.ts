/**
 * Spark's Prometheus servlet in each driver: `/metrics/prometheus/` for the gauges, and `/metrics/executors/prometheus/`
 * for whose they are, since its lines carry the application's id, whatever the names are made of.
 */
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { DriverReader } from '../spark/driver-reader.ts';
import { inTurns, type TurnOptions } from '../spark/in-turns.ts';
import type { Census, GaugeSample, GaugeSource } from '../spark/ports.ts';
import { shown } from '../spark/plain-text.ts';
import { isOwn } from './one-owner.ts';
import type { OwnerRules } from './owners.ts';
import { applicationIdIn, parseServletText } from './prometheus-text.ts';

/** Whose executors they are is asked again after this long, and after each failure. */
const TOLD_FOR_MS = 60_000;
const HINT =
  'set spark.metrics.conf.*.sink.prometheusServlet.class=org.apache.spark.metrics.sink.PrometheusServlet and ' +
  'spark.metrics.conf.*.sink.prometheusServlet.path=/metrics/prometheus in the application';

/** Builds the source. */
export function prometheusServlet(
  options: TurnOptions,
  drivers: Pick<DriverReader, 'read' | 'keep'>,
  rules: OwnerRules,
): GaugeSource {
  /** What was told last of whose answers they are, and until when that is believed. */
  const told = new Map<string, { readonly itself: true | undefined; readonly untilMs: number }>();

  function isTold(id: string): boolean {
    return options.now() < (told.get(id)?.untilMs ?? -Infinity);
  }

  /** True where the driver says so itself; undefined where it does not say. */
  async function namesItself({ id }: ApplicationView, signal: AbortSignal): Promise<Result<true | undefined>> {
    if (isTold(id)) return ok(told.get(id)?.itself);
    const parse = (body: string): Result<string | undefined> => ok(applicationIdIn(body));
    const found = await drivers.read(id, '/metrics/executors/prometheus/', parse, signal);
    // Off by default before Spark 4: then the names have to tell.
    const named = found.ok ? found.value : undefined;
    if (named !== undefined && named !== id) {
      const detail = `another application answers there: ${shown(named)}`;
      return err({ kind: 'malformed', what: `driver of ${shown(id)}`, detail });
    }
    const itself = named === undefined ? undefined : true;
    told.set(id, { itself, untilMs: options.now() + TOLD_FOR_MS });
    return ok(itself);
  }

  async function readOne(
    application: ApplicationView,
    signal: AbortSignal,
    census: Census,
  ): Promise<Result<GaugeSample>> {
    const { id } = application;
    const answer = await drivers.read(id, '/metrics/prometheus/', parseServletText, signal);
    if (!answer.ok) {
      told.delete(id);
      return err(withHint(answer.error));
    }
    if (answer.value === undefined) return ok({ answer: { kind: 'absent' }, ageMs: 0 });
    const { owner, gauges } = answer.value;
    const proven = await namesItself(application, signal);
    if (!proven.ok) return proven;
    const own = proven.value ? ok(undefined) : isOwn(application, owner, `driver of ${shown(id)}`, census, rules);
    return own.ok ? ok({ answer: { kind: 'gauges', gauges }, ageMs: 0 }) : own;
  }

  return inTurns(options, {
    name: 'prometheus-servlet',
    readOne,
    keep: (ids) => {
      drivers.keep(ids);
      for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
    },
    requestsFor: (id) => (isTold(id) ? 1 : 2),
  });
}

/** A driver without the sink answers with its page of jobs. */
function withHint(error: OperatingError): OperatingError {
  const missing = error.kind === 'not-found' || error.detail.includes('HTML page');
  return missing ? { ...error, detail: `${error.detail}; ${HINT}` } : error;
}
