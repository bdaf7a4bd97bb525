/** The rules of our daemon as its settings have them by default; a test holds them to the settings table. */
import { LEARNED_HOLD_MS, PROFILES } from '../core/profiles.ts';
import type { Rules } from '../core/rules.ts';

export const DEFAULT_RULES: Omit<Rules, 'minWorkers' | 'maxWorkers' | 'placement'> = {
  ...PROFILES.balanced,
  holdMs: LEARNED_HOLD_MS,
  burstMs: 1_000,
  growStepWorkers: 0,
  deadBandWorkers: 0,
  headroomWorkers: 0,
  reversalsPerHour: 20,
  policy: 'hysteresis',
  removalMode: 'auto',
  moveCachedBlocks: false,
  pinAgeLimitMs: 0,
  externalShuffleService: true,
  drainDeadlineMs: 600_000,
  onDrainDeadline: 'wait',
  maxDrainingWorkers: 20,
  quietMs: 30_000,
  settleMs: 2_000,
  heartbeatFreshMs: 35_000,
  paused: false,
  workerShape: undefined,
};
