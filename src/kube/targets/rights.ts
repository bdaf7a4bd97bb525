/** The least rights that each kind of target takes. manifests/add-sidecar/roles/ grants just these. */
import type { Permission } from '../access.ts';
import { KINDS, type KindFacts, type KnownKind, type TargetReference } from './reference.ts';

type Right = Omit<Permission, 'neededTo' | 'optional'>;

const READ = 'read how many workers there are';
const SET = 'set how many workers there are';
const OWN = 'tell whose a pod is';

/** What reading and resizing it takes; the pods' own rights are the same for all kinds. */
export function targetRights(reference: TargetReference): readonly Permission[] {
  const { name } = reference;
  switch (reference.kind) {
    case 'replicationcontroller':
    case 'replicaset':
    case 'statefulset':
      return [of(reference.kind, 'get', READ, name), scaleOf(reference.kind, name)];
    case 'deployment':
      return [of('deployment', 'get', READ, name), scaleOf('deployment', name), of('replicaset', 'list', OWN)];
    case 'deploymentconfig':
      return [
        of('deploymentconfig', 'get', READ, name),
        scaleOf('deploymentconfig', name),
        of('replicationcontroller', 'list', OWN),
      ];
    case 'sparkcluster':
      return [
        of('sparkcluster', 'get', READ, name),
        of('sparkcluster', 'patch', SET, name),
        of('replicationcontroller', 'get', OWN, `${name}-w`),
      ];
    case 'oshinko-rest':
      return [of('replicationcontroller', 'list', OWN)];
    case 'scalable': {
      const { group, plural: resource } = reference;
      return [
        need({ group, resource, verb: 'get', name }, READ),
        need({ group, resource: `${resource}/scale`, verb: 'get', name }, READ),
        need({ group, resource: `${resource}/scale`, verb: 'patch', name }, SET),
        // Which of these lie between it and its pods is its own affair.
        need({ ...rightTo('replicaset'), verb: 'get', name: undefined }, OWN, true),
        need({ ...rightTo('replicationcontroller'), verb: 'get', name: undefined }, OWN, true),
        need({ ...rightTo('statefulset'), verb: 'get', name: undefined }, OWN, true),
      ];
    }
  }
}

/** What finding it by labels takes beside that: from its pods upward, and without a pod by its own labels. */
export function findingRights({ kind }: TargetReference): readonly Permission[] {
  const up = 'follow a pod to what sets its count';
  const search = 'find it by its labels while it has no pod';
  // Rollouts have names that nobody can foresee.
  const rollouts: Partial<Record<TargetReference['kind'], KnownKind>> = {
    deployment: 'replicaset',
    deploymentconfig: 'replicationcontroller',
  };
  const step = rollouts[kind];
  const listed = kind === 'sparkcluster' ? 'replicationcontroller' : kind;
  return [
    ...(step === undefined ? [] : [need({ ...rightTo(step), verb: 'get', name: undefined }, up)]),
    ...(listed in KINDS
      ? [need({ ...rightTo(listed as KnownKind), verb: 'list', name: undefined }, search, true)]
      : []),
  ];
}

/** Who else sets the count: nice to know. */
export const SECOND_WRITER_RIGHTS: readonly Permission[] = [
  need(
    { group: 'autoscaling', resource: 'horizontalpodautoscalers', verb: 'list', name: undefined },
    'see whether an HPA sets the same count',
    true,
  ),
  need(
    { group: 'keda.sh', resource: 'scaledobjects', verb: 'list', name: undefined },
    'see whether KEDA sets the same count',
    true,
  ),
];

function rightTo(kind: KnownKind): Pick<Right, 'group' | 'resource'> {
  const { group, plural }: KindFacts = KINDS[kind];
  return { group, resource: plural };
}

function of(kind: KnownKind, verb: string, neededTo: string, name?: string): Permission {
  return need({ ...rightTo(kind), verb, name }, neededTo);
}

function scaleOf(kind: KnownKind, name: string): Permission {
  const { group, resource } = rightTo(kind);
  return need({ group, resource: `${resource}/scale`, verb: 'patch', name }, SET);
}

function need(right: Right, neededTo: string, optional = false): Permission {
  return { ...right, neededTo, optional };
}
