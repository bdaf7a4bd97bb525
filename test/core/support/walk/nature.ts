/** What happens in the tiny cluster beside the daemon: Spark, Kubernetes, time, people and faults. */
import { aged } from './view.ts';
import {
  copyOf,
  OLDEST_TICKS,
  pod,
  serving,
  uidOf,
  uidsOf,
  worker,
  type Executor,
  type Fault,
  type Pod,
  type Scene,
  type State,
  type Worker,
} from './world.ts';

/** One thing that may happen, and the cluster after it; undefined where it cannot happen now. */
export interface Event {
  readonly name: string;
  readonly happen: (scene: Scene, state: State) => State | undefined;
}

type Draft = (state: State, scene: Scene) => boolean;

/** An event made of a change to a copy; `change` says whether it happened. */
function event(name: string, change: Draft): Event {
  return {
    name,
    happen: (scene, state) => {
      const next = copyOf(state);
      return change(next, scene) ? next : undefined;
    },
  };
}

export function workersOf(state: State): { readonly one: Pod; readonly work: Worker }[] {
  return state.pods.flatMap((one) => one.workers.map((work) => ({ one, work })));
}

function wantedNow(state: State, app: number): number {
  const { wants, job } = state.apps[app]!;
  return job === 'none' ? wants : Math.max(wants, 1);
}

/** The master gives an executor to the emptiest worker that it believes to be of use. */
function book(app: number): Event {
  return event(`the master books an executor for app-${app + 1}`, (state, { roomPerWorker, marks }) => {
    const held = serving(state, app);
    if (state.apps[app]?.seen !== true || held.length >= wantedNow(state, app)) return false;
    // Where nobody can be marked, that work races in between the look and the pod's end is a risk that is known.
    if (!marks && (state.pending !== undefined || state.pods.some(({ lowered }) => lowered))) return false;
    const [best] = workersOf(state)
      .filter(({ one, work }) => one.life === 'ready' && work.listed === 'ALIVE')
      .filter(({ work }) => work.executors.length + (work.driver ? 1 : 0) < roomPerWorker)
      .sort((a, b) => a.work.executors.length - b.work.executors.length || a.one.slot - b.one.slot);
    if (best === undefined) return false;
    const quiet = { tasks: false, blocks: false, cached: false, leaving: false };
    best.work.executors.push({ app, stage: 'booked', ...quiet, phantom: best.work.flagged });
    return true;
  });
}

const start = event('booked executors start', (state) => {
  const booked = workersOf(state).flatMap(({ work }) => work.executors.filter(isStarting));
  for (const one of booked) one.stage = 'running';
  return booked.length > 0;
});

function isStarting({ stage, phantom }: Executor): boolean {
  return stage === 'booked' && !phantom;
}

/** A job runs tasks on every executor of its application, and leaves shuffle there. */
function startJob(app: number, job: 'apart' | 'shuffling'): Event {
  return event(`app-${app + 1} starts a job (${job})`, (state, { changes }) => {
    const one = state.apps[app];
    const wanted = changes.includes(job === 'apart' ? 'apart' : 'job') && state.changes > 0;
    if (!wanted || one?.job !== 'none' || !one.seen) return false;
    state.changes -= 1;
    one.job = job;
    const all = serving(state, app).filter(({ one: each }) => each.stage !== 'booked' && !each.phantom);
    for (const { one: each } of all) each.tasks = true;
    return all.length > 0;
  });
}

function endJob(app: number): Event {
  return event(`the job of app-${app + 1} ends`, (state) => {
    const one = state.apps[app];
    if (one === undefined || one.job === 'none') return false;
    for (const { work } of workersOf(state)) {
      for (const each of work.executors.filter((running) => running.app === app && running.tasks)) {
        each.tasks = false;
        each.blocks ||= one.job === 'shuffling';
      }
    }
    one.job = 'none';
    return true;
  });
}

/** With shuffle tracking, only executors that hold nothing leave by themselves. */
function idleOut(app: number): Event {
  return event(`an idle executor of app-${app + 1} is given back`, (state) => {
    const held = serving(state, app);
    const idle = held.find(({ one }) => one.stage === 'listed' && !one.tasks && !one.blocks && !one.cached);
    if (idle === undefined || held.length <= wantedNow(state, app)) return false;
    idle.worker.executors = idle.worker.executors.filter((one) => one !== idle.one);
    return true;
  });
}

function ask(app: number, kind: 'more' | 'fewer'): Event {
  return event(`app-${app + 1} wants ${kind}`, (state, { changes }) => {
    const one = state.apps[app];
    if (!changes.includes(kind) || state.changes === 0 || !one?.seen) return false;
    if (kind === 'fewer' && one.wants === 0) return false;
    state.changes -= 1;
    one.wants += kind === 'more' ? 1 : -1;
    return true;
  });
}

/** A marked worker's executors end their tasks, hand on their blocks and leave. */
function drain(slot: number): Event {
  return event(`w-${slot} drains`, (state) => {
    const draining = workersOf(state).filter(({ one, work }) => one.slot === slot && work.flagged);
    const leaving = draining.flatMap(({ work }) => work.executors.filter(isDraining));
    if (leaving.length === 0) return false;
    for (const one of leaving) {
      if (one.tasks && state.apps[one.app]?.job === 'shuffling') one.blocks = true;
      handOn(state, one);
    }
    for (const { work } of draining) work.executors = work.executors.filter((one) => !leaving.includes(one));
    return true;
  });
}

function isDraining({ leaving, stage }: Executor): boolean {
  return leaving && stage !== 'booked';
}

function handOn(state: State, from: Executor): void {
  const to = peerOf(state, from);
  if (to === undefined) return;
  to.blocks ||= from.blocks;
  to.cached ||= from.cached;
}

/** An executor that may take the blocks of another: of the same application, running, not leaving. */
export function peerOf(state: State, from: Executor): Executor | undefined {
  const others = workersOf(state).flatMap(({ one, work }) => (one.life === 'ready' ? work.executors : []));
  return others.find((one) => one !== from && one.app === from.app && isPeer(one));
}

export function isPeer({ leaving, phantom, stage }: Executor): boolean {
  return !leaving && !phantom && stage !== 'booked';
}

// Kubernetes.

/** In the controller's own order, by the costs that it knows of. */
export function rankForDeletion(state: State, scene: Scene): Pod[] {
  const own = state.pods.filter(({ foreign, life }) => !foreign && life !== 'ending');
  if (scene.removal === 'highest-ordinal') return own.sort((a, b) => b.slot - a.slot);
  const ready = ({ life }: Pod): number => Number(life === 'ready');
  return own.sort((a, b) => ready(a) - ready(b) || a.seenCost - b.seenCost || b.slot - a.slot);
}

const create = event('the controller makes a pod', (state) => {
  const own = state.pods.filter(({ foreign, life }) => !foreign && life !== 'ending');
  if (own.length >= state.planned) return false;
  const slot = [0, 1, 2, 3, 4].find((free) => !state.pods.some((one) => one.slot === free));
  if (slot === undefined) return false;
  state.born = (state.born + 1) % 4;
  state.pods.push(pod(slot, { life: 'pending', generation: state.born, workers: [] }));
  state.pods.sort((a, b) => a.slot - b.slot);
  return true;
});

const becomeReady = event('pods become Ready', (state) => {
  // A worker takes seconds to start and to register; what the daemon is writing takes milliseconds.
  const doomed = new Set(state.pending === undefined ? [] : uidsOf(state.pending.action));
  const pending = state.pods.filter((one) => one.life === 'pending' && !one.lowered && !doomed.has(uidOf(one)));
  for (const one of pending) {
    one.life = 'ready';
    one.changed = true;
    one.workers = [worker()];
  }
  return pending.length > 0;
});

const finish = event('ending pods are gone', (state) => {
  const { length } = state.pods;
  state.pods = state.pods.filter(({ life }) => life !== 'ending');
  return state.pods.length < length;
});

// The master.

const register = event('a worker registers again', (state) => {
  const lost = workersOf(state).find(({ one, work }) => one.life === 'ready' && work.listed === undefined);
  if (lost === undefined) return false;
  // A worker that comes back is ALIVE, whatever it was told before, and ends what the master does not know.
  lost.work.listed = 'ALIVE';
  lost.work.executors = [];
  return true;
});

const appsBack = event('applications are back', (state) => {
  const away = state.apps.filter(({ seen }) => !seen);
  if (away.length === 0 || workersOf(state).some(({ work }) => work.listed === undefined)) return false;
  for (const app of away) app.seen = true;
  return true;
});

/** Everything is a tick older; what takes no longer than that has happened. */
export const tick = event('time passes', (state) => {
  const allListed = workersOf(state).every(({ work }) => work.listed !== undefined);
  for (const one of state.pods) {
    one.chosenAge = older(one.chosenAge);
    one.markedAge = older(one.markedAge);
    if (one.seenCost !== one.cost) one.seenCost = one.cost;
    for (const work of one.workers) {
      if (work.page !== undefined) work.page.age = Math.min(OLDEST_TICKS, work.page.age + 1);
      for (const each of work.executors.filter(({ phantom }) => !phantom)) {
        each.stage = each.stage === 'booked' ? 'running' : 'listed';
      }
    }
  }
  for (const app of state.apps) app.seen ||= allListed;
  state.memory = aged(state.memory);
  return true;
});

function older(age: number | undefined): number | undefined {
  return age === undefined ? undefined : Math.min(OLDEST_TICKS, age + 1);
}

// Faults.

function fault(kind: Fault, name: string, change: Draft): Event {
  return event(name, (state, scene) => {
    if (!scene.faults.includes(kind) || state.faults === 0) return false;
    state.faults -= 1;
    return change(state, scene);
  });
}

const restart = fault('restart-master', 'the master restarts without a memory', (state) => {
  for (const { work } of workersOf(state)) work.listed = undefined;
  for (const app of state.apps) app.seen = false;
  return true;
});

function partition(slot: number): Event {
  return fault('partition', `the master loses the worker of w-${slot}`, (state) => {
    const hit = workersOf(state).filter(({ one, work }) => one.slot === slot && work.listed !== undefined);
    for (const { work } of hit) work.listed = undefined;
    return hit.length > 0;
  });
}

function oldPage(slot: number): Event {
  return fault('old-page', `the page of w-${slot} cannot be read any more`, (state) => {
    const hit = workersOf(state).filter(({ one, work }) => one.slot === slot && work.page === undefined);
    for (const { work } of hit) {
      work.page = { executors: work.executors.filter((one) => one.stage !== 'booked' && !one.phantom).length, age: 0 };
    }
    return hit.length > 0;
  });
}

function unread(app: number): Event {
  return fault('unread', `the driver of app-${app + 1} does not answer`, (state) => {
    const one = state.apps[app];
    if (!one?.readable) return false;
    one.readable = false;
    return true;
  });
}

function loseAnnotation(slot: number): Event {
  return fault('lost-annotation', `w-${slot} loses its annotations`, (state) => {
    const one = state.pods.find((each) => each.slot === slot && each.chosenAge !== undefined);
    if (one === undefined) return false;
    Object.assign(one, { chosenAge: undefined, markedAge: undefined, cost: 0, changed: true });
    return true;
  });
}

function markedByOthers(slot: number): Event {
  return fault('others-mark', `somebody else marks w-${slot}`, (state) => {
    const one = state.pods.find((each) => each.slot === slot && each.life === 'ready');
    if (one === undefined) return false;
    return one.workers.map(decommission).some(Boolean);
  });
}

function setByOthers(by: 1 | -1): Event {
  const name = by === 1 ? 'somebody else adds a replica' : 'somebody else takes a replica off';
  return fault(by === 1 ? 'others-grow' : 'others-shrink', name, (state) => {
    state.planned += by;
    state.countChanged = true;
    if (by < 0) state.othersLowered = true;
    return state.planned >= 0;
  });
}

function cordon(slot: number): Event {
  return fault('cordon', `the node of w-${slot} is cordoned`, (state) => {
    const one = state.pods.find((each) => each.slot === slot && each.life === 'ready');
    if (one !== undefined) one.cordoned = true;
    return one !== undefined;
  });
}

/** What the master and the worker do with a mark. @returns whether there was anything to mark. */
export function decommission(work: Worker): boolean {
  if (work.listed !== 'ALIVE') return false;
  work.frozen = work.executors.length;
  work.listed = 'DECOMMISSIONED';
  work.flagged = true;
  work.executors = work.executors.filter(({ phantom }) => !phantom);
  for (const one of work.executors) one.leaving = true;
  return true;
}

const SLOTS = [0, 1, 2, 3];
const APPS = [0, 1];

/** What comes about by itself sooner or later. */
export const PROGRESS: readonly Event[] = [
  ...APPS.map(book),
  start,
  ...APPS.map(endJob),
  ...APPS.map(idleOut),
  ...SLOTS.map(drain),
  create,
  becomeReady,
  finish,
  register,
  appsBack,
];

/** What may happen or not. */
export const CHOICES: readonly Event[] = [
  ...APPS.flatMap((app) => [startJob(app, 'shuffling'), startJob(app, 'apart'), ask(app, 'more'), ask(app, 'fewer')]),
  restart,
  ...SLOTS.flatMap((slot) => [
    partition(slot),
    oldPage(slot),
    loseAnnotation(slot),
    markedByOthers(slot),
    cordon(slot),
  ]),
  ...APPS.map(unread),
  setByOthers(1),
  setByOthers(-1),
];
