/** Label selectors and field selectors of list requests. */
import { objectAt, textAt, textsOf, type JsonObject } from '../json.ts';

export function matchesLabels(
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** The objects that `labelSelector` and `fieldSelector` of a request choose; undefined where one of them is invalid. */
export function selected(objects: readonly JsonObject[], query: URLSearchParams): readonly JsonObject[] | undefined {
  const requirements = splitOutsideBrackets(query.get('labelSelector') ?? '').map(requirement);
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((part) => part !== '');
  const fieldTests = fields.map(fieldRequirement);
  const tests = [...requirements, ...fieldTests];
  const valid = tests.filter((test) => test !== undefined);
  if (valid.length < tests.length) return undefined;
  return objects.filter((object) => valid.every((test) => test(object)));
}

type Test = (object: JsonObject) => boolean;

function splitOutsideBrackets(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function requirement(text: string): Test | undefined {
  const [, key = '', operator, values = ''] =
    /^(!?[A-Za-z0-9._/-]+)\s*(==|=|!=|(?:not)?in\b)?\s*(.*)$/.exec(text) ?? [];
  const isIn = oneOf(values.replace(/^\((.*)\)$/, '$1'));
  switch (operator) {
    case undefined:
      if (key === '' || values !== '') return undefined;
      return key.startsWith('!')
        ? (object) => !(key.slice(1) in labelsOf(object))
        : (object) => key in labelsOf(object);
    case '=':
    case '==':
      return (object) => labelsOf(object)[key] === values;
    case '!=':
      return (object) => labelsOf(object)[key] !== values;
    case 'in':
      return (object) => isIn(labelsOf(object)[key]);
    default:
      return (object) => !isIn(labelsOf(object)[key]);
  }
}

function oneOf(list: string): (value: string | undefined) => boolean {
  const values = new Set(list.split(',').map((value) => value.trim()));
  return (value) => value !== undefined && values.has(value);
}

/** Only what every resource knows: the name and the namespace. */
function fieldRequirement(text: string): Test | undefined {
  const [, key, value] = /^metadata\.(name|namespace)==?(.*)$/.exec(text) ?? [];
  return key === undefined ? undefined : (object) => textAt(objectAt(object, 'metadata'), key) === value;
}

function labelsOf(object: JsonObject): Record<string, string> {
  return textsOf(objectAt(objectAt(object, 'metadata'), 'labels'));
}
