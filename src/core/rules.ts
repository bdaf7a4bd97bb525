/** The settings that the core decides by: numbers with their units, already checked by `config`. */
import type { Resources } from './resources.ts';

/** How Spark's master spreads new executors: over the emptiest workers, or one worker after the other. */
export type Placement = 'spread' | 'packed';

/** `hysteresis` is ours; `original` takes the count of the talk's daemon (generation G3, rule R13). */
export type PolicyName = 'hysteresis' | 'original';

/**
 * Who may be removed. `auto`: idle workers, and busy ones whose applications all allow a drain. `drain`: the same, and an
 * application that does not allow it is something to mend. `idle`: workers without executors only. `off`: nobody.
 */
export type RemovalMode = 'auto' | 'drain' | 'idle' | 'off';

export interface Rules {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** A surplus must have lasted this long before the count goes down; at most, where the hold is learned. */
  readonly holdMs: number;
  /** Whether the hold is learned from what a restart costs and from the gaps seen, and `holdMs` only its beginning and end. */
  readonly learnsHold: boolean;
  /** Demand above the climbing target must have lasted this long before it counts. */
  readonly burstMs: number;
  /** Workers added by one write at most; 0 means no limit. */
  readonly growStepWorkers: number;
  /** A surplus of at most this many workers is left alone. */
  readonly deadBandWorkers: number;
  /** Workers kept above what the demand needs. */
  readonly headroomWorkers: number;
  /** Growths that soon follow a shrink, per hour; more than that is paid with a longer hold, never with later growth (R12). */
  readonly reversalsPerHour: number;
  /** Whether workers that would come too late to be worth it are not asked for. */
  readonly skipsLate: boolean;
  /** Worker-seconds that a second less of waiting is worth, where somebody waits for short work. */
  readonly waitWorth: number;
  /** Share of the bursts of short work that workers are kept for; 0 keeps none. */
  readonly floorShare: number;
  /** Whether workers are started a step ahead while demand climbs. */
  readonly stepsAhead: boolean;
  /** Whether demand that is not taken though a worker stands idle for it counts for one worker only. */
  readonly dropsUnused: boolean;
  readonly policy: PolicyName;
  readonly placement: Placement;
  readonly removalMode: RemovalMode;
  /** Whether executors with cached blocks may be drained: where those came from cannot be seen (R20). */
  readonly moveCachedBlocks: boolean;
  /** What an application keeps pins a worker no longer than this; 0 sets no limit. */
  readonly pinAgeLimitMs: number;
  /** Whether workers may run an external shuffle service, so that idle ones may keep shuffle data. */
  readonly externalShuffleService: boolean;
  /** A drain that takes longer than this is late. */
  readonly drainDeadlineMs: number;
  /** What is done with a worker whose drain is late: waited for, or removed with what it still holds. */
  readonly onDrainDeadline: 'wait' | 'remove';
  /** Workers being removed at the same time, at most. */
  readonly maxDrainingWorkers: number;
  /** An application must have run no job for this long before workers that keep blocks of it are drained. */
  readonly quietMs: number;
  /** Between a worker's being chosen and the count's going down, at least. */
  readonly settleMs: number;
  /** A worker whose last heartbeat is older than this is not removed. */
  readonly heartbeatFreshMs: number;
  /** Keeps the count as it is, whatever the demand. */
  readonly paused: boolean;
  /** Size of one worker where neither a worker nor the pod template shows it. */
  readonly workerShape: Resources | undefined;
}
