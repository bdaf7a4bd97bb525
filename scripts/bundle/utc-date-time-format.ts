/** Stands in the bundle where node-cron asks `Intl` for the parts of a date: the beat runs in UTC, which needs no tables. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** As `Intl.DateTimeFormat`, for what node-cron reads of it, and for UTC only. */
export class UtcDateTimeFormat {
  constructor(_locale: string, { timeZone }: { readonly timeZone?: string }) {
    if (timeZone !== 'UTC') throw new Error('the bundle knows UTC only: see scripts/bundle/utc-date-time-format.ts');
  }

  formatToParts(date: Date): { readonly type: string; readonly value: string }[] {
    const part = (type: string, value: number): { type: string; value: string } => ({
      type,
      value: String(value).padStart(2, '0'),
    });
    return [
      { type: 'weekday', value: DAYS[date.getUTCDay()] ?? '' },
      part('year', date.getUTCFullYear()),
      part('month', date.getUTCMonth() + 1),
      part('day', date.getUTCDate()),
      part('hour', date.getUTCHours()),
      part('minute', date.getUTCMinutes()),
      part('second', date.getUTCSeconds()),
      { type: 'timeZoneName', value: 'GMT' },
    ];
  }
}
