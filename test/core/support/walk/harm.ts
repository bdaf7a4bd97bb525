/** Who is harmed: by what was decided, judged by the truth at the moment of the look, and by what came of it. */
import type { Action } from '../../../../src/core/removal.ts';
import { isPeer, rankForDeletion, workersOf } from './nature.ts';
import { hostOf } from './view.ts';
import { serving, uidOf, uidsOf, type Executor, type Pod, type Scene, type State, type Worker } from './world.ts';

/** What is wrong with a decision, by what is true now: nobody can know what happens after the look. */
export function harmDecided(scene: Scene, state: State, action: Action): string | undefined {
  if (action.kind === 'none' || action.kind === 'release') return undefined;
  if (action.kind === 'resize' && action.direction === 'grow') return undefined;
  const victims = state.pods.filter((one) => uidsOf(action).includes(uidOf(one)));
  if (victims.some(({ foreign }) => foreign)) return 'a pod of another controller was taken';
  if (action.kind === 'mark') return harmOfMark(scene, state, victims);
  if (action.kind === 'resize') return harmOfCount(scene, state, action.to, victims);
  return undefined;
}

function harmOfMark(scene: Scene, state: State, victims: readonly Pod[]): string | undefined {
  const hosts = new Set(victims.map((one) => hostOf(scene, one)));
  const hit = workersOf(state).filter(
    ({ one, work }) => one.life === 'ready' && hosts.has(hostOf(scene, one)) && work.listed === 'ALIVE',
  );
  const fresh = hit.filter(({ work }) => !work.flagged);
  if (fresh.length > victims.length) return 'a mark hits workers that nobody chose';
  // One that was to be marked before may be marked already: it never comes back.
  const anew = fresh.some(({ one }) => one.markedAge === undefined);
  if (anew && state.apps.some(({ seen }) => !seen)) return 'R1: marked while the master had forgotten an application';
  if (fresh.some(({ work }) => work.driver)) return 'R3: a driver runs on a marked worker';
  const running = fresh.flatMap(({ work }) => work.executors.filter(({ phantom }) => !phantom));
  return (
    running.map((one) => harmOfDrain(scene, state, one)).find((why) => why !== undefined) ??
    harmToBlocks(scene, state, running) ??
    (anew ? harmToDemand(scene, state, new Set(fresh.map(({ work }) => work))) : undefined) ??
    harmOfNumber(scene, state, victims)
  );
}

function harmOfDrain({ settings, rules }: Scene, state: State, one: Executor): string | undefined {
  const { decommission = true, storageDecommission = true } = settings[one.app] ?? {};
  if (!decommission || ((one.blocks || one.cached) && !storageDecommission))
    return 'an executor is drained though its application is not set up for it';
  if (state.apps[one.app]?.job === 'shuffling' && mayBeRead(state, one))
    return 'R17: an active stage reads from a marked worker';
  return one.cached && !rules.moveCachedBlocks ? 'R20: cached blocks were moved though they may not be' : undefined;
}

/** Where nobody of the application keeps a block, and this one runs nothing, there is nothing that a stage could read. */
function mayBeRead(state: State, one: Executor): boolean {
  const all = workersOf(state).flatMap(({ work }) => work.executors);
  const kept = workersOf(state).some(({ work }) => work.kept.includes(one.app));
  return kept || one.tasks || one.cached || all.some(({ app, blocks }) => app === one.app && blocks);
}

/** R19: whatever is handed on has somewhere to go, and what is on its way arrives. */
function harmToBlocks(scene: Scene, state: State, marked: readonly Executor[]): string | undefined {
  const all = workersOf(state).flatMap(({ work }) => work.executors);
  const doomed = new Set(state.pods.filter(({ cordoned }) => cordoned).flatMap(executorsOf));
  for (const app of new Set(marked.map((one) => one.app))) {
    const handingOn = all.some((one) => one.app === app && one.leaving && (one.blocks || one.cached));
    if (handingOn && marked.some((one) => one.app === app && isPeer(one) && !doomed.has(one)))
      return 'R19: marked while blocks are on their way to it';
    const moved = marked.filter((one) => one.app === app && (one.blocks || one.cached));
    const peers = all.filter((one) => one.app === app && !marked.includes(one) && isPeer(one));
    if (moved.length > 0 && peers.length === 0 && !scene.fallback) return 'R19: blocks have nowhere to go';
    const room = peers.reduce((sum, { cached }) => sum + scene.storage - Number(cached), 0);
    if (moved.filter(({ cached }) => cached).length > room) return 'R19: cached blocks find no storage memory';
  }
  return undefined;
}

function executorsOf({ workers }: Pod): Executor[] {
  return workers.flatMap(({ executors }) => executors);
}

/** What is wanted now finds no less room than before. */
function harmToDemand(scene: Scene, state: State, marked: ReadonlySet<Worker>): string | undefined {
  const more = withoutRoom(scene, state, marked) > withoutRoom(scene, state, new Set());
  return more ? 'what is wanted finds no room any more' : undefined;
}

/** Executors that are wanted and would find no room without these workers. */
function withoutRoom({ roomPerWorker }: Scene, state: State, gone: ReadonlySet<Worker>): number {
  // What is on a node that goes is no room, whatever we do.
  const stay = workersOf(state)
    .filter(({ one }) => !one.cordoned)
    .filter(({ work }) => work.listed === 'ALIVE' && !work.flagged && !gone.has(work));
  const free = stay.reduce((sum, { work }) => sum + roomPerWorker - work.executors.length, 0);
  const missing = state.apps.reduce((sum, { wants }, app) => {
    const held = serving(state, app).filter(({ pod, worker }) => !pod.cordoned && !gone.has(worker)).length;
    return sum + Math.max(0, wants - held);
  }, 0);
  return Math.max(0, missing - free);
}

function harmOfNumber({ rules }: Scene, state: State, victims: readonly Pod[]): string | undefined {
  const leaving = state.pods.filter(
    (one) => one.life !== 'ending' && (one.markedAge !== undefined || one.workers.some(isMarked)),
  );
  const all = new Set([...leaving, ...victims]).size;
  // Those that others marked are not our doing.
  const ours = leaving.filter((one) => one.markedAge === undefined).length;
  const most = state.memory.wrongVictims > 0 ? 1 : rules.maxDrainingWorkers;
  if (victims.every((one) => leaving.includes(one))) return undefined;
  return all - ours > most ? `more than ${most} at a time` : undefined;
}

function isMarked({ listed }: Worker): boolean {
  return listed === 'DECOMMISSIONED';
}

/** R22: if the count went down now, the controller would take exactly the victims. */
function harmOfCount(scene: Scene, state: State, to: number, victims: readonly Pod[]): string | undefined {
  const goes = rankForDeletion(state, scene).slice(0, Math.max(0, rankForDeletion(state, scene).length - to));
  const meant = new Set(victims);
  const wrong = goes.filter((one) => !meant.has(one) && (one.life === 'ready' || victims.length > 0));
  if (wrong.length > 0) return 'R22: the controller would take a pod that nobody chose';
  if (goes.length < victims.length) return 'R22: the controller would take fewer pods than chosen';
  if (state.memory.wrongVictims > 0 && victims.length > 1) return 'R22: several at a time after a wrong victim';
  if (scene.marks || victims.every(({ life }) => life === 'pending')) return undefined;
  if (state.apps.some(({ seen }) => !seen)) return 'R1: the count was lowered while an application was forgotten';
  return harmToDemand(scene, state, new Set(victims.flatMap(({ workers }) => workers)));
}

/** What is lost with a pod that goes by our doing. */
export function harmOfEnd({ rules }: Scene, state: State, { workers }: Pod): string | undefined {
  const mayCut = rules.onDrainDeadline === 'remove';
  for (const work of workers) {
    const running = work.executors.filter(({ phantom }) => !phantom);
    if (running.length > 0 && !mayCut) return 'an executor was lost with its pod';
    if (work.kept.some((app) => state.apps[app] !== undefined)) return 'shuffle of a shuffle service was lost';
    if (work.driver) return 'R3: a driver was lost with its pod';
  }
  return undefined;
}
