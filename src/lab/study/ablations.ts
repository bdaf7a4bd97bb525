/** Our daemon without one of its mechanisms at a time, and without all of them: what does not pay does not stay. */
import { NOTHING_LEARNED } from '../../core/profiles.ts';
import { oursWith, type LabPolicy } from './policies.ts';

const OFF: readonly (readonly [mechanism: string, without: Parameters<typeof oursWith>[2]])[] = [
  ['learned hold', { learnsHold: false }],
  ['burst filter', { skipsLate: false }],
  ['learned floor', { floorShare: 0 }],
  ['step ahead', { stepsAhead: false }],
  ['breaker', { dropsUnused: false }],
  // Half-empty workers are drained onto others; without, only idle ones go.
  ['consolidation', { removalMode: 'idle' }],
];

export const ABLATIONS: readonly LabPolicy[] = [
  ...OFF.map(([mechanism, without]) => oursWith(`without ${mechanism}`, `ours without its ${mechanism}`, without)),
  oursWith('without all', 'ours with a fixed hold of 60 s, and nothing learned', NOTHING_LEARNED),
];
