/**
 * What the kind of target allows: a controller that goes by deletion cost takes whom we choose, a StatefulSet only its
 * highest ordinals, and of any other nobody can tell. Victims follow the platform, never the other way round.
 */
import type { PodView, RemovalOrder, TargetView } from './cluster-view.ts';

/** What has to be known of the target. */
export type Picking = Pick<TargetView, 'removal' | 'firstOrdinal'>;

/**
 * Those of `candidates` that the platform would take, in the order it takes them, if the count went down by as many as
 * are returned and nobody else went first.
 *
 * By cost: all of them, in the order given. Highest ordinal: the unbroken run of candidates from the top of `all`.
 * Unknowable: none.
 *
 * @param all every pod of the target that is not ending, candidates included.
 */
export function inPlatformOrder(
  removal: RemovalOrder,
  all: readonly PodView[],
  candidates: readonly PodView[],
): readonly PodView[] {
  if (removal === 'by-cost') return candidates;
  if (removal === 'unknowable') return [];
  const wanted = new Set(candidates.map((pod) => pod.uid));
  const ranked = byOrdinal(all);
  // A name without a number is not one of a StatefulSet's: then nobody knows what goes.
  if (ranked === undefined) return [];
  const end = ranked.findIndex((pod) => !wanted.has(pod.uid));
  return end < 0 ? ranked : ranked.slice(0, end);
}

/** In the order in which the platform takes them, where it has one of its own; else as given. */
export function firstToGoFirst(removal: RemovalOrder, pods: readonly PodView[]): readonly PodView[] {
  return removal === 'highest-ordinal' ? (byOrdinal(pods) ?? pods) : pods;
}

/** Who should keep a place that is wanted again: where ordinals rule the lowest, since those above go first anyway. */
export function lastToGoFirst(removal: RemovalOrder, pods: readonly PodView[]): readonly PodView[] {
  return removal === 'highest-ordinal' ? [...firstToGoFirst(removal, pods)].reverse() : pods;
}

/**
 * Empty pods that no lowering of the count will take: where ordinals rule, those below a pod that serves; elsewhere all,
 * as nobody goes before them.
 *
 * @param leaving every pod on its way out, `pods` included.
 */
export function outOfTurn(
  removal: RemovalOrder,
  all: readonly PodView[],
  leaving: readonly PodView[],
  pods: readonly PodView[],
): readonly PodView[] {
  if (removal !== 'highest-ordinal') return pods;
  const inTurn = inPlatformOrder(removal, all, leaving);
  return pods.filter((pod) => !inTurn.includes(pod));
}

/**
 * Of `missing` planned replicas that do not exist, how many may be cancelled without any pod's going.
 *
 * A StatefulSet with a gap in the middle (a pod is being made again) would lose its highest pod for the gap.
 */
export function cancellable(target: Picking, planned: number, all: readonly PodView[], missing: number): number {
  if (target.removal !== 'highest-ordinal') return missing;
  const ordinals = all.map((pod) => ordinalOf(pod.name) ?? Infinity);
  const highest = Math.max((target.firstOrdinal ?? 0) - 1, ...ordinals);
  const beyond = (target.firstOrdinal ?? 0) + planned - 1 - highest;
  return Math.max(0, Math.min(missing, beyond));
}

/**
 * Why nothing more can be removed though workers are idle; undefined for a target that takes whom we choose.
 */
export function whyBound(removal: RemovalOrder, all: readonly PodView[]): string | undefined {
  if (removal === 'by-cost') return undefined;
  if (removal === 'unknowable') {
    return 'which pod would go cannot be known for this kind of target, so only replicas that never started are cancelled';
  }
  const top = byOrdinal(all)?.[0];
  if (top === undefined) return 'the ordinals of its pods cannot be told';
  return `only the highest ordinal can go, and ${top.name} is not spare and idle or drainable`;
}

/** The number at the end of a StatefulSet pod's name; undefined if there is none. */
export function ordinalOf(name: string): number | undefined {
  const digits = /-(\d{1,9})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** From the highest ordinal down; undefined if one has none. */
function byOrdinal(pods: readonly PodView[]): readonly PodView[] | undefined {
  const ranked = pods.flatMap((pod) => {
    const ordinal = ordinalOf(pod.name);
    return ordinal === undefined ? [] : [{ pod, ordinal }];
  });
  if (ranked.length < pods.length) return undefined;
  return ranked.sort((a, b) => b.ordinal - a.ordinal).map(({ pod }) => pod);
}
