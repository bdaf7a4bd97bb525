/** Tiny clusters that begin where it becomes dangerous, so that few steps show it. */
import { busy, CHOSEN, chosen, HOLDS, marked, scene } from './scene.ts';
import { executor, pod, TICK_MS, worker } from './world.ts';

export const SERVICE_ALONE = scene('an idle worker on which a shuffle service keeps shuffle', {
  pods: [pod(0, { workers: [worker({ kept: [0] })] })],
  apps: [{}],
  settings: [{ shuffleMode: 'external-service' }],
});

export const SERVICE_UNREAD = scene('an idle worker on which a shuffle service may keep shuffle', {
  pods: [pod(0, { workers: [worker({ kept: [0] })] })],
  apps: [{ readable: false }],
  settings: [{ shuffleMode: 'external-service' }],
});

export const THREE_IDLE = scene('three idle workers', {
  pods: [pod(0), pod(1), pod(2)],
  apps: [{}],
  changes: ['more'],
});

export const WANTED_BESIDE_RESIDUE = scene('an executor that is wanted, beside two that hold shuffle', {
  pods: [pod(0, { workers: [worker({ executors: [executor(1)] })] }), busy(1, 0), busy(2, 0)],
  apps: [{}, { wants: 1 }],
  changes: ['job'],
});

export const NOT_SET_UP_COMES = scene('an application that is not set up starts on a chosen worker', {
  pods: [busy(0, 0), busy(1, 0)],
  apps: [{}, {}],
  settings: [{}, { decommission: false }],
  roomPerWorker: 2,
  changes: ['more'],
});

export const DRIVER_BESIDE = scene('a driver and an idle executor, beside what cannot be drained', {
  pods: [
    pod(0, { workers: [worker({ driver: true, executors: [executor(0)] })] }),
    pod(1, { workers: [worker({ executors: [executor(1)] })] }),
  ],
  apps: [{}, { wants: 1, job: 'apart' }],
  settings: [{}, { decommission: false }],
  roomPerWorker: 2,
});

export const OLD_PAGE = scene('a chosen worker whose page will not be read again', {
  pods: [chosen(0)],
  apps: [{}],
  faults: ['old-page'],
  changes: ['more'],
});

export const BOTH_CHOSEN = scene('two chosen workers, of which one is wanted again', {
  pods: [chosen(0), chosen(1)],
  apps: [{}],
  faults: ['others-mark', 'others-shrink'],
  changes: ['more'],
});

export const ON_THEIR_WAY = scene('a chosen worker to which another hands on its blocks', {
  pods: [
    marked(0, executor(0, { ...HOLDS, leaving: true })),
    pod(1, { ...CHOSEN, workers: [worker({ executors: [executor(0, HOLDS)] })] }),
    busy(2, 0),
  ],
  apps: [{}],
  faults: ['cordon', 'restart-master', 'kill'],
  changes: ['more'],
});

export const ONE_MISSING = scene('an empty marked worker, and a pod that is still missing', {
  pods: [marked(0), pod(1, { workers: [worker({ executors: [executor(0)] })] })],
  planned: 3,
  apps: [{ wants: 2 }],
});

export const ONE_PENDING = scene('an empty marked worker, and a pod that is not Ready yet', {
  pods: [
    marked(0),
    pod(1, { workers: [worker({ executors: [executor(0)] })] }),
    pod(2, { life: 'pending', workers: [] }),
  ],
  apps: [{ wants: 2 }],
});

export const LONG_TASK = scene('a marked worker with a long task', {
  pods: [
    marked(0, executor(0, { tasks: true, leaving: true })),
    pod(1, { workers: [worker({ executors: [executor(0)] })] }),
  ],
  apps: [{ wants: 1, job: 'apart' }],
  rules: { drainDeadlineMs: TICK_MS },
});

export const LONG_TASK_CUT = scene('a marked worker with a long task that is cut short', {
  pods: [marked(0, executor(0, { tasks: true, leaving: true })), pod(1)],
  apps: [{ wants: 1, job: 'apart' }],
  faults: ['restart-master'],
  changes: ['more'],
  rules: { drainDeadlineMs: TICK_MS, onDrainDeadline: 'remove' },
});

export const REFUSES = scene('a master that is found to mark nobody', {
  pods: [pod(0), busy(1, 0)],
  apps: [{}],
  marks: false,
  faults: ['kill'],
  changes: ['more'],
});

export const CORDONED = scene('R24: a node goes while all its workers are wanted', {
  pods: [pod(0, { workers: [worker({ executors: [executor(0, HOLDS)] })], cordoned: true }), busy(1, 0)],
  apps: [{ wants: 2 }],
  faults: ['kill', 'restart-master', 'lost-annotation', 'cordon'],
  changes: ['job', 'more', 'fewer'],
});

export const FALLBACK = scene('shuffle on both of two workers, and a fallback storage', {
  pods: [busy(0, 0), busy(1, 0)],
  apps: [{}],
  settings: [{ fallbackStorage: true }],
  fallback: true,
  faults: ['kill', 'restart-master', 'others-shrink'],
  changes: ['job', 'more'],
});
