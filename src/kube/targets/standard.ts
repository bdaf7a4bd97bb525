/** ReplicationController, ReplicaSet and StatefulSet: they own their pods themselves. */
import * as v from 'valibot';
import type { TargetView } from '../../core/cluster-view.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { objectName, readKnown, viewOf, type TargetAdapter, type TargetReading } from './adapter.ts';
import { aboveOf, setBackError } from './owners.ts';
import { describeReference, KINDS } from './reference.ts';
import { resizeScale } from './scale.ts';
import { parseAs, selectorOfLabels, selectorOfMap, type Workload } from './workload.ts';

export type StandardKind = 'replicationcontroller' | 'replicaset' | 'statefulset';

const Selector = v.object({ spec: v.object({ selector: v.optional(v.unknown()) }) });

/** The adapter of one of the three. */
export function standardTarget(client: KubeClient, kind: StandardKind, name: string): TargetAdapter {
  const target = describeReference({ kind, name });

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const found = await readKnown(client, kind, name, signal);
    if (!found.ok) return found;
    const { raw, workload } = found.value;
    const above = aboveOf(kind, workload);
    if (above !== undefined) return err(setBackError(kind, name, above));
    const parsed = parseAs(Selector, raw, target);
    if (!parsed.ok) return parsed;
    const { selector } = parsed.value.spec;
    const query =
      kind === 'replicationcontroller' ? selectorOfMap(selector, target) : selectorOfLabels(selector, target);
    if (!query.ok) return query;
    const more = kind === 'statefulset' ? ordinalsOf(raw, workload, target) : ok(BY_COST);
    if (!more.ok) return more;
    const identity = { ...objectName(kind, name), uid: workload.metadata.uid, podSelector: query.value, below: [] };
    return ok({ view: viewOf(target, workload, more.value), identity });
  }

  return {
    read,
    resize: (workers, revision, _, signal) => resizeScale(client, KINDS[kind], name, target, workers, revision, signal),
  };
}

type Removal = Pick<TargetView, 'removal' | 'unsettled' | 'firstOrdinal'>;

const BY_COST: Removal = { removal: 'by-cost', unsettled: undefined };

const StatefulSet = v.object({
  spec: v.object({
    ordinals: v.optional(v.object({ start: v.optional(v.number(), 0) })),
    updateStrategy: v.optional(
      v.object({
        type: v.optional(v.string(), 'RollingUpdate'),
        rollingUpdate: v.optional(v.object({ partition: v.optional(v.number(), 0) })),
      }),
      {},
    ),
  }),
  status: v.optional(v.object({ currentRevision: v.optional(v.string()), updateRevision: v.optional(v.string()) }), {}),
});

/** A rolling update takes pods from the top as well, and brings them back: who went for good cannot be told. */
function ordinalsOf(raw: unknown, { metadata, status }: Workload, target: string): Result<Removal> {
  const parsed = parseAs(StatefulSet, raw, target);
  if (!parsed.ok) return parsed;
  const { ordinals, updateStrategy } = parsed.value.spec;
  const { currentRevision, updateRevision } = parsed.value.status;
  const whole = updateStrategy.type === 'RollingUpdate' && (updateStrategy.rollingUpdate?.partition ?? 0) === 0;
  const unseen = metadata.generation !== undefined && (status.observedGeneration ?? 0) < metadata.generation;
  const rolling = (whole && currentRevision !== updateRevision) || unseen;
  return ok({
    removal: 'highest-ordinal',
    firstOrdinal: ordinals?.start ?? 0,
    unsettled: rolling ? `a rollout of ${target} is under way: its pods come and go by themselves` : undefined,
  });
}
