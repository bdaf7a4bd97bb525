/** What the clocks on the walls of a time zone show, in minutes. */

const MINUTE_MS = 60_000;
/** Clocks are changed at quarters of an hour, everywhere. */
const QUARTER = 15;

/** From minutes since the epoch to those that would have passed in UTC when its clocks show the same. */
export type WallClock = (epochMinute: number) => number;

/** The zone must be one that `Intl` knows. UTC needs no tables: they take 8 MiB of memory. */
export function wallMinuteIn(timeZone: string): WallClock {
  if (timeZone === 'UTC') return (epochMinute) => epochMinute;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  let known = { quarter: Number.NaN, offset: 0 };
  return (epochMinute) => {
    const quarter = Math.floor(epochMinute / QUARTER);
    if (quarter !== known.quarter) known = { quarter, offset: shown(format, quarter * QUARTER) - quarter * QUARTER };
    return epochMinute + known.offset;
  };
}

function shown(format: Intl.DateTimeFormat, epochMinute: number): number {
  const parts = new Map(format.formatToParts(epochMinute * MINUTE_MS).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute')) / MINUTE_MS;
}
