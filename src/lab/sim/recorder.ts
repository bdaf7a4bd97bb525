/** Keeps what a run is judged by, while it runs. Knows nothing of how things come about. */
import type { JobRun, Reaction, Resize, RunResult, Steps } from './result.ts';

/** Plots need no more than one point a second of what changes with every task. */
const COARSE_MS = 1_000;

/** A value over time: its steps, and its integral. */
class Track {
  value = 0;
  readonly #atMs: number[] = [];
  readonly #values: number[] = [];
  readonly #resolutionMs: number;

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  set(value: number, nowMs: number): void {
    if (value === this.value) return;
    this.value = value;
    const atMs = nowMs - (nowMs % this.#resolutionMs);
    const last = this.#atMs.length - 1;
    if (this.#atMs[last] === atMs) this.#values[last] = value;
    else {
      this.#atMs.push(atMs);
      this.#values.push(value);
    }
  }

  steps(): Steps {
    return { atMs: this.#atMs, values: this.#values };
  }
}

interface OpenReaction {
  readonly visibleAtMs: number;
  raisedAtMs: number | undefined;
  registeredAtMs: number | undefined;
}

/** Figures that the parts of the simulator add to. */
export type Counters = {
  -readonly [
    Name in
      | 'tasksEnded'
      | 'tasksKilled'
      | 'shuffleBlocksLost'
      | 'neededBlocksLost'
      | 'cachedMiBLost'
      | 'shuffleBlocksMoved'
      | 'fetchFailures'
      | 'mapTasksRerun'
      | 'stagesRerun'
      | 'wrongVictims'
      | 'apiWrites'
      | 'passesDecided'
      | 'passesSkipped'
  ]: RunResult[Name];
};

function newCounters(): Counters {
  return {
    tasksEnded: 0,
    tasksKilled: 0,
    shuffleBlocksLost: 0,
    neededBlocksLost: 0,
    cachedMiBLost: 0,
    shuffleBlocksMoved: 0,
    fetchFailures: 0,
    mapTasksRerun: 0,
    stagesRerun: 0,
    wrongVictims: 0,
    apiWrites: 0,
    passesDecided: 0,
    passesSkipped: 0,
  };
}

export class Recorder {
  readonly counters: Counters = newCounters();
  readonly #minWorkers: number;
  readonly #maxWorkers: number;
  readonly #demand = new Track(COARSE_MS);
  readonly #planned = new Track(1);
  readonly #observed = new Track(1);
  readonly #running = new Track(COARSE_MS);
  readonly #jobs: { applicationId: string; jobId: number; submittedAtMs: number; endedAtMs: number | undefined }[] = [];
  readonly #resizes: Resize[] = [];
  readonly #reactions: Reaction[] = [];
  #open: OpenReaction | undefined;
  #reversals = 0;
  #integratedToMs = 0;
  #underMs = 0;
  #overMs = 0;
  #pods = 0;
  #podMs = 0;
  jobsEnded = 0;

  constructor(minWorkers: number, maxWorkers: number) {
    this.#minWorkers = minWorkers;
    this.#maxWorkers = maxWorkers;
  }

  /** Workers that all demand needs at least. */
  demand(workers: number, nowMs: number): void {
    if (workers === this.#demand.value) return;
    this.#integrate(nowMs);
    this.#demand.set(workers, nowMs);
    this.#react(nowMs);
  }

  /** Replicas set before the run began. */
  initial(workers: number): void {
    this.#planned.set(workers, 0);
  }

  planned(workers: number, nowMs: number): void {
    const from = this.#planned.value;
    if (workers === from) return;
    this.#integrate(nowMs);
    this.#planned.set(workers, nowMs);
    const direction = workers > from ? 'grow' : 'shrink';
    if (direction === 'grow' && this.#resizes.at(-1)?.direction === 'shrink') this.#reversals += 1;
    this.#resizes.push({ atMs: nowMs, from, to: workers, direction });
    if (direction === 'grow' && this.#open !== undefined) this.#open.raisedAtMs ??= nowMs;
    this.#react(nowMs);
  }

  observed(workers: number, nowMs: number): void {
    if (workers === this.#observed.value) return;
    this.#integrate(nowMs);
    const rose = workers > this.#observed.value;
    this.#observed.set(workers, nowMs);
    if (rose && this.#open?.raisedAtMs !== undefined) this.#open.registeredAtMs ??= nowMs;
    this.#react(nowMs, rose);
  }

  running(tasks: number, nowMs: number): void {
    this.#running.set(tasks, nowMs);
  }

  podCreated(nowMs: number): void {
    this.#integrate(nowMs);
    this.#pods += 1;
  }

  podGone(nowMs: number): void {
    this.#integrate(nowMs);
    this.#pods -= 1;
  }

  /** Returns what to call when the job has ended. */
  jobSubmitted(applicationId: string, jobId: number, nowMs: number): (endedAtMs: number) => void {
    const job = { applicationId, jobId, submittedAtMs: nowMs, endedAtMs: undefined as number | undefined };
    this.#jobs.push(job);
    return (endedAtMs) => {
      job.endedAtMs = endedAtMs;
      this.jobsEnded += 1;
    };
  }

  /** The result, once nothing more happens. */
  result(of: {
    readonly workload: string;
    readonly controller: string;
    readonly seed: number;
    readonly endedAtMs: number;
    readonly jobsInAll: number;
    readonly events: number;
  }): RunResult {
    this.#integrate(of.endedAtMs);
    if (this.#open !== undefined) this.#reactions.push({ ...this.#open, fullAtMs: undefined });
    const jobs: readonly JobRun[] = this.#jobs;
    return {
      workload: of.workload,
      controller: of.controller,
      seed: of.seed,
      endedAtMs: of.endedAtMs,
      jobs,
      unfinishedJobs: of.jobsInAll - this.jobsEnded,
      workerSeconds: this.#podMs / 1000,
      timelines: {
        demand: this.#demand.steps(),
        planned: this.#planned.steps(),
        observed: this.#observed.steps(),
        running: this.#running.steps(),
      },
      ...this.counters,
      resizes: this.#resizes,
      reversals: this.#reversals,
      reactions: this.#reactions,
      underProvisionedWorkerSeconds: this.#underMs / 1000,
      overProvisionedWorkerSeconds: this.#overMs / 1000,
      events: of.events,
    };
  }

  #served(): number {
    return Math.min(this.#demand.value, this.#maxWorkers);
  }

  #integrate(nowMs: number): void {
    const passedMs = nowMs - this.#integratedToMs;
    if (passedMs <= 0) return;
    this.#integratedToMs = nowMs;
    const served = this.#served();
    this.#underMs += Math.max(0, served - this.#observed.value) * passedMs;
    this.#overMs += Math.max(0, this.#observed.value - Math.max(served, this.#minWorkers)) * passedMs;
    this.#podMs += this.#pods * passedMs;
  }

  #react(nowMs: number, registered = false): void {
    const served = this.#served();
    if (this.#open === undefined) {
      if (served <= this.#planned.value) return;
      this.#open = { visibleAtMs: nowMs, raisedAtMs: undefined, registeredAtMs: undefined };
      return;
    }
    if (this.#observed.value < served) return;
    // Where the demand fell to what is there, full size was never reached.
    this.#reactions.push({ ...this.#open, fullAtMs: registered ? nowMs : undefined });
    this.#open = undefined;
  }
}
