/** A value or a reason why there is none; expected failures are returned in it, never thrown. */
export type Result<T, E = OperatingError> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/**
 * What can go wrong in a pass without any code being wrong.
 *
 * - `unreachable`: no connection, or it broke.
 * - `timeout`: our own deadline ended it.
 * - `malformed`: an answer came that is not what the interface promises.
 * - `refused`: an answer with a status that says no (other than the two below).
 * - `unauthorized`: 401 or 403; `detail` says which credential was sent.
 * - `throttled`: 429 or a 5xx with Retry-After; `retryAfterMs` is when to come back.
 * - `conflict`: the object changed since it was read.
 * - `not-found`: the object is not there.
 * - `blocked`: our own guard forbade the request, for example an address outside the allowed networks.
 */
export type OperatingErrorKind =
  | 'unreachable'
  | 'timeout'
  | 'malformed'
  | 'refused'
  | 'unauthorized'
  | 'throttled'
  | 'conflict'
  | 'not-found'
  | 'blocked';

/** An expected failure: its kind, what was being done, and the details a person needs to mend it. */
export interface OperatingError {
  readonly kind: OperatingErrorKind;
  /** What was being done, as a noun: "master /json/", "scale of rc/spark-workers". */
  readonly what: string;
  /** One line for a person. Never a body, a header or a credential. */
  readonly detail: string;
  /** HTTP status, where an answer came. */
  readonly status?: number;
  /** How long to stay away, in milliseconds, where the other side said so. */
  readonly retryAfterMs?: number;
}

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a failure. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** One line that names what was tried, what happened and, where there is one, the HTTP status. */
export function describeError(error: OperatingError): string {
  const status = error.status === undefined ? '' : ` (HTTP ${error.status})`;
  return `${error.what}: ${error.kind}${status}: ${error.detail}`;
}
