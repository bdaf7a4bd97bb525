/** Demand read where Spark publishes it: the servlet, Graphite, Prometheus and Jolokia, all real. */
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { installJolokia } from '../install/jolokia.ts';
import { startGraphite, startPrometheus } from '../metric-servers.ts';
import { startRig, type Rig, type RigOptions } from '../rig/rig.ts';
import { driverAt, graphiteSink, jolokiaAgent, PROMETHEUS_SERVLET } from '../rig/sinks.ts';
import { judge } from '../rig/verdict.ts';
import type { RunningApp } from '../spark-app.ts';
import type { SparkProperties } from '../spark-runtime.ts';
import { waitFor } from '../support/wait.ts';
import type { Workbench } from '../workbench.ts';
import { check, type Scenario } from './scenario.ts';

const HOLD_SECONDS = 4;
/** A source that is no longer trusted would show in the count once the hold has passed. */
const SILENCE_MS = (HOLD_SECONDS + 4) * 1000;

/** What one kind of source needs. */
interface Way {
  readonly source: string;
  readonly inCut: Scenario['inCut'];
  /** Starts its server, if it has one. */
  readonly prepare: (bench: Workbench) => Promise<Prepared>;
}

interface Prepared {
  /** What a person sets in Spark. */
  readonly properties: SparkProperties;
  readonly env: Readonly<Record<string, string>>;
  readonly rig?: Partial<RigOptions>;
  /** Told of the application once it is registered. */
  readonly submitted?: (app: RunningApp) => Promise<void>;
}

const WAYS: readonly Way[] = [
  {
    source: 'prometheus-servlet',
    inCut: true,
    prepare: () =>
      Promise.resolve({
        properties: { ...PROMETHEUS_SERVLET, 'spark.metrics.namespace': 'team.${spark.app.name}' },
        env: {},
      }),
  },
  {
    source: 'graphite',
    inCut: ['3.5'],
    async prepare(bench) {
      const { host, url } = await startGraphite(bench);
      const env = {
        ELASTIC_WORKER_GRAPHITE_URL: url,
        ELASTIC_WORKER_GRAPHITE_TARGET: 'prod.*.driver.ExecutorAllocationManager.executors.number*Executors',
        ELASTIC_WORKER_GRAPHITE_PERIOD: '1s',
        ELASTIC_WORKER_SOURCE_TIMEOUT: '1s',
      };
      return { properties: graphiteSink(host, { prefix: 'prod' }), env };
    },
  },
  {
    source: 'prometheus',
    inCut: ['4'],
    async prepare(bench) {
      const { url, scrape } = await startPrometheus(bench);
      const env = {
        ELASTIC_WORKER_PROMETHEUS_URL: url,
        ELASTIC_WORKER_PROMETHEUS_PERIOD: '2s',
        ELASTIC_WORKER_SOURCE_TIMEOUT: '1s',
      };
      return { properties: PROMETHEUS_SERVLET, env, submitted: ({ uiUrl }) => scrape([new URL(uiUrl).host]) };
    },
  },
  {
    source: 'jolokia',
    inCut: false,
    async prepare(bench) {
      const jar = await installJolokia(bench.tools.cache);
      const host = bench.nextAddress();
      const properties = { ...driverAt(host), ...jolokiaAgent(jar, host) };
      return { properties, env: {}, rig: { reverseProxy: false } };
    },
  },
];

const Sources = v.object({
  gaugeSources: v.array(
    v.looseObject({
      application: v.string(),
      inUse: v.nullable(v.string()),
      sources: v.array(v.looseObject({ source: v.string(), state: v.string(), why: v.nullable(v.string()) })),
    }),
  ),
});

interface Standing {
  readonly inUse: string | null;
  readonly state: string | undefined;
  readonly why: string | null | undefined;
}

async function standingOf(rig: Rig, { appId }: RunningApp): Promise<Standing | undefined> {
  const { gaugeSources } = v.parse(Sources, await rig.statusLog.now());
  const found = gaugeSources.find(({ application }) => application === appId);
  const [source] = found?.sources ?? [];
  return found && { inUse: found.inUse, state: source?.state, why: source?.why };
}

/** Rejects with what the daemon says of the source. */
async function waitForStanding(
  rig: Rig,
  app: RunningApp,
  what: string,
  holds: (standing: Standing) => boolean,
): Promise<void> {
  let last: Standing | undefined;
  const look = async (): Promise<boolean> => {
    last = await standingOf(rig, app);
    return last !== undefined && holds(last);
  };
  await waitFor(what, look, { timeoutMs: 90_000 }).catch((cause: unknown) => {
    throw new Error(`in vain for ${what}: ${JSON.stringify(last)}`, { cause });
  });
}

function reading({ source, inCut, prepare }: Way): Scenario {
  const name = `${source}-source`;
  return {
    name,
    inCut,
    async run({ bench, controlPlane, spark, namespace }) {
      const prepared = await prepare(bench);
      const env = {
        ELASTIC_WORKER_SOURCES: source,
        ELASTIC_WORKER_HOLD: `${HOLD_SECONDS}s`,
        ...prepared.env,
      };
      const rig = await startRig({ bench, controlPlane, spark, name: namespace, env, ...prepared.rig });
      await rig.startDaemon();
      const app = await rig.submit({
        script: 'burst.py',
        name: 'report',
        args: { tasks: 32, seconds: 2 },
        properties: { 'spark.executor.cores': '4', ...prepared.properties },
        dynamicAllocation: { idleTimeoutSeconds: 3 },
      });
      await prepared.submitted?.(app);
      await waitForStanding(rig, app, `${source} to be in use`, ({ inUse }) => inUse === source);
      await rig.waitForPlanned(4);
      await rig.waitForRegistered(4);

      app.pause();
      await waitForStanding(rig, app, `${source} not to be trusted`, ({ inUse }) => inUse === null);
      const untilMs = Date.now() + SILENCE_MS;
      while (Date.now() < untilMs) {
        const planned = await rig.planned();
        check(planned === 4, `a driver that fell silent in the middle of its work left ${planned} of 4 workers`);
        await delay(500);
      }
      const silent = await standingOf(rig, app);
      app.resume();

      await app.waitUntilDone();
      await rig.waitForPlanned(1, 60_000);
      const result = await judge(rig, name);
      return { ...result, notes: [`while the driver was silent: ${silent?.why ?? 'no reason told'}`] };
    },
  };
}

export const PULL_SCENARIOS: readonly Scenario[] = WAYS.map(reading);
