/** What is told of a removal: how many could go, who stays, and why. Made when somebody asks, which few passes are. */
import { undrainable } from './ledger.ts';
import { pinnedWorkers, type PinnedWorker } from './pins.ts';
import type { RemovalInput } from './removal.ts';
import { freeToGo, type Candidates } from './removal-choice.ts';

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
  /** How many of these nobody needs: the missing executors may want those that are idle or on their way. */
  readonly free: number;
  /** Some stay only since their executors would find no room elsewhere. */
  readonly lackRoom: boolean;
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
  free: 0,
  lackRoom: false,
  undrainable: [],
  pins: [],
  kept: new Map(),
};

/** Each part is made when it is first read. */
export class LazyReport implements RemovalReport {
  readonly #candidates: () => Candidates;
  readonly #input: RemovalInput;
  #free: number | undefined;
  #undrainable: RemovalReport['undrainable'] | undefined;
  #pins: RemovalReport['pins'] | undefined;
  #kept: RemovalReport['kept'] | undefined;

  constructor(candidates: () => Candidates, input: RemovalInput) {
    this.#candidates = candidates;
    this.#input = input;
  }

  get standings(): Standings {
    const { unstarted, idle, drainable, why } = this.#candidates();
    return { unstarted: unstarted.length, idle: idle.length, drainable: drainable.length, kept: why.size };
  }

  get free(): number {
    return (this.#free ??= freeToGo(this.#input, this.#candidates()));
  }

  get lackRoom(): boolean {
    return this.#candidates().lackRoom;
  }

  get undrainable(): RemovalReport['undrainable'] {
    return (this.#undrainable ??= undrainable(this.#input.ledger));
  }

  get pins(): readonly PinnedWorker[] {
    const { ledger, context } = this.#input;
    return (this.#pins ??= pinnedWorkers(ledger, context.fleet, context.nowMs));
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
