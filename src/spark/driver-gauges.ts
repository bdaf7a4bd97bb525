/**
 * Allocation gauges from the drivers, within a budget of requests a second; who waited longest comes first.
 *
 * A driver that lets a request run into its deadline holds a place the whole time. It is asked less and less often, so
 * that silent drivers do not make the readings of the others old.
 */
import { ok, type Result } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { DriverReader } from './driver-reader.ts';
import { parseDriverMetrics } from './metrics-json.ts';
import type { SparkHttpOptions } from './options.ts';
import type { GaugeSample, GaugeSource } from './ports.ts';

/** A silent driver is asked again after this long at the latest. */
const LONGEST_WAIT_MS = 60_000;

interface Turn {
  readonly lastReadMs: number;
  /** Deadlines missed in a row. */
  readonly missed: number;
}

const NO_TURN_YET: Turn = { lastReadMs: -Infinity, missed: 0 };

/** Drivers are asked by their applications' ids, so nothing else need be known of them. */
export interface DriverGauges extends Omit<GaugeSource, 'read'> {
  read(applications: readonly ApplicationView[], signal: AbortSignal): ReturnType<GaugeSource['read']>;
}

/** Builds the source. */
export function driverGauges(
  options: Pick<SparkHttpOptions, 'pollMs' | 'driverRequestsPerSecond' | 'now'>,
  drivers: Pick<DriverReader, 'read' | 'keep'>,
): DriverGauges {
  const turns = new Map<string, Turn>();
  const turnOf = ({ id }: ApplicationView): Turn => turns.get(id) ?? NO_TURN_YET;

  function isDue(application: ApplicationView, nowMs: number): boolean {
    const { lastReadMs, missed } = turnOf(application);
    const waitMs = missed === 0 ? options.pollMs : Math.min(LONGEST_WAIT_MS, options.pollMs * 2 ** missed);
    // Half a poll early is still this poll's turn.
    return nowMs - lastReadMs >= waitMs - options.pollMs / 2;
  }

  function due(applications: readonly ApplicationView[], nowMs: number): readonly ApplicationView[] {
    const budget = Math.max(1, Math.floor((options.driverRequestsPerSecond * options.pollMs) / 1000));
    const waiting = applications.filter((one) => isDue(one, nowMs));
    return waiting.sort((a, b) => turnOf(a).lastReadMs - turnOf(b).lastReadMs).slice(0, budget);
  }

  async function readOne(application: ApplicationView, signal: AbortSignal): Promise<Result<GaugeSample>> {
    const { id } = application;
    const { missed } = turnOf(application);
    const lastReadMs = options.now();
    turns.set(id, { lastReadMs, missed });
    const answer = await drivers.read(id, '/metrics/json/', parseDriverMetrics, signal);
    const isLate = !answer.ok && answer.error.kind === 'timeout';
    turns.set(id, { lastReadMs, missed: isLate ? missed + 1 : 0 });
    return answer.ok ? ok({ answer: answer.value, ageMs: 0 }) : answer;
  }

  return {
    name: 'driver',
    periodMs: (count) => Math.max(options.pollMs, (count / options.driverRequestsPerSecond) * 1000),
    async read(applications, signal) {
      const ids = new Set(applications.map(({ id }) => id));
      drivers.keep(ids);
      for (const id of turns.keys()) if (!ids.has(id)) turns.delete(id);
      const chosen = due(applications, options.now());
      const answers = chosen.map(async (one) => [one.id, await readOne(one, signal)] as const);
      return new Map(await Promise.all(answers));
    },
  };
}
