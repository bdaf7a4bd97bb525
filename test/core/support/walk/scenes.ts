/** The tiny clusters that are walked: what stands there at the start, and what may happen. */
import * as EDGE from './edge-scenes.ts';
import { busy, EVERY_CHANGE, EVERY_FAULT, HOLDS, scene } from './scene.ts';
import { executor, pod, TICK_MS, worker, type Scene } from './world.ts';

const IDLE_PAIR = scene('two idle workers, and an application that asks', {
  pods: [pod(0), pod(1)],
  apps: [{}],
  faults: EVERY_FAULT,
  changes: ['more', 'fewer'],
});

const SHUFFLE_PAIR = scene('shuffle on both of two workers', {
  pods: [busy(0, 0), busy(1, 0)],
  apps: [{}],
  faults: EVERY_FAULT,
  changes: EVERY_CHANGE,
});

const SHUFFLE_THREE = scene('shuffle on three workers', {
  pods: [busy(0, 0), busy(1, 0), busy(2, 0)],
  apps: [{}],
  faults: ['kill', 'lost-annotation', 'restart-master', 'others-grow'],
  changes: ['job', 'more'],
  rules: { maxWorkers: 4 },
});

const TWO_APPLICATIONS = scene('two applications share two workers', {
  pods: [busy(0, 0, 1), busy(1, 0, 1)],
  apps: [{}, {}],
  roomPerWorker: 2,
  faults: ['unread', 'kill', 'partition'],
  changes: EVERY_CHANGE,
});

const RESIDUE = scene('one holds the only blocks, another asks for more', {
  pods: [busy(0, 0), pod(1), pod(2)],
  apps: [{}, { wants: 2 }],
  faults: ['kill', 'old-page'],
  changes: ['fewer', 'job'],
});

const NOT_SET_UP = scene('an application is not set up for a drain', {
  pods: [busy(0, 0), pod(1, { workers: [worker({ executors: [executor(0)] })] }), pod(2)],
  apps: [{ wants: 1 }],
  settings: [{ decommission: false, storageDecommission: false }],
  faults: ['others-grow', 'kill'],
  changes: ['fewer', 'more'],
});

const CACHED = scene('cached blocks that may not be moved', {
  pods: [0, 1].map((slot) => pod(slot, { workers: [worker({ executors: [executor(0, { cached: true })] })] })),
  apps: [{}],
  faults: ['kill'],
  changes: ['job', 'more'],
});

const CROWDED = scene('cached blocks that hardly fit', {
  pods: [0, 1, 2].map((slot) => pod(slot, { workers: [worker({ executors: [executor(0, { cached: true })] })] })),
  apps: [{}],
  storage: 2,
  faults: ['kill'],
  changes: ['job', 'more'],
  rules: { moveCachedBlocks: true },
});

const SERVICE = scene('an external shuffle service keeps shuffle on an idle worker', {
  pods: [pod(0, { workers: [worker({ kept: [0] })] }), pod(1)],
  apps: [{}],
  settings: [{ shuffleMode: 'external-service' }],
  faults: ['unread', 'kill'],
  changes: ['more'],
});

const UNSEEN = scene('two pods of one node, one of their workers unseen', {
  pods: [pod(0), pod(1, { workers: [worker({ listed: undefined, executors: [executor(0, HOLDS)] })] })],
  apps: [{}],
  oneAddress: true,
  faults: ['kill'],
});

const TWO_IN_A_POD = scene('two workers in one pod', {
  pods: [pod(0, { workers: [worker(), worker({ executors: [executor(0, HOLDS)] })] }), pod(1)],
  apps: [{ job: 'shuffling' }],
  faults: ['partition', 'others-mark'],
});

const DRIVER = scene('a driver runs on a worker', {
  pods: [pod(0, { workers: [worker({ driver: true, executors: [executor(0)] })] }), pod(1)],
  apps: [{}],
  roomPerWorker: 2,
  faults: ['kill', 'others-grow'],
  changes: ['more'],
});

const FOREIGN = scene('workers that are not ours', {
  pods: [pod(0, { foreign: true }), pod(1)],
  apps: [{}],
  faults: ['kill', 'others-grow'],
  changes: ['more'],
});

const WRONG_BEFORE = scene('after a wrong victim', {
  pods: [pod(0), pod(1), pod(2)],
  apps: [{}],
  memory: { wrongVictims: 1 },
  faults: ['kill', 'lost-annotation'],
  changes: ['more'],
});

const MARKS_NOBODY = scene('a master that marks nobody', {
  pods: [pod(0), pod(1), pod(2)],
  apps: [{ wants: 0 }],
  marks: false,
  refused: true,
  faults: ['restart-master', 'lost-annotation', 'others-grow', 'kill', 'partition', 'old-page'],
  changes: ['more', 'fewer'],
});

const ORDINALS = scene('only the highest ordinal can go', {
  pods: [busy(0, 0), pod(1), busy(2, 0)],
  apps: [{}],
  removal: 'highest-ordinal',
  faults: ['kill', 'lost-annotation', 'others-shrink', 'cordon'],
  changes: ['job', 'more'],
});

const LATE = scene('a drain that takes longer than the deadline', {
  pods: [0, 1].map((slot) => pod(slot, { workers: [worker({ executors: [executor(0, { tasks: true })] })] })),
  apps: [{ wants: 1, job: 'apart' }],
  faults: ['kill', 'lost-annotation'],
  changes: ['more', 'fewer'],
  rules: { drainDeadlineMs: TICK_MS },
});

const LATE_REMOVED = scene('a late drain is cut short where the settings say so', {
  pods: [0, 1].map((slot) => pod(slot, { workers: [worker({ executors: [executor(0, { tasks: true })] })] })),
  apps: [{ wants: 1, job: 'apart' }],
  faults: ['kill'],
  changes: ['more', 'fewer'],
  rules: { drainDeadlineMs: TICK_MS, onDrainDeadline: 'remove' },
});

/** All are walked with all guards, and nobody may be harmed. */
export const SCENES = {
  ...EDGE,
  IDLE_PAIR,
  SHUFFLE_PAIR,
  SHUFFLE_THREE,
  TWO_APPLICATIONS,
  RESIDUE,
  NOT_SET_UP,
  CACHED,
  CROWDED,
  SERVICE,
  UNSEEN,
  TWO_IN_A_POD,
  DRIVER,
  FOREIGN,
  WRONG_BEFORE,
  MARKS_NOBODY,
  ORDINALS,
  LATE,
  LATE_REMOVED,
} as const satisfies Readonly<Record<string, Scene>>;
