import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { analyseEventLog } from './event-log.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'spark-3.5.7', 'event-log-burst.json.gz');

const line = (event: string, fields: object): string => JSON.stringify({ Event: `SparkListener${event}`, ...fields });

const stage = (id: number, attempt: number, rdds: number[], name = 'reduceByKey at app.py:1'): string =>
  line('StageSubmitted', {
    'Stage Info': {
      'Stage ID': id,
      'Stage Attempt ID': attempt,
      'Stage Name': name,
      'RDD Info': rdds.map((rdd) => ({ 'RDD ID': rdd })),
    },
  });

const info = (task: number, partition: number, executor: string): object => ({
  'Task ID': task,
  Index: partition,
  'Partition ID': partition,
  'Executor ID': executor,
  'Finish Time': 1000 + task,
});

const start = (task: number, partition = 0, executor = '1'): string =>
  line('TaskStart', { 'Task Info': info(task, partition, executor) });

interface End {
  readonly run?: readonly [number, number];
  readonly partition?: number;
  readonly executor?: string;
  readonly type?: 'ShuffleMapTask' | 'ResultTask';
  readonly reason?: object;
}

const end = (
  task: number,
  { run = [0, 0], partition = 0, executor = '1', type = 'ShuffleMapTask', reason }: End,
): string =>
  line('TaskEnd', {
    'Stage ID': run[0],
    'Stage Attempt ID': run[1],
    'Task Type': type,
    'Task End Reason': reason ?? { Reason: 'Success' },
    'Task Info': info(task, partition, executor),
  });

const added = (executor: string): string =>
  line('ExecutorAdded', { Timestamp: 1, 'Executor ID': executor, 'Executor Info': { Host: '127.0.1.2' } });

const removed = (executor: string, reason: string): string =>
  line('ExecutorRemoved', { Timestamp: 2, 'Executor ID': executor, 'Removed Reason': reason });

describe('analyseEventLog', () => {
  it('reads a real log (Spark 3.5.7): two map stages, nothing lost', () => {
    const report = analyseEventLog(gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n'));

    expect(report).to.deep.include({
      appId: 'app-20261123004442-0000',
      sparkVersion: '3.5.7',
      ended: true,
      jobsSucceeded: 2,
      jobsFailed: 0,
      tasksStarted: 67,
      tasksSucceeded: 67,
      failures: [],
      executorsAdded: 2,
      executorsRemoved: [],
      mapTasksRepeated: 0,
      stagesRunTwice: [],
    });
  });

  it('counts the tasks that went down with an executor, also when their ends follow the removal', () => {
    const lost = { Reason: 'ExecutorLostFailure', 'Executor ID': '1', 'Loss Reason': 'worker lost' };

    const report = analyseEventLog([
      added('1'),
      added('2'),
      start(1),
      start(2, 1),
      start(3, 2, '2'),
      removed('1', 'worker lost'),
      end(1, { reason: lost }),
      end(3, { partition: 2, executor: '2' }),
      removed('2', 'Executor decommission: spark scale down'),
    ]);

    expect(report.executorsRemoved.map(({ executorId, tasksLost }) => [executorId, tasksLost])).to.deep.equal([
      ['1', 2],
      ['2', 0],
    ]);
    expect(report).to.include({ tasksKilled: 2, executorsLostWithWork: 1, tasksSucceeded: 1 });
    expect(report.failures.map(({ reason, detail }) => [reason, detail])).to.deep.equal([
      ['ExecutorLostFailure', 'worker lost'],
    ]);
  });

  it('keeps the first reason of an executor that is removed twice', () => {
    const lines = [
      added('1'),
      removed('1', 'Executor decommission: worker decommissioned'),
      removed('1', 'worker lost'),
    ];

    const { executorsRemoved } = analyseEventLog(lines);

    expect(executorsRemoved.map(({ reason }) => reason)).to.deep.equal([
      'Executor decommission: worker decommissioned',
    ]);
  });

  it('sees map tasks repeated in a second attempt of their stage, and fetch failures', () => {
    const fetchFailed = { Reason: 'FetchFailed', Message: 'no shuffle' };

    const report = analyseEventLog([
      stage(0, 0, [1, 2]),
      end(1, { partition: 0 }),
      end(2, { partition: 1 }),
      stage(1, 0, [3], 'collect at app.py:2'),
      end(3, { run: [1, 0], type: 'ResultTask', reason: fetchFailed }),
      stage(0, 1, [1, 2]),
      end(4, { run: [0, 1], partition: 1 }),
    ]);

    expect(report).to.include({ mapTasksRepeated: 1, fetchFailures: 1 });
    expect(report.stagesRunTwice).to.deep.equal([{ name: 'reduceByKey at app.py:1', runs: ['0.0', '0.1'] }]);
  });

  it('sees map tasks of a later job that repeat an old shuffle under a new stage number', () => {
    const report = analyseEventLog([
      stage(0, 0, [1, 2]),
      end(1, { partition: 0 }),
      stage(2, 0, [2, 1]),
      end(2, { run: [2, 0], partition: 0 }),
    ]);

    expect(report.mapTasksRepeated).to.equal(1);
    expect(report.stagesRunTwice.map(({ runs }) => runs)).to.deep.equal([['0.0', '2.0']]);
  });

  it('takes neither other shuffles nor result stages for repeats', () => {
    const report = analyseEventLog([
      stage(0, 0, [1, 2]),
      end(1, { partition: 0 }),
      stage(1, 0, [5], 'count at app.py:9'),
      end(2, { run: [1, 0], type: 'ResultTask' }),
      stage(2, 0, [5], 'count at app.py:9'),
      end(3, { run: [2, 0], type: 'ResultTask' }),
      stage(3, 0, [1, 2, 7]),
      end(4, { run: [3, 0], partition: 0 }),
    ]);

    expect(report).to.include({ mapTasksRepeated: 0 });
    expect(report.stagesRunTwice).to.deep.equal([]);
  });

  it('sets tasks that Spark calls resubmitted apart from failed ones', () => {
    const report = analyseEventLog([
      stage(0, 0, [1]),
      end(1, {}),
      end(1, { reason: { Reason: 'Resubmitted' } }),
      end(2, {}),
    ]);

    expect(report).to.include({ resubmitted: 1, tasksSucceeded: 2, mapTasksRepeated: 1 });
    expect(report.failures).to.deep.equal([]);
  });

  it('leaves out a last line that is cut, and knows that the log goes on', () => {
    const report = analyseEventLog([start(1), '{"Event":"SparkListenerTaskE']);

    expect(report).to.include({ tasksStarted: 1, ended: false });
  });

  it('refuses a line of a known event that has not the known fields', () => {
    expect(() => analyseEventLog([line('TaskEnd', { 'Stage ID': 'one' })])).to.throw();
  });
});
