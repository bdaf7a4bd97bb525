/** Makes event logs line by line, as Spark writes them. */

export type Json = Readonly<Record<string, unknown>>;

interface StageShape {
  readonly id: number;
  readonly tasks: number;
  readonly parents?: readonly number[];
  /** Its last RDD; its own number by default. */
  readonly rdd?: number;
  readonly partitions?: number;
  readonly attempt?: number;
  readonly failure?: string;
  readonly caches?: boolean;
}

export function stageInfo(shape: StageShape): Json {
  const { id, tasks, parents = [], rdd = id, partitions = tasks, attempt = 0, failure, caches = false } = shape;
  return {
    'Stage ID': id,
    'Stage Attempt ID': attempt,
    'Stage Name': `work at app.py:${rdd}`,
    'Number of Tasks': tasks,
    'RDD Info': [
      {
        'RDD ID': rdd,
        'Number of Partitions': partitions,
        'Storage Level': { 'Use Memory': caches },
        'Memory Size': 0,
      },
    ],
    'Parent IDs': parents,
    ...(failure === undefined ? {} : { 'Failure Reason': failure }),
  };
}

export const event = {
  logStart: (version = '3.5.7'): Json => ({ Event: 'SparkListenerLogStart', 'Spark Version': version }),
  appStart: (id: string, atMs: number): Json => ({
    Event: 'SparkListenerApplicationStart',
    'App Name': 'made',
    'App ID': id,
    Timestamp: atMs,
    User: 'somebody',
  }),
  appEnd: (atMs: number): Json => ({ Event: 'SparkListenerApplicationEnd', Timestamp: atMs }),
  environment: (properties: Readonly<Record<string, string>>): Json => ({
    Event: 'SparkListenerEnvironmentUpdate',
    'Spark Properties': properties,
  }),
  jobStart: (id: number, atMs: number, stages: readonly StageShape[], queryId?: string): Json => ({
    Event: 'SparkListenerJobStart',
    'Job ID': id,
    'Submission Time': atMs,
    'Stage Infos': stages.map(stageInfo),
    Properties: queryId === undefined ? {} : { 'spark.sql.execution.id': queryId },
  }),
  jobEnd: (id: number, atMs: number, result = 'JobSucceeded'): Json => ({
    Event: 'SparkListenerJobEnd',
    'Job ID': id,
    'Completion Time': atMs,
    'Job Result': { Result: result },
  }),
  submitted: (shape: StageShape): Json => ({ Event: 'SparkListenerStageSubmitted', 'Stage Info': stageInfo(shape) }),
  completed: (shape: StageShape): Json => ({ Event: 'SparkListenerStageCompleted', 'Stage Info': stageInfo(shape) }),
  task: (stage: number, partition: number, ms: number, more: TaskShape = {}): Json => ({
    Event: 'SparkListenerTaskEnd',
    'Stage ID': stage,
    'Stage Attempt ID': more.attempt ?? 0,
    'Task Type': more.isMap === true ? 'ShuffleMapTask' : 'ResultTask',
    'Task End Reason': { Reason: more.reason ?? 'Success' },
    'Task Info': {
      Index: partition,
      ...(more.old === true ? {} : { 'Partition ID': partition }),
      'Launch Time': 1_000_000,
      'Finish Time': 1_000_000 + ms,
    },
    'Task Metrics': { 'Shuffle Write Metrics': { 'Shuffle Bytes Written': more.shuffleBytes ?? 0 } },
  }),
};

interface TaskShape {
  readonly attempt?: number;
  readonly isMap?: boolean;
  readonly reason?: string;
  readonly shuffleBytes?: number;
  /** As before 3.3: without the partition's number. */
  readonly old?: boolean;
}

/** A stage that runs through: submitted, its tasks, completed. */
export function ran(shape: StageShape, taskMs: readonly number[], more: TaskShape = {}): Json[] {
  return [
    event.submitted(shape),
    ...taskMs.map((ms, partition) => event.task(shape.id, partition, ms, more)),
    event.completed(shape),
  ];
}

export function logText(events: readonly Json[]): string {
  return events.map((one) => `${JSON.stringify(one)}\n`).join('');
}
