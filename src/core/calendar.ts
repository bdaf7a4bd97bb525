/**
 * Floors by the calendar: windows of time in which at least so many workers are kept ready, since people know when work
 * comes. When a window opens is found elsewhere; the core is handed those that are open.
 */

/** One entry of the calendar: so many workers, for so long, from each time that the expression names. */
export interface CalendarEntry {
  readonly workers: number;
  /** Whole minutes, in milliseconds. */
  readonly lengthMs: number;
  /** Five fields, as cron has them. */
  readonly cron: string;
  /** As a person writes it. */
  readonly text: string;
}

/** A window that is open, or opens later. */
export interface CalendarWindow {
  readonly workers: number;
  readonly untilEpochMs: number;
  /** The same time for people, in the zone of the calendar. */
  readonly until: string;
  /** The entry it belongs to, as a person writes it. */
  readonly entry: string;
}

/** What is kept by the calendar now: of the windows that are open the one with most workers. */
export interface CalendarFloor extends CalendarWindow {
  /** What is kept of them: not more than max. */
  readonly workers: number;
  readonly sentence: string;
}

/** The largest of the windows that are open; of equals the one that lasts longest. Pure; undefined where none is open. */
export function calendarFloor(
  windows: readonly CalendarWindow[],
  nowEpochMs: number,
  maxWorkers: number,
): CalendarFloor | undefined {
  const [largest] = windows
    .filter(({ untilEpochMs }) => nowEpochMs < untilEpochMs)
    .sort((a, b) => b.workers - a.workers || b.untilEpochMs - a.untilEpochMs);
  if (largest === undefined) return undefined;
  const workers = Math.min(largest.workers, maxWorkers);
  const capped = workers < largest.workers ? `, max is ${maxWorkers}` : '';
  const sentence = `the calendar keeps ${largest.workers} workers until ${largest.until} (${largest.entry})${capped}`;
  return { ...largest, workers, sentence };
}
