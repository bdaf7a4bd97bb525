/**
 * The daemon beside the model of a cluster: it decides, acts and notes, as the real one does, and can be killed at any
 * step; then only what survives is left: annotations on pods, and the note in the Lease.
 */
import { decide, noteApplied } from '../../../src/core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory, type Decision } from '../../../src/core/decision.ts';
import type { Observation } from '../../../src/core/observation.ts';
import type { Action } from '../../../src/core/removal.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { readNote, writeNote } from '../../../src/daemon/memory-note.ts';
import type { ClusterModel } from './cluster-model.ts';

/** Where a kill hits: nothing done yet; only a part done; all done, but nothing of it remembered. */
export type KillPoint = 'before-acting' | 'half-way' | 'before-noting';

/** One pass: what was seen, what was remembered before, what was decided, and whether it was carried out. */
export interface Pass {
  readonly observation: Observation;
  readonly memory: CoreMemory;
  readonly decision: Decision;
  readonly acted: boolean;
  /** Replicas before and after. */
  readonly from: number;
  readonly to: number;
}

export class DaemonModel {
  readonly #world: ClusterModel;
  readonly #rules: Rules;
  #memory: CoreMemory = NEW_CORE_MEMORY;
  #note: string | undefined;

  constructor(world: ClusterModel, rules: Rules) {
    this.#world = world;
    this.#rules = rules;
  }

  pass(kill?: KillPoint): Pass {
    const observation = this.#world.observe();
    const memory = this.#memory;
    const from = this.#world.planned;
    const decided = decide(observation, memory, this.#rules);
    const acted = kill !== 'before-acting' && this.#carryOut(decided.decision.action, kill === 'half-way');
    const done = { observation, memory, decision: decided.decision, acted, from, to: this.#world.planned };
    if (kill === undefined) this.#remember(decided, observation, acted);
    else this.#memory = readNote(NEW_CORE_MEMORY, this.#note, this.#world);
    return done;
  }

  #remember(decided: ReturnType<typeof decide>, observation: Observation, acted: boolean): void {
    const { action, newWrongVictims } = decided.decision;
    this.#memory = decided.memory;
    const { nowMs, nowEpochMs } = this.#world;
    const pods = observation.pods.known ? observation.pods.value : [];
    if (acted) this.#memory = noteApplied(this.#memory, action, pods, nowMs, nowEpochMs);
    if ((acted && action.kind === 'resize') || newWrongVictims.length > 0)
      this.#note = writeNote(this.#memory, this.#world);
  }

  /** Nobody is removed on readings that could not be taken afresh; a write against an old revision is refused. */
  #carryOut(action: Action, halfWay: boolean): boolean {
    const world = this.#world;
    if (action.kind === 'none') return false;
    if (world.isBlind('target')) return false;
    // Where nobody can be marked, that work races in between the look and the count is a risk that is known to remain.
    if (world.marksWorkers) world.beginAction();
    if (action.kind === 'resize' && action.direction === 'grow')
      return !halfWay && world.resize(action.to, action.from);
    if (world.isBlind('master') || world.isBlind('pods')) return false;
    if (action.kind === 'resize') return !halfWay && world.resize(action.to, action.from);
    const pods = halfWay ? action.pods.slice(0, Math.ceil(action.pods.length / 2)) : action.pods;
    for (const { uid, markedAtEpochMs } of pods) {
      if (action.kind === 'replace') world.deleteByUid(uid);
      if (action.kind === 'choose') {
        world.annotate(uid, { chosenAtEpochMs: world.nowEpochMs, deletionCost: action.cost });
      }
      if (action.kind === 'release') {
        world.annotate(uid, { chosenAtEpochMs: undefined, markedAtEpochMs: undefined, deletionCost: 0 });
      }
      if (action.kind === 'mark') world.annotate(uid, { markedAtEpochMs: markedAtEpochMs ?? world.nowEpochMs });
    }
    // The mark is noted on the pods before the master is asked.
    if (action.kind === 'mark' && !halfWay) world.decommission(action.hosts);
    return true;
  }
}
