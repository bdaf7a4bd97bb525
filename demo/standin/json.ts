/** JSON values, and the two patch formats a Kubernetes API server takes for plain objects. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one for anything else. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

export function textAt(parent: JsonObject, key: string): string | undefined {
  const value = parent[key];
  return typeof value === 'string' ? value : undefined;
}

/** The string values of an object, as labels and annotations are. */
export function textsOf(value: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])));
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

/** Parses text; undefined where it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return true;
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.values(value).every(isJson);
}

/** JSON Merge Patch (RFC 7386): null takes a key away, objects are merged, anything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const entries = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) entries.delete(key);
    else entries.set(key, mergePatch(entries.get(key), value));
  }
  return Object.fromEntries(entries);
}

/**
 * JSON Patch (RFC 6902) with test, add, replace and remove, on object keys only.
 * Answers undefined where an operation does not apply: a test that fails, a path that is not there.
 */
export function jsonPatch(target: Json, patch: Json): Json | undefined {
  if (!Array.isArray(patch)) return undefined;
  let result: Json | undefined = target;
  for (const operation of patch) {
    if (!isObject(operation) || result === undefined) return undefined;
    const keys = (textAt(operation, 'path') ?? '').split('/').slice(1).map(unescapePointer);
    result = applied(result, keys, textAt(operation, 'op') ?? '', operation.value);
  }
  return result;
}

function applied(target: Json, keys: readonly string[], op: string, value: Json | undefined): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined || !isObject(target)) return undefined;
  const entries = new Map(Object.entries(target));
  const old = entries.get(key);
  if (rest.length > 0) {
    const inner = old === undefined ? undefined : applied(old, rest, op, value);
    return inner === undefined ? undefined : { ...target, [key]: inner };
  }
  if (op === 'test') return JSON.stringify(old) === JSON.stringify(value) ? target : undefined;
  if (op !== 'add' && old === undefined) return undefined;
  if (op === 'remove') entries.delete(key);
  else if ((op === 'add' || op === 'replace') && value !== undefined) entries.set(key, value);
  else return undefined;
  return Object.fromEntries(entries);
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
