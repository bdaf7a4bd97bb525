/**
 * One pass over the ports: observe, decide, look again, act, report. It never retries; the next tick is the retry.
 */
import type { CalendarWindow } from '../core/calendar.ts';
import { decide, noteApplied } from '../core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory, type Decision } from '../core/decision.ts';
import type { Observation } from '../core/observation.ts';
import type { Action } from '../core/removal.ts';
import type { OperatingError, Result } from '../core/result.ts';
import type { Rules } from '../core/rules.ts';
import type { CycleReport, Outcome, Standing } from '../status/report.ts';
import type { Actuator } from './actuator.ts';
import type { Clock } from './clock.ts';
import { hasLearnedSame, readNote, writeNote, type Moment } from './memory-note.ts';
import type { ConfigReading, Observer } from './observer.ts';
import type { Rivals } from './rivals.ts';
import type { LeaseKeeper } from './tenancy.ts';

/** Gaps and bursts that were seen are written down no more often than this. */
const LEARNED_SAVE_MS = 60_000;

/** What the cluster's configuration says at this moment. */
export interface LiveView {
  /** Undefined while enabled; else why the daemon stands by. */
  readonly standby:
    | { readonly code: 'disabled' | 'dry-run' | 'flag-unreadable' | 'original-present'; readonly why: string }
    | undefined;
  readonly rules: Rules;
  /** Windows of the calendar that are open; absent where there is no calendar. */
  readonly calendar?: readonly CalendarWindow[];
  /** What a person should mend, in full sentences. */
  readonly problems: readonly string[];
}

export interface CycleDeps {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly actuator: Actuator;
  readonly lease: LeaseKeeper;
  /** Watches for others who set the count; undefined where there can be none. */
  readonly rivals?: Rivals;
  readonly live: (config: ConfigReading | undefined) => LiveView;
  readonly skippedPasses: () => number;
  /** Ends writes; later than the signal that ends reads, so that a write in flight may finish. */
  readonly writeSignal: AbortSignal;
}

/** Runs passes and carries the memory from one to the next. */
export class Cycle {
  readonly #deps: CycleDeps;
  #memory: CoreMemory = NEW_CORE_MEMORY;
  /** What was in the last note, and when it was written. */
  #saved = { memory: NEW_CORE_MEMORY, atMs: -Infinity };
  #sequence = 0;

  constructor(deps: CycleDeps) {
    this.#deps = deps;
  }

  /** One pass. Expected failures are in the report; only bugs are thrown. */
  async run(): Promise<CycleReport> {
    const { clock, observer } = this.#deps;
    const startedAtMs = clock.nowMs();
    await observer.beat();
    const live = this.#deps.live(observer.config());
    const observation = this.#observe(live);
    const errors: OperatingError[] = [];
    const standing = await this.#standing(live, observation, errors);
    if (!standing.acts && standing.code !== 'second-writer') this.#deps.rivals?.forget();
    const first = decide(observation, this.#memory, live.rules);
    const { decision, outcome } = await this.#follow(first, standing, live, errors);
    // A restart must not forget that a wrong pod went: it is why the daemon holds back.
    if (standing.acts && (decision.newWrongVictims.length > 0 || this.#hasLearned())) await this.#save(errors);
    observer.watchHoldings(mayShrink(decision));
    observer.watchPods(standing.acts && isRemoving(decision));
    this.#sequence += 1;
    return {
      sequence: this.#sequence,
      atEpochMs: clock.nowEpochMs(),
      durationMs: clock.nowMs() - startedAtMs,
      standing,
      decision,
      outcome,
      rules: live.rules,
      sources: observer.sources(),
      gaugeSources: observer.choices(),
      errors: [...observer.takeErrors(), ...errors],
      problems: live.problems,
      skippedPasses: this.#deps.skippedPasses(),
    };
  }

  #observe({ calendar }: LiveView): Observation {
    const observation = this.#deps.observer.observation(this.#deps.actuator.markAbility());
    this.#deps.rivals?.see(observation.target);
    return calendar === undefined ? observation : { ...observation, calendar };
  }

  /** May this daemon write? The flag first, then the master beside it, then the Lease, then who else writes. */
  async #standing(live: LiveView, observation: Observation, errors: OperatingError[]): Promise<Standing> {
    const { lease, writeSignal } = this.#deps;
    if (live.standby !== undefined) {
      await lease.release(writeSignal);
      return { acts: false, ...live.standby };
    }
    const { master } = observation;
    if (master.known && master.value.status !== 'ALIVE') {
      await lease.release(writeSignal);
      return { acts: false, code: 'master-not-alive', why: `the master beside this daemon is ${master.value.status}` };
    }
    const tenancy = await lease.keep(writeSignal);
    const error = lease.error();
    if (error !== undefined) errors.push(error);
    if (!tenancy.held) return { acts: false, code: 'not-holder', why: tenancy.why };
    if (tenancy.taken) this.#memory = readNote(this.#memory, tenancy.saved, this.#moment());
    const rival = this.#rival();
    return rival === undefined ? { acts: true } : { acts: false, code: 'second-writer', why: rival };
  }

  /** Why another who sets the count forbids to write; undefined if none does. */
  #rival(): string | undefined {
    const { rivals, observer, clock } = this.#deps;
    return rivals?.why(observer.scalers(), clock.nowMs());
  }

  /** A plan is checked against fresher readings right before it is carried out. */
  async #follow(
    first: ReturnType<typeof decide>,
    standing: Standing,
    live: LiveView,
    errors: OperatingError[],
  ): Promise<{ decision: Decision; outcome: Outcome }> {
    const { action } = first.decision;
    const withheld = this.#whyWithheld(action, standing);
    if (withheld !== undefined) {
      this.#memory = first.memory;
      const outcome: Outcome =
        action.kind === 'none' ? { kind: 'nothing' } : { kind: 'withheld', action, why: withheld };
      return { decision: first.decision, outcome };
    }
    const missed = await this.#lookAgain(first.decision);
    const observation = this.#observe(live);
    const why = missed ?? this.#rival();
    if (why !== undefined) {
      this.#memory = first.memory;
      return { decision: first.decision, outcome: { kind: 'withheld', action, why } };
    }
    const second = decide(observation, this.#memory, live.rules);
    this.#memory = second.memory;
    if (second.decision.action.kind === 'none') {
      return {
        decision: second.decision,
        outcome: { kind: 'withheld', action, why: 'fresher readings say otherwise' },
      };
    }
    if (needsPods(second.decision.action) && !needsPods(action)) {
      const why = 'the fresher readings ask for a removal; it is looked at again first';
      return { decision: second.decision, outcome: { kind: 'withheld', action: second.decision.action, why } };
    }
    return { decision: second.decision, outcome: await this.#act(second.decision, observation, errors) };
  }

  async #lookAgain({ action, unlistedWorkers }: Decision): Promise<string | undefined> {
    const { observer } = this.#deps;
    if (needsPods(action)) return observer.refreshForRemoval();
    await observer.refreshForGrowth(unlistedWorkers > 0);
    return undefined;
  }

  #whyWithheld(action: Action, standing: Standing): string | undefined {
    if (action.kind === 'none') return 'nothing is to be done';
    if (!standing.acts) return standing.why;
    const waitMs = this.#deps.actuator.backOffMs(action);
    return waitMs > 0 ? `backing off for ${Math.ceil(waitMs)} ms after a failed write` : undefined;
  }

  async #act(decision: Decision, observation: Observation, errors: OperatingError[]): Promise<Outcome> {
    const { action } = decision;
    const { target, pods } = observation;
    if (!target.known) return { kind: 'withheld', action, why: target.reason };
    const { actuator, clock, lease, observer, writeSignal } = this.#deps;
    // Looking again took time: whatever is written has to begin and end while nobody else can hold the Lease.
    const writableForMs = lease.writableForMs();
    if (writableForMs <= 0) return { kind: 'withheld', action, why: 'the Lease ran out while it was looked at again' };
    const signal = AbortSignal.any([writeSignal, AbortSignal.timeout(Math.floor(writableForMs))]);
    const result = await actuator.carryOut(action, target.value, signal);
    if (action.kind === 'resize') observer.countWritten();
    this.#noteCount(action, result);
    if (result.ok || mayHaveHappened(result.error, action)) {
      const known = pods.known ? pods.value : [];
      this.#memory = noteApplied(this.#memory, action, known, clock.nowMs(), clock.nowEpochMs());
      if (action.kind === 'resize' || action.kind === 'mark') await this.#save(errors);
    }
    if (result.ok) return { kind: 'done', action, text: decision.sentence };
    errors.push(result.error);
    return { kind: 'failed', action, error: result.error };
  }

  #noteCount(action: Action, result: Result<void>): void {
    if (action.kind !== 'resize') return;
    const nowMs = this.#deps.clock.nowMs();
    if (result.ok) this.#deps.rivals?.wrote(action.to, nowMs);
    else if (isOutcomeUnknown(result.error)) this.#deps.rivals?.wrote(undefined, nowMs);
  }

  /** Whether there is more to remember of gaps and bursts, and the last note is not quite new. */
  #hasLearned(): boolean {
    const { memory, atMs } = this.#saved;
    return !hasLearnedSame(this.#memory, memory) && this.#deps.clock.nowMs() - atMs >= LEARNED_SAVE_MS;
  }

  async #save(errors: OperatingError[]): Promise<void> {
    const { lease, writeSignal, clock } = this.#deps;
    this.#saved = { memory: this.#memory, atMs: clock.nowMs() };
    const failed = await lease.save(writeNote(this.#memory, this.#moment()), writeSignal);
    if (failed !== undefined) errors.push(failed);
  }

  #moment(): Moment {
    const { clock } = this.#deps;
    return { nowMs: clock.nowMs(), nowEpochMs: clock.nowEpochMs() };
  }
}

/** Whether what applications keep on their workers matters: there is more than is wanted, or somebody is on the way out. */
function mayShrink({ plannedWorkers, wantedWorkers, floorWorkers, leaving, disrupted }: Decision): boolean {
  if (leaving.length > 0 || disrupted.length > 0) return true;
  return plannedWorkers !== undefined && Math.max(wantedWorkers ?? Infinity, floorWorkers) < plannedWorkers;
}

/** Whether somebody is on the way out, or was just chosen, so that the next step waits for what the pods show. */
function isRemoving({ action, leaving }: Decision): boolean {
  return leaving.length > 0 || (needsPods(action) && action.kind !== 'none');
}

/** Growth depends on the count alone; everything else on who is where. */
function needsPods(action: Action): boolean {
  return !(action.kind === 'resize' && action.direction === 'grow');
}

/** A write may have happened though it failed: the answer was lost, unreadable, or a server's trouble of its own. */
function mayHaveHappened(error: OperatingError, action: Action): boolean {
  // Some of several pods may have been written to before one failed.
  if (action.kind === 'choose' || action.kind === 'release') return true;
  const lowers = action.kind === 'mark' || (action.kind === 'resize' && action.direction !== 'grow');
  if (!lowers) return false;
  return isOutcomeUnknown(error);
}

function isOutcomeUnknown(error: OperatingError): boolean {
  const lost = error.kind === 'timeout' || error.kind === 'unreachable' || error.kind === 'malformed';
  return lost || (error.status ?? 0) >= 500;
}
