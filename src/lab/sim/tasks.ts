/** Tasks to slots: the driver's task scheduler, for one application. */
import type { Random } from './random.ts';
import type { StageRun } from './stage-run.ts';
import type { Executor, Means } from './world.ts';

/** A task fetches what it reads in the first part of its time; only then a block that is gone hurts it. */
const FETCH_SHARE = 0.3;

export interface RunningTask {
  readonly stage: StageRun;
  readonly index: number;
  readonly executor: Executor;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** False once it was killed or its fetch failed: its end then means nothing. */
  alive: boolean;
}

export interface TaskEvents {
  /** It ended well; its stage and its executor know already. */
  ended(task: RunningTask): void;
  /** The number of tasks that run or wait has changed. */
  needChanged(): void;
  /** No task waits any more. */
  queueEmpty(): void;
  /** The executor runs nothing any more. */
  idle(executor: Executor): void;
  runningChanged(by: number): void;
}

export class TaskPool {
  /** Tasks of submitted stages that were not started, and that run. */
  waiting = 0;
  running = 0;
  readonly #means: Means;
  readonly #events: TaskEvents;
  readonly #random: Random;
  /** Stages with tasks to launch, in the order of FIFO: first job first. */
  readonly #queue: StageRun[] = [];
  readonly #free: Executor[] = [];
  /** Run times of all tasks that wait and run, and the start times of those that run: for what is left of them. */
  #msLeft = 0;
  #startedMs = 0;

  constructor(means: Means, random: Random, events: TaskEvents) {
    this.#means = means;
    this.#random = random;
    this.#events = events;
  }

  /** Tasks of this stage's present attempt wait from now on. */
  submit(stage: StageRun): void {
    this.#countWaiting(stage, stage.toLaunch, 1);
    this.#enqueue(stage);
    this.#events.needChanged();
    this.#offerAll();
  }

  /** Tasks of a running stage that have to run once more. */
  again(stage: StageRun, tasks: readonly number[]): void {
    if (tasks.length === 0) return;
    stage.toLaunch.push(...tasks);
    this.#countWaiting(stage, tasks, 1);
    this.#enqueue(stage);
    this.#events.needChanged();
    this.#offerAll();
  }

  /** Its waiting tasks are not launched any more: a fetch failed. */
  withdraw(stage: StageRun): void {
    this.#countWaiting(stage, stage.toLaunch, -1);
    stage.toLaunch = [];
    this.#dequeue(stage);
    this.#events.needChanged();
    this.#offerAll();
  }

  /** Running tasks of this stage that are still fetching fail. Returns how many. */
  failFetching(stage: StageRun, executors: readonly Executor[]): number {
    const { nowMs } = this.#means.kernel;
    let failed = 0;
    for (const executor of executors) {
      for (const task of [...executor.tasks]) {
        if (task.stage !== stage) continue;
        if (nowMs - task.startedAtMs >= task.durationMs * FETCH_SHARE) continue;
        this.#stop(task);
        failed += 1;
        if (executor.tasks.length === 0) this.#events.idle(executor);
      }
    }
    return failed;
  }

  executorUp(executor: Executor): void {
    this.#setFree(executor);
    this.#offerAll();
  }

  /** No more tasks for it; those that run go on. */
  executorOut(executor: Executor): void {
    this.#setTaken(executor);
  }

  /** The executor is gone with what it ran. Returns those tasks, by stage to do again. */
  kill(executor: Executor): readonly RunningTask[] {
    this.#setTaken(executor);
    const killed = [...executor.tasks];
    for (const task of killed) this.#stop(task);
    return killed;
  }

  /** What tasks that run and wait will still take, together. */
  taskMsLeft(): number {
    return Math.max(0, this.#msLeft - this.running * this.#means.kernel.nowMs + this.#startedMs);
  }

  #stop(task: RunningTask): void {
    task.alive = false;
    task.stage.failed(task.index);
    this.#take(task);
  }

  #take(task: RunningTask): void {
    const { executor } = task;
    const at = executor.tasks.indexOf(task);
    const last = executor.tasks.pop();
    if (last !== undefined && last !== task) executor.tasks[at] = last;
    this.running -= 1;
    this.#msLeft -= task.stage.spec.taskMs[task.index] ?? 0;
    this.#startedMs -= task.startedAtMs;
    this.#events.runningChanged(-1);
    if (executor.tasks.length === 0) executor.idleSinceMs = this.#means.kernel.nowMs;
    if (executor.state === 'up' && executor.freeSlot < 0) this.#setFree(executor);
  }

  #end(task: RunningTask): void {
    if (!task.alive) return;
    const { executor } = task;
    task.stage.ended(task.index, executor.id);
    executor.endedTasks += 1;
    executor.endedTaskMs += task.durationMs;
    this.#take(task);
    this.#events.ended(task);
    // The slot that came free is offered alone: what else waits found no room before.
    if (this.waiting > 0 && executor.freeSlot >= 0) this.#launchOn(executor);
    this.#events.needChanged();
    if (executor.tasks.length === 0) this.#events.idle(executor);
  }

  /** Each executor in a random order gets one task in turn, round after round (TaskSchedulerImpl.resourceOffers). */
  #offerAll(): void {
    const free = this.#free;
    while (this.waiting > 0 && free.length > 0) {
      const round = Math.min(this.waiting, free.length);
      for (let index = 0; index < round; index += 1) {
        this.#swapFree(index, index + this.#random.below(free.length - index));
      }
      for (const executor of free.slice(0, round)) this.#launchOn(executor);
    }
  }

  #launchOn(executor: Executor): void {
    const stage = this.#queue[0];
    const index = stage?.toLaunch.pop();
    if (stage === undefined || index === undefined) return;
    if (stage.toLaunch.length === 0) this.#queue.shift();
    stage.started(index);
    const { kernel } = this.#means;
    const durationMs = (stage.spec.taskMs[index] ?? 0) + (executor.coldTasksMs[executor.startedTasks] ?? 0);
    const task: RunningTask = { stage, index, executor, startedAtMs: kernel.nowMs, durationMs, alive: true };
    executor.startedTasks += 1;
    executor.tasks.push(task);
    if (executor.tasks.length >= executor.slots) this.#setTaken(executor);
    this.waiting -= 1;
    this.running += 1;
    this.#startedMs += kernel.nowMs;
    this.#events.runningChanged(1);
    kernel.after(durationMs, () => {
      this.#end(task);
    });
    if (this.waiting === 0) this.#events.queueEmpty();
  }

  #countWaiting(stage: StageRun, tasks: readonly number[], sign: 1 | -1): void {
    this.waiting += sign * tasks.length;
    for (const task of tasks) this.#msLeft += sign * (stage.spec.taskMs[task] ?? 0);
  }

  #enqueue(stage: StageRun): void {
    if (stage.toLaunch.length === 0 || this.#queue.includes(stage)) return;
    const after = this.#queue.findIndex((other) => other.rank > stage.rank);
    this.#queue.splice(after < 0 ? this.#queue.length : after, 0, stage);
  }

  #dequeue(stage: StageRun): void {
    const at = this.#queue.indexOf(stage);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  #setFree(executor: Executor): void {
    if (executor.freeSlot >= 0) return;
    executor.freeSlot = this.#free.length;
    this.#free.push(executor);
  }

  #setTaken(executor: Executor): void {
    const at = executor.freeSlot;
    if (at < 0) return;
    executor.freeSlot = -1;
    const last = this.#free.pop();
    if (last === undefined || last === executor) return;
    this.#free[at] = last;
    last.freeSlot = at;
  }

  #swapFree(a: number, b: number): void {
    const first = this.#free[a];
    const second = this.#free[b];
    if (first === undefined || second === undefined || a === b) return;
    this.#free[a] = second;
    this.#free[b] = first;
    second.freeSlot = a;
    first.freeSlot = b;
  }
}
