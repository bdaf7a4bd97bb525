/**
 * An external shuffle service. It listens on every address of the machine, so one process stands for those of all
 * pods; the files lie in each pod's own volume and end with it.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SparkLine } from './install/index.ts';
import { prepareSparkDirectory, sparkEnvironment, type SparkProperties } from './spark-runtime.ts';
import { waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

export interface ShuffleService {
  /** What an application needs to use it, and to let its executors go. */
  readonly properties: SparkProperties;
}

/** Starts it; resolves when it listens. The workbench stops it. */
export async function startShuffleService(bench: Workbench, line: SparkLine): Promise<ShuffleService> {
  const host = bench.nextAddress();
  const spark = bench.spark(line);
  // A port of this run's own, since the address cannot be.
  const port = 20_000 + Number(host.split('.')[1]);
  const properties = {
    'spark.shuffle.service.enabled': 'true',
    'spark.shuffle.service.port': String(port),
    'spark.shuffle.service.db.enabled': 'false',
  };
  const directory = await bench.makeDirectory(`shuffle-service-${host}`);
  await prepareSparkDirectory(directory, properties);
  const service = bench.start({
    command: join(spark.home, 'bin', 'spark-class'),
    args: ['org.apache.spark.deploy.ExternalShuffleService'],
    // It serves files only from below its own local directories, and those of all pods are the run's.
    env: { ...sparkEnvironment(bench, spark, directory, host), SPARK_LOCAL_DIRS: bench.directory },
    cwd: directory,
    logFile: join(directory, 'service.log'),
  });
  bench.onStop(async () => {
    await service.stop(0);
  });
  await waitFor('the shuffle service', () => listens(host, port));
  return {
    properties: {
      ...properties,
      'spark.shuffle.service.removeShuffle': 'false',
      'spark.dynamicAllocation.shuffleTracking.enabled': 'false',
      // Otherwise executors that leave move their blocks away from the service, to executors that leave next.
      'spark.storage.decommission.enabled': 'false',
    },
  };
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
