import { expect } from 'chai';
import { gaugesOf } from '../../demo/standin/spark/allocation.ts';
import type { Application, Worker } from '../../demo/standin/spark/model.ts';
import { killPod, startApp, submit, worldStats, type World } from '../../demo/standin/world.ts';
import { at, gauges, jsonOf, later, mark, master, masterJsonOf, smallWorld, start } from './support.ts';

function workers(world: World): Worker[] {
  return [...world.spark.workers.values()];
}

function executorsPerWorker(world: World): number[] {
  return workers(world).map((worker) => worker.executors.size);
}

function podNameOf(world: World, worker: Worker): string {
  const pod = [...world.kube.pods.values()].find(({ uid }) => uid === worker.podUid);
  return pod?.name ?? 'none';
}

function workerPage(world: World, worker: Worker): ReturnType<typeof jsonOf> {
  return jsonOf(master(world, `/proxy/${worker.id}/json/`));
}

describe('stand-in: dynamic allocation (spark.md 6.2)', () => {
  it('shows the need at once and climbs 1, 3, 7, 15, 30 a second apart, as captured on 3.5.7', () => {
    const world = smallWorld();
    const app = start(world);
    submit(world, app.id, { tasks: 60, taskMs: 3_600_000 });
    const targets: (number | undefined)[] = [];
    later(world, 0.5);
    expect(gaugesOf(app)).to.include({ numberMaxNeededExecutors: 30, numberTargetExecutors: 0 });
    for (let second = 0; second < 5; second += 1) {
      later(world, 1);
      targets.push(gaugesOf(app)?.numberTargetExecutors);
    }
    expect(targets).to.deep.equal([1, 3, 7, 15, 30]);
  });

  it('drops the target at once to what is needed, caps it by maxExecutors, and never caps the need', () => {
    const world = smallWorld();
    const app = start(world, { maxExecutors: 4 });
    submit(world, app.id, { tasks: 40, taskMs: 10_000 });
    later(world, 10);
    expect(gauges(world, app)).to.include({ numberTargetExecutors: 4, numberAllExecutors: 4 });
    expect(Number(gauges(world, app).numberMaxNeededExecutors)).to.be.above(4);
    later(world, 120);
    expect(gauges(world, app)).to.include({ numberTargetExecutors: 0, numberMaxNeededExecutors: 0 });
  });

  it('removes idle executors after their timeout, shown as leaving first, and not below the minimum', () => {
    const world = smallWorld();
    const app = start(world, { minExecutors: 1, idleTimeoutMs: 5000, decommission: false });
    submit(world, app.id, { tasks: 8, taskMs: 6000 });
    later(world, 10.5);
    expect(gauges(world, app)).to.include({ numberAllExecutors: 4, numberExecutorsPendingToRemove: 0 });
    let most = 0;
    for (let step = 0; step < 100; step += 1) {
      later(world, 0.1);
      most = Math.max(most, Number(gauges(world, app).numberExecutorsPendingToRemove));
    }
    expect(most).to.be.within(1, 3);
    expect(gauges(world, app)).to.include({ numberAllExecutors: 1, numberExecutorsPendingToRemove: 0 });
  });

  it('keeps executors that hold shuffle data for ever under shuffle tracking', () => {
    const world = smallWorld();
    const app = start(world, { idleTimeoutMs: 5000 });
    const stages = [
      { tasks: 8, taskMs: 1000 },
      { tasks: 2, taskMs: 1000 },
    ];
    submit(world, app.id, { stages });
    later(world, 600);
    expect(worldStats(world).jobs[0]?.doneAtMs).to.be.a('number');
    const { numberAllExecutors, ...rest } = gauges(world, app);
    expect(numberAllExecutors).to.be.above(0);
    expect(rest).to.include({ numberTargetExecutors: 0, numberMaxNeededExecutors: 0 });
  });

  it('publishes no allocation gauges for an application without dynamic allocation', () => {
    const world = smallWorld();
    const app = start(world, { dynamicAllocation: false });
    later(world, 3);
    expect(gauges(world, app)).to.deep.equal({});
    expect(executorsPerWorker(world)).to.deep.equal([2, 2]);
  });
});

describe('stand-in: placement (spark.md 7)', () => {
  const wantsThree = { dynamicAllocation: true, minExecutors: 3, initialExecutors: 3, executorCores: 1 };

  it('spreads by default and packs when told to', () => {
    const spread = smallWorld({ initialWorkers: 3 });
    const packed = smallWorld({ initialWorkers: 3, placement: 'pack' });
    for (const world of [spread, packed]) {
      start(world, wantsThree);
      later(world, 1);
    }
    expect(executorsPerWorker(spread)).to.deep.equal([1, 1, 1]);
    expect(executorsPerWorker(packed)).to.deep.equal([3, 0, 0]);
  });

  it('heeds memory and cores.max', () => {
    const world = smallWorld({ initialWorkers: 1, workerCores: 8, workerMemoryMiB: 4096 });
    const big = start(world, { dynamicAllocation: false, executorCores: 1, executorMemoryMiB: 2048, coresMax: 1 });
    later(world, 1);
    expect(big.executors.size).to.equal(1);
    start(world, { dynamicAllocation: false, executorCores: 1, executorMemoryMiB: 1024 });
    later(world, 1);
    expect(masterJsonOf(world)).to.include({ coresused: 3, memoryused: 4096 });
  });

  it('gives an executor without a size all free cores of its worker', () => {
    const world = smallWorld();
    const greedy = startApp(world, { name: 'greedy', executorMemoryMiB: 1024, dynamicAllocation: false });
    later(world, 1);
    expect([...greedy.executors].map(({ cores }) => cores)).to.deep.equal([4, 4]);
  });

  it('schedules nothing while the master recovers', () => {
    const world = smallWorld();
    world.spark.status = 'RECOVERING';
    start(world, wantsThree);
    later(world, 5);
    expect(executorsPerWorker(world)).to.deep.equal([0, 0]);
    world.spark.status = 'ALIVE';
    later(world, 1);
    expect(executorsPerWorker(world)).to.deep.equal([2, 1]);
  });
});

describe('stand-in: decommission (spark.md 8)', () => {
  function busyWorld(taskMs: number): { world: World; app: Application; victim: Worker } {
    const world = smallWorld();
    const app = start(world, { minExecutors: 2, initialExecutors: 2 });
    submit(world, app.id, { tasks: 4, taskMs });
    later(world, 3);
    const [victim] = workers(world);
    return { world, app, victim: victim! };
  }

  it('freezes the master, lets the worker tell the truth, and kills no task', () => {
    const { world, app, victim } = busyWorld(10_000);
    expect(mark(world, [victim.host])).to.equal(200);
    expect(at(masterJsonOf(world), 'activeapps', 0, 'cores')).to.equal(2);
    expect(master(world, `/app/?appId=${app.id}`).body).to.match(/\(1 granted\)/);
    later(world, 1);
    expect(at(masterJsonOf(world), 'workers', 0)).to.include({ state: 'DECOMMISSIONED', coresused: 2 });
    expect(workerPage(world, victim)).to.include({ coresused: 2 });
    later(world, 20);
    expect(at(masterJsonOf(world), 'workers', 0)).to.include({ state: 'DECOMMISSIONED', coresused: 2 });
    expect(workerPage(world, victim)).to.include({ coresused: 0, memoryused: 0 });
    expect(at(masterJsonOf(world), 'activeapps', 0, 'cores')).to.equal(4); // replaced on the other worker
    killPod(world, podNameOf(world, victim));
    later(world, 1);
    expect(victim.state).to.equal('DEAD');
    expect(worldStats(world)).to.include({ tasksKilled: 0, tasksRepeated: 0, executorsLostWithWork: 0 });
    expect(app.jobs[0]?.doneAtMs).to.be.a('number');
  });

  it('counts the tasks that die with a pod, runs them again and finishes the job', () => {
    const { world, app, victim } = busyWorld(10_000);
    killPod(world, podNameOf(world, victim));
    later(world, 1);
    expect(worldStats(world)).to.include({ tasksKilled: 2, executorsLostWithWork: 1 });
    later(world, 40);
    expect(app.jobs[0]).to.have.property('doneAtMs').that.is.a('number');
    expect(app.jobs[0]?.stages[0]).to.include({ done: 4, running: 0 });
  });

  it('never lets an executor go whose application has decommission off', () => {
    const world = smallWorld();
    start(world, { minExecutors: 2, initialExecutors: 2, decommission: false });
    later(world, 3);
    const [victim] = workers(world);
    mark(world, [victim!.host]);
    later(world, 600);
    expect(workerPage(world, victim!)).to.include({ coresused: 2 });
  });

  it('moves shuffle output to a survivor, and repeats tasks only where it is lost', () => {
    const stages = [
      { tasks: 4, taskMs: 1000 },
      { tasks: 1, taskMs: 60_000 },
    ];
    const outcome = (drain: boolean): number => {
      const world = smallWorld();
      const app = start(world, { minExecutors: 2, initialExecutors: 2 });
      submit(world, app.id, { stages });
      later(world, 4);
      const idle = [...app.executors].find((executor) => executor.tasks.length === 0);
      if (drain) mark(world, [idle!.worker.host]);
      later(world, 7);
      if (drain) expect(workerPage(world, idle!.worker)).to.include({ coresused: 0 });
      killPod(world, podNameOf(world, idle!.worker));
      later(world, 100);
      expect(app.jobs[0]?.doneAtMs).to.be.a('number');
      return worldStats(world).tasksRepeated;
    };
    expect(outcome(true)).to.equal(0);
    expect(outcome(false)).to.equal(2);
  });

  it('answers 404 to unknown hosts and from STANDBY, 405 where it is off and to GET, 302 without the slash', () => {
    const world = smallWorld();
    const [worker] = workers(world);
    expect(mark(world, ['127.0.0.9'])).to.equal(404);
    expect(master(world, '/workers/kill/')).to.include({ status: 405 });
    expect(master(world, '/workers/kill')).to.include({ status: 302 });
    world.spark.status = 'STANDBY';
    expect(mark(world, [worker!.host])).to.equal(404);
    expect(worker!.state).to.equal('ALIVE');
    const off = smallWorld({ decommissionEnabled: false });
    expect(mark(off, [workers(off)[0]!.host])).to.equal(405);
  });

  it('takes several hosts in one request', () => {
    const world = smallWorld({ initialWorkers: 3 });
    const hosts = workers(world).map(({ host }) => host);
    expect(mark(world, hosts.slice(0, 2))).to.equal(200);
    expect(workers(world).map(({ state }) => state)).to.deep.equal(['DECOMMISSIONED', 'DECOMMISSIONED', 'ALIVE']);
    expect(masterJsonOf(world)).to.include({ aliveworkers: 1 });
  });
});
