/**
 * Drivers that run on a worker (cluster deploy mode), submitted through the master's REST server.
 *
 * spark-submit refuses Python programs in standalone cluster mode. The refusal is its own: the class it would start,
 * PythonRunner, is an ordinary main class, so we name it as such, with any small jar as the application's resource.
 * Submitting by plain HTTP also keeps our environment out of the driver's, which must take its worker's address.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Master } from './spark-master.ts';
import type { SparkProperties } from './spark-runtime.ts';

// What spark-submit would add; Spark 3.5's REST server does not. Without it the driver's JVM forbids what Spark needs.
const MODULE_OPTIONS = [
  'java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent',
  'java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar',
]
  .flatMap((line) => line.split(' '))
  .map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
  .join(' ');

const Created = v.object({ success: v.literal(true), submissionId: v.string() });

export interface ClusterSubmission {
  readonly script: string;
  readonly args: readonly string[];
  readonly properties: SparkProperties;
}

export interface ClusterDriver {
  readonly driverId: string;
  /** 0 for FINISHED, 1 for every other end, undefined while it lives. */
  ended(): Promise<number | undefined>;
  /** Asks the master to end it. */
  kill(): Promise<void>;
}

/** Submits a Python program as a driver of 1 core. Rejects when the master refuses. */
export async function clusterDriver(master: Master, submission: ClusterSubmission): Promise<ClusterDriver> {
  const answer = await post(`${master.restUrl}/v1/submissions/create`, {
    action: 'CreateSubmissionRequest',
    clientSparkVersion: master.spark.version,
    appResource: `file:${smallJar(master.spark.home)}`,
    mainClass: 'org.apache.spark.deploy.PythonRunner',
    appArgs: [submission.script, '', ...submission.args],
    sparkProperties: {
      'spark.driver.cores': '1',
      'spark.submit.deployMode': 'cluster',
      'spark.driver.defaultJavaOptions': MODULE_OPTIONS,
      ...submission.properties,
    },
    environmentVariables: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  const { submissionId } = v.parse(Created, answer);
  return {
    driverId: submissionId,
    ended: async () => {
      const { completeddrivers } = await master.state();
      const driver = completeddrivers.find(({ id }) => id === submissionId);
      if (driver === undefined) return undefined;
      return driver.state === 'FINISHED' ? 0 : 1;
    },
    kill: async () => {
      await post(`${master.restUrl}/v1/submissions/kill/${submissionId}`, {});
    },
  };
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json;charset=UTF-8' };
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** Py4J's jar: a hundred kilobytes that every worker has on its class path anyway. */
function smallJar(sparkHome: string): string {
  const jars = join(sparkHome, 'jars');
  const name = existsSync(jars) ? readdirSync(jars).find((file) => /^py4j-.*\.jar$/.test(file)) : undefined;
  if (name === undefined) throw new Error(`no py4j jar in ${jars}`);
  return join(jars, name);
}
