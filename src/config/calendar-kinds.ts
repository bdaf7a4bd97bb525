/** Kinds of values that say when: a calendar of workers, and the time zone it is written in. */
import { closest } from 'fastest-levenshtein';
import cron from 'node-cron';
import type { CalendarEntry } from '../core/calendar.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import type { Kind, Parsed } from './kinds.ts';
import { printable } from './problem.ts';

const MINUTE_MS = 60_000;
/** A window that was open already is looked for minute by minute. */
const LONGEST_MS = 7 * 24 * 60 * MINUTE_MS;
const MOST_ENTRIES = 32;
const MOST_WORKERS = 10_000;
const NONE = 'none';
const EXAMPLE = '8 for 10h at 30 7 * * 1-5';
const ENTRY = /^(\d{1,9}) for (\w{1,20}) at (\S.{0,199})$/;

const FIELD_NAMES: Readonly<Record<string, string>> = {
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of the month',
  month: 'month',
  dayOfWeek: 'day of the week',
};

/** Entries such as "8 for 10h at 30 7 * * 1-5", separated by semicolons or line ends; or the word `none`. */
export function calendar(): Kind<readonly CalendarEntry[]> {
  return {
    unit: 'calendar',
    allowed:
      `${NONE}, or at most ${MOST_ENTRIES} entries such as "${EXAMPLE}": workers, how long from 1m to ` +
      `${formatDuration(LONGEST_MS)} in whole minutes, and five fields as cron has them; with ; between them, or each on a line`,
    parse: remembering((text) => {
      if (text.trim() === NONE) return { ok: true, value: [] };
      const texts = text
        .split(/[;\n]/, MOST_ENTRIES * 2)
        .map((one) => one.trim().replace(/\s+/g, ' '))
        .filter((one) => one !== '');
      if (texts.length === 0) return { ok: false, mend: `write ${NONE} for no entry` };
      if (texts.length > MOST_ENTRIES) return { ok: false, mend: `write at most ${MOST_ENTRIES} entries` };
      const value: CalendarEntry[] = [];
      for (const one of texts) {
        const entry = parseEntry(one);
        if (!entry.ok) return { ok: false, mend: `of the entry "${printable(one)}" ${entry.mend}` };
        value.push(entry.value);
      }
      return { ok: true, value };
    }),
    show: (value) => (value.length === 0 ? NONE : value.map(({ text }) => text).join('; ')),
    showRefused: printable,
  };
}

/** The ConfigMap is read every second and mostly says the same; these kinds take a millisecond or more to read. */
function remembering<T>(parse: Kind<T>['parse']): Kind<T>['parse'] {
  let last: { readonly text: string; readonly parsed: Parsed<T> } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, parsed: parse(text) };
    return last.parsed;
  };
}

/** What is wrong is the end of "of this entry …". */
function parseEntry(text: string): Parsed<CalendarEntry> {
  const [, count = '', length = '', fields = ''] = ENTRY.exec(text) ?? [];
  if (fields === '') return { ok: false, mend: `make something like "${EXAMPLE}"` };
  const workers = Number(count);
  if (workers < 1 || workers > MOST_WORKERS) {
    return { ok: false, mend: `write the workers as a whole number from 1 to ${MOST_WORKERS}` };
  }
  const lengthMs = parseDurationMs(length) ?? 0;
  if (lengthMs < MINUTE_MS || lengthMs > LONGEST_MS || lengthMs % MINUTE_MS !== 0) {
    const range = `from 1m to ${formatDuration(LONGEST_MS)} in whole minutes, such as 10h or 1h30m`;
    return { ok: false, mend: `write how long it lasts as a duration ${range}` };
  }
  const mend = mendFields(fields);
  return mend === undefined ? { ok: true, value: { workers, lengthMs, cron: fields, text } } : { ok: false, mend };
}

/** Undefined where the fields are right. node-cron would take six of them too, and writes out every range it is given. */
function mendFields(fields: string): string | undefined {
  if (fields.split(' ').length !== 5 || /\d{3}/.test(fields)) {
    return 'write five fields after "at": minute, hour, day of the month, month, day of the week';
  }
  const [error] = cron.validateDetailed(fields).errors;
  if (error === undefined) return undefined;
  const field = FIELD_NAMES[error.field];
  if (field === undefined || error.value === undefined)
    return 'write the fields as cron has them, such as 30 7 * * 1-5';
  return `write another ${field}: ${error.value} is none${error.message.includes('impossible') ? ' in that month' : ''}`;
}

/** The name of a time zone, as the IANA has them. */
export function timeZone(): Kind<string> {
  return {
    unit: 'time zone',
    allowed: 'UTC, or the name of a time zone such as Europe/Berlin',
    parse: remembering((text) => {
      if (text === 'UTC' || isTimeZone(text)) return { ok: true, value: text };
      return { ok: false, mend: `write a name of the IANA's list, such as ${nearest(text)}` };
    }),
    show: (value) => value,
    showRefused: printable,
  };
}

/** `Intl` takes offsets such as +02:00 as well, which know no daylight saving: nobody means one. */
function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][\w+/-]{1,63}$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Who writes a city alone means its zone. */
function nearest(text: string): string {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const city = `/${text.toLowerCase()}`;
  return zones.find((zone) => zone.toLowerCase().endsWith(city)) ?? closest(text.slice(0, 64), zones);
}
