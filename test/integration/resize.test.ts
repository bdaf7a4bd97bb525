/** The count follows demand, and only what was chosen goes, whoever is killed in between. */
import { expect } from 'chai';
import { worldStats } from '../../demo/standin/world.ts';
import { changesIn, changesSeen, decided, endless, passes, sideBySide, withRig, workersIn } from './rig.ts';

/** A container that is started again in its pod: it may take its predecessor's Lease at once. */
const SAME_POD = { POD_NAME: 'spark-master-0', POD_UID: '3f0b9c1e-0000-4000-8000-000000000001' };

describe('the daemon and the count', function () {
  this.timeout(300_000);

  sideBySide({
    'grows for a burst and shrinks after it: only chosen idle pods go, and /status tells every change': () =>
      withRig({}, async (rig) => {
        const process = rig.daemon();
        const app = await rig.submit({ tasks: 40, taskMs: 1000 });
        await rig.eventually('six workers planned', () => rig.replicas.at(-1) === 6);
        await rig.eventually('the job’s end', () => rig.world.spark.apps.get(app)?.jobs[0]?.doneAtMs !== undefined);
        await rig.eventually('one worker left', () => rig.replicas.at(-1) === 1 && rig.world.kube.pods.size === 1);
        const status = await passes(process, 2);
        expect(changesIn(status)).to.deep.equal(changesSeen(rig));
        expect(rig.replicas.slice(0, 2)).to.deep.equal([1, 6]);
        const victims = status.decisions.flatMap(({ change }) => change?.victims ?? []);
        expect([...rig.endedPods]).to.have.members(victims);
        expect(victims).to.have.length(5);
        expect(worldStats(rig.world)).to.include({ tasksKilled: 0, executorsLostWithWork: 0 });
        expect(rig.writes()).to.not.include('delete pods');
      }),

    'shrinks on where workers fall idle while others leave, and replaces none': () =>
      withRig({ initialWorkers: 4 }, async (rig) => {
        const apps = [await rig.submit(endless(1)), await rig.submit(endless(2))];
        const process = rig.daemon({ ELASTIC_WORKER_SETTLE: '3s' });
        await rig.eventually('a marked worker', () => workersIn(rig, 'DECOMMISSIONED').length === 1);
        for (const app of apps) await rig.standin.finishApplication(app);
        await rig.eventually('one worker left', () => rig.world.kube.pods.size === 1);
        const status = await passes(process, 2);
        expect(changesIn(status)).to.deep.equal(changesSeen(rig));
        // In one batch or in two, as the second look falls.
        expect([
          [4, 3, 1],
          [4, 1],
        ]).to.deep.include(rig.replicas);
        expect(status.decisions.flatMap(({ change }) => change?.victims ?? [])).to.have.members([...rig.endedPods]);
        expect(rig.writes()).to.not.include('delete pods');
      }),

    'R16: killed right after the mark, it goes on where the pods say it stood: no other pod goes, nothing is reversed':
      () =>
        withRig({ initialWorkers: 4 }, async (rig) => {
          await rig.submit(endless(1));
          const first = rig.daemon(SAME_POD);
          const marked = await rig.eventually('marked workers', () => {
            const workers = workersIn(rig, 'DECOMMISSIONED');
            return workers.length > 0 && workers.map(({ podUid }) => podUid);
          });
          first.kill('SIGKILL');
          await first.ended;
          expect(rig.replicas).to.deep.equal([4]);
          const names = [...rig.world.kube.pods.values()]
            .filter(({ uid }) => marked.includes(uid))
            .map(({ name }) => name);
          const second = rig.daemon(SAME_POD);
          await rig.eventually('one worker left', () => rig.world.kube.pods.size === 1);
          const status = await passes(second, 2);
          expect(changesIn(status)).to.deep.equal(changesSeen(rig));
          expect(rig.replicas.at(-1)).to.equal(1);
          expect([...rig.endedPods]).to.include.members(names);
          expect(status.decisions.flatMap(({ change }) => change?.victims ?? [])).to.have.members([...rig.endedPods]);
          expect(worldStats(rig.world)).to.include({ tasksKilled: 0, executorsLostWithWork: 0 });
        }),

    'killed right after a growth was accepted, it reverses nothing when it is started again': () =>
      withRig({ podStartMs: 1500 }, async (rig) => {
        const first = rig.daemon(SAME_POD);
        await decided(first, 'a first look', ({ counts }) => counts.observed === 1);
        await rig.submit(endless(5));
        await rig.eventually('the growth', () => rig.replicas.at(-1) === 5);
        first.kill('SIGKILL');
        await first.ended;
        const second = rig.daemon(SAME_POD);
        await decided(second, 'all workers seen', ({ counts }) => counts.observed === 5);
        const { decisions, standing } = await passes(second, 4);
        expect(standing?.acts).to.equal(true);
        expect(decisions.filter(({ change }) => change !== null)).to.deep.equal([]);
        expect(decisions[0]?.reason).to.equal('steady');
        expect(rig.replicas).to.deep.equal([1, 5]);
        expect(rig.endedPods.size).to.equal(0);
      }),

    'of two daemons only one acts; when it ends, the other takes over': () =>
      withRig({}, async (rig) => {
        const one = rig.daemon({}, 0);
        await decided(one, 'holding the Lease', (_, { standing }) => standing?.acts === true);
        const other = rig.daemon({}, 1);
        await decided(other, 'standing by', (_, { standing }) => standing?.code === 'not-holder');
        await rig.submit(endless(3));
        await decided(other, 'the growth seen', ({ counts }) => counts.planned === 3);
        await passes(other, 2);
        expect(changesIn(await passes(one, 1))).to.deep.equal([[1, 3]]);
        expect(changesIn(await passes(other, 1))).to.deep.equal([]);
        one.kill('SIGTERM');
        expect(await one.ended).to.deep.equal({ code: 0, signal: null });
        await rig.submit(endless(2));
        await rig.eventually('the other’s growth', () => rig.replicas.at(-1) === 5);
        expect(changesIn(await passes(other, 1))).to.deep.equal([[3, 5]]);
        expect(rig.replicas).to.deep.equal([1, 3, 5]);
      }),
  });
});
