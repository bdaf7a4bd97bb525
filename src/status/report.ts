/**
 * One report per pass: the log line, the metrics and the status page are all made from it, so that they agree.
 */
import type { Decision } from '../core/decision.ts';
import type { SourceView } from '../core/gauge-choice.ts';
import type { Action } from '../core/removal.ts';
import type { OperatingError } from '../core/result.ts';
import type { Rules } from '../core/rules.ts';

/** Whether this daemon may write, and if not, why it stands by. */
export type Standing =
  | { readonly acts: true }
  | {
      readonly acts: false;
      readonly code:
        | 'disabled'
        | 'dry-run'
        | 'flag-unreadable'
        | 'not-holder'
        | 'master-not-alive'
        | 'original-present'
        | 'second-writer';
      readonly why: string;
    };

/** What became of the decision. */
export type Outcome =
  /** Nothing was to be done. */
  | { readonly kind: 'nothing' }
  /** The action was carried out; `text` is its sentence. */
  | { readonly kind: 'done'; readonly action: Action; readonly text: string }
  /** It was decided but not carried out: standing by, dry run, or fresher readings said otherwise. */
  | { readonly kind: 'withheld'; readonly action: Action; readonly why: string }
  | { readonly kind: 'failed'; readonly action: Action; readonly error: OperatingError };

/** How one source of readings is doing. */
export interface SourceReport {
  /** "master", "driver", "pods", … */
  readonly name: string;
  /** Age of the newest good reading in milliseconds; undefined before the first. */
  readonly ageMs: number | undefined;
  readonly periodMs: number;
  /** The last attempt's failure; undefined if it went well. */
  readonly error: OperatingError | undefined;
  /** Attempts since the start. */
  readonly reads: number;
  readonly failures: number;
  /** Series that belong to no active application; only of sources that could have any. */
  readonly strangers?: {
    readonly count: number;
    readonly named: readonly { readonly owner: string; readonly why: string }[];
  };
  /** What came to a source that listens: totals since the start, and what it holds now, by what it is. */
  readonly traffic?: {
    readonly totals: Readonly<Record<string, number>>;
    readonly held: Readonly<Record<string, number>>;
  };
}

/** How the sources of one application's gauges stand, and which one counts. */
export interface ApplicationSources {
  readonly application: string;
  /** Undefined where none can be trusted. */
  readonly inUse: string | undefined;
  /** In order of preference. */
  readonly sources: readonly SourceView[];
  /** What each says, where they differ by more than the tolerance. */
  readonly disagreement: string | undefined;
}

export interface CycleReport {
  /** Counts passes from 1. */
  readonly sequence: number;
  readonly atEpochMs: number;
  readonly durationMs: number;
  readonly standing: Standing;
  readonly decision: Decision;
  readonly outcome: Outcome;
  readonly rules: Rules;
  readonly sources: readonly SourceReport[];
  /** One entry per active application. */
  readonly gaugeSources: readonly ApplicationSources[];
  /** Operating errors met in this pass, newest last. */
  readonly errors: readonly OperatingError[];
  /** What a person should mend in the live configuration, in full sentences. */
  readonly problems: readonly string[];
  /** Passes skipped so far, since the one before was still running or the tick came too late. */
  readonly skippedPasses: number;
}
