/** The worker controller and its pods, as Kubernetes runs them. */
import type { Random } from './random.ts';
import { rankForDeletion } from './ranking.ts';
import type { Means, Pod } from './world.ts';

export interface PodEvents {
  /** The worker in this pod is up and registers. */
  started(pod: Pod): void;
  /** The pod was asked to end: its worker kills its executors and goes. */
  ending(pod: Pod): void;
  /** The count was lowered. */
  lowered(): void;
}

/** A pod that could not be created is tried again after this long. */
const CREATE_RETRY_MS = 5_000;

export class Pods {
  /** All pods that exist, those on their way out included; in order of creation. */
  readonly list: Pod[] = [];
  /** *planned*: replicas set. */
  planned = 0;
  ready = 0;
  /** Not asked to end. */
  live = 0;
  /** Rises with every change of the controller or of a pod; `revision` with those of the controller and its counts. */
  version = 0;
  revision = 0;
  readonly #means: Means;
  readonly #events: PodEvents;
  readonly #random: Random;
  readonly #latency: Random;
  #created = 0;
  #started = 0;
  #reconcileAtMs = Infinity;
  /** Whom somebody named when the count was last lowered. */
  #named: ReadonlySet<Pod> | undefined;

  constructor(means: Means, events: PodEvents) {
    this.#means = means;
    this.#events = events;
    this.#random = means.random('pods');
    this.#latency = means.random('pod latency');
  }

  /** Pods that are there and Ready when the run begins. */
  initial(count: number): void {
    this.planned = count;
    for (let index = 0; index < count; index += 1) this.#markReady(this.#newPod());
  }

  /** Sets the replicas; `named` are those that are meant to go, for counting wrong victims. */
  setReplicas(count: number, named?: readonly Pod[]): void {
    const { kernel, recorder } = this.#means;
    const before = this.planned;
    if (count === before) return;
    this.planned = count;
    this.#countsChanged();
    recorder.planned(count, kernel.nowMs);
    if (count < before) {
      this.#named = named === undefined ? undefined : new Set(named);
      this.#events.lowered();
    }
    this.#reconcileAfter(this.#means.settings.latencies.controllerMs);
  }

  /** Deletes these pods and lowers the count by as many, as operators do that name their victims themselves. */
  removeNamed(pods: readonly Pod[], count: number): void {
    const there = pods.filter((pod) => !pod.terminating);
    for (const pod of there) this.#end(pod);
    this.setReplicas(count, there);
  }

  /** Deletes one pod; the controller makes another in its place. */
  delete(pod: Pod): void {
    if (pod.terminating) return;
    this.#end(pod);
    this.#reconcileAfter(this.#means.settings.latencies.controllerMs);
  }

  setCost(pod: Pod, cost: number): void {
    const { nowMs } = this.#means.kernel;
    if (nowMs >= pod.costSeenAtMs) pod.costBefore = pod.deletionCost;
    pod.deletionCost = cost;
    pod.costSeenAtMs = nowMs + this.#means.settings.latencies.controllerCacheMs;
    this.touch(pod);
  }

  /** A pod's metadata or status changed. */
  touch(pod: Pod): void {
    pod.version += 1;
    this.version += 1;
  }

  #countsChanged(): void {
    this.version += 1;
    this.revision += 1;
  }

  #reconcileAfter(delayMs: number): void {
    const { kernel } = this.#means;
    const atMs = kernel.nowMs + delayMs;
    if (atMs >= this.#reconcileAtMs) return;
    this.#reconcileAtMs = atMs;
    kernel.at(atMs, () => {
      if (this.#reconcileAtMs !== atMs) return;
      this.#reconcileAtMs = Infinity;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    const surplus = this.live - this.planned;
    if (surplus > 0) {
      const live = this.list.filter((pod) => !pod.terminating);
      const going = rankForDeletion(live, this.#means.kernel.nowMs).slice(0, surplus);
      this.#countWrong(live, going);
      for (const pod of going) this.#end(pod);
      return;
    }
    const room = this.#means.settings.faults.quotaPods - this.list.length;
    const missing = -surplus;
    for (let count = Math.min(missing, room); count > 0; count -= 1) this.#startPod();
    if (missing > Math.max(0, room)) this.#reconcileAfter(CREATE_RETRY_MS);
  }

  #countWrong(live: readonly Pod[], going: readonly Pod[]): void {
    const { counters } = this.#means.recorder;
    if (this.#named !== undefined) {
      // What was asked for beyond the named, as where unfilled replicas are cancelled, names nobody; what never was Ready
      // served nobody.
      const wrong = going.filter((pod) => pod.readyAtMs !== undefined && this.#named?.has(pod) !== true);
      if (this.#named.size > 0) counters.wrongVictims += wrong.length;
      return;
    }
    const leaving = new Set(going);
    const idleStay = live.filter((pod) => !leaving.has(pod) && isIdle(pod)).length;
    counters.wrongVictims += Math.min(idleStay, going.filter((pod) => !isIdle(pod)).length);
  }

  #newPod(): Pod {
    const { kernel, recorder } = this.#means;
    this.#created += 1;
    const number = this.#created;
    const pod: Pod = {
      name: `workers-${number}`,
      uid: `${hex(this.#random.next())}${hex(this.#random.next())}-${number}`,
      host: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
      createdAtMs: kernel.nowMs,
      readyAtMs: undefined,
      terminating: false,
      deletionCost: 0,
      costBefore: 0,
      costSeenAtMs: 0,
      chosenAtMs: undefined,
      markedAtMs: undefined,
      worker: undefined,
      version: 0,
    };
    this.list.push(pod);
    this.live += 1;
    this.#countsChanged();
    recorder.podCreated(kernel.nowMs);
    return pod;
  }

  #startPod(): void {
    const { kernel, settings } = this.#means;
    const pod = this.#newPod();
    const never = this.#random.next() < settings.faults.neverStartShare;
    const startMs =
      settings.measured?.podStartsMs[this.#started] ?? this.#latency.duration(settings.latencies.podStart);
    this.#started += 1;
    if (never) return;
    kernel.after(startMs, () => {
      if (!pod.terminating) this.#markReady(pod);
    });
  }

  #markReady(pod: Pod): void {
    pod.readyAtMs = this.#means.kernel.nowMs;
    this.ready += 1;
    this.revision += 1;
    this.touch(pod);
    this.#events.started(pod);
  }

  #end(pod: Pod): void {
    const { kernel, settings, recorder } = this.#means;
    pod.terminating = true;
    this.live -= 1;
    if (pod.readyAtMs !== undefined) this.ready -= 1;
    this.revision += 1;
    this.touch(pod);
    this.#events.ending(pod);
    kernel.after(this.#latency.duration(settings.latencies.podEnd), () => {
      this.list.splice(this.list.indexOf(pod), 1);
      this.version += 1;
      recorder.podGone(kernel.nowMs);
      // What a quota held up may be created now.
      if (this.live < this.planned) this.#reconcileAfter(settings.latencies.controllerMs);
    });
  }
}

function isIdle({ worker }: Pod): boolean {
  return worker === undefined || worker.executors.length === 0;
}

function hex(share: number): string {
  return Math.floor(share * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
