/**
 * Removal, level by level: what to do next is read off the world, not off a plan in memory, so that a daemon killed at
 * any moment goes on where the pods' annotations and the master's list say it stood.
 *
 * The states and their legal moves are the table of removal-states.ts; what forbids a move is in removal-guards.ts. Before the mark a pod can be released; after it there is no way back (spark.md 8.3). Mark before count (R16): the
 * master likes the emptiest worker best, so an idle one may be given work while it is being prepared.
 */
import type { PodView } from './cluster-view.ts';
import { isDecommissioned, normalHost, type Fleet, type FleetPod } from './fleet.ts';
import type { RemovalMemory } from './removal-memory.ts';
import type { MarkAbility } from './observation.ts';
import type { Ledger } from './ledger.ts';
import { advanceChosen, candidatesOf, chooseMore, type Candidates } from './removal-choice.ts';
import {
  cancelUnfilled,
  FIRST_COST,
  hostsLeaving,
  hostsLosing,
  isSettled,
  lowerFirst,
  names,
  NONE,
  podsOf,
  step,
  whyBehindOthers,
  type Step,
} from './removal-steps.ts';
import { LazyReport, type RemovalReport } from './removal-report.ts';
import { stateBy, whyIllegal, type RemovalState } from './removal-states.ts';
import { inPlatformOrder, lastToGoFirst, outOfTurn, type Picking } from './removal-target.ts';
import { isNothing } from './resources.ts';
import type { Rules } from './rules.ts';
import type { WorkerView } from './spark-view.ts';
import { chooseSurvivors, type StillFits } from './survivors.ts';
import { predictVictims, whyNotProvenEmpty, type VictimContext } from './victims.ts';

/** What one pass should do; one action a pass. */
export type Action =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'resize';
      readonly direction: 'grow' | 'shrink' | 'cancel-unfilled';
      readonly from: number;
      readonly to: number;
      /** UIDs of the pods that are to go; empty for growth and where pods are missing anyway. */
      readonly victims: readonly PodView[];
    }
  | { readonly kind: 'choose'; readonly pods: readonly PodView[]; readonly cost: number }
  | { readonly kind: 'release'; readonly pods: readonly PodView[] }
  | { readonly kind: 'mark'; readonly pods: readonly PodView[]; readonly hosts: readonly string[] }
  | { readonly kind: 'replace'; readonly pods: readonly PodView[] };

/** What a pod on its way out can be in. */
export type RemovalPhase = Exclude<RemovalState, 'serving' | 'gone'>;

export interface RemovalInput {
  readonly context: VictimContext;
  readonly memory: RemovalMemory;
  readonly rules: Rules;
  readonly planned: number;
  /** Pods as the controller counts them: where it knows of more than the list shows, the list is not the whole truth. */
  readonly existingPods: number;
  /** How the platform picks who goes. */
  readonly target: Picking;
  readonly desired: number;
  readonly spareIdleWorkers: number;
  /** Of those that are planned and not registered yet, as many as nobody waits for. */
  readonly spareArrivingWorkers: number;
  /** Why nothing may be lowered now; empty if it may. */
  readonly blockers: readonly string[];
  readonly markAbility: MarkAbility;
  readonly ledger: Ledger;
  readonly stillFits: StillFits;
  /** After a wrong victim: one at a time, with a longer look. */
  readonly holdBack: boolean;
}

export interface RemovalPlan {
  readonly action: Action;
  readonly sentence: string;
  /** Pods on their way out, with what each waits for. */
  readonly leaving: readonly { readonly name: string; readonly phase: RemovalPhase; readonly note: string }[];
  /** Who could go, and who stays and why. */
  readonly report: RemovalReport;
}

/**
 * Workers planned that are not on their way out. Where more pods exist than are planned, the count was lowered and the
 * controller has yet to take them: pods on their way out that are no longer planned are not subtracted again.
 */
export function servingWorkers(planned: number, { pods, leaving }: Pick<Fleet, 'pods' | 'leaving'>): number {
  return planned - Math.max(0, leaving.length - Math.max(0, pods.length - planned));
}

/** Next step of the removal; `none` with a sentence where there is nothing to do or nothing may be done. Pure. */
export function planRemoval(input: RemovalInput): RemovalPlan {
  const { fleet } = input.context;
  const { leaving } = fleet;
  const next = goesNext(input);
  const onItsWay = (entry: FleetPod): Leaving | readonly Leaving[] => whereOnItsWay(entry, input, next) ?? [];
  const phases = leaving.flatMap(onItsWay);
  const all = [...phases, ...fleet.chosen.flatMap(onItsWay)];
  const chosen = all.filter(({ phase }) => phase === 'chosen').map(({ entry }) => entry);
  const serving = servingWorkers(input.planned, fleet);
  const surplus = serving - input.desired;
  const doomed = fleet.doomed.length > 0;
  let judged: Candidates | undefined;
  const candidates = (): Candidates => (judged ??= candidatesOf(input, surplus > 0 || chosen.length > 0 || doomed));
  const finished = finishEmpty(input, phases, serving);
  const waiting = waitForController(all);
  const planned =
    rememberLost(input, leaving) ??
    (finished?.action.kind === 'none' ? undefined : finished) ??
    markAgain(input, phases) ??
    finished ??
    (chosen.length === 0 ? waiting : undefined) ??
    ((surplus <= 0 && !doomed) || input.blockers.length > 0 ? giveUp(input, chosen, surplus, phases) : undefined) ??
    (surplus > 0 ? cancelUnfilled(input, surplus) : undefined) ??
    waiting ??
    advanceChosen(input, candidates, chosen, surplus) ??
    chooseMore(input, candidates, chosen, leaving.length, surplus);
  return {
    ...lawful(planned, all),
    leaving: all.map(({ entry, phase, note }) => ({ name: entry.pod.name, phase, note })),
    report: new LazyReport(candidates, input),
  };
}

/** What the table does not allow is not done, whoever planned it. */
function lawful(planned: Step, all: readonly Leaving[]): Step {
  const why = whyIllegal(
    planned.action,
    ({ uid }) => all.find(({ entry }) => entry.pod.uid === uid)?.phase ?? 'serving',
  );
  return why === undefined ? planned : step(NONE, `not done: ${why}`);
}

/**
 * The pods that the platform takes now, since the count is below those that exist; where nobody knows, all of them. Their
 * annotations stay: without its cost another pod would go.
 */
function goesNext(input: RemovalInput): (pod: PodView) => boolean {
  const { fleet } = input.context;
  const beyond = fleet.pods.length - input.planned;
  if (beyond <= 0) return () => false;
  const pods = podsOf(fleet.pods);
  if (input.target.removal === 'by-cost') {
    const taken = predictVictims(pods, beyond);
    return ({ uid }) => taken?.has(uid) ?? true;
  }
  const top = inPlatformOrder(input.target.removal, pods, pods).slice(0, beyond);
  return (pod) => top.length === 0 || top.includes(pod);
}

function waitForController(all: readonly Leaving[]): Step | undefined {
  const lowered = all.filter(({ phase }) => phase === 'lowered').length;
  return lowered === 0 ? undefined : step(NONE, `the count was lowered: the controller has yet to end ${lowered} pods`);
}

interface Leaving {
  readonly entry: FleetPod;
  readonly phase: RemovalPhase;
  readonly note: string;
}

/** Where a pod stands in the table, by what is seen of it; undefined for one that serves. */
function whereOnItsWay(entry: FleetPod, input: RemovalInput, next: (pod: PodView) => boolean): Leaving | undefined {
  const { pod, workers } = entry;
  const chosen = pod.chosenAtEpochMs !== undefined;
  const decommissioned = isDecommissioned(entry);
  if (!chosen && !entry.leaves) return undefined;
  const inUse = decommissioned ? whyInUse(entry, input) : undefined;
  const marked = pod.markedAtEpochMs !== undefined;
  const sinceEpochMs = pod.markedAtEpochMs ?? input.context.nowEpochMs;
  const phase = stateBy({
    chosen,
    marked,
    decommissioned,
    provenEmpty: inUse === undefined,
    late: input.context.nowEpochMs - sinceEpochMs > input.rules.drainDeadlineMs,
    goesNext: next(pod),
  });
  if (phase === 'serving') return undefined;
  const registered = workers.length > 0 ? 'its worker is not DECOMMISSIONED yet' : 'its worker is in no list';
  const notes: Readonly<Record<RemovalPhase, string>> = {
    chosen: 'not yet marked',
    marked: registered,
    draining: inUse ?? '',
    late: inUse ?? '',
    empty: 'proven empty',
    lowered: 'the controller has yet to end it',
  };
  return { entry, phase, note: notes[phase] };
}

/** Why a DECOMMISSIONED pod is not known to be empty; undefined where it is. */
function whyInUse(entry: FleetPod, input: RemovalInput): string | undefined {
  const raced = entry.workers.some((worker) => !isNothing(worker.used));
  const seenMs = input.memory.decommissionedAtMs.get(entry.pod.uid) ?? input.context.nowMs;
  // Booked just before the mark: the executor may still be starting, so a page from the same moment proves too little.
  const sinceMs = raced ? seenMs + input.rules.settleMs : seenMs;
  return entry.workers.flatMap((worker) => whyNotSurelyEmpty(worker, entry, input, sinceMs) ?? [])[0];
}

/** Why nobody can be sure that only an empty worker of this pod would be hit; undefined where one can. */
function whyNotSurelyEmpty(
  worker: WorkerView,
  entry: FleetPod,
  input: RemovalInput,
  sinceMs: number,
): string | undefined {
  const { fleet, guards } = input.context;
  const unclear = guards.matched(worker, fleet) ?? guards.alone(worker, entry, input.context);
  return unclear ?? whyNotProvenEmpty(worker, input.context, sinceMs);
}

/** A worker that was decommissioned by somebody else, or whose pod lost our annotation: it must go all the same. */
function rememberLost(input: RemovalInput, leaving: readonly FleetPod[]): Step | undefined {
  const { fleet, guards } = input.context;
  const lost = leaving
    .filter(({ pod }) => pod.chosenAtEpochMs === undefined)
    .filter(({ workers }) => workers.every((worker) => guards.matched(worker, fleet) === undefined))
    .map(({ pod }) => pod);
  if (lost.length === 0) return undefined;
  return step(
    { kind: 'choose', pods: lost, cost: FIRST_COST },
    `${names(lost)} are decommissioned and never come back: chosen to go`,
  );
}

/** Empty marked pods: the count goes down with them, unless they are wanted again, then a fresh pod takes their place. */
function finishEmpty(input: RemovalInput, phases: readonly Leaving[], serving: number): Step | undefined {
  const { fleet, guards } = input.context;
  const mayGo = ({ phase }: Leaving): boolean =>
    phase === 'empty' || (phase === 'late' && guards.waitedFor(input) === undefined);
  const gone = phases.filter(mayGo);
  const pods = gone.map(({ entry }) => entry.pod).filter((pod) => isSettled(pod, input));
  if (pods.length === 0) return undefined;
  const missing = Math.max(0, input.desired - serving);
  if (missing > 0) {
    const replaced = lastToGoFirst(input.target.removal, pods).slice(0, missing);
    return step({ kind: 'replace', pods: replaced }, `${names(replaced)} are empty; their places are wanted again`);
  }
  if (input.blockers.length > 0) return undefined;
  const unfilled = serving > input.desired ? cancelUnfilled(input, serving - input.desired) : undefined;
  if (unfilled !== undefined) return unfilled;
  const beyond = fleet.pods.length - input.planned;
  if (beyond > 0) return step(NONE, `the count was lowered: the controller has yet to end ${beyond} pods`);
  // Those given a lower cost a moment ago go first: another one put before them would make them wait in turn.
  const waiting = gone.length > pods.length;
  const lowered = lowerFirst(input, pods, 'empty', !waiting);
  if (lowered === undefined && waiting) return step(NONE, 'waiting until the controller has seen who goes first');
  const soon = lowered?.action.kind === 'choose' ? whyNotAlone(input, gone, phases) : undefined;
  if (soon !== undefined) return step(NONE, soon);
  const early = pods.filter((pod) => !isOverdue(pod, input));
  const behind = lowered === undefined && early.length > 0 ? whyBehindOthers(input, pods) : undefined;
  if (behind !== undefined) return step(NONE, `${names(pods)} are empty and wait: ${behind}`);
  const out = outOfTurn(input.target.removal, podsOf(fleet.pods), podsOf(fleet.leaving), pods);
  if (lowered === undefined && out.length === 0)
    return step(NONE, `${names(pods)} are empty and wait for those that go before them`);
  return lowered ?? step({ kind: 'replace', pods: out }, `${names(out)} would not be the first to go`);
}

/**
 * Why the first of several to be empty are not put before the others yet: that takes a write for each and the settle time, in
 * which the others are mostly empty too. Undefined where it has been waited for as long, or where no other is being drained.
 */
function whyNotAlone(
  { context, memory, rules }: RemovalInput,
  gone: readonly Leaving[],
  phases: readonly Leaving[],
): string | undefined {
  const draining = phases.filter(({ phase }) => phase === 'draining').length;
  if (draining === 0) return undefined;
  const sinceMs = Math.min(...gone.map(({ entry }) => memory.emptySinceMs.get(entry.pod.name) ?? context.nowMs));
  if (context.nowMs - sinceMs >= rules.settleMs) return undefined;
  return `${gone.length} are empty and wait a moment for ${draining} that are being drained`;
}

/** Whether it was marked for longer than a drain may take: by then it is of no use to wait for others. */
function isOverdue({ markedAtEpochMs }: PodView, { context, rules }: RemovalInput): boolean {
  return context.nowEpochMs - (markedAtEpochMs ?? context.nowEpochMs) > rules.drainDeadlineMs;
}

/** Why a late drain is waited for; undefined where the worker may go with what it still holds. */
export function whyWaitedFor({ rules, blockers }: RemovalInput): string | undefined {
  if (rules.onDrainDeadline === 'wait') return 'a late drain is waited for';
  return blockers[0];
}

/**
 * A mark that the master forgot (it restarted, 8.6) or never got: asked again, since it cannot be undone. Only where the
 * worker is empty or can be drained: one that never got its mark may have been given work since.
 */
function markAgain(input: RemovalInput, phases: readonly Leaving[]): Step | undefined {
  const alive = phases
    .map(({ entry }) => entry)
    .filter(({ workers }) => workers.some(({ state }) => state === 'ALIVE'));
  const empty = alive.filter((entry) =>
    entry.workers.every(
      (worker) =>
        worker.state !== 'ALIVE' ||
        whyNotSurelyEmpty(worker, entry, input, bookedSince(entry, worker, input)) === undefined,
    ),
  );
  const unmarked = [
    ...empty,
    ...drainableAgain(
      input,
      alive.filter((entry) => !empty.includes(entry)),
    ),
  ];
  if (unmarked.length === 0) return undefined;
  const pods = unmarked.map(({ pod }) => pod);
  return step({ kind: 'mark', pods, hosts: hostsOf(unmarked) }, `${names(pods)} are marked again`);
}

/** A page from before this proves nothing: what the master books there now may be about to start, or never will. */
function bookedSince({ pod }: FleetPod, { used }: WorkerView, { memory, context, rules }: RemovalInput): number {
  return isNothing(used) ? -Infinity : (memory.bookedAtMs.get(pod.uid) ?? context.nowMs) + rules.settleMs;
}

/** Of those that serve still though they were to be marked: who may be drained, by the same rules as before the mark. */
function drainableAgain(input: RemovalInput, entries: readonly FleetPod[]): readonly FleetPod[] {
  const busy = entries.flatMap((entry) => {
    const [worker, another] = entry.workers;
    return worker === undefined || another !== undefined ? [] : [{ entry, worker }];
  });
  if (busy.length === 0) return [];
  const again = new Set(busy.map(({ worker }) => normalHost(worker.host)));
  const leavingHosts = (): ReadonlySet<string> => new Set([...hostsLosing(input)].filter((host) => !again.has(host)));
  const handingOn = new Set([...hostsLeaving(input)].filter((host) => !again.has(host)));
  const { ledger, stillFits } = input;
  const { guards } = input.context;
  const { drainable } = chooseSurvivors({ ledger, busy, leavingHosts, stillFits, atMost: busy.length, guards });
  return drainable
    .filter(({ worker }) => guards.noDriver(worker, input.context) === undefined)
    .filter(({ worker }) => guards.receivesNothing(ledger, normalHost(worker.host), handingOn) === undefined)
    .map(({ entry }) => entry);
}

function giveUp(input: RemovalInput, chosen: readonly FleetPod[], surplus: number, phases: readonly Leaving[]): Step {
  if (chosen.length > 0) {
    const pods = chosen.map(({ pod }) => pod);
    const why = surplus <= 0 ? 'they are wanted again' : input.blockers.join('; ');
    return step({ kind: 'release', pods }, `${names(pods)} are released: ${why}`);
  }
  const why = input.blockers.join('; ');
  if (why !== '' && phases.some(({ phase }) => phase === 'empty')) return step(NONE, `empty pods wait: ${why}`);
  if (surplus <= 0) return step(NONE, 'nothing to remove');
  return step(NONE, `a surplus of ${surplus} stays: ${why}`);
}

function hostsOf(entries: readonly FleetPod[]): string[] {
  return entries.flatMap(({ workers }) => workers.map((worker) => worker.host));
}
