/** Labels and label selectors, by the rules of Kubernetes. */

const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const LONGEST_SELECTOR = 4096;

/** Whether this can be the value of a label; Kubernetes also allows an empty one, we do not. */
export function isLabelValue(text: string): boolean {
  return NAME.test(text);
}

/**
 * Whether this is a label selector that selects by something: `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (b,c)` and
 * `a notin (b,c)`, joined by commas.
 */
export function isLabelSelector(text: string): boolean {
  if (text.length > LONGEST_SELECTOR) return false;
  return splitOutsideBrackets(text).every((part) => isRequirement(part.trim()));
}

function isRequirement(text: string): boolean {
  const set = /^(\S+)\s+(?:in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) return isKey(set[1] ?? '') && (set[2] ?? '').split(',').every((value) => isValue(value.trim()));
  const [key = '', value, ...rest] = text.split(/!=|==|=/);
  if (rest.length > 0) return false;
  if (value === undefined) return isKey(text.replace(/^!/, ''));
  return isKey(key.trim()) && isValue(value.trim());
}

function isKey(text: string): boolean {
  const [name = '', prefix, ...rest] = text.split('/').reverse();
  return rest.length === 0 && NAME.test(name) && (prefix === undefined || PREFIX.test(prefix));
}

function isValue(text: string): boolean {
  return text === '' || NAME.test(text);
}

function splitOutsideBrackets(text: string): readonly string[] {
  const parts: string[] = [''];
  let inside = false;
  for (const character of text) {
    if (character === '(') inside = true;
    if (character === ')') inside = false;
    if (character === ',' && !inside) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${character}`);
  }
  return parts;
}
