import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEventLogs, type LogReport } from '../../../src/lab/event-log/read.ts';
import type { ApplicationSpec, Workload } from '../../../src/lab/workload.ts';
import { event, logText, ran, type Json } from '../support/event-log.ts';
import { workloadProblems } from '../support/workloads.ts';

interface Read {
  readonly workload: Workload;
  readonly application: ApplicationSpec;
  readonly report: LogReport;
  readonly leftOut: readonly string[];
}

describe('event log: jobs, stages, tasks', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function read(events: readonly Json[]): Promise<Read> {
    const path = join(folder, 'app-1');
    await writeFile(path, logText(events));
    const { workload, reports } = await readEventLogs(path);
    const [application] = workload.applications;
    const [report] = reports;
    if (application === undefined || report === undefined) throw new Error('no application was read');
    expect(workloadProblems(workload)).to.deep.equal([]);
    return { workload, application, report, leftOut: report.leftOut.map(({ what, count }) => `${count} ${what}`) };
  }

  const start = [event.logStart(), event.appStart('app-1', 1_000_000)];

  it('takes the stage DAG, task times and shuffle sizes of a job', async () => {
    const stages = [
      { id: 0, tasks: 2 },
      { id: 1, tasks: 3, parents: [0] },
    ];
    const { application, leftOut, report } = await read([
      ...start,
      event.jobStart(0, 1_000_500, stages),
      ...ran({ id: 0, tasks: 2 }, [400, 600], { isMap: true, shuffleBytes: 1024 ** 2 }),
      ...ran({ id: 1, tasks: 3 }, [10, 20, 30]),
      event.jobEnd(0, 1_002_000),
      event.appEnd(1_003_000),
    ]);
    expect(application.jobs).to.deep.equal([
      {
        id: 0,
        start: { kind: 'after-previous', thinkMs: 500 },
        stages: [
          { id: 0, parents: [], taskMs: [400, 600], shuffleWriteMiB: 2, cachedMiB: 0 },
          { id: 1, parents: [0], taskMs: [10, 20, 30], shuffleWriteMiB: 0, cachedMiB: 0 },
        ],
      },
    ]);
    expect(leftOut).to.deep.equal([]);
    expect(report).to.include({ finished: true, jobs: 1, stages: 2, tasks: 5, sparkVersion: '3.5.7' });
  });

  it('traces a skipped stage to the one that wrote its shuffle', async () => {
    const again = [
      { id: 2, tasks: 2, rdd: 0 },
      { id: 3, tasks: 1, parents: [2] },
    ];
    const { application, leftOut } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [
        { id: 0, tasks: 2 },
        { id: 1, tasks: 1, parents: [0] },
      ]),
      ...ran({ id: 0, tasks: 2 }, [5, 5], { isMap: true, shuffleBytes: 9 }),
      ...ran({ id: 1, tasks: 1 }, [5]),
      event.jobEnd(0, 1_001_000),
      event.jobStart(1, 1_004_000, again),
      ...ran({ id: 3, tasks: 1 }, [7]),
      event.jobEnd(1, 1_005_000),
    ]);
    expect(application.jobs[1]?.stages.map(({ id, parents }) => ({ id, parents }))).to.deep.equal([
      { id: 3, parents: [0] },
    ]);
    expect(application.jobs[1]?.start).to.deep.equal({ kind: 'after-previous', thinkMs: 3_000 });
    expect(leftOut).to.deep.equal([]);
  });

  it('leaves out a stage that only computed lost blocks again, and says so', async () => {
    const { application, leftOut } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [{ id: 0, tasks: 4 }]),
      ...ran({ id: 0, tasks: 4 }, [5, 5, 5, 5], { isMap: true, shuffleBytes: 9 }),
      event.jobEnd(0, 1_001_000),
      event.jobStart(1, 1_004_000, [
        { id: 1, tasks: 4, rdd: 0 },
        { id: 2, tasks: 1, parents: [1] },
      ]),
      ...ran({ id: 1, tasks: 2, rdd: 0, partitions: 4 }, [5, 5], { isMap: true, shuffleBytes: 9 }),
      ...ran({ id: 2, tasks: 1 }, [7]),
      event.jobEnd(1, 1_005_000),
    ]);
    expect(application.jobs.map(({ stages }) => stages.map(({ id }) => id))).to.deep.equal([[0], [2]]);
    expect(application.jobs[1]?.stages[0]?.parents).to.deep.equal([0]);
    expect(leftOut).to.deep.equal(['1 stages that computed lost blocks again']);
  });

  it('counts attempts that failed and copies, and takes the first that did well', async () => {
    const { application, leftOut } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [{ id: 0, tasks: 2 }]),
      event.submitted({ id: 0, tasks: 2 }),
      event.task(0, 0, 99, { reason: 'ExecutorLostFailure' }),
      event.task(0, 0, 40),
      event.task(0, 1, 50),
      event.task(0, 1, 77),
      event.completed({ id: 0, tasks: 2 }),
      event.jobEnd(0, 1_001_000),
    ]);
    expect(application.jobs[0]?.stages[0]?.taskMs).to.deep.equal([40, 50]);
    expect(leftOut).to.have.members([
      '1 task attempts that failed, were killed or were lost',
      '1 tasks that did again what another had done',
    ]);
  });

  it('before 3.3: tasks of a second attempt fill the gaps of the first', async () => {
    const { application } = await read([
      event.logStart('2.4.8'),
      event.appStart('app-1', 1_000_000),
      event.jobStart(0, 1_000_000, [{ id: 0, tasks: 3 }]),
      event.submitted({ id: 0, tasks: 3 }),
      event.task(0, 0, 40, { old: true }),
      event.task(0, 1, 50, { old: true }),
      event.submitted({ id: 0, tasks: 1, attempt: 1 }),
      event.task(0, 0, 60, { old: true, attempt: 1 }),
      event.completed({ id: 0, tasks: 1, attempt: 1 }),
      event.jobEnd(0, 1_001_000),
    ]);
    expect(application.jobs[0]?.stages[0]?.taskMs).to.deep.equal([40, 50, 60]);
  });

  it('a log that ends early: tasks still out are filled in with the median, and counted', async () => {
    const { application, leftOut, report } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [
        { id: 0, tasks: 5 },
        { id: 1, tasks: 2, parents: [0] },
      ]),
      event.submitted({ id: 0, tasks: 5 }),
      ...[10, 30, 20].map((ms, index) => event.task(0, index, ms, { isMap: true })),
    ]);
    expect(application.jobs[0]?.stages.map(({ taskMs }) => taskMs)).to.deep.equal([[10, 30, 20, 20, 20]]);
    expect(leftOut).to.deep.equal(['2 tasks without an end in the log, filled in with the median of their stage']);
    expect(report.finished).to.equal(false);
  });

  it('a job that failed: only what ended well, nothing filled in', async () => {
    const { application, leftOut } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [{ id: 0, tasks: 5 }]),
      event.submitted({ id: 0, tasks: 5 }),
      event.task(0, 1, 10),
      event.task(0, 2, 10, { reason: 'ExceptionFailure' }),
      event.completed({ id: 0, tasks: 5, failure: 'Job aborted' }),
      event.jobEnd(0, 1_001_000, 'JobFailed'),
    ]);
    expect(application.jobs[0]?.stages[0]?.taskMs).to.deep.equal([10]);
    expect(leftOut.join()).to.contain('1 jobs that failed or were cancelled');
  });

  it('joins the parallel parts of a query; another that overlaps comes at its own moment', async () => {
    const job = (id: number, atMs: number, endMs: number, query?: string): Json[] => [
      event.jobStart(id, atMs, [{ id, tasks: 1 }], query),
      ...ran({ id, tasks: 1 }, [5]),
      event.jobEnd(id, endMs),
    ];
    const { application, leftOut } = await read([
      ...start,
      ...job(0, 1_001_000, 1_010_000, '7'),
      ...job(1, 1_001_200, 1_011_000),
      ...job(2, 1_004_000, 1_012_000, '7'),
      ...job(3, 1_006_000, 1_020_000),
      ...job(4, 1_025_000, 1_026_000, '7'),
    ]);
    const shape = application.jobs.map(({ start: begins, stages }) => ({ ...begins, stages: stages.length }));
    expect(shape).to.deep.equal([
      { kind: 'after-previous', thinkMs: 1_000, stages: 3 },
      { kind: 'at', atMs: 6_000, stages: 1 },
      { kind: 'after-previous', thinkMs: 5_000, stages: 1 },
    ]);
    expect(leftOut).to.deep.equal(['2 jobs joined to one that they ran beside']);
  });

  it('after others that overlapped, a job is not tied to the one that ended early', async () => {
    const job = (id: number, atMs: number, endMs: number): Json[] => [
      event.jobStart(id, atMs, [{ id, tasks: 1 }]),
      ...ran({ id, tasks: 1 }, [5]),
      event.jobEnd(id, endMs),
    ];
    const { application } = await read([
      ...start,
      ...job(0, 1_000_000, 1_030_000),
      ...job(1, 1_012_000, 1_020_000),
      ...job(2, 1_031_000, 1_032_000),
    ]);
    expect(application.jobs.map(({ start: begins }) => begins.kind)).to.deep.equal(['after-previous', 'at', 'at']);
  });

  it('counts what has lost its other half', async () => {
    const { application, leftOut } = await read([
      ...start,
      event.jobStart(0, 1_000_000, [{ id: 0, tasks: 1 }]),
      ...ran({ id: 0, tasks: 1 }, [5]),
      event.jobEnd(0, 1_001_000),
      event.jobEnd(8, 1_001_000),
      ...ran({ id: 5, tasks: 1 }, [5]),
      event.task(6, 0, 5),
      event.jobStart(9, 1_002_000, [{ id: 9, tasks: 1, parents: [7], caches: true }]),
      ...ran({ id: 9, tasks: 1 }, [5]),
      event.jobStart(10, 1_003_000, [{ id: 10, tasks: 4 }]),
    ]);
    expect(application.jobs.map(({ id }) => id)).to.deep.equal([0, 9]);
    expect(leftOut).to.have.members([
      '1 ends of jobs whose start is missing',
      '1 tasks of stages that the log does not tell about',
      '1 stages that keep blocks whose size the log does not tell',
      '1 reads of a shuffle whose writer could not be found',
      '1 jobs without any task that could be used',
      '1 stages whose job is missing',
    ]);
  });

  it('takes executors and dynamic allocation from the properties, with defaults of the version', async () => {
    const job = [event.jobStart(0, 1_000_000, [{ id: 0, tasks: 1 }]), ...ran({ id: 0, tasks: 1 }, [5])];
    const set = {
      'spark.dynamicAllocation.enabled': 'true',
      'spark.dynamicAllocation.minExecutors': '1',
      'spark.dynamicAllocation.initialExecutors': '3',
      'spark.dynamicAllocation.maxExecutors': '9',
      'spark.dynamicAllocation.schedulerBacklogTimeout': '500ms',
      'spark.dynamicAllocation.executorIdleTimeout': '2min',
      'spark.executor.cores': '4',
      'spark.executor.memory': '2g',
      'spark.task.cpus': '2',
      'spark.cores.max': '40',
      'spark.decommission.enabled': 'true',
      'spark.storage.decommission.enabled': 'true',
    };
    const { application } = await read([...start, event.environment(set), ...job]);
    expect(application).to.include({
      executorCores: 4,
      executorMemoryMiB: 2_048,
      taskCpus: 2,
      coresMax: 40,
      canDrain: true,
    });
    expect(application.allocation).to.deep.equal({
      minExecutors: 1,
      maxExecutors: 9,
      initialExecutors: 3,
      schedulerBacklogMs: 500,
      sustainedBacklogMs: 500,
      executorIdleMs: 120_000,
      shuffleTracking: true,
    });
    const old = await read([event.logStart('2.4.8'), ...start.slice(1), event.environment(set), ...job]);
    expect(old.application.canDrain).to.equal(false);
    expect(old.application.allocation?.shuffleTracking).to.equal(false);
    const odd = await read([...start, event.environment({ 'spark.cores.max': 'many' }), ...job]);
    expect(odd.application).to.include({ coresMax: undefined, executorCores: 1, executorMemoryMiB: 1_024 });
    expect(odd.application.allocation).to.equal(undefined);
    expect(odd.leftOut).to.deep.equal(['1 settings that cannot be read (spark.cores.max)']);
  });

  it('is interactive where short jobs follow pauses, else batch', async () => {
    const jobs = (gapMs: number): Json[] =>
      [0, 1, 2, 3].flatMap((id) => [
        event.jobStart(id, 1_000_000 + id * (gapMs + 2_000), [{ id, tasks: 1 }]),
        ...ran({ id, tasks: 1 }, [5]),
        event.jobEnd(id, 1_002_000 + id * (gapMs + 2_000)),
      ]);
    expect((await read([...start, ...jobs(20_000)])).workload.kind).to.equal('interactive');
    expect((await read([...start, ...jobs(100)])).workload.kind).to.equal('batch');
  });
});
