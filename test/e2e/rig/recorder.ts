/** Reads what the simulator is compared with: an application's gauges and what the master has booked for it, over time. */
import * as v from 'valibot';
import type { Master } from '../spark-master.ts';
import type { RunningApp } from '../spark-app.ts';
import { getJson } from '../support/wait.ts';

const READ_MS = 250;
const ANSWER_MS = 2_000;

/** One reading, at the moment when the driver had answered. */
export interface RecordedReading {
  readonly atMs: number;
  readonly coresUsed: number;
  readonly aliveWorkers: number;
  readonly gauges: Readonly<Record<string, number>>;
}

export interface Recorder {
  readonly readings: readonly RecordedReading[];
  stop(): void;
}

const Metrics = v.object({ gauges: v.record(v.string(), v.object({ value: v.unknown() })) });
const GAUGE = /\.ExecutorAllocationManager\.executors\.(\w+)$/;

/** Four times a second, while the driver answers; a reading that takes longer is followed by the next at once. */
export function startRecorder(app: RunningApp, master: Master): Recorder {
  const readings: RecordedReading[] = [];
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void read(app, master)
      .then((reading) => readings.push(reading))
      // The driver does not answer yet, or not any more.
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, READ_MS);
  return {
    readings,
    stop: () => {
      clearInterval(timer);
    },
  };
}

async function read(app: RunningApp, master: Master): Promise<RecordedReading> {
  const [gauges, state] = await Promise.all([readGauges(app), master.state()]);
  return {
    ...gauges,
    coresUsed: state.activeapps.find(({ id }) => id === app.appId)?.cores ?? 0,
    aliveWorkers: state.workers.filter((worker) => worker.state === 'ALIVE').length,
  };
}

async function readGauges(app: RunningApp): Promise<Pick<RecordedReading, 'atMs' | 'gauges'>> {
  const { gauges } = v.parse(Metrics, await getJson(`${app.uiUrl}/metrics/json/`, ANSWER_MS));
  const atMs = Date.now();
  const named = Object.entries(gauges).flatMap(([name, { value }]) => {
    const [, gauge] = GAUGE.exec(name) ?? [];
    return gauge === undefined || typeof value !== 'number' ? [] : [[gauge, value] as const];
  });
  return { atMs, gauges: Object.fromEntries(named) };
}
