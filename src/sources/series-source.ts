/**
 * From series to applications: what all sources share that read whatever series there are, rather than one application
 * after the other. Their points are put together by owner, and owners are matched to active applications here, once.
 */
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import type { AllocationGauges, ApplicationView } from '../core/spark-view.ts';
import type { Census, GaugeSample, GaugeSource, Strangers } from '../spark/ports.ts';
import { shown } from '../spark/plain-text.ts';
import { ownerMatcher, strangersAmong, type OwnerRules } from './owners.ts';
import { DEMAND_GAUGES, parseSeriesName, type GaugeName } from './series-name.ts';

/** The newest value of one series. */
export interface SeriesPoint {
  readonly owner: string;
  readonly gauge: GaugeName;
  /** What tells equal owners apart: where the series was scraped. Left out where nothing does. */
  readonly origin?: string;
  /** As it came: judged by who reads it. */
  readonly value: number;
  /** Milliseconds since it was produced, as far as the source can tell; negative where its clock says the future. */
  readonly ageMs: number;
  /** The age it has at most, where its time is only known to a step. */
  readonly ageAtMostMs?: number;
  /** See {@link GaugeSample.stamp}. */
  readonly stamp?: number;
}

export interface SeriesAnswer {
  readonly points: readonly SeriesPoint[];
  /** Why series may be missing though the answer came; undefined where it is whole. */
  readonly partial?: string | undefined;
}

/** A place with series of many applications. */
export interface SeriesReader {
  readonly name: string;
  /** How often values renew there, in milliseconds. */
  periodMs(): number;
  /** Whether it is to be asked again now; left out: at each pass. */
  isDue?(): boolean;
  read(signal: AbortSignal): Promise<Result<SeriesAnswer>>;
  start?(): Promise<Result<void, string>>;
  stop?(): Promise<void>;
}

/** Makes a gauge source of it. */
export function seriesSource(reader: SeriesReader, rules: OwnerRules): GaugeSource {
  let strangers: Strangers = { count: 0, named: [] };
  const { name } = reader;
  const readOnce = async (
    applications: readonly ApplicationView[],
    signal: AbortSignal,
    census: Census,
  ): Promise<ReadonlyMap<string, Result<GaugeSample>>> => {
    const answer = await reader.read(signal);
    if (!answer.ok) return new Map(applications.map(({ id }) => [id, answer]));
    const matchOwner = ownerMatcher(applications, census, rules);
    const { points, partial } = answer.value;
    strangers = strangersAmong(new Set(points.map(({ owner }) => owner)), matchOwner);
    const byApplication = Map.groupBy(points, ({ owner }) => {
      const found = matchOwner(owner);
      return found.kind === 'application' ? found.id : undefined;
    });
    const missing = partial === undefined ? undefined : partialAnswer(name, partial);
    return new Map(
      applications.map((one) => [one.id, sampleOf(name, one, byApplication.get(one.id) ?? [], missing, census)]),
    );
  };
  return {
    name,
    periodMs: () => reader.periodMs(),
    strangers: () => strangers,
    read: (applications, signal, census) =>
      reader.isDue?.() === false ? Promise.resolve(new Map()) : readOnce(applications, signal, census),
    ...(reader.start && { start: () => reader.start?.() ?? Promise.resolve(ok(undefined)) }),
    ...(reader.stop && { stop: () => reader.stop?.() ?? Promise.resolve() }),
  };
}

/** The point of a series by its name; undefined for a series that is of no use here. */
export function seriesPoint(
  name: string,
  point: Pick<SeriesPoint, 'value' | 'ageMs' | 'ageAtMostMs' | 'stamp'>,
): SeriesPoint | undefined {
  const parsed = parseSeriesName(name);
  return parsed === undefined ? undefined : { ...parsed, ...point };
}

function partialAnswer(name: string, why: string): OperatingError {
  return { kind: 'malformed', what: name, detail: `a partial answer, without this application: ${why}` };
}

/**
 * Puts the newest point of each gauge together. The sample is as old as the older of the two that the demand is made of.
 * A value from before the application's start is one of a predecessor with the same name. Names with different prefixes may
 * belong to different clusters, so an application that two of them lead to is not read at all.
 */
function sampleOf(
  source: string,
  application: ApplicationView,
  points: readonly SeriesPoint[],
  partial: OperatingError | undefined,
  census: Census,
): Result<GaugeSample> {
  const runsForMs = census.nowEpochMs - application.startedAtEpochMs;
  const own = points.filter(({ ageMs, ageAtMostMs = ageMs }) => ageAtMostMs <= runsForMs);
  if (own.length === 0) return partial === undefined ? ok({ answer: { kind: 'absent' }, ageMs: 0 }) : err(partial);
  const owners = [...new Set(own.map(({ owner, origin = '' }) => (origin === '' ? owner : `${owner} at ${origin}`)))];
  if (owners.length > 1) {
    const detail = `${owners.length} kinds of series lead to it: ${owners.slice(0, 2).map(shown).join(', ')}`;
    return err({ kind: 'malformed', what: `${source}: ${shown(application.id)}`, detail });
  }
  const newest = new Map<GaugeName, SeriesPoint>();
  for (const point of own) {
    const earlier = newest.get(point.gauge);
    if (earlier === undefined || point.ageMs < earlier.ageMs) newest.set(point.gauge, point);
  }
  const valueOf = (gauge: GaugeName): number | undefined => newest.get(gauge)?.value;
  const gauges: AllocationGauges = {
    numberTargetExecutors: valueOf('numberTargetExecutors'),
    numberMaxNeededExecutors: valueOf('numberMaxNeededExecutors'),
    numberAllExecutors: valueOf('numberAllExecutors'),
    numberExecutorsPendingToRemove: valueOf('numberExecutorsPendingToRemove'),
    numberDecommissioningExecutors: valueOf('numberDecommissioningExecutors'),
  };
  const needed = DEMAND_GAUGES.flatMap((gauge) => newest.get(gauge) ?? []);
  const oldest = (needed.length === 0 ? own : needed).reduce((a, b) => (b.ageMs > a.ageMs ? b : a));
  const { ageMs, stamp } = oldest;
  return ok({ answer: { kind: 'gauges', gauges }, ageMs, ...(stamp !== undefined && { stamp }) });
}
