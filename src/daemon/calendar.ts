/**
 * Which windows of the calendar are open.
 *
 * node-cron reads the expressions and says which minutes they name; it is asked in UTC about the minute that the clock on
 * the wall shows, and the wall's clock is followed here. So a start in an hour that is skipped is not lost, and one in an
 * hour that comes twice does not open twice.
 */
import cron, { type ScheduledTask } from 'node-cron';
import type { CalendarEntry, CalendarWindow } from '../core/calendar.ts';
import { wallMinuteIn, type WallClock } from './wall-clock.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** How far ahead the next window is looked for. */
const AHEAD_MINUTES = 31 * DAY_MINUTES;

interface Row {
  readonly entry: CalendarEntry;
  readonly task: ScheduledTask;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** The day that was asked about last, and whether a window begins on it. */
  day: { readonly number: number; readonly begins: boolean } | undefined;
  /** When its newest window began, in minutes since the epoch; undefined where none is known. */
  startedAt: number | undefined;
}

/** One calendar in one time zone. To be closed when another takes its place. */
export class Calendar {
  readonly #rows: readonly Row[];
  readonly #zone: string;
  readonly #wall: WallClock;
  #walk: Walk | undefined;

  /** The entries and the zone must have been checked. */
  constructor(entries: readonly CalendarEntry[], timeZone: string) {
    this.#zone = timeZone;
    this.#wall = wallMinuteIn(timeZone);
    this.#rows = entries.map((entry) => {
      const { minute, hour } = cron.parse(entry.cron);
      const task = cron.createTask(entry.cron, () => undefined, { timezone: 'UTC' });
      return { entry, task, minutes: new Set(minute), hours: new Set(hour), day: undefined, startedAt: undefined };
    });
  }

  /**
   * The windows that are open at this time, in the order of their entries: also those that were open before anybody
   * asked, and those whose beginning was slept through.
   */
  windows(nowEpochMs: number): readonly CalendarWindow[] {
    const now = Math.floor(nowEpochMs / MINUTE_MS);
    this.#follow(now);
    return this.#rows.flatMap((row) => {
      if (row.startedAt === undefined) return [];
      const window = this.#windowOf(row, row.startedAt);
      return nowEpochMs < window.untilEpochMs ? [window] : [];
    });
  }

  /** The window that opens next, within 31 days; undefined where none does. */
  next(nowEpochMs: number): { readonly window: CalendarWindow; readonly opens: string } | undefined {
    const now = Math.floor(nowEpochMs / MINUTE_MS);
    const walk = new Walk(this.#wall, now);
    for (let minute = now + 1; minute <= now + AHEAD_MINUTES; minute += 1) {
      const passed = walk.to(minute);
      const row = this.#rows.find((one) => passed.some((wall) => begins(one, wall)));
      if (row !== undefined) return { window: this.#windowOf(row, minute), opens: this.#text(minute) };
    }
    return undefined;
  }

  close(): void {
    for (const { task } of this.#rows) void task.destroy();
  }

  /** Catches up with the time; where the machine's clock went back, or far ahead, from the beginning. */
  #follow(now: number): void {
    const longest = Math.max(0, ...this.#rows.map(({ entry }) => entry.lengthMs / MINUTE_MS));
    const since = this.#walk === undefined ? Infinity : now - this.#walk.at;
    if (since < 0 || since > longest + DAY_MINUTES) {
      this.#walk = new Walk(this.#wall, now - longest - 1);
      for (const row of this.#rows) row.startedAt = undefined;
    }
    const walk = this.#walk ?? new Walk(this.#wall, now);
    const passed: (readonly [minute: number, walls: readonly number[]])[] = [];
    while (walk.at < now) passed.push([walk.at + 1, walk.to(walk.at + 1)]);
    for (const row of this.#rows) {
      const start = passed.findLast(([, walls]) => walls.some((wall) => begins(row, wall)));
      if (start !== undefined) row.startedAt = start[0];
    }
  }

  #windowOf({ entry: { workers, lengthMs, text } }: Row, startedAt: number): CalendarWindow {
    const until = startedAt + lengthMs / MINUTE_MS;
    return { workers, untilEpochMs: until * MINUTE_MS, until: this.#text(until), entry: text };
  }

  #text(minute: number): string {
    const wall = new Date(this.#wall(minute) * MINUTE_MS).toISOString();
    return `${wall.slice(0, 10)} ${wall.slice(11, 16)} ${this.#zone}`;
  }
}

/** Of a minute and an hour that it names, only the day remains to be asked about, once for all of them. */
function begins(row: Row, wall: number): boolean {
  if (!row.minutes.has(wall % 60) || !row.hours.has(Math.floor(wall / 60) % 24)) return false;
  const number = Math.floor(wall / DAY_MINUTES);
  if (row.day?.number !== number) row.day = { number, begins: row.task.match(new Date(wall * MINUTE_MS)) };
  return row.day.begins;
}

/** Goes from minute to minute, and tells what the clock on the wall came to and passed. */
class Walk {
  readonly #wall: WallClock;
  #at: number;
  /** The latest that the wall's clock has shown. */
  #latest: number;

  constructor(wall: WallClock, at: number) {
    this.#wall = wall;
    this.#at = at;
    this.#latest = wall(at);
    // Clocks are turned back by less than a day; what one showed before that has been.
    for (let back = 1; back <= DAY_MINUTES; back += 1) this.#latest = Math.max(this.#latest, wall(at - back));
  }

  get at(): number {
    return this.#at;
  }

  /**
   * Goes to the next minute. @returns the minutes of the wall's clock that are new: mostly one; all that were skipped,
   * where it is put forward; none as long as it repeats itself.
   */
  to(minute: number): readonly number[] {
    this.#at = minute;
    const wall = this.#wall(minute);
    const first = Math.max(this.#latest + 1, wall - DAY_MINUTES);
    this.#latest = Math.max(this.#latest, wall);
    return Array.from({ length: Math.max(0, wall - first + 1) }, (_, index) => first + index);
  }
}
