/**
 * A small model of a Spark cluster on Kubernetes, for properties: pods come, register, take work and end; readings
 * vanish; the master restarts and forgets. Steps of one second; no clock, no randomness, no I/O.
 *
 * It knows the truth (who runs what), which the daemon sees only through the readings of `observe`.
 */
import type { PodView } from '../../../src/core/cluster-view.ts';
import type { ApplicationHoldings } from '../../../src/core/holdings.ts';
import type { ApplicationObservation, Observation } from '../../../src/core/observation.ts';
import { unknown, type Known, type Reading } from '../../../src/core/reading.ts';
import { fitCount, resources, subtract, type Resources } from '../../../src/core/resources.ts';
import type { WorkerSelfView, WorkerView } from '../../../src/core/spark-view.ts';
import {
  addressOf,
  application,
  gauges,
  master,
  NOW_EPOCH_MS,
  NOW_MS,
  pod as podView,
  reading,
  settings,
  target,
  worker as workerView,
  WORKER_SHAPE,
} from './builders.ts';
import {
  forDeletion,
  newWorker,
  numberOf,
  paceOf,
  usedOf,
  type ModelApplication,
  type ModelExecutor,
  type ModelPod,
  type ModelWorker,
} from './cluster-parts.ts';
import { holding, MIB } from './holdings.ts';

export const STEP_MS = 1_000;
/** Between the master's booking of an executor and the worker's own page showing it; shorter than the settle time. */
const EXECUTOR_START_MS = 1_500;
/** A pod that is Ready needs this long until its worker has registered. */
const REGISTER_MS = 1_000;

/** What a reading is made of; an application by its id. */
export type Source = 'master' | 'target' | 'pods' | 'pages' | ModelApplication['id'];

/** A pod that was deleted, and how many executors died with it. */
export interface Deletion {
  readonly uid: string;
  readonly executors: number;
  readonly by: 'daemon' | 'others';
}

export class ClusterModel {
  nowMs = NOW_MS;
  planned: number;
  /** More pods than this are not created. */
  quota = Infinity;
  /** How long a new pod needs until it is Ready. */
  startSeconds = 3;
  /** Executors that run on a marked worker need this long to end. */
  drainSeconds = 5;
  readonly deletions: Deletion[] = [];
  /** What came of a mark that must not come of one; each begins with the rule. */
  readonly harms: string[] = [];
  readonly marksWorkers: boolean;
  #pods: ModelPod[] = [];
  readonly #foreign: ModelWorker[];
  readonly #apps = new Map<string, ModelApplication>();
  #ended: string[] = [];
  #nextPod = 1;
  #revision = 1;
  #race: (() => void) | undefined;
  readonly #blindUntilMs = new Map<Source, number>();
  readonly #last = new Map<string, Known<unknown>>();

  constructor(options: { readonly planned: number; readonly foreignWorkers: number; readonly marksWorkers: boolean }) {
    this.planned = options.planned;
    this.marksWorkers = options.marksWorkers;
    this.#foreign = Array.from({ length: options.foreignWorkers }, (_, i) => newWorker(900 + i, Infinity));
    this.#reconcile('others');
    for (let second = 0; second <= this.startSeconds + 1; second += 1) this.advance();
  }

  /** Everything moves on by one second. */
  advance(): void {
    this.nowMs += STEP_MS;
    for (const pod of this.#pods) this.#start(pod);
    for (const worker of this.#workers()) this.#register(worker);
    for (const worker of this.#workers()) this.#endDrained(worker);
    for (const app of this.#apps.values()) this.#work(app);
    for (const app of this.#apps.values()) this.#schedule(app);
    this.#reconcile('others');
  }

  // What people, applications and faults do.

  want(id: ModelApplication['id'], executors: number, cores = 1): void {
    const app = this.#apps.get(id) ?? { id, cores, wants: 0, backAtMs: undefined, jobUntilMs: 0 };
    app.wants = executors;
    this.#apps.set(id, app);
  }

  /** A job that shuffles begins. */
  job(id: ModelApplication['id'], seconds: number): void {
    const app = this.#apps.get(id);
    if (app !== undefined) app.jobUntilMs = this.nowMs + seconds * STEP_MS;
  }

  end(id: ModelApplication['id']): void {
    this.#race = undefined;
    const app = this.#apps.get(id);
    if (app === undefined) return;
    this.#apps.delete(id);
    if (app.backAtMs === undefined) this.#ended.push(id);
    for (const worker of this.#workers()) worker.executors = worker.executors.filter((one) => one.app !== app);
  }

  /** No new reading of this source for so long. */
  blind(source: Source, seconds: number): void {
    this.#blindUntilMs.set(source, this.nowMs + seconds * STEP_MS);
  }

  isBlind(source: Source): boolean {
    return (this.#blindUntilMs.get(source) ?? -Infinity) >= this.nowMs;
  }

  /** R1: ALIVE with no application and no worker; both come back one after the other. */
  restartMaster(seconds: number): void {
    this.#ended = [];
    let afterMs = seconds * STEP_MS;
    for (const worker of this.#workers()) {
      worker.registersAtMs = this.nowMs + (afterMs += STEP_MS);
      worker.state = 'ALIVE';
    }
    for (const app of this.#apps.values()) app.backAtMs = this.nowMs + (afterMs += STEP_MS);
  }

  /** One worker is out of the master's list for a while; its executors run on until it is back. */
  partition(index: number, seconds: number): void {
    const worker = this.#pods[index % Math.max(1, this.#pods.length)]?.worker;
    if (worker?.registersAtMs !== Infinity) return;
    worker.registersAtMs = this.nowMs + seconds * STEP_MS;
    worker.state = 'ALIVE';
  }

  setByHand(replicas: number): void {
    this.#write(replicas, 'others');
  }

  /** Just before the daemon acts the next time, work is given out once more: what it saw is no longer true. */
  wantBeforeNextAction(id: ModelApplication['id'], executors: number): void {
    this.#race = () => {
      this.want(id, executors);
      for (const app of this.#apps.values()) this.#schedule(app);
    };
  }

  // What the daemon does; false where a precondition failed.

  beginAction(): void {
    this.#race?.();
    this.#race = undefined;
  }

  resize(to: number, from: number): boolean {
    if (from !== this.planned) return false;
    this.#write(to, 'daemon');
    return true;
  }

  annotate(uid: string, change: Pick<Partial<PodView>, 'chosenAtEpochMs' | 'markedAtEpochMs' | 'deletionCost'>): void {
    const pod = this.#pods.find(({ view }) => view.uid === uid);
    if (pod !== undefined) pod.view = { ...pod.view, ...change };
  }

  /** What `POST /workers/kill/` does: the executors are taken off the applications and run on until they have ended. */
  decommission(hosts: readonly string[]): void {
    if (!this.marksWorkers) throw new Error('a master that marks nobody was asked to');
    const holders = new Set<ModelApplication>();
    for (const worker of this.#workers()) {
      if (!hosts.includes(addressOf(worker.n)) || worker.registersAtMs !== Infinity) continue;
      if (worker.state === 'DECOMMISSIONED') continue;
      worker.frozen = usedOf(worker);
      worker.state = 'DECOMMISSIONED';
      worker.flagged = true;
      worker.executors = worker.executors.filter(({ phantom }) => !phantom);
      for (const executor of worker.executors) {
        if (executor.app.jobUntilMs > this.nowMs && executor.blocks) this.harms.push(`R17: ${executor.app.id} reads`);
        executor.booked = false;
        executor.endsAtMs = this.nowMs + this.drainSeconds * STEP_MS;
        if (executor.blocks) holders.add(executor.app);
      }
    }
    for (const app of holders) {
      if (this.#runningOf(app).length === 0) this.harms.push(`R19: blocks of ${app.id} have nowhere to go`);
    }
  }

  deleteByUid(uid: string): void {
    const pod = this.#pods.find(({ view }) => view.uid === uid);
    if (pod !== undefined) this.#delete(pod, 'daemon');
    this.#reconcile('others');
  }

  // What can be known.

  get nowEpochMs(): number {
    return NOW_EPOCH_MS + (this.nowMs - NOW_MS);
  }

  /** Executors that are wanted and do not exist. */
  missingExecutors(): number {
    return [...this.#apps.values()].reduce((sum, app) => sum + Math.max(0, app.wants - this.#bookedOf(app).length), 0);
  }

  observe(): Observation {
    const seen = this.#read('master', () => this.#masterView());
    const active = seen.known ? seen.value.applications : [];
    return {
      nowMs: this.nowMs,
      nowEpochMs: this.nowEpochMs,
      master: seen,
      applications: active.map((view) => this.#observeApplication(view.id as ModelApplication['id'], view)),
      workerSelves: new Map(this.#ownWorkers().map((worker) => [worker.id, this.#page(worker)])),
      target: this.#read('target', () =>
        target(this.planned, { existingPods: this.#pods.length, revision: `${this.#revision}` }),
      ),
      pods: this.#read('pods', () => this.#pods.map(({ view }) => view)),
      markAbility: this.marksWorkers ? 'usable' : 'refused',
    };
  }

  #observeApplication(id: ModelApplication['id'], view: ApplicationObservation['application']): ApplicationObservation {
    const app = this.#apps.get(id);
    return {
      application: view,
      gauges: this.#read(id, () => gauges(app?.wants ?? 0)),
      page: unknown('not read'),
      settings: reading(settings({ executorCores: app?.cores ?? 1 })),
      holdings: this.#read(id, () => this.#holdingsOf(id), `${id} holdings`),
      // Some have short tasks, some long ones, and of some nobody knows.
      pace: this.#read(id, () => paceOf(id), `${id} pace`),
    };
  }

  #holdingsOf(id: ModelApplication['id']): ApplicationHoldings {
    const app = this.#apps.get(id);
    const executors = this.#workers().flatMap((worker) =>
      worker.executors
        .filter((one) => one.app === app && !one.phantom && one.startsAtMs <= this.nowMs)
        .map((one) => holding(worker.n, { host: addressOf(worker.n), shuffleWriteBytes: one.blocks ? MIB : 0 })),
    );
    return { executors, activity: (app?.jobUntilMs ?? 0) > this.nowMs ? 'shuffling' : 'idle' };
  }

  #masterView(): ReturnType<typeof master> {
    const listed = this.#workers().filter(({ registersAtMs }) => registersAtMs === Infinity);
    const apps = [...this.#apps.values()].filter(({ backAtMs }) => backAtMs === undefined);
    return master({
      workers: listed.map((worker) => this.#workerView(worker)),
      applications: apps.map((app) => application(app.id, { grantedCores: this.#bookedOf(app).length * app.cores })),
      completedApplicationIds: [...this.#ended],
    });
  }

  #workerView(worker: ModelWorker): WorkerView {
    const used = worker.state === 'ALIVE' ? usedOf(worker) : worker.frozen;
    return workerView(worker.n, { id: worker.id, state: worker.state, used, lastHeartbeatAtEpochMs: this.nowEpochMs });
  }

  #page(worker: ModelWorker): Reading<WorkerSelfView> {
    return this.#read(
      'pages',
      () => {
        const running = worker.executors.filter(({ phantom, startsAtMs }) => !phantom && startsAtMs <= this.nowMs);
        const cores = running.reduce((sum, { app }) => sum + app.cores, 0);
        return { id: worker.id, used: resources(cores, 1024 * running.length), executorCount: running.length };
      },
      worker.id,
    );
  }

  /** A new reading, or the last one, which ages, while the source is blind. */
  #read<T>(source: Source, take: () => T, name: string = source): Reading<T> {
    if (!this.isBlind(source)) {
      const taken = reading(take(), { takenAtMs: this.nowMs, source: name, periodMs: STEP_MS });
      this.#last.set(name, taken);
      return taken;
    }
    return (this.#last.get(name) as Known<T> | undefined) ?? unknown(`${name} was never read`);
  }

  // How it works.

  #workers(): ModelWorker[] {
    return [...this.#ownWorkers(), ...this.#foreign];
  }

  #ownWorkers(): ModelWorker[] {
    return this.#pods.flatMap(({ worker }) => worker ?? []);
  }

  #bookedOf(app: ModelApplication): { readonly worker: ModelWorker; readonly executor: ModelExecutor }[] {
    return this.#workers().flatMap((worker) =>
      worker.executors
        .filter((executor) => executor.app === app && executor.booked && worker.registersAtMs === Infinity)
        .map((executor) => ({ worker, executor })),
    );
  }

  #start(pod: ModelPod): void {
    if (pod.worker !== undefined) return;
    // Its container soon runs; until its worker answers it is not Ready.
    const isNew = this.nowEpochMs - pod.view.createdAtEpochMs <= STEP_MS;
    if (!isNew) pod.view = { ...pod.view, phase: 'Running' };
    if (pod.startsAtMs > this.nowMs) return;
    pod.view = { ...pod.view, phase: 'Running', ready: true, addresses: [addressOf(numberOf(pod.view))] };
    pod.worker = newWorker(numberOf(pod.view), this.nowMs + REGISTER_MS);
  }

  /** Executors that were told to decommission hand on what they hold, and end. */
  #endDrained(worker: ModelWorker): void {
    const ended = worker.executors.filter(({ endsAtMs }) => endsAtMs <= this.nowMs);
    worker.executors = worker.executors.filter((one) => !ended.includes(one));
    for (const { app, blocks } of ended) {
      const [to] = this.#runningOf(app);
      if (blocks && to !== undefined) to.blocks = true;
    }
  }

  #runningOf(app: ModelApplication): readonly ModelExecutor[] {
    const booked = this.#bookedOf(app).map(({ executor }) => executor);
    return booked.filter(({ phantom, startsAtMs }) => !phantom && startsAtMs <= this.nowMs);
  }

  /** A job leaves shuffle on every executor that runs. */
  #work(app: ModelApplication): void {
    if (app.jobUntilMs <= this.nowMs) return;
    for (const { executor } of this.#bookedOf(app)) executor.blocks ||= executor.startsAtMs <= this.nowMs;
  }

  /** A worker that comes back is told to end what the master does not know (spark.md 10). */
  #register(worker: ModelWorker): void {
    if (worker.registersAtMs === Infinity || worker.registersAtMs > this.nowMs) return;
    worker.registersAtMs = Infinity;
    worker.executors = [];
  }

  /** Spread out: the emptiest worker first. */
  #schedule(app: ModelApplication): void {
    if (app.backAtMs !== undefined && app.backAtMs > this.nowMs) return;
    app.backAtMs = undefined;
    const shape = resources(app.cores, 1024);
    const held = this.#bookedOf(app);
    const idle = held.filter(({ executor }) => !executor.blocks && app.jobUntilMs <= this.nowMs);
    for (const { worker, executor } of idle.slice(0, Math.max(0, held.length - app.wants))) {
      worker.executors = worker.executors.filter((one) => one !== executor);
    }
    for (let missing = app.wants - held.length; missing > 0; missing -= 1) {
      const free = (worker: ModelWorker): Resources => subtract(WORKER_SHAPE, usedOf(worker));
      const [best] = this.#workers()
        .filter(({ registersAtMs, state }) => registersAtMs === Infinity && state === 'ALIVE')
        .filter((worker) => fitCount(shape, free(worker)) > 0)
        .sort((a, b) => free(b).cores - free(a).cores || a.n - b.n);
      if (best === undefined) return;
      const startsAtMs = this.nowMs + EXECUTOR_START_MS;
      best.executors.push({ app, startsAtMs, endsAtMs: Infinity, booked: true, blocks: false, phantom: best.flagged });
    }
  }

  #write(replicas: number, by: Deletion['by']): void {
    this.planned = replicas;
    this.#revision += 1;
    this.#reconcile(by);
  }

  /** The controller: creates what is missing and deletes what is too much, in its own order (kubernetes.md 2.1). */
  #reconcile(by: Deletion['by']): void {
    const tooMany = this.#pods.length - this.planned;
    const ranked = [...this.#pods].sort((a, b) => forDeletion(a.view, b.view));
    for (const pod of ranked.slice(0, Math.max(0, tooMany))) this.#delete(pod, by);
    while (this.#pods.length < Math.min(this.planned, this.quota)) {
      const pending = { phase: 'Pending', ready: false, addresses: [], createdAtEpochMs: this.nowEpochMs };
      const startsAtMs = this.nowMs + this.startSeconds * STEP_MS;
      this.#pods.push({ view: podView(this.#nextPod, pending), startsAtMs, worker: undefined });
      this.#nextPod += 1;
    }
  }

  #delete(pod: ModelPod, by: Deletion['by']): void {
    this.#pods = this.#pods.filter((other) => other !== pod);
    const lost = (pod.worker?.executors ?? []).filter(({ phantom }) => !phantom);
    this.deletions.push({ uid: pod.view.uid, executors: lost.length, by });
  }
}
