/** The cluster's ConfigMap: the flag and the live settings, without a restart. */
import { expect } from 'chai';
import { putConfigMap } from '../../demo/standin/world.ts';
import { decided, endless, logged, metric, passes, sideBySide, withRig } from './rig.ts';

const NAME = 'cluster-config';
const FROM_CONFIG_MAP = { ELASTIC_WORKER_CONFIG_MAP: NAME };
const ON = { 'elasticWorker.enable': 'true\n' };

describe('the daemon and the cluster’s ConfigMap', function () {
  this.timeout(300_000);

  sideBySide({
    'stands by and writes nothing until the flag is on, and again once it is off': () =>
      withRig({ configMaps: { [NAME]: {} } }, async (rig) => {
        const process = rig.daemon(FROM_CONFIG_MAP);
        await rig.submit(endless(3));
        const standsBy = await decided(process, 'the demand seen', ({ counts }) => counts.wanted === 3);
        expect(standsBy.standing).to.include({ acts: false, code: 'disabled' });
        const waiting = await passes(process, 2);
        expect(waiting.decisions[0]?.outcome).to.include({ kind: 'withheld' });
        expect(rig.writes()).to.deep.equal([]);

        putConfigMap(rig.world, NAME, ON);
        const before = waiting.decisions[0]?.sequence ?? NaN;
        const acting = await decided(process, 'acting', (_, { standing }) => standing?.acts === true);
        // One pass may have been under way when the flag was turned.
        expect(acting.decisions[0]?.sequence).to.be.at.most(before + 2);
        await rig.eventually('growth', () => rig.replicas.at(-1) === 3);

        putConfigMap(rig.world, NAME, { 'elasticWorker.enable': 'false' });
        await decided(process, 'standing by again', (_, { standing }) => standing?.code === 'disabled');
        const total = (): number =>
          rig.writes().reduce((sum, name) => sum + (rig.world.apiUsage.requests.get(name) ?? 0), 0);
        const written = total();
        await rig.submit(endless(2));
        await decided(process, 'more demand', ({ counts }) => counts.wanted === 5);
        await passes(process, 2);
        expect(total()).to.equal(written);
        expect(rig.replicas).to.deep.equal([1, 3]);
        const lease = rig.world.kube.documents.get('leases')?.get('elastic-worker-spark-worker');
        expect(lease).to.have.property('spec').that.does.not.have.property('holderIdentity');
      }),

    'a live maximum is in force at once; a bad one leaves the last good one, and status, log and metrics say so': () =>
      withRig({ configMaps: { [NAME]: { ...ON, 'elasticWorker.max': '2' } } }, async (rig) => {
        const process = rig.daemon(FROM_CONFIG_MAP);
        await rig.submit(endless(5));
        await rig.eventually('two workers', () => rig.replicas.at(-1) === 2);
        putConfigMap(rig.world, NAME, { ...ON, 'elasticWorker.max': '4' });
        await rig.eventually('four workers', () => rig.replicas.at(-1) === 4);

        putConfigMap(rig.world, NAME, { ...ON, 'elasticWorker.max': 'lots' });
        const status = await decided(process, 'the problem', (_, { problems }) => problems.length > 0);
        expect(status.standing?.acts).to.equal(true);
        expect(status.settings).to.include({ ELASTIC_WORKER_MAX: 4 });
        expect(status.problems).to.have.length(1);
        expect(status.problems[0]).to.include('elasticWorker.max').and.to.include('lots');
        expect(await metric(process, 'elastic_worker_live_setting_problems')).to.equal(1);
        const told = await rig.eventually('the problem in the log', () =>
          logged(process).find((line) => JSON.stringify(line).includes('lots')),
        );
        expect(told.level).to.equal('warn');
        const after = await passes(process, 2);
        expect(after.decisions[0]).to.deep.include({ reason: 'at-max' });
        expect(rig.replicas).to.deep.equal([1, 2, 4]);

        putConfigMap(rig.world, NAME, { ...ON, 'elasticWorker.max': '5' });
        await rig.eventually('five workers', () => rig.replicas.at(-1) === 5);
        expect((await passes(process, 1)).problems).to.deep.equal([]);
      }),

    'R11: a flag that cannot be read is not "on", and says so': () =>
      withRig({ configMaps: { [NAME]: { 'elasticWorker.enable': 'yes' } } }, async (rig) => {
        const process = rig.daemon(FROM_CONFIG_MAP);
        await rig.submit(endless(3));
        const { standing, problems } = await decided(process, 'the demand', ({ counts }) => counts.wanted === 3);
        expect(standing).to.include({ acts: false, code: 'flag-unreadable' });
        expect(problems.join()).to.include('elasticWorker.enable');
        await passes(process, 2);
        expect(rig.writes()).to.deep.equal([]);
        expect(await metric(process, 'elastic_worker_standing_by{reason="flag-unreadable"}')).to.equal(1);
      }),
  });
});
