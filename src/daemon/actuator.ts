/**
 * Carries out one action, in the order that survives being killed in between: remember on the pod first, then ask the
 * master, and only then touch the count. Never two writes in flight; a refused write is answered by waiting.
 */
import type { PodView, TargetView } from '../core/cluster-view.ts';
import type { MarkAbility } from '../core/observation.ts';
import type { Action } from '../core/removal.ts';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import type { WorkerPods, WorkerTarget } from '../kube/ports.ts';
import type { SparkMaster } from '../spark/ports.ts';
import type { Clock } from './clock.ts';

/** A master that refused to mark is asked again after this long: it may have been restarted with other settings. */
const MARK_REFUSED_FOR_MS = 600_000;
const BACK_OFF_FIRST_MS = 1_000;
const BACK_OFF_MAX_MS = 30_000;

export interface ActuatorDeps {
  readonly clock: Clock;
  readonly target: WorkerTarget;
  readonly pods: WorkerPods;
  readonly master: SparkMaster;
  /** From 0 to 1; spreads the retries of many daemons. */
  readonly random: () => number;
}

/** Writes to Kubernetes and to the master, one action at a time. */
export class Actuator {
  readonly #deps: ActuatorDeps;
  #refusedAtMs: number | undefined;
  #markAccepted = false;
  readonly #backOffs = { grow: newBackOff(), remove: newBackOff() };

  constructor(deps: ActuatorDeps) {
    this.#deps = deps;
  }

  /** Whether the master marks workers, as far as is known. */
  markAbility(): MarkAbility {
    const refusedForMs = this.#refusedAtMs === undefined ? Infinity : this.#deps.clock.nowMs() - this.#refusedAtMs;
    if (refusedForMs < MARK_REFUSED_FOR_MS) return 'refused';
    return this.#markAccepted ? 'usable' : 'untried';
  }

  /** How long this action may not be tried yet, in milliseconds; 0 if it may. Failed removals hold up no growth (R12). */
  backOffMs(action: Action): number {
    return Math.max(0, this.#backOffs[sideOf(action)].notBeforeMs - this.#deps.clock.nowMs());
  }

  /**
   * Does it. A failure part of the way leaves annotations that the next pass goes on from; after a `timeout` or
   * `unreachable` nobody knows whether the write happened, so the next pass looks first.
   */
  async carryOut(action: Action, target: TargetView, signal: AbortSignal): Promise<Result<void>> {
    const result = await this.#perform(action, target, signal);
    if (result.ok) this.#backOffs[sideOf(action)].failures = 0;
    else this.#backOff(action, result.error);
    return result;
  }

  async #perform(action: Action, target: TargetView, signal: AbortSignal): Promise<Result<void>> {
    const { pods } = this.#deps;
    switch (action.kind) {
      case 'none':
        return ok(undefined);
      case 'resize': {
        const written = await this.#deps.target.resize(action.to, target.revision, signal);
        return written.ok ? ok(undefined) : written;
      }
      case 'choose': {
        const atEpochMs = this.#deps.clock.nowEpochMs();
        return each(action.pods, (pod) => pods.choose(pod, atEpochMs, action.cost, signal));
      }
      case 'release':
        return each(action.pods, (pod) => pods.release(pod, signal));
      case 'replace':
        return each(action.pods, (pod) => pods.remove(pod, signal));
      case 'mark':
        return this.#mark(action.pods, action.hosts, signal);
    }
  }

  /** The mark is noted on every pod before the master is asked; all hosts go in one request. */
  async #mark(marked: readonly PodView[], hosts: readonly string[], signal: AbortSignal): Promise<Result<void>> {
    const { pods, master, clock } = this.#deps;
    const atEpochMs = clock.nowEpochMs();
    const fresh = marked.filter((pod) => pod.markedAtEpochMs === undefined);
    const noted = await each(fresh, (pod) => pods.noteMark(pod, atEpochMs, signal));
    if (!noted.ok) return noted;
    const answer = await master.decommission(hosts, signal);
    if (!answer.ok) return answer;
    if (answer.value === 'accepted') {
      this.#markAccepted = true;
      this.#refusedAtMs = undefined;
      return ok(undefined);
    }
    const refused = answer.value === 'not-allowed';
    if (refused) this.#refusedAtMs = clock.nowMs();
    // Nobody was marked, so nothing is to be remembered; where no worker can be marked, neither what an earlier pass
    // noted and could not take back. The revisions moved with the note: the pods are read again first.
    const undone = await this.#forgetMarks(refused ? marked : fresh, signal);
    if (!undone.ok) return undone;
    return err(refused ? MARK_REFUSED : noSuchWorker(hosts));
  }

  async #forgetMarks(marked: readonly PodView[], signal: AbortSignal): Promise<Result<void>> {
    const listed = await this.#deps.pods.list(true, signal);
    if (!listed.ok) return listed;
    const uids = new Set(marked.map((pod) => pod.uid));
    return each(
      listed.value.filter((pod) => uids.has(pod.uid)),
      (pod) => this.#deps.pods.noteMark(pod, undefined, signal),
    );
  }

  /** A pod that is gone or changed needs a new look, not a wait; a worker that the master does not know needs both. */
  #backOff(action: Action, error: OperatingError): void {
    if (error.kind === 'conflict' || (error.kind === 'not-found' && action.kind !== 'mark')) return;
    const { grow, remove } = this.#backOffs;
    const own = this.#backOffs[sideOf(action)];
    const exponentialMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** own.failures);
    const jitteredMs = exponentialMs * (0.5 + this.#deps.random() / 2);
    own.failures += 1;
    const notBeforeMs = this.#deps.clock.nowMs() + (error.retryAfterMs ?? jitteredMs);
    // Who asks to be left alone means all our writes.
    for (const side of error.kind === 'throttled' ? [grow, remove] : [own]) {
      side.notBeforeMs = Math.max(side.notBeforeMs, notBeforeMs);
    }
  }
}

interface BackOff {
  failures: number;
  notBeforeMs: number;
}

function newBackOff(): BackOff {
  return { failures: 0, notBeforeMs: -Infinity };
}

function sideOf(action: Action): 'grow' | 'remove' {
  return action.kind === 'resize' && action.direction === 'grow' ? 'grow' : 'remove';
}

const MARK_REFUSED: OperatingError = {
  kind: 'refused',
  what: 'decommission at the master',
  status: 405,
  detail:
    'the master marks no workers: set spark.decommission.enabled=true on master, workers and applications, and leave ' +
    'spark.master.ui.decommission.allow.mode at LOCAL; idle workers are removed after a second look instead',
};

function noSuchWorker(hosts: readonly string[]): OperatingError {
  return {
    kind: 'not-found',
    what: 'decommission at the master',
    status: 404,
    detail: `the master knows no worker at ${hosts.join(', ')}, or is not the active one`,
  };
}

/** Applies it to each in turn and stops at the first failure: what was done stays, and the next pass goes on. */
async function each(pods: readonly PodView[], apply: (pod: PodView) => Promise<Result<void>>): Promise<Result<void>> {
  for (const pod of pods) {
    const result = await apply(pod);
    if (!result.ok) return result;
  }
  return ok(undefined);
}
