/** The controller, its scale and its pods. */
import { jsonReply, type Answer } from '../http.ts';
import { isObject, objectAt, parseJson, textAt, textsOf, type Json, type JsonObject } from '../json.ts';
import { patched, type Call } from './call.ts';
import { failure, invalid, modified, notFound, preconditionFailed } from './failures.ts';
import { deletePod, nextRevision, setReplicas, type KubeState, type Pod } from './model.ts';
import { deletionCostOf, parseDeletionCost } from './ranking.ts';
import { controllerJson, podJson, scaleJson } from './render.ts';

export function controllerRoute(kube: KubeState, call: Call): Answer {
  if (call.name !== kube.controller.name) return notFound(call.subject);
  return jsonReply(200, controllerJson(kube));
}

export function scaleRoute(kube: KubeState, call: Call): Answer {
  if (call.name !== kube.controller.name) return notFound(call.subject);
  if (call.verb === 'get') return jsonReply(200, scaleJson(kube));
  const wanted = call.verb === 'patch' ? patched(scaleJson(kube), call.request) : bodyOf(call);
  if (!wanted.ok) return failure(wanted.code, wanted.why, call.subject);
  if (!isObject(wanted.value)) return failure(400, 'a Scale is an object', call.subject);
  const clash = preconditions(call, objectAt(wanted.value, 'metadata'), kube.controller);
  if (clash !== undefined) return clash;
  // An update without spec.replicas asks for zero (kubernetes.md 1.1).
  const replicas = objectAt(wanted.value, 'spec').replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    return failure(400, 'json: cannot unmarshal spec.replicas into Go value of type int32', call.subject);
  if (replicas < 0)
    return invalid(
      call.subject,
      'Scale',
      `spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`,
    );
  if (call.request.query.get('dryRun') !== 'All') setReplicas(kube, replicas);
  return jsonReply(200, scaleJson(kube));
}

function bodyOf(call: Call): { ok: true; value: Json } | { ok: false; code: 400; why: string } {
  const value = parseJson(call.request.body);
  return value === undefined ? { ok: false, code: 400, why: 'the body is not JSON' } : { ok: true, value };
}

/** 409 where the given metadata names another revision or another object than the stored one. */
function preconditions(
  call: Call,
  given: JsonObject,
  stored: { readonly uid: string; readonly resourceVersion: number },
): Answer | undefined {
  const uid = textAt(given, 'uid');
  const version = textAt(given, 'resourceVersion');
  if (uid !== undefined && uid !== stored.uid) return preconditionFailed(call.subject, 'UID', uid, stored.uid);
  const stale = version !== undefined && version !== '' && version !== String(stored.resourceVersion);
  return stale ? modified(call.subject) : undefined;
}

export function podRoute(kube: KubeState, call: Call, nowMs: number): Answer {
  const pod = kube.pods.get(call.name);
  if (pod === undefined) return notFound(call.subject);
  if (call.verb === 'patch') return patchPod(kube, call, pod);
  if (call.verb === 'delete') return removePod(kube, call, pod, nowMs);
  return jsonReply(200, podJson(kube, pod));
}

/** Labels and annotations may change; the rest of a pod may not, but for its image, which nobody here should touch. */
function patchPod(kube: KubeState, call: Call, pod: Pod): Answer {
  const before = podJson(kube, pod);
  const wanted = patched(before, call.request);
  if (!wanted.ok) return failure(wanted.code, wanted.why, call.subject);
  if (!isObject(wanted.value)) return failure(400, 'a Pod is an object', call.subject);
  const metadata = objectAt(wanted.value, 'metadata');
  const clash = preconditions(call, metadata, pod);
  if (clash !== undefined) return clash;
  if (JSON.stringify(wanted.value.spec) !== JSON.stringify(before.spec))
    return invalid(call.subject, 'Pod', 'spec: Forbidden: pod updates may not change fields of spec');
  const annotations = textsOf(objectAt(metadata, 'annotations'));
  const cost = deletionCostOf(annotations);
  if (cost !== undefined && parseDeletionCost(cost) === undefined) {
    const detail = `must be a 32bit integer`;
    return invalid(call.subject, 'Pod', `metadata.annotations: Invalid value: ${JSON.stringify(cost)}: ${detail}`);
  }
  if (call.request.query.get('dryRun') !== 'All')
    writePod(kube, pod, textsOf(objectAt(metadata, 'labels')), annotations);
  return jsonReply(200, podJson(kube, pod));
}

/** A write that changes nothing keeps the resourceVersion. */
function writePod(
  kube: KubeState,
  pod: Pod,
  labels: Record<string, string>,
  annotations: Record<string, string>,
): void {
  if (JSON.stringify([labels, annotations]) === JSON.stringify([pod.labels, pod.annotations])) return;
  pod.labels = labels;
  pod.annotations = annotations;
  pod.resourceVersion = nextRevision(kube);
}

function removePod(kube: KubeState, call: Call, pod: Pod, nowMs: number): Answer {
  const body = call.request.body === '' ? {} : parseJson(call.request.body);
  if (!isObject(body)) return failure(400, 'the body is not DeleteOptions', call.subject);
  const given = objectAt(body, 'preconditions');
  const version = textAt(given, 'resourceVersion');
  const stored = String(pod.resourceVersion);
  if (version !== undefined && version !== stored)
    return preconditionFailed(call.subject, 'ResourceVersion', version, stored);
  const clash = preconditions(call, given, pod);
  if (clash !== undefined) return clash;
  const graceSec = Number(call.request.query.get('gracePeriodSeconds') ?? body.gracePeriodSeconds ?? 30);
  if (call.request.query.get('dryRun') !== 'All') deletePod(kube, pod, nowMs, graceSec);
  return jsonReply(200, podJson(kube, pod));
}
