/** `/api/v1/version` of a driver: `{"spark": "3.5.1"}`. */
import * as v from 'valibot';
import { ok, type Result } from '../core/result.ts';
import { parseJson } from './json-text.ts';

/** Parses the document. Never throws. */
export function parseVersion(body: string, what: string): Result<string> {
  const parsed = parseJson(v.object({ spark: v.string() }), body, what);
  return parsed.ok ? ok(parsed.value.spark) : parsed;
}
