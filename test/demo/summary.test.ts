/** What the demo's exit code rests on. */
import { expect } from 'chai';
import { failuresOf, summaryOf, summaryTable, type Summary } from '../../demo/summary.ts';
import { advance, createWorld, finishApp, killPod, startApp, submit, type World } from '../../demo/standin/world.ts';

const JOB = { tasks: 8, taskMs: 5000 };
const OUTAGE = { fromEpochMs: 10_000, toEpochMs: 20_000, busyWorkers: 2, runningTasks: 8 };

function decision(atEpochMs: number, from: number, to: number) {
  const direction = to > from ? ('grow' as const) : ('shrink' as const);
  return {
    sequence: 1,
    atEpochMs,
    change: { direction, from, to, victims: [] },
    reason: 'surplus',
    sentence: '',
    outcome: { kind: 'done' },
    counts: { wanted: 0, desired: 0, planned: 0, observed: 0 },
    demands: [],
    blockers: [],
  };
}

function summaryAfter(play: (world: World) => void, decisions: readonly ReturnType<typeof decision>[] = []): Summary {
  const world = createWorld({ initialWorkers: 2, startAtEpochMs: 0 });
  const app = startApp(world, { name: 'a', executorCores: 4, executorMemoryMiB: 1024, dynamicAllocation: true });
  submit(world, app.id, JOB);
  advance(world, 4000);
  play(world);
  advance(world, 60_000);
  finishApp(world, app.id);
  return summaryOf({ world, workerSecondsBefore: 0, seconds: 60, maxWorkers: 8, decisions, outage: OUTAGE });
}

describe('the demo’s summary', () => {
  it('adds up worker-seconds, tasks and resizes of a good run, which has no failures', () => {
    const summary = summaryAfter(
      () => undefined,
      [decision(5000, 2, 4), decision(25_000, 4, 2), decision(30_000, 2, 1)],
    );
    expect(failuresOf(summary)).to.deep.equal([]);
    expect(summary).to.deep.include({
      workerSeconds: 120,
      alwaysMaxWorkerSeconds: 480,
      tasksSubmitted: 8,
      tasksDone: 8,
      growths: 1,
      shrinks: 2,
      shrinksInOutage: 0,
    });
    expect(summaryTable(summary, false))
      .to.match(/saved +│ +75 %/)
      .and.to.match(/resizes +│ +1 up, 2 down/);
  });

  it('tells of a busy worker that was killed, and of its tasks, though all were done in the end', () => {
    const summary = summaryAfter((world) => {
      const [name = ''] = world.kube.pods.keys();
      killPod(world, name);
    });
    expect(summary.tasksDone).to.equal(8);
    expect(failuresOf(summary)).to.deep.equal(['4 tasks were killed', '1 busy workers were killed']);
  });

  it('tells of tasks that are not done, and of a shrink in the outage', () => {
    const wide = summaryAfter(
      (world) => {
        world.kube.controller.replicas = 0;
        advance(world, 10_000);
      },
      [decision(10_000, 2, 0), decision(20_001, 2, 1)],
    );
    expect(failuresOf(wide)).to.include.members([
      '0 of 8 tasks are done',
      'the count was lowered 1 times while demand was unknown',
    ]);
  });
});
