/** Durations as people write them: "300ms", "5s", "1m30s", "1h". */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const PARTS = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Milliseconds; undefined for anything that is not whole hours, minutes, seconds and milliseconds, in this order. */
export function parseDurationMs(text: string): number | undefined {
  const match = text === '' ? null : PARTS.exec(text);
  if (match === null) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0', rest = '0'] = match;
  return Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * SECOND_MS + Number(rest);
}

/** The shortest way to write whole milliseconds ≥ 0; {@link parseDurationMs} reads it back. */
export function formatDuration(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  const seconds = Math.floor((ms % MINUTE_MS) / SECOND_MS);
  const parts = [part(hours, 'h'), part(minutes, 'm'), part(seconds, 's'), part(ms % SECOND_MS, 'ms')].join('');
  return parts === '' ? '0s' : parts;
}

function part(amount: number, unit: string): string {
  return amount === 0 ? '' : `${amount}${unit}`;
}
