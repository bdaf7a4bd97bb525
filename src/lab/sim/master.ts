/** Spark's standalone master: who is registered, who gets executors, who is decommissioned (spark.md 7, 8). */
import type { Executor, ExecutorOwner, Means, Pod, Worker } from './world.ts';

/** DEAD entries stay in the list this long (spark.md 3.2). */
const DEAD_KEPT_MS = 960_000;

export class Master {
  /** All entries, in order of registration. */
  readonly workers: Worker[] = [];
  /** Unfinished applications in the order in which they registered. */
  readonly applications: ExecutorOwner[] = [];
  readonly completedIds: string[] = [];
  alive = 0;
  /** Rises with every change of what its `/json/` shows. */
  version = 0;
  readonly #means: Means;
  /** ALIVE workers by free cores. */
  readonly #byFreeCores: Worker[][];
  #registered = 0;

  constructor(means: Means) {
    this.#means = means;
    this.#byFreeCores = Array.from({ length: means.settings.workerCores + 1 }, () => []);
  }

  register(pod: Pod): void {
    const { kernel, settings, recorder } = this.#means;
    this.#registered += 1;
    const worker: Worker = {
      id: `worker-${this.#registered}-${pod.host}`,
      host: pod.host,
      pod,
      registeredAtMs: kernel.nowMs,
      state: 'ALIVE',
      freeCores: settings.workerCores,
      freeMemoryMiB: settings.workerMemoryMiB,
      executors: [],
      served: [],
      idleSinceMs: kernel.nowMs,
      diedAtMs: undefined,
      slot: -1,
      version: 0,
    };
    pod.worker = worker;
    this.workers.push(worker);
    this.#enter(worker);
    this.alive += 1;
    this.version += 1;
    recorder.observed(this.alive, kernel.nowMs);
    this.schedule();
  }

  /** The connection closed: DEAD at once, with all that ran there. */
  workerGone(worker: Worker): void {
    const { kernel, recorder } = this.#means;
    if (worker.state === 'ALIVE') {
      this.#leave(worker);
      this.alive -= 1;
      recorder.observed(this.alive, kernel.nowMs);
    }
    worker.state = 'DEAD';
    worker.diedAtMs = kernel.nowMs;
    this.#changed(worker);
    for (const executor of [...worker.executors]) {
      this.#ungrant(executor);
      executor.driver.lost(executor);
    }
    worker.executors.length = 0;
    for (const executor of worker.served.splice(0)) executor.driver.forget(executor);
    kernel.after(DEAD_KEPT_MS, () => {
      this.workers.splice(this.workers.indexOf(worker), 1);
      this.version += 1;
    });
    this.schedule();
  }

  /** `/workers/kill/`: the executors are dropped from the books of their applications, the worker's own are frozen. */
  decommission(workers: readonly Worker[]): void {
    const { kernel, recorder } = this.#means;
    const serving = workers.filter(({ state }) => state === 'ALIVE');
    for (const worker of serving) {
      this.#leave(worker);
      this.alive -= 1;
      worker.state = 'DECOMMISSIONED';
      this.#changed(worker);
      for (const executor of worker.executors) this.#ungrant(executor);
    }
    recorder.observed(this.alive, kernel.nowMs);
    // All are told before any looks for places for its blocks.
    for (const worker of serving) {
      for (const executor of [...worker.executors]) executor.driver.decommission(executor, 'worker');
    }
  }

  applicationCame(owner: ExecutorOwner): void {
    this.applications.push(owner);
    this.version += 1;
    this.schedule();
  }

  applicationEnded(owner: ExecutorOwner): void {
    this.applications.splice(this.applications.indexOf(owner), 1);
    this.completedIds.push(owner.spec.id);
    this.version += 1;
    this.schedule();
  }

  /** The driver's new target. */
  setLimit(owner: ExecutorOwner, executors: number): void {
    const more = executors > owner.executorLimit;
    owner.executorLimit = executors;
    if (more) this.schedule();
  }

  /** The executor's process ended by itself, or by its driver's wish. */
  executorEnded(executor: Executor): void {
    const { worker } = executor;
    this.#ungrant(executor);
    const at = worker.executors.indexOf(executor);
    if (at < 0) return;
    worker.executors.splice(at, 1);
    if (worker.executors.length === 0) worker.idleSinceMs = this.#means.kernel.nowMs;
    // "Unknown executor": of a decommissioned worker nothing is released (spark.md 8.4).
    if (worker.state === 'ALIVE') {
      const { spec } = executor.driver;
      this.#book(worker, -spec.executorCores, -spec.executorMemoryMiB);
    }
    this.#changed(worker);
    this.schedule();
  }

  /** Grants what can be granted: first come, first served, each unfinished application every time. */
  schedule(): void {
    for (const owner of this.applications) {
      const { spec } = owner;
      const byCores = Math.floor((spec.coresMax ?? Infinity) / spec.executorCores);
      const most = Math.min(byCores, this.#means.settings.faults.mostExecutors);
      const wanted = Math.min(owner.executorLimit, most) - owner.grantedExecutors;
      if (wanted > 0) this.#place(owner, wanted);
    }
  }

  #place(owner: ExecutorOwner, wanted: number): void {
    const { executorCores, executorMemoryMiB } = owner.spec;
    const usable = this.#usable(executorCores, executorMemoryMiB, wanted);
    let left = wanted;
    if (this.#means.settings.placement === 'packed') {
      for (const worker of usable) {
        while (left > 0 && fits(worker, executorCores, executorMemoryMiB)) {
          this.#launch(owner, worker);
          left -= 1;
        }
      }
      return;
    }
    // Spread: one on each worker in turn, round after round.
    let round = usable;
    while (left > 0 && round.length > 0) {
      for (const worker of round.slice(0, left)) this.#launch(owner, worker);
      left -= Math.min(left, round.length);
      round = round.filter((worker) => fits(worker, executorCores, executorMemoryMiB));
    }
  }

  /** Workers with room, in the master's order, no more than there are executors to place. */
  #usable(cores: number, memoryMiB: number, most: number): Worker[] {
    const usable: Worker[] = [];
    const top = this.#byFreeCores.length - 1;
    const packed = this.#means.settings.placement === 'packed';
    for (let step = 0; step <= top - cores && usable.length < most; step += 1) {
      for (const worker of this.#byFreeCores[packed ? cores + step : top - step] ?? []) {
        if (worker.freeMemoryMiB < memoryMiB) continue;
        usable.push(worker);
        if (usable.length >= most) break;
      }
    }
    return usable;
  }

  #launch(owner: ExecutorOwner, worker: Worker): void {
    const { executorCores, executorMemoryMiB } = owner.spec;
    this.#book(worker, executorCores, executorMemoryMiB);
    worker.idleSinceMs = undefined;
    owner.grantedExecutors += 1;
    worker.executors.push(owner.launched(worker));
    this.#changed(worker);
  }

  #book(worker: Worker, cores: number, memoryMiB: number): void {
    this.#leave(worker);
    worker.freeCores -= cores;
    worker.freeMemoryMiB -= memoryMiB;
    this.#enter(worker);
  }

  #ungrant(executor: Executor): void {
    if (!executor.granted) return;
    executor.granted = false;
    executor.driver.grantedExecutors -= 1;
    this.version += 1;
  }

  #changed(worker: Worker): void {
    worker.version += 1;
    this.version += 1;
  }

  #enter(worker: Worker): void {
    const same = this.#byFreeCores[worker.freeCores];
    if (same === undefined) throw new Error(`${worker.id} has ${worker.freeCores} free cores: overbooked`);
    worker.slot = same.length;
    same.push(worker);
  }

  #leave(worker: Worker): void {
    const same = this.#byFreeCores[worker.freeCores];
    const last = same?.pop();
    if (same === undefined || last === undefined || last === worker) return;
    same[worker.slot] = last;
    last.slot = worker.slot;
  }
}

function fits(worker: Worker, cores: number, memoryMiB: number): boolean {
  return worker.freeCores >= cores && worker.freeMemoryMiB >= memoryMiB;
}
