/** Objects that say that they set our target's count: HorizontalPodAutoscalers, and KEDA's ScaledObjects. */
import * as v from 'valibot';
import { err, ok, type Result } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import type { ScalerSource } from './ports.ts';
import type { ObjectName, TargetIdentity } from './targets/adapter.ts';
import { listObjects, type ResourceKind } from './targets/objects.ts';
import { groupOf } from './targets/reference.ts';

interface ScalerKind extends ResourceKind {
  readonly kind: string;
}

const HPA: ScalerKind = {
  kind: 'HorizontalPodAutoscaler',
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
};
const SCALED_OBJECT: ScalerKind = {
  kind: 'ScaledObject',
  group: 'keda.sh',
  version: 'v1alpha1',
  plural: 'scaledobjects',
};
/** Where it is "true", KEDA has let go. */
const KEDA_PAUSED = 'autoscaling.keda.sh/paused';
/** KEDA's HPA carries it: then the ScaledObject is the one to name. */
const KEDA_OWNER = 'scaledobject.keda.sh/name';

const Scaler = v.object({
  metadata: v.object({
    name: v.string(),
    labels: v.optional(v.record(v.string(), v.string()), {}),
    annotations: v.optional(v.record(v.string(), v.string()), {}),
  }),
  spec: v.object({
    scaleTargetRef: v.object({
      apiVersion: v.optional(v.string()),
      // KEDA takes a Deployment where nothing is said.
      kind: v.optional(v.string(), 'Deployment'),
      name: v.string(),
    }),
  }),
});
type Scaler = v.InferOutput<typeof Scaler>;

/** Looks for autoscalers of the target and of the controllers below it. The right to list them is optional. */
export function scalerSource(
  client: KubeClient,
  target: { identity(signal: AbortSignal): Promise<Result<TargetIdentity>> },
): ScalerSource {
  return {
    read: async (signal) => {
      const identity = await target.identity(signal);
      if (!identity.ok) return ok([]); // that the target cannot be read is said elsewhere
      const [hpas, scaledObjects] = await Promise.all([
        listScalers(client, HPA, signal),
        listScalers(client, SCALED_OBJECT, signal),
      ]);
      if (!hpas.ok) return hpas;
      if (!scaledObjects.ok) return scaledObjects;
      return ok(scalersOf(identity.value, hpas.value, scaledObjects.value));
    },
  };
}

async function listScalers(
  client: KubeClient,
  kind: ScalerKind,
  signal: AbortSignal,
): Promise<Result<readonly Scaler[]>> {
  const listed = await listObjects(client, kind, undefined, kind.plural, signal);
  if (!listed.ok) {
    const { error } = listed;
    const notForUs = error.kind === 'not-found' || error.status === 403;
    return notForUs ? ok([]) : err(error);
  }
  return ok(
    listed.value.flatMap((item) => {
      const parsed = v.safeParse(Scaler, item);
      return parsed.success ? [parsed.output] : [];
    }),
  );
}

function scalersOf(target: TargetIdentity, hpas: readonly Scaler[], scaledObjects: readonly Scaler[]): string[] {
  const names: readonly ObjectName[] = [target, ...target.below];
  const aim = ({ spec }: Scaler): boolean => names.some((name) => isMeant(spec.scaleTargetRef, name));
  const keda = scaledObjects.filter(aim).filter(({ metadata }) => metadata.annotations[KEDA_PAUSED] !== 'true');
  const known = new Set(keda.map(({ metadata }) => metadata.name));
  const own = hpas.filter(aim).filter(({ metadata }) => !known.has(metadata.labels[KEDA_OWNER] ?? ''));
  return [
    ...own.map(({ metadata }) => `${HPA.kind}/${metadata.name}`),
    ...keda.map(({ metadata }) => `${SCALED_OBJECT.kind}/${metadata.name}`),
  ];
}

/** By group, kind and name: the version may differ, and some charts write the kind in lower case. */
function isMeant(reference: Scaler['spec']['scaleTargetRef'], name: ObjectName): boolean {
  if (reference.name !== name.name || reference.kind.toLowerCase() !== name.kind.toLowerCase()) return false;
  return reference.apiVersion === undefined || groupOf(reference.apiVersion) === groupOf(name.apiVersion);
}
