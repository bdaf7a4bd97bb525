/** What a decision is, and what is remembered from one to the next: the words between the core and everybody else. */
import type { CalendarFloor } from './calendar.ts';
import type { ApplicationDemand, DemandMemories } from './demand.ts';
import { NEW_FORESIGHT_MEMORY, type ForesightMemory } from './foresight.ts';
import { NEW_GUARD_MEMORY, type GuardMemory } from './guard.ts';
import { NEW_LISTING_MEMORY, type ListingMemory } from './newcomers.ts';
import { NEW_ORIGINAL_MEMORY, type OriginalMemory } from './original.ts';
import { NEW_POLICY_MEMORY, type PolicyMemory, type Verdict } from './policy.ts';
import type { Action, RemovalPlan } from './removal.ts';
import { EMPTY_REPORT, type RemovalReport } from './removal-report.ts';
import { NEW_REMOVAL_MEMORY, type RemovalMemory } from './removal-memory.ts';
import type { Resources } from './resources.ts';
import { NEW_RESTART_MEMORY, type RestartCost, type RestartMemory } from './restart.ts';
import type { Trace } from './trace.ts';
import type { Expectation } from './verify.ts';
import { NEW_UNUSED_MEMORY, type UnusedMemory } from './unused.ts';
import type { WorkersWanted } from './wanted.ts';

export interface CoreMemory {
  readonly demands: DemandMemories;
  readonly unused: UnusedMemory;
  readonly policy: PolicyMemory;
  readonly foresight: ForesightMemory;
  readonly restart: RestartMemory;
  readonly original: OriginalMemory;
  readonly guard: GuardMemory;
  readonly listing: ListingMemory;
  readonly removal: RemovalMemory;
  readonly expectation: Expectation | undefined;
  /** Pods that ended though they were not chosen, since the daemon started. */
  readonly wrongVictims: number;
  /** Size of a worker as it was last seen. */
  readonly lastShape: Resources | undefined;
  /** When this daemon set the count to zero, monotonic; undefined where it did not, or somebody set another one since. */
  readonly emptiedAtMs: number | undefined;
}

export const NEW_CORE_MEMORY: CoreMemory = {
  demands: [],
  unused: NEW_UNUSED_MEMORY,
  policy: NEW_POLICY_MEMORY,
  foresight: NEW_FORESIGHT_MEMORY,
  restart: NEW_RESTART_MEMORY,
  original: NEW_ORIGINAL_MEMORY,
  guard: NEW_GUARD_MEMORY,
  listing: NEW_LISTING_MEMORY,
  removal: NEW_REMOVAL_MEMORY,
  expectation: undefined,
  wrongVictims: 0,
  lastShape: undefined,
  emptiedAtMs: undefined,
};

export type DecisionReason = Verdict['reason'] | 'target-unknown' | 'master-unknown' | 'master-not-alive';

export interface Decision {
  readonly action: Action;
  readonly reason: DecisionReason;
  readonly sentence: string;
  /** *wanted*: workers the demand needs; undefined while the master cannot be seen. */
  readonly wantedWorkers: number | undefined;
  /** *planned*: replicas set; undefined while the target cannot be read. */
  readonly plannedWorkers: number | undefined;
  /** *observed*: ALIVE workers at the master; undefined while it cannot be seen. */
  readonly observedWorkers: number | undefined;
  /** Workers that have registered since the pods were listed: which of them are ours shows in the next list. */
  readonly unlistedWorkers: number;
  /** Workers kept ready for what is to be expected or by the calendar, those wanted included; 0 for none. */
  readonly floorWorkers: number;
  /** What the calendar keeps of them; undefined for nothing. */
  readonly calendar: CalendarFloor | undefined;
  /** How long a surplus has to last now, and what a restart was seen to take; undefined where another policy decides. */
  readonly hold: { readonly holdMs: number; readonly restart: RestartCost | undefined } | undefined;
  /** Workers that should serve, after policy and bounds. */
  readonly desiredWorkers: number | undefined;
  readonly demands: readonly ApplicationDemand[];
  readonly infeasible: WorkersWanted['infeasible'];
  readonly starved: readonly string[];
  /** Why the count may not go down now. */
  readonly blockers: readonly string[];
  readonly leaving: RemovalPlan['leaving'];
  /** Who could go, and who stays and why; made when it is read. */
  readonly report: RemovalReport;
  /** R24: pods that serve still and are about to be taken with their node, each with the reason. */
  readonly disrupted: readonly { readonly name: string; readonly why: string }[];
  /** Found in this pass: pods that ended though they were not chosen. */
  readonly newWrongVictims: readonly string[];
  /** How it came about; made when it is read. */
  readonly trace: Pick<Trace, 'lines'>;
}

/** A decision to do nothing because nothing could be known. */
export function emptyDecision(reason: DecisionReason, why: string, trace: Trace): Decision {
  return {
    action: { kind: 'none' },
    reason,
    sentence: why,
    wantedWorkers: undefined,
    plannedWorkers: undefined,
    observedWorkers: undefined,
    unlistedWorkers: 0,
    floorWorkers: 0,
    calendar: undefined,
    hold: undefined,
    desiredWorkers: undefined,
    demands: [],
    infeasible: [],
    starved: [],
    blockers: [why],
    leaving: [],
    report: EMPTY_REPORT,
    disrupted: [],
    newWrongVictims: [],
    trace,
  };
}
