/** From a body to checked data: what does not fit is malformed, with the place named and the body never shown. */
import * as v from 'valibot';
import { err, ok, type Result } from '../core/result.ts';
import { shown } from './plain-text.ts';

/** A count or amount: finite, whole, not negative, and small enough to be exact. */
export const Count = v.pipe(v.number(), v.safeInteger('expected a whole number'), v.minValue(0));

/** An object with keys that are not known beforehand; an empty list is no object without keys. */
export function dictionary<const S extends v.GenericSchema>(value: S) {
  const noList = v.check((input: unknown) => !Array.isArray(input), 'expected an object');
  return v.pipe(v.unknown(), noList, v.record(v.string(), value));
}

/** Parses JSON; the error says what came instead. */
export function parseText(body: string, what: string): Result<unknown> {
  try {
    return ok(JSON.parse(body));
  } catch {
    const kind = body.trimStart().startsWith('<') ? 'an HTML page' : body === '' ? 'nothing' : 'no whole JSON';
    return err({ kind: 'malformed', what, detail: `the answer is ${kind}` });
  }
}

/** Parses JSON and checks it against the schema. */
export function parseJson<const S extends v.GenericSchema>(
  schema: S,
  body: string,
  what: string,
): Result<v.InferOutput<S>> {
  const text = parseText(body, what);
  if (!text.ok) return text;
  const parsed = v.safeParse(schema, text.value);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const place = shown(v.getDotPath(issue) ?? 'the document');
  // Only our own checks lack what was expected, and their messages are ours; valibot's would quote what was received.
  const wrong = issue.expected === null ? issue.message : `expected ${issue.expected}`;
  return err({ kind: 'malformed', what, detail: `${place}: ${wrong}` });
}
