/** What clients ask before they ask for anything: version, health, the list of what is served. */
import { jsonReply, plainText, type Answer } from '../http.ts';
import type { JsonObject } from '../json.ts';
import { RESOURCES, type Resource } from './call.ts';

const VERSION = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-08-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** Answers undefined for every other path. */
export function discovery(path: string): Answer | undefined {
  if (path === '/version' || path === '/version/') return jsonReply(200, VERSION);
  if (['/healthz', '/livez', '/readyz'].includes(path)) return plainText(200, 'ok');
  if (path === '/api') return jsonReply(200, { kind: 'APIVersions', versions: ['v1'] });
  if (path === '/apis') return jsonReply(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() });
  const [, group = '', version] = /^\/(?:api|apis\/([^/]+))\/([^/]+)\/?$/.exec(path) ?? [];
  const served = RESOURCES.filter((one) => one.group === group && one.version === version);
  if (version === undefined || served.length === 0) return undefined;
  return jsonReply(200, {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: served.map(entry),
  });
}

function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function groups(): JsonObject[] {
  return RESOURCES.filter(({ group }) => group !== '').map(({ group, version }) => {
    const preferredVersion = { groupVersion: groupVersion(group, version), version };
    return { name: group, versions: [preferredVersion], preferredVersion };
  });
}

function entry({ name, kind, namespaced, verbs }: Resource): JsonObject {
  const scale = kind === 'Scale' && { group: 'autoscaling', version: 'v1' };
  const shortNames = name === 'replicationcontrollers' && { shortNames: ['rc'] };
  return { name, singularName: kind.toLowerCase(), namespaced, kind, verbs: [...verbs], ...scale, ...shortNames };
}
