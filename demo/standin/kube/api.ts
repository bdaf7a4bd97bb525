/** The Kubernetes API: from request to answer, without any socket. */
import { brokenAnswer, type Faults } from '../faults.ts';
import { jsonReply, plainText, type Answer, type Request } from '../http.ts';
import { isObject, objectAt, parseJson, textAt, type JsonObject } from '../json.ts';
import { callOf, type Call } from './call.ts';
import { discovery } from './discovery.ts';
import { documentRoute, storedDocuments } from './documents.ts';
import { failure, forbidden, modified } from './failures.ts';
import type { KubeState } from './model.ts';
import { controllerJson, podJson } from './render.ts';
import { selected } from './selectors.ts';
import { controllerRoute, podRoute, scaleRoute } from './worker-routes.ts';

/** Name a request is counted under: "patch replicationcontrollers/scale", or "get /version". */
export function callName(request: Request): string {
  const call = callOf(request);
  if (call === undefined) return `${request.method.toLowerCase()} ${request.path}`;
  return `${call.verb ?? request.method.toLowerCase()} ${call.resource.name}`;
}

export function apiAnswer(kube: KubeState, request: Request, nowMs: number): Answer {
  const broken = brokenApi(kube.faults.api, kube.faults.retryAfterSec);
  if (broken !== undefined) return broken;
  const known = request.method === 'GET' ? discovery(request.path) : undefined;
  if (known !== undefined) return known;
  const call = callOf(request);
  if (call === undefined) return failure(404, 'the server could not find the requested resource');
  const { verb, resource, subject } = call;
  if (verb === undefined || !resource.verbs.includes(verb))
    return failure(405, 'the server does not allow this method on the requested resource', subject);
  if (request.contentType.startsWith('application/vnd.kubernetes.protobuf'))
    return failure(415, 'the stand-in reads JSON only', subject);
  if (denied(kube.faults, verb, resource.name, call.name)) return forbidden(subject, verb, call.namespace);
  if (request.query.get('watch') === 'true' || request.query.get('watch') === '1')
    return failure(400, 'the stand-in serves no watches', subject);
  const failed = verb === 'get' || verb === 'list' ? undefined : failedWrite(kube.faults, call);
  return failed ?? route(kube, call, nowMs);
}

/** A write that is to fail this once. */
function failedWrite(faults: Faults, { resource, subject }: Call): Answer | undefined {
  if (usedUp(faults.conflicts, resource.name)) return modified(subject);
  const at = faults.failedWrites.findIndex((one) => one.resource === resource.name);
  const [failed] = at < 0 ? [] : faults.failedWrites.splice(at, 1);
  return failed && brokenApi(failed.fault, faults.retryAfterSec);
}

/** 429 comes as plain text, not as a Status (kubernetes.md 6). */
function brokenApi(fault: Faults['api'], retryAfterSec: number): Answer | undefined {
  if (fault === 'too-many-requests')
    return plainText(429, 'Too many requests, please try again later.\n', { 'retry-after': String(retryAfterSec) });
  if (fault === 'error') return failure(500, 'Internal error occurred: etcdserver: request timed out');
  return brokenAnswer(fault);
}

function usedUp(conflicts: string[], resource: string): boolean {
  const at = conflicts.indexOf(resource);
  if (at >= 0) conflicts.splice(at, 1);
  return at >= 0;
}

function denied(faults: Faults, verb: string, resource: string, name: string | undefined): boolean {
  return faults.denials.some(
    (denial) =>
      denial.verb === verb && denial.resource === resource && (denial.name === undefined || denial.name === name),
  );
}

function route(kube: KubeState, call: Call, nowMs: number): Answer {
  if (call.verb === 'list') return listRoute(kube, call);
  const ours = call.namespace === kube.options.namespace;
  switch (call.resource.name) {
    case 'selfsubjectaccessreviews':
      return accessReview(kube.faults, call);
    case 'replicationcontrollers':
      return controllerRoute(kube, ours ? call : nowhere(call));
    case 'replicationcontrollers/scale':
      return scaleRoute(kube, ours ? call : nowhere(call));
    case 'pods':
      return podRoute(kube, ours ? call : nowhere(call), nowMs);
    default:
      if (call.verb === 'create' && !ours)
        return failure(404, `namespaces "${call.namespace}" not found`, { ...call.subject, resource: 'namespaces' });
      return documentRoute(kube, ours ? call : nowhere(call), nowMs);
  }
}

/** The same call for an object that cannot be there; its subject still says what was asked for. */
function nowhere(call: Call): Call {
  return { ...call, name: '' };
}

function listRoute(kube: KubeState, call: Call): Answer {
  const { kind, group, version } = call.resource;
  const ours = call.namespace === '' || call.namespace === kube.options.namespace;
  const items = selected(ours ? objectsOf(kube, call.resource.name) : [], call.request.query);
  if (items === undefined) return failure(400, 'unable to parse requirement of labelSelector or fieldSelector');
  return jsonReply(200, {
    kind: `${kind}List`,
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: { resourceVersion: String(kube.revision) },
    items: items.map(withoutKind),
  });
}

function objectsOf(kube: KubeState, resource: string): JsonObject[] {
  if (resource === 'pods') return [...kube.pods.values()].map((pod) => podJson(kube, pod));
  if (resource === 'replicationcontrollers') return [controllerJson(kube)];
  return [...storedDocuments(kube, resource).values()];
}

/** Items of a list carry neither kind nor apiVersion. */
function withoutKind(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'kind' && key !== 'apiVersion'));
}

function accessReview(faults: Faults, call: Call): Answer {
  const body = parseJson(call.request.body);
  if (!isObject(body)) return failure(400, 'the body is not an object', call.subject);
  const asked = objectAt(objectAt(body, 'spec'), 'resourceAttributes');
  const [resource = '', subresource] = [textAt(asked, 'resource'), textAt(asked, 'subresource')];
  const full = subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`;
  const allowed = !denied(faults, textAt(asked, 'verb') ?? '', full, textAt(asked, 'name'));
  return jsonReply(201, {
    ...body,
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    status: { allowed, ...(allowed && { reason: 'RBAC: allowed by the stand-in' }) },
  });
}
