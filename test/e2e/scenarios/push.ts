/** Drivers that send their metrics to the daemon, and that it cannot reach by any other way. */
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { graphiteSink, statsdSink } from '../rig/sinks.ts';
import { judge } from '../rig/verdict.ts';
import { startRig, type Rig } from '../rig/rig.ts';
import type { RunningApp } from '../spark-app.ts';
import type { SparkProperties } from '../spark-runtime.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario } from './scenario.ts';

const PERIOD_SECONDS = 1;
const HOLD_SECONDS = 3;
/** A source is stale after three of its periods; then the hold has to pass before anything could shrink. */
const SILENCE_MS = (3 * PERIOD_SECONDS + HOLD_SECONDS + 2) * 1000;

interface Way {
  readonly source: 'carbon' | 'statsd';
  readonly port: number;
  readonly inCut: Scenario['inCut'];
  /** What a person sets in Spark, by the number of the driver. */
  readonly sink: (host: string, driver: number) => SparkProperties;
}

const WAYS: readonly Way[] = [
  {
    source: 'carbon',
    port: 2003,
    inCut: ['3.5'],
    sink: (host, driver) => ({
      ...graphiteSink(host, {
        protocol: driver === 2 ? 'udp' : 'tcp',
        // A prefix, as clusters that share one Graphite have it.
        ...(driver === 1 && { prefix: 'team.analytics' }),
      }),
    }),
  },
  {
    source: 'statsd',
    port: 8125,
    inCut: false,
    sink: (host, driver) => ({
      ...statsdSink(host),
      ...(driver === 1 && { 'spark.metrics.namespace': '${spark.app.name}' }),
    }),
  },
];

/** Like "127.73". */
function prefixOf(host: string): string {
  return host.split('.').slice(0, 2).join('.');
}

/** An address that executors and the master reach, and that lies outside the networks in which the daemon may ask. */
function hiddenAt(host: string, driver: number): SparkProperties {
  const address = `${prefixOf(host)}.128.${driver + 1}`;
  return { 'spark.driver.host': address, 'spark.driver.bindAddress': address };
}

const Sources = v.object({
  gaugeSources: v.array(
    v.looseObject({
      application: v.string(),
      inUse: v.nullable(v.string()),
      sources: v.array(v.looseObject({ source: v.string(), state: v.string() })),
    }),
  ),
  sources: v.array(
    v.looseObject({
      name: v.string(),
      traffic: v.optional(
        v.object({ totals: v.record(v.string(), v.number()), held: v.record(v.string(), v.number()) }),
      ),
    }),
  ),
});

async function sourcesOf(rig: Rig): Promise<v.InferOutput<typeof Sources>> {
  return v.parse(Sources, await rig.statusLog.now());
}

/** Resolves once the daemon reads this application from this source in this state. */
async function waitForState(rig: Rig, { appId }: RunningApp, source: string, state: string): Promise<void> {
  await waitFor(`${source} to be ${state} for ${appId}`, async () => {
    const { gaugeSources } = await sourcesOf(rig);
    const one = gaugeSources.find(({ application }) => application === appId);
    return one?.sources.some((each) => each.source === source && each.state === state);
  });
}

function sending({ source, port, inCut, sink }: Way): Scenario {
  const name = `${source}-sink`;
  return {
    name,
    inCut,
    async run({ bench, controlPlane, spark, namespace }) {
      const host = bench.nextAddress();
      const env = {
        ELASTIC_WORKER_SOURCES: source,
        ELASTIC_WORKER_HOLD: `${HOLD_SECONDS}s`,
        [`ELASTIC_WORKER_${source.toUpperCase()}_LISTEN`]: `${host}:${port}`,
        ELASTIC_WORKER_METRICS_NAMESPACE: '${spark.app.name}',
        ELASTIC_WORKER_DRIVER_PROXY: 'never',
        // The workers' pages, but no driver's.
        ELASTIC_WORKER_ALLOWED_NETWORKS: `${prefixOf(host)}.0.0/24`,
      };
      const rig = await startRig({ bench, controlPlane, spark, name: namespace, reverseProxy: false, env });
      await rig.startDaemon();
      const submit = (driver: number, tasks: number): Promise<RunningApp> =>
        rig.submit({
          script: 'burst.py',
          name: `report-${driver}`,
          args: { tasks, seconds: 2 },
          properties: { 'spark.executor.cores': '4', ...hiddenAt(host, driver), ...sink(host, driver) },
          dynamicAllocation: { idleTimeoutSeconds: 2 },
        });
      const apps = await Promise.all([submit(0, 32), submit(1, 4), submit(2, 4)]);
      const [main] = apps;
      await Promise.all(apps.map((app) => waitForState(rig, app, source, 'in-use')));
      await rig.waitForPlanned(4);
      await rig.waitForRegistered(4);

      main.pause();
      await waitForState(rig, main, source, 'stale');
      const untilMs = Date.now() + SILENCE_MS;
      while (Date.now() < untilMs) {
        const planned = await rig.planned();
        check(planned === 4, `a driver that fell silent in the middle of its work left ${planned} of 4 workers`);
        await delay(500);
      }
      main.resume();

      await Promise.all(apps.map((app) => app.waitUntilDone()));
      await rig.waitForPlanned(1, 60_000);
      const { totals } = (await sourcesOf(rig)).sources.find((one) => one.name === source)?.traffic ?? {};
      const { garbage, gauges = 0 } = totals ?? {};
      check(garbage === 0 && gauges > 0, `came in: ${JSON.stringify(totals)}`);
      const result = await judge(rig, name);
      return { ...result, notes: [`came in: ${JSON.stringify(totals)}`] };
    },
  };
}

export const PUSH_SCENARIOS: readonly Scenario[] = WAYS.map(sending);
