/** A stage while it runs: which tasks are to do, and who holds what they wrote. */
import type { StageSpec } from '../workload.ts';

const TO_DO = 0;
const RUNNING = 1;
const DONE = 2;

/** No executor holds this task's output. */
const NOBODY = -1;

export class StageRun {
  readonly spec: StageSpec;
  /** Place of its job among the application's, then in its job: lower goes first. */
  readonly rank: number;
  readonly parents: readonly StageRun[];
  /** Whether executors keep what its tasks write. */
  readonly keepsOutput: boolean;
  /** Stages that read it and have not been complete yet. */
  openReaders = 0;
  state: 'waiting' | 'running' | 'complete' = 'waiting';
  /** It was complete once; what it lost later runs again. */
  completedOnce = false;
  attempts = 0;
  runningTasks = 0;
  /** Tasks of the present attempt that have not been started. */
  toLaunch: number[] = [];
  /** Tasks that have not ended well. */
  #left: number;
  /** Lost since they ended well, and not begun again. */
  #lost = 0;
  readonly #tasks: Uint8Array;
  readonly #holders: Int32Array | undefined;

  constructor(spec: StageSpec, rank: number, parents: readonly StageRun[], isRead: boolean) {
    this.spec = spec;
    this.rank = rank;
    this.parents = parents;
    this.keepsOutput = isRead || spec.shuffleWriteMiB > 0;
    this.#left = spec.taskMs.length;
    this.#tasks = new Uint8Array(spec.taskMs.length);
    this.#holders = this.keepsOutput ? new Int32Array(spec.taskMs.length).fill(NOBODY) : undefined;
    for (const parent of parents) parent.openReaders += 1;
  }

  /** Whether every task has ended well and nothing of it was lost since. */
  isAvailable(): boolean {
    return this.#left === 0;
  }

  tasksLeft(): number {
    return this.#left;
  }

  tasksDone(): number {
    return this.#tasks.length - this.#left;
  }

  /** Begins an attempt over the tasks that are to do. Returns how many they are. */
  begin(): number {
    this.state = 'running';
    this.attempts += 1;
    this.toLaunch = [];
    // From the last to the first, so that the first are taken from the end of the list.
    for (let index = this.#tasks.length - 1; index >= 0; index -= 1) {
      if (this.#tasks[index] === TO_DO) this.toLaunch.push(index);
    }
    return this.toLaunch.length;
  }

  started(task: number): void {
    this.#tasks[task] = RUNNING;
    this.runningTasks += 1;
  }

  ended(task: number, executorId: number): void {
    this.#tasks[task] = DONE;
    this.runningTasks -= 1;
    this.#left -= 1;
    if (this.#holders !== undefined) this.#holders[task] = executorId;
  }

  /** A running task came to nothing. */
  failed(task: number): void {
    this.#tasks[task] = TO_DO;
    this.runningTasks -= 1;
  }

  /** What this executor held is gone. Returns the tasks that have to run again if somebody reads it. */
  lose(executorId: number): number[] {
    const lost: number[] = [];
    const holders = this.#holders;
    if (holders === undefined) return lost;
    for (let task = 0; task < holders.length; task += 1) {
      if (holders[task] !== executorId) continue;
      holders[task] = NOBODY;
      this.#tasks[task] = TO_DO;
      this.#left += 1;
      lost.push(task);
    }
    this.#lost += lost.length;
    return lost;
  }

  /** How many tasks, lost since they ended well, are begun again now. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** What this executor held goes to others, in turn. Returns how many blocks moved to each. */
  move(executorId: number, to: readonly number[]): number[] {
    const moved = to.map(() => 0);
    const holders = this.#holders;
    if (holders === undefined || to.length === 0) return moved;
    let turn = 0;
    for (let task = 0; task < holders.length; task += 1) {
      if (holders[task] !== executorId) continue;
      holders[task] = to[turn] ?? NOBODY;
      moved[turn] = (moved[turn] ?? 0) + 1;
      turn = (turn + 1) % to.length;
    }
    return moved;
  }

  /** MiB of shuffle that one task writes. */
  blockMiB(): number {
    return this.spec.shuffleWriteMiB / Math.max(1, this.spec.taskMs.length);
  }
}
