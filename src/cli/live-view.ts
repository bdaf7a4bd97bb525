/** What the cluster's configuration says at this moment, with the reasons to stand by that are not in it. */
import type { Config } from '../config/config.ts';
import { ALIAS_FLAG, applyLive, initialLive, type LiveState } from '../config/live.ts';
import { describeProblem } from '../config/problem.ts';
import { Calendar } from '../daemon/calendar.ts';
import type { LiveView } from '../daemon/cycle.ts';
import type { ConfigReading } from '../daemon/observer.ts';

/** Whether the original daemon runs in the same pod. */
export type OriginalDaemon =
  | {
      readonly known: true;
      /** Name of its container; undefined if there is none. */ readonly container: string | undefined;
    }
  | { readonly known: false; readonly why: string };

export class LiveSettings {
  readonly #config: Config;
  readonly #originalDaemon: () => OriginalDaemon;
  readonly #nowEpochMs: () => number;
  #state: LiveState;
  /** The calendar in force, with what it was made of. */
  #calendar: { readonly of: string; readonly calendar: Calendar } | undefined;

  constructor(config: Config, originalDaemon: () => OriginalDaemon, nowEpochMs: () => number) {
    this.#config = config;
    this.#originalDaemon = originalDaemon;
    this.#nowEpochMs = nowEpochMs;
    this.#state = initialLive(config);
  }

  /** Takes in the newest reading of the ConfigMap; undefined where none is configured. */
  view(reading: ConfigReading | undefined): LiveView {
    if (reading?.known === false) return this.#unreadable(reading.reason);
    this.#state = applyLive(this.#config, this.#state, reading?.value);
    const { rules, problems } = this.#state;
    return { standby: this.#standby(), rules, ...this.#open(), problems: problems.map(describeProblem) };
  }

  /** The settings in force. */
  values(): LiveState['values'] {
    return this.#state.values;
  }

  /** The calendar in force; undefined where it has no entry. */
  calendar(): Calendar | undefined {
    const { calendar: entries, timeZone } = this.#state.values;
    const of = JSON.stringify([timeZone, entries]);
    if (this.#calendar?.of !== of) {
      this.#calendar?.calendar.close();
      this.#calendar = entries.length === 0 ? undefined : { of, calendar: new Calendar(entries, timeZone) };
    }
    return this.#calendar?.calendar;
  }

  #open(): Pick<LiveView, 'calendar'> {
    const calendar = this.calendar();
    return calendar === undefined ? {} : { calendar: calendar.windows(this.#nowEpochMs()) };
  }

  /** R11: what cannot be read is never read as "on". */
  #unreadable(reason: string): LiveView {
    const problem = "the cluster's ConfigMap cannot be read";
    // The reason tells how old the last reading is, which is another each time; the problem stays the same.
    const standby = { code: 'flag-unreadable', why: `${problem}: ${reason}` } as const;
    return { standby, rules: this.#state.rules, ...this.#open(), problems: [problem] };
  }

  #standby(): LiveView['standby'] {
    const { standby, flagSource } = this.#state;
    if (standby !== undefined) return standby;
    const original = flagSource === ALIAS_FLAG ? this.#originalDaemon() : undefined;
    // R15: two autoscalers never act; with the original's flag alone, the original daemon is the one that is meant.
    if (original?.known === false) {
      return { code: 'original-present', why: `the original daemon may be in this pod: ${original.why}` };
    }
    if (original?.container !== undefined) {
      const why = `${ALIAS_FLAG} is set and the original daemon runs in container ${original.container}`;
      return { code: 'original-present', why: `${why}; set elasticWorker.enable to have this one act` };
    }
    if (this.#config.dryRun) return { code: 'dry-run', why: 'dry run: what would be done is only reported' };
    return undefined;
  }
}
