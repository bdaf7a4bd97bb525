/** What fails around the daemon: drivers that say nothing or nonsense, an API server that refuses. */
import { expect } from 'chai';
import type { Fault } from '../../demo/standin/faults.ts';
import { decided, endless, logged, metric, passes, sideBySide, withRig } from './rig.ts';

const SILENCES: readonly Fault[] = ['error', 'garbage', 'empty', 'hang', 'drop'];
const SCALE = 'replicationcontrollers/scale';

describe('the daemon amid faults', function () {
  this.timeout(300_000);

  sideBySide({
    'unknown is not zero: however the gauges fail, nobody is taken away, though all work has ended': () =>
      withRig({ initialWorkers: SILENCES.length }, async (rig) => {
        const apps = await Promise.all(SILENCES.map(() => rig.submit({ tasks: 4, taskMs: 4000 })));
        const process = rig.daemon();
        await decided(
          process,
          'demand of all',
          ({ demands }) => demands.length === 5 && demands.every((d) => d.certain),
        );
        for (const [index, fault] of SILENCES.entries()) rig.world.faults.metricsOf.set(apps[index] ?? '', fault);
        rig.world.faults.appPages = 'garbage';
        await decided(process, 'unknown demand of all', ({ demands }) => demands.every((demand) => !demand.certain));
        await rig.eventually('all workers idle', () =>
          [...rig.world.spark.workers.values()].every(({ executors }) => executors.size === 0),
        );
        const { decisions } = await passes(process, 4);
        const [newest] = decisions;
        expect(newest?.reason).to.equal('unknown-demand');
        expect(newest?.counts).to.include({ wanted: 5, planned: 5 });
        expect(newest?.demands.map(({ basis, executors }) => [basis, executors])).to.deep.equal(
          apps.map(() => ['last-known', 1]),
        );
        expect(newest?.blockers).to.deep.equal(apps.map((app) => `the demand of ${app} is unknown`));
        expect(rig.replicas).to.deep.equal([5]);
        expect(rig.writes()).to.not.include('patch pods');
        const warnings = logged(process).filter(({ level }) => level === 'warn');
        expect(warnings.map(({ message }) => message)).to.include('demand unknown');
        rig.world.faults.metricsOf.clear();
        await rig.eventually('a shrink once demand is known', () => rig.replicas.at(-1) === 1);
      }),

    'takes the master’s page where a driver cannot be read at all': () =>
      withRig({}, async (rig) => {
        rig.world.faults.metrics = 'drop';
        const process = rig.daemon();
        await rig.submit(endless(4));
        await rig.eventually('growth', () => rig.replicas.at(-1) === 4);
        const { decisions } = await passes(process, 1);
        expect(decisions[0]?.demands).to.have.length(1);
        expect(decisions[0]?.demands[0]).to.include({ basis: 'executor-limit', certain: true, executors: 4 });
      }),

    'backs off longer with each 5xx, and gets through in the end': () =>
      withRig({}, async (rig) => {
        const { failedWrites } = rig.world.faults;
        for (let times = 0; times < 3; times += 1) failedWrites.push({ resource: SCALE, fault: 'error' });
        const process = rig.daemon();
        await rig.submit(endless(4));
        await rig.eventually('growth', () => rig.replicas.at(-1) === 4);
        const { decisions } = await passes(process, 1);
        expect(rig.resizeTimes).to.have.length(4);
        const failed = decisions.filter(({ outcome }) => outcome.kind === 'failed');
        expect(failed.map(({ outcome }) => outcome.error)).to.have.length(3);
        expect(String(failed[0]?.outcome.error)).to.include('etcdserver');
        // The third failure is waited out for 2 s at least, which is a pass at least that wrote nothing.
        const [first = 0, second = 0, third = 0, fourth = 0] = rig.resizeTimes;
        expect(fourth - third).to.be.at.least(2000 - 50);
        expect(second - first).to.be.below(fourth - third);
      }),

    'waits as long as a 429 says, and writes then': () =>
      withRig({}, async (rig) => {
        rig.world.faults.retryAfterSec = 4;
        rig.world.faults.failedWrites.push({ resource: SCALE, fault: 'too-many-requests' });
        const process = rig.daemon();
        await rig.submit(endless(4));
        await decided(process, 'backing off', ({ outcome }) => String(outcome.why).startsWith('backing off'));
        await rig.eventually('growth', () => rig.replicas.at(-1) === 4);
        const [first = 0, second = 0, ...more] = rig.resizeTimes;
        expect(more).to.deep.equal([]);
        expect(second - first).to.be.at.least(4000 - 50);
        expect(await metric(process, 'elastic_worker_errors_total{kind="throttled"}')).to.equal(1);
      }),

    'after a conflict it observes again before it writes again': () =>
      withRig({}, async (rig) => {
        rig.world.faults.conflicts.push(SCALE);
        // So seldom that only the look before a write reads it.
        const process = rig.daemon({ ELASTIC_WORKER_TARGET_PERIOD: '1m' });
        await rig.submit(endless(4));
        const reads = (): number => rig.world.apiUsage.requests.get('get replicationcontrollers') ?? 0;
        const readsAtConflict = await rig.eventually('the conflict', () => rig.resizeTimes.length === 1 && reads());
        await rig.eventually('growth', () => rig.replicas.at(-1) === 4);
        expect(rig.resizeTimes).to.have.length(2);
        expect(reads()).to.be.above(readsAtConflict);
        const { decisions } = await passes(process, 1);
        const tried = decisions.filter(({ outcome }) => outcome.kind === 'done' || outcome.kind === 'failed');
        const outcomes = tried.map(({ outcome }) => outcome);
        expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['done', 'failed']);
        expect(String(outcomes[1]?.error)).to.include('conflict');
      }),
  });
});
