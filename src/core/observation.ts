/** Everything one decision is made from: the newest reading of each source, and the two clocks. */
import type { CalendarWindow } from './calendar.ts';
import type { PodView, TargetView } from './cluster-view.ts';
import type { ApplicationHoldings } from './holdings.ts';
import type { Reading } from './reading.ts';
import type {
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  GaugesAnswer,
  MasterView,
  TaskPace,
  WorkerSelfView,
} from './spark-view.ts';

/** One active application with all that is known of it. */
export interface ApplicationObservation {
  readonly application: ApplicationView;
  readonly gauges: Reading<GaugesAnswer>;
  readonly page: Reading<ApplicationPage>;
  /** Read once per application; settings of a running application do not change, so they do not go stale. */
  readonly settings: Reading<ApplicationSettings>;
  /** What it keeps on its workers; only read while workers may have to go. */
  readonly holdings: Reading<ApplicationHoldings>;
  /** How long its tasks take; only read while it has work. */
  readonly pace: Reading<TaskPace>;
}

/** What is known of the master's decommission endpoint; `refused` after a 405. */
export type MarkAbility = 'untried' | 'usable' | 'refused';

export interface Observation {
  /** Monotonic milliseconds: ages, holds and deadlines. */
  readonly nowMs: number;
  /** Wall clock, only to compare with times that others wrote (heartbeats, annotations). */
  readonly nowEpochMs: number;
  readonly master: Reading<MasterView>;
  /** One entry per active application of `master`, in its order. */
  readonly applications: readonly ApplicationObservation[];
  /** Workers' own pages by worker id; only those that were asked for. */
  readonly workerSelves: ReadonlyMap<string, Reading<WorkerSelfView>>;
  readonly target: Reading<TargetView>;
  readonly pods: Reading<readonly PodView[]>;
  readonly markAbility: MarkAbility;
  /** Nodes that are about to go, each with the reason, by name (R24); absent where nodes are not watched. */
  readonly leavingNodes?: Reading<ReadonlyMap<string, string>>;
  /** Windows of the calendar that are open; absent where there is no calendar. */
  readonly calendar?: readonly CalendarWindow[];
}
