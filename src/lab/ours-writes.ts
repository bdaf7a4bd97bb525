/** Carries out the core's actions in the simulated world, as the daemon's actuator does: one write after the other. */
import type { PodView, TargetView } from '../core/cluster-view.ts';
import type { MarkAbility } from '../core/observation.ts';
import type { Action } from '../core/removal.ts';
import type { Random } from './sim/random.ts';
import type { Site } from './sim/simulate.ts';
import type { Pod } from './sim/world.ts';

const BACK_OFF_FIRST_MS = 1_000;
const BACK_OFF_MAX_MS = 30_000;
const MARK_REFUSED_FOR_MS = 600_000;

type Write = () => 'done' | 'conflict' | 'refused';

export class Writes {
  readonly #site: Site;
  readonly #random: Random;
  #failures = 0;
  #notBeforeMs = -Infinity;
  #refusedAtMs = -Infinity;
  #markAccepted = false;

  constructor(site: Site) {
    this.#site = site;
    this.#random = site.random('writes');
  }

  markAbility(): MarkAbility {
    if (this.#site.kernel.nowMs - this.#refusedAtMs < MARK_REFUSED_FOR_MS) return 'refused';
    return this.#markAccepted ? 'usable' : 'untried';
  }

  /** Whether writes have to wait: the API server asked for it. */
  backsOff(): boolean {
    return this.#site.kernel.nowMs < this.#notBeforeMs;
  }

  /** How long one request takes. */
  requestMs(): number {
    return Math.max(1, this.#random.duration(this.#site.settings.latencies.request));
  }

  /** Does it, and then says whether all of it was done. */
  carryOut(action: Action, target: TargetView, then: (done: boolean) => void): void {
    this.#inTurn(this.#writesOf(action, target), then);
  }

  #writesOf(action: Action, target: TargetView): readonly Write[] {
    const { pods, kernel } = this.#site;
    switch (action.kind) {
      case 'none':
        return [];
      case 'resize':
        return [
          () => {
            if (String(pods.revision) !== target.revision) return 'conflict';
            pods.setReplicas(action.to, this.#find(action.victims));
            return 'done';
          },
        ];
      case 'choose':
        return this.#onEach(action.pods, (pod) => {
          pod.chosenAtMs = kernel.nowMs;
          pods.setCost(pod, action.cost);
        });
      case 'release':
        return this.#onEach(action.pods, (pod) => {
          pod.chosenAtMs = undefined;
          pods.setCost(pod, 0);
        });
      case 'replace':
        return this.#onEach(action.pods, (pod) => {
          pods.delete(pod);
        });
      case 'mark':
        return this.#marks(action.pods);
    }
  }

  /** Noted on every pod first; then all workers in one request to the master, which is no write to the API server. */
  #marks(marked: readonly PodView[]): readonly Write[] {
    const { pods, kernel, master, settings, recorder } = this.#site;
    const fresh = marked.filter((pod) => pod.markedAtEpochMs === undefined);
    const note = (pod: Pod, atMs: number | undefined): void => {
      pod.markedAtMs = atMs;
      pods.touch(pod);
    };
    return [
      ...this.#onEach(fresh, (pod) => {
        note(pod, kernel.nowMs);
      }),
      () => {
        recorder.counters.apiWrites -= 1;
        if (settings.faults.marksRefused) {
          this.#refusedAtMs = kernel.nowMs;
          for (const pod of this.#find(marked)) note(pod, undefined);
          return 'refused';
        }
        this.#markAccepted = true;
        master.decommission(this.#find(marked).flatMap(({ worker }) => worker ?? []));
        return 'done';
      },
    ];
  }

  #onEach(views: readonly PodView[], apply: (pod: Pod) => void): readonly Write[] {
    return views.map(({ uid }) => () => {
      const pod = this.#site.pods.list.find((one) => one.uid === uid);
      if (pod === undefined || pod.terminating) return 'conflict';
      apply(pod);
      return 'done';
    });
  }

  #find(views: readonly PodView[]): readonly Pod[] {
    const uids = new Set(views.map(({ uid }) => uid));
    return this.#site.pods.list.filter(({ uid }) => uids.has(uid));
  }

  #inTurn(writes: readonly Write[], then: (done: boolean) => void): void {
    const [first, ...rest] = writes;
    if (first === undefined) {
      this.#failures = 0;
      then(true);
      return;
    }
    this.#site.kernel.after(this.requestMs(), () => {
      this.#site.recorder.counters.apiWrites += 1;
      const throttled = this.#random.next() < this.#site.settings.faults.writeErrorShare;
      const outcome = throttled ? 'refused' : first();
      if (outcome === 'done') this.#inTurn(rest, then);
      else {
        // A conflict needs a new look, not a wait.
        if (outcome === 'refused') this.#backOff();
        then(false);
      }
    });
  }

  #backOff(): void {
    const waitMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBeforeMs = this.#site.kernel.nowMs + waitMs * (0.5 + this.#random.next() / 2);
  }
}
