/** How a target is pointed at, and what Kubernetes calls the kinds that we know. Plain data, no calls. */

/** A kind of object as the API server's paths and people's commands name it. */
export interface KindFacts {
  /** "Deployment", as in owner references. */
  readonly kind: string;
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** What kubectl takes for it; the first is how we write it. */
  readonly words: readonly [string, ...string[]];
}

/** Kinds with an adapter of their own. */
export const KINDS = {
  replicationcontroller: {
    kind: 'ReplicationController',
    group: '',
    version: 'v1',
    plural: 'replicationcontrollers',
    words: ['rc', 'replicationcontroller', 'replicationcontrollers'],
  },
  replicaset: {
    kind: 'ReplicaSet',
    group: 'apps',
    version: 'v1',
    plural: 'replicasets',
    words: ['replicaset', 'replicasets', 'rs'],
  },
  deployment: {
    kind: 'Deployment',
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    words: ['deployment', 'deployments', 'deploy'],
  },
  statefulset: {
    kind: 'StatefulSet',
    group: 'apps',
    version: 'v1',
    plural: 'statefulsets',
    words: ['statefulset', 'statefulsets', 'sts'],
  },
  /** Of OpenShift. */
  deploymentconfig: {
    kind: 'DeploymentConfig',
    group: 'apps.openshift.io',
    version: 'v1',
    plural: 'deploymentconfigs',
    words: ['deploymentconfig', 'deploymentconfigs', 'dc'],
  },
  /** Of the radanalytics operator. */
  sparkcluster: {
    kind: 'SparkCluster',
    group: 'radanalytics.io',
    version: 'v1',
    plural: 'sparkclusters',
    words: ['sparkcluster', 'sparkclusters'],
  },
} as const satisfies Record<string, KindFacts>;

export type KnownKind = keyof typeof KINDS;

export const KNOWN_KINDS = Object.keys(KINDS) as readonly KnownKind[];

export type TargetReference =
  | { readonly kind: KnownKind; readonly name: string }
  /** Anything else with a `scale` subresource. */
  | {
      readonly kind: 'scalable';
      readonly group: string;
      readonly version: string;
      readonly plural: string;
      readonly name: string;
    }
  /** A cluster of the original's REST service; `url` is all of `http://host:port/clusters/name`. */
  | { readonly kind: 'oshinko-rest'; readonly url: string; readonly name: string };

/** What the settings say: one object, or labels (each list of labels is tried in turn until something carries it). */
export type TargetSelection =
  | { readonly by: 'reference'; readonly reference: TargetReference }
  | { readonly by: 'labels'; readonly selectors: readonly string[] };

/** As people write it, and as the setting takes it: "deployment/spark-w". */
export function describeReference(reference: TargetReference): string {
  if (reference.kind === 'oshinko-rest') return reference.url;
  if (reference.kind !== 'scalable') return `${KINDS[reference.kind].words[0]}/${reference.name}`;
  const { group, version, plural, name } = reference;
  return [group, version, plural, name].join('/');
}

/** For sentences: short, and without an address. */
export function shortName(reference: TargetReference): string {
  if (reference.kind === 'oshinko-rest') return `oshinko-rest/${reference.name}`;
  if (reference.kind === 'scalable') return `${reference.plural}.${reference.group}/${reference.name}`;
  return describeReference(reference);
}

/** The kind a word of kubectl's stands for: "deploy", "deployment.apps". */
export function kindOfWord(word: string): KnownKind | undefined {
  const [first = '', ...rest] = word.toLowerCase().split('.');
  const group = rest.join('.');
  return KNOWN_KINDS.find((kind) => {
    const facts: KindFacts = KINDS[kind];
    return facts.words.includes(first) && (group === '' || group === facts.group);
  });
}

/** The kind with this plural, where it has an adapter of its own. */
export function kindOfPlural(group: string, plural: string): KnownKind | undefined {
  return KNOWN_KINDS.find((kind) => KINDS[kind].group === group && KINDS[kind].plural === plural);
}

/** The kind an owner reference names; `apiVersion` is "apps/v1" or "v1". */
export function kindOfOwner(apiVersion: string, kind: string): KnownKind | undefined {
  const group = groupOf(apiVersion);
  return KNOWN_KINDS.find((known) => KINDS[known].group === group && KINDS[known].kind === kind);
}

/** "apps" of "apps/v1", "" of "v1". */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.lastIndexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
