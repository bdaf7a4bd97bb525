/**
 * Walks every interleaving of a scene's events, breadth first, so that what it finds is as short as can be. States that
 * cannot be told apart are walked once.
 */
import type { Guards } from '../../../../src/core/removal-guards.ts';
import type { RemovalState } from '../../../../src/core/removal-states.ts';
import { kill, look, lookAt, shrink, write } from './daemon.ts';
import { CHOICES, PROGRESS, tick } from './nature.ts';
import { copyOf, keyOf, uidOf, type Scene, type State } from './world.ts';

export interface Walk {
  readonly states: number;
  /** Steps from the start within which everything was walked. */
  readonly depth: number;
  /** Whether nothing more can be reached. */
  readonly complete: boolean;
  /** The shortest way to harm; undefined where there is none. */
  readonly harm: { readonly why: string; readonly steps: readonly string[] } | undefined;
  /** Moves of a pod from one state of the table to another, "chosen marked", as one event made them. */
  readonly moves: ReadonlyMap<string, string>;
}

export interface Limits {
  readonly states: number;
  /** Whether every state must be able to end; costs more than the walk. */
  readonly ends: boolean;
  /** Whether the moves between the states of the table are looked at. */
  readonly moves: boolean;
}

interface Node {
  readonly state: State;
  readonly from: Node | undefined;
  readonly by: string;
  readonly depth: number;
}

/** In how many rounds of everything's going well a removal has to end. */
const CALM_ROUNDS = 40;

export function walk(scene: Scene, guards: Guards, limits: Limits): Walk {
  const events = [...PROGRESS, tick, shrink, look(guards), write, kill, ...CHOICES];
  const seen = new Set([keyOf(scene.start)]);
  const calm = new Set<string>();
  const moves = new Map<string, string>();
  const queue: Node[] = [{ state: scene.start, from: undefined, by: 'start', depth: 0 }];
  let next = 0;
  for (; next < queue.length && seen.size < limits.states; next += 1) {
    const node = queue[next]!;
    const stuck = limits.ends ? whyStuck(scene, node.state, guards, calm) : undefined;
    if (stuck !== undefined) return found(node, stuck, seen.size, moves);
    const before = limits.moves ? statesOf(scene, node.state, guards) : undefined;
    for (const { name, happen } of events) {
      const state = happen(scene, node.state);
      if (state === undefined) continue;
      const one = { state, from: node, by: name, depth: node.depth + 1 };
      if (state.harm !== undefined) return found(one, state.harm, seen.size, moves);
      if (before !== undefined) noteMoves(moves, before, statesOf(scene, state, guards), name);
      const key = keyOf(state);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(one);
    }
  }
  const complete = next === queue.length;
  return { states: seen.size, depth: queue[next]?.depth ?? queue.at(-1)?.depth ?? 0, complete, harm: undefined, moves };
}

function found(node: Node, why: string, states: number, moves: ReadonlyMap<string, string>): Walk {
  const steps: string[] = [];
  for (let one = node; one.from !== undefined; one = one.from) steps.unshift(one.by);
  return { states, depth: node.depth, complete: false, harm: { why, steps }, moves };
}

/** Where each pod of ours stands in the table. */
function statesOf(scene: Scene, state: State, guards: Guards): ReadonlyMap<string, RemovalState> {
  const { leaving } = lookAt(scene, state, guards).decision;
  const byName = new Map(leaving.map(({ name, phase }): [string, RemovalState] => [name, phase]));
  const own = state.pods.filter(({ foreign }) => !foreign);
  return new Map(
    own.map((one) => [uidOf(one), one.life === 'ending' ? 'gone' : (byName.get(`w-${one.slot}`) ?? 'serving')]),
  );
}

function noteMoves(
  moves: Map<string, string>,
  before: ReadonlyMap<string, RemovalState>,
  after: ReadonlyMap<string, RemovalState>,
  by: string,
): void {
  for (const [uid, from] of before) {
    const to = after.get(uid) ?? 'gone';
    const byOthers = to === 'gone' && from !== 'lowered' && by === shrink.name;
    if (from !== to && !byOthers && !moves.has(`${from} ${to}`)) moves.set(`${from} ${to}`, by);
  }
}

/** Why a removal that is under way would never end though all goes well from now on; undefined where it ends. */
function whyStuck(scene: Scene, from: State, guards: Guards, calm: Set<string>): string | undefined {
  const path: string[] = [];
  let state = healed(from);
  for (let round = 0; round < CALM_ROUNDS; round += 1) {
    const key = keyOf(state);
    if (calm.has(key) || isQuiet(scene, state, guards)) {
      for (const one of [...path, key]) calm.add(one);
      return undefined;
    }
    path.push(key);
    state = calmRound(scene, round < CALM_ROUNDS / 2 ? state : withoutWork(state), guards);
    // Harm on the way is found by the walk itself.
    state.harm = undefined;
  }
  return `a removal never ends: ${describe(state)}; ${lookAt(scene, state, guards)
    .decision.trace.lines.map(({ text }) => text)
    .join('; ')}`;
}

function describe(state: State): string {
  const pods = state.pods.map((one) => JSON.stringify(one));
  return `${state.planned} planned, ${pods.join(', ')}`;
}

/**
 * A pod that was noted as marked and never was may be given work that cannot be moved: it goes at the latest when its
 * applications end. One that was really marked must end whatever they do.
 */
function withoutWork(from: State): State {
  const state = copyOf(from);
  if (state.pods.some(({ workers }) => workers.some(({ flagged }) => flagged))) return state;
  for (const app of state.apps) Object.assign(app, { wants: 0, job: 'none' });
  for (const one of state.pods) for (const work of one.workers) work.executors = [];
  return state;
}

/** No more faults and no more changes; what was lost comes back. */
function healed(from: State): State {
  const state = copyOf(from);
  Object.assign(state, { faults: 0, changes: 0 });
  for (const app of state.apps) app.readable = true;
  for (const one of state.pods) for (const work of one.workers) work.page = undefined;
  return state;
}

function calmRound(scene: Scene, from: State, guards: Guards): State {
  let state = from;
  for (const { happen } of [shrink, ...PROGRESS]) {
    for (let times = 0; times < 4; times += 1) {
      const next = happen(scene, state);
      if (next === undefined) break;
      state = next;
    }
  }
  const looks = look(guards);
  state = looks.happen(scene, state) ?? state;
  while (state.pending !== undefined) state = write.happen(scene, state) ?? state;
  return tick.happen(scene, state) ?? state;
}

/** Nothing is half removed, and nothing is about to be. */
function isQuiet(scene: Scene, state: State, guards: Guards): boolean {
  const own = state.pods.filter(({ foreign }) => !foreign);
  const whole = own.every(
    (one) =>
      one.life === 'ready' &&
      one.chosenAge === undefined &&
      one.markedAge === undefined &&
      one.workers.every(({ flagged, listed }) => !flagged && listed === 'ALIVE'),
  );
  if (!whole || own.length !== state.planned || state.pending !== undefined) return false;
  return lookAt(scene, state, guards).decision.action.kind === 'none';
}
