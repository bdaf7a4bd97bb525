/** An Oshinko cluster as it is: its own variables, its own cluster config, its Graphite; nothing of ours but the names. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { putConfigMap } from '../../demo/standin/world.ts';
import { decided, endless, passes, withRig } from './rig.ts';

const NAME = 'clusterconfig';
const OSHINKO = { 'scorpionstare.enable': 'true\n', workercount: '1\n', 'metrics.enable': 'true\n' };

/** Answers as Graphite does; `executors` of each application. Closed at the end. */
async function withGraphite(use: (port: number, executors: Map<string, number>) => Promise<void>): Promise<void> {
  const executors = new Map<string, number>();
  const server = createServer((_, response) => {
    const series = [...executors].flatMap(([id, count]) =>
      ['numberTargetExecutors', 'numberMaxNeededExecutors'].map((gauge) => ({
        target: `${id}.driver.ExecutorAllocationManager.executors.${gauge}`,
        datapoints: [[count, Math.floor(Date.now() / 1000)]],
      })),
    );
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(series));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port, executors);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the daemon in an Oshinko cluster', function () {
  this.timeout(60_000);

  it('is fed by the Graphite of the cluster, with no new variables, and follows its config while it runs', () =>
    withGraphite((port, executors) =>
      withRig({ configMaps: { [NAME]: OSHINKO } }, async (rig) => {
        // Nobody but Graphite can tell what drivers want; the master's page knows less.
        rig.world.faults.metrics = 'drop';
        const app = await rig.submit(endless(3));
        executors.set(app, 5);
        const process = rig.daemon({
          ELASTIC_WORKER_CONFIG_MAP: NAME,
          OSHINKO_SPARK_CLUSTER: 'demo',
          DEMO_METRICS_SERVICE_HOST: '127.0.0.1',
          DEMO_METRICS_SERVICE_PORT: String(port),
        });
        await rig.eventually('what Graphite tells', () => rig.replicas.at(-1) === 5);
        const { settings } = await passes(process, 1);
        expect(settings).to.include({
          ELASTIC_WORKER_SOURCES: 'driver,graphite',
          ELASTIC_WORKER_GRAPHITE_URL: `http://127.0.0.1:${port}`,
        });

        putConfigMap(rig.world, NAME, { ...OSHINKO, 'metrics.enable': 'perhaps' });
        const bad = await decided(process, 'the problem', (_, { problems }) => problems.length > 0);
        expect(bad.problems.join()).to.include('clusterconfig.metrics.enable=perhaps');
        expect(bad.standing).to.include({ acts: true });
        expect(bad.settings).to.include({ ELASTIC_WORKER_SOURCES: 'driver,graphite' });

        putConfigMap(rig.world, NAME, { ...OSHINKO, 'metrics.enable': 'false' });
        const off = await decided(process, 'no Graphite', (_, { sources }) => {
          return sources.every(({ name }) => name !== 'graphite');
        });
        expect(off.settings).to.include({ ELASTIC_WORKER_SOURCES: 'driver', ELASTIC_WORKER_GRAPHITE_URL: null });
        expect(off.problems).to.deep.equal([]);
      }),
    ));
});
