/** What is told of a removal: how many could go, who stays, and why. Made when somebody asks, which few passes are. */
import type { Fleet } from './fleet.ts';
import { undrainable, type Ledger } from './ledger.ts';
import { pinnedWorkers, type PinnedWorker } from './pins.ts';
import type { Candidates } from './removal-choice.ts';

/** Pods that serve, counted by what may become of them. */
export interface Standings {
  readonly unstarted: number;
  readonly idle: number;
  readonly drainable: number;
  readonly kept: number;
}

export interface RemovalReport {
  /** How many of the pods that serve could go, and why. */
  readonly standings: Standings;
  /** Applications whose own settings keep workers from being drained. */
  readonly undrainable: readonly { readonly applicationId: string; readonly why: string }[];
  /** Workers that applications keep. */
  readonly pins: readonly PinnedWorker[];
  /** Pods that are kept, by reason, for people who wonder why the cluster does not shrink. */
  readonly kept: ReadonlyMap<string, number>;
}

/** Nothing was looked at. */
export const EMPTY_REPORT: RemovalReport = {
  standings: { unstarted: 0, idle: 0, drainable: 0, kept: 0 },
  undrainable: [],
  pins: [],
  kept: new Map(),
};

/** Each part is made when it is first read. */
export class LazyReport implements RemovalReport {
  readonly #candidates: () => Candidates;
  readonly #ledger: Ledger;
  readonly #fleet: Fleet;
  readonly #nowMs: number;
  #undrainable: RemovalReport['undrainable'] | undefined;
  #pins: RemovalReport['pins'] | undefined;
  #kept: RemovalReport['kept'] | undefined;

  constructor(candidates: () => Candidates, ledger: Ledger, fleet: Fleet, nowMs: number) {
    this.#candidates = candidates;
    this.#ledger = ledger;
    this.#fleet = fleet;
    this.#nowMs = nowMs;
  }

  get standings(): Standings {
    const { unstarted, idle, drainable, why } = this.#candidates();
    return { unstarted: unstarted.length, idle: idle.length, drainable: drainable.length, kept: why.size };
  }

  get undrainable(): RemovalReport['undrainable'] {
    return (this.#undrainable ??= undrainable(this.#ledger));
  }

  get pins(): readonly PinnedWorker[] {
    return (this.#pins ??= pinnedWorkers(this.#ledger, this.#fleet, this.#nowMs));
  }

  get kept(): ReadonlyMap<string, number> {
    return (this.#kept ??= keptReasons(this.#candidates()));
  }
}

function keptReasons({ why }: Candidates): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>();
  for (const reason of why.values()) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return reasons;
}
