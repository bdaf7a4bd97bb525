/**
 * Our own daemon in the simulated world: the same `decide` and `noteApplied` as `src/daemon/cycle.ts` calls, once a
 * second, with a fresh look before anything is written. No second copy of the policy.
 */
import type { PodView } from '../core/cluster-view.ts';
import { decide, noteApplied } from '../core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory, type Decision } from '../core/decision.ts';
import type { Observation } from '../core/observation.ts';
import type { Action } from '../core/removal.ts';
import { isEqual } from '../core/resources.ts';
import type { Rules } from '../core/rules.ts';
import { demandsOf, memoryLater, recount, type Later } from './ours-later.ts';
import { DEFAULT_RULES } from './ours-rules.ts';
import { POLL_MS, Sources } from './ours-sources.ts';
import { nextTimerMs } from './ours-timers.ts';
import { START_EPOCH_MS } from './ours-views.ts';
import { Writes } from './ours-writes.ts';
import type { Controller, Site } from './sim/simulate.ts';

export interface OursOptions {
  /** For people; "ours" if absent. */
  readonly name?: string;
  /** What is different from the defaults; bounds and placement come from the simulation. */
  readonly rules?: Partial<Omit<Rules, 'minWorkers' | 'maxWorkers' | 'placement'>>;
  /** Decides on every beat, also where nothing can have changed: slower, and the same. */
  readonly everyBeat?: boolean;
}

/** Our daemon as a controller of the simulator. */
export function ours(options: OursOptions = {}): Controller {
  return {
    name: options.name ?? 'ours',
    attach: (site) => {
      new Daemon(site, options).start();
    },
  };
}

class Daemon {
  readonly #site: Site;
  readonly #rules: Rules;
  readonly #everyBeat: boolean;
  readonly #sources: Sources;
  readonly #writes: Writes;
  #memory: CoreMemory = NEW_CORE_MEMORY;
  /** A plan is being looked at again or carried out: beats are skipped meanwhile, as in the daemon. */
  #busy = false;
  #last: Observation | undefined;
  /** What the last pass came to. */
  #decided: Decision | undefined;
  /** The pods that it was made of. */
  #listed: readonly PodView[] | undefined;
  #gaugesChangedAtMs = 0;
  #wasTroubled = false;
  #skipped: Omit<Later, 'readsHoldings'> | undefined;
  #notBeforeMs = -Infinity;

  constructor(site: Site, options: OursOptions) {
    const { minWorkers, maxWorkers, placement } = site.settings;
    this.#site = site;
    this.#rules = { ...DEFAULT_RULES, ...options.rules, minWorkers, maxWorkers, placement };
    this.#everyBeat = options.everyBeat ?? false;
    this.#sources = new Sources(site, { keepsAlike: !this.#everyBeat });
    this.#writes = new Writes(site);
  }

  /** The daemon's beats fall anywhere between Spark's own. */
  start(): void {
    this.#nextBeat(this.#site.random('beat').below(POLL_MS));
  }

  #nextBeat(atMs: number): void {
    this.#site.kernel.at(atMs, () => {
      this.#nextBeat(atMs + POLL_MS);
      if (!this.#busy) this.#beat(atMs);
    });
  }

  #beat(nowMs: number): void {
    const { counters } = this.#site.recorder;
    const { gauges, paces, cluster, kept, joined } = this.#sources.beat(nowMs);
    const troubled = this.#sources.troubled(nowMs);
    if (gauges || troubled) this.#gaugesChangedAtMs = nowMs;
    // The first look after a trouble counts too: what was stale is fresh again.
    // Where pins grow old it matters since when they are.
    const held = kept || (joined && this.#rules.pinAgeLimitMs > 0);
    const mayMatter = held || troubled || this.#wasTroubled || nowMs >= this.#notBeforeMs;
    this.#wasTroubled = troubled;
    const seldom = !this.#everyBeat && !mayMatter;
    if (seldom && !cluster && !joined && this.#sameDemand(nowMs, paces)) {
      counters.passesSkipped += 1;
      this.#skipped = { nowMs, podsAtMs: this.#sources.podsAtMs };
      return;
    }
    this.#catchUp();
    counters.passesDecided += 1;
    if (seldom && this.#recounted(nowMs)) return;
    const observation = this.#observe(nowMs);
    const first = decide(observation, this.#memory, this.#rules);
    if (first.decision.action.kind === 'none' || this.#writes.backsOff())
      this.#settle(first.decision, first.memory, observation);
    else this.#lookAgain(first.decision, first.memory);
  }

  /**
   * Whether the core makes the same demand of the gauges as at the last pass. They change with nearly every task that ends,
   * the demand much less: by caps, and by what has to last. What the core remembers of them is kept. How long tasks take need
   * not last.
   */
  #sameDemand(nowMs: number, paces: boolean): boolean {
    // What was read last has lasted for the burst window, in readings too: from there on the same is the same.
    const lastsFromMs = this.#gaugesChangedAtMs + this.#rules.burstMs + this.#sources.gaugesPeriodMs();
    if (nowMs > lastsFromMs && !paces) return true;
    const observation = this.#sources.observation(nowMs, this.#writes.markAbility());
    const made = demandsOf(observation, this.#memory, this.#rules);
    if (made === undefined) return false;
    const { demands, memory } = made;
    if (!equalDemands(demands, this.#decided?.demands ?? [])) return false;
    this.#last = observation;
    this.#memory = { ...this.#memory, demands: memory };
    return true;
  }

  /** Where only the demand or who is there is another, the count alone may be worked out anew; false where that does not do. */
  #recounted(nowMs: number): boolean {
    if (this.#decided === undefined) return false;
    const observation = this.#observe(nowMs);
    const again = recount(this.#decided, this.#listed, observation, this.#memory, this.#rules);
    if (again === undefined || !mayShrink(again.decision)) return false;
    this.#settle(again.decision, again.memory, observation);
    return true;
  }

  /** What the last of the skipped passes would have left in the memory: the same readings, at that later time. */
  #catchUp(): void {
    if (this.#skipped === undefined || this.#last === undefined) return;
    const { readsHoldings } = this.#sources;
    this.#memory = memoryLater({ ...this.#skipped, readsHoldings }, this.#last, this.#memory, this.#rules);
    this.#skipped = undefined;
  }

  #observe(nowMs: number): Observation {
    this.#last = this.#sources.observation(nowMs, this.#writes.markAbility());
    return this.#last;
  }

  #settle(decision: Decision, memory: CoreMemory, observation: Observation): void {
    this.#memory = memory;
    const watches = this.#sources.watchHoldings(mayShrink(decision));
    this.#sources.watchPods(isRemoving(decision));
    const timerMs = nextTimerMs(memory, decision, observation, this.#rules, START_EPOCH_MS);
    this.#decided = decision;
    this.#listed = observation.pods.known ? observation.pods.value : undefined;
    this.#notBeforeMs = watches ? -Infinity : timerMs;
  }

  /** A plan is checked against fresher readings, then carried out. */
  #lookAgain({ action, unlistedWorkers }: Decision, memory: CoreMemory): void {
    const { kernel } = this.#site;
    this.#busy = true;
    kernel.after(this.#writes.requestMs(), () => {
      const { nowMs } = kernel;
      if (!needsPods(action)) this.#sources.refreshForGrowth(nowMs, unlistedWorkers > 0);
      else if (!this.#sources.refreshForRemoval(nowMs)) {
        this.#memory = memory;
        this.#busy = false;
        return;
      }
      const observation = this.#observe(nowMs);
      const second = decide(observation, this.#memory, this.#rules);
      this.#settle(second.decision, second.memory, observation);
      this.#notBeforeMs = -Infinity;
      const { action: again } = second.decision;
      if (again.kind === 'none' || (needsPods(again) && !needsPods(action))) this.#busy = false;
      else this.#act(again, observation);
    });
  }

  #act(action: Action, { target, pods }: Observation): void {
    if (!target.known) {
      this.#busy = false;
      return;
    }
    this.#writes.carryOut(action, target.value, (done) => {
      const { nowMs } = this.#site.kernel;
      if (action.kind === 'resize') this.#sources.countWritten();
      const known = pods.known ? pods.value : [];
      // Some of several pods may have been written to before one failed.
      const happened = done || action.kind === 'choose' || action.kind === 'release';
      if (happened) this.#memory = noteApplied(this.#memory, action, known, nowMs, START_EPOCH_MS + nowMs);
      this.#busy = false;
    });
  }
}

/** Whether whatever follows from the demands is the same; sentences and the climbing target follow nothing. */
function equalDemands(a: Decision['demands'], b: Decision['demands']): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index];
      return (
        other === one ||
        (other?.id === one.id &&
          other.executors === one.executors &&
          other.held === one.held &&
          other.certain === one.certain &&
          other.takesAll === one.takesAll &&
          other.taskMs === one.taskMs &&
          isEqual(other.shape, one.shape))
      );
    })
  );
}

/** Whether what applications keep on their workers matters: there is more than is wanted, or somebody is on the way out. */
function mayShrink({ plannedWorkers, wantedWorkers, floorWorkers, leaving }: Decision): boolean {
  if (leaving.length > 0) return true;
  return plannedWorkers !== undefined && Math.max(wantedWorkers ?? Infinity, floorWorkers) < plannedWorkers;
}

/** As in the daemon: somebody is on the way out, or was just chosen. */
function isRemoving({ action, leaving }: Decision): boolean {
  return leaving.length > 0 || (action.kind !== 'none' && needsPods(action));
}

/** Growth depends on the count alone; everything else on who is where. */
function needsPods(action: Action): boolean {
  return !(action.kind === 'resize' && action.direction === 'grow');
}
