/** Objects that the stand-in only stores: ConfigMaps, Leases, Events. */
import { jsonReply, type Answer } from '../http.ts';
import { isObject, objectAt, parseJson, textAt, type JsonObject } from '../json.ts';
import { kubeTime } from '../time-text.ts';
import { patched, type Call } from './call.ts';
import { alreadyExists, failure, invalid, modified, notFound, preconditionFailed } from './failures.ts';
import { newUid, nextRevision, type KubeState } from './model.ts';

/** Go's layout of MicroTime: exactly six digits of a second (kubernetes.md 3). */
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
const MICRO_TIME_FIELDS: Readonly<Record<string, readonly string[]>> = {
  leases: ['acquireTime', 'renewTime'],
  events: ['eventTime'],
};

/** The stored objects of one resource, by name. */
export function storedDocuments(kube: KubeState, resource: string): Map<string, JsonObject> {
  const found = kube.documents.get(resource) ?? new Map<string, JsonObject>();
  kube.documents.set(resource, found);
  return found;
}

export function documentRoute(kube: KubeState, call: Call, nowMs: number): Answer {
  const stored = storedDocuments(kube, call.resource.name);
  if (call.verb === 'create') return create(kube, call, stored, nowMs);
  const old = stored.get(call.name);
  if (old === undefined) return notFound(call.subject);
  if (call.verb === 'update' || call.verb === 'patch') return replace(kube, call, stored, old);
  if (call.verb !== 'delete') return jsonReply(200, old);
  stored.delete(call.name);
  return jsonReply(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
}

function create(kube: KubeState, call: Call, stored: Map<string, JsonObject>, nowMs: number): Answer {
  const body = parseJson(call.request.body);
  if (!isObject(body)) return failure(400, 'the body is not an object', call.subject);
  const given = objectAt(body, 'metadata');
  const prefix = textAt(given, 'generateName');
  const name =
    textAt(given, 'name') ?? (prefix === undefined ? undefined : `${prefix}${newUid(kube.random).slice(0, 5)}`);
  if (name === undefined)
    return invalid(call.subject, call.resource.kind, 'metadata.name: Required value: name or generateName is required');
  const subject = { ...call.subject, name };
  if (stored.has(name)) return alreadyExists(subject);
  const wrong = wrongContent({ ...call, name, subject }, body);
  if (wrong !== undefined) return wrong;
  const metadata: JsonObject = {
    ...given,
    name,
    namespace: call.namespace,
    uid: newUid(kube.random),
    creationTimestamp: kubeTime(nowMs),
  };
  return jsonReply(201, store(kube, call, stored, body, metadata));
}

function replace(kube: KubeState, call: Call, stored: Map<string, JsonObject>, old: JsonObject): Answer {
  const wanted = call.verb === 'patch' ? patched(old, call.request) : updateOf(call);
  if (!wanted.ok) return failure(wanted.code, wanted.why, call.subject);
  if (!isObject(wanted.value)) return failure(400, 'the body is not an object', call.subject);
  const given = objectAt(wanted.value, 'metadata');
  const was = objectAt(old, 'metadata');
  const [uid = '', version = ''] = [textAt(given, 'uid'), textAt(given, 'resourceVersion')];
  const storedUid = textAt(was, 'uid') ?? '';
  if (uid !== '' && uid !== storedUid) return preconditionFailed(call.subject, 'UID', uid, storedUid);
  if (version === '' && call.resource.name === 'leases')
    return invalid(
      call.subject,
      'Lease',
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    );
  if (version !== '' && version !== textAt(was, 'resourceVersion')) return modified(call.subject);
  const wrong = wrongContent(call, wanted.value);
  if (wrong !== undefined) return wrong;
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'resourceVersion'];
  const kept = Object.entries(was).filter(([key]) => fixed.includes(key));
  const metadata: JsonObject = { ...given, ...Object.fromEntries(kept) };
  const same = sameContent({ ...wanted.value, metadata }, old);
  return jsonReply(200, same ? old : store(kube, call, stored, wanted.value, metadata));
}

function updateOf(call: Call): ReturnType<typeof patched> {
  const value = parseJson(call.request.body);
  return value === undefined ? { ok: false, code: 400, why: 'the body is not JSON' } : { ok: true, value };
}

function store(
  kube: KubeState,
  call: Call,
  stored: Map<string, JsonObject>,
  body: JsonObject,
  metadata: JsonObject,
): JsonObject {
  const { group, version, kind } = call.resource;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const resourceVersion = String(nextRevision(kube));
  const document: JsonObject = { ...body, kind, apiVersion, metadata: { ...metadata, resourceVersion } };
  if (call.request.query.get('dryRun') !== 'All') stored.set(textAt(metadata, 'name') ?? '', document);
  return document;
}

function sameContent(a: JsonObject, b: JsonObject): boolean {
  return canonical(a) === canonical(b);
}

/** Text in which the order of keys does not matter. */
function canonical(value: JsonObject): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** What a real server would refuse of these kinds. */
function wrongContent(call: Call, body: JsonObject): Answer | undefined {
  const { name, kind } = call.resource;
  const holder = name === 'leases' ? objectAt(body, 'spec') : body;
  for (const field of MICRO_TIME_FIELDS[name] ?? []) {
    const time = holder[field];
    if (time === undefined || time === null || (typeof time === 'string' && MICRO_TIME.test(time))) continue;
    const layout = '2006-01-02T15:04:05.000000Z07:00';
    const why = `parsing time ${JSON.stringify(time)} as "${layout}": cannot parse as ".000000"`;
    return failure(400, `${kind} in version "v1" cannot be handled as a ${kind}: ${why}`);
  }
  if (name !== 'events') return undefined;
  const namespace = textAt(objectAt(body, 'involvedObject'), 'namespace');
  if (namespace === call.namespace) return undefined;
  return invalid(call.subject, 'Event', 'involvedObject.namespace: Invalid value: does not match event.namespace');
}
