/** One application's driver: its executors, its tasks, its shuffle, and what it asks of the master. */
import type { ApplicationSpec } from '../workload.ts';
import { Allocation } from './allocation.ts';
import { keepBlocks, loseBlocks, moveBlocks, storedMiB } from './blocks.ts';
import { Dag } from './dag.ts';
import { drainTimes } from './drain.ts';
import type { Master } from './master.ts';
import type { Random, Spread } from './random.ts';
import type { StageRun } from './stage-run.ts';
import { TaskPool, type RunningTask } from './tasks.ts';
import type { Executor, ExecutorOwner, Means, Worker } from './world.ts';

/** From the driver's asking the master to kill an executor to its end. */
const KILL_MS = 300;
const NO_COLD_TASKS: readonly number[] = [];
/** Ended executors that its list still shows (`spark.ui.retainedDeadExecutors`). */
const RETAINED_ENDED = 100;

export interface DriverEvents {
  /** `numberMaxNeededExecutors` changed, or the application came or went: demand has to be added up again. */
  needChanged(driver: Driver): void;
  runningChanged(by: number): void;
  finished(driver: Driver): void;
}

export class Driver implements ExecutorOwner {
  readonly spec: ApplicationSpec;
  grantedExecutors = 0;
  executorLimit: number;
  readonly startedAtMs: number;
  /** Tasks one executor runs at a time. */
  readonly slots: number;
  /** Registered executors: up or draining; the `numberAllExecutors` gauge. */
  readonly registered = new Map<number, Executor>();
  /** Executors that ended, the newest last. */
  readonly ended: Executor[] = [];
  readonly dag: Dag;
  readonly pool: TaskPool;
  readonly allocation: Allocation | undefined;
  /**
   * Rises when its REST shows something new beside the gauges: executors, jobs, stages, who holds shuffle.
   * Not with every task: sums of bytes are as of the last such change.
   */
  version = 0;
  readonly #means: Means;
  readonly #master: Master;
  readonly #events: DriverEvents;
  readonly #latency: Random;
  /** Marked executors that still run tasks. */
  readonly #drainsSince = new Map<Executor, number>();
  #nextExecutorId = 0;
  #leaving = 0;
  #needed = 0;
  #finished = false;

  constructor(spec: ApplicationSpec, means: Means, master: Master, events: DriverEvents) {
    this.spec = spec;
    this.#means = means;
    this.#master = master;
    this.#events = events;
    this.#latency = means.random(`executors of ${spec.id}`);
    this.startedAtMs = means.kernel.nowMs;
    this.slots = Math.max(1, Math.floor(spec.executorCores / spec.taskCpus));
    this.executorLimit = spec.allocation === undefined ? Infinity : 0;
    this.pool = new TaskPool(means, means.random(`tasks of ${spec.id}`), {
      ended: (task) => {
        this.#taskEnded(task);
      },
      needChanged: () => {
        this.#needChanged();
      },
      queueEmpty: () => this.allocation?.queueEmpty(),
      idle: (executor) => {
        this.#idle(executor);
      },
      runningChanged: (by) => {
        this.#events.runningChanged(by);
      },
    });
    this.dag = new Dag(spec, means, {
      submit: (stage) => {
        this.#submit(stage);
      },
      jobsChanged: () => {
        this.version += 1;
      },
      finished: () => {
        this.#finish();
      },
    });
    master.applicationCame(this);
    this.allocation = spec.allocation && new Allocation(spec.allocation, means.kernel, this.#allocationPort());
    this.dag.start();
    this.#needChanged();
  }

  /** `numberMaxNeededExecutors`: executors that all tasks, running and waiting, would fill. */
  neededExecutors(): number {
    return this.#needed;
  }

  /** Executors its driver itself asked to end: killed (`numberExecutorsPendingToRemove`), or drained. */
  leavingExecutors(how: Executor['removing']): number {
    let count = 0;
    if (this.#leaving > 0) for (const { removing } of this.registered.values()) if (removing === how) count += 1;
    return count;
  }

  launched(worker: Worker): Executor {
    const { kernel, settings } = this.#means;
    const measured = settings.measured?.executors[this.#nextExecutorId];
    const startMs = measured?.startMs ?? this.#latency.duration(settings.latencies.executorStart);
    const executor: Executor = {
      id: this.#nextExecutorId,
      driver: this,
      worker,
      slots: this.slots,
      state: 'starting',
      granted: true,
      tasks: [],
      coldTasksMs: measured?.coldTasksMs ?? this.#coldTasks(settings.latencies.coldTask),
      startedTasks: 0,
      endedTasks: 0,
      endedTaskMs: 0,
      idleSinceMs: 0,
      removing: 'no',
      outputs: new Map(),
      cachedMiB: 0,
      writtenMiB: 0,
      freeSlot: -1,
    };
    this.#nextExecutorId += 1;
    kernel.after(startMs, () => {
      if (executor.state === 'starting') this.#up(executor);
    });
    return executor;
  }

  #coldTasks(extra: Spread): readonly number[] {
    return extra.medianMs === 0
      ? NO_COLD_TASKS
      : Array.from({ length: this.slots }, () => this.#latency.duration(extra));
  }

  decommission(executor: Executor, by: 'worker' | 'driver'): void {
    if (executor.state === 'gone' || executor.state === 'draining') return;
    const { kernel, settings } = this.#means;
    if (executor.state === 'starting') {
      // It registers with nobody who would use it, finds nothing to move and ends.
      executor.state = 'draining';
      if (this.spec.canDrain) {
        kernel.after(settings.latencies.drainOverhead.medianMs, () => {
          this.#end(executor, true);
        });
      }
      return;
    }
    executor.state = 'draining';
    this.version += 1;
    if (by === 'driver') this.#markLeaving(executor, 'drained');
    this.pool.executorOut(executor);
    // Without the application's own flag the executor ignores the request and stays (spark.md 8.2).
    if (this.spec.canDrain && executor.tasks.length === 0) this.#drain(executor, kernel.nowMs, kernel.nowMs);
    else if (this.spec.canDrain) this.#drainsSince.set(executor, kernel.nowMs);
  }

  lost(executor: Executor): void {
    this.#end(executor, false);
  }

  forget(executor: Executor): void {
    this.#loseOutputs(executor);
  }

  #allocationPort(): ConstructorParameters<typeof Allocation>[2] {
    return {
      needed: () => this.#needed,
      registered: () => this.registered.size,
      leaving: () => this.#leaving,
      timedOut: (nowMs, idleMs) => this.#timedOut(nowMs, idleMs),
      request: (target) => {
        this.#master.setLimit(this, target);
      },
      remove: (id) => {
        this.#removeIdle(id);
      },
    };
  }

  #timedOut(nowMs: number, idleMs: number): { due: readonly number[]; nextMs: number } {
    const due: number[] = [];
    let nextMs = Infinity;
    const tracks = this.spec.allocation?.shuffleTracking === true;
    for (const executor of this.registered.values()) {
      if (executor.state !== 'up' || executor.removing !== 'no' || executor.tasks.length > 0) continue;
      if (executor.cachedMiB > 0 || (tracks && executor.outputs.size > 0)) continue;
      const atMs = executor.idleSinceMs + idleMs;
      if (atMs <= nowMs) due.push(executor.id);
      else nextMs = Math.min(nextMs, atMs);
    }
    return { due, nextMs };
  }

  #removeIdle(id: number): void {
    const executor = this.registered.get(id);
    if (executor?.state !== 'up') return;
    if (this.spec.canDrain) {
      this.decommission(executor, 'driver');
      return;
    }
    this.#markLeaving(executor, 'killed');
    this.pool.executorOut(executor);
    this.#means.kernel.after(KILL_MS, () => {
      this.#end(executor, true);
    });
  }

  #markLeaving(executor: Executor, how: 'killed' | 'drained'): void {
    executor.removing = how;
    this.#leaving += 1;
  }

  #up(executor: Executor): void {
    const { nowMs } = this.#means.kernel;
    executor.state = 'up';
    executor.idleSinceMs = nowMs;
    this.registered.set(executor.id, executor);
    this.version += 1;
    this.pool.executorUp(executor);
    if (executor.tasks.length === 0) this.allocation?.idle();
  }

  #submit(stage: StageRun): void {
    this.version += 1;
    this.pool.submit(stage);
    if (this.pool.waiting > 0) this.allocation?.backlogged();
    else this.#needChanged();
  }

  #taskEnded(task: RunningTask): void {
    const { stage, executor } = task;
    this.#means.recorder.counters.tasksEnded += 1;
    // The first of a stage and the first on an executor tell something; those after them only add to sums.
    if (stage.tasksDone() === 1 || (stage.keepsOutput && !executor.outputs.has(stage))) this.version += 1;
    keepBlocks(executor, stage);
    if (stage.isAvailable()) {
      this.version += 1;
      this.dag.stageEnded(stage);
    }
  }

  #idle(executor: Executor): void {
    this.allocation?.idle();
    const since = this.#drainsSince.get(executor);
    if (executor.state !== 'draining' || since === undefined) return;
    this.#drainsSince.delete(executor);
    this.#drain(executor, since, this.#means.kernel.nowMs);
  }

  /** Nothing runs there any more: its blocks move, then it ends. */
  #drain(executor: Executor, markedAtMs: number, idleAtMs: number): void {
    const { kernel, settings } = this.#means;
    const { latencies } = settings;
    const times = drainTimes({
      markedAtMs,
      idleAtMs,
      storedMiB: storedMiB(executor),
      holdsBlocks: executor.outputs.size > 0 || executor.cachedMiB > 0,
      roundMs: latencies.migrationRoundMs,
      miBPerSecond: latencies.migrationMiBPerSecond,
      overheadMs: this.#latency.duration(latencies.drainOverhead),
    });
    kernel.at(times.movedAtMs, () => {
      if (executor.state === 'draining') this.#handOn(executor);
    });
    kernel.at(times.endsAtMs, () => {
      this.#end(executor, true);
    });
  }

  /** Blocks go to the application's other executors; without any they stay, and go with their executor. */
  #handOn(executor: Executor): void {
    const others = [...this.registered.values()].filter(({ state }) => state === 'up');
    if (others.length === 0) return;
    const moved = moveBlocks(executor, others, this.#means.recorder.counters);
    this.version += 1;
    // R17: who reads just now looks for them where they were.
    for (const stage of moved) this.#failReaders(stage);
  }

  /** The executor's process is over; `released` tells the master to free what it held. */
  #end(executor: Executor, released: boolean): void {
    if (executor.state === 'gone') return;
    const { kernel, recorder } = this.#means;
    const known = this.registered.delete(executor.id);
    if (executor.removing !== 'no') this.#leaving -= 1;
    executor.state = 'gone';
    this.#drainsSince.delete(executor);
    if (known) {
      this.ended.push(executor);
      if (this.ended.length > RETAINED_ENDED) this.ended.shift();
    }
    this.version += 1;
    const killed = this.pool.kill(executor);
    if (!this.#finished) {
      recorder.counters.tasksKilled += killed.length;
      recorder.counters.cachedMiBLost += executor.cachedMiB;
      if (released && this.#isServed()) executor.worker.served.push(executor);
      else this.#loseOutputs(executor);
      this.#runAgain(killed);
    }
    executor.cachedMiB = 0;
    if (released) this.#master.executorEnded(executor);
    kernel.after(0, () => {
      this.#needChanged();
    });
  }

  /** With an external shuffle service the worker keeps what its executors wrote. */
  #isServed(): boolean {
    return this.spec.allocation?.shuffleTracking === false && !this.spec.canDrain;
  }

  #runAgain(killed: readonly RunningTask[]): void {
    for (const { stage, index } of killed) {
      if (stage.state !== 'running') continue;
      // What it would read may be gone too.
      if (stage.parents.every((parent) => parent.isAvailable())) this.pool.again(stage, [index]);
      else this.#failFetch(stage, 1);
    }
    if (this.pool.waiting > 0) this.allocation?.backlogged();
  }

  #loseOutputs(executor: Executor): void {
    if (this.#finished) return;
    const { counters } = this.#means.recorder;
    for (const [stage, lost] of loseBlocks(executor, counters)) {
      if (lost.length === 0) continue;
      // A map stage that still runs does its lost tasks again at once; one that is over, when it is next read.
      if (stage.state === 'running') {
        counters.mapTasksRerun += stage.takeLost();
        this.pool.again(stage, lost);
        this.allocation?.backlogged();
      }
      this.#failReaders(stage);
    }
  }

  #failReaders(of: StageRun): void {
    for (const reader of this.dag.activeReaders(of)) {
      const failed = this.pool.failFetching(reader, [...this.registered.values()]);
      if (failed > 0 || reader.toLaunch.length > 0) this.#failFetch(reader, Math.max(1, failed));
    }
  }

  #failFetch(stage: StageRun, tasks: number): void {
    this.#means.recorder.counters.fetchFailures += tasks;
    this.pool.withdraw(stage);
    this.dag.fetchFailed(stage);
  }

  #needChanged(): void {
    const needed = this.#finished ? 0 : Math.ceil((this.pool.waiting + this.pool.running) / this.slots);
    if (needed !== this.#needed) {
      this.#needed = needed;
      this.#events.needChanged(this);
    }
    this.allocation?.needChanged();
  }

  #finish(): void {
    this.#finished = true;
    this.allocation?.stop();
    this.executorLimit = 0;
    for (const worker of this.#master.workers) {
      for (const executor of [...worker.executors]) {
        if (executor.driver !== this) continue;
        this.#end(executor, true);
      }
      for (let at = worker.served.length - 1; at >= 0; at -= 1) {
        if (worker.served[at]?.driver === this) worker.served.splice(at, 1);
      }
    }
    this.#needChanged();
    this.#master.applicationEnded(this);
    this.#events.finished(this);
  }
}
