/** The daemon in the tiny cluster: it looks, decides by the real `decide`, and writes step by step. */
import { decide, noteApplied } from '../../../../src/core/decide.ts';
import { NEW_CORE_MEMORY, type Decision } from '../../../../src/core/decision.ts';
import type { Action } from '../../../../src/core/removal.ts';
import type { Guards } from '../../../../src/core/removal-guards.ts';
import { NOW_EPOCH_MS, NOW_MS } from '../builders.ts';
import { harmDecided, harmOfEnd } from './harm.ts';
import { decommission, rankForDeletion, type Event } from './nature.ts';
import { hostOf, observe, podViewOf, withoutHistory } from './view.ts';
import { copyOf, uidOf, uidsOf, type Pending, type Pod, type Scene, type State } from './world.ts';

/** One look at this state: what was decided, and what is remembered. */
export function lookAt(scene: Scene, state: State, guards: Guards): ReturnType<typeof decide> {
  return decide(observe(scene, state), state.memory, scene.rules, guards);
}

/** The daemon looks, and plans what it writes next. */
export function look(guards: Guards): Event {
  return {
    name: 'the daemon looks',
    happen: (scene, state) => {
      if (state.pending !== undefined) return undefined;
      return afterLook(scene, state, lookAt(scene, state, guards));
    },
  };
}

function afterLook(scene: Scene, state: State, { decision, memory }: ReturnType<typeof decide>): State {
  const next = copyOf(state);
  next.memory = withoutHistory(memory);
  next.countChanged = false;
  for (const one of next.pods) one.changed = false;
  if (decision.newWrongVictims.length > 0) next.note = next.memory.wrongVictims;
  next.harm = unnoticed(state, decision) ?? harmDecided(scene, state, decision.action);
  if (decision.newWrongVictims.length > 0) next.wrong = 0;
  const { action } = decision;
  const seen = state.pods.map((one) => podViewOf(scene, one));
  next.pending = action.kind === 'none' ? undefined : { action, step: 0, seen };
  return next;
}

/** R22: a pod that went instead of another is found, whatever became of the annotations. */
function unnoticed(state: State, { newWrongVictims }: Decision): string | undefined {
  const late = state.wrong > 0 && newWrongVictims.length === 0 && state.memory.expectation === undefined;
  return late ? 'a wrong victim was not noticed' : undefined;
}

/** The next write of what was planned; one that finds the world changed is refused, and the plan is dropped. */
export const write: Event = {
  name: 'the daemon writes',
  happen: (scene, state) => {
    if (state.pending === undefined) return undefined;
    const next = copyOf(state);
    const { pending } = state;
    const done = writeStep(scene, next, pending);
    if (done === 'refused') dropped(next, pending);
    else if (done === 'more') next.pending = { ...pending, step: pending.step + 1 };
    else applied(next, pending);
    return next;
  },
};

/** What was written to some pods before one refused is remembered as if all had been. */
function dropped(next: State, pending: Pending): void {
  const { kind } = pending.action;
  if (kind === 'choose' || kind === 'release') applied(next, pending);
  else next.pending = undefined;
}

function applied(next: State, { action, seen }: Pending): void {
  next.pending = undefined;
  // A moment ago, so that the next list is newer.
  next.memory = withoutHistory(noteApplied(next.memory, action, seen, NOW_MS - 1, NOW_EPOCH_MS));
  if (action.kind === 'resize' || action.kind === 'mark') next.note = next.memory.wrongVictims;
}

type Written = 'more' | 'done' | 'refused';

function writeStep(scene: Scene, next: State, { action, step }: Pending): Written {
  if (action.kind === 'resize') return resize(next, action);
  const uids = uidsOf(action);
  const one = next.pods.find((each) => uidOf(each) === uids[step]);
  if (step === uids.length) {
    return action.kind === 'mark' ? ask(scene, next, action) : 'done';
  }
  const marked = action.kind === 'mark' && one?.markedAge !== undefined;
  if (one === undefined || one.life === 'ending' || (one.changed && !marked)) return 'refused';
  if (action.kind === 'choose') Object.assign(one, { chosenAge: 0, cost: action.cost });
  if (action.kind === 'release') Object.assign(one, { chosenAge: undefined, markedAge: undefined, cost: 0 });
  if (action.kind === 'replace') endPod(scene, next, one, true);
  if (action.kind === 'mark') one.markedAge ??= 0;
  return action.kind === 'mark' || step + 1 < uids.length ? 'more' : 'done';
}

function resize(next: State, action: Extract<Action, { kind: 'resize' }>): Written {
  if (next.countChanged || next.planned !== action.from) return 'refused';
  const lowered = new Set(action.victims.map(({ uid }) => uid));
  for (const one of next.pods) one.lowered ||= lowered.has(uidOf(one));
  next.planned = action.to;
  return 'done';
}

/** A mark is by host: it hits every worker there. Where it is refused, what was noted is taken off again. */
function ask(scene: Scene, next: State, { hosts, pods }: Extract<Action, { kind: 'mark' }>): Written {
  if (!scene.marks) {
    next.refused = true;
    const asked = new Set(pods.map(({ uid }) => uid));
    for (const one of next.pods.filter((each) => asked.has(uidOf(each)))) one.markedAge = undefined;
    return 'refused';
  }
  for (const one of next.pods.filter(({ life }) => life === 'ready')) {
    if (hosts.includes(hostOf(scene, one))) for (const work of one.workers) decommission(work);
  }
  return 'done';
}

/** The controller ends whom it likes least. */
export const shrink: Event = {
  name: 'the controller ends a pod',
  happen: (scene, state) => {
    const ranked = rankForDeletion(state, scene);
    if (ranked.length <= state.planned) return undefined;
    const next = copyOf(state);
    const [victim] = rankForDeletion(next, scene);
    if (victim === undefined) return undefined;
    const { lowered } = victim;
    const meant = next.pods.some((one) => one.lowered && one !== victim && one.life !== 'ending');
    if (!lowered && meant && !next.othersLowered && next.memory.expectation !== undefined) next.wrong += 1;
    endPod(scene, next, victim, lowered && !next.othersLowered);
    return next;
  },
};

function endPod(scene: Scene, next: State, victim: Pod, byUs: boolean): void {
  if (byUs) next.harm = harmOfEnd(scene, next, victim);
  victim.life = 'ending';
  victim.lowered = false;
  victim.workers = [];
}

/** Killed and started again: only the note and what stands on the pods is left. */
export const kill: Event = {
  name: 'the daemon is killed',
  happen: (scene, state) => {
    if (!scene.faults.includes('kill') || state.faults === 0) return undefined;
    const next = copyOf(state);
    next.faults -= 1;
    next.memory = { ...NEW_CORE_MEMORY, wrongVictims: next.note };
    next.pending = undefined;
    next.refused = false;
    next.wrong = 0;
    return next;
  },
};
