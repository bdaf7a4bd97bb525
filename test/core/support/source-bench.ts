/** Sources whose newest readings a test sets, and what was chosen of them. */
import { chooseGauges, NO_CHOICE_YET, type GaugeChoice } from '../../../src/core/gauge-choice.ts';
import type { OperatingError } from '../../../src/core/result.ts';
import type { AllocationGauges, GaugesAnswer } from '../../../src/core/spark-view.ts';

const FAILURE: OperatingError = { kind: 'unreachable', what: 'the test', detail: 'made so' };

interface Said {
  readonly target?: number | undefined;
  readonly needed?: number | undefined;
  readonly atMs: number;
}

export function answerOf({ target, needed = target }: Said): GaugesAnswer {
  const gauges: AllocationGauges = {
    numberTargetExecutors: target,
    numberMaxNeededExecutors: needed,
    numberAllExecutors: undefined,
    numberExecutorsPendingToRemove: undefined,
    numberDecommissioningExecutors: undefined,
  };
  return { kind: 'gauges', gauges };
}

/** Looked at whenever the test likes. */
export class SourceBench {
  nowMs = 0;
  tolerance = 1;
  choice: GaugeChoice | undefined;
  #memory = NO_CHOICE_YET;
  #periods: ReadonlyMap<string, number>;
  readonly #newest = new Map<string, { answer: GaugesAnswer; atMs: number }>();
  readonly #errors = new Map<string, OperatingError>();

  /** Names with periods in seconds, the preferred one first. */
  constructor(periodsSec: Readonly<Record<string, number>>) {
    this.#periods = new Map(Object.entries(periodsSec));
  }

  /** The list of sources changes while it runs. */
  hasNow(periodsSec: Readonly<Record<string, number>>): void {
    this.#periods = new Map(Object.entries(periodsSec));
  }

  says(source: string, target: number | undefined, needed = target, ageMs = 0): void {
    const atMs = this.nowMs - ageMs;
    this.#newest.set(source, { answer: answerOf({ target, needed, atMs }), atMs });
    this.#errors.delete(source);
  }

  answers(source: string, answer: GaugesAnswer): void {
    this.#newest.set(source, { answer, atMs: this.nowMs });
  }

  fails(source: string): void {
    this.#errors.set(source, FAILURE);
  }

  look(): GaugeChoice {
    const candidates = [...this.#periods].map(([source, periodSec]) => {
      const newest = this.#newest.get(source);
      const good = newest && {
        known: true as const,
        value: newest.answer,
        takenAtMs: newest.atMs,
        source,
        periodMs: periodSec * 1000,
      };
      return { source, good, error: this.#errors.get(source) };
    });
    const { choice, memory } = chooseGauges(candidates, this.#memory, this.nowMs, this.tolerance);
    this.#memory = memory;
    this.choice = choice;
    return choice;
  }

  /** Seconds pass, with a look at each; `each` may say what sources do meanwhile. */
  wait(seconds: number, each: () => void = () => undefined): GaugeChoice {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1000;
      each();
      this.look();
    }
    return this.choice ?? this.look();
  }
}

export function targetOf({ reading }: GaugeChoice): number | undefined {
  return reading.known && reading.value.kind === 'gauges' ? reading.value.gauges.numberTargetExecutors : undefined;
}

export function neededOf({ reading }: GaugeChoice): number | undefined {
  return reading.known && reading.value.kind === 'gauges' ? reading.value.gauges.numberMaxNeededExecutors : undefined;
}

export function whyUnknown({ reading }: GaugeChoice): string {
  return reading.known ? '' : reading.reason;
}

export function stateOf(choice: GaugeChoice, source: string): string | undefined {
  return choice.sources.find((one) => one.source === source)?.state;
}
