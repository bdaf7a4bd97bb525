/** The manifests as data. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '..', '..');
export const MANIFESTS = join(ROOT, 'manifests');

/** Any value in a manifest, reached into with `at`. */
export type Value = unknown;

/** All YAML files below manifests/, as paths from there. */
export function yamlFiles(): string[] {
  const all = readdirSync(MANIFESTS, { recursive: true, encoding: 'utf8' });
  return all.filter((file) => file.endsWith('.yaml')).sort();
}

/** The objects of one file. Throws on anything a strict parser finds wrong, duplicate keys too. */
export function objectsOf(file: string): Value[] {
  const documents = parseAllDocuments(readFileSync(join(MANIFESTS, file), 'utf8'), { strict: true, uniqueKeys: true });
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    return document.toJS() as Value;
  });
}

/** The only object of a file. */
export function objectOf(file: string): Value {
  const [object, ...more] = objectsOf(file);
  if (object === undefined || more.length > 0) throw new Error(`${file} holds ${more.length + 1} objects`);
  return object;
}

/** What is at a path of keys and indexes; undefined where there is nothing. */
export function at(value: Value, ...path: readonly (string | number)[]): Value {
  return path.reduce<Value>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)] as Value;
    return typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined;
  }, value);
}

/** As `at`, for a list; an empty one where there is none. */
export function listAt(value: Value, ...path: readonly (string | number)[]): Value[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** As `at`, for a text. Throws where there is none. */
export function textAt(value: Value, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}`);
  return found;
}

/** As `at`, for a map of texts; an empty one where there is none. */
export function textsAt(value: Value, ...path: readonly (string | number)[]): Record<string, string> {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null ? { ...(found as Record<string, string>) } : {};
}

/** The named entry of a list of things with names. */
export function named(list: readonly Value[], name: string): Value {
  return list.find((one) => at(one, 'name') === name);
}

/** What a Role grants, a line each: "group resource verb names". */
export function granted(role: Value): string[] {
  return listAt(role, 'rules').flatMap((rule) => {
    const names = listAt(rule, 'resourceNames').map(String).join();
    return listAt(rule, 'apiGroups').flatMap((group) =>
      listAt(rule, 'resources').flatMap((resource) =>
        listAt(rule, 'verbs').map((verb) => [group, resource, verb, names].map(String).join(' ')),
      ),
    );
  });
}

/** Lines of a spark-defaults.conf. */
export function sparkProperties(file: string): Record<string, string> {
  const lines = readFileSync(join(MANIFESTS, file), 'utf8').split('\n');
  const settings = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(settings.map((line) => line.split(/\s+/, 2) as [string, string]));
}
