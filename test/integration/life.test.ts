/** From start to end: what a person and the kubelet see of the process. */
import { expect } from 'chai';
import { decided, endless, logged, metric, passes, sideBySide, withRig } from './rig.ts';

const SIGTERM_MS = 5000;

describe('the daemon as a process', function () {
  this.timeout(300_000);

  sideBySide({
    'ends within 5 s and with 0 on SIGTERM, also while nothing answers any more': () =>
      withRig({}, async ({ world, daemon, writes }) => {
        const process = daemon();
        await decided(process, 'holding the Lease', (_, status) => status.standing?.acts === true);
        world.faults.api = 'hang';
        world.faults.master = 'hang';
        await passes(process, 2);
        const toldAtMs = Date.now();
        process.kill('SIGTERM');
        expect(await process.ended).to.deep.equal({ code: 0, signal: null });
        expect(Date.now() - toldAtMs).to.be.below(SIGTERM_MS);
        expect(writes()).to.not.include('patch replicationcontrollers/scale');
      }),

    'stands by while the master beside it is STANDBY, writes nothing, and acts once it is ALIVE': () =>
      withRig({ initialWorkers: 3 }, async (rig) => {
        rig.world.spark.status = 'STANDBY';
        const process = rig.daemon();
        await rig.submit(endless(5));
        await decided(process, 'standing by', (_, { standing }) => standing?.code === 'master-not-alive');
        const { decisions } = await passes(process, 3);
        expect(decisions[0]).to.deep.include({ reason: 'master-not-alive', change: null });
        expect(rig.writes()).to.deep.equal([]);
        expect(rig.replicas).to.deep.equal([3]);
        rig.world.spark.status = 'ALIVE';
        await rig.eventually('growth', () => rig.replicas.at(-1) === 5);
      }),

    'finds the cluster by the original daemon’s variables alone': () =>
      withRig(
        {
          initialWorkers: 0,
          controllerName: 'ophicleide-w-1',
          podLabels: { 'oshinko-cluster': 'ophicleide', 'oshinko-type': 'worker' },
        },
        async (rig) => {
          const process = rig.daemon({
            ELASTIC_WORKER_TARGET: '',
            ELASTIC_WORKER_ALLOWED_NETWORKS: '',
            OSHINKO_SPARK_CLUSTER: 'ophicleide',
            SPARK_WORKER_CORES: '4',
            SPARK_WORKER_MEMORY: '8g',
          });
          await rig.submit({ tasks: 12, taskMs: 600_000 });
          await rig.eventually('growth', () => rig.replicas.at(-1) === 3);
          const { settings } = await passes(process, 1);
          expect(settings).to.include({
            ELASTIC_WORKER_CLUSTER: 'ophicleide',
            ELASTIC_WORKER_WORKER_CORES: 4,
            ELASTIC_WORKER_LEASE: 'elastic-worker-ophicleide',
          });
          expect([...(rig.world.kube.documents.get('leases')?.keys() ?? [])]).to.deep.equal([
            'elastic-worker-ophicleide',
          ]);
        },
      ),

    'decides at its start, and tells the same in log, status, metrics and to the kubelet’s probes': () =>
      withRig({ initialWorkers: 2 }, async ({ daemon }) => {
        const process = daemon();
        const { decisions } = await decided(process, 'a decision', ({ counts }) => counts.observed === 2);
        const [newest] = decisions;
        expect(newest?.counts).to.deep.equal({ wanted: 0, desired: 2, planned: 2, observed: 2 });
        for (const [count, workers] of Object.entries(newest?.counts ?? {})) {
          expect(await metric(process, `elastic_worker_workers{count="${count}"}`), count).to.equal(workers);
        }
        for (const probe of ['healthz', 'readyz']) {
          expect((await fetch(`${process.url}/${probe}`)).status, probe).to.equal(200);
        }
        const messages = logged(process).map(({ message }) => message);
        expect(messages.slice(0, 2)).to.deep.equal(['started', 'pass']);
        process.kill('SIGTERM');
        expect(await process.ended).to.deep.equal({ code: 0, signal: null });
        expect(process.errorText()).to.equal('');
      }),
  });
});
