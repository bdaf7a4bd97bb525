/** The master: workers that come, are marked and go, and where executors are placed. */
import { idTime } from '../time-text.ts';
import { endExecutor, launchExecutor } from './executors.ts';
import { activeApps, grantedExecutors, sum, type Application, type SparkState, type Worker } from './model.ts';

export const WORKER_PORT = 7078;
/** A quarter of `spark.worker.timeout`. */
const HEARTBEAT_MS = 15_000;
/** `(spark.dead.worker.persistence + 1) × spark.worker.timeout` (spark.md 3.2). */
const DEAD_KEPT_MS = 16 * 60_000;

export interface WorkerStart {
  readonly host: string;
  readonly podUid: string;
  readonly cores: number;
  readonly memoryMiB: number;
}

export function registerWorker(spark: SparkState, start: WorkerStart, nowMs: number): Worker {
  const id = `worker-${idTime(nowMs)}-${start.host}-${WORKER_PORT}`;
  const worker: Worker = {
    ...start,
    id,
    state: 'ALIVE',
    lastHeartbeatMs: nowMs,
    bookedCores: 0,
    bookedMemoryMiB: 0,
    executors: new Set(),
    finished: [],
  };
  spark.workers.set(id, worker);
  return worker;
}

/** The worker's process ended: its connection closes, so it is DEAD at once and its executors with it. */
export function loseWorker(spark: SparkState, worker: Worker, nowMs: number): void {
  const marked = worker.state === 'DECOMMISSIONED';
  worker.state = 'DEAD';
  for (const executor of [...worker.executors]) {
    if (!marked) executor.app.counters.exitedUnexpectedly += 1;
    endExecutor(spark, executor, marked ? 'Executor decommission: worker decommissioned' : 'worker lost', nowMs);
  }
}

/** What `POST /workers/kill/` answers to these hosts (spark.md 4.1); the marks are made at once. */
export function markWorkers(spark: SparkState, hosts: readonly string[], nowMs: number): 200 | 404 | 405 {
  if (!spark.options.decommissionEnabled) return 405;
  if (spark.status === 'STANDBY') return 404;
  const wanted = new Set(hosts.map((host) => host.toLowerCase()));
  const matched = [...spark.workers.values()].filter((worker) => wanted.has(worker.host.toLowerCase()));
  for (const worker of matched) if (worker.state === 'ALIVE') decommission(worker, nowMs);
  return matched.length > 0 ? 200 : 404;
}

function decommission(worker: Worker, nowMs: number): void {
  worker.state = 'DECOMMISSIONED';
  for (const executor of worker.executors) {
    executor.knownToMaster = false;
    executor.leaving = { because: 'worker-decommissioned', sinceMs: nowMs };
  }
}

/** Heartbeats, and forgetting workers that are long dead. */
export function stepWorkers(spark: SparkState, nowMs: number): void {
  for (const worker of spark.workers.values()) {
    if (worker.state === 'DEAD') {
      if (nowMs - worker.lastHeartbeatMs >= DEAD_KEPT_MS) spark.workers.delete(worker.id);
    } else if (nowMs - worker.lastHeartbeatMs >= HEARTBEAT_MS) worker.lastHeartbeatMs = nowMs;
  }
}

/** Total executors the driver asked for; without dynamic allocation there is no limit. */
export function executorLimit(app: Application): number {
  return app.dynamic === undefined ? Infinity : app.target;
}

/** One pass over the applications in their order; nothing is scheduled unless the master is ALIVE. */
export function schedule(spark: SparkState, nowMs: number): void {
  if (spark.status !== 'ALIVE') return;
  for (const app of activeApps(spark)) scheduleApp(spark, app, nowMs);
}

interface Offer {
  readonly worker: Worker;
  cores: number;
  executors: number;
}

function scheduleApp(spark: SparkState, app: Application, nowMs: number): void {
  const granted = grantedExecutors(app);
  const wanted = executorLimit(app) - granted.length;
  const coresLeft = (app.spec.coresMax ?? Infinity) - sum(granted.map(({ cores }) => cores));
  if (wanted <= 0 || coresLeft < (app.spec.executorCores ?? 1)) return;
  for (const offer of assign(spark, app, wanted, coresLeft)) {
    const size = app.spec.executorCores ?? offer.cores;
    for (let made = 0; made < offer.executors; made += 1) launchExecutor(spark, app, offer.worker, size, nowMs);
  }
}

/** As `Master.scheduleExecutorsOnWorkers`: one executor per worker in turn, or one worker after the other. */
function assign(spark: SparkState, app: Application, wanted: number, coresLeft: number): readonly Offer[] {
  const { executorCores, executorMemoryMiB } = app.spec;
  const step = executorCores ?? 1;
  const pack = spark.options.placement === 'pack';
  const offers: Offer[] = usableWorkers(spark, step, executorMemoryMiB).map((worker) => ({
    worker,
    cores: 0,
    executors: 0,
  }));
  let left = { cores: coresLeft, executors: wanted };
  const fits = ({ worker, cores, executors }: Offer): boolean => {
    if (left.cores < step || freeCores(worker) - cores < step) return false;
    if (executorCores === undefined && executors > 0) return true; // the one executor grows
    return left.executors > 0 && freeMemoryMiB(worker) - executors * executorMemoryMiB >= executorMemoryMiB;
  };
  let open = offers.filter(fits);
  while (open.length > 0) {
    for (const offer of open) {
      while (fits(offer)) {
        const isNew = executorCores !== undefined || offer.executors === 0;
        offer.cores += step;
        offer.executors += isNew ? 1 : 0;
        left = { cores: left.cores - step, executors: left.executors - (isNew ? 1 : 0) };
        if (!pack) break;
      }
    }
    open = open.filter(fits);
  }
  return offers;
}

function usableWorkers(spark: SparkState, cores: number, memoryMiB: number): Worker[] {
  const emptiestFirst = spark.options.placement === 'pack' ? 1 : -1;
  return [...spark.workers.values()]
    .filter((worker) => worker.state === 'ALIVE' && freeCores(worker) >= cores && freeMemoryMiB(worker) >= memoryMiB)
    .sort((a, b) => emptiestFirst * (freeCores(a) - freeCores(b)));
}

function freeCores(worker: Worker): number {
  return worker.cores - worker.bookedCores;
}

function freeMemoryMiB(worker: Worker): number {
  return worker.memoryMiB - worker.bookedMemoryMiB;
}
