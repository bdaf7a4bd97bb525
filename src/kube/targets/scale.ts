/** The `scale` subresource: one PATCH that carries the revision it was decided on. */
import * as v from 'valibot';
import { err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { malformed } from '../errors.ts';
import { patchScale, type ResourceKind } from './objects.ts';
import { parseAs } from './workload.ts';

/**
 * `autoscaling/v1` and, from OpenShift, `extensions/v1beta1`, which has the selector as a map and its text under another
 * name. A 0 is left out of `spec`.
 */
const Scale = v.object({
  metadata: v.object({ resourceVersion: v.optional(v.string()) }),
  spec: v.optional(v.object({ replicas: v.optional(v.number(), 0) }), {}),
  status: v.optional(
    v.object({
      replicas: v.optional(v.number(), 0),
      selector: v.optional(v.unknown()),
      targetSelector: v.optional(v.string()),
    }),
    {},
  ),
});

export type Scale = v.InferOutput<typeof Scale>;

/** Reads a Scale of either kind. */
export function parseScale(value: unknown, what: string): Result<Scale> {
  return parseAs(Scale, value, what);
}

/** The query for the pods that a Scale counts; undefined where it says none. */
export function selectorOfScale({ status }: Scale): string | undefined {
  const { selector, targetSelector } = status;
  const text = typeof selector === 'string' ? selector : targetSelector;
  return text === '' ? undefined : text;
}

/** Sets the count with a merge patch that the API server refuses with a conflict if the object has changed since. */
export async function resizeScale(
  client: KubeClient,
  kind: ResourceKind,
  name: string,
  target: string,
  workers: number,
  revision: string,
  signal: AbortSignal,
): Promise<Result<{ readonly revision: string }>> {
  const what = `scale of ${target}`;
  const body = { metadata: { resourceVersion: revision }, spec: { replicas: workers } };
  const answer = await patchScale(client, kind, name, what, body, signal);
  if (!answer.ok) return answer;
  const scale = storedScale(answer.value, what, workers);
  if (!scale.ok) return scale;
  const { resourceVersion } = scale.value.metadata;
  return resourceVersion === undefined
    ? err(malformed(what, 'metadata.resourceVersion'))
    : ok({ revision: resourceVersion });
}

/** The answer to a resize, if it says that this count was stored. */
export function storedScale(answer: unknown, what: string, workers: number): Result<Scale> {
  const scale = parseScale(answer, what);
  if (!scale.ok) return scale;
  const { replicas } = scale.value.spec;
  if (replicas === workers) return scale;
  return err({ kind: 'refused', what, detail: `asked for ${workers} replicas, ${replicas} were stored` });
}
