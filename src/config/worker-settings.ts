/** Rows of the table of settings: which workers, how many of them, and which may go. */
import { calendar, timeZone } from './calendar-kinds.ts';
import { duration, durationOrAuto, flag, oneOf, sparkMemory, wholeNumber } from './kinds.ts';
import { optional, setting } from './setting.ts';
import { targetReference } from './target-kind.ts';
import { clusterName, labelSelector, namespaceName, objectName } from './text-kinds.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MOST_WORKERS = 10_000;

export const WORKER_SETTINGS = {
  cluster: optional({
    name: 'CLUSTER',
    group: 'cluster',
    sentence:
      'Name of the Spark cluster, as in the label oshinko-cluster (or those of the radanalytics and Apache operators). ' +
      'Finds the workers and names the Lease.',
    kind: clusterName(),
    otherwise: 'the target or its selector must be set',
    alias: 'OSHINKO_SPARK_CLUSTER',
  }),
  namespace: optional({
    name: 'NAMESPACE',
    group: 'cluster',
    sentence: 'Namespace of the workers.',
    kind: namespaceName(),
    otherwise: "the daemon's own namespace",
  }),
  target: optional({
    name: 'TARGET',
    group: 'cluster',
    sentence:
      'What sets the number of workers: a ReplicationController by its name; kind/name for rc, replicaset, deployment, ' +
      'statefulset, deploymentconfig and sparkcluster (of radanalytics) and their short names; anything with a scale ' +
      "subresource by group/version/plural/name; or a cluster of the original's REST service by its address.",
    kind: targetReference(),
    otherwise: 'it is found by the selector',
  }),
  targetSelector: optional({
    name: 'TARGET_SELECTOR',
    group: 'cluster',
    sentence:
      "Labels of the worker pods, or of the one controller that makes them. A pod's owners are followed upward.",
    kind: labelSelector(),
    otherwise: 'oshinko-cluster=<cluster>,oshinko-type=worker, where a cluster is named',
  }),
  configMap: optional({
    name: 'CONFIG_MAP',
    group: 'cluster',
    sentence: "Name of the cluster's ConfigMap, which switches the daemon on and changes live settings.",
    kind: objectName('ConfigMap'),
    otherwise: 'there are no live settings, and ELASTIC_WORKER_ENABLE decides',
  }),
  workerCores: optional({
    name: 'WORKER_CORES',
    group: 'cluster',
    sentence: 'Cores of one worker, for the time when neither a worker nor the pod template shows them.',
    kind: wholeNumber('cores', 1, 4096),
    otherwise: 'the size is learnt from the workers and their pod template',
    alias: 'SPARK_WORKER_CORES',
  }),
  workerMemoryMiB: optional({
    name: 'WORKER_MEMORY',
    group: 'cluster',
    sentence: 'Memory of one worker, for the time when neither a worker nor the pod template shows it.',
    kind: sparkMemory(1, 16 * 1024 * 1024),
    otherwise: 'the size is learnt from the workers and their pod template',
    alias: 'SPARK_WORKER_MEMORY',
  }),

  enable: setting({
    name: 'ENABLE',
    group: 'switch',
    sentence:
      'Lets the daemon change the count; without it the daemon stands by: it reads, decides and reports. ' +
      'The variable counts only where no ConfigMap is configured.',
    kind: flag(),
    byDefault: 'false',
    live: true,
  }),
  paused: setting({
    name: 'PAUSE',
    group: 'switch',
    sentence: 'Keeps the count as it is, whatever the demand and the bounds.',
    kind: flag(),
    byDefault: 'false',
    live: true,
  }),
  dryRun: setting({
    name: 'DRY_RUN',
    group: 'switch',
    sentence: 'Does everything but write: what would have been done is reported.',
    kind: flag(),
    byDefault: 'false',
  }),
  policy: setting({
    name: 'POLICY',
    group: 'switch',
    sentence: "How the count is found: by this daemon's hysteresis, or as the original daemon counted.",
    kind: oneOf('hysteresis', 'original'),
    byDefault: 'hysteresis',
    live: true,
  }),

  profile: setting({
    name: 'PROFILE',
    group: 'switch',
    sentence:
      'What the policy leans to, where the hold is auto. saving: nothing is kept for work to come, and short work, over before ' +
      'a new worker could help, gets as many workers as are worth their start. balanced: workers are kept for two in three of ' +
      'the short bursts seen, for as long as their gaps have been, and a climb of demand finds the next worker ready. ' +
      'speed: for nearly all bursts, and no surplus goes before a minute is over.',
    kind: oneOf('saving', 'balanced', 'speed'),
    byDefault: 'balanced',
    live: true,
  }),

  minWorkers: setting({
    name: 'MIN',
    group: 'count',
    sentence: 'Fewest workers.',
    kind: wholeNumber('workers', 0, MOST_WORKERS),
    byDefault: '1',
    live: true,
  }),
  maxWorkers: setting({
    name: 'MAX',
    group: 'count',
    sentence: 'Most workers.',
    kind: wholeNumber('workers', 1, MOST_WORKERS),
    byDefault: '10',
    live: true,
  }),
  headroomWorkers: setting({
    name: 'HEADROOM',
    group: 'count',
    sentence: 'Workers kept above what the demand needs, so that the next burst finds them ready.',
    kind: wholeNumber('workers', 0, MOST_WORKERS),
    byDefault: '0',
    live: true,
  }),
  calendar: setting({
    name: 'CALENDAR',
    group: 'count',
    sentence:
      'Workers kept ready by the clock, whatever the demand: "8 for 10h at 30 7 * * 1-5" keeps at least eight, from half past ' +
      'seven for ten hours, Monday to Friday. Where several windows are open the largest counts; max wins over it.',
    kind: calendar(),
    byDefault: 'none',
    live: true,
  }),
  timeZone: setting({
    name: 'TIME_ZONE',
    group: 'count',
    sentence: 'Time zone in which the calendar is written.',
    kind: timeZone(),
    byDefault: 'UTC',
    live: true,
  }),
  holdMs: setting({
    name: 'HOLD',
    group: 'count',
    sentence:
      'A surplus must have lasted this long before the count goes down. auto (of profile speed: 60s): for as long as a ' +
      'restart was seen to take here, a start and a removal, which is never more than twice as dear as knowing what comes; ' +
      'then the hold that would have been best over the gaps seen, from 5s to 60s; 60s until a start was seen. A hold that ' +
      'is set is kept as it is, and then nothing is learned: no worker is kept for bursts, none comes ahead of a climb.',
    kind: durationOrAuto(SECOND_MS, 24 * HOUR_MS),
    byDefault: 'auto',
    live: true,
  }),
  burstMs: setting({
    name: 'BURST',
    group: 'count',
    sentence:
      'Demand above what a driver has asked for so far counts once it has lasted this long, as long as nobody knows how long ' +
      "the application's tasks take, or the hold is set. Else it counts at once where a new worker would come in time.",
    kind: duration(0, 10 * MINUTE_MS),
    byDefault: '1s',
    live: true,
  }),
  growStepWorkers: setting({
    name: 'GROW_STEP',
    group: 'count',
    sentence: 'Most workers added by one write; 0 sets no limit.',
    kind: wholeNumber('workers', 0, MOST_WORKERS),
    byDefault: '0',
    live: true,
  }),
  deadBandWorkers: setting({
    name: 'DEAD_BAND',
    group: 'count',
    sentence: 'A surplus of at most this many workers is left alone.',
    kind: wholeNumber('workers', 0, MOST_WORKERS),
    byDefault: '0',
    live: true,
  }),
  reversalsPerHour: setting({
    name: 'REVERSALS_PER_HOUR',
    group: 'count',
    sentence:
      'Growths within a minute of a shrink, in an hour. Once there were so many, the hold is 60s where it is learned, and ' +
      'twice itself where it is set; growth never waits. A backstop: the learned hold made fewer under every load tried.',
    kind: wholeNumber('reversals', 1, 3600),
    byDefault: '20',
    live: true,
  }),
  placement: setting({
    name: 'PLACEMENT',
    group: 'count',
    sentence:
      "How Spark's master places executors: over many workers (spark.deploy.spreadOut=true), or filling one by one.",
    kind: oneOf('spread', 'packed'),
    byDefault: 'spread',
  }),

  removalMode: setting({
    name: 'REMOVAL_MODE',
    group: 'removal',
    sentence:
      'Which workers may be removed: idle ones and, drained first, those whose applications all allow it (auto); the same, ' +
      'and an application that does not allow it is a complaint (drain); idle ones only (idle); none (off).',
    kind: oneOf('auto', 'drain', 'idle', 'off'),
    byDefault: 'auto',
    live: true,
  }),
  moveCachedBlocks: setting({
    name: 'DRAIN_CACHED',
    group: 'removal',
    sentence:
      'Whether workers with cached blocks may be drained. The blocks move to where they fit, but those of a ' +
      'localCheckpoint look the same, and losing one of them fails its job.',
    kind: flag(),
    byDefault: 'false',
    live: true,
  }),
  pinAgeLimitMs: setting({
    name: 'PIN_AGE_LIMIT',
    group: 'removal',
    sentence:
      'How long shuffle of an external shuffle service, and cached blocks that may not be moved, keep a worker; 0s sets no ' +
      'limit. After it the worker may go: what is still needed is computed again, and a localCheckpoint that is lost fails ' +
      'its job.',
    kind: duration(0, 30 * 24 * HOUR_MS),
    byDefault: '0s',
    live: true,
  }),
  externalShuffleService: setting({
    name: 'SHUFFLE_SERVICE',
    group: 'removal',
    sentence:
      'Whether workers run an external shuffle service: then an idle worker may keep shuffle data of a running application. ' +
      'auto asks each application; off says there is none.',
    kind: oneOf('auto', 'off'),
    byDefault: 'auto',
  }),
  drainDeadlineMs: setting({
    name: 'DRAIN_DEADLINE',
    group: 'removal',
    sentence: 'A drain that takes longer is late, which is said; what is done then is DRAIN_LATE.',
    kind: duration(10 * SECOND_MS, 24 * HOUR_MS),
    byDefault: '10m',
    live: true,
  }),
  onDrainDeadline: setting({
    name: 'DRAIN_LATE',
    group: 'removal',
    sentence: 'A late drain is waited for, or the worker is removed with whatever it still runs and holds.',
    kind: oneOf('wait', 'remove'),
    byDefault: 'wait',
    live: true,
  }),
  maxDrainingWorkers: setting({
    name: 'MAX_DRAINING',
    group: 'removal',
    sentence:
      'Most workers on their way out at the same time. Blocks that are handed on end up with those that stay, a few at a ' +
      'time or all at once; the limit spares the network and the API server.',
    kind: wholeNumber('workers', 1, 1000),
    byDefault: '20',
    live: true,
  }),
  quietMs: setting({
    name: 'QUIET',
    group: 'removal',
    sentence:
      'How long an application must have run no job before workers that keep its blocks are drained. Its next job would ' +
      'look for them while they move, and run a stage twice; scripts start one job seconds after the other.',
    kind: duration(0, HOUR_MS),
    byDefault: '30s',
    live: true,
  }),
  watchNodes: setting({
    name: 'WATCH_NODES',
    group: 'removal',
    sentence:
      'Whether nodes are looked at, so that workers on one that is cordoned or about to be taken are drained before it goes. ' +
      'Needs a ClusterRole that lists nodes (manifests/watch-nodes).',
    kind: flag(),
    byDefault: 'false',
  }),
  settleMs: setting({
    name: 'SETTLE',
    group: 'removal',
    sentence: "Least time between a worker's being chosen and the count's going down.",
    kind: duration(0, 10 * MINUTE_MS),
    byDefault: '2s',
  }),
  heartbeatFreshMs: setting({
    name: 'HEARTBEAT_FRESH',
    group: 'removal',
    sentence:
      'A worker whose last heartbeat is older is not removed. The default is two of the 15s between heartbeats and a little.',
    kind: duration(16 * SECOND_MS, HOUR_MS),
    byDefault: '35s',
  }),
};
