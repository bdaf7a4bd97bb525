import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { readEventLogs, type EventLogWorkload } from '../../../src/lab/event-log/read.ts';
import { event, logText, ran } from '../support/event-log.ts';
import { workloadProblems } from '../support/workloads.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const LOGS = join(FIXTURES, 'event-logs');
const LZ4 = join(LOGS, 'local-1795531719677.lz4');
const SNAPPY = join(LOGS, 'local-1795531719677.snappy');
const ROLLED = join(LOGS, 'eventlog_v2_local-1795531732680');

/** The application of the fixtures' README, which both Sparks ran. */
const SHAPE = [
  '0: after-previous, 0<-[] 12, 1<-[0] 4',
  '1: after-previous, 3<-[0] 4',
  '2: after-previous, 4<-[] 4',
  '3: after-previous, 5<-[] 4',
  '4: after-previous, 6<-[] N, 7<-[] N',
  '6: after-previous, 10<-[6+7] 1',
];

function shapeOf({ workload }: EventLogWorkload): string[] {
  return (workload.applications[0]?.jobs ?? []).map(({ id, start, stages }) => {
    // The two scans of the query get their numbers in either order.
    const each = stages.map((stage) => {
      const tasks = stage.id === 6 || stage.id === 7 ? 'N' : stage.taskMs.length;
      return `${stage.id}<-[${[...stage.parents].sort((a, b) => a - b).join('+')}] ${tasks}`;
    });
    return `${id}: ${start.kind}, ${each.join(', ')}`;
  });
}

const leftOut = (read: EventLogWorkload, index = 0): string[] =>
  (read.reports[index]?.leftOut ?? []).map(({ what, count }) => `${count} ${what}`);

const OF_THE_FAILED_JOB = [
  '2 task attempts that failed, were killed or were lost',
  '1 jobs that failed or were cancelled, of which the tasks that ended well are used',
  '2 stages that keep blocks whose size the log does not tell',
  '1 stages without any task that ended well',
  '1 jobs without any task that could be used',
  '1 jobs joined to one that they ran beside',
];

describe('event logs of real Sparks', () => {
  for (const [what, path, version] of [
    ['3.5.9, lz4', LZ4, '3.5.9'],
    ['3.5.9, snappy', SNAPPY, '3.5.9'],
    ['4.3.0, zstd in many frames, rolled', ROLLED, '4.3.0'],
  ] as const) {
    it(`${what}: the jobs, a shuffle read again, the query's parallel stages, and what was left out`, async () => {
      const read = await readEventLogs(path);
      expect(shapeOf(read)).to.deep.equal(SHAPE);
      expect(workloadProblems(read.workload)).to.deep.equal([]);
      expect(read.reports).to.have.length(1);
      expect(read.reports[0]).to.include({ sparkVersion: version, finished: true, jobs: 6, stages: 8, tasks: 36 });
      expect(leftOut(read)).to.have.members(OF_THE_FAILED_JOB);
      // The pause of 1.5 s that the application made before its second job.
      const start = read.workload.applications[0]?.jobs[1]?.start;
      expect(start?.kind === 'after-previous' ? start.thinkMs : 0).to.be.within(1_500, 1_700);
      expect(read.workload.applications[0]?.jobs[0]?.stages[0]?.shuffleWriteMiB).to.be.greaterThan(0);
    });
  }

  it('3.5.7, gzip: 60 tasks of 3 s or more, 35 s of idleness, 4 tasks', async () => {
    const { workload, reports } = await readEventLogs(join(FIXTURES, 'spark-3.5.7/event-log-burst.json.gz'));
    const [application] = workload.applications;
    expect(application?.jobs.map(({ stages }) => stages.map(({ taskMs }) => taskMs.length))).to.deep.equal([
      [60, 3],
      [4],
    ]);
    expect(application?.jobs[1]?.start).to.deep.equal({ kind: 'after-previous', thinkMs: 35_076 });
    expect(Math.min(...(application?.jobs[0]?.stages[0]?.taskMs ?? [])) / 1_000).to.be.within(3, 3.5);
    expect(application).to.include({ executorCores: 2, executorMemoryMiB: 1_024 });
    expect(application?.allocation).to.include({ executorIdleMs: 20_000, shuffleTracking: true });
    expect(reports[0]).to.include({ sparkVersion: '3.5.7', finished: true });
    expect(reports[0]?.leftOut).to.deep.equal([]);
  });

  it('a folder of applications: each once, from when the first one came', async () => {
    const { workload, reports } = await readEventLogs(LOGS);
    const ids = ['local-1795531732680', 'local-1795531719677', 'local-1795531719677-2'];
    expect(workload.applications.map(({ id }) => id)).to.deep.equal(ids);
    expect(workload.applications.map(({ arrivesAtMs }) => arrivesAtMs)).to.deep.equal([13_482, 0, 0]);
    // The README beside them is no log.
    expect(reports.find(({ log }) => log === 'README.md')).to.include({ applicationId: undefined, jobs: 0 });
  });
});

describe('event logs that are not whole', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const place = async (name: string, content: string | Uint8Array): Promise<string> => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  const job = (id: number): string =>
    logText([
      event.jobStart(id, 1_000_000 + id * 10_000, [{ id, tasks: 1 }]),
      ...ran({ id, tasks: 1 }, [100]),
      event.jobEnd(id, 1_001_000 + id * 10_000),
    ]);
  const head = logText([event.logStart(), event.appStart('app-1', 1_000_000)]);
  const jobIds = ({ workload }: EventLogWorkload): number[] =>
    workload.applications.flatMap(({ jobs }) => jobs.map(({ id }) => id));

  for (const [codec, file] of [
    ['lz4', LZ4],
    ['snappy', SNAPPY],
    ['zstd', join(ROLLED, 'events_1_local-1795531732680.zstd')],
    ['gzip', join(FIXTURES, 'spark-3.5.7/event-log-burst.json.gz')],
  ] as const) {
    it(`${codec}: what lies before the break is used, and the break is told`, async () => {
      const whole = await readFile(file);
      const path = await place(`cut.${codec}.inprogress`, whole.subarray(0, Math.floor(whole.length * 0.7)));
      const read = await readEventLogs(path);
      expect(jobIds(read)).to.include(0);
      expect(read.reports[0]?.finished).to.equal(false);
      expect(leftOut(read).join('\n')).to.match(new RegExp(`1 files that break off or are damaged \\(${codec}: `));
    });

    it(`${codec}: a spoilt middle neither hangs nor throws`, async () => {
      const whole = await readFile(file);
      whole.fill(0xa5, Math.floor(whole.length * 0.6), Math.floor(whole.length * 0.6) + 64);
      const read = await readEventLogs(await place('spoilt', whole));
      expect(jobIds(read)).to.include(0);
      expect(leftOut(read).length).to.be.greaterThan(0);
    });
  }

  it('passes over what is no event and what is cut, and counts both', async () => {
    const read = await readEventLogs(
      await place(
        'app-1.inprogress',
        `${head}\0\0\0\n${job(0)}{"Event":"SparkListenerJobStart"}\n${job(1)}{"Event":"Spark`,
      ),
    );
    expect(jobIds(read)).to.deep.equal([0, 1]);
    expect(leftOut(read)).to.deep.equal(['2 lines that are no event of Spark', '1 lines that are cut']);
  });

  it('reads gzip in many members and zstd in many frames', async () => {
    const parts = [head, job(0), job(1)];
    for (const pack of [gzipSync, zstdCompressSync]) {
      const read = await readEventLogs(await place('packed', Buffer.concat(parts.map((part) => pack(part)))));
      expect(jobIds(read)).to.deep.equal([0, 1]);
      expect(leftOut(read)).to.deep.equal([]);
    }
  });

  it('reads lz4 and snappy streams that follow each other in one file', async () => {
    for (const file of [LZ4, SNAPPY]) {
      const once = await readFile(file);
      const [single] = (await readEventLogs(file)).reports;
      const [twice] = (await readEventLogs(await place('twice', Buffer.concat([once, once])))).reports;
      expect(twice?.lines).to.equal(2 * (single?.lines ?? 0));
    }
  });

  it('says what to do with codecs that it does not read', async () => {
    const lzf = await readEventLogs(await place('app.lzf', Buffer.from('ZV\x01\x00\x10')));
    expect(leftOut(lzf).join()).to.contain('packed with lzf: unpack it first');
    const frame = await readEventLogs(await place('app.lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0, 0, 0, 0])));
    expect(leftOut(frame).join()).to.contain('packed with the lz4 program');
  });

  it('reads rolled files by their numbers, tells of one that is missing, and ignores appstatus', async () => {
    for (const [index, text] of [head, job(0), '', '', '', '', '', '', '', job(1)].entries()) {
      if (text !== '') await place(`eventlog_v2_app-1/events_${index + 1}_app-1`, text);
    }
    await place('eventlog_v2_app-1/appstatus_app-1.inprogress', '');
    await place('eventlog_v2_app-1/.events_1_app-1.crc', 'crc');
    for (const path of [folder, join(folder, 'eventlog_v2_app-1')]) {
      const read = await readEventLogs(path);
      expect(jobIds(read)).to.deep.equal([0, 1]);
      expect(leftOut(read)).to.deep.equal(['7 rolled files that are missing']);
    }
  });

  it('goes by a compacted file only where the originals are gone', async () => {
    await place('eventlog_v2_app-1/events_1_app-1', `${head}${job(0)}`);
    await place('eventlog_v2_app-1/events_2_app-1', job(1));
    await place('eventlog_v2_app-1/events_2_app-1.compact', head);
    await place('eventlog_v2_app-1/events_3_app-1', job(2));
    const both = await readEventLogs(folder);
    expect(jobIds(both)).to.deep.equal([0, 1, 2]);
    expect(leftOut(both)).to.deep.equal([]);
    await rm(join(folder, 'eventlog_v2_app-1/events_1_app-1'));
    const compacted = await readEventLogs(folder);
    expect(jobIds(compacted)).to.deep.equal([2]);
    expect(leftOut(compacted)).to.deep.equal(['1 compacted files, which tell nothing of jobs that had ended']);
  });

  it('a folder: hidden, empty and foreign files are no applications', async () => {
    await cp(LZ4, join(folder, 'app-2.lz4'));
    await place('app-1', `${head}${job(0)}`);
    await place('app-3.inprogress', '');
    await place('.app-1.crc', 'crc');
    await place('_SUCCESS', 'x');
    await place('some-folder/app-9', `${head}${job(0)}`);
    const { workload, reports } = await readEventLogs(folder);
    expect(workload.applications.map(({ id }) => id)).to.deep.equal(['app-1', 'local-1795531719677']);
    expect(reports.map(({ log }) => log)).to.deep.equal(['app-1', 'app-2.lz4']);
  });

  it('rejects for a path that is not there', async () => {
    const failure = await readEventLogs(join(folder, 'nothing')).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'ENOENT');
  });
});
