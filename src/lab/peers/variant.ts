/** What the laboratory calls a peer by: a kind of policy, its defaults, and the tunings that are tried. */
import type { PeerPolicy } from '../peer.ts';

/** A policy with its parameters filled in. */
export interface Variant {
  /** "default", or what differs from it: "downWindowMs=60000 gauge=target". */
  readonly label: string;
  readonly policy: PeerPolicy;
}

/** One peer of the comparison. */
export interface Peer {
  readonly name: string;
  /** Product and document; the same as its policies' `models`. */
  readonly models: string;
  readonly default: Variant;
  /** The default first, then the rest of the grid; only the default where nothing of it can be set. */
  readonly tunings: readonly Variant[];
}

/**
 * A peer from a function that makes its policy, the parameters it has by default, and the changes to them that are
 * worth a try.
 */
export function peerOf<P extends object>(
  make: (parameters: P) => PeerPolicy,
  defaults: P,
  grid: readonly Partial<P>[] = [],
): Peer {
  const standard: Variant = { label: 'default', policy: make(defaults) };
  const different = grid.filter((changes) => keysOf(changes).some((key) => changes[key] !== defaults[key]));
  const tried = different.map((changes): Variant => ({
    label: labelOf(changes),
    policy: make({ ...defaults, ...changes }),
  }));
  const { name, models } = standard.policy;
  return { name, models, default: standard, tunings: [standard, ...tried] };
}

function keysOf<P extends object>(changes: Partial<P>): (keyof P)[] {
  return Object.keys(changes) as (keyof P)[];
}

function labelOf(changes: object): string {
  return Object.entries(changes)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
}

/** Every combination of one value for each key. */
export function combinations<P extends object>(values: {
  readonly [Key in keyof P]?: readonly P[Key][];
}): Partial<P>[] {
  let all: Partial<P>[] = [{}];
  for (const key of Object.keys(values) as (keyof P)[]) {
    const choices = values[key] ?? [];
    all = all.flatMap((one) => choices.map((value) => ({ ...one, [key]: value })));
  }
  return all;
}
