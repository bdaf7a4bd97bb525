/** Watches a run from outside: worker-seconds, and the moments at which demand becomes visible in a driver. */
import * as v from 'valibot';
import type { NodeAgent } from '../node-agent.ts';
import type { RunningApp } from '../spark-app.ts';
import { getJson } from '../support/wait.ts';

const SAMPLE_MS = 200;

export interface Sampler {
  /** Worker processes that ran, summed over time. */
  workerSeconds(): number;
  readonly startedAtMs: number;
  stop(): void;
}

/** Counts running workers several times a second. */
export function startSampler(agent: NodeAgent): Sampler {
  const startedAtMs = Date.now();
  let lastMs = startedAtMs;
  let sum = 0;
  const timer = setInterval(() => {
    const nowMs = Date.now();
    sum += (agent.pods().filter((pod) => pod.pid !== undefined).length * (nowMs - lastMs)) / 1000;
    lastMs = nowMs;
  }, SAMPLE_MS);
  return {
    startedAtMs,
    workerSeconds: () => sum,
    stop: () => {
      clearInterval(timer);
    },
  };
}

const Metrics = v.object({ gauges: v.record(v.string(), v.object({ value: v.unknown() })) });

export interface DemandProbe {
  /** When the driver first showed a need of more than `executors`, in epoch milliseconds; undefined until then. */
  visibleAtMs(): number | undefined;
  stop(): void;
}

/** Asks the driver's own metrics several times a second, independently of the daemon. */
export function startDemandProbe(app: RunningApp, executors: number): DemandProbe {
  let visibleAtMs: number | undefined;
  let busy = false;
  const timer = setInterval(() => {
    if (busy || visibleAtMs !== undefined) return;
    busy = true;
    void neededExecutors(app.uiUrl)
      .then((needed) => {
        if (needed > executors) visibleAtMs ??= Date.now();
      })
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, SAMPLE_MS);
  return {
    visibleAtMs: () => visibleAtMs,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Executors that the application could use now, by the driver’s own gauges. Rejects while it does not answer. */
export async function neededExecutors(uiUrl: string): Promise<number> {
  const { gauges } = v.parse(Metrics, await getJson(`${uiUrl}/metrics/json/`));
  const gauge = Object.entries(gauges).find(([name]) => name.endsWith('.numberMaxNeededExecutors'));
  return Number(gauge?.[1].value ?? 0);
}
