/** The kind of value that points at the workers' controller. */
import { closest } from 'fastest-levenshtein';
import {
  describeReference,
  kindOfPlural,
  kindOfWord,
  KINDS,
  KNOWN_KINDS,
  type TargetReference,
} from '../kube/targets/reference.ts';
import type { Kind, Parsed } from './kinds.ts';
import { printable } from './problem.ts';
import { httpUrl, objectName } from './text-kinds.ts';

const ALLOWED = 'a name, kind/name, group/version/plural/name, or http://host:port/clusters/name';
const GROUP = /^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const VERSION = /^v[0-9]{1,4}(?:(?:alpha|beta)[0-9]{1,4})?$/;
const PLURAL = /^[a-z][a-z0-9]{0,62}$/;
const name = objectName('name');
const url = httpUrl();

/** What sets the number of workers. */
export function targetReference(): Kind<TargetReference> {
  return {
    unit: 'target',
    allowed: ALLOWED,
    parse: (text) => (/^https?:/i.test(text) ? parseUrl(text) : parseParts(text.split('/'))),
    show: describeReference,
    showRefused: (text) => (/^https?:/i.test(text) ? url.showRefused(text) : printable(text)),
  };
}

function parseParts(parts: readonly string[]): Parsed<TargetReference> {
  const last = parts.at(-1) ?? '';
  const checked = name.parse(last);
  if (!checked.ok)
    return { ok: false, mend: 'write the name as kubectl get shows it, with its kind in front: deployment/spark-w' };
  if (parts.length === 1) return { ok: true, value: { kind: 'replicationcontroller', name: last } };
  if (parts.length === 2) return parseKindAndName(parts[0] ?? '', last);
  if (parts.length === 4) return parseResource(parts[0] ?? '', parts[1] ?? '', parts[2] ?? '', last);
  return { ok: false, mend: 'write kind/name or group/version/plural/name' };
}

function parseKindAndName(word: string, last: string): Parsed<TargetReference> {
  const kind = kindOfWord(word);
  if (kind !== undefined) return { ok: true, value: { kind, name: last } };
  const near = closest(
    word.toLowerCase(),
    KNOWN_KINDS.flatMap((known) => KINDS[known].words),
  );
  const mend = `there is no kind ${printable(word)}: did you mean ${near}/${last}? Others are written group/version/plural/name`;
  return { ok: false, mend };
}

function parseResource(group: string, version: string, plural: string, last: string): Parsed<TargetReference> {
  const named = group === 'core' ? '' : group;
  if (!(named === '' || GROUP.test(named)) || !VERSION.test(version) || !PLURAL.test(plural)) {
    return { ok: false, mend: 'write it like apps/v1/deployments/spark-w, with core for the core group' };
  }
  const known = kindOfPlural(named, plural);
  if (known !== undefined) return { ok: true, value: { kind: known, name: last } };
  if (named === '')
    return { ok: false, mend: 'of the core group only replicationcontrollers have a scale: write rc/name' };
  return { ok: true, value: { kind: 'scalable', group: named, version, plural, name: last } };
}

function parseUrl(text: string): Parsed<TargetReference> {
  const checked = url.parse(text);
  if (!checked.ok)
    return { ok: false, mend: checked.mend.replace('http://127.0.0.1:8080', 'http://oshinko-rest:8081/clusters/mine') };
  const last = /\/clusters\/([^/]{1,253})$/.exec(checked.value)?.[1] ?? '';
  if (!name.parse(last).ok) return { ok: false, mend: 'write it like http://oshinko-rest:8081/clusters/mine' };
  return { ok: true, value: { kind: 'oshinko-rest', url: checked.value, name: last } };
}
