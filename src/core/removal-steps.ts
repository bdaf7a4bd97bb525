/** Building blocks of the removal: what a step is, who is leaving, and how the count goes down by exactly these pods. */
import type { PodView } from './cluster-view.ts';
import { aliveByHost, normalHost, type FleetPod } from './fleet.ts';
import type { Action, RemovalInput, RemovalPlan } from './removal.ts';
import { newestCostMs } from './removal-memory.ts';
import { cancellable, inPlatformOrder } from './removal-target.ts';
import { compareBeforeCost, predictVictims, standingOf } from './victims.ts';

export type Step = Pick<RemovalPlan, 'action' | 'sentence'>;

export const NONE: Action = { kind: 'none' };

export function step(action: Action, sentence: string): Step {
  return { action, sentence };
}

export function podsOf(entries: readonly FleetPod[]): readonly PodView[] {
  return entries.map(({ pod }) => pod);
}

export function names(pods: readonly PodView[]): string {
  return pods.map((pod) => pod.name).join(', ');
}

/** Waiting this much longer between choosing and lowering, once a wrong pod has gone. */
const HOLD_BACK_FACTOR = 5;

/** The cost of a pod that is chosen: below anything a person would set. */
export const FIRST_COST = -1_000_000;
/** Costs from here on are not ours. */
const LAST_COST = FIRST_COST / 2;

/**
 * The cost of those that are chosen next: above that of all on their way already, who go first, and far below what a
 * person would set.
 */
export function nextCost({ context }: RemovalInput): number {
  const costs = [...context.fleet.leaving, ...context.fleet.chosen]
    .map(({ pod }) => pod.deletionCost)
    .filter((cost) => cost < LAST_COST);
  return costs.length === 0 ? FIRST_COST : Math.max(FIRST_COST, ...costs) + 1;
}

/** R24: a pod that is about to be taken with its node: it goes whether workers are spare or not. */
export function isDoomed({ pod }: Pick<FleetPod, 'pod'>): boolean {
  return pod.disruption !== undefined;
}

/** Hosts of workers on their way out: what their executors hold goes to those that stay. */
export function hostsLeaving({ context }: RemovalInput): ReadonlySet<string> {
  const workers = context.fleet.leaving.flatMap((entry) => entry.workers);
  return new Set(workers.map(({ host }) => normalHost(host)));
}

/** Hosts where no block stays: of workers on their way out, and of executors whose worker is in no list. */
export function hostsLosing(input: RemovalInput): ReadonlySet<string> {
  const alive = aliveByHost(input.context.fleet);
  const losing = new Set(hostsLeaving(input));
  input.ledger.ties.forEach((ties, host) => {
    if (!alive.has(host) && ties.some(({ executors }) => executors > 0)) losing.add(host);
  });
  return losing;
}

/** Whether it was chosen long enough ago for the controller to have seen its cost, and for a second look. */
export function isSettled(pod: PodView, input: RemovalInput): boolean {
  return whyTooSoon(pod, input) === undefined;
}

/** Why a pod was chosen too recently; undefined where the settle time has passed. */
export function whyTooSoon({ chosenAtEpochMs = Infinity }: PodView, input: RemovalInput): string | undefined {
  const settleMs = settleMsOf(input);
  return input.context.nowEpochMs - chosenAtEpochMs >= settleMs ? undefined : 'it was chosen too recently';
}

function settleMsOf({ rules, holdBack }: RemovalInput): number {
  return rules.settleMs * (holdBack ? HOLD_BACK_FACTOR : 1);
}

/**
 * R22: why the controller may not know yet what the pods cost: it ranks by its own list, which lags behind. A cost that
 * was taken off counts as much as one that was written. Undefined where all have been the same for the settle time.
 */
export function whyCostsNew(input: RemovalInput): string | undefined {
  const { context, memory } = input;
  const edgeMs = context.nowMs - settleMsOf(input);
  if (newestCostMs(memory.costs) <= edgeMs) return undefined;
  const fresh = context.fleet.pods.find(({ pod }) => (memory.costs.get(pod.uid)?.sinceMs ?? -Infinity) > edgeMs);
  return fresh && `the controller may not have seen the cost of ${fresh.pod.name} yet`;
}

/** R22: why only one may be on its way at a time; undefined where it is the first, or nothing forbids more. */
export function whyOnlyOne(nth: number, { holdBack, markAbility }: RemovalInput): string | undefined {
  if (nth <= 1) return undefined;
  if (holdBack) return 'a wrong pod went before: one at a time';
  return markAbility === 'refused' ? 'nobody can be marked: one at a time' : undefined;
}

/** Why no more may be on their way at the same time; `nth` counts from 1, this one included. */
export function whyTooMany(nth: number, { rules }: RemovalInput): string | undefined {
  return nth > rules.maxDrainingWorkers ? `${rules.maxDrainingWorkers} at a time` : undefined;
}

/** Whether so many may be on their way at the same time. */
export function maySoMany(nth: number, input: RemovalInput): boolean {
  const { onlyOne, notTooMany } = input.context.guards;
  return (onlyOne(nth, input) ?? notTooMany(nth, input)) === undefined;
}

/** R22: why a count lowered now would take others, or more, or fewer; undefined where the pods are as many as planned. */
export function whyNotExact(pods: number, planned: number): string | undefined {
  return pods === planned ? undefined : `${pods} pods exist, ${planned} are planned`;
}

/** R22: why the controller might take others than these if the count went down by as many; undefined where it takes these. */
export function whyOthersGo(all: readonly PodView[], batch: readonly PodView[]): string | undefined {
  const predicted = predictVictims(all, batch.length);
  const exactly = predicted !== undefined && batch.every((pod) => predicted.has(pod.uid));
  return exactly ? undefined : 'the controller might take others';
}

/**
 * Why no cost makes these the first to go: others are not Ready yet, or no longer. To go on all the same would end these one
 * by one, and have the controller make a new pod for each, which is not Ready either. Undefined where none stands before them.
 */
export function whyBehindOthers({ context, target }: RemovalInput, pods: readonly PodView[]): string | undefined {
  if (target.removal !== 'by-cost') return undefined;
  const last = pods.reduce((a, b) => (compareBeforeCost(a, b) < 0 ? b : a));
  const before = context.fleet.serving.filter(({ pod }) => compareBeforeCost(pod, last) < 0 && !pods.includes(pod));
  return before.length === 0 ? undefined : `the controller would take ${names(podsOf(before))} first, not Ready now`;
}

/**
 * Lowers the count by these pods, or by those of them that the controller would take first. Where others bear the same
 * cost, these are given a lower one; undefined where no cost would put them first, or where `mayRank` is false.
 */
export function lowerFirst(
  input: RemovalInput,
  pods: readonly PodView[],
  why: string,
  mayRank = true,
): Step | undefined {
  const { removal } = input.target;
  const all = podsOf(input.context.fleet.pods);
  const byCost = [...pods].sort((a, b) => a.deletionCost - b.deletionCost);
  const { guards } = input.context;
  const order = inPlatformOrder(removal, all, byCost).filter((_, nth) => guards.onlyOne(nth + 1, input) === undefined);
  // With pods still missing the controller would delete fewer than asked; with pods still to go, more.
  if (guards.countIsExact(all.length, input.planned) !== undefined) return undefined;
  if (removal === 'by-cost') {
    const fresh = guards.settled(input);
    if (fresh !== undefined) return step(NONE, `${names(order)}: ${why}; ${fresh}`);
  }
  for (let count = order.length; count > 0; count -= 1) {
    const batch = order.slice(0, count);
    if (removal !== 'by-cost' || guards.goFirst(all, batch) === undefined) {
      const to = input.planned - count;
      const sentence = `${names(batch)}: ${why}; the count goes from ${input.planned} to ${to}`;
      return step({ kind: 'resize', direction: 'shrink', from: input.planned, to, victims: batch }, sentence);
    }
  }
  if (removal !== 'by-cost') return undefined;
  const uids = new Set(order.map(({ uid }) => uid));
  const cost = Math.min(FIRST_COST, ...all.map((pod) => pod.deletionCost)) - 1;
  const ranked = all.map((pod) => (uids.has(pod.uid) ? { ...pod, deletionCost: cost } : pod));
  if (!mayRank || guards.goFirst(ranked, order) !== undefined) return undefined;
  return step({ kind: 'choose', pods: order, cost }, `${names(order)}: ${why}; put before others of the same cost`);
}

/** R14: what is asked for but does not exist is cancelled first, where nobody waits for it; it costs nobody anything. */
export function cancelUnfilled(input: RemovalInput, surplus: number): Step | undefined {
  const missing = unfilled(input);
  const count = Math.min(missing, surplus, input.spareArrivingWorkers);
  if (count <= 0) return undefined;
  const to = input.planned - count;
  return step(
    { kind: 'resize', direction: 'cancel-unfilled', from: input.planned, to, victims: [] },
    `${missing} of ${input.planned} planned pods do not exist or never started; ${count} of them are cancelled`,
  );
}

/** Replicas that can be cancelled without any worker's going. */
function unfilled({ target, planned, existingPods, context }: RemovalInput): number {
  const { pods } = context.fleet;
  const existing = Math.max(pods.length, existingPods);
  // Where nobody knows who would go, nothing is lost only if no pod ever started.
  const allNew = pods.every((entry) => standingOf(entry, context).kind === 'never-started');
  if (target.removal === 'unknowable' && allNew && pods.length === existing) return planned;
  return cancellable(target, planned, podsOf(pods), planned - existing);
}

/** Of these pods those that the platform takes next, in its order, once those on their way out are gone. */
export function inTurn({ target, context }: RemovalInput, pods: readonly PodView[]): readonly PodView[] {
  if (target.removal === 'by-cost') return pods;
  return inPlatformOrder(target.removal, podsOf(context.fleet.serving), pods);
}
