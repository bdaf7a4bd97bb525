/** Allocation gauges from the drivers' `/metrics/json/`: the source that needs no set-up. */
import { ok } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { DriverReader } from './driver-reader.ts';
import { inTurns, type TurnOptions } from './in-turns.ts';
import { parseDriverMetrics } from './metrics-json.ts';
import type { Census, GaugeSource } from './ports.ts';

/** Drivers are asked by their applications' ids, so nothing else need be known of them. */
export interface DriverGauges extends Omit<GaugeSource, 'read'> {
  read(applications: readonly ApplicationView[], signal: AbortSignal): ReturnType<GaugeSource['read']>;
}

const NO_CENSUS: Census = { endedIds: [], nowEpochMs: 0, settingsOf: () => undefined };

/** Builds the source. */
export function driverGauges(options: TurnOptions, drivers: Pick<DriverReader, 'read' | 'keep'>): DriverGauges {
  const source = inTurns(options, {
    name: 'driver',
    async readOne({ id }, signal) {
      const answer = await drivers.read(id, '/metrics/json/', parseDriverMetrics, signal);
      return answer.ok ? ok({ answer: answer.value, ageMs: 0 }) : answer;
    },
    keep: (ids) => {
      drivers.keep(ids);
    },
  });
  return { ...source, read: (applications, signal) => source.read(applications, signal, NO_CENSUS) };
}
