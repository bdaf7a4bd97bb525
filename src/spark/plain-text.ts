/** Text that others chose, made fit for an error of one line and for a URL. */

const LONGEST = 100;

/** At most 100 characters, and none that could forge a line or move a cursor. */
export function shown(text: string): string {
  const safe = text.slice(0, LONGEST).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return text.length > LONGEST ? `${safe}…` : safe;
}

/** One part of a URL's path or query; unlike encodeURIComponent it never throws. */
export function urlPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
