/** Holds the Lease while this daemon acts: renews it at its own pace and says whether it may write now. */
import { describeError, type OperatingError } from '../core/result.ts';
import type { Tenure } from '../kube/ports.ts';
import type { Clock } from './clock.ts';

export interface TenancyDeps {
  readonly clock: Clock;
  readonly tenure: Tenure;
  /** How long a renewal is good for, in milliseconds. */
  readonly leaseDurationMs: number;
}

export type Tenancy =
  | {
      readonly held: true;
      /** What an earlier holder saved; only on the pass in which it was taken. */ readonly saved: string | undefined;
      readonly taken: boolean;
    }
  | { readonly held: false; readonly why: string };

/** Renewed after a third of the duration. */
const RENEW_SHARE = 1 / 3;
/** A renewal that failed is tried again this soon: two more times before writes have to stop. */
const RETRY_SHARE = 2 / 15;
/** Writes stop this long before the Lease could be another's, so that a write in flight cannot outlive it. */
const MARGIN_SHARE = 1 / 3;

export class LeaseKeeper {
  readonly #deps: TenancyDeps;
  #renewedAtMs: number | undefined;
  #triedAtMs = -Infinity;
  #pauseShare = RENEW_SHARE;
  #holder = 'nobody yet';
  #error: OperatingError | undefined;
  /** The server asked to be left alone until then. */
  #throttled: { readonly untilMs: number; readonly error: OperatingError } | undefined;

  constructor(deps: TenancyDeps) {
    this.#deps = deps;
  }

  /** Renews if it is time, and says whether this daemon may write now. */
  async keep(signal: AbortSignal): Promise<Tenancy> {
    const { clock, leaseDurationMs, tenure } = this.#deps;
    const heldBefore = this.#isHeld();
    const startedAtMs = clock.nowMs();
    const throttled = this.#throttled !== undefined && startedAtMs < this.#throttled.untilMs;
    const isEarly = heldBefore && startedAtMs - this.#triedAtMs < leaseDurationMs * this.#pauseShare;
    if (throttled || isEarly) {
      this.#error = undefined;
      return heldBefore ? { held: true, saved: undefined, taken: false } : { held: false, why: this.#whyNot(false) };
    }
    this.#triedAtMs = startedAtMs;
    const result = await tenure.renew(signal);
    this.#error = result.ok ? undefined : result.error;
    this.#throttled = result.ok ? undefined : untilOf(result.error, clock.nowMs());
    this.#pauseShare = result.ok ? RENEW_SHARE : RETRY_SHARE;
    if (result.ok) {
      this.#holder = result.value.holder;
      this.#renewedAtMs = result.value.held ? startedAtMs : undefined;
    }
    // Also after a success: a renewal counts from when it began, and this one may have taken too long.
    if (!this.#isHeld()) return { held: false, why: this.#whyNot(result.ok && result.value.held) };
    if (!result.ok) return { held: true, saved: undefined, taken: false };
    return { held: true, saved: result.value.saved, taken: !heldBefore };
  }

  /** For how long writes may still be under way, in milliseconds; 0 if none may start. */
  writableForMs(): number {
    if (this.#renewedAtMs === undefined) return 0;
    const { clock, leaseDurationMs } = this.#deps;
    return Math.max(0, this.#renewedAtMs + leaseDurationMs * (1 - MARGIN_SHARE) - clock.nowMs());
  }

  /** The failure of the renewal that the last `keep` tried; undefined if it went well or none was due. */
  error(): OperatingError | undefined {
    return this.#error;
  }

  /** Keeps a text for whoever acts next. */
  async save(text: string, signal: AbortSignal): Promise<OperatingError | undefined> {
    const result = await this.#deps.tenure.save(text, signal);
    return result.ok ? undefined : result.error;
  }

  /** Lets another take over at once; best effort. */
  async release(signal: AbortSignal): Promise<void> {
    if (!this.#isHeld()) return;
    this.#renewedAtMs = undefined;
    await this.#deps.tenure.release(signal);
  }

  #isHeld(): boolean {
    return this.writableForMs() > 0;
  }

  #whyNot(tooSlow: boolean): string {
    if (tooSlow) return 'renewing the Lease took too long';
    const error = this.#error ?? this.#throttled?.error;
    if (error !== undefined) return `the Lease could not be renewed: ${describeError(error)}`;
    return `${this.#holder} holds the Lease`;
  }
}

/** A server that says when to come back is not asked before, not even where that costs the Lease. */
function untilOf(error: OperatingError, nowMs: number): { untilMs: number; error: OperatingError } | undefined {
  return error.retryAfterMs === undefined ? undefined : { untilMs: nowMs + error.retryAfterMs, error };
}
