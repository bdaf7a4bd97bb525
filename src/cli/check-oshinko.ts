/** The part of `check` for who comes from Oshinko: what its cluster config leads to here, and what is still missing. */
import { connect } from 'node:net';
import type { Config } from '../config/config.ts';
import type { LiveData } from '../config/live.ts';
import { readOshinko, type OshinkoConfig } from '../config/oshinko.ts';
import { AGENT_PORT, httpUrlOf, type ServiceAddress } from '../config/oshinko-services.ts';
import { SETTINGS } from '../config/settings.ts';
import { describeError } from '../core/result.ts';
import type { KubeClient } from '../kube/client.ts';
import { clusterConfigSource } from '../kube/cluster-config.ts';
import { isOurImage } from '../kube/pod-self.ts';
import type { Environment } from './cluster-side.ts';
import type { Findings } from './findings.ts';

const SUBJECT = 'oshinko';
const CONNECT_MS = 2_000;
const CLUSTER_VARIABLE = 'OSHINKO_SPARK_CLUSTER';
const REST_VARIABLES = ['OSHINKO_REST_HOST', 'OSHINKO_REST_SERVICE_HOST'];

export interface OshinkoSide {
  readonly config: Config;
  readonly env: Environment;
  /** Of the cluster's ConfigMap; undefined where none is configured, or there is none. */
  readonly data: LiveData;
  readonly client: KubeClient;
}

/** Says nothing of clusters that are not Oshinko's. */
export async function checkOshinko(side: OshinkoSide, findings: Findings, signal: AbortSignal): Promise<void> {
  const { config, env, data } = side;
  if (config.configMap === undefined && isSet(env, CLUSTER_VARIABLE)) findings.add('warn', SUBJECT, NO_CONFIG_MAP);
  if (REST_VARIABLES.some((name) => isSet(env, name))) findings.add('ok', SUBJECT, NO_REST);
  if (config.configMap === undefined || data === undefined) return;
  // Values that cannot be read are told with the live values.
  const oshinko = readOshinko(data, config.configMap);
  if (!oshinko.present) return;
  await checkMetrics(oshinko, config, findings, signal);
  checkImage(oshinko, findings);
  await checkSparkFiles('sparkmasterconfig', oshinko.sparkMasterConfig, side.client, findings, signal);
  await checkSparkFiles('sparkworkerconfig', oshinko.sparkWorkerConfig, side.client, findings, signal);
}

const NO_CONFIG_MAP =
  'no cluster config is named, so neither scorpionstare.enable nor metrics.enable is seen: set ' +
  'ELASTIC_WORKER_CONFIG_MAP to the name that --storedconfig was given';
const NO_REST = 'oshinko-rest is not needed: the workers are resized through Kubernetes';

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

async function checkMetrics(
  { metricsEnabled, graphite, agent }: OshinkoConfig,
  config: Config,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  if (!graphite) {
    if (metricsEnabled) findings.add('warn', SUBJECT, NO_IMAGES);
    else if (agent !== 'none') findings.add('ok', SUBJECT, `metrics=${agent}: ${AGENTS}`);
    else findings.add('ok', SUBJECT, 'metrics are off: the drivers themselves are asked');
    return;
  }
  if (config.oshinko === undefined) {
    findings.add('warn', SUBJECT, NO_NAME);
    return;
  }
  const { metrics, carbon } = config.oshinko;
  if (config.given.has('sources')) {
    const list = SETTINGS.sources.show(config.values.sources);
    findings.add('ok', SUBJECT, `metrics.enable: ELASTIC_WORKER_SOURCES=${String(list)} decides, not this`);
  } else findings.add('ok', SUBJECT, `metrics.enable: Graphite at ${httpUrlOf(metrics)} is read beside the drivers`);
  const why = await whyClosed(carbon, signal);
  const where = `${carbon.host}:${carbon.port}`;
  if (why === undefined) findings.add('ok', SUBJECT, `carbon at ${where} takes what Spark's GraphiteSink sends`);
  else findings.add('warn', SUBJECT, `carbon at ${where} cannot be reached: ${why}; nothing new comes to Graphite`);
}

const NO_IMAGES =
  'metrics.enable: with an empty metrics.carbon or metrics.graphite Oshinko starts neither, so the drivers alone are asked';
const AGENTS =
  `its agents are in master and workers (port ${AGENT_PORT}) and know no demand of applications, so the drivers themselves ` +
  'are asked';
const NO_NAME =
  "metrics.enable: the Service of Graphite bears the cluster's name, which is not known: set ELASTIC_WORKER_CLUSTER";

/** Why no connection can be made; undefined if one can. */
function whyClosed({ host, port }: ServiceAddress, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(CONNECT_MS, () => {
      end('no answer');
    });
    socket.once('connect', () => {
      end(undefined);
    });
    socket.once('error', ({ message }) => {
      end(message);
    });
  });
}

function checkImage({ stare, stareImage }: OshinkoConfig, findings: Findings): void {
  if (!stare) return;
  if (stareImage === undefined) findings.add('warn', SUBJECT, `scorpionstare.image is not set: ${ORIGINALS}`);
  else if (isOurImage(stareImage)) findings.add('ok', SUBJECT, `scorpionstare.image=${stareImage} is this program`);
  else findings.add('warn', SUBJECT, `scorpionstare.image=${stareImage}: ${ORIGINALS}`);
}

const ORIGINALS =
  'a cluster made from this config gets the original daemon; name the image of this one (its repository ends in ' +
  '/elastic-worker)';

/** A worker drains only if its own files say so, and the master marks it only if the master's do. */
async function checkSparkFiles(
  key: 'sparkmasterconfig' | 'sparkworkerconfig',
  name: string | undefined,
  client: KubeClient,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  if (name === undefined) {
    findings.add(
      'warn',
      SUBJECT,
      `no ${key}: with the image's own files nothing drains; name a ConfigMap with ${LINE}`,
    );
    return;
  }
  const read = await clusterConfigSource(client, name).read(signal);
  if (!read.ok)
    findings.add('warn', SUBJECT, `${key}: ${describeError(read.error)}; see for yourself that it has ${LINE}`);
  else if (read.value === undefined) findings.add('warn', SUBJECT, `${key}: there is no ConfigMap ${name}`);
  else if (drains(read.value[FILE] ?? '')) findings.add('ok', SUBJECT, `${key}: ${name} has ${DECOMMISSION}`);
  else findings.add('warn', SUBJECT, `${key}: ${name} lacks ${LINE}; without it idle workers alone can go`);
}

const FILE = 'spark-defaults.conf';
const DECOMMISSION = 'spark.decommission.enabled=true';
const LINE = `${DECOMMISSION} in ${FILE} (Spark 3.1 or newer)`;

function drains(file: string): boolean {
  return /^[ \t]*spark\.decommission\.enabled[ \t=:]+true[ \t]*$/im.test(file);
}
