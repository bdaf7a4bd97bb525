/** What an API request asks for, and the table of what is served. */
import type { Request } from '../http.ts';
import { jsonPatch, mergePatch, parseJson, type Json } from '../json.ts';
import type { Subject } from './failures.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';

/** One served resource. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, with its subresource. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
}

const STORED: readonly Verb[] = ['get', 'list', 'create', 'update', 'patch', 'delete'];

const core = { group: '', version: 'v1', namespaced: true } as const;

export const RESOURCES: readonly Resource[] = [
  { ...core, name: 'replicationcontrollers', kind: 'ReplicationController', verbs: ['get', 'list'] },
  { ...core, name: 'replicationcontrollers/scale', kind: 'Scale', verbs: ['get', 'update', 'patch'] },
  { ...core, name: 'pods', kind: 'Pod', verbs: ['get', 'list', 'patch', 'delete'] },
  { ...core, name: 'configmaps', kind: 'ConfigMap', verbs: STORED },
  { ...core, name: 'events', kind: 'Event', verbs: STORED },
  { ...core, group: 'coordination.k8s.io', name: 'leases', kind: 'Lease', verbs: STORED },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    name: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    verbs: ['create'],
  },
  {
    group: 'autoscaling',
    version: 'v2',
    name: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    namespaced: true,
    verbs: ['list'],
  },
];

/** A request for a served resource. */
export interface Call {
  readonly resource: Resource;
  /** Undefined for a verb that HTTP can say but Kubernetes does not know. */
  readonly verb: Verb | undefined;
  /** Empty across all namespaces. */
  readonly namespace: string;
  /** Empty for a list or a create. */
  readonly name: string;
  readonly subject: Subject;
  readonly request: Request;
}

const PATH = /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?\/?$/;

/** Reads the path; undefined where nothing is served there. */
export function callOf(request: Request): Call | undefined {
  const parts = PATH.exec(request.path)?.map((part: string | undefined) => decodeURIComponent(part ?? ''));
  if (parts === undefined) return undefined;
  const [, group = '', version = '', namespace = '', plural = '', name = '', subresource = ''] = parts;
  const full = subresource === '' ? plural : `${plural}/${subresource}`;
  const resource = RESOURCES.find((one) => one.group === group && one.version === version && one.name === full);
  if (resource === undefined) return undefined;
  return {
    resource,
    verb: verbOf(request.method, name),
    namespace,
    name,
    subject: { group, resource: full, name },
    request,
  };
}

function verbOf(method: string, name: string): Verb | undefined {
  const named = name !== '';
  switch (method) {
    case 'GET':
      return named ? 'get' : 'list';
    case 'POST':
      return named ? undefined : 'create';
    case 'PUT':
      return named ? 'update' : undefined;
    case 'PATCH':
      return named ? 'patch' : undefined;
    case 'DELETE':
      return named ? 'delete' : undefined;
    default:
      return undefined;
  }
}

export type Patched =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: 400 | 415 | 422; readonly why: string };

/** Applies the body of a PATCH to an object. Strategic merge is done as a plain merge: no list is patched here. */
export function patched(stored: Json, request: Request): Patched {
  const patch = parseJson(request.body);
  if (patch === undefined) return { ok: false, code: 400, why: 'the body is not JSON' };
  const [mediaType = ''] = request.contentType.split(';');
  switch (mediaType.trim()) {
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return { ok: true, value: mergePatch(stored, patch) };
    case 'application/json-patch+json': {
      if (!Array.isArray(patch)) return { ok: false, code: 400, why: 'a JSON patch is a list of operations' };
      const value = jsonPatch(stored, patch);
      if (value !== undefined) return { ok: true, value };
      return { ok: false, code: 422, why: 'the server rejected our request due to an error in our request' };
    }
    default:
      return {
        ok: false,
        code: 415,
        why: 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
      };
  }
}
