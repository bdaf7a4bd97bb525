/**
 * What one application's log has told so far. What it holds grows with the work (a number or two for each task), not
 * with the length of the text.
 */
import type { EventOf, LogEvent, StageInfo } from './events.ts';
import { Tally } from './tally.ts';

export interface JobRecord {
  readonly id: number;
  readonly submittedMs: number;
  /** Undefined while the log has no end of it. */
  endedMs: number | undefined;
  readonly stageIds: readonly number[];
  /** Of Spark SQL: jobs of one query have the same. */
  readonly queryId: string | undefined;
}

export interface StageRecord {
  readonly id: number;
  readonly name: string;
  readonly parents: readonly number[];
  /** The RDD it computes last, and that one's partitions: how Spark's listeners tell the same work under a new number. */
  readonly lastRdd: number;
  readonly partitions: number;
  /** Tasks of its first attempt: fewer than the partitions where only some had to be computed. */
  tasks: number;
  submitted: boolean;
  /** Complete and well. */
  completed: boolean;
  failed: boolean;
  /** Its tasks write shuffle output. */
  isMap: boolean;
  /** Milliseconds of the first attempt that did well, by partition. */
  readonly taskMs: Map<number, number>;
  /** Of retried attempts that do not tell their partition (before 3.3). */
  readonly retriedMs: number[];
  shuffleBytes: number;
  cachedBytes: number;
  /** An RDD that it computes is kept in memory. */
  readonly caches: boolean;
}

export class LogRecord {
  readonly tally = new Tally();
  readonly jobs = new Map<number, JobRecord>();
  readonly stages = new Map<number, StageRecord>();
  sparkVersion = '';
  applicationId: string | undefined;
  startedMs: number | undefined;
  endedMs: number | undefined;
  /** The latest time that any event told. */
  latestMs = 0;
  properties: Readonly<Record<string, string>> = {};
  executorRequests: Readonly<Record<string, number>> = {};
  totalCores: number | undefined;

  add(event: LogEvent): void {
    switch (event.Event) {
      case 'SparkListenerLogStart':
        this.sparkVersion = event['Spark Version'];
        return;
      case 'SparkListenerApplicationStart':
        this.#started(event);
        return;
      case 'SparkListenerApplicationEnd':
        this.endedMs = event.Timestamp;
        this.#saw(event.Timestamp);
        return;
      case 'SparkListenerEnvironmentUpdate':
        this.properties = event['Spark Properties'];
        return;
      case 'SparkListenerResourceProfileAdded':
        this.#profile(event);
        return;
      case 'SparkListenerExecutorAdded':
        this.totalCores ??= event['Executor Info']['Total Cores'];
        return;
      case 'SparkListenerJobStart':
        this.#jobStarted(event);
        return;
      case 'SparkListenerJobEnd':
        this.#jobEnded(event);
        return;
      case 'SparkListenerStageSubmitted':
        this.#stageSubmitted(event['Stage Info']);
        return;
      case 'SparkListenerStageCompleted':
        this.#stageCompleted(event['Stage Info']);
        return;
      case 'SparkListenerTaskEnd':
        this.#taskEnded(event);
    }
  }

  #saw(atMs: number): void {
    this.latestMs = Math.max(this.latestMs, atMs);
  }

  #started(event: EventOf<'SparkListenerApplicationStart'>): void {
    const attempt = event['App Attempt ID'];
    const id = event['App ID'];
    this.applicationId = id === undefined || attempt === undefined ? id : `${id}_${attempt}`;
    this.startedMs = event.Timestamp;
    this.#saw(event.Timestamp);
  }

  #profile(event: EventOf<'SparkListenerResourceProfileAdded'>): void {
    if (event['Resource Profile Id'] !== 0) {
      this.tally.add('resource profiles beside the default one, whose stages are played with the default shape');
      return;
    }
    const amounts = Object.entries(event['Executor Resource Requests']).map(([name, { Amount }]) => [name, Amount]);
    this.executorRequests = Object.fromEntries(amounts) as Record<string, number>;
  }

  #jobStarted(event: EventOf<'SparkListenerJobStart'>): void {
    for (const info of event['Stage Infos']) this.#stage(info);
    const id = event['Job ID'];
    this.jobs.set(id, {
      id,
      submittedMs: event['Submission Time'],
      endedMs: undefined,
      stageIds: event['Stage Infos'].map((info) => info['Stage ID']),
      queryId: event.Properties?.['spark.sql.execution.id'],
    });
    this.startedMs ??= event['Submission Time'];
    this.#saw(event['Submission Time']);
  }

  #jobEnded(event: EventOf<'SparkListenerJobEnd'>): void {
    const job = this.jobs.get(event['Job ID']);
    if (job === undefined) this.tally.add('ends of jobs whose start is missing');
    else job.endedMs = event['Completion Time'];
    if (event['Job Result'] !== undefined && event['Job Result'].Result !== 'JobSucceeded') {
      this.tally.add('jobs that failed or were cancelled, of which the tasks that ended well are used');
    }
    this.#saw(event['Completion Time']);
  }

  #stage(info: StageInfo): StageRecord {
    const known = this.stages.get(info['Stage ID']);
    if (known !== undefined) return known;
    const last = info['RDD Info'].reduce((max, rdd) => (rdd['RDD ID'] > max['RDD ID'] ? rdd : max), NO_RDD);
    const made: StageRecord = {
      id: info['Stage ID'],
      name: info['Stage Name'],
      parents: info['Parent IDs'],
      lastRdd: last['RDD ID'],
      partitions: last['Number of Partitions'],
      tasks: info['Number of Tasks'],
      submitted: false,
      completed: false,
      failed: false,
      isMap: false,
      taskMs: new Map(),
      retriedMs: [],
      shuffleBytes: 0,
      cachedBytes: 0,
      caches: info['RDD Info'].some((rdd) => rdd['Storage Level']['Use Memory']),
    };
    this.stages.set(made.id, made);
    return made;
  }

  #stageSubmitted(info: StageInfo): void {
    const stage = this.#stage(info);
    stage.submitted = true;
    if (info['Stage Attempt ID'] === 0) stage.tasks = info['Number of Tasks'];
    else this.tally.add('attempts at a stage after the first');
  }

  #stageCompleted(info: StageInfo): void {
    const stage = this.#stage(info);
    stage.submitted = true;
    if (info['Failure Reason'] === undefined) {
      stage.completed = true;
      stage.failed = false;
    } else if (!stage.completed) stage.failed = true;
    stage.cachedBytes = Math.max(
      stage.cachedBytes,
      info['RDD Info'].reduce((sum, rdd) => sum + rdd['Memory Size'], 0),
    );
  }

  #taskEnded(event: EventOf<'SparkListenerTaskEnd'>): void {
    const info = event['Task Info'];
    this.#saw(info['Finish Time']);
    if (event['Task End Reason'].Reason !== 'Success') {
      this.tally.add('task attempts that failed, were killed or were lost');
      return;
    }
    const stage = this.stages.get(event['Stage ID']);
    if (stage === undefined) {
      this.tally.add('tasks of stages that the log does not tell about');
      return;
    }
    stage.submitted = true;
    stage.isMap ||= event['Task Type'] === 'ShuffleMapTask';
    const ms = Math.max(0, Math.round(info['Finish Time'] - info['Launch Time']));
    const partition = info['Partition ID'] ?? (event['Stage Attempt ID'] === 0 ? info.Index : undefined);
    if (partition === undefined) stage.retriedMs.push(ms);
    else if (stage.taskMs.has(partition)) {
      this.tally.add('tasks that did again what another had done');
      return;
    } else stage.taskMs.set(partition, ms);
    const metrics = event['Task Metrics'];
    stage.shuffleBytes += metrics?.['Shuffle Write Metrics']?.['Shuffle Bytes Written'] ?? 0;
    for (const { 'Block ID': block, Status } of metrics?.['Updated Blocks'] ?? []) {
      if (block.startsWith('rdd_')) stage.cachedBytes += Status['Memory Size'] + Status['Disk Size'];
    }
  }
}

const NO_RDD = { 'RDD ID': -1, 'Number of Partitions': 0 };
