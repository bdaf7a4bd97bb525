/** How a tiny cluster is put together: everything that a scene does not say is quiet. */
import { NEW_CORE_MEMORY, type CoreMemory } from '../../../../src/core/decision.ts';
import type { Rules } from '../../../../src/core/rules.ts';
import { FIRST_COST } from '../../../../src/core/removal-steps.ts';
import { NOW_MS, rules } from '../builders.ts';
import { GUARDS } from '../../../../src/core/removal-guards.ts';
import { lookAt } from './daemon.ts';
import { aged, withoutHistory } from './view.ts';
import {
  executor,
  OLDEST_TICKS,
  pod,
  TICK_MS,
  worker,
  type Application,
  type Change,
  type Executor,
  type Fault,
  type Pod,
  type Scene,
  type State,
} from './world.ts';

interface Parts extends Partial<Omit<Scene, 'name' | 'start' | 'rules'>> {
  readonly pods: Pod[];
  readonly apps?: readonly Partial<Application>[];
  readonly rules?: Partial<Rules>;
  readonly memory?: Partial<CoreMemory>;
  readonly planned?: number;
  readonly refused?: boolean;
  readonly mayFault?: number;
  readonly mayChange?: number;
}

export function scene(name: string, parts: Parts): Scene {
  const { pods, apps = [], memory = {}, mayFault = 1, mayChange = 1, ...more } = parts;
  const quiet: Application = { wants: 0, job: 'none', seen: true, readable: true };
  const { policy, guard } = NEW_CORE_MEMORY;
  const start: State = {
    planned: parts.planned ?? pods.filter(({ foreign }) => !foreign).length,
    countChanged: false,
    othersLowered: false,
    wrong: 0,
    pods,
    refused: parts.refused ?? false,
    born: 0,
    apps: apps.map((app) => ({ ...quiet, ...app })),
    memory: {
      ...NEW_CORE_MEMORY,
      guard: { ...guard, suspicion: undefined },
      policy: { ...policy, knownSinceMs: NOW_MS - OLDEST_TICKS * TICK_MS },
      ...memory,
    },
    note: memory.wrongVictims ?? 0,
    pending: undefined,
    faults: mayFault,
    changes: mayChange,
    harm: undefined,
  };
  const still: Scene = {
    name,
    settings: apps.map(() => ({})),
    roomPerWorker: 1,
    removal: 'by-cost',
    marks: true,
    storage: 4,
    oneAddress: false,
    fallback: false,
    faults: [],
    changes: [],
    ...more,
    rules: rules({
      holdMs: TICK_MS,
      settleMs: TICK_MS,
      heartbeatFreshMs: 1e9,
      reversalsPerHour: 1e6,
      removalMode: 'auto',
      externalShuffleService: true,
      drainDeadlineMs: 1e12,
      maxDrainingWorkers: 2,
      minWorkers: 0,
      maxWorkers: 3,
      ...parts.rules,
    }),
    start,
  };
  // The daemon has been there for long: it has looked, and its look is old.
  let seen = lookAt(still, start, GUARDS).memory;
  for (let ticks = 0; ticks < OLDEST_TICKS; ticks += 1) seen = aged(withoutHistory(seen));
  return { ...still, start: { ...start, memory: seen } };
}

export const EVERY_FAULT: readonly Fault[] = [
  'restart-master',
  'partition',
  'old-page',
  'unread',
  'lost-annotation',
  'others-grow',
  'others-shrink',
  'others-mark',
  'cordon',
  'kill',
];
export const EVERY_CHANGE: readonly Change[] = ['job', 'apart', 'more', 'fewer'];
export const HOLDS = { blocks: true } as const;

export const busy = (slot: number, ...apps: readonly number[]): Pod =>
  pod(slot, { workers: [worker({ executors: apps.map((app) => executor(app, HOLDS)) })] });

export const CHOSEN = { chosenAge: 1, cost: FIRST_COST, seenCost: FIRST_COST } as const;
export const chosen = (slot: number): Pod => pod(slot, CHOSEN);
export const marked = (slot: number, ...executors: Executor[]): Pod =>
  pod(slot, {
    ...CHOSEN,
    markedAge: 1,
    workers: [worker({ listed: 'DECOMMISSIONED', flagged: true, frozen: executors.length, executors })],
  });
