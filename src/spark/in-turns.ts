/**
 * Drivers read one by one within a budget of requests a second; who waited longest comes first.
 *
 * A driver that lets a request run into its deadline holds a place the whole time. It is asked less and less often, so
 * that silent drivers do not make the readings of the others old.
 */
import type { Result } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { Census, GaugeSample, GaugeSource } from './ports.ts';

/** A silent driver is asked again after this long at the latest. */
const LONGEST_WAIT_MS = 60_000;

interface Turn {
  readonly lastReadMs: number;
  /** Deadlines missed in a row. */
  readonly missed: number;
}

const NO_TURN_YET: Turn = { lastReadMs: -Infinity, missed: 0 };

export interface TurnOptions {
  readonly pollMs: number;
  readonly driverRequestsPerSecond: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** How one kind of source reads one driver. */
export interface OneDriver {
  readonly name: string;
  readOne(application: ApplicationView, signal: AbortSignal, census: Census): Promise<Result<GaugeSample>>;
  /** Told at each round who is active, so that the others can be forgotten. */
  keep(applicationIds: ReadonlySet<string>): void;
  /** How many requests the next reading of this one may take; one where it is not told. */
  requestsFor?(applicationId: string): number;
}

/** Builds the source. */
export function inTurns(options: TurnOptions, driver: OneDriver): GaugeSource {
  const turns = new Map<string, Turn>();
  const turnOf = ({ id }: ApplicationView): Turn => turns.get(id) ?? NO_TURN_YET;

  function isDue(application: ApplicationView, nowMs: number): boolean {
    const { lastReadMs, missed } = turnOf(application);
    const waitMs = missed === 0 ? options.pollMs : Math.min(LONGEST_WAIT_MS, options.pollMs * 2 ** missed);
    // Half a poll early is still this poll's turn.
    return nowMs - lastReadMs >= waitMs - options.pollMs / 2;
  }

  function due(applications: readonly ApplicationView[], nowMs: number): readonly ApplicationView[] {
    const budget = Math.max(1, Math.floor((options.driverRequestsPerSecond * options.pollMs) / 1000));
    const waiting = applications.filter((one) => isDue(one, nowMs));
    waiting.sort((a, b) => turnOf(a).lastReadMs - turnOf(b).lastReadMs);
    let requests = 0;
    const over = waiting.findIndex(({ id }, place) => {
      requests += driver.requestsFor?.(id) ?? 1;
      // One is always read: a budget below what it takes would leave it out for ever.
      return place > 0 && requests > budget;
    });
    return over === -1 ? waiting : waiting.slice(0, over);
  }

  async function readOne(
    application: ApplicationView,
    signal: AbortSignal,
    census: Census,
  ): Promise<Result<GaugeSample>> {
    const { id } = application;
    const { missed } = turnOf(application);
    const lastReadMs = options.now();
    turns.set(id, { lastReadMs, missed });
    const answer = await driver.readOne(application, signal, census);
    const isLate = !answer.ok && answer.error.kind === 'timeout';
    turns.set(id, { lastReadMs, missed: isLate ? missed + 1 : 0 });
    return answer;
  }

  return {
    name: driver.name,
    periodMs: (count) => Math.max(options.pollMs, (count / options.driverRequestsPerSecond) * 1000),
    async read(applications, signal, census) {
      const ids = new Set(applications.map(({ id }) => id));
      driver.keep(ids);
      for (const id of turns.keys()) if (!ids.has(id)) turns.delete(id);
      const chosen = due(applications, options.now());
      const answers = chosen.map(async (one) => [one.id, await readOne(one, signal, census)] as const);
      return new Map(await Promise.all(answers));
    },
  };
}
